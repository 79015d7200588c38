//! Partners, as rows.

pub mod members;
pub mod regions;

use marque_config::PartnerId;
use marque_config::tenant::TenantState;

use crate::database::row::word;
use crate::database::stored::{Column, Owned, Stored};
use crate::database::{Page, Signal, Store, StoreError, Write, parsed};
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::tenant::TenantKind;
use crate::partners::model::Partner;

impl Stored for Partner {
    const TABLE: &'static str = "partner";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("name"),
        Column::json("brand"),
        Column::json("look"),
        Column::text("kind"),
        Column::text("state"),
        Column::text("state_reason").of("reason"),
        Column::text("region"),
        Column::text("account_manager_id").of("account_manager"),
        Column::text("distribution_mode"),
        Column::flag("support_level1"),
        Column::json("legal"),
        Column::text("tax_id"),
        Column::text("auto_licence_plan"),
        Column::json("settings"),
        Column::number("approved_ms"),
        Column::number("created_ms"),
    ];
}

impl Owned for Partner {
    const OWNER: &'static str = "id";
}

/// Partners that the edge was told of by a control plane of the version before, which left out how they look and what
/// they hide.
const UNTOLD: &str = "select partner.id from partner join feed_record on feed_record.name = partner.id
    where feed_record.kind = 'partner'
    and ((feed_record.line not like '%\"look\":%' and (partner.look like '%\"logo\":%'
            or partner.look like '%\"colour\":%' or partner.look like '%\"accent\":%'))
        or (feed_record.line not like '%\"hidden\":%' and partner.settings like '%\"hidden\":[\"%'))
    order by partner.id limit $1";

impl Store {
    /// Partners of whom the edge was told less than is known.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn partners_untold(&self, limit: i64) -> Result<Vec<PartnerId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(UNTOLD).bind(limit).fetch_all(self.reader()).await?;
        ids.iter().map(|id| parsed("partner.id", id)).collect()
    }

    /// One partner within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn partner(&self, reach: &Reach, id: PartnerId) -> Result<Option<Partner>, StoreError> {
        self.find_within(reach, &id).await
    }

    /// The partners within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn partners(&self, reach: &Reach, page: &Page) -> Result<Vec<Partner>, StoreError> {
        self.page_within(reach, page).await
    }
}

impl Write {
    /// Tells the edge of a partner as it is.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn republish_partner(&mut self, id: PartnerId) -> Result<(), StoreError> {
        if let Some(partner) = self.partner(&Reach::system("retell"), id).await? {
            self.feed(partner.at_the_edge());
        }
        Ok(())
    }

    /// One partner within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn partner(&mut self, reach: &Reach, id: PartnerId) -> Result<Option<Partner>, StoreError> {
        self.find_within(reach, &id).await
    }

    /// How many tenants of a partner are its clients' and not closed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn living_clients_of(&mut self, partner: PartnerId) -> Result<i64, StoreError> {
        let count =
            sqlx::query_scalar("select count(*) from tenant where partner_id = $1 and kind = $2 and state <> $3")
                .bind(partner.to_string())
                .bind(word("tenant.kind", &TenantKind::Client)?)
                .bind(word("tenant.state", &TenantState::Closed)?)
                .fetch_one(self.connection())
                .await?;
        Ok(count)
    }

    /// Revokes every token of a partner.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn revoke_tokens_of(&mut self, partner: PartnerId) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query("update api_token set revoked_ms = $2 where principal = $1 and revoked_ms is null")
            .bind(Principal::Partner(partner).to_string())
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        self.wake(Signal::Tokens);
        Ok(())
    }
}
