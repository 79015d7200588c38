//! Erasing a person (GDPR, article 17), by their mail address, wherever they are known: as somebody's staff, as a client or a
//! contact of one, as the sender of a message. What the law makes us keep, such as orders, amounts and who did what,
//! stays under identities that say nothing of who it was. Nothing is erased of somebody who still has to be there.

use serde_json::json;

use crate::clients::model::{Client, ClientState};
use crate::clients::operations as clients;
use crate::database::refused::Refused;
use crate::database::{HeldPlace, KeptAnswers, Store, Whose, Write};
use crate::kernel::email::Email;
use crate::kernel::ids::{ClientId, UserId};
use crate::kernel::person::UserState;
use crate::kernel::principal::Reach;

/// Where an address is known, as was found outside the gate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    clients: Vec<ClientId>,
    routed: Vec<String>,
    answers: KeptAnswers,
}

/// What was erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// The person, where they were one who comes in.
    pub user: Option<UserId>,
    /// The clients that were anonymised, or lost a contact.
    pub clients: Vec<ClientId>,
    /// The support messages.
    pub messages: Vec<String>,
    /// How many mails lost their recipient, or aren't sent.
    pub mails: u64,
}

/// Looks where an address is known; it takes a look at everything, and so none of the gate's time.
///
/// # Errors
/// [`Refused`], when the database is away.
pub async fn look(store: &Store, email: &Email) -> Result<Known, Refused> {
    let (clients, routed) = (store.clients_naming(email).await?, store.messages_routed_to(email).await?);
    // A space has its client's name.
    let mut texts = vec![email.compared().to_owned(), email.written().to_owned()];
    for client in &clients {
        texts.push(client.to_string());
        texts.extend(store.spaces_of(*client).await?);
    }
    Ok(Known { clients, routed, answers: store.answers_with(&texts).await? })
}

/// Erases the person with this address, who is known there. Again it erases nothing.
///
/// # Errors
/// [`Refused`]: [`Conflict::CLIENT_IN_USE`](crate::kernel::fault::Conflict) while they are a client with a space, and who
/// alone manages something stays, too. Then nothing is erased.
pub async fn erase(write: &mut Write, reach: &Reach, email: &Email, known: &Known) -> Result<Erased, Refused> {
    let mut erased = Erased::default();
    for id in &known.clients {
        if erase_from_client(write, reach, *id, email).await? {
            erased.clients.push(*id);
        }
    }
    erased.messages = write.erase_messages_from(email).await?;
    for id in &erased.messages {
        write.audit("support_message.erased", id, Whose::VENDOR, json!({}));
    }
    for id in &known.routed {
        write.erase_route(id, email).await?;
    }
    if let Some(user) = write.user_by_email(email).await? {
        leave_everything(write, reach, user.id).await?;
        write.erase_person(user.id).await?;
        write.audit("user.erased", &user.id, Whose::VENDOR, json!({}));
        erased.user = Some(user.id);
    }
    erased.mails = write.erase_address(email).await?;
    write.erase_answers(&known.answers).await?;
    Ok(erased)
}

/// Anonymises the client whose address it is, or takes the contact out of one.
async fn erase_from_client(write: &mut Write, reach: &Reach, id: ClientId, email: &Email) -> Result<bool, Refused> {
    let Some(client) = write.client(reach, id).await? else { return Ok(false) };
    if client.email.as_ref() == Some(email) {
        clients::anonymise(write, reach, id).await?;
        return Ok(true);
    }
    let (before, mut contacts) = (client.contacts.len(), client.contacts.clone());
    contacts.retain(|contact| contact.email.as_ref() != Some(email));
    if contacts.len() == before || client.state == ClientState::Anonymised {
        return Ok(false);
    }
    let client = Client { contacts, ..client };
    write.update(&client).await?;
    crate::clients::operations::search::client(write, &client);
    write.audit("client.contact_erased", &id, Whose::partner(client.partner), json!({}));
    Ok(true)
}

/// Ends every place of a person, as whoever manages it would, and then the person.
async fn leave_everything(write: &mut Write, reach: &Reach, user: UserId) -> Result<(), Refused> {
    for place in write.places_of(user).await? {
        match place {
            HeldPlace::Member(id) => {
                crate::access::operations::members::remove_member(write, reach, id).await.map(drop)?
            }
            HeldPlace::TenantUser(id) => {
                crate::tenants::operations::tenant_users::remove_tenant_user(write, reach, id).await.map(drop)?
            }
            HeldPlace::Operator => {
                crate::identity::operations::operators::remove_operator(write, user).await.map(drop)?
            }
        }
    }
    crate::identity::operations::users::settle_user(write, user, UserState::Deactivated).await.map(drop)
}
