//! What is looked at before a certificate that an authority issued is served: that it parses, belongs to its key, covers
//! the name, and is valid now. One that a partner uploads is judged by `model::upload`.

use marque_config::Hostname;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::kernel::period::DAY_MS;

/// A chain that may be served with its key. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The chain, leaf first, DER.
    pub chain: Vec<Vec<u8>>,
    /// The DNS names that the leaf is for, wildcards as they stand.
    pub names: Vec<String>,
    /// From when it's valid.
    pub not_before_ms: i64,
    /// Until when it's valid.
    pub not_after_ms: i64,
}

/// Why a certificate can't be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The chain isn't PEM certificates, or too many, or too large.
    #[error("the chain is 1 to 10 certificates in PEM, the server's first, of 128 KiB at most")]
    Chain,
    /// The key isn't of a kind that TLS uses.
    #[error("the key is RSA or ECDSA")]
    Key,
    /// The key belongs to another certificate.
    #[error("the key does not belong to the certificate")]
    OtherKey,
    /// The certificate isn't valid now, nor within a day.
    #[error("the certificate is expired or not valid yet")]
    Dates,
}

const MOST_CERTIFICATES: usize = 10;
/// All certificates of a chain together: one line of the feed has room for them.
const MOST_BYTES: usize = 128 << 10;

/// Reads a chain in PEM and looks whether it can be served with the key now.
///
/// # Errors
/// [`CertificateError`].
pub fn check(chain: &str, key: &PrivateKeyDer<'_>, now_ms: i64) -> Result<Checked, CertificateError> {
    let certificates = CertificateDer::pem_slice_iter(chain.as_bytes())
        .take(MOST_CERTIFICATES + 1)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| CertificateError::Chain)?;
    let bytes: usize = certificates.iter().map(|certificate| certificate.len()).sum();
    if certificates.is_empty() || certificates.len() > MOST_CERTIFICATES || bytes > MOST_BYTES {
        return Err(CertificateError::Chain);
    }
    let checked = describe(&certificates)?;
    // The clocks of two machines may differ: what is valid tomorrow is taken today.
    if now_ms >= checked.not_after_ms || now_ms < checked.not_before_ms - DAY_MS {
        return Err(CertificateError::Dates);
    }
    let signing = aws_lc_rs::sign::any_supported_type(key).map_err(|_| CertificateError::Key)?;
    CertifiedKey::new(certificates, signing).keys_match().map_err(|_| CertificateError::OtherKey)?;
    Ok(checked)
}

fn describe(certificates: &[CertificateDer<'_>]) -> Result<Checked, CertificateError> {
    let mut leaf = None;
    for certificate in certificates.iter().rev() {
        leaf = Some(X509Certificate::from_der(certificate).map_err(|_| CertificateError::Chain)?.1);
    }
    let leaf = leaf.ok_or(CertificateError::Chain)?;
    let names = leaf.subject_alternative_name().map_err(|_| CertificateError::Chain)?;
    let names = names.iter().flat_map(|extension| &extension.value.general_names).filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    });
    Ok(Checked {
        chain: certificates.iter().map(|certificate| certificate.to_vec()).collect(),
        names: names.collect(),
        not_before_ms: leaf.validity().not_before.timestamp().saturating_mul(1000),
        not_after_ms: leaf.validity().not_after.timestamp().saturating_mul(1000),
    })
}

impl Checked {
    /// Whether the certificate is for the name (RFC 9525: a wildcard stands for the whole first label).
    #[must_use]
    pub fn covers(&self, host: &Hostname) -> bool {
        let parent = host.as_str().split_once('.').map(|(_, parent)| parent);
        self.names
            .iter()
            .any(|name| name == host.as_str() || name.strip_prefix("*.").is_some_and(|it| Some(it) == parent))
    }

    /// When to renew it if it's served from `now_ms` on: with a third of that time left; with half of it when that's
    /// less than ten days.
    #[must_use]
    pub fn renew_at_ms(&self, now_ms: i64) -> i64 {
        let life_ms = self.not_after_ms - now_ms;
        let left_ms = if life_ms < 10 * DAY_MS { life_ms / 2 } else { life_ms / 3 };
        self.not_after_ms - left_ms
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn issued(names: &[&str]) -> (String, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key)
    }

    fn der(key: &KeyPair) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(key.serialize_der()).unwrap()
    }

    const NOW_MS: i64 = 1_764_000_000_000;

    #[test]
    fn a_certificate_covers_its_names_and_one_label_below_a_wildcard() {
        let (chain, key) = issued(&["till.example", "*.p.example"]);
        let checked = check(&chain, &der(&key), NOW_MS).unwrap();
        let covers = |name: &str| checked.covers(&name.parse().unwrap());
        assert!(covers("till.example") && covers("a.p.example"));
        assert!(!covers("p.example") && !covers("a.b.p.example") && !covers("www.till.example"));
    }

    #[test]
    fn another_key_other_dates_and_other_texts_are_refused() {
        let (chain, key) = issued(&["till.example"]);
        let (_, other) = issued(&["till.example"]);
        let key = der(&key);
        let other = der(&other);
        assert_eq!(check(&chain, &other, NOW_MS), Err(CertificateError::OtherKey));
        assert_eq!(check(&chain, &key, i64::MAX), Err(CertificateError::Dates));
        assert_eq!(check(&chain, &key, -62_200_000_000_000), Err(CertificateError::Dates));
        assert_eq!(check("", &key, NOW_MS), Err(CertificateError::Chain));
        assert_eq!(check(&chain.repeat(11), &key, NOW_MS), Err(CertificateError::Chain));
        let long: Vec<String> = (0..6_000).map(|number| format!("name-{number}.till.example")).collect();
        let (long, long_key) = issued(&long.iter().map(String::as_str).collect::<Vec<_>>());
        let long_key = der(&long_key);
        assert_eq!(check(&long, &long_key, NOW_MS), Err(CertificateError::Chain), "it would not fit into the feed");
    }

    #[test]
    fn renewal_is_at_a_third_of_life_left_and_at_half_for_short_ones() {
        let renewed_after = |days: i64| {
            let not_after_ms = NOW_MS + days * DAY_MS;
            let checked = Checked { chain: Vec::new(), names: Vec::new(), not_before_ms: NOW_MS, not_after_ms };
            (checked.renew_at_ms(NOW_MS) - NOW_MS) / DAY_MS
        };
        assert_eq!((renewed_after(90), renewed_after(45), renewed_after(6)), (60, 30, 3));
    }
}
