//! What can be shown in place of an identity, by the name of the field that holds it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::clients::store::ClientFilter;
use crate::database::Page;
use crate::kernel::scope::Scope;
use crate::licences::api::{Licence, Subscription};
use crate::licences::store::LicenceFilter;
use crate::partners::api::shape::Partner;
use crate::tenants::api::Tenant;
use crate::web::caller::Caller;
use crate::web::problem::Problem;

/// A kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Client,
    Licence,
    Partner,
    Plan,
    Product,
    Subscription,
    Tenant,
}

/// What each resource names.
pub(super) const RESOURCES: [(&str, &[Kind]); 16] = [
    ("Activation", &[Kind::Licence, Kind::Tenant]),
    ("Adjustment", &[Kind::Partner]),
    ("Assignment", &[Kind::Partner, Kind::Tenant]),
    ("Client", &[Kind::Partner]),
    ("Component", &[Kind::Product]),
    ("Consent", &[Kind::Partner, Kind::Tenant]),
    ("Domain", &[Kind::Tenant]),
    ("Licence", &[Kind::Client, Kind::Partner, Kind::Plan, Kind::Product, Kind::Subscription, Kind::Tenant]),
    ("Order", &[Kind::Client, Kind::Licence, Kind::Partner, Kind::Plan, Kind::Subscription, Kind::Tenant]),
    ("Payment", &[Kind::Partner]),
    ("Plan", &[Kind::Product]),
    ("Subscription", &[Kind::Client, Kind::Partner, Kind::Plan, Kind::Tenant]),
    ("SupportMessage", &[Kind::Partner, Kind::Tenant]),
    ("Tenant", &[Kind::Client, Kind::Partner]),
    ("Transaction", &[Kind::Partner]),
    ("Wallet", &[Kind::Partner]),
];

impl Kind {
    /// The field that holds its identity.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Licence => "licence",
            Self::Partner => "partner",
            Self::Plan => "plan",
            Self::Product => "product",
            Self::Subscription => "subscription",
            Self::Tenant => "tenant",
        }
    }

    /// How the description calls it.
    pub(super) fn schema(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::Licence => "Licence",
            Self::Partner => "Partner",
            Self::Plan => "Plan",
            Self::Product => "Product",
            Self::Subscription => "Subscription",
            Self::Tenant => "Tenant",
        }
    }

    /// What a caller needs to read it alone.
    fn scope(self) -> Scope {
        match self {
            Self::Client => Scope::ClientsRead,
            Self::Licence | Self::Subscription => Scope::LicencesRead,
            Self::Partner => Scope::PartnersRead,
            Self::Plan | Self::Product => Scope::CatalogRead,
            Self::Tenant => Scope::TenantsRead,
        }
    }

    /// The things of these identities as the API shows them to the caller, by one statement: those within reach.
    pub(super) async fn read(self, caller: &Caller, ids: Vec<String>) -> Result<BTreeMap<String, Value>, Problem> {
        let reach = caller.may(self.scope())?;
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let (store, page) = (caller.store(), Page::of(ids));
        Ok(match self {
            Self::Client => by_id(store.clients(&reach, &ClientFilter::default(), &page).await?, |client| client),
            Self::Licence => {
                let found = store.licences(&reach, &LicenceFilter::default(), &page).await?;
                by_id(found, |licence| Licence::at(licence, store.now_ms()))
            }
            Self::Partner => by_id(store.partners(&reach, &page).await?, Partner::from),
            Self::Plan => by_id(store.plans(None, reach.is_operator(), &page).await?, |plan| plan),
            Self::Product => by_id(store.products(reach.is_operator(), &page).await?, |product| product),
            Self::Subscription => {
                let found = store.subscriptions(&reach, None, &page).await?;
                by_id(found, |subscription| Subscription::to(&reach, subscription))
            }
            Self::Tenant => by_id(store.tenants(&reach, &page).await?, Tenant::from),
        })
    }
}

fn by_id<T, U: Serialize>(found: Vec<T>, shape: impl Fn(T) -> U) -> BTreeMap<String, Value> {
    let shown = found.into_iter().map(|one| json!(shape(one)));
    shown.filter_map(|one| Some((one.get("id")?.as_str()?.to_owned(), one))).collect()
}
