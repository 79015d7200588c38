//! A certificate that a partner brings itself.

use marque_config::DomainId;
use marque_config::seal::{Context, KeyRing, Purpose, Sealed};
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{StoreError, Write};
use crate::domains::acme::certificate::Checked;
use crate::domains::model::upload::{Judged, Roots, Upload, judge};
use crate::domains::operations::{Named, named};
use crate::domains::store::hostnames::{CertificateSource, ClaimedName};
use crate::domains::store::uploads::{Uploaded, Waiting};
use crate::kernel::fault::FieldFault;
use crate::kernel::language::Sentence;
use crate::kernel::principal::Reach;
use crate::kernel::time::Time;

/// Takes a certificate for every name of the domain that it covers: served from now on, or from when it's valid, in
/// place of one that waited for that.
///
/// # Errors
/// [`Refused`].
pub async fn upload(
    write: &mut Write,
    reach: &Reach,
    edge_key: &KeyRing,
    id: DomainId,
    upload: &Upload,
) -> Result<Named, Refused> {
    let judged = judge(upload, &Roots::public(), write.now_ms())?;
    let domain = write.domain(reach, id).await?.ok_or(Refused::NotFound)?;
    let names = write.names_of(id).await?;
    let covered: Vec<&ClaimedName> = names.iter().filter(|name| judged.checked.covers(&name.host)).collect();
    if covered.is_empty() {
        return Err(covers_nothing().into());
    }
    for name in &covered {
        take(write, edge_key, name, &judged).await?;
    }
    let hosts: Vec<_> = covered.iter().map(|name| &name.host).collect();
    let whose = write.whose(domain.tenant).await?;
    let checked = &judged.checked;
    let detail = json!({ "hosts": hosts, "not_before": Time::from_ms(checked.not_before_ms),
        "not_after": Time::from_ms(checked.not_after_ms),
        "private_authority": judged.is_private });
    write.audit("domain.certificate_uploaded", &id, whose, detail);
    named(write, domain).await
}

/// Serves an uploaded certificate whose time has come, unless its name was given up, or claimed anew, meanwhile.
///
/// # Errors
/// [`Refused`].
pub(crate) async fn switch_on(write: &mut Write, waiting: Waiting) -> Result<(), Refused> {
    let Waiting { domain, uploaded, checked, key } = waiting;
    // Somebody may have taken its place since it was read.
    let was_there = write.drop_waiting_upload(&uploaded.host, domain).await?;
    let names = write.names_of(domain).await?;
    let Some(name) = names.iter().find(|name| was_there && name.host == uploaded.host) else { return Ok(()) };
    if uploaded.not_after_ms <= write.now_ms() {
        return Ok(());
    }
    serve(write, name, (&checked, uploaded.is_private), key).await?;
    let whose = write.whose(name.tenant).await?;
    write.audit("domain.certificate_begun", &domain, whose, json!({ "hosts": [&name.host] }));
    Ok(())
}

async fn take(write: &mut Write, edge_key: &KeyRing, name: &ClaimedName, judged: &Judged) -> Result<(), StoreError> {
    let tenant = name.tenant.to_string();
    let context = Context { purpose: Purpose::CertificateKey, owner: &tenant, name: name.host.as_str() };
    let sealed: Sealed = edge_key
        .seal(context, &write.parts().bytes(), &judged.key)
        .map_err(|error| StoreError::Unreadable { what: "the uploaded key", detail: error.to_string() })?;
    if judged.checked.not_before_ms > write.now_ms() {
        let uploaded = said(name, (&judged.checked, judged.is_private), true);
        let waiting = Waiting { domain: name.domain, uploaded, checked: judged.checked.clone(), key: sealed };
        return write.keep_upload(&waiting).await;
    }
    write.drop_waiting_upload(&name.host, name.domain).await?;
    serve(write, name, (&judged.checked, judged.is_private), sealed).await
}

async fn serve(write: &mut Write, name: &ClaimedName, judged: (&Checked, bool), key: Sealed) -> Result<(), StoreError> {
    let to = (&name.host, name.tenant);
    write.install_certificate(to, judged.0, key, CertificateSource::Uploaded).await?;
    write.note_upload(name.domain, &said(name, judged, false)).await
}

fn said(name: &ClaimedName, (checked, is_private): (&Checked, bool), is_waiting: bool) -> Uploaded {
    Uploaded {
        host: name.host.clone(),
        is_waiting,
        is_private,
        not_before_ms: checked.not_before_ms,
        not_after_ms: checked.not_after_ms,
    }
}

fn covers_nothing() -> FieldFault {
    let said = Sentence::fixed(
        "The certificate covers none of the domain's hostnames.",
        "Le certificat ne couvre aucun des noms du domaine.",
    );
    FieldFault::new("/chain", "covers-no-hostname", said)
}
