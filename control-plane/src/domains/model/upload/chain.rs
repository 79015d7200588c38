//! What vouches for the server's certificate: found among what came, put in order, without what nobody needs (RFC 8446
//! section 4.4.2).

use std::time::Duration;

use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::aws_lc_rs as algorithms;
use webpki::{EndEntityCert, Error, KeyUsage};
use x509_parser::prelude::X509Certificate;

use super::leaf::validity;
use super::{Fixed, Roots, parse};
use crate::kernel::fault::FieldFault;

/// A chain that leads from the server's certificate to an authority.
pub(super) struct Path {
    /// The server's certificate first, each of the others signed the one before it; no root.
    pub(super) certificates: Vec<CertificateDer<'static>>,
    /// Whether it leads to no public root.
    pub(super) is_private: bool,
}

const INCOMPLETE: Fixed = Fixed {
    pointer: "/chain",
    code: "chain-incomplete",
    english: "The certificate of the authority that issued the server's is missing: add it to the chain.",
    french: "Il manque le certificat de l’autorité qui a émis celui du serveur : ajoutez-le à la chaîne.",
};
const UNRELATED: Fixed = Fixed {
    pointer: "/chain",
    code: "chain-unrelated",
    english: "A certificate of the chain did not sign any other of it.",
    french: "Un certificat de la chaîne n’en a signé aucun autre.",
};
const EXPIRED: Fixed = Fixed {
    pointer: "/chain",
    code: "chain-expired",
    english: "The certificate of an authority in the chain is expired, or not valid yet when the server's is.",
    french: "Le certificat d’une autorité de la chaîne a expiré, ou n’est pas encore valide quand celui du serveur l’est.",
};
const NO_AUTHORITY: Fixed = Fixed {
    pointer: "/chain",
    code: "chain-not-an-authority",
    english: "A certificate of the chain signed another without being an authority's.",
    french: "Un certificat de la chaîne en a signé un autre sans être celui d’une autorité.",
};
const WEAK: Fixed = Fixed {
    pointer: "/chain",
    code: "chain-signature",
    english: "A certificate of the chain is signed in a way that browsers no longer take, such as SHA-1.",
    french: "Un certificat de la chaîne est signé d’une façon que les navigateurs n’acceptent plus, comme SHA-1.",
};
const FORBIDDEN: Fixed = Fixed {
    pointer: "/chain",
    code: "chain-not-allowed",
    english: "An authority of the chain may not vouch for this certificate: its own certificate limits what for.",
    french: "Une autorité de la chaîne ne peut pas répondre de ce certificat : le sien en limite l’usage.",
};
const UNUSABLE: Fixed = Fixed {
    pointer: "/chain",
    code: "chain-unusable",
    english: "Browsers would not accept this chain.",
    french: "Les navigateurs n’accepteraient pas cette chaîne.",
};

/// The signatures that browsers take in a chain.
const SIGNATURES: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P256_SHA512,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ECDSA_P384_SHA512,
    algorithms::ECDSA_P521_SHA512,
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
    algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

/// Finds what vouches for the certificate at `own`, at a time.
pub(super) fn arrange(
    pool: &[CertificateDer<'static>],
    own: usize,
    roots: &Roots,
    at_ms: i64,
) -> Result<Path, FieldFault> {
    let leaf = &pool[own];
    let others: Vec<_> = pool.iter().filter(|der| *der != leaf).cloned().collect();
    let path = if is_own_authority(leaf)? {
        Path { certificates: vec![leaf.clone()], is_private: true }
    } else {
        match verify(leaf, &others, &roots.0, at_ms) {
            Ok(between) => Path { certificates: [vec![leaf.clone()], between].concat(), is_private: false },
            Err(error) if is_of_strangers(&error) => privately(leaf, &others, at_ms)?,
            Err(error) => return Err(fault(&error)),
        }
    };
    if is_of_one_family(&path, &others)? { Ok(path) } else { Err(UNRELATED.into()) }
}

/// Takes the authority that came along, the highest one, for the one to trust. Every one that vouches for the
/// certificate has to be good: what is wrong higher up is wrong for those who trust that.
fn privately(
    leaf: &CertificateDer<'static>,
    others: &[CertificateDer<'static>],
    at_ms: i64,
) -> Result<Path, FieldFault> {
    let mut longest: Option<(usize, Path)> = None;
    for top in others {
        let Some(between) = below(leaf, others, top, at_ms)? else { continue };
        let height = between.len();
        if longest.as_ref().is_none_or(|(before, _)| height > *before) {
            let kept = (!is_self_issued(&parse(top)?)).then(|| top.clone());
            let certificates = [leaf.clone()].into_iter().chain(between).chain(kept).collect();
            longest = Some((height, Path { certificates, is_private: true }));
        }
    }
    let missing = if others.is_empty() { INCOMPLETE } else { UNRELATED };
    longest.map(|(_, path)| path).ok_or_else(|| missing.into())
}

/// What is between the certificate and an authority that came along; none when they are strangers.
fn below(
    leaf: &CertificateDer<'static>,
    others: &[CertificateDer<'static>],
    top: &CertificateDer<'static>,
    at_ms: i64,
) -> Result<Option<Vec<CertificateDer<'static>>>, FieldFault> {
    let Ok(anchor) = webpki::anchor_from_trusted_cert(top) else { return Err(UNUSABLE.into()) };
    let between = match verify(leaf, others, &[anchor], at_ms) {
        Ok(between) => between,
        Err(error) if is_of_strangers(&error) => return Ok(None),
        Err(error) => return Err(fault(&error)),
    };
    let top = parse(top)?;
    let (from_ms, until_ms) = validity(&top);
    let usage = top.extended_key_usage().ok().flatten();
    match () {
        () if !(from_ms..until_ms).contains(&at_ms) => Err(EXPIRED.into()),
        () if !top.is_ca() => Err(NO_AUTHORITY.into()),
        () if usage.is_some_and(|usage| !usage.value.server_auth && !usage.value.any) => Err(FORBIDDEN.into()),
        () => Ok(Some(between)),
    }
}

/// What is between a certificate and one of the anchors, in order.
fn verify(
    leaf: &CertificateDer<'static>,
    others: &[CertificateDer<'static>],
    anchors: &[TrustAnchor<'_>],
    at_ms: i64,
) -> Result<Vec<CertificateDer<'static>>, Error> {
    let entity = EndEntityCert::try_from(leaf)?;
    let at = UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(at_ms).unwrap_or_default()));
    let path = entity.verify_for_usage(SIGNATURES, anchors, others, at, KeyUsage::server_auth(), None, None)?;
    Ok(path.intermediate_certificates().map(|certificate| certificate.der().into_owned()).collect())
}

/// Whether nobody was found who signed the certificate.
fn is_of_strangers(error: &Error) -> bool {
    matches!(error, Error::UnknownIssuer | Error::InvalidSignatureForPublicKey)
}

fn fault(error: &Error) -> FieldFault {
    let fixed = match error {
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } => EXPIRED,
        Error::EndEntityUsedAsCa => NO_AUTHORITY,
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
        | Error::SignatureAlgorithmMismatch => WEAK,
        Error::NameConstraintViolation
        | Error::PathLenConstraintViolated
        | Error::RequiredEkuNotFoundContext(_)
        | Error::CertDistrusted => FORBIDDEN,
        _ => UNUSABLE,
    };
    fixed.into()
}

/// Whether everything that came has to do with the path: the roots and other signatures of its authorities are left out
/// of it in silence, anything else is a mistake.
fn is_of_one_family(path: &Path, others: &[CertificateDer<'static>]) -> Result<bool, FieldFault> {
    let mut names: Vec<Vec<u8>> = Vec::new();
    for der in &path.certificates {
        let certificate = parse(der)?;
        names.extend([certificate.subject().as_raw().to_vec(), certificate.issuer().as_raw().to_vec()]);
    }
    let mut left: Vec<_> = others.iter().map(|der| parse(der)).collect::<Result<_, _>>()?;
    loop {
        let (related, strangers): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|other| names.iter().any(|name| name == other.subject().as_raw()));
        if related.is_empty() {
            return Ok(strangers.is_empty());
        }
        names.extend(related.iter().map(|certificate| certificate.issuer().as_raw().to_vec()));
        left = strangers;
    }
}

fn is_self_issued(certificate: &X509Certificate<'_>) -> bool {
    certificate.subject().as_raw() == certificate.issuer().as_raw()
}

/// Whether a server's certificate was signed with its own key.
fn is_own_authority(leaf: &CertificateDer<'_>) -> Result<bool, FieldFault> {
    let leaf = parse(leaf)?;
    Ok(is_self_issued(&leaf) && leaf.verify_signature(None).is_ok())
}
