//! A root, two authorities below it, and a server's certificate.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName, DnType,
    IsCa, KeyPair, KeyUsagePurpose, date_time_ymd as day,
};
use rustls::pki_types::CertificateDer;
use zeroize::Zeroizing;

use crate::domains::model::upload::{Judged, Roots, Upload, judge};
use crate::kernel::fault::FieldFault;

/// 1 June 2026.
pub(super) const NOW_MS: i64 = 1_780_272_000_000;

pub(super) type Authority = CertifiedIssuer<'static, KeyPair>;

pub(super) struct World {
    pub(super) root: Authority,
    pub(super) root_params: CertificateParams,
    pub(super) high: Authority,
    pub(super) low: Authority,
    low_key: KeyPair,
    pub(super) key: KeyPair,
    pub(super) leaf: CertificateDer<'static>,
    pub(super) roots: Roots,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with_high(|_| {})
    }

    pub(super) fn with_high(change: impl Fn(&mut CertificateParams)) -> Self {
        let root_params = authority_params("The root");
        let root = CertifiedIssuer::self_signed(root_params.clone(), KeyPair::generate().unwrap()).unwrap();
        let mut params = authority_params("The higher authority");
        change(&mut params);
        let high = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &root).unwrap();
        let low_key = KeyPair::generate().unwrap();
        let same = KeyPair::try_from(low_key.serialize_der()).unwrap();
        let low = CertifiedIssuer::signed_by(authority_params("The lower authority"), same, &high).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = leaf_params().signed_by(&key, &low).unwrap().der().clone();
        let roots = Roots::of(&[root.der().clone()]);
        Self { root, root_params, high, low, low_key, key, leaf, roots }
    }

    /// The same, of which no browser trusts the root.
    pub(super) fn without_roots(self) -> Self {
        Self { roots: Roots::of(&[]), ..self }
    }

    /// The lower authority's certificate, issued otherwise for the same key.
    pub(super) fn reissue_low(&self, change: impl Fn(&mut CertificateParams)) -> Certificate {
        let mut params = authority_params("The lower authority");
        change(&mut params);
        params.signed_by(&self.low_key, &self.high).unwrap()
    }
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name = named(name);
    params.not_before = day(2026, 1, 1);
    params.not_after = day(2030, 1, 1);
    params
}

pub(super) fn authority(name: &str, change: impl Fn(&mut CertificateParams)) -> Authority {
    let mut params = authority_params(name);
    change(&mut params);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

pub(super) fn leaf_params() -> CertificateParams {
    let names = ["till.example", "*.till.example"].map(str::to_owned);
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = named("till.example");
    params.not_before = day(2026, 5, 1);
    params.not_after = day(2026, 8, 1);
    params
}

fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::CommonName, name);
    named
}

/// `id-pe-tlsfeature` with `status_request` (RFC 7633 section 6).
pub(super) fn must_staple() -> CustomExtension {
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 24], vec![0x30, 3, 2, 1, 5])
}

pub(super) fn pem_of(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

pub(super) fn judged(world: &World, chain: &[&CertificateDer<'_>]) -> Result<Judged, FieldFault> {
    let chain: String = chain.iter().map(|der| pem_of("CERTIFICATE", der)).collect();
    judged_texts(world, &chain, &world.key.serialize_pem())
}

pub(super) fn judged_texts(world: &World, chain: &str, key: &str) -> Result<Judged, FieldFault> {
    let upload = Upload { chain: Zeroizing::new(chain.to_owned()), key: Zeroizing::new(key.to_owned()) };
    judge(&upload, &world.roots, NOW_MS)
}
