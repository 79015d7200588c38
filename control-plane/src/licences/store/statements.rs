//! The statements about licences. The current status of a licence is worked out here as in the model: a test holds both
//! against each other.

use marque_config::TenantId;

use crate::database::row::word;
use crate::database::statement::Statement;
use crate::database::within::Owner;
use crate::database::{Page, StoreError};
use crate::kernel::period::DAY_MS;
use crate::kernel::principal::Reach;
use crate::licences::model::{LicenceStatus, SOON_DAYS, TRIAL_SOON_DAYS};
use crate::licences::store::LicenceFilter;

const SELECT: &str = "select id, serial, tenant_id, partner_id, application_id, client_id, plan_id, product_id,
    subscription_id, order_id, kind, origin, term, components, max_activations, trial_days, extension_days,
    grace_days, when_over, renews, issued_ms, activated_ms, expires_ms, extended_ms, suspended_ms, suspended_by,
    suspended_reason, cancelled_ms, voided_ms, superseded_ms, superseded_by from licence";

const STATUS: &str = "?1 = case
    when voided_ms is not null then 'voided'
    when superseded_ms is not null then 'superseded'
    when cancelled_ms <= ?2 then 'cancelled'
    when suspended_ms is not null then 'suspended'
    when expires_ms + grace_days * 86400000 <= ?2 then 'expired'
    when renews = 0 and (expires_ms + grace_days * 86400000 <= case kind when 'trial' then ?4 else ?3 end
        or cancelled_ms <= case kind when 'trial' then ?4 else ?3 end) then 'expiring'
    when activated_ms is null then 'issued'
    else 'active' end";

/// Decision 7 leaves out what isn't used yet, and decision 8 what is no client's.
const COUNT: &str = "select
    cast(coalesce(sum(case when licence.kind <> 'trial' then 1 else 0 end), 0) as bigint) as current,
    cast(coalesce(sum(case when licence.kind = 'trial' then 1 else 0 end), 0) as bigint) as trials
    from licence join tenant on tenant.id = licence.tenant_id";

const CURRENT: &str = "tenant.kind = 'client' and licence.voided_ms is null and licence.superseded_ms is null
    and (licence.cancelled_ms is null or licence.cancelled_ms > ?1)
    and (licence.suspended_ms is not null or ((licence.expires_ms is null
        or licence.expires_ms + licence.grace_days * 86400000 > ?1) and licence.activated_ms is not null))";

const OF_LICENCE: Owner =
    Owner { partner: "licence.partner_id", application: "licence.application_id", tenant: "licence.tenant_id" };

/// One licence within reach.
pub(super) fn one(reach: &Reach, id: String) -> Statement {
    Statement::of(SELECT).narrowed("id = ?1", Some(id)).within(Owner::ROW, reach)
}

/// The licence within reach that has a serial number now.
pub(super) fn by_serial(reach: &Reach, serial: String) -> Statement {
    Statement::of(SELECT).narrowed("superseded_ms is null and serial = ?1", Some(serial)).within(Owner::ROW, reach)
}

/// Every licence that a tenant ever had.
pub(super) fn of_tenant(tenant: TenantId) -> Statement {
    Statement::of(SELECT).with("tenant_id = ?1", tenant.to_string()).text(" order by id", [])
}

/// The newest licence with a value in a column.
pub(super) fn newest(condition: &'static str, value: String) -> Statement {
    Statement::of(SELECT).with(condition, value).text(" order by id desc limit 1", [])
}

/// The licences within reach, a page of them.
pub(crate) fn list(reach: &Reach, filter: &LicenceFilter, page: &Page, now_ms: i64) -> Result<Statement, StoreError> {
    let list = Statement::of(SELECT)
        .narrowed_among("id", page.only.as_deref())
        .narrowed("tenant_id = ?1", filter.tenant.map(|id| id.to_string()))
        .within(Owner::ROW, reach)
        .given("kind = ?1", filter.kind.map(|kind| word("licence.kind", &kind)).transpose()?)
        .given("origin = ?1", filter.origin.map(|origin| word("licence.origin", &origin)).transpose()?);
    let list = match filter.status {
        None => list,
        Some(status) => {
            let (soon_ms, trials_soon_ms) = (now_ms + SOON_DAYS * DAY_MS, now_ms + TRIAL_SOON_DAYS * DAY_MS);
            let list = match few(status) {
                Some(few) => list.and(few, []),
                None => list,
            };
            let status = word("licence status", &status)?;
            list.and(STATUS, [status.into(), now_ms.into(), soon_ms.into(), trials_soon_ms.into()])
        }
    };
    Ok(list.page("id", page))
}

/// What holds for every licence that stands so, where few do: those have an index.
fn few(status: LicenceStatus) -> Option<&'static str> {
    match status {
        LicenceStatus::Voided => Some("voided_ms is not null"),
        LicenceStatus::Cancelled => Some("cancelled_ms is not null"),
        LicenceStatus::Suspended => Some("suspended_ms is not null"),
        _ => None,
    }
}

/// How many licences the clients' tenants within reach are used by.
pub(super) fn count(reach: &Reach, now_ms: i64) -> Statement {
    Statement::of(COUNT).within(OF_LICENCE, reach).with(CURRENT, now_ms)
}

pub(super) const DUE: &str = "select id from licence where next_ms <= $1
    and not exists (select 1 from task_trouble where task_trouble.task = 'renew'
        and task_trouble.object = licence.id and task_trouble.next_ms > $1)
    order by next_ms, id limit $2";

pub(super) const ADD: &str = "insert into licence (id, serial, tenant_id, partner_id, application_id, client_id,
    plan_id, product_id, subscription_id, order_id, kind, origin, term, components, max_activations, trial_days,
    extension_days, grace_days, when_over, renews, issued_ms, activated_ms, expires_ms, extended_ms, next_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
    $24, $25)";

/// What was activated stays so, and what it was activated at: whatever is given here.
pub(super) const UPDATE: &str = "update licence set renews = $2, activated_ms = coalesce(activated_ms, $3),
    expires_ms = $4, extended_ms = $5, trial_days = $6, suspended_ms = $7, suspended_by = $8, suspended_reason = $9,
    cancelled_ms = $10, voided_ms = $11, superseded_ms = $12, superseded_by = $13, next_ms = $14 where id = $1";
