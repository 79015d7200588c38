//! The server's own certificate: what browsers ask of it beyond being signed.

use x509_parser::oid_registry::{Oid, asn1_rs::oid};
use x509_parser::prelude::{GeneralName, X509Certificate};

use super::{Fixed, UNREADABLE};
use crate::kernel::fault::FieldFault;

/// `id-pe-tlsfeature` (RFC 7633): the server must staple an OCSP answer.
const TLS_FEATURE: Oid<'static> = oid!(1.3.6.1.5.5.7.1.24);

const EXPIRED: Fixed = Fixed {
    pointer: "/chain",
    code: "certificate-expired",
    english: "The certificate has expired.",
    french: "Le certificat a expiré.",
};
const NO_NAMES: Fixed = Fixed {
    pointer: "/chain",
    code: "certificate-without-names",
    english: "The certificate has no DNS name in its subject alternative names; browsers read no others.",
    french: "Le certificat n’a pas de nom DNS dans ses noms alternatifs ; les navigateurs n’en lisent pas d’autres.",
};
const MUST_STAPLE: Fixed = Fixed {
    pointer: "/chain",
    code: "certificate-must-staple",
    english: "The certificate asks for a stapled OCSP answer, which is not served here: get one without must-staple.",
    french: "Le certificat exige une réponse OCSP agrafée, qui n’est pas servie ici : prenez-en un sans must-staple.",
};
const NO_SERVER_AUTH: Fixed = Fixed {
    pointer: "/chain",
    code: "certificate-not-for-servers",
    english: "The certificate is not for servers: its extended key usage lacks serverAuth.",
    french: "Le certificat n’est pas pour un serveur : serverAuth manque à son usage étendu.",
};
const NO_SIGNATURE: Fixed = Fixed {
    pointer: "/chain",
    code: "certificate-not-for-signing",
    english: "The certificate's key may not sign handshakes: its key usage lacks digitalSignature.",
    french: "La clé du certificat ne peut pas signer les échanges : digitalSignature manque à son usage.",
};
const AUTHORITY: Fixed = Fixed {
    pointer: "/chain",
    code: "certificate-is-authority",
    english: "The key's certificate is an authority's, not a server's.",
    french: "Le certificat de la clé est celui d’une autorité, pas d’un serveur.",
};

/// Judges the certificate; the DNS names that it is for, in lower case, wildcards as they stand.
pub(super) fn judge(leaf: &X509Certificate<'_>, now_ms: i64) -> Result<Vec<String>, FieldFault> {
    let unreadable = |_| FieldFault::from(UNREADABLE);
    if now_ms >= validity(leaf).1 {
        return Err(EXPIRED.into());
    }
    if leaf.iter_extensions().any(|extension| extension.oid == TLS_FEATURE) {
        return Err(MUST_STAPLE.into());
    }
    if leaf.extended_key_usage().map_err(unreadable)?.is_some_and(|usage| !usage.value.server_auth) {
        return Err(NO_SERVER_AUTH.into());
    }
    if leaf.key_usage().map_err(unreadable)?.is_some_and(|usage| !usage.value.digital_signature()) {
        return Err(NO_SIGNATURE.into());
    }
    // Who signs for itself alone is its own authority.
    if leaf.is_ca() && leaf.subject().as_raw() != leaf.issuer().as_raw() {
        return Err(AUTHORITY.into());
    }
    let names = leaf.subject_alternative_name().map_err(unreadable)?;
    let names = names.iter().flat_map(|extension| &extension.value.general_names).filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    });
    let names: Vec<_> = names.collect();
    if names.is_empty() { Err(NO_NAMES.into()) } else { Ok(names) }
}

/// From when and until when a certificate is valid, milliseconds since 1970, UTC.
pub(super) fn validity(certificate: &X509Certificate<'_>) -> (i64, i64) {
    let at = |time: &x509_parser::time::ASN1Time| time.timestamp().saturating_mul(1000);
    (at(&certificate.validity().not_before), at(&certificate.validity().not_after))
}
