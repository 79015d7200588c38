//! Orders as requests bring them.

use marque_config::seal::KeyRing;
use marque_config::{PartnerId, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::catalogue::api::basket::ComponentAsked;
use crate::clients::api::ClientToAdd;
use crate::clients::operations::claims::Wanted;
use crate::kernel::fault::FieldFault;
use crate::kernel::ids::{ClientId, PlanId, PriceListId};
use crate::kernel::json::{missing_field, unknown_field};
use crate::kernel::term::Term;
use crate::orders::model::OrderKind;
use crate::orders::operations::{Carried, NewOrder, Space, Whom};

/// An order or a trial to place. The client is one that is there, or is added with it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderToPlace {
    /// Who orders; a partner may leave it out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(crate) partner: Option<PartnerId>,
    /// `order` or `trial`.
    kind: OrderKind,
    /// For whom: a client that is there. Either this or `client`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    client_id: Option<ClientId>,
    /// For whom: a client to add.
    #[serde(default)]
    client: Option<ClientToAdd>,
    /// In which of the client's spaces; a new one when not given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// How the new space is called; as the company when not given.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    tenant_name: Option<String>,
    /// With which price list, and so in which currency.
    #[schema(value_type = String)]
    price_list: PriceListId,
    /// Which plan.
    #[schema(value_type = String)]
    plan: PlanId,
    /// For how long.
    term: Term,
    /// Which components, each once.
    #[serde(default)]
    #[schema(max_items = 100)]
    components: Vec<ComponentAsked>,
    /// With which promo code.
    #[serde(default)]
    #[schema(max_length = 100)]
    promo_code: Option<String>,
    /// The partner's own number for it.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 64)]
    po_number: Option<String>,
    /// The quote that said what it costs: the order is refused when it would cost something else.
    #[serde(default)]
    quote: Option<String>,
}

impl OrderToPlace {
    /// Whom it is for, in case another partner protects that client.
    pub(super) fn wanted(&self) -> Option<Wanted> {
        let email = self.client.as_ref().map(|client| Wanted::Email(client.email().clone()));
        email.or(self.client_id.map(Wanted::Client))
    }

    /// The order to be, of a partner.
    pub(super) fn of<'a>(&'a self, partner: PartnerId, keys: &'a KeyRing) -> Result<NewOrder<'a>, FieldFault> {
        Ok(NewOrder {
            partner,
            kind: self.kind,
            client: self.whom(partner)?,
            space: self.space()?,
            price_list: self.price_list,
            plan: self.plan,
            term: self.term,
            components: self.components.iter().map(|asked| (asked.component, asked.quantity)).collect(),
            promo: self.promo_code.clone(),
            po_number: self.po_number.clone(),
            quote: self.quote.as_deref().map(|text| Carried { text, keys }),
        })
    }

    fn whom(&self, partner: PartnerId) -> Result<Whom, FieldFault> {
        match (self.client_id, self.client.clone()) {
            (Some(id), None) => Ok(Whom::Known(id)),
            (None, Some(client)) => Ok(Whom::New(Box::new(client.of(partner)))),
            (Some(_), Some(_)) => Err(unknown_field("/client")),
            (None, None) => Err(missing_field("/client_id")),
        }
    }

    fn space(&self) -> Result<Space, FieldFault> {
        match (self.tenant, self.tenant_name.clone()) {
            (Some(id), None) => Ok(Space::Existing(id)),
            (None, name) => Ok(Space::New(name)),
            (Some(_), Some(_)) => Err(unknown_field("/tenant_name")),
        }
    }
}
