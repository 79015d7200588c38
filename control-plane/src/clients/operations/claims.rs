//! Protection: a client belongs to the partner whose trial is young or whose licence runs (S3.P3, S3.P4). That follows
//! from orders and licences alone, so nothing has to be opened, prolonged or released.

use marque_config::{PartnerId, TenantId};
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::email::Email;
use crate::kernel::fault::Conflict;
use crate::kernel::ids::{ClientId, OrderId, SubscriptionId};
use crate::kernel::principal::Reach;
use crate::kernel::right::Right;
use crate::notify::model::mail::MailKind;
use crate::notify::operations::mail::{self, Notice};

/// Whether somebody else's client has this mail address, and is protected.
///
/// # Errors
/// When the database is away.
pub async fn protects(store: &Store, email: &Email, partner: PartnerId) -> Result<bool, Refused> {
    Ok(store.holder_of(email, partner).await?.is_some())
}

/// Proof that no other partner protects a client, so that a licence may begin for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Free(());

/// Another partner's client gets no licence: nothing begins for it, by an order, by hand or by itself.
///
/// # Errors
/// [`Conflict::CLIENT_CLAIMED`].
pub(crate) async fn must_be_free(
    write: &mut Write,
    client: Option<ClientId>,
    partner: PartnerId,
) -> Result<Free, Refused> {
    let client = match client {
        Some(client) => write.client(&Reach::system("claims"), client).await?,
        None => None,
    };
    check_free(write, client.and_then(|client| client.email).as_ref(), partner).await
}

/// The same, of whoever has this mail address.
///
/// # Errors
/// As [`must_be_free`].
pub(crate) async fn check_free(write: &mut Write, email: Option<&Email>, partner: PartnerId) -> Result<Free, Refused> {
    let Some(email) = email else { return Ok(Free(())) };
    match write.holder_of(email, partner).await? {
        Some(_) => Err(Conflict::CLIENT_CLAIMED.into()),
        None => Ok(Free(())),
    }
}

/// What of one's own something was wanted for.
#[derive(Debug, Clone, Copy)]
pub enum About {
    /// A tenant of the client.
    Tenant(TenantId),
    /// An order for the client.
    Order(OrderId),
    /// What the client used.
    Subscription(SubscriptionId),
}

/// Tells the partner that protects the client of something that another one wanted it, as [`challenge`] does.
///
/// # Errors
/// [`Refused`].
pub async fn challenge_about(write: &mut Write, reach: &Reach, about: About) -> Result<(), Refused> {
    let of = match about {
        About::Tenant(id) => write.tenant(reach, id).await?.map(|tenant| (tenant.client, tenant.partner)),
        About::Order(id) => write.order(reach, id).await?.map(|order| (Some(order.client), order.partner)),
        About::Subscription(id) => write.subscription(reach, id).await?.map(|it| (it.client, it.partner)),
    };
    let Some((Some(client), partner)) = of else { return Ok(()) };
    challenge(write, reach, Some(Wanted::Client(client)), partner).await
}

/// Who was wanted.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// Who has this mail address.
    Email(Email),
    /// One of the challenger's own clients.
    Client(ClientId),
}

/// Tells the partner that protects a client that another one wanted it: at most once a day of each, and never who.
///
/// # Errors
/// [`Refused`].
pub async fn challenge(
    write: &mut Write,
    reach: &Reach,
    wanted: Option<Wanted>,
    challenger: PartnerId,
) -> Result<(), Refused> {
    let email = match wanted {
        Some(Wanted::Email(email)) => Some(email),
        None => None,
        Some(Wanted::Client(id)) => write.client(reach, id).await?.and_then(|client| client.email),
    };
    let Some(email) = email else { return Ok(()) };
    let Some(holder) = write.holder_of(&email, challenger).await? else { return Ok(()) };
    if !write.note_challenge(holder.client, challenger).await? {
        return Ok(());
    }
    write.audit("claim.challenged", &holder.client, Whose::partner(holder.partner), json!({ "client": holder.client }));
    let Some(client) = write.client(&Reach::system("orders"), holder.client).await? else { return Ok(()) };
    let until_ms = write.protected_until(holder.client).await?;
    let values = match until_ms {
        Some(until_ms) => json!({ "company": client.company, "until_ms": until_ms }),
        None => json!({ "company": client.company }),
    };
    let notice = Notice { kind: MailKind::ClientClaimed, brand: None, values };
    Ok(mail::to_members(write, holder.partner, Right::DealerOrderProducts, notice).await?)
}
