//! The HTTP API, every route on this page. Handlers read what is asked, look at the caller's scope, and call an
//! operation; what an operation refuses becomes a problem document (RFC 9457).

mod activations;
mod adjustments;
mod applications;
mod assertion_keys;
mod assignments;
mod audit;
mod basket;
mod body;
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
mod search;
mod sessions;
mod subscriptions;
mod support;
mod tenant_users;
mod tenants;
mod time;
mod tokens;
mod transactions;
mod users;
mod version;
mod wallets;
mod webhooks;
mod white_label;

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router, middleware};
use marque_config::settings::{NameSettings, PasswordSettings, QuotaSettings, WebhookSettings};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Info, OpenApi, RefOr, SecurityRequirement};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
    known: caller::Known,
    limits: limits::Limits,
    door: Doorkeeper,
    webhooks: WebhookSettings,
    metrics: Arc<Metrics>,
}

impl Api {
    /// The API over a store.
    #[must_use]
    pub fn new(store: Store, keys: Keys, names: NameSettings, feed: FeedServer, metrics: Arc<Metrics>) -> Self {
        let known = caller::Known::new(&store);
        let limits = limits::Limits::new(&QuotaSettings::default(), &store.parts().clock);
        let door = Doorkeeper::new(&PasswordSettings::default(), &store, Arc::clone(&keys.store));
        let webhooks = WebhookSettings::default();
        Self { inner: Arc::new(Inner { store, keys, names, feed, known, limits, door, webhooks, metrics }) }
    }

    /// The same, with other limits than the usual ones. To be called before it is shared: afterwards nothing changes.
    #[must_use]
    pub fn limited(mut self, settings: &QuotaSettings) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.limits = limits::Limits::new(settings, &inner.store.parts().clock);
        }
        self
    }

    /// The same, hashing passwords otherwise than usual. To be called before it is shared.
    #[must_use]
    pub fn hashing(mut self, settings: &PasswordSettings) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.door = Doorkeeper::new(settings, &inner.store, Arc::clone(&inner.keys.store));
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
        let (router, description) = described();
        router
            .route("/v1/openapi.json", get(move || std::future::ready(Json(description.clone()))))
            .route("/problems", get(problems::list))
            .route("/problems/{code}", get(problems::one))
            .fallback(async || Problem::no_such_path())
            .method_not_allowed_fallback(async || Problem::method_not_allowed())
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
    let (router, mut description) = OpenApiRouter::with_openapi(description)
        .routes(routes!(adjustments::propose, adjustments::list))
        .routes(routes!(adjustments::one))
        .routes(routes!(adjustments::confirm))
        .routes(routes!(adjustments::reject))
        .routes(routes!(applications::create, applications::list))
        .routes(routes!(applications::one, applications::change))
        .routes(routes!(clients::create, clients::list))
        .routes(routes!(client_map::map))
        .routes(routes!(clients::lookup))
        .routes(routes!(clients::one, clients::change))
        .routes(routes!(clients::anonymise))
        .routes(routes!(clients::sites))
        .routes(routes!(region_rules::list))
        .routes(routes!(region_rules::set))
        .routes(routes!(orders::create, orders::list))
        .routes(routes!(orders::one, orders::remove))
        .routes(routes!(orders::void))
        .routes(routes!(orders::blockers))
        .routes(routes!(orders::switch_kind))
        .routes(routes!(orders::convert))
        .routes(routes!(orders::extend))
        .routes(routes!(orders::resend_activation))
        .routes(routes!(orders::policy, orders::set_policy))
        .routes(routes!(partners::create, partners::list))
        .routes(routes!(partners::one, partners::change))
        .routes(routes!(payments::record, payments::list))
        .routes(routes!(payments::one))
        .routes(routes!(partners::approve))
        .routes(routes!(partners::suspend))
        .routes(routes!(partners::resume))
        .routes(routes!(partners::close))
        .routes(routes!(regions::list))
        .routes(routes!(regions::one, regions::put))
        .routes(routes!(regions::add_manager, regions::managers))
        .routes(routes!(regions::manager, regions::change_manager, regions::remove_manager))
        .routes(routes!(reports::licences))
        .routes(routes!(reports::subscriptions))
        .routes(routes!(home::one, home::put))
        .routes(routes!(home::contact))
        .routes(routes!(home::onboarding))
        .routes(routes!(help::create, help::list))
        .routes(routes!(help::one, help::change, help::remove))
        .routes(routes!(help::support, help::set_support))
        .routes(routes!(retail_offers::create, retail_offers::list))
        .routes(routes!(retail_offers::one, retail_offers::change, retail_offers::remove))
        .routes(routes!(payment_methods::create, payment_methods::list))
        .routes(routes!(payment_methods::one, payment_methods::change, payment_methods::remove))
        .routes(routes!(payment_methods::of_tenant, payment_methods::set_of_tenant))
        .routes(routes!(search::find))
        .routes(routes!(companies::list))
        .routes(routes!(sessions::enter, sessions::current, sessions::leave))
        .routes(routes!(sessions::second_factor))
        .routes(routes!(sessions::act_for))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::end))
        .routes(routes!(password_resets::ask))
        .routes(routes!(password_resets::complete))
        .routes(routes!(me::one, me::change))
        .routes(routes!(me::change_password))
        .routes(routes!(me::enrol))
        .routes(routes!(me::confirm))
        .routes(routes!(me::remove))
        .routes(routes!(members::invite, members::list))
        .routes(routes!(members::one, members::change, members::remove))
        .routes(routes!(invitations::list))
        .routes(routes!(invitations::accept))
        .routes(routes!(invitations::resend))
        .routes(routes!(invitations::withdraw))
        .routes(routes!(operators::invite, operators::list))
        .routes(routes!(operators::remove))
        .routes(routes!(users::list))
        .routes(routes!(users::one))
        .routes(routes!(users::lock))
        .routes(routes!(users::unlock))
        .routes(routes!(users::deactivate))
        .routes(routes!(tenant_users::invite, tenant_users::list))
        .routes(routes!(tenant_users::one, tenant_users::change, tenant_users::remove))
        .routes(routes!(tenant_users::give_setup_access))
        .routes(routes!(tenant_users::hand_over))
        .routes(routes!(tenants::create, tenants::list))
        .routes(routes!(tenants::one))
        .routes(routes!(tenants::bind))
        .routes(routes!(tenants::suspend))
        .routes(routes!(tenants::resume))
        .routes(routes!(tenants::close))
        .routes(routes!(white_label::one, white_label::put))
        .routes(routes!(white_label::enable))
        .routes(routes!(white_label::disable))
        .routes(routes!(white_label::check))
        .routes(routes!(domains::create, domains::list))
        .routes(routes!(domains::one, domains::remove))
        .routes(routes!(domains::check))
        .routes(routes!(domains::renew))
        .routes(routes!(certificates::upload))
        .routes(routes!(issuances::list))
        .routes(routes!(transactions::list))
        .routes(routes!(transactions::statement))
        .routes(routes!(wallets::list))
        .routes(routes!(wallets::open))
        .routes(routes!(wallets::one, wallets::change))
        .routes(routes!(mails::list))
        .routes(routes!(mails::retry))
        .routes(routes!(tokens::create, tokens::list))
        .routes(routes!(tokens::roll))
        .routes(routes!(tokens::revoke))
        .routes(routes!(collaborators::create, collaborators::list))
        .routes(routes!(collaborators::one, collaborators::remove))
        .routes(routes!(collaborators::grant, collaborators::revoke))
        .routes(routes!(collaborators::assign))
        .routes(routes!(assignments::create, assignments::list))
        .routes(routes!(assignments::bulk))
        .routes(routes!(assignments::one, assignments::remove))
        .routes(routes!(assignments::block))
        .routes(routes!(assignments::unblock))
        .routes(routes!(assignments::access))
        .routes(routes!(consents::create, consents::list))
        .routes(routes!(consents::one))
        .routes(routes!(consents::grant))
        .routes(routes!(consents::deny))
        .routes(routes!(consents::revoke))
        .routes(routes!(consents::confirm))
        .routes(routes!(consents::come_in, consents::sessions))
        .routes(routes!(support::create, support::list))
        .routes(routes!(support::create_at_edge))
        .routes(routes!(support::one))
        .routes(routes!(support::acknowledge))
        .routes(routes!(support::reply))
        .routes(routes!(support::escalate))
        .routes(routes!(support::close))
        .routes(routes!(dossiers::list))
        .routes(routes!(dossiers::counters))
        .routes(routes!(dossiers::one))
        .routes(routes!(assertion_keys::list))
        .routes(routes!(audit::list))
        .routes(routes!(audit::proof))
        .routes(routes!(webhooks::create, webhooks::list))
        .routes(routes!(webhooks::one, webhooks::change, webhooks::remove))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(events::list))
        .merge(catalogue())
        .routes(routes!(edge::feed))
        .routes(routes!(edge::acknowledge))
        .merge(licensing())
        .split_for_parts();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let said = "A person's session. What changes something carries the header X-CSRF-Token, too.";
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(cookie::NAME, said)));
    let components = description.components.get_or_insert_default();
    components.add_security_scheme("token", bearer);
    components.add_security_scheme("session", session);
    describe_problems(&mut description);
    (router, description)
}

/// Licences, what pays for them, and who uses them.
fn licensing() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(licences::take, licences::list))
        .routes(routes!(licences::counter))
        .routes(routes!(licences::validate))
        .routes(routes!(licences::one))
        .routes(routes!(licences::file))
        .routes(routes!(licences::change))
        .routes(routes!(licences::cancel))
        .routes(routes!(licences::suspend))
        .routes(routes!(licences::resume))
        .routes(routes!(licences::extend_trial))
        .routes(routes!(licences::activate))
        .routes(routes!(licences::keys))
        .routes(routes!(subscriptions::list))
        .routes(routes!(subscriptions::one))
        .routes(routes!(subscriptions::cancel))
        .routes(routes!(subscriptions::resume))
        .routes(routes!(activations::create, activations::list))
        .routes(routes!(activations::one, activations::remove))
        .routes(routes!(activations::first_uses))
}

/// What is sold, and for how much.
fn catalogue() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(products::create, products::list))
        .routes(routes!(products::one, products::change))
        .routes(routes!(plans::create, plans::list))
        .routes(routes!(plans::one, plans::change))
        .routes(routes!(components::create, components::list))
        .routes(routes!(components::one, components::change))
        .routes(routes!(price_lists::create, price_lists::list))
        .routes(routes!(price_lists::one, price_lists::change))
        .routes(routes!(price_versions::create, price_versions::list))
        .routes(routes!(price_versions::one, price_versions::replace, price_versions::discard))
        .routes(routes!(price_versions::publish))
        .routes(routes!(price_versions::retire))
        .routes(routes!(price_versions::diff))
        .routes(routes!(promo_codes::create, promo_codes::list))
        .routes(routes!(promo_codes::check))
        .routes(routes!(promo_codes::one))
        .routes(routes!(promo_codes::change))
        .routes(routes!(promo_codes::revoke))
        .routes(routes!(quotes::create))
        .routes(routes!(offers::list))
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
