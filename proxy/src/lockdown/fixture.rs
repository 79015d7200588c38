//! A route to account `A` at `a.p.example.com`, and requests to it, for tests.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use marque_config::application::{Application, Policy};
use marque_config::brand::{Brand, Partner};
use marque_config::certificate::{KeyUse, SharedKey};
use marque_config::clock::Random;
use marque_config::entry::{Entry, EntryKind, EntryRole};
use marque_config::seal::{Context, KeyRing, Purpose};
use marque_config::tenant::{Address, AddressKind, LicenceUse, Licensing, Tenant, TenantState};
use marque_config::{ApplicationId, EntryId, PartnerId, TenantId};
use serde_json::{Value, json};

use super::{Decision, Permit, decide};
use crate::directory::{Route, Secrets};
use crate::head::{RequestHead, RequestTarget};
use crate::refusal::Refusal;

/// When requests are decided.
pub(crate) const NOW_MS: i64 = 1_000_000;

/// The route of an active tenant, under a policy with these fields.
pub(crate) fn route(policy: &str) -> Route {
    let mut fields: Value = serde_json::from_str(policy).unwrap();
    fields.as_object_mut().unwrap().entry("upstreams").or_insert_with(|| json!(["http://127.0.0.1:9000"]));
    let policy: Policy = serde_json::from_value(fields).unwrap();
    policy.check().unwrap();
    route_of_tenant(policy, 1)
}

/// The same, of another tenant: account and host stay, the identity doesn't.
pub(crate) fn route_of_tenant(policy: Policy, tenant: u64) -> Route {
    let (id, application) = (TenantId::new(tenant, &[0; 10]), ApplicationId::new(1, &[0; 10]));
    let partner = PartnerId::new(1, &[0; 10]);
    let account = Some("A".parse().unwrap());
    let host = "a.p.example.com".parse().unwrap();
    let brand = Brand { name: "Fournil <& Fils>".into(), support: Some("aide@fournil.example".into()) };
    Route {
        address: Arc::new(Address { host, tenant: id, kind: AddressKind::Platform, hsts: true }),
        tenant: Arc::new(Tenant {
            id,
            application,
            partner,
            account,
            state: TenantState::Active,
            licence: Licensing::NotRequired,
            licence_use: LicenceUse::default(),
            awaits_handover: false,
        }),
        application: Arc::new(Application { id: application, name: "till".into(), policy }),
        partner: Arc::new(Partner::new(partner, brand)),
        label: None,
        primary: None,
        entry: None,
    }
}

/// An entry to the fixture's tenant until a time.
pub(crate) fn entry(until_ms: i64) -> Entry {
    Entry {
        id: EntryId::new(1, &[6; 10]),
        tenant: route("{}").tenant.id,
        kind: EntryKind::Support,
        role: EntryRole::TechnicalSupport,
        person: "usr_1".into(),
        consent: Some("cns_1".into()),
        assignment: Some("asg_1".into()),
        reads_only: false,
        until_ms,
    }
}

/// A permit for a plain request on a route.
pub(crate) fn permit(route: &Route) -> Permit {
    Request::get("/").decide(route).unwrap()
}

/// One secret of each use, in use since 0.
pub(crate) fn secrets() -> Secrets {
    let edge = KeyRing::single(&[1; 32]).unwrap();
    let uses = [(KeyUse::Cookie, "cookie"), (KeyUse::Ticket, "ticket"), (KeyUse::Assertion, "assertion")];
    let keys = uses.map(|(use_, name)| {
        let id = format!("{name}-1");
        let secret = edge.seal(Context { purpose: Purpose::SharedKey, owner: &id, name }, &[0; 12], &[7; 32]).unwrap();
        Arc::new(SharedKey { id, use_, use_from_ms: 0, secret })
    });
    Secrets::open(&edge, &keys, &Secrets::default(), 1).0
}

/// Not random at all.
pub(crate) struct Fixed;

impl Random for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(5);
    }
}

/// Header fields of these lines.
pub(crate) fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

/// A request as a test writes it.
#[derive(Debug, Clone)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: String,
    pub(crate) fields: Vec<(&'a str, String)>,
    pub(crate) body: &'a [u8],
}

impl<'a> Request<'a> {
    pub(crate) fn get(target: impl Into<String>) -> Self {
        Self { method: "GET", target: target.into(), fields: Vec::new(), body: b"" }
    }

    pub(crate) fn post(target: impl Into<String>, media: &str, body: &'a [u8]) -> Self {
        Self { method: "POST", body, ..Self::get(target) }.with("content-type", media)
    }

    pub(crate) fn with(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// As the edge goes about it: a login by its body, the rest by the head.
    pub(crate) fn decide(&self, route: &Route) -> Result<Permit, Refusal> {
        self.with_head(|head| match super::login_of(route, head) {
            Some(login) => super::decide_login(route, head, (login, self.body), NOW_MS),
            None => match decide(route, head, NOW_MS)? {
                Decision::Permitted(permit) => Ok(permit),
                Decision::Login | Decision::Redirect(_) => Err(Refusal::Undecided),
            },
        })
    }

    /// Whether the request would be taken for a login.
    pub(crate) fn is_login(&self, route: &Route) -> bool {
        self.with_head(|head| Ok(super::login_of(route, head).is_some())).unwrap()
    }

    pub(crate) fn with_head<T>(&self, ask: impl FnOnce(&RequestHead<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let fields: Vec<_> = self.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ask(&RequestHead {
            method: &self.method.parse::<Method>().unwrap(),
            authority: &"a.p.example.com".parse().unwrap(),
            target: &RequestTarget::parse(&self.target)?,
            fields: &headers(&fields),
            has_body: !self.body.is_empty(),
        })
    }
}
