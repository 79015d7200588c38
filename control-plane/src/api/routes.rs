//! Every route, on this page.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    Api, activations, adjustments, applications, assertion_keys, assignments, audit, certificates, client_map, clients,
    collaborators, companies, components, consents, domains, dossiers, edge, erasures, events, help, home, invitations,
    issuances, licences, mails, me, members, offers, operators, orders, partners, password_resets, payment_methods,
    payments, plans, price_lists, price_versions, products, promo_codes, quotes, region_rules, regions, reports,
    retail_offers, search, sessions, subscriptions, support, tenant_users, tenants, tokens, transactions, troubles,
    users, wallets, webhooks, white_label,
};

/// All of them.
pub(super) fn all(described: OpenApiRouter<Api>) -> OpenApiRouter<Api> {
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
        .routes(routes!(applications::create, applications::list))
        .routes(routes!(applications::one, applications::change))
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
        .routes(routes!(assertion_keys::list))
        .routes(routes!(edge::feed))
        .routes(routes!(edge::acknowledge))
}

/// People, what they may do, and how they come in.
fn people() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
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
        .routes(routes!(companies::list))
        .routes(routes!(members::invite, members::list))
        .routes(routes!(members::one, members::change, members::remove))
        .routes(routes!(invitations::list))
        .routes(routes!(invitations::accept))
        .routes(routes!(invitations::resend))
        .routes(routes!(invitations::withdraw))
        .routes(routes!(operators::invite, operators::list))
        .routes(routes!(operators::remove))
        .routes(routes!(erasures::erase))
        .routes(routes!(users::list))
        .routes(routes!(users::one))
        .routes(routes!(users::lock))
        .routes(routes!(users::unlock))
        .routes(routes!(users::deactivate))
        .routes(routes!(users::reset_second_factor))
        .routes(routes!(tenant_users::invite, tenant_users::list))
        .routes(routes!(tenant_users::one, tenant_users::change, tenant_users::remove))
        .routes(routes!(tenant_users::give_setup_access))
        .routes(routes!(tenant_users::hand_over))
        .routes(routes!(tokens::create, tokens::list))
        .routes(routes!(tokens::roll))
        .routes(routes!(tokens::revoke))
}

/// Partners, and what is their own.
fn partners() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(partners::create, partners::list))
        .routes(routes!(partners::one, partners::change))
        .routes(routes!(partners::approve))
        .routes(routes!(partners::suspend))
        .routes(routes!(partners::resume))
        .routes(routes!(partners::close))
        .routes(routes!(regions::list))
        .routes(routes!(regions::one, regions::put))
        .routes(routes!(regions::add_manager, regions::managers))
        .routes(routes!(regions::manager, regions::change_manager, regions::remove_manager))
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
}

/// Who helps a client, with its consent, and what it asks for.
fn help_given() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
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
        .routes(routes!(support::attachment))
        .routes(routes!(support::acknowledge))
        .routes(routes!(support::reply))
        .routes(routes!(support::escalate))
        .routes(routes!(support::close))
        .routes(routes!(dossiers::list))
        .routes(routes!(dossiers::counters))
        .routes(routes!(dossiers::one))
}

/// Clients, and what is ordered for them.
fn selling() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(clients::create, clients::list))
        .routes(routes!(clients::lookup))
        .routes(routes!(clients::export))
        .routes(routes!(clients::one, clients::change))
        .routes(routes!(clients::anonymise))
        .routes(routes!(clients::sites))
        .routes(routes!(client_map::map))
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
        .routes(routes!(reports::licences))
        .routes(routes!(reports::subscriptions))
        .routes(routes!(search::find))
}

/// The ledger.
fn money() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(wallets::list))
        .routes(routes!(wallets::open))
        .routes(routes!(wallets::one, wallets::change))
        .routes(routes!(transactions::list))
        .routes(routes!(transactions::statement))
        .routes(routes!(payments::record, payments::list))
        .routes(routes!(payments::one))
        .routes(routes!(adjustments::propose, adjustments::list))
        .routes(routes!(adjustments::one))
        .routes(routes!(adjustments::confirm))
        .routes(routes!(adjustments::reject))
}

/// What happened, and who is told.
fn traces() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(audit::list))
        .routes(routes!(audit::proof))
        .routes(routes!(audit::export))
        .routes(routes!(events::list))
        .routes(routes!(webhooks::create, webhooks::list))
        .routes(routes!(webhooks::one, webhooks::change, webhooks::remove))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(mails::list))
        .routes(routes!(mails::retry))
        .routes(routes!(troubles::list))
}

/// What is sold, and what it costs.
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
        .routes(routes!(licences::begin_key, licences::keys))
        .routes(routes!(subscriptions::list))
        .routes(routes!(subscriptions::one))
        .routes(routes!(subscriptions::cancel))
        .routes(routes!(subscriptions::resume))
        .routes(routes!(subscriptions::change))
        .routes(routes!(subscriptions::renew))
        .routes(routes!(activations::create, activations::list))
        .routes(routes!(activations::one, activations::remove))
        .routes(routes!(activations::first_uses))
}
