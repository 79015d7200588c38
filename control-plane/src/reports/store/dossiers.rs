//! Dossiers, as they are put together from tenants, licences, subscriptions and assignments.

pub(crate) mod statements;

use marque_config::TenantId;
use sqlx::FromRow;

use self::statements as sql;
use crate::database::row::from_word;
use crate::database::{Page, Store, StoreError, parsed};
use crate::kernel::principal::{Principal, Reach};
use crate::licences::model::LicenceStatus;
use crate::licences::model::subscription::SubscriptionState;
use crate::reports::model::dossier::{Dossier, DossierCounters, DossierLicence, DossierSubscription};

/// Which dossiers are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DossierFilter {
    /// Those whose licence stands so.
    pub status: Option<LicenceStatus>,
    /// Those where something is due from now on and before this.
    pub due_before_ms: Option<i64>,
    /// Those in need of a licence.
    pub licence_needed: bool,
    /// Those that nobody follows.
    pub without_collaborator: bool,
    /// This one.
    pub tenant: Option<TenantId>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    partner_id: String,
    application_id: String,
    name: String,
    state: String,
    client_id: Option<String>,
    company: Option<String>,
    handed_over_ms: Option<i64>,
    created_ms: i64,
    licence_id: Option<String>,
    serial: Option<String>,
    plan_id: Option<String>,
    plan_name: Option<String>,
    kind: Option<String>,
    origin: Option<String>,
    term: Option<String>,
    expires_ms: Option<i64>,
    subscription_id: Option<String>,
    subscription_state: Option<String>,
    period_end_ms: Option<i64>,
    ends_after_period: Option<i64>,
    method_id: Option<String>,
    method_name: Option<String>,
    status: String,
}

impl Store {
    /// The dossiers within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn dossiers(
        &self,
        reach: &Reach,
        filter: &DossierFilter,
        page: &Page,
    ) -> Result<Vec<Dossier>, StoreError> {
        let list = sql::list(reach, filter, page, self.now_ms())?;
        let mut dossiers = list.all::<Row, Dossier>(self.reader()).await?;
        if let (Some(first), Some(last)) = (dossiers.first(), dossiers.last()) {
            let following = self.following_between(reach, first.tenant, last.tenant).await?;
            for dossier in &mut dossiers {
                let own = following.iter().filter(|assignment| assignment.tenant == dossier.tenant);
                dossier.collaborators = own.cloned().collect();
                // What a partner agrees with its clients never leaves it.
                if !matches!(reach.principal(), Principal::Partner(_)) {
                    dossier.payment_method = None;
                }
            }
        }
        Ok(dossiers)
    }

    /// How many dossiers within reach there are, in each way that they are told apart.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn dossier_counters(&self, reach: &Reach) -> Result<DossierCounters, StoreError> {
        let counters = sql::count(reach, self.now_ms()).row(self.reader()).await?;
        Ok(counters.ok_or(sqlx::Error::RowNotFound)?)
    }
}

impl TryFrom<Row> for Dossier {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let (licence, subscription) = (licence(&row)?, subscription(&row)?);
        let client = match (row.client_id, row.company) {
            (Some(id), Some(company)) => Some((parsed("tenant.client_id", &id)?, company)),
            _ => None,
        };
        Ok(Self {
            tenant: parsed("tenant.id", &row.id)?,
            partner: parsed("tenant.partner_id", &row.partner_id)?,
            application: parsed("tenant.application_id", &row.application_id)?,
            name: row.name,
            state: from_word("tenant.state", &row.state)?,
            client,
            handed_over_ms: row.handed_over_ms,
            created_ms: row.created_ms,
            licence,
            subscription,
            payment_method: row.method_id.zip(row.method_name),
            collaborators: Vec::new(),
        })
    }
}

fn licence(row: &Row) -> Result<Option<DossierLicence>, StoreError> {
    let (Some(id), Some(serial), Some(plan), Some(kind), Some(origin), Some(term)) =
        (&row.licence_id, &row.serial, &row.plan_id, &row.kind, &row.origin, &row.term)
    else {
        return Ok(None);
    };
    Ok(Some(DossierLicence {
        id: parsed("licence.id", id)?,
        serial: parsed("licence.serial", serial)?,
        plan: (parsed("licence.plan_id", plan)?, row.plan_name.clone().unwrap_or_default()),
        kind: from_word("licence.kind", kind)?,
        origin: from_word("licence.origin", origin)?,
        term: from_word("licence.term", term)?,
        status: from_word("licence.status", &row.status)?,
        expires_ms: row.expires_ms,
    }))
}

fn subscription(row: &Row) -> Result<Option<DossierSubscription>, StoreError> {
    let (Some(id), Some(state), Some(period_end_ms)) =
        (&row.subscription_id, &row.subscription_state, row.period_end_ms)
    else {
        return Ok(None);
    };
    let state: SubscriptionState = from_word("subscription.state", state)?;
    let renews = state != SubscriptionState::Ended && row.ends_after_period == Some(0);
    Ok(Some(DossierSubscription { id: parsed("subscription.id", id)?, state, period_end_ms, renews }))
}
