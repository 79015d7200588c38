//! The landed shape: records as programs of [`Format::LANDED`](super::Format::LANDED) write and read them. Nothing in
//! it may be unknown to them, so this is a list of what they know, and never grows. To be deleted with the last of them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::read_record::Nameless;
use super::{KeyText, ReadRecord, Reading, Record};
use crate::application::Application;
use crate::brand::Partner;
use crate::certificate::{Certificate, Challenge, SharedKey};
use crate::tenant::{Address, Licence, LicenceState, LicenceUse, Licensing, Tenant, TenantState, WhenOver};
use crate::{Account, ApplicationId, PartnerId, TenantId};

/// A record as `{"tenant":{…}}`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum LandedRecord {
    Application(Box<Application>),
    Partner(Partner),
    Tenant(LandedTenant),
    Address(Address),
    Certificate(Certificate),
    Challenge(Challenge),
    SharedKey(SharedKey),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LandedTenant {
    id: TenantId,
    application: ApplicationId,
    partner: PartnerId,
    account: Option<Account>,
    state: TenantState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    licence: Option<Licence>,
}

/// What landed programs know of a policy; they refuse a record with anything else.
const POLICY: [&str; 8] = [
    "upstreams",
    "health_path",
    "own_hosts",
    "public_https_port",
    "websocket",
    "selectors",
    "session_cookies",
    "logins",
];
const LOGIN: [&str; 3] = ["path", "request", "answer"];
const ADDRESS: [&str; 4] = ["host", "tenant", "kind", "hsts"];
const PARTNER: [&str; 2] = ["id", "brand"];

/// The record's text in the landed shape, never more open than the record; none: it is to be told as deleted.
#[must_use]
pub fn body(record: &Record) -> Option<String> {
    if record.must() > super::Format::LANDED {
        return closed(record);
    }
    let (kind, body) = match record {
        Record::Tenant(tenant) => ("tenant", serde_json::to_value(LandedTenant::from(tenant)).ok()?),
        Record::Application(it) => ("application", application(it)?),
        Record::Address(it) => ("address", kept(serde_json::to_value(it).ok()?, &ADDRESS)),
        Record::Partner(it) => ("partner", kept(serde_json::to_value(it).ok()?, &PARTNER)),
        Record::Certificate(it) => ("certificate", serde_json::to_value(it).ok()?),
        Record::Challenge(it) => ("challenge", serde_json::to_value(it).ok()?),
        Record::SharedKey(it) => ("shared_key", serde_json::to_value(it).ok()?),
        Record::Wildcard(_) | Record::DnsZone(_) | Record::WhiteLabel(_) | Record::AlpnProof(_) | Record::Entry(_) => {
            return None;
        }
        #[cfg(feature = "rehearsal")]
        Record::Lock(_) => return None,
    };
    text(kind, body)
}

/// The text of a record that landed programs must not act on: a tenant is suspended, all else is deleted. Also for a
/// tenant that a record governs which has no landed shape.
#[must_use]
pub fn closed(record: &Record) -> Option<String> {
    let Record::Tenant(tenant) = record else { return None };
    let tenant = LandedTenant { state: TenantState::Suspended, ..LandedTenant::from(tenant) };
    text("tenant", serde_json::to_value(tenant).ok()?)
}

/// Reads the landed spelling, which isn't the other one for the reason `error`.
pub(super) fn read(value: &str, error: serde_json::Error) -> Result<ReadRecord, Nameless> {
    match serde_json::from_str::<LandedRecord>(value) {
        Ok(record) => {
            let record = Record::from(record);
            Ok(ReadRecord { key: record.key().into(), reading: Reading::Known(Box::new(record)) })
        }
        Err(_) => named(value).map(ReadRecord::unread).ok_or(Nameless(error)),
    }
}

/// Which record the landed spelling is of, though it can't be read.
fn named(value: &str) -> Option<KeyText> {
    let mut fields = serde_json::from_str::<Map<String, Value>>(value).ok().filter(|fields| fields.len() == 1)?;
    let (kind, body) = std::mem::take(&mut fields).into_iter().next()?;
    let word = |field: &str| body.get(field).and_then(Value::as_str);
    let name = match kind.as_str() {
        "application" | "partner" | "tenant" | "shared_key" => word("id")?.to_owned(),
        "address" | "certificate" => word("host")?.to_owned(),
        "challenge" => format!("{}/{}", word("host")?, word("token")?),
        _ => return None,
    };
    Some(KeyText { kind, name })
}

impl From<&Tenant> for LandedTenant {
    fn from(tenant: &Tenant) -> Self {
        let &Tenant { id, application, partner, ref account, state, licence, licence_use: _, awaits_handover: _ } =
            tenant;
        let licence = match licence {
            Licensing::Unsaid | Licensing::NotRequired => None,
            // Absence would say that none is required.
            Licensing::Required(None) => {
                Some(Licence { state: LicenceState::Ended, until_ms: None, when_over: WhenOver::Block })
            }
            Licensing::Required(licence) => licence,
        };
        Self { id, application, partner, account: account.clone(), state: landed_state(state), licence }
    }
}

/// A state that landed programs don't know is one of theirs that admits nobody.
fn landed_state(state: TenantState) -> TenantState {
    match state {
        TenantState::Provisioning | TenantState::Active | TenantState::Suspended | TenantState::Closed => state,
        #[cfg(feature = "rehearsal")]
        TenantState::Paused => TenantState::Suspended,
    }
}

impl From<LandedRecord> for Record {
    fn from(record: LandedRecord) -> Self {
        match record {
            LandedRecord::Application(it) => Self::Application(it),
            LandedRecord::Partner(it) => Self::Partner(it),
            LandedRecord::Tenant(it) => Self::Tenant(it.into()),
            LandedRecord::Address(it) => Self::Address(it),
            LandedRecord::Certificate(it) => Self::Certificate(it),
            LandedRecord::Challenge(it) => Self::Challenge(it),
            LandedRecord::SharedKey(it) => Self::SharedKey(it),
        }
    }
}

impl From<LandedTenant> for Tenant {
    fn from(tenant: LandedTenant) -> Self {
        let LandedTenant { id, application, partner, account, state, licence } = tenant;
        let licence = licence.map_or(Licensing::Unsaid, |licence| Licensing::Required(Some(licence)));
        let licence_use = LicenceUse::default();
        Self { id, application, partner, account, state, licence, licence_use, awaits_handover: false }
    }
}

fn application(application: &Application) -> Option<Value> {
    let mut value = serde_json::to_value(application).ok()?;
    let policy = value.get_mut("policy")?;
    *policy = kept(policy.take(), &POLICY);
    for login in policy.get_mut("logins").and_then(Value::as_array_mut).into_iter().flatten() {
        *login = kept(login.take(), &LOGIN);
    }
    Some(value)
}

fn kept(value: Value, known: &[&str]) -> Value {
    match value {
        Value::Object(fields) => fields.into_iter().filter(|(name, _)| known.contains(&name.as_str())).collect(),
        other => other,
    }
}

fn text(kind: &str, body: Value) -> Option<String> {
    let record: Map<String, Value> = [(kind.to_owned(), body)].into_iter().collect();
    serde_json::to_string(&record).ok()
}
