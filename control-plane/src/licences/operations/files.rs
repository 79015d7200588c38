//! Licence files: what an installation checks for itself while nobody can be asked. The key is made when it is first
//! needed, and kept sealed.

use marque_config::licence_file::{LicenceFile, LicenceSigner};
use marque_config::seal::{Context, KeyRing, Purpose};
use serde_json::json;
use zeroize::Zeroizing;

use super::refused;
use crate::catalogue::model::{Component, Product};
use crate::database::refused::Refused;
use crate::database::{Store, StoreError, Whose, Write};
use crate::kernel::ids::LicenceId;
use crate::kernel::principal::Reach;
use crate::licences::model::{Licence, LicenceKind};
use crate::licences::store::licence_keys::LicenceKey;

/// The file of a licence, as one line of text; only of one that allows use.
///
/// # Errors
/// [`Refused`].
pub async fn file(store: &Store, sealing: &KeyRing, reach: &Reach, id: LicenceId) -> Result<String, Refused> {
    let licence = store.licence(reach, id).await?.ok_or(Refused::NotFound)?;
    licence.must_be_usable(store.now_ms()).map_err(refused)?;
    let says = says(store, &licence).await?;
    let key = newest(store, sealing, reach).await?;
    let signer = signer(sealing, &key)?;
    Ok(signer.write(&says).map_err(|error| unreadable("licence file", error))?)
}

async fn says(store: &Store, licence: &Licence) -> Result<LicenceFile, Refused> {
    let plan = store.plan(licence.plan).await?.ok_or(Refused::NotFound)?;
    let product = store.find::<Product>(&licence.product).await?.ok_or(Refused::NotFound)?;
    let mut components = Vec::new();
    for (id, quantity) in &licence.components {
        let component = store.find::<Component>(id).await?.ok_or(Refused::NotFound)?;
        components.push((component.code, *quantity));
    }
    let kind = match licence.kind {
        LicenceKind::Trial => "trial",
        LicenceKind::Paid => "paid",
        LicenceKind::Free => "free",
    };
    Ok(LicenceFile {
        licence: licence.id.to_string(),
        serial: licence.serial.to_string(),
        tenant: licence.tenant,
        application: licence.application,
        product: product.code,
        plan: plan.code,
        kind: kind.to_owned(),
        components,
        max_activations: licence.max_activations,
        written_ms: store.now_ms(),
        until_ms: licence.usable_until_ms(),
        when_over: licence.when_over,
    })
}

/// Begins a new key: from now on it signs. The others stay listed, so that what they signed is still checked.
///
/// # Errors
/// [`Refused`].
pub async fn begin_key(write: &mut Write, sealing: &KeyRing) -> Result<LicenceKey, Refused> {
    let last = write.licence_keys().await?.pop();
    make(write, sealing, last.as_ref()).await
}

/// The key that signs; made now when there is none.
async fn newest(store: &Store, sealing: &KeyRing, reach: &Reach) -> Result<LicenceKey, Refused> {
    if let Some(key) = store.licence_keys().await?.pop() {
        return Ok(key);
    }
    let mut write = store.begin(reach.actor(), store.now_ms()).await?;
    // Somebody may have been faster.
    if let Some(key) = write.licence_keys().await?.pop() {
        return Ok(key);
    }
    let key = make(&mut write, sealing, None).await?;
    write.commit().await?;
    Ok(key)
}

async fn make(write: &mut Write, sealing: &KeyRing, last: Option<&LicenceKey>) -> Result<LicenceKey, Refused> {
    let id = format!("{:016x}", u64::from_be_bytes(write.parts().bytes()));
    let seed = Zeroizing::new(write.parts().bytes::<32>());
    let public = LicenceSigner::new(&id, &seed).map_err(|error| unreadable("licence key", error))?.public_text();
    let seed = sealing.seal(context(&id), &write.parts().bytes(), seed.as_slice());
    let seed = seed.map_err(|error| unreadable("licence key", error))?;
    // The newest signs: two of one millisecond would be in no order.
    let created_ms = last.map_or(write.now_ms(), |last| write.now_ms().max(last.created_ms + 1));
    let key = LicenceKey { id, public, seed, created_ms };
    write.add_licence_key(&key).await?;
    let detail = json!({ "public": key.public, "before": last.map(|last| &last.id) });
    write.audit("licence_key.made", &key.id, Whose::VENDOR, detail);
    Ok(key)
}

fn signer(sealing: &KeyRing, key: &LicenceKey) -> Result<LicenceSigner, StoreError> {
    let seed = sealing.open(context(&key.id), &key.seed).map_err(|error| unreadable("licence key", error))?;
    let seed: &[u8; 32] = seed.as_slice().try_into().map_err(|error| unreadable("licence key", error))?;
    LicenceSigner::new(&key.id, seed).map_err(|error| unreadable("licence key", error))
}

fn context(id: &str) -> Context<'_> {
    Context { purpose: Purpose::LicenceKey, owner: id, name: "" }
}

fn unreadable(what: &'static str, error: impl std::fmt::Display) -> StoreError {
    StoreError::Unreadable { what, detail: error.to_string() }
}
