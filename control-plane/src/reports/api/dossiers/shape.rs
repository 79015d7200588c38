//! Dossiers as the API shows them.

use axum::response::Response;
use marque_config::tenant::TenantState;
use marque_config::{ApplicationId, PartnerId, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::model::{Assignment, AssignmentState, CollaboratorRole};
use crate::kernel::ids::{ClientId, LicenceId, MemberId, PlanId, SubscriptionId};
use crate::kernel::principal::Reach;
use crate::kernel::scope::Scope;
use crate::kernel::term::Term;
use crate::licences::model::subscription::SubscriptionState;
use crate::licences::model::{LicenceKind, LicenceStatus, Origin};
use crate::licences::store::Counters;
use crate::reports::model::dossier::{self as model, DossierAction};
use crate::web::csv::table;
use crate::web::problem::Problem;
use crate::web::time::written;

/// One client's space at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Dossier {
    /// The space: `ten_…`.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Whose client it is.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// The application that serves it.
    #[schema(value_type = String)]
    application: ApplicationId,
    /// Its name.
    name: String,
    /// Its current status.
    #[schema(value_type = String)]
    state: TenantState,
    /// The client, where it was given one.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<DossierClient>,
    /// When the client took it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    handed_over_at: Option<String>,
    /// When it appeared.
    #[schema(format = DateTime)]
    appeared_at: String,
    /// The licence that counts now.
    #[serde(skip_serializing_if = "Option::is_none")]
    licence: Option<DossierLicence>,
    /// Whether it has no licence that will work again by itself.
    licence_needed: bool,
    /// What pays for the licence again and again.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<DossierSubscription>,
    /// When something is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// How the client pays the partner: for the partner's eyes only.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_method: Option<DossierPayment>,
    /// Who follows it, or is to.
    collaborators: Vec<DossierCollaborator>,
    /// What the caller can do about its licence.
    actions: Vec<DossierAction>,
}

/// A dossier's client.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DossierClient {
    /// Its identity.
    #[schema(value_type = String)]
    id: ClientId,
    /// Its name.
    company: String,
}

/// A dossier's licence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DossierLicence {
    /// Its identity.
    #[schema(value_type = String)]
    id: LicenceId,
    /// Its serial number.
    serial: String,
    /// What was chosen.
    #[schema(value_type = String)]
    plan: PlanId,
    /// Its name.
    plan_name: String,
    /// Whether it is paid for.
    kind: LicenceKind,
    /// How it came to be: by an order, by itself, or taken by hand.
    origin: Origin,
    /// For how long it was bought.
    term: Term,
    /// Its current status.
    status: LicenceStatus,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// A dossier's subscription.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DossierSubscription {
    /// Its identity.
    #[schema(value_type = String)]
    id: SubscriptionId,
    /// Its current status.
    state: SubscriptionState,
    /// When its period ends.
    #[schema(format = DateTime)]
    period_ends_at: String,
    /// Whether another period follows.
    renews: bool,
}

/// How a dossier's client pays the partner.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DossierPayment {
    /// The partner's means of payment: `pmt_…`.
    id: String,
    /// As the partner named it.
    name: String,
}

/// Who follows a dossier.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DossierCollaborator {
    /// The collaborator: `pmb_…`.
    #[schema(value_type = String)]
    id: MemberId,
    /// Their name.
    name: String,
    /// As what.
    role: CollaboratorRole,
    /// `pending_consent` or `active`.
    state: AssignmentState,
}

/// How many dossiers there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DossierCounters {
    /// All.
    #[schema(minimum = 0)]
    files: i64,
    /// Current licences of clients: active, suspended or expiring, trials left out.
    #[schema(minimum = 0)]
    current_licences: i64,
    /// The same of trials.
    #[schema(minimum = 0)]
    current_trials: i64,
    /// By the current status of the licence.
    status: DossierStatuses,
    /// In need of a licence.
    #[schema(minimum = 0)]
    licence_needed: i64,
    /// That nobody follows.
    #[schema(minimum = 0)]
    without_collaborator: i64,
}

/// How many dossiers have a licence that stands so.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DossierStatuses {
    /// Not used yet.
    #[schema(minimum = 0)]
    issued: i64,
    /// Used.
    #[schema(minimum = 0)]
    active: i64,
    /// Ends soon.
    #[schema(minimum = 0)]
    expiring: i64,
    /// Over.
    #[schema(minimum = 0)]
    expired: i64,
    /// Stopped for a while.
    #[schema(minimum = 0)]
    suspended: i64,
    /// Given up.
    #[schema(minimum = 0)]
    cancelled: i64,
    /// There is none.
    #[schema(minimum = 0)]
    none: i64,
}

impl DossierCounters {
    pub(super) fn of(files: model::DossierCounters, licences: Counters) -> Self {
        Self {
            files: files.files,
            current_licences: licences.current,
            current_trials: licences.trials,
            status: DossierStatuses {
                issued: files.issued,
                active: files.active,
                expiring: files.expiring,
                expired: files.expired,
                suspended: files.suspended,
                cancelled: files.cancelled,
                none: files.without_licence,
            },
            licence_needed: files.licence_needed,
            without_collaborator: files.without_collaborator,
        }
    }
}

impl Dossier {
    pub(super) fn of(dossier: model::Dossier, reach: &Reach) -> Self {
        let may = reach.holds(Scope::LicencesWrite);
        let actions = if may { dossier.actions().to_vec() } else { Vec::new() };
        Self {
            licence_needed: dossier.needs_licence(),
            due_at: dossier.due_ms().map(written),
            actions,
            tenant: dossier.tenant,
            partner: dossier.partner,
            application: dossier.application,
            name: dossier.name,
            state: dossier.state,
            client: dossier.client.map(|(id, company)| DossierClient { id, company }),
            handed_over_at: dossier.handed_over_ms.map(written),
            appeared_at: written(dossier.created_ms),
            licence: dossier.licence.map(DossierLicence::from),
            subscription: dossier.subscription.map(DossierSubscription::from),
            payment_method: dossier.payment_method.map(|(id, name)| DossierPayment { id, name }),
            collaborators: dossier.collaborators.into_iter().map(DossierCollaborator::from).collect(),
        }
    }
}

impl From<model::DossierLicence> for DossierLicence {
    fn from(licence: model::DossierLicence) -> Self {
        let (plan, plan_name) = licence.plan;
        Self {
            id: licence.id,
            serial: licence.serial.to_string(),
            plan,
            plan_name,
            kind: licence.kind,
            origin: licence.origin,
            term: licence.term,
            status: licence.status,
            expires_at: licence.expires_ms.map(written),
        }
    }
}

impl From<model::DossierSubscription> for DossierSubscription {
    fn from(subscription: model::DossierSubscription) -> Self {
        let model::DossierSubscription { id, state, period_end_ms, renews } = subscription;
        Self { id, state, period_ends_at: written(period_end_ms), renews }
    }
}

impl From<Assignment> for DossierCollaborator {
    fn from(assignment: Assignment) -> Self {
        let Assignment { collaborator, name, role, state, .. } = assignment;
        Self { id: collaborator, name, role, state }
    }
}

/// Dossiers as a table.
pub(super) fn as_table(dossiers: Vec<model::Dossier>) -> Result<Response, Problem> {
    let head = [
        "tenant",
        "name",
        "client",
        "state",
        "serial",
        "plan",
        "origin",
        "licence_status",
        "subscription_state",
        "due_at",
        "payment_method",
        "licence_needed",
        "collaborators",
    ];
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let row = |dossier: model::Dossier| {
        let (needed, due) = (dossier.needs_licence(), dossier.due_ms().map(written).unwrap_or_default());
        let licence = dossier.licence.as_ref();
        let status = licence.map(|licence| word(serde_json::json!(licence.status))).unwrap_or_default();
        let origin = licence.map(|licence| word(serde_json::json!(licence.origin))).unwrap_or_default();
        let names: Vec<_> = dossier.collaborators.iter().map(|assignment| assignment.name.clone()).collect();
        vec![
            dossier.tenant.to_string(),
            dossier.name,
            dossier.client.map(|(_, company)| company).unwrap_or_default(),
            word(serde_json::json!(dossier.state)),
            licence.map(|licence| licence.serial.to_string()).unwrap_or_default(),
            licence.map(|licence| licence.plan.1.clone()).unwrap_or_default(),
            origin,
            status,
            dossier.subscription.map(|it| word(serde_json::json!(it.state))).unwrap_or_default(),
            due,
            dossier.payment_method.map(|(_, name)| name).unwrap_or_default(),
            needed.to_string(),
            names.join("; "),
        ]
    };
    table("dossiers", &head, dossiers.into_iter().map(row))
}
