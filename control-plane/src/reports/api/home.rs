//! `/v1/me/home`, and what a partner finds about itself: whom it turns to, how far it has got.

use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::database::refused::Refused;
use crate::kernel::email::Email;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::scope::Scope;
use crate::partners::operations::regions;
use crate::partners::store;
use crate::reports::model::home::{Block, StepName};
use crate::reports::operations::home;
use crate::web::Api;
use crate::web::body::Input;
use crate::web::caller::Caller;
use crate::web::problem::Problem;
use crate::web::version::{IfMatch, Versioned};

/// What somebody sees first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Home {
    /// The blocks, in their order.
    blocks: Vec<Block>,
    /// Every block that there is to choose from.
    available: Vec<Block>,
    /// The parts of the partner's space, for a partner.
    sections: Vec<Section>,
    /// Addresses that stay.
    links: Links,
}

/// A part of the partner's space.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Section {
    /// `companies`, `dossiers` or `collaborators`.
    name: &'static str,
    /// Where the API lists what is in it.
    path: &'static str,
}

/// Addresses that stay: they can be kept as bookmarks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Links {
    /// The portal.
    portal: String,
    /// Its list of orders.
    orders: String,
    /// Its help.
    help: String,
}

/// What somebody wants to see first.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HomeToPut {
    /// The blocks, in their order, none twice.
    #[schema(max_items = 13)]
    blocks: Vec<Block>,
}

/// Whom a partner turns to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartnerContact)]
pub(crate) struct Contact {
    /// Its region.
    region: Option<RegionName>,
    /// Its account manager first, then who else looks after its region.
    people: Vec<Person>,
    /// The vendor's support.
    support: Support,
}

/// A region's name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegionName {
    /// Its code.
    code: String,
    /// Its name in English.
    name_en: String,
    /// Its name in French.
    name_fr: String,
}

/// Somebody who looks after partners.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    /// Their name.
    name: String,
    /// Where mail reaches them.
    #[schema(value_type = String)]
    email: Email,
    /// Where a call reaches them.
    phone: Option<String>,
    /// Another way, in words.
    other: Option<String>,
}

/// The vendor's support.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Support {
    /// By mail.
    email: Option<String>,
    /// By telephone.
    phone: Option<String>,
    /// When.
    hours: Option<String>,
    /// By mail, for active partners: absent for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_email: Option<String>,
}

/// How far a partner has got.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Onboarding {
    /// The steps, in their order.
    steps: Vec<OnboardingStep>,
    /// Whether all are done.
    complete: bool,
}

/// A step of getting started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OnboardingStep {
    /// Which.
    step: StepName,
    /// Whether it is done.
    done: bool,
}

/// Shows what one sees first.
#[utoipa::path(get, path = "/v1/me/home", tag = "home", responses((status = 200, body = Home)))]
pub(crate) async fn one(caller: Caller) -> Result<Versioned<Home>, Problem> {
    let reach = caller.may(Scope::PartnersRead)?;
    let found = home::home(caller.store(), &reach).await?;
    shown(&caller.api, &reach, found).map(Versioned)
}

/// Chooses the blocks that one sees first, and their order.
#[utoipa::path(put, path = "/v1/me/home", tag = "home", request_body = HomeToPut, params(IfMatch),
    responses((status = 200, body = Home)))]
pub(crate) async fn put(caller: Caller, seen: IfMatch, input: Input<HomeToPut>) -> Result<Versioned<Home>, Problem> {
    let reach = caller.may(Scope::PartnersRead)?;
    let input = input.read(&reach)?;
    let mut write = caller.begin(&reach).await?;
    let current = home::current_home(&mut write, &reach).await?;
    seen.check(&shown(&caller.api, &reach, current)?)?;
    let changed = home::set_home(&mut write, &reach, input.blocks).await?;
    write.commit().await?;
    shown(&caller.api, &reach, changed).map(Versioned)
}

/// Shows a partner whom it turns to.
#[utoipa::path(get, path = "/v1/partners/me/contact", tag = "home", responses((status = 200, body = Contact)))]
pub(crate) async fn contact(caller: Caller) -> Result<Versioned<Contact>, Problem> {
    let reach = caller.may(Scope::PartnersRead)?;
    let contact = regions::contact(caller.store(), &reach, own(&reach)?).await?;
    let support = caller.store().support_contact().await?;
    let support = Support {
        email: support.email,
        phone: support.phone,
        hours: support.hours,
        partner_email: support.partner_email.filter(|_| contact.is_active),
    };
    let region = |region: store::regions::Region| RegionName {
        code: region.code,
        name_en: region.name_en,
        name_fr: region.name_fr,
    };
    let people = contact.managers.into_iter().map(Person::from).collect();
    Ok(Versioned(Contact { region: contact.region.map(region), people, support }))
}

/// Shows a partner how far it has got.
#[utoipa::path(get, path = "/v1/partners/me/onboarding", tag = "home", responses((status = 200, body = Onboarding)))]
pub(crate) async fn onboarding(caller: Caller) -> Result<Versioned<Onboarding>, Problem> {
    let reach = caller.may(Scope::PartnersRead)?;
    let steps = home::onboarding(caller.store(), &reach, own(&reach)?).await?;
    let complete = steps.iter().all(|step| step.done);
    let steps = steps.into_iter().map(|step| OnboardingStep { step: step.name, done: step.done }).collect();
    Ok(Versioned(Onboarding { steps, complete }))
}

/// The partner that asks; for others there is no partner of their own.
fn own(reach: &Reach) -> Result<PartnerId, Refused> {
    match reach.principal() {
        Principal::Partner(id) => Ok(id),
        _ => Err(Refused::NotFound),
    }
}

fn shown(api: &Api, reach: &Reach, home: home::Home) -> Result<Home, Problem> {
    let link = |path: &str| api.inner.names.portal_link(path).map_err(|_| Problem::internal());
    let links = Links { portal: link("/")?, orders: link("/order/index")?, help: link("/help")? };
    let sections = [
        Section { name: "companies", path: "/v1/partners/me/companies" },
        Section { name: "dossiers", path: "/v1/dossiers" },
        Section { name: "collaborators", path: "/v1/collaborators" },
    ];
    let sections = if own(reach).is_ok() { sections.into() } else { Vec::new() };
    Ok(Home { blocks: home.blocks, available: home.available, sections, links })
}

impl From<store::regions::AccountManager> for Person {
    fn from(manager: store::regions::AccountManager) -> Self {
        Self { name: manager.name, email: manager.email, phone: manager.phone, other: manager.other }
    }
}
