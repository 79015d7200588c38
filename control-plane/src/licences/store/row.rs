//! A licence's row, and what it says.

use sqlx::FromRow;

use crate::database::row::from_word;
use crate::database::{StoreError, from_json, parsed};
use crate::licences::model::{Licence, Suspension};

#[derive(FromRow)]
pub(super) struct Row {
    id: String,
    serial: String,
    tenant_id: String,
    partner_id: String,
    application_id: String,
    client_id: Option<String>,
    plan_id: String,
    product_id: String,
    subscription_id: Option<String>,
    order_id: Option<String>,
    kind: String,
    origin: String,
    term: String,
    components: String,
    max_activations: i64,
    trial_days: i64,
    extension_days: i64,
    grace_days: i64,
    when_over: String,
    renews: i64,
    issued_ms: i64,
    activated_ms: Option<i64>,
    expires_ms: Option<i64>,
    extended_ms: Option<i64>,
    suspended_ms: Option<i64>,
    suspended_by: Option<String>,
    suspended_reason: Option<String>,
    cancelled_ms: Option<i64>,
    voided_ms: Option<i64>,
    superseded_ms: Option<i64>,
    superseded_by: Option<String>,
}

impl Row {
    fn suspension(&self) -> Result<Option<Suspension>, StoreError> {
        let (Some(since_ms), Some(by)) = (self.suspended_ms, self.suspended_by.as_deref()) else { return Ok(None) };
        let by = from_word("licence.suspended_by", by)?;
        Ok(Some(Suspension { since_ms, by, reason: self.suspended_reason.clone() }))
    }
}

impl TryFrom<Row> for Licence {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let superseded_by = row.superseded_by.as_deref().map(|id| parsed("licence.superseded_by", id)).transpose()?;
        let suspended = row.suspension()?;
        let client = row.client_id.as_deref().map(|id| parsed("licence.client_id", id)).transpose()?;
        let subscription =
            row.subscription_id.as_deref().map(|id| parsed("licence.subscription_id", id)).transpose()?;
        let order = row.order_id.as_deref().map(|id| parsed("licence.order_id", id)).transpose()?;
        Ok(Self {
            id: parsed("licence.id", &row.id)?,
            serial: parsed("licence.serial", &row.serial)?,
            tenant: parsed("licence.tenant_id", &row.tenant_id)?,
            partner: parsed("licence.partner_id", &row.partner_id)?,
            application: parsed("licence.application_id", &row.application_id)?,
            client,
            plan: parsed("licence.plan_id", &row.plan_id)?,
            product: parsed("licence.product_id", &row.product_id)?,
            subscription,
            order,
            kind: from_word("licence.kind", &row.kind)?,
            origin: from_word("licence.origin", &row.origin)?,
            term: from_word("licence.term", &row.term)?,
            components: from_json("licence.components", &row.components)?,
            max_activations: row.max_activations,
            trial_days: row.trial_days,
            extension_days: row.extension_days,
            grace_days: row.grace_days,
            when_over: from_word("licence.when_over", &row.when_over)?,
            renews: row.renews != 0,
            issued_ms: row.issued_ms,
            activated_ms: row.activated_ms,
            expires_ms: row.expires_ms,
            extended_ms: row.extended_ms,
            suspended,
            cancelled_ms: row.cancelled_ms,
            voided_ms: row.voided_ms,
            superseded: row.superseded_ms.zip(superseded_by),
        })
    }
}
