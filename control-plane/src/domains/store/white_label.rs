//! White label of tenants, as rows. A tenant without a row never had anything set up.

use marque_config::brand;
use marque_config::feed::{Key, Record, RecordKind};
use marque_config::{DomainId, TenantId};

use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Store, StoreError, Write, parsed};
use crate::domains::model::white_label::WhiteLabel;

impl Stored for WhiteLabel {
    const TABLE: &'static str = "white_label";
    const COLUMNS: &'static [Column] = &[
        Column::text("tenant_id").of("tenant"),
        Column::text("state"),
        Column::text("owner_user_id").of("owner"),
        Column::text("primary_domain_id").of("primary"),
        Column::flag("redirect_to_primary"),
        Column::flag("app_lock"),
        Column::text("contact_route"),
        Column::json("brand"),
        Column::number("live_since_ms"),
        Column::number("changed_ms"),
    ];
}

/// Live white labels that the edge was never told of: a control plane of the version before tells it of none.
const UNTOLD: &str = "select tenant_id from white_label where state = 'live'
    and not exists (select 1 from feed_record where kind = 'white_label' and name = white_label.tenant_id
        and line is not null)
    order by tenant_id limit $1";

impl Store {
    /// Live white labels that the edge was never told of.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn labels_untold(&self, limit: i64) -> Result<Vec<TenantId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(UNTOLD).bind(limit).fetch_all(self.reader()).await?;
        ids.iter().map(|id| parsed("white_label.tenant_id", id)).collect()
    }

    /// A tenant's white label. Whether the tenant is within reach is looked at first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn white_label(&self, tenant: TenantId) -> Result<WhiteLabel, StoreError> {
        Ok(self.find(&tenant).await?.unwrap_or_else(|| WhiteLabel::off(tenant)))
    }
}

impl Write {
    /// Tells the edge of a tenant's white label as it is.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn republish_label(&mut self, tenant: TenantId) -> Result<(), StoreError> {
        let label = self.white_label(tenant).await?;
        self.tell_label(&label).await
    }

    /// Tells the edge of a white label: how it looks and where its visitors are sent to while it is live, nothing otherwise.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tell_label(&mut self, label: &WhiteLabel) -> Result<(), StoreError> {
        if !label.is_live() {
            self.feed_delete(Key { kind: RecordKind::WhiteLabel, name: label.tenant.to_string() });
            return Ok(());
        }
        let primary = match label.primary.filter(|_| label.redirect_to_primary) {
            Some(domain) => self.names_of(domain).await?.into_iter().map(|name| name.host).collect(),
            None => Vec::new(),
        };
        self.feed(Record::WhiteLabel(brand::WhiteLabel {
            tenant: label.tenant,
            brand: label.brand.as_ref().map(|own| own.brand.clone()),
            look: label.brand.as_ref().map(|own| own.look.at_the_edge()).unwrap_or_default(),
            primary,
        }));
        Ok(())
    }

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
