//! Private keys of every kind and form that partners bring.

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519};

use super::world::{World, judged_texts, leaf_params, pem_of};

/// A chain for a key, whatever its kind.
fn chain_for(world: &World, key: &KeyPair) -> String {
    let leaf = leaf_params().signed_by(key, &world.low).unwrap();
    [leaf.pem(), pem_of("CERTIFICATE", world.low.der()), pem_of("CERTIFICATE", world.high.der())].concat()
}

fn code(world: &World, key: &str) -> &'static str {
    let chain = chain_for(world, &world.key);
    judged_texts(world, &chain, key).err().map(|fault| fault.code).unwrap_or_default()
}

/// PKCS#8 around a key of an algorithm without parameters.
fn pkcs8(oid: &[u8], key: &[u8]) -> String {
    let der = [
        &[0x30, (oid.len() + key.len() + 11) as u8, 2, 1, 0, 0x30, (oid.len() + 2) as u8, 6, oid.len() as u8][..],
        oid,
        &[4, (key.len() + 2) as u8, 4, key.len() as u8],
        key,
    ];
    pem_of("PRIVATE KEY", &der.concat())
}

/// The part of an RSA key that says how large it is (RFC 8017 appendix A.1.2).
fn rsa_of_1024_bits() -> Vec<u8> {
    let modulus = [&[2, 0x81, 0x81, 0][..], &[0xff; 128]].concat();
    [&[0x30, 0x81, (modulus.len() + 3) as u8, 2, 1, 0], &modulus[..]].concat()
}

#[test]
fn keys_of_other_kinds_are_refused_by_what_they_are() {
    let world = World::new();
    let generated = |algorithm| KeyPair::generate_for(algorithm).unwrap();
    let encrypted = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n\
                     -----END RSA PRIVATE KEY-----\n";
    let two = [world.key.serialize_pem(), generated(&PKCS_ECDSA_P384_SHA384).serialize_pem()].concat();
    let small = rsa_of_1024_bits();
    let inner =
        [&[0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0, 4, 0x81, small.len() as u8], &small[..]];
    let inner = [&[2, 1, 0][..], &inner.concat()].concat();
    let small_pkcs8 = [&[0x30, 0x81, inner.len() as u8][..], &inner].concat();
    for (what, key, expected) in [
        ("Ed25519", generated(&PKCS_ED25519).serialize_pem(), "key-algorithm"),
        ("Ed448", pkcs8(&[0x2b, 0x65, 0x71], &[7; 57]), "key-algorithm"),
        ("X25519", pkcs8(&[0x2b, 0x65, 0x6e], &[7; 32]), "key-algorithm"),
        ("P-521", generated(&PKCS_ECDSA_P521_SHA512).serialize_pem(), "key-algorithm"),
        ("DSA", pem_of("DSA PRIVATE KEY", &[0x30, 0]), "key-algorithm"),
        ("a small RSA key", pem_of("RSA PRIVATE KEY", &small), "key-size"),
        ("a small RSA key in PKCS#8", pem_of("PRIVATE KEY", &small_pkcs8), "key-size"),
        ("encrypted PKCS#8", pem_of("ENCRYPTED PRIVATE KEY", &[0x30, 0]), "key-has-passphrase"),
        ("an encrypted old form", encrypted.into(), "key-has-passphrase"),
        ("OpenSSH's form", pem_of("OPENSSH PRIVATE KEY", b"openssh-key-v1"), "key-is-openssh"),
        ("a public key", world.key.public_key_pem(), "key-is-public"),
        ("a certificate", pem_of("CERTIFICATE", &world.leaf), "key-is-certificate"),
        ("curve parameters alone", pem_of("EC PARAMETERS", &[6, 0]), "key-other-block"),
        ("two keys", two, "key-several"),
        ("garbage", pem_of("PRIVATE KEY", b"garbage"), "key-unreadable"),
        ("garbage in an older form", pem_of("EC PRIVATE KEY", b"garbage"), "key-unreadable"),
        ("another key", generated(&PKCS_ECDSA_P384_SHA384).serialize_pem(), "key-mismatch"),
    ] {
        assert_eq!(code(&world, &key), expected, "{what}");
    }
}

#[test]
fn keys_are_taken_in_every_form_and_kept_in_one() {
    let world = World::new();
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let rsa: aws_lc_rs::encoding::Pkcs8V1Der<'static> = rsa.as_der().unwrap();
    let rsa = KeyPair::try_from(rsa.as_ref()).unwrap();
    // PKCS#8 of RSA holds the older form after 26 bytes.
    let pkcs1 = pem_of("RSA PRIVATE KEY", &rsa.serialize_der()[26..]);
    let ec = KeyPair::generate().unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &ec.serialize_der()).unwrap();
    let sec1: EcPrivateKeyRfc5915Der<'static> = pair.private_key().as_der().unwrap();
    let sec1 = pem_of("EC PRIVATE KEY", sec1.as_ref());
    let with_parameters =
        [pem_of("EC PARAMETERS", &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]), sec1.clone()].concat();
    let p384 = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let whole_file = [chain_for(&world, &ec), ec.serialize_pem()].concat();
    for (what, pair, key) in [
        ("RSA in PKCS#8", &rsa, rsa.serialize_pem()),
        ("RSA in PKCS#1", &rsa, pkcs1),
        ("P-256 in PKCS#8", &ec, ec.serialize_pem()),
        ("P-256 in SEC 1", &ec, sec1),
        ("P-256 with its parameters, as openssl writes it", &ec, with_parameters),
        ("with the chain in one file", &ec, whole_file),
        ("P-384", &p384, p384.serialize_pem()),
    ] {
        let judged =
            judged_texts(&world, &chain_for(&world, pair), &key).unwrap_or_else(|fault| panic!("{what}: {fault:?}"));
        let kept = KeyPair::try_from(judged.key.as_slice()).unwrap();
        assert_eq!(kept.public_key_raw(), pair.public_key_raw(), "{what}");
    }
}
