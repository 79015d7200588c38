//! What a form carries: when it was made, for which tenant, and the identity that its message will have. Sealed, so that
//! nobody makes one but a proxy, and opened by every proxy alike.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use marque_config::clock::Random;
use marque_config::seal::{Context, Purpose, SealNonce, Sealed};
use marque_config::{MessageId, TenantId};

use crate::directory::Secrets;

/// People don't write faster, milliseconds.
const FASTEST_MS: i64 = 2_000;
/// A form is good for so long, milliseconds: less than what was sent with it is remembered.
const LONGEST_MS: i64 = 24 * 3_600_000;

/// What a form carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FormToken {
    pub(super) id: MessageId,
    pub(super) made_ms: i64,
}

/// How old a form is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// It was filled in faster than people write.
    TooYoung,
    /// As it should be.
    Good,
    /// It has lain about.
    TooOld,
}

impl FormToken {
    /// One for a form that is made now.
    pub(super) fn new(now_ms: i64, random: &dyn Random) -> Self {
        let mut bytes = [0; 10];
        random.fill(&mut bytes);
        Self { id: MessageId::new(u64::try_from(now_ms).unwrap_or_default(), &bytes), made_ms: now_ms }
    }

    /// How old the form is. One of the future was made by a proxy whose clock runs ahead.
    pub(super) fn age(&self, now_ms: i64) -> Age {
        match now_ms - self.made_ms {
            age if age < FASTEST_MS => Age::TooYoung,
            age if age > LONGEST_MS => Age::TooOld,
            _ => Age::Good,
        }
    }

    /// As the form carries it. None before there is a key.
    pub(super) fn sealed(&self, tenant: TenantId, secrets: &Secrets, random: &dyn Random) -> Option<String> {
        let mut nonce = SealNonce::default();
        random.fill(&mut nonce);
        let plain = format!("{} {}", self.made_ms, self.id);
        let owner = tenant.to_string();
        let sealed = secrets.cookie_keys()?.seal(context(&owner), &nonce, plain.as_bytes()).ok()?;
        Some(URL_SAFE_NO_PAD.encode(sealed.as_bytes()))
    }

    /// Reads it back; none when it wasn't made for this tenant.
    pub(super) fn opened(text: &str, tenant: TenantId, secrets: &Secrets) -> Option<Self> {
        let sealed = Sealed::from_bytes(URL_SAFE_NO_PAD.decode(text.trim()).ok()?);
        let owner = tenant.to_string();
        let plain = secrets.cookie_keys()?.open(context(&owner), &sealed).ok()?;
        let (made, id) = std::str::from_utf8(&plain).ok()?.split_once(' ')?;
        Some(Self { id: id.parse().ok()?, made_ms: made.parse().ok()? })
    }
}

fn context(owner: &str) -> Context<'_> {
    Context { purpose: Purpose::ContactForm, owner, name: "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lockdown::fixture;
    use crate::test_support::{Fixed, tenant_id};

    #[test]
    fn a_form_is_good_at_its_tenant_for_a_day() {
        let secrets = fixture::secrets();
        let token = FormToken::new(10_000, &Fixed(1));
        let text = token.sealed(tenant_id(1), &secrets, &Fixed(2)).unwrap();
        assert_eq!(FormToken::opened(&text, tenant_id(1), &secrets), Some(token));
        assert_eq!(FormToken::opened(&text, tenant_id(2), &secrets), None, "another tenant's");
        let altered = format!("A{}", text.get(1..).unwrap());
        for wrong in ["", "x", altered.as_str(), &text[1..]] {
            assert_eq!(FormToken::opened(wrong, tenant_id(1), &secrets), None, "{wrong}");
        }
        assert_eq!(token.sealed(tenant_id(1), &Secrets::default(), &Fixed(2)), None, "before there is a key");
        for (after_ms, age) in [
            (-60_000, Age::TooYoung),
            (1_999, Age::TooYoung),
            (2_000, Age::Good),
            (LONGEST_MS, Age::Good),
            (LONGEST_MS + 1, Age::TooOld),
        ] {
            assert_eq!(token.age(10_000 + after_ms), age, "{after_ms}");
        }
    }
}
