//! A cookie as an answer sets it (RFC 6265 section 4.1), and as a browser would take it.

use super::halves;

/// For a cookie of the whole host: browsers take it from that host only (RFC 6265bis section 4.1.3.2).
pub(super) const HOST: &str = "__Host-";
/// For a cookie of one path.
pub(super) const SECURE: &str = "__Secure-";

/// A cookie as an answer sets it.
#[derive(Debug)]
pub(super) struct SetCookie<'a> {
    text: &'a [u8],
    /// `NAME=VALUE` as it was written.
    pair: &'a [u8],
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// All but `Domain` and `Secure`, as they were written.
    attributes: Vec<&'a [u8]>,
    is_whole_host: bool,
    /// Whether `/` is the path only because none is given.
    is_by_default: bool,
}

impl<'a> SetCookie<'a> {
    /// Reads one line of the answer to a request for `path`.
    pub(super) fn read(text: &'a [u8], path: &str) -> Self {
        let mut parts = text.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
        let pair = parts.next().unwrap_or_default();
        let (name, value) = halves(pair);
        let kept = |part: &&[u8]| !part.is_empty() && !is_named(part, "domain") && !is_named(part, "secure");
        let attributes: Vec<_> = parts.filter(kept).collect();
        // The last one counts, unless it's no path (RFC 6265 section 5.2.4).
        let given = attributes.iter().rfind(|part| is_named(part, "path")).map(|part| halves(part).1);
        let given = given.filter(|path| path.starts_with(b"/"));
        let is_whole_host = given.map_or(default_path(path) == "/", |path| path == b"/");
        Self { text, pair, name, value, attributes, is_whole_host, is_by_default: given.is_none() }
    }

    /// The prefix under which the cookie is kept: one for each cookie that a browser would keep by path.
    pub(super) fn prefix(&self) -> &'static str {
        if self.is_whole_host { HOST } else { SECURE }
    }

    /// Whether it takes a cookie away: it has no value, or its time is over. `Max-Age` counts before `Expires` (RFC 6265
    /// section 5.3).
    pub(super) fn is_removal(&self, now_ms: i64) -> bool {
        let is_over = |it: cookie::Cookie<'_>| match it.max_age() {
            Some(age) => age.whole_seconds() <= 0,
            None => it.expires_datetime().is_some_and(|at| at.unix_timestamp().saturating_mul(1_000) <= now_ms),
        };
        let text = std::str::from_utf8(self.text).ok();
        self.value.is_empty() || text.and_then(|text| cookie::Cookie::parse(text).ok()).is_some_and(is_over)
    }

    /// The cookie kept to this host and to TLS.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut text = self.pair.to_vec();
        self.write_attributes(&mut text, |_| true);
        text.extend_from_slice(b"; Secure");
        text
    }

    /// The cookie as a session's, under this name and with this value.
    pub(super) fn write_session(&self, name: &str, value: &str) -> Vec<u8> {
        let mut text = format!("{name}={value}").into_bytes();
        self.write_attributes(&mut text, |_| true);
        self.write_path(&mut text);
        text.extend_from_slice(b"; Secure");
        for (attribute, written) in [("httponly", "; HttpOnly"), ("samesite", "; SameSite=Lax")] {
            if !self.attributes.iter().any(|part| is_named(part, attribute)) {
                text.extend_from_slice(written.as_bytes());
            }
        }
        text
    }

    /// Takes away a cookie of this name that was set beside this one.
    pub(super) fn write_removal(&self, name: &str) -> Vec<u8> {
        let mut text = format!("{name}=").into_bytes();
        self.write_attributes(&mut text, |part| is_named(part, "path"));
        self.write_path(&mut text);
        text.extend_from_slice(b"; Max-Age=0; Secure; HttpOnly");
        text
    }

    /// What a browser makes of a missing path is said where the prefix asks for it.
    fn write_path(&self, text: &mut Vec<u8>) {
        if self.is_whole_host && self.is_by_default {
            text.extend_from_slice(b"; Path=/");
        }
    }

    fn write_attributes(&self, text: &mut Vec<u8>, is_wanted: impl Fn(&[u8]) -> bool) {
        for attribute in self.attributes.iter().filter(|part| is_wanted(part)) {
            text.extend_from_slice(b"; ");
            text.extend_from_slice(attribute);
        }
    }
}

/// The path of a cookie that is set without one (RFC 6265 section 5.1.4).
fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(at) if at > 0 && path.starts_with('/') => &path[..at],
        _ => "/",
    }
}

fn is_named(attribute: &[u8], name: &str) -> bool {
    halves(attribute).0.eq_ignore_ascii_case(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_path_is_the_one_that_browsers_take() {
        for (path, default) in
            [("/", "/"), ("/login", "/"), ("/a/b", "/a"), ("/a/b/", "/a/b"), ("//x", "/"), ("*", "/"), ("", "/")]
        {
            assert_eq!(default_path(path), default, "{path}");
        }
    }

    #[test]
    fn a_cookie_is_taken_away_by_its_age_or_its_value() {
        let is_removal = |text: &str| SetCookie::read(text.as_bytes(), "/").is_removal(1_800_000_000_000);
        for text in [
            "till=",
            "till=x; Max-Age=0",
            "till=x; max-age = -1",
            "till=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT",
            "till=x; Expires=Fri, 01 Jan 2027 00:00:00 GMT",
            "till=x; Max-Age=5; Max-Age=0; Expires=Fri, 01 Jan 2100 00:00:00 GMT",
        ] {
            assert!(is_removal(text), "{text}");
        }
        for text in [
            "till=x",
            "till=x; Max-Age=1",
            "till=1970",
            "till=x; expires=Fri, 01 Jan 2100 00:00:00 GMT",
            "till=x; Expires=0",
            "till=x; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        ] {
            assert!(!is_removal(text), "{text}");
        }
    }
}
