//! `/v1/domains`

pub(crate) mod certificates;
pub(crate) mod issuances;
pub(crate) mod white_label;

use axum::Json;
use axum::http::StatusCode;
use marque_config::settings::NameSettings;
use marque_config::tenant::AddressKind;
use marque_config::{DomainId, Hostname, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domains::dns::doctor::Expectation;
use crate::domains::model::upload::Note;
use crate::domains::operations::{self as domains, Named, NewDomain, Wanted};
use crate::domains::store::hostnames::{
    CertificateSource, CertificateState, CertificateStatus, ClaimedName, DnsState, Role,
};
use crate::domains::store::uploads::Uploaded;
use crate::kernel::fault::FieldFault;
use crate::kernel::json::{missing_field, unknown_field};
use crate::kernel::language::{Language, Sentence};
use crate::kernel::scope::Scope;
use crate::web::Api;
use crate::web::body::{Nothing, PathId};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::Problem;
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// A free platform name, or a custom name with its `www`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Domain {
    /// Its identity: `dom_…`.
    #[schema(value_type = String)]
    id: DomainId,
    /// Whose it is.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// `platform` or `custom`.
    #[schema(value_type = String)]
    kind: AddressKind,
    /// The main name.
    #[schema(value_type = String)]
    host: Hostname,
    /// Its names, the main one first. None waits for another.
    hostnames: Vec<DomainName>,
    /// When it was claimed.
    #[schema(format = DateTime)]
    created_at: String,
}

/// One name of a domain.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DomainName {
    /// The name.
    #[schema(value_type = String)]
    host: Hostname,
    /// `main` or `www`.
    #[schema(value_type = String)]
    role: Role,
    /// Whether the edge serves it: it leads here and has a certificate that has not expired.
    live: bool,
    /// Whether it leads here.
    dns: Dns,
    /// Its certificate.
    certificate: Certificate,
}

/// Whether a name leads here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Dns {
    /// `pending`, `verified` or `lost`.
    #[schema(value_type = String)]
    state: DnsState,
    /// Why it doesn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    /// When that was last looked at.
    #[schema(format = DateTime)]
    checked_at: Option<String>,
    /// When it is looked at again.
    #[schema(format = DateTime)]
    next_check_at: Option<String>,
    /// The records to create; none for a platform name.
    records: Vec<DnsRecord>,
}

/// A DNS record to create.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DnsRecord {
    /// `CNAME`, `A`, `AAAA` or `TXT`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Where.
    name: String,
    /// What it says.
    value: String,
}

/// A name's certificate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Certificate {
    /// `none`, `issuing`, `active` or `failed`.
    #[schema(value_type = String)]
    state: CertificateState,
    /// `acme`, `uploaded`, or `wildcard`: the one for every platform name.
    #[schema(value_type = Option<String>)]
    source: Option<CertificateSource>,
    /// Until when it is valid.
    #[schema(format = DateTime)]
    not_after: Option<String>,
    /// Why there is none, or no newer one; or that an uploaded one expires (`uploaded_expires`).
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    /// The uploaded certificate that takes its place once it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<NextCertificate>,
    /// What is odd about an uploaded one, and not wrong: `private_authority`, `begins_later`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Reason>,
}

/// An uploaded certificate that is not valid yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NextCertificate {
    /// From when it is valid, and served.
    #[schema(format = DateTime)]
    not_before: String,
    /// Until when it is valid.
    #[schema(format = DateTime)]
    not_after: String,
}

/// Why something isn't as it should be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// For programs.
    pub(crate) code: &'static str,
    /// For people.
    pub(crate) message: String,
}

/// A domain to claim: `platform` with a `label`, or `custom` with a `host`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DomainToAdd {
    /// Whose it will be.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// `platform` (a free name below the platform's zone) or `custom` (a name that the partner brings, with its `www`).
    #[schema(value_type = String)]
    kind: AddressKind,
    /// The first label of a platform name.
    #[serde(default)]
    label: Option<String>,
    /// A custom name.
    #[serde(default)]
    host: Option<String>,
}

/// Which domains are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DomainQuery {
    /// Only those of this tenant.
    #[param(value_type = Option<String>)]
    tenant: Option<TenantId>,
}

/// Claims a name for a tenant.
#[utoipa::path(post, path = "/v1/domains", tag = "domains", request_body = DomainToAdd, params(IdempotencyKey),
    responses((status = 201, body = Domain)))]
pub(crate) async fn create(caller: Caller, post: Post<DomainToAdd>) -> Answer {
    let reach = caller.may(Scope::DomainsWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let named = domains::create(&mut doing.write, &reach, &caller.api.inner.names, input.try_into()?).await?;
    doing.done(StatusCode::CREATED, &shown(&caller.api, caller.language, named)).await
}

/// Lists domains.
#[utoipa::path(get, path = "/v1/domains", tag = "domains", params(Pages, DomainQuery),
    responses((status = 200, body = Items<Domain>)))]
pub(crate) async fn list(
    caller: Caller,
    List(pages, query): List<DomainQuery>,
) -> Result<Json<Items<Domain>>, Problem> {
    let reach = caller.may(Scope::DomainsRead)?;
    let found = domains::list(caller.store(), &reach, query.tenant, &pages.page()?).await?;
    let id = |named: &Named| named.domain.id.to_string();
    Ok(Json(pages.items(found, id, |named| shown(&caller.api, caller.language, named))))
}

/// Shows a domain.
#[utoipa::path(get, path = "/v1/domains/{id}", tag = "domains", responses((status = 200, body = Domain)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<DomainId>) -> Result<Versioned<Domain>, Problem> {
    let reach = caller.may(Scope::DomainsRead)?;
    let named = domains::one(caller.store(), &reach, id).await?;
    Ok(Versioned(shown(&caller.api, caller.language, named)))
}

/// Gives a domain up.
#[utoipa::path(delete, path = "/v1/domains/{id}", tag = "domains", params(IfMatch), responses((status = 204)))]
pub(crate) async fn remove(caller: Caller, PathId(id): PathId<DomainId>, seen: IfMatch) -> Result<StatusCode, Problem> {
    let reach = caller.may(Scope::DomainsWrite)?;
    let mut write = caller.begin(&reach).await?;
    let current = domains::current(&mut write, &reach, id).await?;
    seen.check(&shown(&caller.api, caller.language, current))?;
    domains::remove(&mut write, &reach, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Looks at a domain's DNS now.
#[utoipa::path(post, path = "/v1/domains/{id}/check", tag = "domains", request_body = Nothing, params(IdempotencyKey),
    responses((status = 200, body = Domain)))]
pub(crate) async fn check(caller: Caller, PathId(id): PathId<DomainId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may(Scope::DomainsWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let named = domains::check(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &shown(&caller.api, caller.language, named)).await
}

/// Has a domain's certificates issued anew now; uploaded ones stay.
#[utoipa::path(post, path = "/v1/domains/{id}/renew", tag = "domains", request_body = Nothing, params(IdempotencyKey),
    responses((status = 200, body = Domain)))]
pub(crate) async fn renew(caller: Caller, PathId(id): PathId<DomainId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may(Scope::DomainsWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let named = domains::renew(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &shown(&caller.api, caller.language, named)).await
}

impl TryFrom<DomainToAdd> for NewDomain {
    type Error = FieldFault;

    fn try_from(input: DomainToAdd) -> Result<Self, FieldFault> {
        let wanted = match (input.kind, input.label, input.host) {
            (AddressKind::Platform, Some(label), None) => Wanted::Platform(label),
            (AddressKind::Custom, None, Some(host)) => Wanted::Custom(host),
            (AddressKind::Platform, None, _) => return Err(missing_field("/label")),
            (AddressKind::Custom, _, None) => return Err(missing_field("/host")),
            (AddressKind::Platform, Some(_), Some(_)) => return Err(unknown_field("/host")),
            (AddressKind::Custom, Some(_), Some(_)) => return Err(unknown_field("/label")),
        };
        Ok(Self { tenant: input.tenant, wanted })
    }
}

pub(crate) fn shown(api: &Api, language: Language, named: Named) -> Domain {
    let Named { domain, names, uploads } = named;
    let (settings, now_ms) = (&api.inner.names, api.inner.store.now_ms());
    Domain {
        id: domain.id,
        tenant: domain.tenant,
        kind: domain.kind,
        host: domain.host,
        hostnames: names.into_iter().map(|name| name_shown(settings, (language, now_ms), name, &uploads)).collect(),
        created_at: written(domain.created_ms),
    }
}

fn name_shown(
    settings: &NameSettings,
    (language, now_ms): (Language, i64),
    name: ClaimedName,
    uploads: &[Uploaded],
) -> DomainName {
    let uploads: Vec<_> = uploads.iter().filter(|upload| upload.host == name.host).collect();
    let next = uploads.iter().find(|upload| upload.is_waiting);
    let records = records(settings, &name);
    let live = name.dns.state != DnsState::Pending && name.certificate.is_valid(now_ms);
    let certificate_reason = certificate_reason(&name.certificate, language, now_ms);
    let dns_reason = name.dns.reason.map(|reason| match language {
        Language::English => Reason { code: reason.code(), message: reason.english() },
        Language::French => Reason { code: reason.code(), message: reason.french() },
    });
    DomainName {
        host: name.host,
        role: name.role,
        live,
        dns: Dns {
            state: name.dns.state,
            reason: dns_reason,
            checked_at: name.dns.checked_ms.map(written),
            next_check_at: name.dns.next_ms.map(written),
            records,
        },
        certificate: Certificate {
            state: name.certificate.state,
            source: name.certificate.source,
            not_after: name.certificate.not_after_ms.map(written),
            reason: certificate_reason,
            next: next.map(|next| NextCertificate {
                not_before: written(next.not_before_ms),
                not_after: written(next.not_after_ms),
            }),
            notes: notes(&uploads, language),
        },
    }
}

/// What is odd about the uploaded certificates of a name.
fn notes(uploads: &[&Uploaded], language: Language) -> Vec<Reason> {
    let private = uploads.iter().any(|upload| upload.is_private).then_some(Note::PrivateAuthority);
    let later = uploads.iter().any(|upload| upload.is_waiting).then_some(Note::BeginsLater);
    let shown = |note: Note| Reason { code: note.code(), message: note.said().text(language).to_owned() };
    private.into_iter().chain(later).map(shown).collect()
}

/// Why there is no newer certificate; else, that its owner should bring one.
fn certificate_reason(status: &CertificateStatus, language: Language, now_ms: i64) -> Option<Reason> {
    if let Some(reason) = status.reason {
        return Some(failure(reason, language));
    }
    status.ends_soon_ms.filter(|&from_ms| from_ms <= now_ms)?;
    let said = Sentence::fixed(
        "The uploaded certificate expires: upload a newer one. Once it has expired, the platform gets one itself.",
        "Le certificat déposé expire : déposez-en un plus récent. Une fois expiré, la plateforme en obtient un.",
    );
    Some(Reason { code: "uploaded_expires", message: said.text(language).to_owned() })
}

pub(crate) fn failure(failure: crate::domains::acme::failure::Failure, language: Language) -> Reason {
    let message = match language {
        Language::English => failure.english(),
        Language::French => failure.french(),
    };
    Reason { code: failure.code(), message: message.to_owned() }
}

/// What a custom name has to say in DNS.
fn records(settings: &NameSettings, name: &ClaimedName) -> Vec<DnsRecord> {
    let target = settings.target_zone().and_then(|zone| zone.child(&name.target_label));
    let (AddressKind::Custom, Ok(target)) = (name.kind, target) else { return Vec::new() };
    let expectation = Expectation {
        host: name.host.clone(),
        main: name.main.clone(),
        target,
        token: name.txt_token.clone(),
        edge_addresses: settings.edge_addresses.clone(),
    };
    let wanted = expectation.records(name.dns.reason.as_ref());
    wanted.into_iter().map(|it| DnsRecord { kind: it.kind, name: it.name, value: it.value }).collect()
}
