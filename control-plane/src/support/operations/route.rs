//! Where a client's message is mailed: always to its partner, and what becomes of it there. No route, or one that
//! bounced, leaves the message in the partner's inbox; the mail that bounced waits for an operator.

use serde_json::{Value, json};

use super::whose;
use crate::database::refused::Refused;
use crate::database::{StoreError, Write};
use crate::domains::model::white_label::{ContactRoute, WhiteLabel};
use crate::kernel::email::Email;
use crate::kernel::ids::{MessageId, UserId};
use crate::kernel::look::Look;
use crate::kernel::person::PlaceState;
use crate::kernel::principal::Reach;
use crate::kernel::right::Right;
use crate::partners::model::Partner;
use crate::support::model::Step;
use crate::tenants::model::Tenant;
use marque_config::brand::Brand;

/// Where a message of a tenant goes: to the owner of its white label where that was chosen, else to the support address,
/// else to those whose duty it is (S2.24).
pub(super) async fn addresses(write: &mut Write, tenant: &Tenant, partner: &Partner) -> Result<Vec<Email>, Refused> {
    let label = write.white_label(tenant.id).await?;
    if let (ContactRoute::Owner, Some(owner)) = (label.contact_route, label.owner)
        && let Some(address) = address_of(write, tenant, owner).await?
    {
        return Ok(vec![address]);
    }
    if let Some(address) = support_address(&label, partner) {
        return Ok(vec![address]);
    }
    // Whoever does the first level of support hears of each message; who doesn't has the inbox.
    if !partner.support_level1 {
        return Ok(Vec::new());
    }
    let members = write.members_with(partner.id, Right::SupportHandle).await?;
    Ok(members.into_iter().map(|member| member.email).collect())
}

/// The owner's own address, for as long as they belong to the partner or to the tenant.
async fn address_of(write: &mut Write, tenant: &Tenant, owner: UserId) -> Result<Option<Email>, StoreError> {
    let member = write.member_of(tenant.partner, owner).await?;
    let member = member.filter(|member| member.state == PlaceState::Active).map(|member| member.email);
    if member.is_some() {
        return Ok(member);
    }
    let place = write.tenant_user_of(tenant.id, owner).await?;
    Ok(place.filter(|place| place.state == PlaceState::Active).map(|place| place.email))
}

/// Where clients' messages are wanted: by the tenant's own brand where it has one and shows it, else by the partner's.
fn support_address(label: &WhiteLabel, partner: &Partner) -> Option<Email> {
    let own = label.brand.as_ref().filter(|_| label.is_live());
    let own = own.and_then(|own| named(&own.look, &own.brand));
    own.or_else(|| named(&partner.look, &partner.brand))
}

/// Where answers to mails go, else where clients are told to ask for help, if that is an address.
fn named(look: &Look, brand: &Brand) -> Option<Email> {
    let support = || brand.support.as_deref().and_then(|support| support.parse().ok());
    look.reply_to.clone().or_else(support)
}

/// Notes how the mail of a message fared: taken by a server, or given up. The message says so, the partner hears of it.
///
/// # Errors
/// When the database is away.
pub async fn mailed(write: &mut Write, values: &Value, arrived: bool) -> Result<(), StoreError> {
    let id: Option<MessageId> = values.get("message").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let Some(id) = id else { return Ok(()) };
    let Some(mut message) = write.support_message(&Reach::system("mail"), id).await? else { return Ok(()) };
    let (step, action) =
        if arrived { (Step::Arrive, "support_message.routed") } else { (Step::Bounce, "support_message.bounced") };
    let before = message.state;
    let Some(after) = before.after(step) else { return Ok(()) };
    (message.state, message.changed_ms) = (after, write.now_ms());
    write.update(&message).await?;
    write.audit(action, &id, whose(&message), json!({ "before": before, "after": after }));
    Ok(())
}
