//! The private key of an upload: one, in the clear, of a kind that browsers speak.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair};
use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs as provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use rustls::sign::SigningKey;
use x509_parser::asn1_rs::{Any, FromDer, Integer, Sequence};
use x509_parser::oid_registry::{OID_KEY_TYPE_EC_PUBLIC_KEY, OID_PKCS1_RSAENCRYPTION};
use x509_parser::x509::AlgorithmIdentifier;
use zeroize::Zeroizing;

use super::pem::Block;
use super::{Fixed, other_block};
use crate::kernel::fault::FieldFault;

/// A key that TLS can sign with before browsers.
pub(super) struct Key {
    /// PKCS#8 DER.
    pub(super) pkcs8: Zeroizing<Vec<u8>>,
    /// Its public half, as a certificate holds it.
    pub(super) public: Vec<u8>,
}

/// What all browsers and apps take in a handshake (RFC 8446 section 4.2.3).
const SCHEMES: [SignatureScheme; 3] =
    [SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::ECDSA_NISTP384_SHA384, SignatureScheme::RSA_PSS_SHA256];
const SMALLEST_RSA_BITS: usize = 2048;
const LARGEST_RSA_BITS: usize = 8192;

const ENCRYPTED: Fixed = Fixed {
    pointer: "/key",
    code: "key-has-passphrase",
    english: "The private key is protected by a passphrase: send it without one.",
    french: "La clé privée est protégée par une phrase secrète : envoyez-la sans.",
};
const CERTIFICATE: Fixed = Fixed {
    pointer: "/key",
    code: "key-is-certificate",
    english: "The key holds a certificate and no private key.",
    french: "La clé contient un certificat et pas de clé privée.",
};
const PUBLIC: Fixed = Fixed {
    pointer: "/key",
    code: "key-is-public",
    english: "The key is a public one: send the private key.",
    french: "La clé est une clé publique : envoyez la clé privée.",
};
const SEVERAL: Fixed = Fixed {
    pointer: "/key",
    code: "key-several",
    english: "There are several private keys: send the certificate's own.",
    french: "Il y a plusieurs clés privées : envoyez celle du certificat.",
};
const OPENSSH: Fixed = Fixed {
    pointer: "/key",
    code: "key-is-openssh",
    english: "The key is in OpenSSH's own form: send it as PKCS#8.",
    french: "La clé est au format propre à OpenSSH : envoyez-la en PKCS#8.",
};
const ALGORITHM: Fixed = Fixed {
    pointer: "/key",
    code: "key-algorithm",
    english: "Browsers do not connect with a key of this kind: take ECDSA on P-256 or P-384, or RSA.",
    french: "Les navigateurs ne se connectent pas avec ce type de clé : prenez ECDSA sur P-256 ou P-384, ou RSA.",
};
const SIZE: Fixed = Fixed {
    pointer: "/key",
    code: "key-size",
    english: "An RSA key has 2048 to 8192 bits.",
    french: "Une clé RSA a de 2048 à 8192 bits.",
};
const UNREADABLE: Fixed = Fixed {
    pointer: "/key",
    code: "key-unreadable",
    english: "The block of the private key holds no key that can be read.",
    french: "Le bloc de la clé privée ne contient pas de clé lisible.",
};

/// Reads the key. Parameters of a curve, and certificates that came with it, are skipped.
pub(super) fn read(blocks: Vec<Block>) -> Result<Key, FieldFault> {
    let (mut private, others): (Vec<_>, Vec<_>) = blocks.into_iter().partition(Block::is_private_key);
    let Some(block) = private.pop() else {
        return Err(match others.first() {
            Some(block) if block.is_certificate() => CERTIFICATE.into(),
            Some(block) if block.label.ends_with("PUBLIC KEY") => PUBLIC.into(),
            other => other_block("/key", "key-other-block", other.map_or("", |block| &block.label)),
        });
    };
    if private.iter().any(|other| other.der != block.der) {
        return Err(SEVERAL.into());
    }
    if block.is_encrypted || block.label == "ENCRYPTED PRIVATE KEY" {
        return Err(ENCRYPTED.into());
    }
    let der = match block.label.as_str() {
        "PRIVATE KEY" => PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(block.der.as_slice())),
        "RSA PRIVATE KEY" => PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(block.der.as_slice())),
        "EC PRIVATE KEY" => PrivateKeyDer::Sec1(PrivateSec1KeyDer::from(block.der.as_slice())),
        "OPENSSH PRIVATE KEY" => return Err(OPENSSH.into()),
        "DSA PRIVATE KEY" => return Err(ALGORITHM.into()),
        other => return Err(other_block("/key", "key-other-block", other)),
    };
    usable(&der)
}

fn usable(der: &PrivateKeyDer<'_>) -> Result<Key, FieldFault> {
    let signing: Arc<dyn SigningKey> = provider::sign::any_supported_type(der).map_err(|_| unusable(der))?;
    if signing.choose_scheme(&SCHEMES).is_none() {
        return Err(ALGORITHM.into());
    }
    let public = signing.public_key().ok_or(UNREADABLE)?.to_vec();
    Ok(Key { pkcs8: pkcs8(der).ok_or(UNREADABLE)?, public })
}

/// Why the provider doesn't take a key.
fn unusable(der: &PrivateKeyDer<'_>) -> FieldFault {
    let fixed = match der {
        PrivateKeyDer::Pkcs1(key) => rsa_fault(key.secret_pkcs1_der()),
        PrivateKeyDer::Sec1(key) if Sequence::from_der(key.secret_sec1_der()).is_ok() => ALGORITHM,
        PrivateKeyDer::Pkcs8(key) => match pkcs8_parts(key.secret_pkcs8_der()) {
            Some((algorithm, key)) if algorithm.algorithm == OID_PKCS1_RSAENCRYPTION => rsa_fault(key),
            Some((algorithm, key)) if algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY && key.is_empty() => UNREADABLE,
            Some(_) => ALGORITHM,
            None => UNREADABLE,
        },
        _ => UNREADABLE,
    };
    fixed.into()
}

fn rsa_fault(key: &[u8]) -> Fixed {
    match rsa_bits(key) {
        Some(bits) if !(SMALLEST_RSA_BITS..=LARGEST_RSA_BITS).contains(&bits) => SIZE,
        _ => UNREADABLE,
    }
}

/// The algorithm and the inner key of PKCS#8 (RFC 5208 section 5).
fn pkcs8_parts(der: &[u8]) -> Option<(AlgorithmIdentifier<'_>, &[u8])> {
    let (_, outer) = Any::from_der(der).ok()?;
    let (rest, _version) = Integer::from_der(outer.data).ok()?;
    let (rest, algorithm) = AlgorithmIdentifier::from_der(rest).ok()?;
    let (_, key) = Any::from_der(rest).ok()?;
    Some((algorithm, key.data))
}

/// How many bits the modulus of an RSA key has (RFC 8017 appendix A.1.2).
fn rsa_bits(der: &[u8]) -> Option<usize> {
    let (_, outer) = Any::from_der(der).ok()?;
    let (rest, _version) = Integer::from_der(outer.data).ok()?;
    let (_, modulus) = Integer::from_der(rest).ok()?;
    let digits: &[u8] = modulus.as_ref();
    let leading = digits.iter().take_while(|&&byte| byte == 0).count();
    let first = digits.get(leading)?;
    Some((digits.len() - leading) * 8 - first.leading_zeros() as usize)
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
            let curves = [&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1_SIGNING];
            let pair = curves
                .into_iter()
                .find_map(|curve| EcdsaKeyPair::from_private_key_der(curve, key.secret_sec1_der()).ok())?;
            Some(Zeroizing::new(pair.to_pkcs8v1().ok()?.as_ref().to_vec()))
        }
        _ => None,
    }
}
