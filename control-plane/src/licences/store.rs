//! Licences, as rows.

pub mod activations;
pub mod licence_keys;
pub mod subscriptions;

use marque_config::TenantId;
use sqlx::{Any, Executor};

use crate::database::row::word;
use crate::database::{Page, Store, StoreError, Write, to_json};
use crate::kernel::ids::{LicenceId, OrderId, PriceListId, SubscriptionId};
use crate::kernel::principal::Reach;
use crate::kernel::serial::Serial;
use crate::licences::model::{Licence, LicenceKind, LicenceStatus, Origin};
use row::Row;
use statements as sql;

mod found;
mod row;
pub(crate) mod statements;

/// Which licences are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LicenceFilter {
    /// A tenant's.
    pub tenant: Option<TenantId>,
    /// Those that stand so.
    pub status: Option<LicenceStatus>,
    /// Those of this kind.
    pub kind: Option<LicenceKind>,
    /// Those that came to be so.
    pub origin: Option<Origin>,
}

/// How many licences clients' tenants are used by (S2.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Counters {
    /// Active, suspended or expiring, trials left out.
    pub current: i64,
    /// The same of trials.
    pub trials: i64,
}

impl Store {
    /// One licence within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn licence(&self, reach: &Reach, id: LicenceId) -> Result<Option<Licence>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The licence within reach that has this serial number now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn licence_by_serial(&self, reach: &Reach, serial: Serial) -> Result<Option<Licence>, StoreError> {
        by_serial(self.reader(), reach, serial).await
    }

    /// The licences within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn licences(
        &self,
        reach: &Reach,
        filter: &LicenceFilter,
        page: &Page,
    ) -> Result<Vec<Licence>, StoreError> {
        sql::list(reach, filter, page, self.now_ms())?.all::<Row, _>(self.reader()).await
    }

    /// How many licences the clients' tenants within reach are used by.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn licence_counters(&self, reach: &Reach) -> Result<Counters, StoreError> {
        let counters = sql::count(reach, self.now_ms()).row(self.reader()).await?;
        Ok(counters.ok_or(sqlx::Error::RowNotFound)?)
    }

    /// The licences of which there is something to tell, the longest waiting first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn licences_due(&self, limit: i64) -> Result<Vec<LicenceId>, StoreError> {
        let ids: Vec<String> =
            sqlx::query_scalar(sql::DUE).bind(self.now_ms()).bind(limit).fetch_all(self.reader()).await?;
        ids.iter().map(|id| crate::database::parsed("licence.id", id)).collect()
    }
}

impl Write {
    /// One licence within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn licence(&mut self, reach: &Reach, id: LicenceId) -> Result<Option<Licence>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// The licence within reach that has this serial number now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn licence_by_serial(&mut self, reach: &Reach, serial: Serial) -> Result<Option<Licence>, StoreError> {
        by_serial(self.connection(), reach, serial).await
    }

    /// Every licence that a tenant ever had, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn licences_of_tenant(&mut self, tenant: TenantId) -> Result<Vec<Licence>, StoreError> {
        sql::of_tenant(tenant).all::<Row, _>(self.connection()).await
    }

    /// The licence that an order led to.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn licence_of_order(&mut self, order: OrderId) -> Result<Option<Licence>, StoreError> {
        sql::newest("order_id = ?1", order.to_string()).one::<Row, _>(self.connection()).await
    }

    /// The licence that a subscription pays for now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn licence_of_subscription(&mut self, id: SubscriptionId) -> Result<Option<Licence>, StoreError> {
        let newest = sql::newest("superseded_ms is null and subscription_id = ?1", id.to_string());
        newest.one::<Row, _>(self.connection()).await
    }

    /// Whether there is something to tell about a licence.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn licence_is_due(&mut self, id: LicenceId) -> Result<bool, StoreError> {
        let now_ms = self.now_ms();
        let due: Option<i64> = sqlx::query_scalar("select 1 from licence where id = $1 and next_ms <= $2")
            .bind(id.to_string())
            .bind(now_ms)
            .fetch_optional(self.connection())
            .await?;
        Ok(due.is_some())
    }

    /// The price lists that orders are taken with, oldest first: a hundred at most.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn open_price_lists(&mut self) -> Result<Vec<PriceListId>, StoreError> {
        let ids: Vec<String> =
            sqlx::query_scalar("select id from price_list where state = 'open' order by id limit 100")
                .fetch_all(self.connection())
                .await?;
        ids.iter().map(|id| crate::database::parsed("price_list.id", id)).collect()
    }

    /// Adds a licence.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_licence(&mut self, licence: &Licence) -> Result<(), StoreError> {
        let next_ms = licence.next_ms(self.now_ms());
        sqlx::query(sql::ADD)
            .bind(licence.id.to_string())
            .bind(licence.serial.plain())
            .bind(licence.tenant.to_string())
            .bind(licence.partner.to_string())
            .bind(licence.application.to_string())
            .bind(licence.client.map(|id| id.to_string()))
            .bind(licence.plan.to_string())
            .bind(licence.product.to_string())
            .bind(licence.subscription.map(|id| id.to_string()))
            .bind(licence.order.map(|id| id.to_string()))
            .bind(word("licence.kind", &licence.kind)?)
            .bind(word("licence.origin", &licence.origin)?)
            .bind(word("licence.term", &licence.term)?)
            .bind(to_json("licence.components", &licence.components)?)
            .bind(licence.max_activations)
            .bind(licence.trial_days)
            .bind(licence.extension_days)
            .bind(licence.grace_days)
            .bind(word("licence.when_over", &licence.when_over)?)
            .bind(i64::from(licence.renews))
            .bind(licence.issued_ms)
            .bind(licence.activated_ms)
            .bind(licence.expires_ms)
            .bind(licence.extended_ms)
            .bind(next_ms)
            .execute(self.connection())
            .await?;
        self.index_licence(licence);
        Ok(())
    }

    /// Writes what happened to a licence.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_licence(&mut self, licence: &Licence) -> Result<(), StoreError> {
        let next_ms = licence.next_ms(self.now_ms());
        let suspended = licence.suspended.as_ref();
        let done = sqlx::query(sql::UPDATE)
            .bind(licence.id.to_string())
            .bind(i64::from(licence.renews))
            .bind(licence.activated_ms)
            .bind(licence.expires_ms)
            .bind(licence.extended_ms)
            .bind(licence.trial_days)
            .bind(suspended.map(|held| held.since_ms))
            .bind(suspended.map(|held| word("licence.suspended_by", &held.by)).transpose()?)
            .bind(suspended.and_then(|held| held.reason.as_deref()))
            .bind(licence.cancelled_ms)
            .bind(licence.voided_ms)
            .bind(licence.superseded.map(|(at_ms, _)| at_ms))
            .bind(licence.superseded.map(|(_, id)| id.to_string()))
            .bind(next_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)?;
        self.unindex_licence(licence);
        Ok(())
    }

    /// Says which order led to a licence: one that took another's place has none of its own.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn set_licence_order(&mut self, id: LicenceId, order: OrderId) -> Result<(), StoreError> {
        let done = sqlx::query("update licence set order_id = $2 where id = $1")
            .bind(id.to_string())
            .bind(order.to_string())
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: LicenceId,
) -> Result<Option<Licence>, StoreError> {
    sql::one(reach, id.to_string()).one::<Row, _>(executor).await
}

async fn by_serial<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    serial: Serial,
) -> Result<Option<Licence>, StoreError> {
    sql::by_serial(reach, serial.plain()).one::<Row, _>(executor).await
}
