//! Clients as the API takes them.

use marque_config::PartnerId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::clients::model::Contact;
use crate::clients::operations::NewClient;
use crate::kernel::country::Country;
use crate::kernel::email::Email;
use crate::kernel::language::Language;

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
