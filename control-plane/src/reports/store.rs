//! What ends soon, as rows. What is due is half-open: from an instant on, and before another.

pub mod dossiers;
pub mod home;

use sqlx::FromRow;

use crate::database::statement::Statement;
use crate::database::within::Owner;
use crate::database::{Store, StoreError};
use crate::kernel::principal::Reach;

/// What part of a report is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// From when on.
    pub from_ms: i64,
    /// Before when.
    pub before_ms: i64,
    /// Whether what is suspended is told whenever it ends, unless it has.
    pub suspended_too: bool,
    /// After what: when that is due, and its identity.
    pub after: (i64, String),
    /// The most that is wanted.
    pub limit: i64,
}

/// A licence that ends, or that is suspended.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DueLicence {
    /// Its identity.
    pub id: String,
    /// Its serial number, without dashes.
    pub serial: String,
    /// Whose use it allows.
    pub tenant_id: String,
    /// The tenant's name.
    pub tenant_name: String,
    /// The client.
    pub client_id: Option<String>,
    /// The client's name.
    pub company: Option<String>,
    /// The plan's name.
    pub plan: String,
    /// The partner.
    pub partner_id: String,
    /// trial, paid or free.
    pub kind: String,
    /// suspended, trial, cancelled, expiring or renewing: the first that holds.
    pub reason: String,
    /// When the serial number expires.
    pub expires_ms: Option<i64>,
    /// When it is due: as the next, or far away.
    pub sort_ms: i64,
    /// When it ends.
    pub due_ms: Option<i64>,
}

/// A subscription whose period ends.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DueSubscription {
    /// Its identity.
    pub id: String,
    /// The tenant.
    pub tenant_id: String,
    /// The tenant's name.
    pub tenant_name: String,
    /// The client.
    pub client_id: Option<String>,
    /// The client's name.
    pub company: Option<String>,
    /// The plan's name.
    pub plan: String,
    /// The partner.
    pub partner_id: String,
    /// monthly or yearly.
    pub term: String,
    /// Its current status.
    pub state: String,
    /// trial, suspended, past_due, ended, expiring or renewing.
    pub reason: String,
    /// When it is due.
    pub due_ms: i64,
}

const LICENCES: &str = "select r.id as id, r.serial as serial, r.tenant_id as tenant_id, r.tenant_name as tenant_name,
    r.client_id as client_id, r.company as company, r.plan as plan, r.partner_id as partner_id, r.kind as kind,
    r.reason as reason, r.expires_ms as expires_ms, r.due_ms as due_ms, r.sort_ms as sort_ms
    from (select d.id as id, d.serial as serial, d.tenant_id as tenant_id, tenant.name as tenant_name,
        d.client_id as client_id, client.company as company, plan.name as plan, d.partner_id as partner_id,
        d.kind as kind, d.expires_ms as expires_ms, d.due_ms as due_ms,
        case when d.due_ms is null then 9223372036854775807 else d.due_ms end as sort_ms,
        case when d.suspended_ms is not null then 'suspended' when d.kind = 'trial' then 'trial'
            when d.cancelled_ms is not null then 'cancelled' when d.renews = 0 then 'expiring'
            else 'renewing' end as reason
        from (select id, serial, tenant_id, client_id, plan_id, partner_id, application_id, kind, expires_ms,
            suspended_ms, cancelled_ms, renews,
            case when cancelled_ms is not null and (expires_ms is null or cancelled_ms < expires_ms)
                then cancelled_ms else expires_ms end as due_ms
            from licence";

const LICENCES_JOINED: &str = ") d
        join tenant on tenant.id = d.tenant_id and tenant.kind = 'client'
        join plan on plan.id = d.plan_id
        left join client on client.id = d.client_id) r";

const SUBSCRIPTIONS: &str = "select r.id as id, r.tenant_id as tenant_id, r.tenant_name as tenant_name,
    r.client_id as client_id, r.company as company, r.plan as plan, r.partner_id as partner_id, r.term as term,
    r.state as state, r.reason as reason, r.due_ms as due_ms
    from (select s.id as id, s.tenant_id as tenant_id, tenant.name as tenant_name, s.client_id as client_id,
        client.company as company, plan.name as plan, s.partner_id as partner_id, s.term as term, s.state as state,
        case when s.ended_ms is not null and s.ended_ms < s.period_end_ms then s.ended_ms
            else s.period_end_ms end as due_ms,
        case when s.state = 'ended' then 'ended' when s.state = 'trialing' then 'trial'
            when s.state = 'suspended' then 'suspended' when s.state = 'past_due' then 'past_due'
            when s.ends_after_period = 1 then 'expiring' else 'renewing' end as reason
        from subscription s
        join tenant on tenant.id = s.tenant_id and tenant.kind = 'client'
        join plan on plan.id = s.plan_id
        left join client on client.id = s.client_id";

const HAS_LICENCE: &str = "exists (select 1 from licence where licence.subscription_id = s.id
    and licence.voided_ms is null and licence.superseded_ms is null)";

const OF_SUBSCRIPTION: Owner =
    Owner { partner: "s.partner_id", application: "s.application_id", tenant: "s.tenant_id" };

impl Store {
    /// The licences of clients within reach that are due, the next first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn due_licences(&self, reach: &Reach, due: &Due) -> Result<Vec<DueLicence>, StoreError> {
        licences(reach, due).rows(self.reader()).await
    }

    /// The subscriptions of clients within reach whose period ends, the next first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn due_subscriptions(&self, reach: &Reach, due: &Due) -> Result<Vec<DueSubscription>, StoreError> {
        subscriptions(reach, due).rows(self.reader()).await
    }
}

/// What is due is worked out from two times. One of them lies in the stretch, by which an index finds it.
pub(crate) fn licences(reach: &Reach, due: &Due) -> Statement {
    let ends = match due.suspended_too {
        false => "((expires_ms >= ?1 and expires_ms < ?2) or (cancelled_ms >= ?1 and cancelled_ms < ?2))",
        true => {
            "((expires_ms >= ?1 and expires_ms < ?2) or (cancelled_ms >= ?1 and cancelled_ms < ?2)
            or suspended_ms is not null)"
        }
    };
    let is_due = match due.suspended_too {
        false => "r.due_ms >= ?1 and r.due_ms < ?2",
        true => {
            "((r.due_ms >= ?1 and r.due_ms < ?2)
            or (r.reason = 'suspended' and (r.due_ms is null or r.due_ms >= ?1)))"
        }
    };
    let stretch = || [due.from_ms.into(), due.before_ms.into()];
    Statement::of(LICENCES)
        .and("voided_ms is null and superseded_ms is null", [])
        .within(Owner::ROW, reach)
        .and(ends, stretch())
        .text(LICENCES_JOINED, [])
        .and(is_due, stretch())
        .and("(r.sort_ms > ?1 or (r.sort_ms = ?1 and r.id > ?2))", [due.after.0.into(), due.after.1.as_str().into()])
        .text(" order by r.sort_ms, r.id limit ?1", [due.limit.into()])
}

/// As [`licences`].
pub(crate) fn subscriptions(reach: &Reach, due: &Due) -> Statement {
    let ends = match due.suspended_too {
        false => "((s.period_end_ms >= ?1 and s.period_end_ms < ?2) or (s.ended_ms >= ?1 and s.ended_ms < ?2))",
        true => {
            "((s.period_end_ms >= ?1 and s.period_end_ms < ?2) or (s.ended_ms >= ?1 and s.ended_ms < ?2)
            or s.state = 'suspended')"
        }
    };
    let is_due = match due.suspended_too {
        false => "r.due_ms >= ?1 and r.due_ms < ?2",
        true => "((r.due_ms >= ?1 and r.due_ms < ?2) or (r.reason = 'suspended' and r.due_ms >= ?1))",
    };
    let stretch = || [due.from_ms.into(), due.before_ms.into()];
    Statement::of(SUBSCRIPTIONS)
        .and(HAS_LICENCE, [])
        .within(OF_SUBSCRIPTION, reach)
        .and(ends, stretch())
        .text(") r", [])
        .and(is_due, stretch())
        .and("(r.due_ms > ?1 or (r.due_ms = ?1 and r.id > ?2))", [due.after.0.into(), due.after.1.as_str().into()])
        .text(" order by r.due_ms, r.id limit ?1", [due.limit.into()])
}
