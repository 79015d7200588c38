//! Partners' own offers and means of payment, as rows.

use marque_config::TenantId;
use sqlx::{Any, Executor, FromRow};

use crate::catalogue::model::retail::{PaymentMethod, RetailOffer};
use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::{PaymentMethodId, RetailOfferId};
use crate::kernel::money::Money;
use crate::kernel::principal::Reach;

#[derive(FromRow)]
struct OfferRow {
    id: String,
    partner_id: String,
    kind: String,
    name: String,
    description: Option<String>,
    amount: i64,
    currency: String,
    billed: String,
    plan_id: Option<String>,
    state: String,
    created_ms: i64,
}

#[derive(FromRow)]
struct MethodRow {
    id: String,
    partner_id: String,
    kind: String,
    name: String,
    instructions: Option<String>,
    created_ms: i64,
}

const OFFERS: &str = "select id, partner_id, kind, name, description, amount, currency, billed, plan_id, state,
    created_ms from retail_offer";

const PUT_OFFER: &str = "insert into retail_offer (id, partner_id, kind, name, description, amount, currency, billed,
    plan_id, state, created_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    on conflict (id) do update
    set kind = excluded.kind, name = excluded.name, description = excluded.description, amount = excluded.amount,
    currency = excluded.currency, billed = excluded.billed, plan_id = excluded.plan_id, state = excluded.state";

const METHODS: &str = "select id, partner_id, kind, name, instructions, created_ms from payment_method";

const PUT_METHOD: &str = "insert into payment_method (id, partner_id, kind, name, instructions, created_ms)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (id) do update
    set kind = excluded.kind, name = excluded.name, instructions = excluded.instructions";

const OF_TENANT: &str = "select m.id, m.partner_id, m.kind, m.name, m.instructions, m.created_ms
    from payment_method m join tenant_payment t on t.payment_method_id = m.id
    where t.tenant_id = $1 and m.removed_ms is null";

impl Store {
    /// One offer within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn retail_offer(&self, reach: &Reach, id: RetailOfferId) -> Result<Option<RetailOffer>, StoreError> {
        offer(self.reader(), reach, id).await
    }

    /// The offers within reach, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn retail_offers(&self, reach: &Reach, page: &Page) -> Result<Vec<RetailOffer>, StoreError> {
        let list = Statement::of(OFFERS).within_partner("partner_id", reach).page("id", page);
        list.all::<OfferRow, _>(self.reader()).await
    }

    /// One means of payment within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn payment_method(
        &self,
        reach: &Reach,
        id: PaymentMethodId,
    ) -> Result<Option<PaymentMethod>, StoreError> {
        method(self.reader(), reach, id).await
    }

    /// The means of payment within reach, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn payment_methods(&self, reach: &Reach, page: &Page) -> Result<Vec<PaymentMethod>, StoreError> {
        let list = Statement::of(METHODS).and("removed_ms is null", []).within_partner("partner_id", reach);
        list.page("id", page).all::<MethodRow, _>(self.reader()).await
    }

    /// How the client of a tenant pays. Whether the tenant is within reach is looked at first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn payment_of(&self, tenant: TenantId) -> Result<Option<PaymentMethod>, StoreError> {
        payment_of(self.reader(), tenant).await
    }
}

impl Write {
    /// One offer within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn retail_offer(&mut self, reach: &Reach, id: RetailOfferId) -> Result<Option<RetailOffer>, StoreError> {
        offer(self.connection(), reach, id).await
    }

    /// Writes an offer.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn put_retail_offer(&mut self, offer: &RetailOffer) -> Result<(), StoreError> {
        sqlx::query(PUT_OFFER)
            .bind(offer.id.to_string())
            .bind(offer.partner.to_string())
            .bind(word("retail_offer.kind", &offer.kind)?)
            .bind(&offer.name)
            .bind(offer.description.as_deref())
            .bind(offer.price.minor)
            .bind(offer.price.currency.code())
            .bind(word("retail_offer.billed", &offer.billed)?)
            .bind(offer.plan.map(|id| id.to_string()))
            .bind(if offer.listed { "listed" } else { "unlisted" })
            .bind(offer.created_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Removes an offer.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn remove_retail_offer(&mut self, id: RetailOfferId) -> Result<(), StoreError> {
        let done = sqlx::query("delete from retail_offer where id = $1")
            .bind(id.to_string())
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// One means of payment within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn payment_method(
        &mut self,
        reach: &Reach,
        id: PaymentMethodId,
    ) -> Result<Option<PaymentMethod>, StoreError> {
        method(self.connection(), reach, id).await
    }

    /// Writes a means of payment.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn put_payment_method(&mut self, method: &PaymentMethod) -> Result<(), StoreError> {
        sqlx::query(PUT_METHOD)
            .bind(method.id.to_string())
            .bind(method.partner.to_string())
            .bind(word("payment_method.kind", &method.kind)?)
            .bind(&method.name)
            .bind(method.instructions.as_deref())
            .bind(method.created_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// How many tenants that aren't closed are paid for by a means of payment.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenants_paid_by(&mut self, id: PaymentMethodId) -> Result<i64, StoreError> {
        let count = "select count(*) from tenant_payment p join tenant t on t.id = p.tenant_id
            where p.payment_method_id = $1 and t.state <> 'closed'";
        Ok(sqlx::query_scalar(count).bind(id.to_string()).fetch_one(self.connection()).await?)
    }

    /// Removes a means of payment; what was paid by it keeps its name.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn remove_payment_method(&mut self, id: PaymentMethodId) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        let done = sqlx::query("update payment_method set removed_ms = $2 where id = $1 and removed_ms is null")
            .bind(id.to_string())
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// How the client of a tenant pays.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn payment_of(&mut self, tenant: TenantId) -> Result<Option<PaymentMethod>, StoreError> {
        payment_of(self.connection(), tenant).await
    }

    /// Says how the client of a tenant pays; none for not known.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn set_payment_of(&mut self, tenant: TenantId, id: Option<PaymentMethodId>) -> Result<(), StoreError> {
        sqlx::query("delete from tenant_payment where tenant_id = $1")
            .bind(tenant.to_string())
            .execute(self.connection())
            .await?;
        if let Some(id) = id {
            sqlx::query("insert into tenant_payment (tenant_id, payment_method_id) values ($1, $2)")
                .bind(tenant.to_string())
                .bind(id.to_string())
                .execute(self.connection())
                .await?;
        }
        Ok(())
    }
}

async fn offer<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: RetailOfferId,
) -> Result<Option<RetailOffer>, StoreError> {
    let one = Statement::of(OFFERS).narrowed("id = ?1", Some(id.to_string()));
    one.within_partner("partner_id", reach).one::<OfferRow, _>(executor).await
}

async fn method<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: PaymentMethodId,
) -> Result<Option<PaymentMethod>, StoreError> {
    let one = Statement::of(METHODS).narrowed("id = ?1", Some(id.to_string())).and("removed_ms is null", []);
    one.within_partner("partner_id", reach).one::<MethodRow, _>(executor).await
}

async fn payment_of<'e>(
    executor: impl Executor<'e, Database = Any>,
    tenant: TenantId,
) -> Result<Option<PaymentMethod>, StoreError> {
    let row: Option<MethodRow> = sqlx::query_as(OF_TENANT).bind(tenant.to_string()).fetch_optional(executor).await?;
    row.map(PaymentMethod::try_from).transpose()
}

impl TryFrom<OfferRow> for RetailOffer {
    type Error = StoreError;

    fn try_from(row: OfferRow) -> Result<Self, StoreError> {
        let currency = from_word("retail_offer.currency", &row.currency)?;
        Ok(Self {
            id: parsed("retail_offer.id", &row.id)?,
            partner: parsed("retail_offer.partner_id", &row.partner_id)?,
            kind: from_word("retail_offer.kind", &row.kind)?,
            name: row.name,
            description: row.description,
            price: Money { minor: row.amount, currency },
            billed: from_word("retail_offer.billed", &row.billed)?,
            plan: row.plan_id.as_deref().map(|id| parsed("retail_offer.plan_id", id)).transpose()?,
            listed: row.state == "listed",
            created_ms: row.created_ms,
        })
    }
}

impl TryFrom<MethodRow> for PaymentMethod {
    type Error = StoreError;

    fn try_from(row: MethodRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("payment_method.id", &row.id)?,
            partner: parsed("payment_method.partner_id", &row.partner_id)?,
            kind: from_word("payment_method.kind", &row.kind)?,
            name: row.name,
            instructions: row.instructions,
            created_ms: row.created_ms,
        })
    }
}
