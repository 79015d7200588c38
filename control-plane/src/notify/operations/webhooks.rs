//! Webhooks: where partners, and the vendor, are told of what happens. Deliveries are made from the outbox after the
//! commit that wrote it, by the task `deliver`; here are the endpoints.

use std::net::IpAddr;

use marque_config::PartnerId;
use marque_config::seal::{Context, KeyRing, Purpose, SealError, Sealed};
use reqwest::Url;
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Store, StoreError, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, unknown};
use crate::kernel::ids::EndpointId;
use crate::kernel::language::Sentence;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::public_address::is_public;
use crate::notify::model::webhook::{WebhookSecret, is_kind};
use crate::notify::store::webhooks::{Endpoint, EndpointState};

/// What an endpoint is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEndpoint {
    /// Whose it is; an operator's is the vendor's own when none is given.
    pub partner: Option<PartnerId>,
    /// Where.
    pub url: String,
    /// What it is for, for people.
    pub description: String,
    /// The kinds of events that are wanted; empty for all.
    pub kinds: Vec<String>,
}

/// What may change of an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointChange {
    /// Another place.
    pub url: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// Other kinds of events.
    pub kinds: Option<Vec<String>>,
    /// Whether it is told.
    pub state: Option<EndpointState>,
}

/// What endpoints depend on: the key that seals their secrets, and whether private addresses may be told.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Seals secrets.
    pub keys: &'a KeyRing,
    /// Whether private addresses and plain HTTP are admitted.
    pub allow_private: bool,
}

const MOST_ENDPOINTS: i64 = 20;
const MOST_KINDS: usize = 50;
const LONGEST_URL: usize = 2000;
const LONGEST_DESCRIPTION: usize = 200;
const HOUR_MS: i64 = 3_600_000;

impl Conflict {
    /// The partner has as many endpoints as it may have.
    pub const TOO_MANY_ENDPOINTS: Self = Self::new(
        "too-many-endpoints",
        "There are as many webhook endpoints as there may be.",
        "Le nombre maximal de points de notification est atteint.",
    );
    /// The endpoint is disabled.
    pub const ENDPOINT_DISABLED: Self =
        Self::new("endpoint-disabled", "The webhook endpoint is disabled.", "Ce point de notification est désactivé.");
}

/// Adds an endpoint, and gives the secret that signs what it is sent. It is told of what happens from now on.
///
/// # Errors
/// [`Refused`].
pub async fn create(
    write: &mut Write,
    reach: &Reach,
    rules: Rules<'_>,
    new: NewEndpoint,
) -> Result<(Endpoint, WebhookSecret), Refused> {
    let partner = owner(write, reach, new.partner).await?;
    if write.count_endpoints(partner).await? >= MOST_ENDPOINTS {
        return Err(Conflict::TOO_MANY_ENDPOINTS.into());
    }
    let id: EndpointId = write.id();
    let secret = WebhookSecret::draw(&*write.parts().random);
    let endpoint = Endpoint {
        id,
        partner,
        url: checked_url(&new.url, rules.allow_private)?,
        description: checked_description(&new.description)?,
        kinds: checked_kinds(new.kinds)?,
        state: EndpointState::Enabled,
        disabled_reason: None,
        secret: sealed(write, rules.keys, id, &secret)?,
        previous: None,
        seen_seq: write.last_event().await?,
        created_ms: write.now_ms(),
    };
    write.add_endpoint(&endpoint).await?;
    audit(write, "webhook_endpoint.created", &endpoint);
    Ok((endpoint, secret))
}

/// Changes an endpoint.
///
/// # Errors
/// [`Refused`].
pub async fn change(
    write: &mut Write,
    rules: Rules<'_>,
    mut endpoint: Endpoint,
    change: EndpointChange,
) -> Result<Endpoint, Refused> {
    let before = endpoint.clone();
    if let Some(url) = change.url {
        endpoint.url = checked_url(&url, rules.allow_private)?;
    }
    if let Some(description) = change.description {
        endpoint.description = checked_description(&description)?;
    }
    if let Some(kinds) = change.kinds {
        endpoint.kinds = checked_kinds(kinds)?;
    }
    if let Some(state) = change.state.filter(|state| *state != endpoint.state) {
        endpoint.disabled_reason = (state == EndpointState::Disabled).then(|| "asked".to_owned());
        endpoint.state = state;
    }
    if endpoint != before {
        write.update_endpoint(&endpoint).await?;
        audit(write, "webhook_endpoint.changed", &endpoint);
    }
    Ok(endpoint)
}

/// Draws a new secret. The one before signs beside it for so many hours.
///
/// # Errors
/// [`Refused`].
pub async fn rotate(
    write: &mut Write,
    rules: Rules<'_>,
    mut endpoint: Endpoint,
    overlap_hours: i64,
) -> Result<(Endpoint, WebhookSecret), Refused> {
    let secret = WebhookSecret::draw(&*write.parts().random);
    let new = sealed(write, rules.keys, endpoint.id, &secret)?;
    let until_ms = write.now_ms().saturating_add(overlap_hours.saturating_mul(HOUR_MS));
    let before = std::mem::replace(&mut endpoint.secret, new);
    endpoint.previous = (overlap_hours > 0).then_some((before, until_ms));
    write.update_endpoint(&endpoint).await?;
    audit(write, "webhook_endpoint.secret_rotated", &endpoint);
    Ok((endpoint, secret))
}

/// Tells the endpoint that it is being tried.
///
/// # Errors
/// [`Refused`].
pub fn test(write: &mut Write, endpoint: &Endpoint) -> Result<(), Refused> {
    if endpoint.state == EndpointState::Disabled {
        return Err(Conflict::ENDPOINT_DISABLED.into());
    }
    audit(write, "webhook_endpoint.tested", endpoint);
    write.wake(crate::database::Signal::Tasks);
    Ok(())
}

/// Tells an endpoint no more, because it says that it is gone.
///
/// # Errors
/// [`Refused`].
pub async fn disable_gone(write: &mut Write, id: EndpointId) -> Result<(), Refused> {
    let mut endpoint = current(write, &Reach::system("deliver"), id).await?;
    if endpoint.state == EndpointState::Enabled {
        endpoint.state = EndpointState::Disabled;
        endpoint.disabled_reason = Some("gone".to_owned());
        write.update_endpoint(&endpoint).await?;
        audit(write, "webhook_endpoint.disabled", &endpoint);
    }
    Ok(())
}

/// Removes an endpoint and what is still on its way to it.
///
/// # Errors
/// [`Refused`].
pub async fn remove(write: &mut Write, endpoint: &Endpoint) -> Result<(), Refused> {
    write.remove_endpoint(endpoint.id).await?;
    audit(write, "webhook_endpoint.removed", endpoint);
    Ok(())
}

/// One endpoint, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, reach: &Reach, id: EndpointId) -> Result<Endpoint, Refused> {
    write.endpoint(reach, id).await?.ok_or(Refused::NotFound)
}

/// One endpoint.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: EndpointId) -> Result<Endpoint, Refused> {
    store.endpoint(reach, id).await?.ok_or(Refused::NotFound)
}

/// Opens the secrets that sign what an endpoint is sent now: the current one first.
///
/// # Errors
/// [`SealError`].
pub fn secrets(keys: &KeyRing, endpoint: &Endpoint, now_ms: i64) -> Result<Vec<WebhookSecret>, SealError> {
    let id = endpoint.id.to_string();
    let previous = endpoint.previous.iter().filter(|(_, until_ms)| *until_ms > now_ms).map(|(secret, _)| secret);
    let open = |sealed: &Sealed| keys.open(context(&id), sealed).map(WebhookSecret::from_bytes);
    std::iter::once(&endpoint.secret).chain(previous).map(open).collect()
}

/// Whose a new endpoint is: a partner's is its own.
async fn owner(write: &mut Write, reach: &Reach, asked: Option<PartnerId>) -> Result<Option<PartnerId>, Refused> {
    let partner = match reach.principal() {
        Principal::Partner(id) if asked.is_none_or(|asked| asked == id) => Some(id),
        Principal::Operator => asked,
        _ => return Err(unknown("/partner").into()),
    };
    if let Some(id) = partner {
        write.partner(reach, id).await?.ok_or_else(|| unknown("/partner"))?;
    }
    Ok(partner)
}

fn context(id: &str) -> Context<'_> {
    Context { purpose: Purpose::WebhookSecret, owner: id, name: "" }
}

fn sealed(write: &Write, keys: &KeyRing, id: EndpointId, secret: &WebhookSecret) -> Result<Sealed, StoreError> {
    let sealed = keys.seal(context(&id.to_string()), &write.parts().bytes(), secret.bytes());
    sealed.map_err(|error| StoreError::Unreadable { what: "webhook_endpoint.secret", detail: error.to_string() })
}

fn audit(write: &mut Write, action: &'static str, endpoint: &Endpoint) {
    let whose = endpoint.partner.map_or(Whose::VENDOR, Whose::partner);
    let detail = json!({
        "url": endpoint.url,
        "events": endpoint.kinds,
        "state": endpoint.state,
        "reason": endpoint.disabled_reason,
    });
    write.audit(action, &endpoint.id, whose, detail);
}

/// Takes an address over HTTPS that leads to no private network by its own letters. Where a name leads is seen each
/// time that it is told.
fn checked_url(text: &str, allow_private: bool) -> Result<String, FieldFault> {
    let english =
        "A webhook's address is an https URL of at most 2000 characters, without a user or a private address.";
    let french = "L’adresse est une URL https d’au plus 2000 caractères, sans utilisateur ni adresse privée.";
    let fault = || FieldFault::new("/url", "invalid-url", Sentence::fixed(english, french));
    let url: Url = text.parse().map_err(|_| fault())?;
    let secure = url.scheme() == "https" || (allow_private && url.scheme() == "http");
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let public = allow_private || literal(&url).is_none_or(is_public);
    let printable = text.len() <= LONGEST_URL && text.bytes().all(|byte| byte.is_ascii_graphic());
    if secure && plain && public && printable && url.has_host() { Ok(text.to_owned()) } else { Err(fault()) }
}

/// The address that a URL names by its number, however it is written: the parser has made one spelling of them all.
#[must_use]
pub fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str().and_then(|host| host.trim_start_matches('[').trim_end_matches(']').parse().ok())
}

fn checked_description(text: &str) -> Result<String, FieldFault> {
    if text.is_empty() {
        Ok(String::new())
    } else {
        crate::kernel::fault::text("/description", text, LONGEST_DESCRIPTION)
    }
}

fn checked_kinds(kinds: Vec<String>) -> Result<Vec<String>, FieldFault> {
    let wrong = kinds.iter().position(|kind| !is_kind(kind));
    if wrong.is_none() && kinds.len() <= MOST_KINDS {
        return Ok(kinds);
    }
    let pointer = wrong.map_or("/events".to_owned(), |index| format!("/events/{index}"));
    let english = "Up to 50 kinds of events, each like order.placed or order.*.";
    let french = "Au plus 50 genres d’événements, chacun comme order.placed ou order.*.";
    Err(FieldFault::new(pointer, "invalid-value", Sentence::fixed(english, french)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way in which somebody has tried to name an address of our own.
    #[test]
    fn no_url_names_a_private_address_by_its_letters() {
        for host in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "0x7f000001",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "2130706433",
            "017700000001",
            "0",
            "0.0.0.0",
            "10.0.0.1",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[fe80::1]",
            "[fd00::1]",
            "[64:ff9b::7f00:1]",
            "127.0.0.1.",
            "１２７.0.0.1",
            "%31%32%37.0.0.1",
        ] {
            let url = format!("https://{host}/hook");
            assert!(checked_url(&url, false).is_err(), "{url}");
        }
        for url in [
            "http://example.net/",
            "https://u@example.net/",
            "https://u:p@example.net/",
            "ftp://example.net/",
            "https://",
            "example.net",
            "https://example.net/#a",
            "https://example.net/\u{e9}",
        ] {
            assert!(checked_url(url, false).is_err(), "{url}");
        }
        for url in ["https://example.net", "https://example.net:8443/a?b=c", "https://1.1.1.1/hook"] {
            assert!(checked_url(url, false).is_ok(), "{url}");
        }
        assert!(checked_url("http://127.0.0.1:9/", true).is_ok());
    }
}
