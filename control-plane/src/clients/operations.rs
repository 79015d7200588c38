//! Clients: the companies that a partner sells to. A partner knows each by its mail address, once. The audit trail
//! says which of a client's fields changed, never what they hold: what is anonymised must not live on there.

pub mod claims;
pub mod places;
pub mod region_rules;
pub mod search;

use marque_config::PartnerId;
use serde_json::json;

use crate::clients::model::{Client, ClientState, Contact, MOST_CONTACTS};
use crate::database::refused::Refused;
use crate::database::{Page, Store, Whose, Write};
use crate::kernel::country::Country;
use crate::kernel::email::{Email, check_deliverable};
use crate::kernel::fault::{Conflict, FieldFault, optional_text, text, unknown};
use crate::kernel::ids::ClientId;
use crate::kernel::json::invalid_value;
use crate::kernel::language::{Language, Sentence};
use crate::kernel::principal::Reach;
use crate::kernel::resource::Patch;
use crate::kernel::time::Time;
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
        company: new.company,
        email: Some(new.email),
        phone: new.phone,
        address: new.address,
        postal_code: new.postal_code,
        city: new.city,
        country: new.country,
        tax_id: new.tax_id,
        region_rule_version: 0,
        language: new.language.unwrap_or_else(|| spoken_in(new.country)),
        contacts: new.contacts,
        state: ClientState::Prospect,
        created_at: Time::from_ms(write.now_ms()),
        anonymised_at: None,
    };
    check(&client, |_| true)?;
    let client = region_rules::applied(write, client).await?;
    must_be_the_only(write, &client).await?;
    if !write.insert(&client).await? {
        return Err(Conflict::CLIENT_EXISTS.into());
    }
    search::added(write, &client);
    places::client(write, &client).await?;
    let detail = json!({ "country": client.country, "rule_version": client.region_rule_version });
    write.audit("client.created", &client.id, Whose::partner(client.partner), detail);
    Ok(client)
}

/// Changes a client.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, before: Client, patch: Patch<Client>) -> Result<Client, Refused> {
    if before.state == ClientState::Anonymised {
        return Err(Conflict::CLIENT_ANONYMISED.into());
    }
    let given = patch.names();
    let mut client = patch.over(&before)?;
    check(&client, |name| given.iter().any(|given| given == name))?;
    if given.iter().any(|name| name == "country" || name == "tax_id") {
        client = region_rules::applied(write, client).await?;
    }
    if client == before {
        return Ok(client);
    }
    must_be_the_only(write, &client).await?;
    write.update(&client).await?;
    search::client(write, &client);
    places::client(write, &client).await?;
    let detail = json!({ "fields": changed(&before, &client), "rule_version": client.region_rule_version });
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
    write.update(&client).await?;
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
    write.update(&client).await?;
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

/// Refuses what is wrong in the fields that are given; what was taken by an older rule stays.
fn check(client: &Client, is_given: impl Fn(&str) -> bool) -> Result<(), FieldFault> {
    let texts = [
        ("company", Some(&client.company), 200),
        ("phone", client.phone.as_ref(), 40),
        ("address", client.address.as_ref(), 300),
        ("postal_code", client.postal_code.as_ref(), 20),
        ("city", client.city.as_ref(), 100),
    ];
    for (name, given, most) in texts.into_iter().filter(|(name, ..)| is_given(name)) {
        optional_text(&format!("/{name}"), given.map(String::as_str), most)?;
    }
    if is_given("email") {
        let email = client.email.as_ref().ok_or_else(|| invalid_value("/email", "a client has a mail address"))?;
        check_deliverable("/email", email)?;
    }
    if is_given("contacts") { check_contacts(&client.contacts) } else { Ok(()) }
}

async fn must_be_the_only(write: &mut Write, client: &Client) -> Result<(), Refused> {
    let Some(email) = &client.email else { return Ok(()) };
    match write.client_by_email(client.partner, email).await? {
        Some(other) if other.id != client.id => Err(Conflict::CLIENT_EXISTS.into()),
        _ => Ok(()),
    }
}

fn check_contacts(contacts: &[Contact]) -> Result<(), FieldFault> {
    if contacts.len() > MOST_CONTACTS {
        let said = Sentence::fixed("A client has at most 20 contacts.", "Un client a au plus 20 contacts.");
        return Err(FieldFault::new("/contacts", "too-many", said));
    }
    let lost = |contact: &Contact| contact.email.as_ref().is_some_and(|email| !email.is_deliverable());
    if let Some(index) = contacts.iter().position(lost) {
        let said = Sentence::fixed("No mail could be sent to this address.", "Aucun courriel ne peut y être envoyé.");
        return Err(FieldFault::new(format!("/contacts/{index}/email"), "invalid-email", said));
    }
    for (index, contact) in contacts.iter().enumerate() {
        text(&format!("/contacts/{index}/name"), &contact.name, 200)?;
        optional_text(&format!("/contacts/{index}/role"), contact.role.as_deref(), 100)?;
        optional_text(&format!("/contacts/{index}/phone"), contact.phone.as_deref(), 40)?;
    }
    Ok(())
}

/// Which fields differ, by name.
fn changed(before: &Client, after: &Client) -> Vec<&'static str> {
    let differs = [
        ("company", before.company != after.company),
        ("email", before.email.as_ref().map(Email::written) != after.email.as_ref().map(Email::written)),
        ("phone", before.phone != after.phone),
        ("place", place(before) != place(after)),
        ("tax_id", before.tax_id != after.tax_id),
        ("language", before.language != after.language),
        ("contacts", before.contacts != after.contacts),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

fn place(client: &Client) -> (Country, [Option<&String>; 3]) {
    (client.country, [client.address.as_ref(), client.postal_code.as_ref(), client.city.as_ref()])
}

fn spoken_in(country: Country) -> Language {
    match country.as_str() {
        "FR" | "MC" | "LU" | "SN" | "CI" | "GP" | "MQ" | "GF" | "RE" | "YT" | "NC" | "PF" => Language::French,
        _ => Language::English,
    }
}
