//! Every account that a request names.

use std::borrow::Cow;

use http::header;
use marque_config::Account;
use marque_config::application::{Policy, Selector};

use super::paths::Path;
use super::spelling::{self, Naming, decoded, naming};
use crate::head::RequestHead;
use crate::refusal::Refusal;

/// The accounts that a request names, as the application may read them.
#[derive(Debug, Default)]
pub(super) struct NamedAccounts<'a>(Vec<Cow<'a, str>>);

/// How one kind of list of `name=value` is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Syntax {
    /// What stands between two fields.
    separator: u8,
    /// What some parsers take for a separator too.
    also: u8,
    /// Whether a `+` is a space, and a name that can't be decoded is refused. In cookies neither is so.
    is_form: bool,
    /// What a text that can't be read is refused as.
    unreadable: Refusal,
}

const QUERY: Syntax = Syntax { separator: b'&', also: b';', is_form: true, unreadable: Refusal::AmbiguousTarget };
const COOKIE: Syntax = Syntax { separator: b';', also: b',', is_form: false, unreadable: Refusal::AmbiguousAccount };
pub(super) const FORM: Syntax = Syntax { unreadable: Refusal::LoginUnreadable, ..QUERY };

impl<'a> NamedAccounts<'a> {
    /// Collects what the path, the query, the header fields and the cookies name.
    pub(super) fn in_head(policy: &Policy, head: &'a RequestHead<'_>, path: &'a Path<'_>) -> Result<Self, Refusal> {
        let mut named = Self::default();
        path.accounts().for_each(|account| named.add(account));
        let (mut query, mut cookies) = (false, false);
        for selector in &policy.selectors {
            match selector {
                // Read above, all of them together.
                Selector::Path(_) => {}
                Selector::Header(name) => named.add_field(head, name)?,
                Selector::Query(_) => query = true,
                Selector::Cookie(_) => cookies = true,
            }
        }
        if let Some(text) = head.target.query.filter(|_| query) {
            let wanted = policy.selectors.iter().filter_map(|it| match it {
                Selector::Query(name) => Some(name.as_str()),
                _ => None,
            });
            named.add_listed(QUERY, [text.as_bytes()], wanted)?;
        }
        if cookies {
            let wanted = policy.selectors.iter().filter_map(|it| match it {
                Selector::Cookie(name) => Some(name.as_str()),
                _ => None,
            });
            let lines = head.fields.get_all(header::COOKIE).iter().map(http::HeaderValue::as_bytes);
            named.add_listed(COOKIE, lines, wanted)?;
        }
        Ok(named)
    }

    /// An empty name is none.
    pub(super) fn add(&mut self, account: impl Into<Cow<'a, str>>) {
        let account = account.into();
        if !account.is_empty() {
            self.0.push(account);
        }
    }

    fn add_field(&mut self, head: &'a RequestHead<'_>, name: &str) -> Result<(), Refusal> {
        let value = spelling::single(head.fields, name).map_err(|_| Refusal::AmbiguousAccount)?;
        let text = std::str::from_utf8(value.unwrap_or_default()).map_err(|_| Refusal::AmbiguousAccount)?;
        self.add(text);
        Ok(())
    }

    /// Collects the fields named `wanted` from lists of `name=value`; each may stand once in all of them.
    pub(super) fn add_listed<'w>(
        &mut self,
        syntax: Syntax,
        lists: impl IntoIterator<Item = &'a [u8]>,
        wanted: impl Iterator<Item = &'w str> + Clone,
    ) -> Result<(), Refusal> {
        let mut seen = Vec::new();
        for field in lists.into_iter().flat_map(|list| list.split(|&byte| byte == syntax.separator)) {
            let (name, value) = syntax.split(field)?;
            for wanted in wanted.clone() {
                match naming(&name, wanted) {
                    Naming::No if !syntax.hides(field, wanted) => continue,
                    Naming::Plain if !seen.contains(&wanted) => seen.push(wanted),
                    Naming::No | Naming::Plain | Naming::Odd => return Err(Refusal::AmbiguousAccount),
                }
                self.add(syntax.value(value)?);
            }
        }
        Ok(())
    }

    /// Whether nobody but `account` is named.
    pub(super) fn all_are(&self, account: &Account) -> Result<(), Refusal> {
        let foreign = self.0.iter().any(|named| named != account.as_str());
        if foreign { Err(Refusal::ForeignAccount) } else { Ok(()) }
    }
}

impl Syntax {
    fn split<'t>(&self, field: &'t [u8]) -> Result<(Cow<'t, str>, &'t [u8]), Refusal> {
        let field = if self.is_form { field } else { field.trim_ascii_start() };
        let (name, value) = match field.iter().position(|&byte| byte == b'=') {
            Some(at) => (&field[..at], &field[at + 1..]),
            None => (field, &[][..]),
        };
        match decoded(name, self.is_form) {
            Some(name) => Ok((name, value)),
            None if self.is_form => Err(self.unreadable),
            None => Ok((String::from_utf8_lossy(name), value)),
        }
    }

    /// Whether a parser with the other separator would find the field `wanted` inside this one.
    fn hides(&self, field: &[u8], wanted: &str) -> bool {
        let inner = field.split(|&byte| byte == self.also).skip(1);
        inner.filter_map(|it| self.split(it).ok()).any(|(name, _)| naming(&name, wanted) != Naming::No)
    }

    fn value<'t>(&self, value: &'t [u8]) -> Result<Cow<'t, str>, Refusal> {
        if self.is_form {
            return decoded(value, true).ok_or(self.unreadable);
        }
        cookie_value(value).ok_or(self.unreadable)
    }
}

/// A cookie's value without the quotes that it may stand in, percent-decoded where it is percent-encoded.
pub(super) fn cookie_value(value: &[u8]) -> Option<Cow<'_, str>> {
    let value = value.trim_ascii();
    let quoted = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let value = quoted.unwrap_or(value);
    decoded(value, false).or_else(|| std::str::from_utf8(value).ok().map(Cow::Borrowed))
}
