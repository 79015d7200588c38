//! Clients as the API shows and takes them.

use marque_config::PartnerId;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::clients::model::{self, ClientState, Contact};
use crate::clients::operations::{ClientChange, NewClient};
use crate::kernel::country::Country;
use crate::kernel::email::Email;
use crate::kernel::ids::ClientId;
use crate::kernel::language::Language;
use crate::web::time::written;

/// A client: a company that a partner sells to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Client {
    /// Its identity: `cli_…`.
    #[schema(value_type = String)]
    id: ClientId,
    /// Whose client it is.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// The company's name.
    company: String,
    /// By what it is known; null once it is anonymised.
    #[schema(value_type = Option<String>, format = Email)]
    email: Option<Email>,
    /// Where it is reached by telephone.
    phone: Option<String>,
    /// Street and number.
    address: Option<String>,
    /// The postal code.
    postal_code: Option<String>,
    /// The town.
    city: Option<String>,
    /// The country: two capital letters as in ISO 3166-1.
    #[schema(value_type = String, min_length = 2, max_length = 2)]
    country: Country,
    /// Its tax identity, in its one written form.
    tax_id: Option<String>,
    /// The version of its country's rule that it was looked at by; 0 when there was none.
    region_rule_version: i64,
    /// What its mails are in.
    language: Language,
    /// Its people.
    contacts: Vec<Contact>,
    /// Its current status.
    state: ClientState,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
    /// When what is personal was taken out of it.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    anonymised_at: Option<String>,
}

/// A client to add.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientToAdd {
    /// Whose client it is; a partner may leave it out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(crate) partner: Option<PartnerId>,
    /// The company's name.
    #[schema(min_length = 1, max_length = 200)]
    company: String,
    /// By what it is known: one partner has it once.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: Email,
    /// Where it is reached by telephone.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 40)]
    phone: Option<String>,
    /// Street and number.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 300)]
    address: Option<String>,
    /// The postal code.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 20)]
    postal_code: Option<String>,
    /// The town.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    city: Option<String>,
    /// The country: two capital letters as in ISO 3166-1.
    #[schema(value_type = String, min_length = 2, max_length = 2, pattern = "^[A-Z]{2}$")]
    country: Country,
    /// Its tax identity; some countries need it.
    #[serde(default)]
    #[schema(min_length = 4, max_length = 32)]
    tax_id: Option<String>,
    /// What its mails are in; what its country speaks when not given.
    #[serde(default)]
    language: Option<Language>,
    /// Its people.
    #[serde(default)]
    #[schema(max_items = 20)]
    contacts: Vec<Contact>,
}

/// What is to change of a client. What is null is taken away, where it may be missing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub(crate) struct ClientToChange {
    /// A new name.
    #[schema(min_length = 1, max_length = 200)]
    company: Option<String>,
    /// A new mail address.
    #[schema(value_type = Option<String>, format = Email, max_length = 254)]
    email: Option<Email>,
    /// A new telephone number.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    phone: Option<Option<String>>,
    /// A new street and number.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    address: Option<Option<String>>,
    /// A new postal code.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 20)]
    postal_code: Option<Option<String>>,
    /// A new town.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    city: Option<Option<String>>,
    /// A new country.
    #[schema(value_type = Option<String>, min_length = 2, max_length = 2, pattern = "^[A-Z]{2}$")]
    country: Option<Country>,
    /// A new tax identity.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 4, max_length = 32)]
    tax_id: Option<Option<String>>,
    /// Another language for its mails.
    language: Option<Language>,
    /// Other people, in place of those it has.
    #[schema(max_items = 20)]
    contacts: Option<Vec<Contact>>,
}

/// Tells a field that is null from one that isn't there.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

impl ClientToAdd {
    /// By what it is known.
    pub(crate) fn email(&self) -> &Email {
        &self.email
    }

    /// The client to be, of a partner.
    pub(crate) fn of(self, partner: PartnerId) -> NewClient {
        NewClient {
            partner,
            company: self.company,
            email: self.email,
            phone: self.phone,
            address: self.address,
            postal_code: self.postal_code,
            city: self.city,
            country: self.country,
            tax_id: self.tax_id,
            language: self.language,
            contacts: self.contacts,
        }
    }
}

impl From<ClientToChange> for ClientChange {
    fn from(change: ClientToChange) -> Self {
        Self {
            company: change.company,
            email: change.email,
            phone: change.phone,
            address: change.address,
            postal_code: change.postal_code,
            city: change.city,
            country: change.country,
            tax_id: change.tax_id,
            language: change.language,
            contacts: change.contacts,
        }
    }
}

impl From<model::Client> for Client {
    fn from(client: model::Client) -> Self {
        Self {
            id: client.id,
            partner: client.partner,
            company: client.company,
            email: client.email,
            phone: client.phone,
            address: client.place.address,
            postal_code: client.place.postal_code,
            city: client.place.city,
            country: client.place.country,
            tax_id: client.tax_id,
            region_rule_version: client.rule_version,
            language: client.language,
            contacts: client.contacts,
            state: client.state,
            created_at: written(client.created_ms),
            anonymised_at: client.anonymised_ms.map(written),
        }
    }
}
