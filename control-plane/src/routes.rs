//! Every route, on this page; how they are served, and how they are described.

use axum::routing::get;
use axum::{Json, Router, middleware};
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    self, ContentBuilder, Info, OpenApi, Ref, RefOr, Required, ResponseBuilder, SecurityRequirement,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::web::problem::ProblemDocument;
use crate::web::{self, Api};
use crate::{
    access, catalogue, clients, domains, edge, erasure, identity, licences, lifecycle, money, notify, orders, partners,
    reports, support, tenants,
};

/// All of them.
fn all(described: OpenApiRouter<Api>) -> OpenApiRouter<Api> {
    described
        .merge(edge())
        .merge(people())
        .merge(partners())
        .merge(help_given())
        .merge(selling())
        .merge(money())
        .merge(traces())
        .merge(catalogue())
        .merge(licensing())
}

/// What the edge serves, and what it tells.
fn edge() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(edge::api::applications::create, edge::api::applications::list))
        .routes(routes!(edge::api::applications::one, edge::api::applications::change))
        .routes(routes!(lifecycle::api::tenants::create, lifecycle::api::tenants::list))
        .routes(routes!(lifecycle::api::tenants::one))
        .routes(routes!(lifecycle::api::tenants::bind))
        .routes(routes!(lifecycle::api::tenants::suspend))
        .routes(routes!(lifecycle::api::tenants::resume))
        .routes(routes!(lifecycle::api::tenants::close))
        .routes(routes!(domains::api::white_label::one, domains::api::white_label::put))
        .routes(routes!(domains::api::white_label::enable))
        .routes(routes!(domains::api::white_label::disable))
        .routes(routes!(domains::api::white_label::check))
        .routes(routes!(domains::api::create, domains::api::list))
        .routes(routes!(domains::api::one, domains::api::remove))
        .routes(routes!(domains::api::check))
        .routes(routes!(domains::api::renew))
        .routes(routes!(domains::api::certificates::upload))
        .routes(routes!(domains::api::issuances::list))
        .routes(routes!(edge::api::assertion_keys::list))
        .routes(routes!(edge::api::feed))
        .routes(routes!(edge::api::acknowledge))
        .routes(routes!(lifecycle::api::edge_events::record, lifecycle::api::edge_events::list))
        .routes(routes!(lifecycle::api::entries::redeem))
}

/// People, what they may do, and how they come in.
fn people() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(
            identity::api::sessions::log_in,
            identity::api::sessions::current,
            identity::api::sessions::log_out
        ))
        .routes(routes!(identity::api::sessions::second_factor))
        .routes(routes!(identity::api::sessions::act_for))
        .routes(routes!(identity::api::sessions::list))
        .routes(routes!(identity::api::sessions::end))
        .routes(routes!(identity::api::password_resets::ask))
        .routes(routes!(identity::api::password_resets::complete))
        .routes(routes!(identity::api::me::one, identity::api::me::change))
        .routes(routes!(identity::api::me::change_password))
        .routes(routes!(identity::api::me::enrol))
        .routes(routes!(identity::api::me::confirm))
        .routes(routes!(identity::api::me::remove))
        .routes(routes!(tenants::api::companies::list))
        .routes(routes!(access::api::members::invite, access::api::members::list))
        .routes(routes!(access::api::members::one, access::api::members::change, access::api::members::remove))
        .routes(routes!(lifecycle::api::invitations::list))
        .routes(routes!(lifecycle::api::invitations::accept))
        .routes(routes!(lifecycle::api::invitations::resend))
        .routes(routes!(lifecycle::api::invitations::withdraw))
        .routes(routes!(identity::api::operators::invite, identity::api::operators::list))
        .routes(routes!(identity::api::operators::remove))
        .routes(routes!(erasure::api::erase))
        .routes(routes!(identity::api::users::list))
        .routes(routes!(identity::api::users::one))
        .routes(routes!(identity::api::users::lock))
        .routes(routes!(identity::api::users::unlock))
        .routes(routes!(identity::api::users::deactivate))
        .routes(routes!(identity::api::users::reset_second_factor))
        .routes(routes!(lifecycle::api::tenant_users::invite, lifecycle::api::tenant_users::list))
        .routes(routes!(
            lifecycle::api::tenant_users::one,
            lifecycle::api::tenant_users::change,
            lifecycle::api::tenant_users::remove
        ))
        .routes(routes!(lifecycle::api::tenant_users::give_setup_access))
        .routes(routes!(lifecycle::api::tenant_users::hand_over))
        .routes(routes!(identity::api::tokens::create, identity::api::tokens::list))
        .routes(routes!(identity::api::tokens::roll))
        .routes(routes!(identity::api::tokens::revoke))
}

/// Partners, and what is their own.
fn partners() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(lifecycle::api::partners::create, lifecycle::api::partners::list))
        .routes(routes!(lifecycle::api::partners::one, lifecycle::api::partners::change))
        .routes(routes!(lifecycle::api::partners::approve))
        .routes(routes!(lifecycle::api::partners::suspend))
        .routes(routes!(lifecycle::api::partners::resume))
        .routes(routes!(lifecycle::api::partners::close))
        .routes(routes!(partners::api::regions::list))
        .routes(routes!(partners::api::regions::one, partners::api::regions::put))
        .routes(routes!(partners::api::regions::add_manager, partners::api::regions::managers))
        .routes(routes!(
            partners::api::regions::manager,
            partners::api::regions::change_manager,
            partners::api::regions::remove_manager
        ))
        .routes(routes!(reports::api::home::one, reports::api::home::put))
        .routes(routes!(reports::api::home::contact))
        .routes(routes!(reports::api::home::onboarding))
        .routes(routes!(reports::api::help::create, reports::api::help::list))
        .routes(routes!(reports::api::help::one, reports::api::help::change, reports::api::help::remove))
        .routes(routes!(reports::api::help::support, reports::api::help::set_support))
        .routes(routes!(catalogue::api::retail_offers::create, catalogue::api::retail_offers::list))
        .routes(routes!(
            catalogue::api::retail_offers::one,
            catalogue::api::retail_offers::change,
            catalogue::api::retail_offers::remove
        ))
        .routes(routes!(catalogue::api::payment_methods::create, catalogue::api::payment_methods::list))
        .routes(routes!(
            catalogue::api::payment_methods::one,
            catalogue::api::payment_methods::change,
            catalogue::api::payment_methods::remove
        ))
        .routes(routes!(catalogue::api::payment_methods::of_tenant, catalogue::api::payment_methods::set_of_tenant))
}

/// Who helps a client, with its consent, and what it asks for.
fn help_given() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(access::api::collaborators::create, access::api::collaborators::list))
        .routes(routes!(access::api::collaborators::one, access::api::collaborators::remove))
        .routes(routes!(access::api::collaborators::grant, access::api::collaborators::revoke))
        .routes(routes!(access::api::collaborators::assign))
        .routes(routes!(access::api::assignments::create, access::api::assignments::list))
        .routes(routes!(access::api::assignments::bulk))
        .routes(routes!(access::api::assignments::one, access::api::assignments::remove))
        .routes(routes!(access::api::assignments::block))
        .routes(routes!(access::api::assignments::unblock))
        .routes(routes!(access::api::assignments::access))
        .routes(routes!(lifecycle::api::entries::issue, lifecycle::api::entries::list))
        .routes(routes!(access::api::consents::create, access::api::consents::list))
        .routes(routes!(access::api::consents::one))
        .routes(routes!(access::api::consents::grant))
        .routes(routes!(access::api::consents::deny))
        .routes(routes!(access::api::consents::revoke))
        .routes(routes!(access::api::consents::confirm))
        .routes(routes!(access::api::consents::open_support_session, access::api::consents::sessions))
        .routes(routes!(support::api::create, support::api::list))
        .routes(routes!(support::api::one))
        .routes(routes!(support::api::attachment))
        .routes(routes!(support::api::acknowledge))
        .routes(routes!(support::api::reply))
        .routes(routes!(support::api::escalate))
        .routes(routes!(support::api::close))
        .routes(routes!(reports::api::dossiers::list))
        .routes(routes!(reports::api::dossiers::counters))
        .routes(routes!(reports::api::dossiers::one))
}

/// Clients, and what is ordered for them.
fn selling() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(clients::api::create, clients::api::list))
        .routes(routes!(clients::api::lookup))
        .routes(routes!(clients::api::export))
        .routes(routes!(clients::api::one, clients::api::change))
        .routes(routes!(clients::api::anonymise))
        .routes(routes!(clients::api::sites))
        .routes(routes!(clients::api::client_map::map))
        .routes(routes!(clients::api::region_rules::list))
        .routes(routes!(clients::api::region_rules::set))
        .routes(routes!(orders::api::create, orders::api::list))
        .routes(routes!(orders::api::one, orders::api::remove))
        .routes(routes!(orders::api::void))
        .routes(routes!(orders::api::blockers))
        .routes(routes!(orders::api::switch_kind))
        .routes(routes!(orders::api::convert))
        .routes(routes!(orders::api::extend))
        .routes(routes!(orders::api::resend_activation))
        .routes(routes!(orders::api::policy, orders::api::set_policy))
        .routes(routes!(reports::api::licences))
        .routes(routes!(reports::api::subscriptions))
        .routes(routes!(reports::api::search::find))
}

/// The ledger.
fn money() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(money::api::wallets::list))
        .routes(routes!(money::api::wallets::open))
        .routes(routes!(money::api::wallets::one, money::api::wallets::change))
        .routes(routes!(money::api::transactions::list))
        .routes(routes!(money::api::transactions::statement))
        .routes(routes!(money::api::payments::record, money::api::payments::list))
        .routes(routes!(money::api::payments::one))
        .routes(routes!(money::api::adjustments::propose, money::api::adjustments::list))
        .routes(routes!(money::api::adjustments::one))
        .routes(routes!(money::api::adjustments::confirm))
        .routes(routes!(money::api::adjustments::reject))
}

/// What happened, and who is told.
fn traces() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(reports::api::audit::list))
        .routes(routes!(reports::api::audit::proof))
        .routes(routes!(reports::api::audit::export))
        .routes(routes!(notify::api::events::list))
        .routes(routes!(notify::api::webhooks::create, notify::api::webhooks::list))
        .routes(routes!(notify::api::webhooks::one, notify::api::webhooks::change, notify::api::webhooks::remove))
        .routes(routes!(notify::api::webhooks::rotate))
        .routes(routes!(notify::api::webhooks::test))
        .routes(routes!(notify::api::webhooks::deliveries))
        .routes(routes!(notify::api::mails::list))
        .routes(routes!(notify::api::mails::retry))
        .routes(routes!(reports::api::troubles::list))
}

/// What is sold, and what it costs.
fn catalogue() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(catalogue::api::products::create, catalogue::api::products::list))
        .routes(routes!(catalogue::api::products::one, catalogue::api::products::change))
        .routes(routes!(catalogue::api::plans::create, catalogue::api::plans::list))
        .routes(routes!(catalogue::api::plans::one, catalogue::api::plans::change))
        .routes(routes!(catalogue::api::components::create, catalogue::api::components::list))
        .routes(routes!(catalogue::api::components::one, catalogue::api::components::change))
        .routes(routes!(catalogue::api::price_lists::create, catalogue::api::price_lists::list))
        .routes(routes!(catalogue::api::price_lists::one, catalogue::api::price_lists::change))
        .routes(routes!(catalogue::api::price_versions::create, catalogue::api::price_versions::list))
        .routes(routes!(
            catalogue::api::price_versions::one,
            catalogue::api::price_versions::replace,
            catalogue::api::price_versions::discard
        ))
        .routes(routes!(catalogue::api::price_versions::publish))
        .routes(routes!(catalogue::api::price_versions::retire))
        .routes(routes!(catalogue::api::price_versions::diff))
        .routes(routes!(catalogue::api::promo_codes::create, catalogue::api::promo_codes::list))
        .routes(routes!(catalogue::api::promo_codes::check))
        .routes(routes!(catalogue::api::promo_codes::one))
        .routes(routes!(catalogue::api::promo_codes::change))
        .routes(routes!(catalogue::api::promo_codes::revoke))
        .routes(routes!(catalogue::api::quotes::create))
        .routes(routes!(catalogue::api::offers::list))
}

/// Licences, what pays for them, and who uses them.
fn licensing() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(licences::api::add, licences::api::list))
        .routes(routes!(licences::api::counters))
        .routes(routes!(licences::api::validate))
        .routes(routes!(licences::api::one))
        .routes(routes!(licences::api::file))
        .routes(routes!(licences::api::change))
        .routes(routes!(licences::api::cancel))
        .routes(routes!(licences::api::suspend))
        .routes(routes!(licences::api::resume))
        .routes(routes!(licences::api::activate))
        .routes(routes!(licences::api::begin_key, licences::api::keys))
        .routes(routes!(licences::api::subscriptions::list))
        .routes(routes!(licences::api::subscriptions::one))
        .routes(routes!(licences::api::subscriptions::resume))
        .routes(routes!(licences::api::subscriptions::change))
        .routes(routes!(licences::api::subscriptions::renew))
        .routes(routes!(licences::api::activations::create, licences::api::activations::list))
        .routes(routes!(licences::api::activations::one, licences::api::activations::remove))
}

impl Api {
    /// The service.
    pub fn router(self) -> Router {
        let (routes, description) = described();
        let open = web::shares::Open::of(&description);
        let strangers = self.for_strangers().serving(routes.clone(), &description, true);
        web::shares::divided(self.serving(routes, &description, false), strangers, open)
    }

    /// The service for one sort of callers.
    fn serving(self, routes: Router<Self>, description: &OpenApi, are_strangers: bool) -> Router {
        let keeper = web::shares::Gatekeeper::new(&self.inner.places, are_strangers);
        let expansions = reports::api::expand::Expansions::of(description);
        let description = description.clone();
        routes
            .route("/v1/openapi.json", get(move || std::future::ready(Json(description.clone()))))
            .route("/problems", get(web::problems::list))
            .route("/problems/{code}", get(web::problems::one))
            .fallback(async || web::problem::Problem::no_such_path())
            .method_not_allowed_fallback(async || web::problem::Problem::method_not_allowed())
            .layer(middleware::from_fn_with_state(expansions, reports::api::expand::expand))
            .layer(middleware::from_fn_with_state(keeper, web::shares::admit))
            .layer(middleware::from_fn_with_state(self.clone(), web::frame::frame))
            .with_state(self)
    }
}

/// Every route, and what they say of themselves.
fn described() -> (Router<Api>, OpenApi) {
    let info = Info::builder().title("Marque").version(env!("CARGO_PKG_VERSION")).build();
    let mut description = OpenApi::new(info, utoipa::openapi::Paths::new());
    let either = ["token", "session"].map(|scheme| SecurityRequirement::new(scheme, Vec::<String>::new()));
    description.security = Some(either.to_vec());
    let (router, mut description) = all(OpenApiRouter::with_openapi(description)).split_for_parts();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let said = "A person's session. What changes something carries the header X-CSRF-Token, too.";
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(web::cookie::NAME, said)));
    let components = description.components.get_or_insert_default();
    components.add_security_scheme("token", bearer);
    components.add_security_scheme("session", session);
    describe_routes(&mut description);
    reports::api::expand::describe(&mut description);
    (router, description)
}

/// Says what is so of every route: which parts of its path are parameters, and that a refusal is a problem document, with
/// which statuses it comes. What isn't among them is a fault of ours.
fn describe_routes(description: &mut OpenApi) {
    for (path, item) in &mut description.paths.paths {
        let reading = item.get.as_mut().map(|operation| (operation, READING));
        let posting = item.post.as_mut().map(|operation| (operation, POSTING));
        let changing = [&mut item.put, &mut item.patch, &mut item.delete];
        let changing = changing.into_iter().flatten().map(|operation| (operation, CHANGING));
        for (operation, statuses) in reading.into_iter().chain(posting).chain(changing) {
            describe_path(operation, path);
            let responses = &mut operation.responses.responses;
            responses.remove("default");
            for status in statuses {
                responses.entry((*status).to_owned()).or_insert_with(refusal);
            }
        }
    }
    let mut schemas = vec![(ProblemDocument::name().into_owned(), ProblemDocument::schema())];
    ProblemDocument::schemas(&mut schemas);
    description.components.get_or_insert_default().schemas.extend(schemas);
}

/// Adds the parameters of a path that the route doesn't describe itself: each is a text.
fn describe_path(operation: &mut Operation, path: &str) {
    let parameters = operation.parameters.get_or_insert_default();
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    for (index, name) in names.enumerate() {
        let is_known = |known: &RefOr<Parameter>| matches!(known, RefOr::T(known) if known.name == name);
        if !parameters.iter().any(is_known) {
            let parameter = Parameter::builder().name(name).parameter_in(ParameterIn::Path).required(Required::True);
            let parameter = parameter.schema(Some(Object::with_type(Type::String))).build();
            parameters.insert(index, RefOr::T(parameter));
        }
    }
    operation.parameters = operation.parameters.take().filter(|parameters| !parameters.is_empty());
}

fn refusal() -> RefOr<openapi::Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemDocument::name()))).build();
    RefOr::T(ResponseBuilder::new().content("application/problem+json", content).build())
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
