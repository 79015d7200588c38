//! Partners' own offers and means of payment, as rows.

use marque_config::TenantId;
use sqlx::{Any, Executor};

use crate::catalogue::model::retail::{PaymentMethod, RetailOffer};
use crate::database::statement::Statement;
use crate::database::stored::{Column, Owned, Stored};
use crate::database::{Store, StoreError, Write};
use crate::kernel::ids::PaymentMethodId;

impl Stored for RetailOffer {
    const TABLE: &'static str = "retail_offer";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("partner_id").of("partner"),
        Column::text("kind"),
        Column::text("name"),
        Column::text("description"),
        Column::number("amount").of("price/amount"),
        Column::text("currency").of("price/currency"),
        Column::text("billed"),
        Column::text("plan_id").of("plan"),
        Column::either("state", ("unlisted", "listed")).of("listed"),
        Column::time("created_ms").of("created_at"),
    ];
}

impl Owned for RetailOffer {}

impl Stored for PaymentMethod {
    const TABLE: &'static str = "payment_method";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("partner_id").of("partner"),
        Column::text("kind"),
        Column::text("name"),
        Column::text("instructions"),
        Column::time("created_ms").of("created_at"),
    ];
    const CONDITION: Option<&'static str> = Some("removed_ms is null");
}

impl Owned for PaymentMethod {}

impl Store {
    /// How the client of a tenant pays. Whether the tenant is within reach is looked at first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn payment_of(&self, tenant: TenantId) -> Result<Option<PaymentMethod>, StoreError> {
        payment_of(self.reader(), tenant).await
    }
}

impl Write {
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

async fn payment_of<'e>(
    executor: impl Executor<'e, Database = Any>,
    tenant: TenantId,
) -> Result<Option<PaymentMethod>, StoreError> {
    let of_tenant = "id = (select payment_method_id from tenant_payment where tenant_id = ?1)";
    let found = Statement::select::<PaymentMethod>().with(of_tenant, tenant.to_string()).resources(executor).await?;
    Ok(found.into_iter().next())
}
