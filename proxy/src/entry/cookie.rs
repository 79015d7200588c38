//! The cookie of a session: which entry it is of and until when, sealed to the tenant. It says nothing of who it is, and
//! is worth nothing at another address.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue};
use marque_config::clock::Random;
use marque_config::entry::Entry;
use marque_config::seal::{Context, Purpose, SealNonce, Sealed};
use marque_config::{EntryId, TenantId};

use crate::contain::cookies;
use crate::directory::Secrets;
use crate::head::names::ENTRY_COOKIE;

/// The most letters of a value that are looked at.
const MOST: usize = 512;

/// What a cookie holds that was sealed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    /// The entry.
    pub(crate) id: EntryId,
    /// When it ends by itself: milliseconds since 1970, UTC.
    pub(crate) until_ms: i64,
}

impl Held {
    /// Reads a request's cookie. None when there is none that was sealed for the tenant: what isn't ours is nothing.
    pub(crate) fn read(headers: &HeaderMap, tenant: TenantId, secrets: &Secrets) -> Option<Self> {
        let owner = tenant.to_string();
        let keys = secrets.cookie_keys()?;
        cookies::edges_own(headers).filter(|value| value.len() <= MOST).find_map(|value| {
            let sealed = Sealed::from_bytes(URL_SAFE_NO_PAD.decode(value).ok()?);
            let plain = keys.open(context(&owner), &sealed).ok()?;
            let (id, until_ms) = std::str::from_utf8(&plain).ok()?.split_once(' ')?;
            Some(Self { id: id.parse().ok()?, until_ms: until_ms.parse().ok()? })
        })
    }
}

/// The line that sets an entry's cookie; none while there is no key to seal it with.
pub(crate) fn set(entry: &Entry, (secrets, random): (&Secrets, &dyn Random), now_ms: i64) -> Option<HeaderValue> {
    let owner = entry.tenant.to_string();
    let mut nonce = SealNonce::default();
    random.fill(&mut nonce);
    let plain = format!("{} {}", entry.id, entry.until_ms);
    let sealed = secrets.cookie_keys()?.seal(context(&owner), &nonce, plain.as_bytes()).ok()?;
    let value = URL_SAFE_NO_PAD.encode(sealed.as_bytes());
    let seconds = (entry.until_ms - now_ms).div_euclid(1_000).max(0);
    let line = format!("{ENTRY_COOKIE}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    HeaderValue::try_from(line).ok()
}

/// The line that takes it away.
pub(crate) fn removal() -> HeaderValue {
    let line = format!("{ENTRY_COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
    HeaderValue::try_from(line).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn context(owner: &str) -> Context<'_> {
    Context { purpose: Purpose::Entry, owner, name: ENTRY_COOKIE }
}
