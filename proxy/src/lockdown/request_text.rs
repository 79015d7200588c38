//! What a login's request says itself: a redirect that only repeats it tells nothing of whom the answer lets in.

use std::sync::Arc;

use percent_encoding::percent_decode_str;

use crate::head::RequestHead;

/// The query and the body of a login, decoded.
#[derive(Debug, Clone)]
pub(super) struct RequestText(Arc<str>);

impl RequestText {
    /// Reads them whatever the body is: a form, JSON, or parts. What is encoded twice is read too.
    pub(super) fn read(head: &RequestHead<'_>, body: &[u8]) -> Self {
        let text = format!("{}\n{}", head.target.query.unwrap_or_default(), String::from_utf8_lossy(body));
        Self(plain(&plain(&text)).into())
    }

    /// Whether the beginning of a redirect's path, up to the account, stands in the request: who asked may have chosen
    /// it.
    pub(super) fn contains(&self, location: &str, account: &str) -> bool {
        let (path, account) = (plain(location), format!("/{}", account.to_lowercase()));
        let path = path
            .find("://")
            .and_then(|at| path[at + 3..].find('/').map(|slash| &path[at + 3 + slash..]))
            .unwrap_or(&path);
        let Some(at) = path.find(&account) else { return false };
        let start = &path[..at + account.len()];
        // A path of one segment is told from a name only by its slash.
        let sought = start.strip_prefix('/').filter(|rest| rest.contains('/')).unwrap_or(start);
        self.0.contains(sought)
    }
}

/// Lower case, percent-encoding and the escapes of a slash in JSON undone.
fn plain(text: &str) -> String {
    let text = text.replace('+', " ").replace("\\/", "/").replace("\\u002f", "/").replace("\\u002F", "/");
    percent_decode_str(&text).decode_utf8_lossy().to_lowercase()
}
