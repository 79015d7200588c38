//! A partner's clients, and what their countries ask of them.

pub mod gazetteer;
pub mod tax_id;

use marque_config::PartnerId;
use serde::{Deserialize, Serialize};

use crate::kernel::country::Country;
use crate::kernel::email::{self, Email};
use crate::kernel::ids::ClientId;
use crate::kernel::language::Language;
use crate::kernel::resource::{Patch, Put, Resource};
use crate::kernel::time::Time;

/// A client: a company that a partner sells to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Client {
    /// Its identity: `cli_…`.
    #[schema(value_type = String)]
    pub id: ClientId,
    /// Whose client it is.
    #[schema(value_type = String)]
    pub partner: PartnerId,
    /// The company's name.
    #[schema(min_length = 1, max_length = 200)]
    pub company: String,
    /// By what it is known; null once it is anonymised.
    #[serde(default, deserialize_with = "email::kept")]
    #[schema(value_type = Option<String>, format = Email, max_length = 254)]
    pub email: Option<Email>,
    /// Where it is reached by telephone.
    #[schema(min_length = 1, max_length = 40)]
    pub phone: Option<String>,
    /// Street and number.
    #[schema(min_length = 1, max_length = 300)]
    pub address: Option<String>,
    /// The postal code.
    #[schema(min_length = 1, max_length = 20)]
    pub postal_code: Option<String>,
    /// The town.
    #[schema(min_length = 1, max_length = 100)]
    pub city: Option<String>,
    /// The country: two capital letters as in ISO 3166-1. It decides what is offered and what is asked.
    #[schema(value_type = String, min_length = 2, max_length = 2, pattern = "^[A-Z]{2}$")]
    pub country: Country,
    /// Its tax identity, in its one written form.
    #[schema(min_length = 4, max_length = 32)]
    pub tax_id: Option<String>,
    /// The version of its country's rule that it was looked at by; 0 when there was none.
    pub region_rule_version: i64,
    /// What its mails are in.
    pub language: Language,
    /// Its people.
    #[schema(max_items = 20)]
    pub contacts: Vec<Contact>,
    /// Its current status.
    pub state: ClientState,
    /// When it was added.
    pub created_at: Time,
    /// When what is personal was taken out of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymised_at: Option<Time>,
}

/// What is to change of a client. What is null is taken away, where it may be missing.
pub type ClientToChange = Patch<Client>;

impl Resource for Client {
    const MUTABLE: &'static [&'static str] =
        &["company", "email", "phone", "address", "postal_code", "city", "country", "tax_id", "language", "contacts"];
}

/// One of a client's people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The name.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// What the person does there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub role: Option<String>,
    /// The mail address.
    #[serde(default, deserialize_with = "crate::kernel::email::kept", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Email)]
    pub email: Option<Email>,
    /// The telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40)]
    pub phone: Option<String>,
}

/// No client has more people.
pub const MOST_CONTACTS: usize = 20;

/// The current status of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientState {
    /// It has bought nothing yet.
    Prospect,
    /// It has bought something.
    Customer,
    /// It has bought something, and has none of it any more.
    Former,
    /// What was personal was taken out of it, for good.
    Anonymised,
}

/// What a country asks of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegionRule {
    /// The country: two capital letters as in ISO 3166-1.
    #[schema(value_type = String, min_length = 2, max_length = 2)]
    pub country: Country,
    /// Counts the changes of it; 0 for a country that nobody made a rule for.
    pub version: i64,
    /// Whether a tax identity is needed.
    pub tax_id: TaxIdRule,
    /// From when on.
    pub since: Time,
}

/// What a country is to ask.
pub type RegionRuleToPut = Put<RegionRule>;

impl Resource for RegionRule {
    const ASSIGNED: &'static [&'static str] = &["country", "version", "since"];
    const MUTABLE: &'static [&'static str] = &["tax_id"];
}

/// Whether a tax identity is needed (S3.24).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaxIdRule {
    /// Without one there is no client.
    Required,
    /// One that is given must be right.
    Optional,
}

impl ClientState {
    /// The state as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prospect => "prospect",
            Self::Customer => "customer",
            Self::Former => "former",
            Self::Anonymised => "anonymised",
        }
    }
}

impl RegionRule {
    /// The rule of a country that nobody made one for.
    #[must_use]
    pub fn usual(country: Country) -> Self {
        Self { country, version: 0, tax_id: TaxIdRule::Optional, since: Time::from_ms(0) }
    }
}

impl Client {
    /// Takes out what is personal: what is left says only that there was a client, and where its papers were due.
    #[must_use]
    pub fn anonymised(self, now_ms: i64) -> Self {
        Self {
            company: "—".into(),
            email: None,
            phone: None,
            address: None,
            postal_code: None,
            city: None,
            tax_id: None,
            contacts: Vec::new(),
            state: ClientState::Anonymised,
            anonymised_at: Some(Time::from_ms(now_ms)),
            ..self
        }
    }
}
