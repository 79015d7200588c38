//! The text of an API token: `mq_live_` or `mq_test_`, 43 random characters of base62 (256 bits), 6 of a checksum that tells a
//! mistyped token from a wrong one before anybody is asked.

use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::net::IpAddr;
use std::num::NonZeroU32;

use aws_lc_rs::digest::{SHA256, digest};
use ipnet::IpNet;
use marque_config::clock::Random;
use marque_config::{TenantId, TokenId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::kernel::principal::Principal;
use crate::kernel::scope::Scope;

const RANDOM: usize = 43;
const CHECK: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The text of a token. Shown once; only its hash is kept.
pub struct TokenText(Zeroizing<String>);

/// What a token may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Everything that its scopes and limits say.
    #[default]
    Live,
    /// Of that, only the partner's sandbox and its test tenants.
    Test,
}

impl Mode {
    /// What the text of such a token begins with; as long for each.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Live => "mq_live_",
            Self::Test => "mq_test_",
        }
    }
}

/// What limits a token beside its scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenLimits {
    /// Where it is taken from; empty for everywhere.
    pub networks: Vec<IpNet>,
    /// The only tenants that it reaches; empty for no such limit.
    pub tenants: BTreeSet<TenantId>,
    /// From when on it is taken, milliseconds since 1970, UTC.
    pub not_before_ms: Option<i64>,
    /// What it may touch.
    pub mode: Mode,
    /// The only proxy that follows the feed with it; none until the first one has.
    pub proxy: Option<String>,
    /// How many requests it may send in a minute, instead of what the settings say.
    pub requests_per_minute: Option<NonZeroU32>,
}

/// What is kept of a token: SHA-256, hexadecimal. The token has 256 random bits, so a slow hash would add nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenLimits {
    /// Whether the token is taken now, from there. An address that isn't known is in no network.
    #[must_use]
    pub fn admit(&self, now_ms: i64, ip: Option<IpAddr>) -> bool {
        let begun = self.not_before_ms.is_none_or(|at_ms| at_ms <= now_ms);
        let ip = ip.map(|ip| ip.to_canonical());
        begun && (self.networks.is_empty() || ip.is_some_and(|ip| self.networks.iter().any(|net| net.contains(&ip))))
    }
}

impl TokenText {
    /// Draws a token.
    #[must_use]
    pub fn draw(mode: Mode, random: &dyn Random) -> Self {
        let prefix = mode.prefix();
        let mut text = Zeroizing::new(String::with_capacity(prefix.len() + RANDOM + CHECK));
        text.push_str(prefix);
        while text.len() < prefix.len() + RANDOM {
            let mut byte = [0];
            random.fill(&mut byte);
            // Bytes from 248 on would make the first digits likelier than the others.
            if byte[0] < 248 {
                text.push(char::from(BASE62[usize::from(byte[0] % 62)]));
            }
        }
        let check = checksum(&text);
        text.push_str(&check);
        Self(text)
    }

    /// Reads what somebody presents.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let body = [Mode::Live, Mode::Test].iter().find_map(|mode| text.strip_prefix(mode.prefix()))?;
        let formed = body.len() == RANDOM + CHECK && body.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (rest, check) = formed.then(|| text.split_at(text.len() - CHECK))?;
        (checksum(rest) == check).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(hex(digest(&SHA256, self.0.as_bytes()).as_ref()))
    }

    /// The text, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenText")
    }
}

impl TokenHash {
    /// The hash as the database keeps it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn checksum(text: &str) -> String {
    let mut rest = crc32(text.as_bytes());
    let mut digits = [b'0'; CHECK];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

/// CRC-32 as in ISO 3309 (reflected, polynomial 0x04C11DB7).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

/// A token that wasn't revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its identity.
    pub id: TokenId,
    /// What it is for, for people.
    pub name: String,
    /// On whose behalf.
    pub principal: Principal,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// When it was made, milliseconds since 1970, UTC.
    pub created_ms: i64,
    /// When it ends.
    pub expires_ms: Option<i64>,
    /// What limits it beside its scopes.
    pub limits: TokenLimits,
    /// The token that took its place.
    pub rolled_to: Option<TokenId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::parts::Parts;

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_token_reads_back_and_one_wrong_character_does_not() {
        let token = TokenText::draw(Mode::Test, &*Parts::real().random);
        assert!(token.reveal().starts_with("mq_test_"));
        let token = TokenText::draw(Mode::Live, &*Parts::real().random);
        let text = token.reveal().to_owned();
        assert_eq!(text.len(), 57);
        assert_eq!(TokenText::parse(&text).unwrap().hash(), token.hash());
        for index in 0..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[index] = if wrong[index] == b'x' { b'y' } else { b'x' };
            assert!(TokenText::parse(std::str::from_utf8(&wrong).unwrap()).is_none(), "character {index}");
        }
        for wrong in ["", "mq_live_", &text[..56], "mq_live_é23456789012345678901234567890123456789012345678"] {
            assert!(TokenText::parse(wrong).is_none(), "{wrong}");
        }
    }
}
