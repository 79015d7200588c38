//! Using a licence: by an installation that names itself, or by the first use that the edge saw. The first of either is
//! the licence's activation, written once.

use marque_config::TenantId;
use serde_json::json;

use super::{any, edge, everything, follow_trial, refused, whose};
use crate::database::refused::Refused;
use crate::database::{Store, Write};
use crate::kernel::fault::{Conflict, text, unknown};
use crate::kernel::ids::{ActivationId, LicenceId};
use crate::kernel::period::DAY_MS;
use crate::kernel::principal::Reach;
use crate::kernel::serial::Serial;
use crate::kernel::tenant::TenantKind;
use crate::kernel::time::Time;
use crate::licences::model::Licence;
use crate::licences::model::activation::{Activation, How, MOST_MOVES, MOVE_DAYS};

/// Which licence is activated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// The one with this serial number.
    Serial(Serial),
    /// This one.
    Licence(LicenceId),
}

/// What a licence is activated by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewActivation {
    /// Which licence.
    pub named: Named,
    /// What names the installation.
    pub fingerprint: String,
    /// What people call it.
    pub name: Option<String>,
    /// Who activates it.
    pub how: How,
}

/// Activates a licence for an installation. One that did it before gets the same answer again.
///
/// # Errors
/// [`Refused`].
pub async fn activate(write: &mut Write, reach: &Reach, new: NewActivation) -> Result<(Activation, Licence), Refused> {
    let fingerprint = text("/fingerprint", &new.fingerprint, 200)?;
    let name = new.name.map(|name| text("/name", &name, 100)).transpose()?;
    let licence = match new.named {
        Named::Serial(serial) => write.licence_by_serial(reach, serial).await?.ok_or_else(|| unknown("/serial"))?,
        Named::Licence(id) => write.licence(reach, id).await?.ok_or(Refused::NotFound)?,
    };
    licence.must_be_usable(write.now_ms()).map_err(refused)?;
    let known = write.activation_of(licence.id, &fingerprint).await?;
    if let Some(known) = known.clone().filter(|known| known.deactivated_ms.is_none()) {
        return Ok((known, licence));
    }
    let (used, _) = write.count_activations(licence.id, 0).await?;
    if used >= licence.max_activations {
        return Err(Conflict::TOO_MANY_ACTIVATIONS.into());
    }
    let fresh = Activation {
        id: write.id(),
        licence: licence.id,
        tenant: licence.tenant,
        partner: licence.partner,
        application: licence.application,
        fingerprint,
        name,
        how: new.how,
        activated_ms: write.now_ms(),
        deactivated_ms: None,
    };
    let activation = kept(write, known, fresh).await?;
    let now_ms = write.now_ms();
    let licence = used_by(write, licence, Some(&activation), now_ms).await?;
    Ok((activation, licence))
}

/// Writes the activation; an installation that comes back keeps its identity.
async fn kept(write: &mut Write, known: Option<Activation>, fresh: Activation) -> Result<Activation, Refused> {
    let Some(known) = known else {
        write.add_activation(&fresh).await?;
        return Ok(fresh);
    };
    let again = Activation { id: known.id, name: fresh.name.clone().or(known.name), how: known.how, ..fresh };
    write.update_activation(&again).await?;
    Ok(again)
}

/// Writes the first use of a licence, or says that another installation uses it.
async fn used_by(write: &mut Write, before: Licence, by: Option<&Activation>, at_ms: i64) -> Result<Licence, Refused> {
    let licence = before.clone().activated(at_ms).map_err(refused)?;
    let by = by.map(|by| json!({ "activation": by.id, "how": by.how }));
    if before.activated_ms.is_some() {
        write.audit("activation.added", &licence.id, whose(&licence), json!({ "by": by }));
        return Ok(licence);
    }
    write.update_licence(&licence).await?;
    follow_trial(write, &licence).await?;
    let detail = json!({ "by": by, "serial": licence.serial, "expires_at": licence.expires_ms.map(Time::from_ms) });
    write.audit("licence.activated", &licence.id, whose(&licence), detail);
    edge::publish(write, licence.tenant).await?;
    Ok(licence)
}

/// The licence of a serial number, and whether this installation uses it.
///
/// # Errors
/// [`Refused`].
pub async fn look(store: &Store, reach: &Reach, serial: Serial, fingerprint: &str) -> Result<(Licence, bool), Refused> {
    let fingerprint = text("/fingerprint", fingerprint, 200)?;
    let licence = store.licence_by_serial(reach, serial).await?.ok_or_else(|| unknown("/serial"))?;
    let known = store.activation_of(licence.id, &fingerprint).await?;
    Ok((licence, known.is_some_and(|known| known.deactivated_ms.is_none())))
}

/// Lets an installation go, so that another may use its licence. Too many of these within a month are refused, unless
/// an operator asks.
///
/// # Errors
/// [`Refused`].
pub async fn deactivate(write: &mut Write, reach: &Reach, id: ActivationId) -> Result<Activation, Refused> {
    let activation = one(write, reach, id).await?;
    if activation.deactivated_ms.is_some() {
        return Ok(activation);
    }
    let now_ms = write.now_ms();
    let (_, moved) = write.count_activations(activation.licence, now_ms - MOVE_DAYS * DAY_MS).await?;
    if moved >= MOST_MOVES && !reach.is_operator() {
        return Err(Conflict::TOO_MANY_MOVES.into());
    }
    let activation = Activation { deactivated_ms: Some(now_ms), ..activation };
    write.update_activation(&activation).await?;
    let licence = any(write, activation.licence).await?;
    write.audit("activation.removed", &licence.id, whose(&licence), json!({ "activation": activation.id }));
    Ok(activation)
}

/// One activation, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn one(write: &mut Write, reach: &Reach, id: ActivationId) -> Result<Activation, Refused> {
    write.activation(reach, id).await?.ok_or(Refused::NotFound)
}

/// Takes the edge's word that a client's own people used a licence at an instant: it is activated by that. A space that
/// isn't handed over, or is the partner's own, has no first use. What was used before stays as it is.
///
/// # Errors
/// [`Refused`].
pub async fn first_use(write: &mut Write, id: TenantId, (licence, at_ms): (LicenceId, i64)) -> Result<(), Refused> {
    let tenant = write.tenant(&everything(), id).await?.ok_or_else(|| unknown("/tenant"))?;
    let licence = write.licence(&everything(), licence).await?.filter(|licence| licence.tenant == id);
    let licence = licence.ok_or_else(|| unknown("/licence"))?;
    if tenant.kind != TenantKind::Client || tenant.handed_over_ms.is_none() {
        return Err(Conflict::NOT_HANDED_OVER.into());
    }
    if licence.activated_ms.is_some() {
        return Ok(());
    }
    let at_ms = used_at(&licence, at_ms, write.now_ms());
    used_by(write, licence, None, at_ms).await?;
    Ok(())
}

/// When a use that the edge saw counts as begun: what took long to arrive does so when it was seen, unless that would let a
/// trial be over unheard. No clock of a proxy moves it before the licence, or into the future.
fn used_at(licence: &Licence, seen_ms: i64, now_ms: i64) -> i64 {
    let at_ms = seen_ms.max(licence.issued_ms).min(now_ms);
    let then = licence.clone().activated(at_ms);
    if then.is_ok_and(|licence| licence.is_usable(now_ms)) { at_ms } else { now_ms }
}
