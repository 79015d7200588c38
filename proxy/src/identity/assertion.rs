//! What the application is told, and can check: which account this request is locked to. A JWT (RFC 7519) signed
//! with Ed25519 (RFC 8037), kept for half of its life instead of signed for each request.

use std::sync::Arc;

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use marque_config::entry::{Entry, EntryKind, EntryRole};
use marque_config::{Account, EntryId, Hostname, TenantId};
use moka::sync::Cache;
use serde::Serialize;

use crate::directory::{Secret, Secrets};
use crate::lockdown::{Permit, Standing};

/// How long an assertion is valid, milliseconds.
const LIFE_MS: i64 = 300_000;

/// How many assertions are kept: one for each host in use.
const CAPACITY: u64 = 20_000;

/// Issues assertions.
#[derive(Debug)]
pub struct Issuer {
    issued: Cache<Hostname, Arc<Issued>>,
    /// Those for people who came in by an entry, which are nobody else's.
    entered: Cache<EntryId, Arc<Issued>>,
}

/// An assertion, and all that it speaks of.
#[derive(Debug)]
pub(crate) struct Issued {
    tenant: TenantId,
    account: Account,
    audience: String,
    licence: Standing,
    /// What the partner hides.
    hidden: Vec<String>,
    host: Hostname,
    entry: Option<EntryId>,
    key: String,
    from_ms: i64,
    text: HeaderValue,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    aud: &'a str,
    sub: &'a str,
    tenant: TenantId,
    host: &'a str,
    licence: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    hidden: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<EntryClaims<'a>>,
    iat: i64,
    exp: i64,
}

/// Who asks, where it is none of the client's people: the application may let them in as that, and no further.
#[derive(Serialize)]
struct EntryClaims<'a> {
    id: EntryId,
    kind: EntryKind,
    role: EntryRole,
    person: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<&'a str>,
    reads_only: bool,
    /// When the entry ends, in seconds since 1970.
    until: i64,
}

impl<'a> From<&'a Entry> for EntryClaims<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self {
            id: entry.id,
            kind: entry.kind,
            role: entry.role,
            person: &entry.person,
            consent: entry.consent.as_deref(),
            assignment: entry.assignment.as_deref(),
            reads_only: entry.reads_only,
            until: entry.until_ms.div_euclid(1_000),
        }
    }
}

impl Issuer {
    /// An issuer that has issued nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { issued: Cache::new(CAPACITY), entered: Cache::new(CAPACITY) }
    }

    /// The assertion for a permitted request: the one that is `held`, or another when that doesn't serve. None when no key
    /// is in use: the request can't be passed on then.
    pub(crate) fn assertion(
        &self,
        held: &mut Option<Arc<Issued>>,
        permit: &Permit,
        secrets: &Secrets,
        now_ms: i64,
    ) -> Option<HeaderValue> {
        let secret = secrets.assertion.first().filter(|secret| secret.use_from_ms <= now_ms)?;
        let issued = held.take().filter(|held| held.serves(permit, secret, now_ms));
        let issued = issued.or_else(|| self.issue(permit, secret, now_ms))?;
        Some(held.insert(issued).text.clone())
    }

    /// One that was issued to another connection, or a new one.
    fn issue(&self, permit: &Permit, secret: &Secret, now_ms: i64) -> Option<Arc<Issued>> {
        let host = &permit.route().address.host;
        let known = match permit.entry() {
            None => self.issued.get(host.as_str()),
            Some(entry) => self.entered.get(&entry.id),
        };
        let known = known.filter(|issued| issued.serves(permit, secret, now_ms));
        if known.is_some() {
            return known;
        }
        let issued = Arc::new(Issued::sign(permit, secret, now_ms)?);
        match permit.entry() {
            None => self.issued.insert(host.clone(), Arc::clone(&issued)),
            Some(entry) => self.entered.insert(entry.id, Arc::clone(&issued)),
        }
        Some(issued)
    }
}

impl Default for Issuer {
    fn default() -> Self {
        Self::new()
    }
}

impl Issued {
    fn serves(&self, permit: &Permit, secret: &Secret, now_ms: i64) -> bool {
        let route = permit.route();
        // A clock that was set back must not leave an assertion from the future in use.
        let is_fresh = (self.from_ms..self.from_ms + LIFE_MS / 2).contains(&now_ms);
        is_fresh
            && self.key == secret.id
            && self.tenant == route.tenant.id
            && self.account == *permit.account()
            && self.audience == route.application.name
            && self.licence == permit.licence()
            && self.hidden == route.partner.hidden
            && self.host == route.address.host
            && self.entry == permit.entry().map(|entry| entry.id)
    }

    fn sign(permit: &Permit, secret: &Secret, now_ms: i64) -> Option<Self> {
        let route = permit.route();
        let iat = now_ms.div_euclid(1_000);
        let claims = Claims {
            iss: "marque",
            aud: &route.application.name,
            sub: permit.account().as_str(),
            tenant: route.tenant.id,
            host: route.address.host.as_str(),
            licence: permit.licence().word(),
            hidden: &route.partner.hidden,
            entry: permit.entry().map(EntryClaims::from),
            iat,
            exp: permit.entry().map_or(i64::MAX, |entry| entry.until_ms.div_euclid(1_000)).min(iat + LIFE_MS / 1_000),
        };
        Some(Self {
            tenant: route.tenant.id,
            account: permit.account().clone(),
            audience: route.application.name.clone(),
            licence: permit.licence(),
            hidden: route.partner.hidden.clone(),
            host: route.address.host.clone(),
            entry: permit.entry().map(|entry| entry.id),
            key: secret.id.clone(),
            from_ms: now_ms,
            text: token(secret, &claims)?,
        })
    }
}

/// The compact form (RFC 7515 section 3.1).
fn token(secret: &Secret, claims: &Claims<'_>) -> Option<HeaderValue> {
    let header = Header { alg: "EdDSA", typ: "JWT", kid: &secret.id };
    let part = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
    let signed = format!("{}.{}", part(serde_json::to_vec(&header).ok()?), part(serde_json::to_vec(claims).ok()?));
    let pair = Ed25519KeyPair::from_seed_unchecked(secret.bytes.as_ref()).ok()?;
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes()));
    HeaderValue::try_from(format!("{signed}.{signature}")).ok()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, KeyPair, UnparsedPublicKey};

    use marque_config::tenant::{Licence, LicenceState, Licensing, WhenOver};

    use super::*;
    use crate::directory::Route;
    use crate::lockdown::fixture::{NOW_MS, permit, route, secrets};

    fn claims(token: &HeaderValue) -> serde_json::Value {
        let part = token.to_str().unwrap().split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    /// The assertion for a connection's first request.
    fn first(issuer: &Issuer, permit: &Permit, secrets: &Secrets, now_ms: i64) -> Option<HeaderValue> {
        issuer.assertion(&mut None, permit, secrets, now_ms)
    }

    #[test]
    fn an_application_can_check_whom_a_request_is_locked_to() {
        let permit = permit(&route("{}"));
        let token = first(&Issuer::new(), &permit, &secrets(), 1_000_500).unwrap();
        let (signed, signature) = token.to_str().unwrap().rsplit_once('.').unwrap();
        let public = Ed25519KeyPair::from_seed_unchecked(secrets().assertion[0].bytes.as_ref()).unwrap();
        let public = UnparsedPublicKey::new(&ED25519, public.public_key().as_ref());
        public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        let head = URL_SAFE_NO_PAD.decode(signed.split('.').next().unwrap()).unwrap();
        assert_eq!(String::from_utf8(head).unwrap(), r#"{"alg":"EdDSA","typ":"JWT","kid":"assertion-1"}"#);
        let expected = serde_json::json!({
            "iss": "marque", "aud": "till", "sub": "A", "tenant": permit.route().tenant.id.to_string(),
            "host": "a.p.example.com", "licence": "not_required", "iat": 1_000, "exp": 1_300,
        });
        assert_eq!(claims(&token), expected);
    }

    #[test]
    fn one_is_kept_for_half_its_life_and_never_from_the_future() {
        let (issuer, permit, secrets) = (Issuer::new(), permit(&route("{}")), secrets());
        let mut held = None;
        for of_connection in [false, true] {
            let mut at = |now| {
                let place = if of_connection { &mut held } else { &mut None };
                issuer.assertion(place, &permit, &secrets, now).unwrap()
            };
            let first = at(1_000_000);
            assert_eq!(at(1_149_999), first);
            assert_eq!(claims(&at(1_150_000))["iat"], 1_150);
            assert_eq!(claims(&at(1_000_000))["iat"], 1_000);
        }
    }

    #[test]
    fn whoever_comes_in_by_an_entry_is_said_to_and_never_by_anothers_assertion() {
        let (issuer, own, mut held) = (Issuer::new(), route("{}"), None);
        let until_ms = NOW_MS + 60_000;
        let entered = own.entered_by(Arc::new(crate::lockdown::fixture::entry(until_ms)));
        // One connection after the other, and one for both.
        for of_connection in [false, true] {
            for route in [&own, &entered, &own, &entered] {
                let place = if of_connection { &mut held } else { &mut None };
                let said = claims(&issuer.assertion(place, &permit(route), &secrets(), NOW_MS).unwrap());
                match &route.entry {
                    None => assert!(said.get("entry").is_none() && said["exp"] == 1_300),
                    Some(entry) => {
                        let expected = serde_json::json!({
                            "id": entry.id.to_string(), "kind": "support", "role": "technical_support",
                            "person": "usr_1", "consent": "cns_1", "assignment": "asg_1", "reads_only": false,
                            "until": 1_060,
                        });
                        assert_eq!(
                            (&said["entry"], &said["exp"]),
                            (&expected, &1_060.into()),
                            "no longer than the entry"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn another_account_at_the_same_host_gets_its_own() {
        let (issuer, mut route, mut held) = (Issuer::new(), route("{}"), None);
        issuer.assertion(&mut held, &permit(&route), &secrets(), 1_000_000).unwrap();
        let mut tenant = (*route.tenant).clone();
        tenant.account = Some("B".parse().unwrap());
        route.tenant = Arc::new(tenant);
        for held in [&mut held, &mut None] {
            let token = issuer.assertion(held, &permit(&route), &secrets(), 1_000_001).unwrap();
            assert_eq!(claims(&token)["sub"], "B");
        }
    }

    #[test]
    fn a_licence_that_comes_to_its_grace_is_said_at_once() {
        let (issuer, mut route, mut held) = (Issuer::new(), route("{}"), None);
        let tenant = Arc::make_mut(&mut route.tenant);
        let (state, when_over) = (LicenceState::Usable, WhenOver::Block);
        tenant.licence = Licensing::Required(Some(Licence { state, until_ms: Some(NOW_MS + 2), when_over }));
        let mut said = |route: &Route| {
            claims(&issuer.assertion(&mut held, &permit(route), &secrets(), NOW_MS).unwrap())["licence"].clone()
        };
        assert_eq!(said(&route), "usable");
        Arc::make_mut(&mut route.tenant).licence_use.grace_from_ms = Some(NOW_MS);
        assert_eq!(said(&route), "grace");
    }

    #[test]
    fn what_the_partner_hides_is_said_at_once() {
        let (issuer, mut route, mut held) = (Issuer::new(), route("{}"), None);
        let mut said = |route: &Route| {
            claims(&issuer.assertion(&mut held, &permit(route), &secrets(), NOW_MS).unwrap())["hidden"].clone()
        };
        assert_eq!(said(&route), serde_json::Value::Null);
        Arc::make_mut(&mut route.partner).hidden = vec!["live_chat".into(), "news".into()];
        assert_eq!(said(&route), serde_json::json!(["live_chat", "news"]));
    }

    #[test]
    fn a_new_key_signs_at_once() {
        let (issuer, permit, mut secrets, mut held) = (Issuer::new(), permit(&route("{}")), secrets(), None);
        let first = issuer.assertion(&mut held, &permit, &secrets, 1_000_000);
        secrets.assertion[0].id = "assertion-2".into();
        for held in [&mut held, &mut None] {
            assert_ne!(issuer.assertion(held, &permit, &secrets, 1_000_001), first);
        }
    }

    #[test]
    fn a_key_is_not_used_before_its_time() {
        let permit = permit(&route("{}"));
        assert_eq!(first(&Issuer::new(), &permit, &secrets(), -1), None);
        assert_eq!(first(&Issuer::new(), &permit, &Secrets::default(), 1), None);
    }
}
