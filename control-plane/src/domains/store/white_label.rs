//! White label of tenants, as rows. A tenant without a row never had anything set up.

use marque_config::{DomainId, TenantId};

use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Store, StoreError, Write};
use crate::domains::model::white_label::WhiteLabel;

impl Stored for WhiteLabel {
    const TABLE: &'static str = "white_label";
    const COLUMNS: &'static [Column] = &[
        Column::text("tenant_id").of("tenant"),
        Column::text("state"),
        Column::text("owner_user_id").of("owner"),
        Column::text("primary_domain_id").of("primary"),
        Column::flag("app_lock"),
        Column::text("contact_route"),
        Column::json("brand"),
        Column::number("live_since_ms"),
        Column::number("changed_ms"),
    ];
}

impl Store {
    /// A tenant's white label. Whether the tenant is within reach is looked at first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn white_label(&self, tenant: TenantId) -> Result<WhiteLabel, StoreError> {
        Ok(self.find(&tenant).await?.unwrap_or_else(|| WhiteLabel::off(tenant)))
    }
}

impl Write {
    /// A tenant's white label.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn white_label(&mut self, tenant: TenantId) -> Result<WhiteLabel, StoreError> {
        Ok(self.find(&tenant).await?.unwrap_or_else(|| WhiteLabel::off(tenant)))
    }

    /// The white label whose primary address is a domain.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn white_label_at(&mut self, domain: DomainId) -> Result<Option<WhiteLabel>, StoreError> {
        let at = Statement::select::<WhiteLabel>().with("primary_domain_id = ?1", domain.to_string());
        at.resource(self.connection()).await
    }
}
