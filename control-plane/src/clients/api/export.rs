//! Clients as a table. However many there are, a few hundred of them are in memory.

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::response::Response;
use futures_util::stream;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::clients::model::{Client, ClientState};
use crate::clients::store::ClientFilter;
use crate::database::{Page, Store};
use crate::kernel::country::Country;
use crate::kernel::email::Email;
use crate::kernel::principal::Reach;
use crate::kernel::scope::Scope;
use crate::web::body::Query;
use crate::web::caller::Caller;
use crate::web::csv;
use crate::web::problem::Problem;

/// Which clients are written out.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// Only those that stand there.
    #[param(inline)]
    state: Option<ClientState>,
    /// Only those in this country.
    #[param(value_type = Option<String>, min_length = 2, max_length = 2)]
    country: Option<Country>,
}

/// Clients that are read at once.
const AT_ONCE: i64 = 500;

const HEAD: [&str; 13] = [
    "id",
    "partner",
    "company",
    "email",
    "phone",
    "address",
    "postal_code",
    "city",
    "country",
    "tax_id",
    "language",
    "state",
    "created_at",
];

/// A table that is being written.
struct Writing {
    store: Store,
    reach: Reach,
    filter: ClientFilter,
    /// None before the head is written.
    after: Option<String>,
}

/// Writes clients out as a table, oldest first; their people aren't in it.
#[utoipa::path(get, path = "/v1/clients/export", tag = "clients", params(ExportQuery),
    responses((status = 200, body = String, content_type = "text/csv")))]
pub(crate) async fn export(caller: Caller, Query(asked): Query<ExportQuery>) -> Result<Response, Problem> {
    let reach = caller.may(Scope::ClientsRead)?;
    let filter = ClientFilter {
        state: asked.state.map(|state| state.as_str().to_owned()),
        country: asked.country.map(|country| country.to_string()),
    };
    let writing = Writing { store: caller.store().clone(), reach, filter, after: None };
    let body = Body::from_stream(stream::try_unfold(writing, Writing::next));
    Ok(csv::kept("clients.csv", HeaderValue::from_static("text/csv; charset=utf-8"), body))
}

impl Writing {
    /// The next lines; a failure cuts the answer off.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Box<dyn std::error::Error + Send + Sync>> {
        let Some(after) = self.after.take() else {
            self.after = Some(String::new());
            return Ok(Some((csv::head(&HEAD)?.into(), self)));
        };
        let page = Page { after, ..Page::first(AT_ONCE) };
        let found = self.store.clients(&self.reach, &self.filter, &page).await.inspect_err(|error| {
            tracing::warn!(error = error as &dyn std::error::Error, "an export of clients was cut off");
        })?;
        self.after = found.last().map(|last| last.id.to_string());
        let lines = csv::lines(found.into_iter().map(row))?;
        Ok(self.after.is_some().then(|| (lines.into(), self)))
    }
}

fn row(client: Client) -> Vec<String> {
    let email = client.email.as_ref().map(|email| Email::written(email).to_owned());
    vec![
        client.id.to_string(),
        client.partner.to_string(),
        client.company,
        email.unwrap_or_default(),
        client.phone.unwrap_or_default(),
        client.address.unwrap_or_default(),
        client.postal_code.unwrap_or_default(),
        client.city.unwrap_or_default(),
        client.country.to_string(),
        client.tax_id.unwrap_or_default(),
        client.language.code().to_owned(),
        client.state.as_str().to_owned(),
        client.created_at.to_string(),
    ]
}
