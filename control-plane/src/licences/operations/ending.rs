//! Notifies the partner in time of what ends without being prolonged: a trial, a subscription that was given up. Each
//! once for each end: what was notified is stored in the transaction of the mail.

use serde_json::json;

use super::{everything, renewal};
use crate::catalogue::model::Product;
use crate::database::refused::Refused;
use crate::database::{StoreError, Write};
use crate::kernel::ids::{ClientId, ProductId, SubscriptionId};
use crate::kernel::right::Right;
use crate::kernel::time::Time;
use crate::licences::model::Licence;
use crate::notify::model::mail::MailKind;
use crate::notify::operations::mail::{self, Notice};
use crate::tenants::model::Tenant;

/// Mails those of the partner who look after licences that a trial ends soon.
pub(super) async fn trial(write: &mut Write, licence: &Licence) -> Result<(), Refused> {
    let tenant = super::tenant(write, licence.tenant).await?;
    let values = json!({
        "company": company(write, licence.client, &tenant).await?,
        "product": product(write, licence.product).await?,
        "serial": licence.serial,
        "until_ms": licence.usable_until_ms(),
        "path": format!("/licences/{}", licence.id),
    });
    let notice = Notice { kind: MailKind::TrialExpiring, brand: Some(licence.partner), values };
    Ok(mail::to_members(write, licence.partner, Right::LicencesManage, notice).await?)
}

/// Notifies the partner that a subscription ends with its period. Says whether that was still to be done.
///
/// # Errors
/// When the database is away.
pub async fn notify(write: &mut Write, id: SubscriptionId) -> Result<bool, Refused> {
    if !write.note_ending_told(id).await? {
        return Ok(false);
    }
    let Some(ending) = write.subscription(&everything(), id).await? else { return Ok(false) };
    let until_ms = ending.period.end_ms;
    let detail = json!({ "period": ending.period.number, "until": Time::from_ms(until_ms) });
    write.audit("subscription.expiring", &id, renewal::of(&ending), detail);
    let tenant = super::tenant(write, ending.tenant).await?;
    let values = json!({
        "company": company(write, ending.client, &tenant).await?,
        "product": product(write, ending.product).await?,
        "until_ms": until_ms,
        "path": format!("/subscriptions/{id}"),
    });
    let notice = Notice { kind: MailKind::SubscriptionExpiring, brand: Some(ending.partner), values };
    mail::to_members(write, ending.partner, Right::LicencesManage, notice).await?;
    Ok(true)
}

/// The client by its name; a space that is no client's, by its own.
pub(super) async fn company(
    write: &mut Write,
    client: Option<ClientId>,
    tenant: &Tenant,
) -> Result<String, StoreError> {
    let client = match client {
        Some(client) => write.client(&everything(), client).await?,
        None => None,
    };
    Ok(client.map_or_else(|| tenant.name.clone(), |client| client.company))
}

pub(super) async fn product(write: &mut Write, id: ProductId) -> Result<String, StoreError> {
    Ok(write.find::<Product>(&id).await?.map(|product| product.name).unwrap_or_default())
}
