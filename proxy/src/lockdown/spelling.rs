//! How names and values are spelled in paths, queries, forms and cookies, and which spellings some parsers read one
//! way and some another.

use std::borrow::Cow;

use http::HeaderMap;

use crate::head::RequestHead;

/// Whether a field is the one that a policy names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// It is another field for every parser that we know of.
    No,
    /// It is, letters compared in either case.
    Plain,
    /// Some parsers take it for that field: `account[]`, `account .`, `my.account` for `my_account`.
    Odd,
}

/// Compares a field's name with the one that a policy names.
///
/// Known readings: white space and control characters at the ends dropped; dots, spaces and a lone bracket turned
/// into underscores (PHP); a name cut at a NUL; brackets for lists and maps (PHP, Rails, qs); letters folded beyond
/// ASCII (Go's JSON, case-insensitive dictionaries).
pub(crate) fn naming(name: &str, wanted: &str) -> Naming {
    if name.eq_ignore_ascii_case(wanted) {
        return Naming::Plain;
    }
    let ignored = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    let (mut name, mut wanted) = (name.trim_matches(ignored).chars(), wanted.chars());
    loop {
        let rest = name.as_str();
        match (wanted.next(), name.next()) {
            (None, None | Some('[' | '\0')) => return Naming::Odd,
            (None, Some(_)) if rest.trim_start_matches(ignored).starts_with('[') => return Naming::Odd,
            (Some(a), Some(b)) if fold(a).eq(fold(b)) => {}
            _ => return Naming::No,
        }
    }
}

/// Whether a name begins as `wanted` does, in the readings that parsers have of names.
pub(crate) fn begins_as(name: &str, wanted: &str) -> bool {
    let name = name.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    let mut letters = name.chars();
    wanted.chars().all(|wanted| letters.next().is_some_and(|letter| fold(letter).eq(fold(wanted))))
}

fn fold(letter: char) -> impl Iterator<Item = char> {
    let letter = if matches!(letter, ' ' | '.' | '[') { '_' } else { letter };
    letter.to_uppercase().flat_map(char::to_lowercase)
}

/// Percent-decodes a text, strictly: none when a `%` isn't followed by two hexadecimal digits, or when the result
/// isn't UTF-8. In forms and queries a `+` is a space.
pub(crate) fn decoded(text: &[u8], plus: bool) -> Option<Cow<'_, str>> {
    if !text.iter().any(|&byte| byte == b'%' || (plus && byte == b'+')) {
        return std::str::from_utf8(text).ok().map(Cow::Borrowed);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            b'+' if plus => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Whether a request asks to be taken for one of another method. The header fields never reach the application; a
/// request that carries one is still no plain look.
pub(super) fn overrides_method(head: &RequestHead<'_>) -> bool {
    const FIELDS: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];
    let by_query = |query: &str| {
        let names = query.split(['&', ';']).map(|pair| pair.split('=').next().unwrap_or_default());
        names
            .map(|name| decoded(name.as_bytes(), true))
            .any(|name| name.is_none_or(|it| naming(&it, "_method") != Naming::No))
    };
    FIELDS.iter().any(|name| head.fields.contains_key(*name)) || head.target.query.is_some_and(by_query)
}

/// The one value of a header field; `Err` when there are more.
pub(super) fn single<'a>(fields: &'a HeaderMap, name: &str) -> Result<Option<&'a [u8]>, MoreThanOne> {
    let mut values = fields.get_all(name).iter().map(http::HeaderValue::as_bytes);
    let first = values.next();
    if values.next().is_some() { Err(MoreThanOne) } else { Ok(first) }
}

/// A field stands more than once where it may stand once.
#[derive(Debug, Clone, Copy)]
pub(super) struct MoreThanOne;

/// What a body says that it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Media<'a> {
    essence: &'a str,
    /// In no content-encoding, and in UTF-8 as far as it says.
    pub(super) is_plain: bool,
}

impl<'a> Media<'a> {
    /// Reads it from the fields of a request or an answer.
    pub(super) fn of(fields: &'a HeaderMap) -> Result<Self, MoreThanOne> {
        let encoding = single(fields, "content-encoding")?;
        let text = std::str::from_utf8(single(fields, "content-type")?.unwrap_or_default()).unwrap_or_default();
        let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
        let is_utf8 = parameters.split(';').map(str::trim).filter(|it| !it.is_empty()).all(|parameter| {
            let charset = parameter.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("charset"));
            charset.is_some_and(|(_, value)| value.trim_matches('"').eq_ignore_ascii_case("utf-8"))
        });
        let is_plain = is_utf8 && encoding.is_none_or(|it| it.eq_ignore_ascii_case(b"identity"));
        Ok(Self { essence: essence.trim(), is_plain })
    }

    pub(super) fn is(&self, essence: &str) -> bool {
        self.essence.eq_ignore_ascii_case(essence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_reading_of_a_name_is_seen() {
        for name in ["account", "ACCOUNT"] {
            assert_eq!(naming(name, "account"), Naming::Plain, "{name}");
        }
        for name in [
            "account[]",
            "account[0]",
            "account [id]",
            " account",
            "account\t",
            "account\0x",
            "\u{feff}account",
            "\u{0}account",
        ] {
            assert_eq!(naming(name, "account"), Naming::Odd, "{name:?}");
        }
        for (name, wanted) in [
            ("my.id", "my_id"),
            ("my id", "my_id"),
            ("my[id", "my_id"),
            ("to\u{212a}en", "token"),
            ("\u{17f}id", "sid"),
        ] {
            assert_eq!(naming(name, wanted), Naming::Odd, "{name:?}");
        }
        for name in ["accounts", "accoun", "account_id", "user[account]", ""] {
            assert_eq!(naming(name, "account"), Naming::No, "{name}");
        }
        assert_eq!(naming("user[account]", "user[account]"), Naming::Plain);
        assert_eq!(naming("user[name]", "user[account]"), Naming::No);
    }

    #[test]
    fn decoding_is_strict() {
        assert_eq!(decoded(b"a%20b+c", true).as_deref(), Some("a b c"));
        assert_eq!(decoded(b"a%20b+c", false).as_deref(), Some("a b+c"));
        assert_eq!(decoded("é%C3%A9".as_bytes(), false).as_deref(), Some("éé"));
        for text in ["%", "%4", "%zz", "%u0061", "%E9", "%C0%AF", "%+1"] {
            assert_eq!(decoded(text.as_bytes(), true), None, "{text}");
        }
    }
}
