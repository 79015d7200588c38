//! `/v1/support-messages/{id}/attachments`: what goes along with a message. It is only ever saved, never shown by a
//! browser as a page of ours.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use marque_config::attachment::MediaType;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::fault::FieldFault;
use crate::kernel::ids::MessageId;
use crate::kernel::language::Sentence;
use crate::kernel::scope::Scope;
use crate::notify::model::attachment::{File, MediaTypeSchema};
use crate::support::operations as support;
use crate::web::body::PathId;
use crate::web::caller::Caller;
use crate::web::problem::Problem;

/// The most bytes of a body with attachments: written as base64 they are a third more, and the text comes on top.
pub(crate) const MOST_BODY: usize = 6 << 20;

/// A file to send along.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttachmentToSend {
    /// Its name; what has no place in a name is taken out of it.
    name: String,
    /// What it is: the content is checked against it.
    #[schema(value_type = MediaTypeSchema)]
    media_type: MediaType,
    /// What is in it, base64: 2 MiB at most, and 4 MiB with the others.
    #[schema(format = Byte)]
    content: String,
}

/// Gives a file that goes along with a message, to be saved.
#[utoipa::path(get, path = "/v1/support-messages/{id}/attachments/{number}", tag = "support",
    params(("number" = i64, Path)),
    responses(
        (status = 200,
            content((String = "image/png"), (String = "image/jpeg"), (String = "image/webp"),
                (String = "application/pdf"), (String = "text/plain"), (String = "text/csv")))))]
pub(crate) async fn attachment(
    caller: Caller,
    PathId((id, number)): PathId<(MessageId, i64)>,
) -> Result<Response, Problem> {
    let reach = caller.may(Scope::SupportRead)?;
    let file = support::file(caller.store(), &reach, id, number).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(file.media_type.as_str())),
        (header::CONTENT_DISPOSITION, saved_as(&file.name)),
        // Should a browser show it all the same: nothing in it is run, and it is nobody's page.
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    Ok((headers, Body::from(file.content)).into_response())
}

/// Reads the files that a body brings.
pub(super) fn read(files: Vec<AttachmentToSend>) -> Result<Vec<File>, FieldFault> {
    let file = |(index, AttachmentToSend { name, media_type, content }): (usize, AttachmentToSend)| {
        let content = STANDARD.decode(content).map_err(|_| no_base64(index))?;
        Ok(File { name, media_type, content })
    };
    files.into_iter().enumerate().map(file).collect()
}

fn no_base64(index: usize) -> FieldFault {
    let said =
        Sentence::fixed("This is no base64, with its padding.", "Ceci n’est pas du base64 avec son remplissage.");
    FieldFault::new(format!("/attachments/{index}/content"), "invalid-value", said)
}

/// RFC 6266, with the name as RFC 8187 writes it.
fn saved_as(name: &str) -> HeaderValue {
    let mut written = String::from("attachment; filename*=UTF-8''");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => written.push(char::from(byte)),
            _ => written.push_str(&format!("%{byte:02X}")),
        }
    }
    HeaderValue::try_from(written).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_no_header() {
        assert_eq!(saved_as("a b\"é\r\n.png"), "attachment; filename*=UTF-8''a%20b%22%C3%A9%0D%0A.png");
    }
}
