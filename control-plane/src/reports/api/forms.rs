//! The reports as tables and as calendars.

use axum::response::Response;

use super::{ExpiringLicence, ExpiringSubscription};
use crate::kernel::language::{Language, Sentence};
use crate::reports::api::calendar::{Event, calendar};
use crate::reports::store::{DueLicence, DueSubscription};
use crate::web::csv::table;
use crate::web::problem::Problem;

pub(super) fn licence_table(found: Vec<DueLicence>) -> Result<Response, Problem> {
    let head = ["due_at", "expires_at", "reason", "kind", "serial", "plan", "company", "tenant_name", "licence"];
    let row = |due: DueLicence| {
        let shown = ExpiringLicence::from(due);
        let (due_at, expires_at) = (shown.due_at.unwrap_or_default(), shown.expires_at.unwrap_or_default());
        let company = shown.company.unwrap_or_default();
        let (kind, plan) = (shown.kind, shown.plan);
        vec![due_at, expires_at, shown.reason, kind, shown.serial, plan, company, shown.tenant_name, shown.licence]
    };
    table("expiring-licences", &head, found.into_iter().map(row))
}

pub(super) fn subscription_table(found: Vec<DueSubscription>) -> Result<Response, Problem> {
    let head = ["due_at", "reason", "state", "term", "plan", "company", "tenant_name", "subscription"];
    let row = |due: DueSubscription| {
        let shown = ExpiringSubscription::from(due);
        let company = shown.company.unwrap_or_default();
        let (state, term, plan) = (shown.state, shown.term, shown.plan);
        vec![shown.due_at, shown.reason, state, term, plan, company, shown.tenant_name, shown.subscription]
    };
    table("expiring-subscriptions", &head, found.into_iter().map(row))
}

/// A day for each licence that has one: what is suspended may have none.
pub(super) fn licence_calendar(found: Vec<DueLicence>, now_ms: i64, language: Language) -> Response {
    let event = |due: DueLicence| {
        let at_ms = due.due_ms?;
        let whose = due.company.clone().unwrap_or_else(|| due.tenant_name.clone());
        let shown = ExpiringLicence::from(due);
        let serial =
            Sentence::new(format!("Serial number {}", shown.serial), format!("Numéro de série {}", shown.serial));
        Some(Event {
            uid: shown.licence,
            at_ms,
            summary: summary(&shown.plan, &shown.reason, &whose, language),
            description: Some(serial.text(language).to_owned()),
            category: shown.reason,
        })
    };
    let title = Sentence::fixed("Licences that end soon", "Licences arrivant à échéance");
    calendar("expiring-licences", title.text(language), now_ms, found.into_iter().filter_map(event))
}

/// A day for each subscription.
pub(super) fn subscription_calendar(found: Vec<DueSubscription>, now_ms: i64, language: Language) -> Response {
    let event = |due: DueSubscription| Event {
        summary: summary(&due.plan, &due.reason, due.company.as_ref().unwrap_or(&due.tenant_name), language),
        uid: due.id,
        at_ms: due.due_ms,
        description: None,
        category: due.reason,
    };
    let title = Sentence::fixed("Subscriptions whose period ends soon", "Abonnements arrivant à échéance");
    calendar("expiring-subscriptions", title.text(language), now_ms, found.into_iter().map(event))
}

fn summary(plan: &str, reason: &str, whose: &str, language: Language) -> String {
    let said = if reason == "renewing" {
        Sentence::new(format!("{whose}: {plan} renews"), format!("{whose} : {plan} est reconduit"))
    } else {
        Sentence::new(format!("{whose}: {plan} ends"), format!("{whose} : {plan} prend fin"))
    };
    said.text(language).to_owned()
}
