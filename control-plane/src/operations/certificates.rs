//! A certificate that a partner brings itself.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
};
use marque_config::DomainId;
use marque_config::seal::{Context, KeyRing, Purpose, Sealed};
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use zeroize::Zeroizing;

use super::Refused;
use super::domains::{Named, named};
use crate::acme::certificate::{self, CertificateError, Checked};
use crate::model::fault::FieldFault;
use crate::model::language::Sentence;
use crate::model::principal::Reach;
use crate::store::hostnames::{CertificateSource, ClaimedName};
use crate::store::{StoreError, Write};

/// A chain and its private key, both PEM.
pub struct Upload {
    /// The chain, the server's certificate first.
    pub chain: String,
    /// The private key.
    pub key: Zeroizing<String>,
}

/// Takes a certificate for every name of the domain that it covers.
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
    let key = certificate::read_key(&upload.key).map_err(fault)?;
    let checked = certificate::check(&upload.chain, &key, write.now_ms()).map_err(fault)?;
    let key = pkcs8(&key).ok_or_else(|| fault(CertificateError::Key))?;
    let domain = write.domain(reach, id).await?.ok_or(Refused::NotFound)?;
    let names = write.names_of(id).await?;
    let covered: Vec<&ClaimedName> = names.iter().filter(|name| checked.covers(&name.host)).collect();
    if covered.is_empty() {
        return Err(covers_nothing().into());
    }
    for name in &covered {
        install(write, edge_key, name, &checked, &key).await?;
    }
    let hosts: Vec<_> = covered.iter().map(|name| &name.host).collect();
    let whose = write.whose(domain.tenant).await?;
    let detail = json!({ "hosts": hosts, "not_after_ms": checked.not_after_ms });
    write.audit("domain.certificate_uploaded", &id, whose, detail);
    named(write, domain).await
}

async fn install(
    write: &mut Write,
    edge_key: &KeyRing,
    name: &ClaimedName,
    checked: &Checked,
    key: &[u8],
) -> Result<(), StoreError> {
    let tenant = name.tenant.to_string();
    let context = Context { purpose: Purpose::CertificateKey, owner: &tenant, name: name.host.as_str() };
    let sealed: Sealed = edge_key
        .seal(context, &write.parts().bytes(), key)
        .map_err(|error| StoreError::Unreadable { what: "the uploaded key", detail: error.to_string() })?;
    write.install_certificate((&name.host, name.tenant), checked, sealed, CertificateSource::Uploaded).await?;
    Ok(())
}

/// The key as PKCS#8, however it was written.
fn pkcs8(key: &PrivateKeyDer<'_>) -> Option<Zeroizing<Vec<u8>>> {
    match key {
        PrivateKeyDer::Pkcs8(key) => Some(Zeroizing::new(key.secret_pkcs8_der().to_vec())),
        PrivateKeyDer::Pkcs1(key) => {
            let pair = rsa::KeyPair::from_der(key.secret_pkcs1_der()).ok()?;
            let der: Pkcs8V1Der<'static> = pair.as_der().ok()?;
            Some(Zeroizing::new(der.as_ref().to_vec()))
        }
        PrivateKeyDer::Sec1(key) => {
            let curves =
                [&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P521_SHA512_ASN1_SIGNING];
            let pair = curves
                .into_iter()
                .find_map(|curve| EcdsaKeyPair::from_private_key_der(curve, key.secret_sec1_der()).ok())?;
            Some(Zeroizing::new(pair.to_pkcs8v1().ok()?.as_ref().to_vec()))
        }
        _ => None,
    }
}

fn fault(error: CertificateError) -> FieldFault {
    let (pointer, code, french) = match error {
        CertificateError::Chain => (
            "/chain",
            "invalid-chain",
            "La chaîne a de 1 à 10 certificats en PEM, celui du serveur en premier, 128 Kio au plus.",
        ),
        CertificateError::Key => ("/key", "invalid-key", "La clé est une clé privée en PEM, RSA ou ECDSA."),
        CertificateError::OtherKey => ("/key", "key-mismatch", "La clé n’est pas celle du certificat."),
        CertificateError::Dates => {
            ("/chain", "certificate-not-valid", "Le certificat a expiré ou n’est pas encore valide.")
        }
    };
    FieldFault::new(pointer, code, Sentence::new(format!("Wrong: {error}."), french))
}

fn covers_nothing() -> FieldFault {
    let said = Sentence::fixed(
        "The certificate covers none of the domain's hostnames.",
        "Le certificat ne couvre aucun des noms du domaine.",
    );
    FieldFault::new("/chain", "covers-no-hostname", said)
}
