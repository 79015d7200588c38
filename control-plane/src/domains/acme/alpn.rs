//! The certificate by which `tls-alpn-01` proves a name on port 443 (RFC 8737 section 3): self-signed, for the name alone, with
//! the digest of the key authorization in a critical extension.

use marque_config::Hostname;
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256};
use zeroize::Zeroizing;

/// A certificate, and its private key.
pub struct Made {
    /// DER.
    pub certificate: Vec<u8>,
    /// PKCS#8 DER.
    pub key: Zeroizing<Vec<u8>>,
}

/// The bytes of a SHA-256.
const DIGEST: usize = 32;

/// Makes the certificate that proves a name.
///
/// # Errors
/// When no key can be made, or the digest isn't one.
pub fn prove(host: &Hostname, digest: &[u8]) -> Result<Made, rcgen::Error> {
    if digest.len() != DIGEST {
        return Err(rcgen::Error::CouldNotParseCertificate);
    }
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::new([host.to_string()])?;
    params.distinguished_name = DistinguishedName::new();
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let certificate = params.self_signed(&key)?.der().to_vec();
    Ok(Made { certificate, key: Zeroizing::new(key.serialize_der()) })
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::*;

    use super::*;

    /// `1.3.6.1.5.5.7.1.31`, an OCTET STRING in an OCTET STRING.
    #[test]
    fn the_certificate_is_for_the_name_alone_and_holds_the_digest() {
        let made = prove(&"fournil.example".parse().unwrap(), &[7; DIGEST]).unwrap();
        let (_, certificate) = X509Certificate::from_der(&made.certificate).unwrap();
        let names = certificate.subject_alternative_name().unwrap().unwrap();
        assert_eq!(names.value.general_names, [GeneralName::DNSName("fournil.example")]);
        let proof = certificate.extensions().iter().find(|it| it.oid.to_id_string() == "1.3.6.1.5.5.7.1.31").unwrap();
        assert!(proof.critical);
        assert_eq!(proof.value, [&[4, 32][..], &[7; DIGEST]].concat());
        assert_eq!(certificate.subject().iter().count(), 0, "nobody is named");
    }

    #[test]
    fn what_is_no_digest_proves_nothing() {
        assert!(prove(&"fournil.example".parse().unwrap(), &[7; 31]).is_err());
    }
}
