//! What orders are looked at by: the rules in force, who protects a client, what a client has, and who tried what.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use marque_config::{PartnerId, TenantId};
use sqlx::{Any, Executor};

use crate::catalogue::store::promos::has_order;
use crate::clients::model::Client;
use crate::database::row::from_word;
use crate::database::{Store, StoreError, Write, parsed};
use crate::kernel::email::Email;
use crate::kernel::ids::{ClientId, OrderId, ProductId};
use crate::kernel::token::hex;
use crate::money::model::ledger::Source;
use crate::orders::model::{Order, OrderPolicy, Warning};

/// Who protects a client, whom others may not sell to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The partner.
    pub partner: PartnerId,
    /// As the partner knows the client.
    pub client: ClientId,
}

const POLICY: &str = "select version, void_days, claim_days, since_ms from order_policy order by version desc limit 1";

/// A trial protects for some time from its beginning; what is paid for, until it ends, with the grace where it goes on.
const HOLDER: &str = "select client.partner_id, client.id from client
    where client.email_compared = $1 and client.partner_id <> $2 and (
        exists (select 1 from partner_order where client_id = client.id and kind = 'trial' and state <> 'voided'
            and placed_ms > $3 - 86400000 * (select claim_days from order_policy order by version desc limit 1))
        or exists (select 1 from licence where client_id = client.id and kind = 'paid' and voided_ms is null
            and superseded_ms is null and (cancelled_ms is null or cancelled_ms > $3)
            and (expires_ms is null
                or expires_ms + case when renews = 1 then grace_days * 86400000 else 0 end > $3)))
    order by client.id limit 1";

/// A perpetual licence protects without an end.
const UNTIL: &str = "select case when exists (select 1 from licence where client_id = $1 and kind = 'paid'
    and voided_ms is null and superseded_ms is null and expires_ms is null) then cast(null as bigint) else (select max(until_ms) from (
        select placed_ms + $2 as until_ms from partner_order where client_id = $1 and kind = 'trial'
            and state <> 'voided'
        union all select expires_ms from licence where client_id = $1 and kind = 'paid' and voided_ms is null
            and superseded_ms is null) as protections) end";

const HAS: &str = "select kind, activated_ms from licence where client_id = $1 and product_id = $2
    and voided_ms is null and superseded_ms is null and (cancelled_ms is null or cancelled_ms > $3)
    and (expires_ms is null or expires_ms > $3) order by id limit 100";

const NOTE_TRIAL: &str = "insert into trial_use (product_id, email_hash, order_id, client_id) values ($1, $2, $3, $4)
    on conflict do nothing";

const CHARGES: &str = "select kind, id from ledger_source where (kind = 'order' and id = $1)
    or (kind = 'change' and id in (select id from licence where order_id = $1))
    or (kind = 'renewal' and id like $2) order by amount desc, id";

const CHALLENGE: &str = "insert into claim_challenge (client_id, challenger_id, at_ms) values ($1, $2, $3)
    on conflict (client_id, challenger_id) do update set at_ms = excluded.at_ms
    where claim_challenge.at_ms <= $4";

impl Store {
    /// The rules of orders that are in force.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn order_policy(&self) -> Result<OrderPolicy, StoreError> {
        policy(self.reader()).await
    }

    /// The other partner that protects whoever has this mail address.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn holder_of(&self, email: &Email, other_than: PartnerId) -> Result<Option<Holder>, StoreError> {
        holder(self.reader(), (email, other_than), self.now_ms()).await
    }
}

impl Write {
    /// The rules of orders that are in force.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn order_policy(&mut self) -> Result<OrderPolicy, StoreError> {
        policy(self.connection()).await
    }

    /// Adds a version of the rules.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_order_policy(&mut self, policy: &OrderPolicy) -> Result<(), StoreError> {
        sqlx::query("insert into order_policy (version, void_days, claim_days, since_ms) values ($1, $2, $3, $4)")
            .bind(policy.version)
            .bind(policy.void_days)
            .bind(policy.claim_days)
            .bind(policy.since_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// The other partner that protects whoever has this mail address.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn holder_of(&mut self, email: &Email, other_than: PartnerId) -> Result<Option<Holder>, StoreError> {
        let now_ms = self.now_ms();
        holder(self.connection(), (email, other_than), now_ms).await
    }

    /// Until when a client is protected; none when there is no end.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn protected_until(&mut self, client: ClientId) -> Result<Option<i64>, StoreError> {
        let policy = self.order_policy().await?;
        let until_ms: Option<i64> = sqlx::query_scalar(UNTIL)
            .bind(client.to_string())
            .bind(policy.claim_days * 86_400_000)
            .fetch_one(self.connection())
            .await?;
        Ok(until_ms)
    }

    /// Notes that a partner wants another's client; `false` when it was noted within a day.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn note_challenge(&mut self, client: ClientId, challenger: PartnerId) -> Result<bool, StoreError> {
        let now_ms = self.now_ms();
        let done = sqlx::query(CHALLENGE)
            .bind(client.to_string())
            .bind(challenger.to_string())
            .bind(now_ms)
            .bind(now_ms - 86_400_000)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// What a client has of a product already.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn client_has(&mut self, client: ClientId, product: ProductId) -> Result<Vec<Warning>, StoreError> {
        let now_ms = self.now_ms();
        let rows: Vec<(String, Option<i64>)> = sqlx::query_as(HAS)
            .bind(client.to_string())
            .bind(product.to_string())
            .bind(now_ms)
            .fetch_all(self.connection())
            .await?;
        let warning = |(kind, activated_ms): (String, Option<i64>)| match (kind.as_str(), activated_ms) {
            ("trial", _) => Warning::OpenTrial,
            (_, None) => Warning::OpenOrder,
            (_, Some(_)) => Warning::Licence,
        };
        let warnings: BTreeSet<Warning> = rows.into_iter().map(warning).collect();
        Ok(warnings.into_iter().collect())
    }

    /// Notes that a client, and its mail address where it has one, try a product; `false` when either did before.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn note_trial(&mut self, email: Option<&Email>, order: &Order) -> Result<bool, StoreError> {
        let hashed = |email: &Email| hex(digest(&SHA256, email.compared().as_bytes()).as_ref());
        let done = sqlx::query(NOTE_TRIAL)
            .bind(order.priced.product.to_string())
            .bind(email.map_or_else(|| format!("client {}", order.client), hashed))
            .bind(order.id.to_string())
            .bind(order.client.to_string())
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Forgets the trial that an order was.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget_trial(&mut self, order: OrderId) -> Result<(), StoreError> {
        sqlx::query("delete from trial_use where order_id = $1")
            .bind(order.to_string())
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Whether a client still has an order that it was charged for.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn client_has_order(&mut self, client: &Client) -> Result<bool, StoreError> {
        has_order(self.connection(), client.id).await
    }

    /// Says whose a tenant is that was nobody's.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn set_tenant_client(&mut self, tenant: TenantId, client: ClientId) -> Result<(), StoreError> {
        let done = sqlx::query("update tenant set client_id = $2 where id = $1 and client_id is null")
            .bind(tenant.to_string())
            .bind(client.to_string())
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Says which order took the place of one that was taken back.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn set_order_replaced(&mut self, order: OrderId, by: OrderId) -> Result<(), StoreError> {
        let done = sqlx::query("update partner_order set replaced_by_id = $2 where id = $1 and replaced_by_id is null")
            .bind(order.to_string())
            .bind(by.to_string())
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Everything that was charged for what an order led to, what was charged before what was given back.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn charges_of_order(&mut self, order: &Order) -> Result<Vec<Source>, StoreError> {
        let periods = order.subscription.map(|subscription| format!("{subscription}:%"));
        let rows: Vec<(String, String)> =
            sqlx::query_as(CHARGES).bind(order.id.to_string()).bind(periods).fetch_all(self.connection()).await?;
        rows.into_iter().map(|(kind, id)| Ok(Source { kind: from_word("ledger_source.kind", &kind)?, id })).collect()
    }

    /// Whether nobody would miss a tenant: it has no licence that counts, and never had one of the client's people.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenant_is_unused(&mut self, tenant: TenantId) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "select (select count(*) from tenant_user where tenant_id = $1 and side = 'client') +
             (select count(*) from licence where tenant_id = $1 and voided_ms is null and superseded_ms is null)",
        )
        .bind(tenant.to_string())
        .fetch_one(self.connection())
        .await?;
        Ok(count == 0)
    }
}

async fn policy<'e>(executor: impl Executor<'e, Database = Any>) -> Result<OrderPolicy, StoreError> {
    let (version, void_days, claim_days, since_ms) = sqlx::query_as(POLICY).fetch_one(executor).await?;
    Ok(OrderPolicy { version, void_days, claim_days, since_ms })
}

async fn holder<'e>(
    executor: impl Executor<'e, Database = Any>,
    (email, other_than): (&Email, PartnerId),
    now_ms: i64,
) -> Result<Option<Holder>, StoreError> {
    let row: Option<(String, String)> = sqlx::query_as(HOLDER)
        .bind(email.compared())
        .bind(other_than.to_string())
        .bind(now_ms)
        .fetch_optional(executor)
        .await?;
    row.map(|(partner, client)| {
        Ok(Holder { partner: parsed("client.partner_id", &partner)?, client: parsed("client.id", &client)? })
    })
    .transpose()
}
