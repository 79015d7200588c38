//! The statements about dossiers. The current status of a licence is worked out as in `licences/statements.rs`.

use marque_config::TenantId;

use crate::database::row::word;
use crate::database::statement::Statement;
use crate::database::within::Owner;
use crate::database::{Page, StoreError};
use crate::kernel::period::DAY_MS;
use crate::kernel::principal::Reach;
use crate::licences::model::{SOON_DAYS, TRIAL_SOON_DAYS};
use crate::reports::store::dossiers::DossierFilter;

const OWNER: Owner = Owner { partner: "tenant.partner_id", application: "tenant.application_id", tenant: "tenant.id" };

const PAGE: &str =
    ") select id, partner_id, application_id, name, state, client_id, company, handed_over_ms, created_ms,
    licence_id, serial, plan_id, plan_name, kind, origin, term, expires_ms, subscription_id, subscription_state,
    period_end_ms, ends_after_period, method_id, method_name, status from file";

const COUNT: &str = ") select count(*) as files,
    cast(coalesce(sum(case when status = 'issued' then 1 else 0 end), 0) as bigint) as issued,
    cast(coalesce(sum(case when status = 'active' then 1 else 0 end), 0) as bigint) as active,
    cast(coalesce(sum(case when status = 'expiring' then 1 else 0 end), 0) as bigint) as expiring,
    cast(coalesce(sum(case when status = 'expired' then 1 else 0 end), 0) as bigint) as expired,
    cast(coalesce(sum(case when status = 'suspended' then 1 else 0 end), 0) as bigint) as suspended,
    cast(coalesce(sum(case when status = 'cancelled' then 1 else 0 end), 0) as bigint) as cancelled,
    cast(coalesce(sum(case when status = 'none' then 1 else 0 end), 0) as bigint) as without_licence,
    cast(coalesce(sum(case when status = 'none' or status = 'expired' or status = 'cancelled'
        then 1 else 0 end), 0) as bigint) as licence_needed,
    cast(coalesce(sum(case when followed = 0 then 1 else 0 end), 0) as bigint) as without_collaborator
    from file";

/// A page of the files within reach.
pub(crate) fn list(reach: &Reach, filter: &DossierFilter, page: &Page, now_ms: i64) -> Result<Statement, StoreError> {
    let status = filter.status.map(|status| word("licence.status", &status)).transpose()?;
    let due = filter.due_before_ms.map(|before_ms| [now_ms.into(), before_ms.into()]);
    let list = files(reach, filter.tenant, now_ms).text(PAGE, []).given("status = ?1", status);
    let list = match due {
        Some(due) => list.and("due_ms >= ?1 and due_ms < ?2", due),
        None => list,
    };
    Ok(list
        .when(filter.licence_needed, "(status = 'none' or status = 'expired' or status = 'cancelled')")
        .when(filter.without_collaborator, "followed = 0")
        .page("id", page))
}

/// How many files within reach there are, in each way that they are told apart.
pub(super) fn count(reach: &Reach, now_ms: i64) -> Statement {
    files(reach, None, now_ms).text(COUNT, [])
}

fn files(reach: &Reach, tenant: Option<TenantId>, now_ms: i64) -> Statement {
    let (soon_ms, trials_soon_ms) = (now_ms + SOON_DAYS * DAY_MS, now_ms + TRIAL_SOON_DAYS * DAY_MS);
    Statement::of("")
        .text(include_str!("file.sql"), [now_ms.into(), soon_ms.into(), trials_soon_ms.into()])
        .and("tenant.kind = 'client' and tenant.state <> 'closed'", [])
        .narrowed("tenant.id = ?1", tenant.map(|id| id.to_string()))
        .within(OWNER, reach)
}
