//! `/v1/reports`: licences and subscriptions that end soon.

pub(crate) mod audit;
pub(crate) mod calendar;
pub(crate) mod dossiers;
pub(crate) mod expand;
mod forms;
pub(crate) mod help;
pub(crate) mod home;
pub(crate) mod search;
pub(crate) mod troubles;

use axum::Json;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::kernel::scope::Scope;
use crate::kernel::serial::Serial;
use crate::reports::operations::{self as reports, Window};
use crate::reports::store::{DueLicence, DueSubscription};
use crate::web::caller::Caller;
use crate::web::frame::language;
use crate::web::page::{Items, List, OwnOrder, Pages, unknown_token};
use crate::web::problem::Problem;
use crate::web::time::{self, written};

/// A licence that ends, or that is suspended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExpiringLicence {
    /// The licence.
    licence: String,
    /// Its serial number.
    serial: String,
    /// Why it is told, the first that holds: `suspended`, `trial`, `cancelled`, `expiring` or `renewing`.
    reason: String,
    /// When it ends; absent for what is suspended and has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// When the serial number expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// `trial`, `paid` or `free`.
    kind: String,
    /// The plan's name.
    plan: String,
    /// The tenant.
    tenant: String,
    /// The tenant's name.
    tenant_name: String,
    /// The client.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    /// The client's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    /// The partner.
    partner: String,
}

/// A subscription whose period ends.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExpiringSubscription {
    /// The subscription.
    subscription: String,
    /// Why it is told, the first that holds: `ended`, `trial`, `suspended`, `past_due`, `expiring`, or `renewing`.
    reason: String,
    /// When its period ends.
    #[schema(format = DateTime)]
    due_at: String,
    /// Its current status: `trialing`, `active`, `past_due`, `suspended` or `ended`.
    state: String,
    /// `monthly` or `yearly`.
    term: String,
    /// The plan's name.
    plan: String,
    /// The tenant.
    tenant: String,
    /// The tenant's name.
    tenant_name: String,
    /// The client.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    /// The client's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    /// The partner.
    partner: String,
}

/// Which report is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportQuery {
    /// How far ahead: `7d`, `30d` as when not given, `60d` or `90d`.
    #[param(inline)]
    window: Ahead,
    /// From when on; now when not given.
    #[param(format = DateTime)]
    as_of: Option<String>,
    /// What ends, as when not given, or what `ended` in the thirty days before.
    #[param(inline)]
    part: Part,
    /// `json`, as when not given, `csv`, or `ics`: a calendar, with a day for each that has one.
    #[param(inline)]
    format: Form,
}

/// In which form a report is wanted.
#[derive(Debug, Default, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Form {
    /// As a document like any other.
    #[default]
    Json,
    /// As a table.
    Csv,
    /// As a calendar.
    Ics,
}

/// How far ahead is looked.
#[derive(Debug, Default, Clone, Copy, Deserialize, ToSchema)]
enum Ahead {
    /// A week.
    #[serde(rename = "7d")]
    Week,
    /// Thirty days.
    #[default]
    #[serde(rename = "30d")]
    Month,
    /// Sixty days.
    #[serde(rename = "60d")]
    TwoMonths,
    /// Ninety days.
    #[serde(rename = "90d")]
    Quarter,
}

/// Which part of a report.
#[derive(Debug, Default, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Part {
    /// What will end.
    #[default]
    Ending,
    /// What has ended.
    Ended,
}

/// Lists licences of clients that end soon, trials and suspended ones among them, the next first.
#[utoipa::path(get, path = "/v1/reports/expiring-licences", tag = "reports", params(OwnOrder, ReportQuery),
    responses(
        (status = 200,
            content((Items<ExpiringLicence> = "application/json"), (String = "text/csv"),
                (String = "text/calendar")))))]
pub(crate) async fn licences(
    caller: Caller,
    headers: HeaderMap,
    List(pages, query): List<ReportQuery, OwnOrder>,
) -> Result<Response, Problem> {
    let reach = caller.may(Scope::LicencesRead)?;
    let store = caller.store();
    let window = query.window(store.now_ms())?;
    match query.format {
        Form::Json => {}
        Form::Csv => return forms::licence_table(reports::all_licences(store, &reach, window).await?),
        Form::Ics => {
            let found = reports::all_licences(store, &reach, window).await?;
            return Ok(forms::licence_calendar(found, store.now_ms(), language(&headers)));
        }
    }
    let pages = Pages::from(pages);
    let (after, limit) = after(&pages)?;
    let found = reports::licences(store, &reach, window, after, limit).await?;
    let token = |due: &DueLicence| format!("{}_{}", due.sort_ms, due.id);
    Ok(Json(pages.items(found, token, ExpiringLicence::from)).into_response())
}

/// Lists subscriptions of clients whose period ends soon, the next first.
#[utoipa::path(get, path = "/v1/reports/expiring-subscriptions", tag = "reports", params(OwnOrder, ReportQuery),
    responses(
        (status = 200,
            content((Items<ExpiringSubscription> = "application/json"), (String = "text/csv"),
                (String = "text/calendar")))))]
pub(crate) async fn subscriptions(
    caller: Caller,
    headers: HeaderMap,
    List(pages, query): List<ReportQuery, OwnOrder>,
) -> Result<Response, Problem> {
    let reach = caller.may(Scope::LicencesRead)?;
    let store = caller.store();
    let window = query.window(store.now_ms())?;
    match query.format {
        Form::Json => {}
        Form::Csv => return forms::subscription_table(reports::all_subscriptions(store, &reach, window).await?),
        Form::Ics => {
            let found = reports::all_subscriptions(store, &reach, window).await?;
            return Ok(forms::subscription_calendar(found, store.now_ms(), language(&headers)));
        }
    }
    let pages = Pages::from(pages);
    let (after, limit) = after(&pages)?;
    let found = reports::subscriptions(store, &reach, window, after, limit).await?;
    let token = |due: &DueSubscription| format!("{}_{}", due.due_ms, due.id);
    Ok(Json(pages.items(found, token, ExpiringSubscription::from)).into_response())
}

impl ReportQuery {
    fn window(&self, now_ms: i64) -> Result<Window, Problem> {
        let days = match self.window {
            Ahead::Week => 7,
            Ahead::Month => 30,
            Ahead::TwoMonths => 60,
            Ahead::Quarter => 90,
        };
        let as_of_ms = self.as_of.as_deref().map_or(Some(now_ms), time::read);
        let as_of_ms = as_of_ms.ok_or_else(|| {
            Problem::bad_query("as_of is written as 2026-11-22T00:00:00Z.", "as_of s’écrit comme 2026-11-22T00:00:00Z.")
        })?;
        Ok(Window { as_of_ms, days, ended: matches!(self.part, Part::Ended) })
    }
}

/// A page's token names when the last one was due, and which one it was.
fn after(pages: &Pages) -> Result<((i64, String), i64), Problem> {
    let page = pages.page()?;
    if page.after.is_empty() {
        return Ok(((i64::MIN, String::new()), page.limit));
    }
    let parts = page.after.split_once('_');
    let after = parts.and_then(|(due, id)| Some((due.parse().ok()?, id.to_owned())));
    let after = after.ok_or_else(unknown_token)?;
    Ok((after, page.limit))
}

impl From<DueLicence> for ExpiringLicence {
    fn from(due: DueLicence) -> Self {
        // As it is printed: with dashes.
        let serial = due.serial.parse().map_or(due.serial, |serial: Serial| serial.to_string());
        Self {
            licence: due.id,
            serial,
            reason: due.reason,
            due_at: due.due_ms.map(written),
            expires_at: due.expires_ms.map(written),
            kind: due.kind,
            plan: due.plan,
            tenant: due.tenant_id,
            tenant_name: due.tenant_name,
            client: due.client_id,
            company: due.company,
            partner: due.partner_id,
        }
    }
}

impl From<DueSubscription> for ExpiringSubscription {
    fn from(due: DueSubscription) -> Self {
        Self {
            subscription: due.id,
            reason: due.reason,
            due_at: written(due.due_ms),
            state: due.state,
            term: due.term,
            plan: due.plan,
            tenant: due.tenant_id,
            tenant_name: due.tenant_name,
            client: due.client_id,
            company: due.company,
            partner: due.partner_id,
        }
    }
}
