//! Clients: the companies that a partner sells to. A partner knows each by its mail address, once. The audit trail
//! says which of a client's fields changed, never what they hold: what is anonymised must not live on there.

pub mod claims;
pub mod places;
pub mod region_rules;
pub mod search;

use marque_config::PartnerId;
use serde_json::json;

use crate::clients::model::{Client, ClientState, Contact, MOST_CONTACTS, Place};
use crate::database::refused::Refused;
use crate::database::{Page, Store, Whose, Write};
use crate::kernel::country::Country;
use crate::kernel::email::Email;
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::ids::ClientId;
use crate::kernel::language::{Language, Sentence};
use crate::kernel::principal::Reach;
use crate::tenants::model::Tenant;

impl Conflict {
    /// The partner has a client with this mail address.
    pub const CLIENT_EXISTS: Self = Self::new(
        "client-exists",
        "You already have a client with this mail address: look it up instead of adding it again.",
        "Vous avez déjà un client à cette adresse électronique : recherchez-le plutôt que de l’ajouter de nouveau.",
    );
    /// The client is anonymised.
    pub const CLIENT_ANONYMISED: Self =
        Self::new("client-anonymised", "This client was anonymised.", "Ce client a été anonymisé.");
    /// The client still uses what it bought.
    pub const CLIENT_IN_USE: Self = Self::new(
        "client-in-use",
        "This client still has a space: close it first.",
        "Ce client a encore un espace : fermez-le d’abord.",
    );
}

/// What a new client is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClient {
    /// Whose client it is.
    pub partner: PartnerId,
    /// The company's name.
    pub company: String,
    /// By what it is known.
    pub email: Email,
    /// Where it is reached by telephone.
    pub phone: Option<String>,
    /// Street and number.
    pub address: Option<String>,
    /// The postal code.
    pub postal_code: Option<String>,
    /// The town.
    pub city: Option<String>,
    /// The country.
    pub country: Country,
    /// As it is written there.
    pub tax_id: Option<String>,
    /// What its mails are in; what its country speaks when not given.
    pub language: Option<Language>,
    /// Its people.
    pub contacts: Vec<Contact>,
}

/// What may change of a client. What is there but empty is taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientChange {
    /// A new name.
    pub company: Option<String>,
    /// A new mail address.
    pub email: Option<Email>,
    /// A new telephone number.
    pub phone: Option<Option<String>>,
    /// A new street and number.
    pub address: Option<Option<String>>,
    /// A new postal code.
    pub postal_code: Option<Option<String>>,
    /// A new town.
    pub city: Option<Option<String>>,
    /// A new country.
    pub country: Option<Country>,
    /// A new tax identity.
    pub tax_id: Option<Option<String>>,
    /// Another language for its mails.
    pub language: Option<Language>,
    /// Other people, in place of those it has.
    pub contacts: Option<Vec<Contact>>,
}

/// Adds a client.
///
/// # Errors
/// [`Refused`]; [`Conflict::CLIENT_EXISTS`] when the partner has one with this mail address.
pub async fn create(write: &mut Write, reach: &Reach, new: NewClient) -> Result<Client, Refused> {
    write.partner(reach, new.partner).await?.ok_or_else(|| unknown("/partner"))?;
    add(write, new).await
}

/// The same, for a partner that was looked up.
pub(crate) async fn add(write: &mut Write, new: NewClient) -> Result<Client, Refused> {
    let client = Client {
        id: write.id(),
        partner: new.partner,
        company: text("/company", &new.company, 200)?,
        email: Some(new.email),
        phone: optional("/phone", new.phone, 40)?,
        place: Place {
            address: optional("/address", new.address, 300)?,
            postal_code: optional("/postal_code", new.postal_code, 20)?,
            city: optional("/city", new.city, 100)?,
            country: new.country,
        },
        tax_id: new.tax_id,
        rule_version: 0,
        language: new.language.unwrap_or_else(|| spoken_in(new.country)),
        contacts: checked(new.contacts)?,
        state: ClientState::Prospect,
        created_ms: write.now_ms(),
        anonymised_ms: None,
    };
    let client = region_rules::applied(write, client).await?;
    if !write.add_client(&client).await? {
        return Err(Conflict::CLIENT_EXISTS.into());
    }
    search::added(write, &client);
    places::client(write, &client).await?;
    let detail = json!({ "country": client.place.country, "rule_version": client.rule_version });
    write.audit("client.created", &client.id, Whose::partner(client.partner), detail);
    Ok(client)
}

/// Changes a client.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, reach: &Reach, id: ClientId, change: ClientChange) -> Result<Client, Refused> {
    let before = write.client(reach, id).await?.ok_or(Refused::NotFound)?;
    if before.state == ClientState::Anonymised {
        return Err(Conflict::CLIENT_ANONYMISED.into());
    }
    let looked_at = change.country.is_some() || change.tax_id.is_some();
    let mut client = after(before.clone(), change)?;
    if looked_at {
        client = region_rules::applied(write, client).await?;
    }
    if client == before {
        return Ok(client);
    }
    must_be_the_only(write, &client).await?;
    write.update_client(&client).await?;
    search::client(write, &client);
    places::client(write, &client).await?;
    let detail = json!({ "fields": changed(&before, &client), "rule_version": client.rule_version });
    write.audit("client.changed", &client.id, Whose::partner(client.partner), detail);
    Ok(client)
}

/// What is known of a mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The partner's own client.
    Yours(Box<Client>),
    /// Another partner's, which is protected: no more is told.
    Claimed,
    /// Nobody is known by it.
    Unknown,
}

/// Looks for a client by its whole mail address.
///
/// # Errors
/// [`Refused`].
pub async fn lookup(store: &Store, reach: &Reach, partner: PartnerId, email: &Email) -> Result<Found, Refused> {
    store.partner(reach, partner).await?.ok_or_else(|| unknown("/partner"))?;
    if let Some(client) = store.client_by_email(partner, email).await? {
        return Ok(Found::Yours(Box::new(client)));
    }
    let claimed = claims::protects(store, email, partner).await?;
    Ok(if claimed { Found::Claimed } else { Found::Unknown })
}

/// Takes out of a client what is personal, for good. Its orders stay.
///
/// # Errors
/// [`Refused`]; [`Conflict::CLIENT_IN_USE`] while it has a space.
pub async fn anonymise(write: &mut Write, reach: &Reach, id: ClientId) -> Result<Client, Refused> {
    let client = write.client(reach, id).await?.ok_or(Refused::NotFound)?;
    if client.state == ClientState::Anonymised {
        return Ok(client);
    }
    if write.client_has_tenant(id).await? {
        return Err(Conflict::CLIENT_IN_USE.into());
    }
    if let Some(email) = &client.email {
        write.erase_address(email).await?;
    }
    write.erase_spaces_of(id).await?;
    let client = client.anonymised(write.now_ms());
    write.update_client(&client).await?;
    search::client(write, &client);
    places::client(write, &client).await?;
    write.audit("client.anonymised", &client.id, Whose::partner(client.partner), json!({}));
    Ok(client)
}

/// Notes that a client has bought something, or has nothing of it any more.
///
/// # Errors
/// [`Refused`].
pub async fn stand(write: &mut Write, client: Client, state: ClientState) -> Result<Client, Refused> {
    if client.state == state || client.state == ClientState::Anonymised {
        return Ok(client);
    }
    let detail = json!({ "before": client.state, "after": state });
    let client = Client { state, ..client };
    write.update_client(&client).await?;
    write.audit("client.changed", &client.id, Whose::partner(client.partner), detail);
    Ok(client)
}

/// Notes that a customer has nothing left of what it bought; part of whatever ended it. It is a customer again with what
/// it buys next.
///
/// # Errors
/// When the database is away.
pub async fn settle(write: &mut Write, client: Option<ClientId>) -> Result<(), Refused> {
    let Some(id) = client else { return Ok(()) };
    let Some(client) = write.client(&Reach::system("clients"), id).await? else { return Ok(()) };
    if client.state == ClientState::Customer && !write.client_has_licence(id).await? {
        stand(write, client, ClientState::Former).await?;
    }
    Ok(())
}

/// One client.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: ClientId) -> Result<Client, Refused> {
    store.client(reach, id).await?.ok_or(Refused::NotFound)
}

/// The spaces of a client (S3.2).
///
/// # Errors
/// [`Refused`].
pub async fn sites(store: &Store, reach: &Reach, id: ClientId, page: &Page) -> Result<Vec<Tenant>, Refused> {
    let client = one(store, reach, id).await?;
    Ok(store.tenants_of_client(reach, client.id, page).await?)
}

/// One client, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, reach: &Reach, id: ClientId) -> Result<Client, Refused> {
    write.client(reach, id).await?.ok_or(Refused::NotFound)
}

fn after(mut client: Client, change: ClientChange) -> Result<Client, FieldFault> {
    if let Some(company) = change.company {
        client.company = text("/company", &company, 200)?;
    }
    if let Some(phone) = change.phone {
        client.phone = optional("/phone", phone, 40)?;
    }
    if let Some(address) = change.address {
        client.place.address = optional("/address", address, 300)?;
    }
    if let Some(postal_code) = change.postal_code {
        client.place.postal_code = optional("/postal_code", postal_code, 20)?;
    }
    if let Some(city) = change.city {
        client.place.city = optional("/city", city, 100)?;
    }
    if let Some(contacts) = change.contacts {
        client.contacts = checked(contacts)?;
    }
    client.email = change.email.or(client.email);
    client.place.country = change.country.unwrap_or(client.place.country);
    client.tax_id = change.tax_id.unwrap_or(client.tax_id);
    client.language = change.language.unwrap_or(client.language);
    Ok(client)
}

async fn must_be_the_only(write: &mut Write, client: &Client) -> Result<(), Refused> {
    let Some(email) = &client.email else { return Ok(()) };
    match write.client_by_email(client.partner, email).await? {
        Some(other) if other.id != client.id => Err(Conflict::CLIENT_EXISTS.into()),
        _ => Ok(()),
    }
}

fn optional(pointer: &str, given: Option<String>, most: usize) -> Result<Option<String>, FieldFault> {
    given.map(|given| text(pointer, &given, most)).transpose()
}

fn checked(contacts: Vec<Contact>) -> Result<Vec<Contact>, FieldFault> {
    if contacts.len() > MOST_CONTACTS {
        let said = Sentence::fixed("A client has at most 20 contacts.", "Un client a au plus 20 contacts.");
        return Err(FieldFault::new("/contacts", "too-many", said));
    }
    let lost = |contact: &Contact| contact.email.as_ref().is_some_and(|email| !email.is_deliverable());
    if let Some(index) = contacts.iter().position(lost) {
        let said = Sentence::fixed("No mail could be sent to this address.", "Aucun courriel ne peut y être envoyé.");
        return Err(FieldFault::new(format!("/contacts/{index}/email"), "invalid-email", said));
    }
    let one = |(index, contact): (usize, Contact)| {
        Ok(Contact {
            name: text(&format!("/contacts/{index}/name"), &contact.name, 200)?,
            role: optional(&format!("/contacts/{index}/role"), contact.role, 100)?,
            phone: optional(&format!("/contacts/{index}/phone"), contact.phone, 40)?,
            email: contact.email,
        })
    };
    contacts.into_iter().enumerate().map(one).collect()
}

/// Which fields differ, by name.
fn changed(before: &Client, after: &Client) -> Vec<&'static str> {
    let differs = [
        ("company", before.company != after.company),
        ("email", before.email.as_ref().map(Email::written) != after.email.as_ref().map(Email::written)),
        ("phone", before.phone != after.phone),
        ("place", before.place != after.place),
        ("tax_id", before.tax_id != after.tax_id),
        ("language", before.language != after.language),
        ("contacts", before.contacts != after.contacts),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

fn spoken_in(country: Country) -> Language {
    match country.as_str() {
        "FR" | "MC" | "LU" | "SN" | "CI" | "GP" | "MQ" | "GF" | "RE" | "YT" | "NC" | "PF" => Language::French,
        _ => Language::English,
    }
}
