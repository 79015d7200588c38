//! Identities: UUIDs of version 7, shown with a prefix that says of what (`ten_…`).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{Builder, Uuid};

/// What an identity is of.
pub trait Kind {
    /// Three letters that stand before the underscore.
    const PREFIX: &'static str;
}

/// The identity of one thing of kind `K`. Ids of different kinds don't compare; later ones sort after earlier ones.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

/// Why a text is no identity of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id here is {prefix}_ and 26 characters of base32")]
pub struct IdError {
    prefix: &'static str,
}

/// Marks the identity of an application.
pub enum ApplicationKind {}
/// Marks the identity of a partner.
pub enum PartnerKind {}
/// Marks the identity of a tenant.
pub enum TenantKind {}
/// Marks the identity of a domain.
pub enum DomainKind {}
/// Marks the identity of an attempt to get a certificate.
pub enum IssuanceKind {}
/// Marks the identity of an API token.
pub enum TokenKind {}
/// Marks the identity of a licence.
pub enum LicenceKind {}
/// Marks the identity of an entry to a client's space.
pub enum EntryKind {}
/// Marks the identity of a client's message to its partner.
pub enum MessageKind {}

impl Kind for ApplicationKind {
    const PREFIX: &'static str = "app";
}
impl Kind for PartnerKind {
    const PREFIX: &'static str = "ptr";
}
impl Kind for TenantKind {
    const PREFIX: &'static str = "ten";
}
impl Kind for DomainKind {
    const PREFIX: &'static str = "dom";
}
impl Kind for IssuanceKind {
    const PREFIX: &'static str = "iss";
}
impl Kind for TokenKind {
    const PREFIX: &'static str = "tok";
}
impl Kind for LicenceKind {
    const PREFIX: &'static str = "lic";
}
impl Kind for EntryKind {
    const PREFIX: &'static str = "ent";
}
impl Kind for MessageKind {
    const PREFIX: &'static str = "msg";
}

/// The identity of an application.
pub type ApplicationId = Id<ApplicationKind>;
/// The identity of a partner.
pub type PartnerId = Id<PartnerKind>;
/// The identity of a tenant.
pub type TenantId = Id<TenantKind>;
/// The identity of a domain (one platform name, or a custom domain with its `www`).
pub type DomainId = Id<DomainKind>;
/// The identity of an attempt to get a certificate.
pub type IssuanceId = Id<IssuanceKind>;
/// The identity of an API token.
pub type TokenId = Id<TokenKind>;
/// The identity of a licence.
pub type LicenceId = Id<LicenceKind>;
/// The identity of an entry to a client's space.
pub type EntryId = Id<EntryKind>;
/// The identity of a client's message to its partner.
pub type MessageId = Id<MessageKind>;

/// Crockford's base32 in lower case: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

impl<K: Kind> Id<K> {
    /// Makes an id from the time (milliseconds since 1970, UTC) and ten random bytes (RFC 9562 section 5.7).
    #[must_use]
    pub fn new(unix_ms: u64, random: &[u8; 10]) -> Self {
        Self(Builder::from_unix_timestamp_millis(unix_ms, random).into_uuid(), PhantomData)
    }
}

impl<K> Id<K> {
    /// Bits that are random, for who needs a number that hardly another id has.
    #[must_use]
    pub fn low_bits(&self) -> u64 {
        self.0.as_u64_pair().1
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.as_u128();
        let mut text = [0_u8; LENGTH];
        for (position, character) in text.iter_mut().rev().enumerate() {
            *character = ALPHABET[(bits >> (5 * position)) as usize & 31];
        }
        write!(formatter, "{}_", K::PREFIX)?;
        text.iter().try_for_each(|&character| fmt::Write::write_char(formatter, char::from(character)))
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = IdError { prefix: K::PREFIX };
        let digits = text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or(error)?;
        if digits.len() != LENGTH {
            return Err(error);
        }
        let mut bits = 0_u128;
        for (index, byte) in digits.bytes().enumerate() {
            let value = ALPHABET.iter().position(|&character| character == byte).ok_or(error)?;
            // 26 digits hold 130 bits: the first may only use the low three of its five.
            if index == 0 && value > 7 {
                return Err(error);
            }
            bits = bits << 5 | value as u128;
        }
        Ok(Self(Uuid::from_u128(bits), PhantomData))
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        let id = TenantId::new(1_764_000_000_000, &[7; 10]);
        let text = id.to_string();
        assert!(text.starts_with("ten_0"), "{text}");
        assert_eq!(text.parse(), Ok(id));
    }

    #[test]
    fn later_ids_sort_later_as_text_too() {
        let early = TenantId::new(1, &[255; 10]);
        let late = TenantId::new(2, &[0; 10]);
        assert!(early < late && early.to_string() < late.to_string());
    }

    #[test]
    fn another_kind_or_spelling_is_refused() {
        let text = TenantId::new(1, &[0; 10]).to_string();
        assert!(text.parse::<PartnerId>().is_err());
        assert!(text.to_uppercase().parse::<TenantId>().is_err());
        assert!(text[..text.len() - 1].parse::<TenantId>().is_err());
        assert!("ten_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<TenantId>().is_err());
    }
}
