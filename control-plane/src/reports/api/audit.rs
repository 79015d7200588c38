//! `/v1/audit-events`

pub(crate) mod export;

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::database::{AuditFilter, Chained};
use crate::kernel::ids::AuditId;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::scope::Scope;
use crate::reports::operations::audit::{self, Stretch};
use crate::web::body::Query;
use crate::web::caller::Caller;
use crate::web::page::{Items, List, Pages};
use crate::web::problem::Problem;
use crate::web::time::written;

pub(crate) use export::{__path_export, export};

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEvent {
    /// Its identity: `aud_…`.
    id: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Who: a token, a person, or a part of the control plane.
    actor: String,
    /// What was done.
    action: String,
    /// To what.
    object: String,
    /// The partner whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<String>,
    /// The tenant that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    /// The request in which it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// Where that came from, as long as it is kept; not for clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    /// What changed; not for clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    detail: Option<Value>,
    /// Its place in the chain; for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<Chain>,
}

/// An event's place in the chain.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Chain {
    /// Its number, from 1.
    #[schema(minimum = 1)]
    seq: i64,
    /// The hash of the event before; empty for the first.
    previous: String,
    /// Its hash.
    hash: String,
}

/// Which events are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Only those of this object.
    object: Option<String>,
    /// Only those of this action.
    action: Option<String>,
}

/// Which part of the chain is to be looked at.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProofWanted {
    /// The number of the first event, 1 when not given.
    #[param(minimum = 1)]
    from: Option<i64>,
    /// The most events to look at: 1 to 10000, which is also what is taken when not given.
    #[param(minimum = 1, maximum = 10000)]
    most: Option<i64>,
}

/// Whether a part of the audit trail is as it was written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Proof {
    /// The number of the first event that was looked at.
    first: i64,
    /// The number of the last event that is as it was written.
    last: i64,
    /// The hash that the first event is chained to.
    previous: String,
    /// The hash of the last event.
    hash: String,
    /// Whether everything that was looked at is as it was written.
    intact: bool,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<ProofFault>,
    /// Whether the end of the trail was reached; if not, go on from `last` + 1.
    complete: bool,
    /// The number of the last event of the trail.
    head_seq: i64,
    /// The hash of the last event of the trail: keep it elsewhere, and compare.
    head_hash: String,
}

/// What is wrong with the trail.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProofFault {
    /// At which event.
    seq: i64,
    /// `missing`, `unchained`, `altered`, or `head` when the trail doesn't end where it should.
    kind: String,
}

const MOST: i64 = 10_000;

/// Lists what was done, within the caller's reach.
#[utoipa::path(get, path = "/v1/audit-events", tag = "audit", params(Pages, AuditQuery),
    responses((status = 200, body = Items<AuditEvent>)))]
pub(crate) async fn list(
    caller: Caller,
    List(pages, query): List<AuditQuery>,
) -> Result<Json<Items<AuditEvent>>, Problem> {
    let reach = caller.may(Scope::AuditRead)?;
    let (object, action) = (plain(query.object)?, plain(query.action)?);
    let filter = AuditFilter { object, action };
    let found = caller.store().audit_events(&reach, &filter, &pages.page_after::<AuditId>()?).await?;
    Ok(Json(pages.items(found, |event| event.event.id.clone(), |event| AuditEvent::of(event, &reach))))
}

/// Looks whether the audit trail is as it was written.
#[utoipa::path(get, path = "/v1/audit-events/proof", tag = "audit", params(ProofWanted),
    responses((status = 200, body = Proof)))]
pub(crate) async fn proof(caller: Caller, Query(wanted): Query<ProofWanted>) -> Result<Json<Proof>, Problem> {
    caller.may_as_operator(Scope::AuditRead)?;
    let (from, most) = (wanted.from.unwrap_or(1), wanted.most.unwrap_or(MOST));
    if from < 1 || !(1..=MOST).contains(&most) {
        let french = "from vaut au moins 1 et most va de 1 à 10000.";
        return Err(Problem::bad_query("from is at least 1 and most is 1 to 10000.", french));
    }
    Ok(Json(audit::verify(caller.store(), from, most).await?.into()))
}

/// What a filter may hold: PostgreSQL takes no NUL in a text.
fn plain(text: Option<String>) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if text.is_empty() || text.len() > 300 || text.chars().any(char::is_control) => {
            Err(Problem::bad_query("A filter has 1 to 300 characters.", "Un filtre a de 1 à 300 caractères."))
        }
        text => Ok(text),
    }
}

impl AuditEvent {
    /// The event as this reader may see it: a client sees no price, and operators alone see how many events there are.
    pub(crate) fn of(chained: Chained, reach: &Reach) -> Self {
        let ip = chained.ip();
        let Chained { event, before, hash, .. } = chained;
        let client = matches!(reach.principal(), Principal::Tenant(_));
        let chain = reach.is_operator().then_some(Chain { seq: event.seq, previous: before, hash });
        Self {
            id: event.id,
            at: written(event.at_ms),
            actor: event.actor,
            action: event.action,
            object: event.object,
            partner: event.partner,
            tenant: event.tenant,
            request_id: event.request_id,
            ip: ip.filter(|_| !client),
            detail: serde_json::from_str(&event.detail).ok().filter(|_| !client),
            chain,
        }
    }
}

impl From<Stretch> for Proof {
    fn from(stretch: Stretch) -> Self {
        let complete = stretch.is_complete();
        Self {
            first: stretch.first,
            last: stretch.last,
            previous: stretch.before,
            hash: stretch.hash,
            intact: stretch.fault.is_none(),
            fault: stretch.fault.map(|fault| ProofFault { seq: fault.seq, kind: fault.kind.as_str().to_owned() }),
            complete,
            head_seq: stretch.head.seq,
            head_hash: stretch.head.hash,
        }
    }
}
