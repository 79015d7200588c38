//! The HTTP API; every route is on the page `api/routes.rs`. Handlers read what is asked, look at the caller's scope, and call an
//! operation; what an operation refuses becomes a problem document (RFC 9457).

mod activations;
mod adjustments;
mod applications;
mod assertion_keys;
mod assignments;
mod audit;
mod basket;
mod body;
mod calendar;
mod caller;
mod certificates;
mod client_map;
mod clients;
mod collaborators;
mod companies;
mod components;
mod consents;
mod cookie;
mod csv;
mod domains;
mod dossiers;
mod edge;
mod erasures;
mod events;
mod frame;
mod help;
mod home;
mod invitations;
mod issuances;
mod licences;
mod limits;
mod mails;
mod me;
mod members;
mod offers;
mod once;
mod operators;
mod orders;
mod page;
mod partners;
mod password_resets;
mod payment_methods;
mod payments;
mod plans;
mod policy;
mod price_lists;
mod price_versions;
mod problem;
mod problems;
mod products;
mod promo_codes;
mod quotes;
mod region_rules;
mod regions;
mod reports;
mod retail_offers;
mod routes;
mod search;
mod sessions;
mod shares;
mod subscriptions;
mod support;
mod tenant_users;
mod tenants;
mod time;
mod tokens;
mod transactions;
mod troubles;
mod users;
mod version;
mod wallets;
mod webhooks;
mod white_label;

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router, middleware};
use marque_config::settings::{NameSettings, PasswordSettings, QuotaSettings, ShareSettings, WebhookSettings};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Info, OpenApi, RefOr, SecurityRequirement};
use utoipa_axum::router::OpenApiRouter;

use crate::feed::FeedServer;
use crate::keys::Keys;
use crate::operations::sessions::Doorkeeper;
use crate::operations::webhooks::Rules;
use crate::store::Store;
use crate::telemetry::Metrics;
use problem::Problem;

/// What every handler is given.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    keys: Keys,
    names: NameSettings,
    feed: FeedServer,
    known: Arc<caller::Known>,
    limits: Arc<limits::Limits>,
    door: Arc<Doorkeeper>,
    places: Arc<shares::Places>,
    webhooks: WebhookSettings,
    metrics: Arc<Metrics>,
}

impl Api {
    /// The API over a store.
    #[must_use]
    pub fn new(store: Store, keys: Keys, names: NameSettings, feed: FeedServer, metrics: Arc<Metrics>) -> Self {
        let known = Arc::new(caller::Known::new(&store));
        let limits = Arc::new(limits::Limits::new(&QuotaSettings::default(), &store.parts().clock));
        let door = Arc::new(Doorkeeper::new(&PasswordSettings::default(), &store, Arc::clone(&keys.store)));
        let places = shares::Places::new(&ShareSettings::default(), &metrics);
        let webhooks = WebhookSettings::default();
        Self { inner: Arc::new(Inner { store, keys, names, feed, known, limits, door, places, webhooks, metrics }) }
    }

    /// The same, with other limits than the usual ones. To be called before it is shared: afterwards nothing changes.
    #[must_use]
    pub fn limited(mut self, settings: &QuotaSettings) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.limits = Arc::new(limits::Limits::new(settings, &inner.store.parts().clock));
        }
        self
    }

    /// The same, hashing passwords otherwise than usual. To be called before it is shared.
    #[must_use]
    pub fn hashing(mut self, settings: &PasswordSettings) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.door = Arc::new(Doorkeeper::new(settings, &inner.store, Arc::clone(&inner.keys.store)));
        }
        self
    }

    /// The same, with other rules about who is told than the usual ones. To be called before it is shared, too.
    #[must_use]
    pub fn telling(mut self, settings: &WebhookSettings) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.webhooks = settings.clone();
        }
        self
    }

    /// The same, with other numbers of places than the usual ones. To be called before it is shared.
    #[must_use]
    pub fn sharing(mut self, settings: &ShareSettings) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.places = shares::Places::new(settings, &inner.metrics);
        }
        self
    }

    /// The same for strangers: with connections to the database of their own.
    fn for_strangers(&self) -> Self {
        let Inner { store, keys, names, feed, known, limits, door, places, webhooks, metrics } = &*self.inner;
        Self {
            inner: Arc::new(Inner {
                store: store.for_strangers(),
                keys: keys.clone(),
                names: names.clone(),
                feed: feed.clone(),
                known: Arc::clone(known),
                limits: Arc::clone(limits),
                door: Arc::clone(door),
                places: Arc::clone(places),
                webhooks: webhooks.clone(),
                metrics: Arc::clone(metrics),
            }),
        }
    }

    fn webhook_rules(&self) -> Rules<'_> {
        Rules { keys: &self.inner.keys.store, allow_private: self.inner.webhooks.allow_private }
    }

    /// The keys, for what tests look at.
    #[cfg(test)]
    pub(crate) fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    /// The service.
    pub fn router(self) -> Router {
        let (routes, description) = described();
        let open = shares::Open::of(&description);
        let strangers = self.for_strangers().serving(routes.clone(), &description, true);
        shares::divided(self.serving(routes, &description, false), strangers, open)
    }

    /// The service for one sort of callers.
    fn serving(self, routes: Router<Self>, description: &OpenApi, are_strangers: bool) -> Router {
        let keeper = shares::Gatekeeper::new(&self.inner.places, are_strangers);
        let description = description.clone();
        routes
            .route("/v1/openapi.json", get(move || std::future::ready(Json(description.clone()))))
            .route("/problems", get(problems::list))
            .route("/problems/{code}", get(problems::one))
            .fallback(async || Problem::no_such_path())
            .method_not_allowed_fallback(async || Problem::method_not_allowed())
            .layer(middleware::from_fn_with_state(keeper, shares::admit))
            .layer(middleware::from_fn_with_state(self.clone(), frame::frame))
            .with_state(self)
    }
}

/// Every route, and what they say of themselves.
fn described() -> (Router<Api>, OpenApi) {
    let info = Info::builder().title("Marque").version(env!("CARGO_PKG_VERSION")).build();
    let mut description = OpenApi::new(info, utoipa::openapi::Paths::new());
    let either = ["token", "session"].map(|scheme| SecurityRequirement::new(scheme, Vec::<String>::new()));
    description.security = Some(either.to_vec());
    let (router, mut description) = routes::all(OpenApiRouter::with_openapi(description)).split_for_parts();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let said = "A person's session. What changes something carries the header X-CSRF-Token, too.";
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(cookie::NAME, said)));
    let components = description.components.get_or_insert_default();
    components.add_security_scheme("token", bearer);
    components.add_security_scheme("session", session);
    describe_problems(&mut description);
    (router, description)
}

/// Says of every refusal that it is a problem document, and with which statuses it comes: what isn't among them is a
/// fault of ours.
fn describe_problems(description: &mut OpenApi) {
    for item in description.paths.paths.values_mut() {
        let reading = item.get.as_mut().map(|operation| (operation, READING));
        let posting = item.post.as_mut().map(|operation| (operation, POSTING));
        let changing = [&mut item.put, &mut item.patch, &mut item.delete];
        let changing = changing.into_iter().flatten().map(|operation| (operation, CHANGING));
        for (operation, statuses) in reading.into_iter().chain(posting).chain(changing) {
            let responses = &mut operation.responses.responses;
            let Some(RefOr::T(mut refusal)) = responses.remove("default") else { continue };
            if let Some(content) = refusal.content.swap_remove("application/json") {
                refusal.content.insert("application/problem+json".to_owned(), content);
            }
            for status in statuses {
                responses.entry((*status).to_owned()).or_insert_with(|| RefOr::T(refusal.clone()));
            }
        }
    }
}

/// The statuses of refusals: of a question, of a POST, of a change to what is there.
const READING: &[&str] = &["400", "401", "403", "404", "429", "503"];
const POSTING: &[&str] = &["400", "401", "403", "404", "409", "413", "415", "422", "429", "503"];
const CHANGING: &[&str] = &["400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "429", "503"];

/// The description of the API, as it is served.
#[must_use]
pub fn description() -> OpenApi {
    described().1
}

impl std::fmt::Debug for Api {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Api")
    }
}

#[cfg(test)]
pub(crate) mod tests;
