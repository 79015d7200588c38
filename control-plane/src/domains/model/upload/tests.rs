//! What partners upload, made as their tools make it.

mod keys;
mod texts;
mod world;

use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PKCS_ED25519};
use rustls::pki_types::CertificateDer;

use super::*;
use rcgen::date_time_ymd as day;
use world::{NOW_MS, World, authority, judged, leaf_params, must_staple};

/// The code with which a chain is refused; empty when it is taken.
fn code(world: &World, chain: &[&CertificateDer<'_>]) -> String {
    judged(world, chain).err().map(|fault| fault.code.to_owned()).unwrap_or_default()
}

#[test]
fn a_chain_is_put_in_order_and_trimmed() {
    let world = World::new();
    let (leaf, low, high, root) = (&world.leaf, world.low.der(), world.high.der(), world.root.der());
    let wanted = [leaf.to_vec(), low.to_vec(), high.to_vec()];
    for (what, chain) in [
        ("as it should be", vec![leaf, low, high]),
        ("with its root", vec![leaf, low, high, root]),
        ("the other way round", vec![root, high, low, leaf]),
        ("intermediates first", vec![low, high, leaf]),
        ("the leaf twice", vec![leaf, leaf, low, high]),
    ] {
        let judged = judged(&world, &chain).unwrap();
        assert_eq!(judged.checked.chain, wanted, "{what}");
        assert!(!judged.is_private, "{what}");
        assert_eq!(judged.checked.names, ["till.example", "*.till.example"]);
    }
}

#[test]
fn another_signature_of_the_root_is_left_out() {
    let world = World::new();
    let old = authority("The old root", |_| {});
    let mut again = world.root_params.clone();
    again.not_after = day(2027, 1, 1);
    let cross = again.signed_by(world.root.key(), &old).unwrap();
    let chain = [&world.leaf, world.low.der(), world.high.der(), cross.der(), old.der()];
    assert_eq!(judged(&world, &chain).unwrap().checked.chain.len(), 3);
}

#[test]
fn a_private_authority_is_taken_and_said() {
    let world = World::new().without_roots();
    let (leaf, low, high, root) = (&world.leaf, world.low.der(), world.high.der(), world.root.der());
    for (what, chain, length) in [
        ("with its root, which clients have", vec![root, leaf, low, high], 3),
        ("without its root", vec![high, leaf, low], 3),
        ("one authority", vec![leaf, low], 2),
    ] {
        let judged = judged(&world, &chain).unwrap();
        assert!(judged.is_private && judged.checked.chain.len() == length, "{what}");
    }
    let alone = leaf_params().self_signed(&world.key).unwrap();
    let judged = judged(&world, &[alone.der()]).unwrap();
    assert!(judged.is_private && judged.checked.chain.len() == 1, "a certificate that vouches for itself");
}

#[test]
fn a_chain_that_vouches_for_nothing_is_refused() {
    let world = World::new();
    let private = World::new().without_roots();
    let stranger = authority("A stranger", |_| {});
    let twin = authority("The lower authority", |_| {});
    let expired = world.reissue_low(|params| params.not_after = day(2026, 5, 1));
    let later = world.reissue_low(|params| params.not_before = day(2026, 7, 1));
    let no_authority = world.reissue_low(|params| params.is_ca = IsCa::ExplicitNoCa);
    let clients = world.reissue_low(|params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let (leaf, low, high) = (&world.leaf, world.low.der(), world.high.der());
    for (what, chain, expected) in [
        ("the leaf alone", vec![leaf], "chain-incomplete"),
        ("with a stranger", vec![leaf, stranger.der()], "chain-unrelated"),
        ("with an authority of the same name and another key", vec![leaf, twin.der()], "chain-unrelated"),
        ("whole, with a stranger beside", vec![leaf, low, high, stranger.der()], "chain-unrelated"),
        ("with an authority that has expired", vec![leaf, expired.der(), high], "chain-expired"),
        ("with an authority that begins later", vec![leaf, later.der(), high], "chain-expired"),
        ("signed by no authority", vec![leaf, no_authority.der(), high], "chain-not-an-authority"),
        ("with an authority for clients", vec![leaf, clients.der(), high], "chain-not-allowed"),
        ("another key's", vec![low, high], "key-mismatch"),
    ] {
        assert_eq!(code(&world, &chain), expected, "{what}, of a public authority");
    }
    for (what, chain, expected) in [
        ("the leaf alone", vec![&private.leaf], "chain-incomplete"),
        ("with a stranger", vec![&private.leaf, stranger.der()], "chain-unrelated"),
    ] {
        assert_eq!(code(&private, &chain), expected, "{what}, of a private authority");
    }
    let alone = world.without_roots();
    for (what, top, expected) in [
        ("expired", expired.der(), "chain-expired"),
        ("no authority", no_authority.der(), "chain-not-an-authority"),
        ("for clients", clients.der(), "chain-not-allowed"),
    ] {
        assert_eq!(code(&alone, &[&alone.leaf, top]), expected, "a private authority that is {what}");
    }
}

#[test]
fn limits_of_an_authority_and_weak_signatures_are_seen() {
    let world = World::new();
    let elsewhere = world.reissue_low(|params| {
        let permitted = vec![rcgen::GeneralSubtree::DnsName("elsewhere.example".into())];
        params.name_constraints =
            Some(rcgen::NameConstraints { permitted_subtrees: permitted, excluded_subtrees: vec![] });
    });
    assert_eq!(code(&world, &[&world.leaf, elsewhere.der(), world.high.der()]), "chain-not-allowed");
    let shallow = World::with_high(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    assert_eq!(code(&shallow, &[&shallow.leaf, shallow.low.der(), shallow.high.der()]), "chain-not-allowed");
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let odd = rcgen::CertifiedIssuer::self_signed(world.root_params.clone(), key).unwrap();
    let leaf = leaf_params().signed_by(&world.key, &odd).unwrap();
    assert_eq!(code(&world, &[leaf.der(), odd.der()]), "chain-signature");
}

#[test]
fn a_leaf_that_browsers_refuse_is_refused() {
    let world = World::new();
    type Change = fn(&mut rcgen::CertificateParams);
    let cases: [(&str, Change, &str); 9] = [
        ("as it should be", |_| {}, ""),
        ("it has expired", |params| params.not_after = day(2026, 5, 1), "certificate-expired"),
        ("it says must-staple", |params| params.custom_extensions.push(must_staple()), "certificate-must-staple"),
        (
            "it is for clients",
            |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            "certificate-not-for-servers",
        ),
        (
            "it is for everything, which browsers don't take for servers",
            |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any],
            "certificate-not-for-servers",
        ),
        (
            "its key may only agree",
            |params| params.key_usages = vec![KeyUsagePurpose::KeyAgreement],
            "certificate-not-for-signing",
        ),
        (
            "its key may only encrypt, as of old for RSA",
            |params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment],
            "certificate-not-for-signing",
        ),
        ("it has no names", |params| params.subject_alt_names.clear(), "certificate-without-names"),
        (
            "it is an authority",
            |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            "certificate-is-authority",
        ),
    ];
    for (what, change, expected) in cases {
        let mut params = leaf_params();
        change(&mut params);
        let leaf = params.signed_by(&world.key, &world.low).unwrap();
        assert_eq!(code(&world, &[leaf.der(), world.low.der(), world.high.der()]), expected, "{what}");
    }
}

#[test]
fn what_begins_tomorrow_is_taken_and_what_ends_first_ends_the_chain() {
    let world = World::new();
    let mut params = leaf_params();
    params.not_before = day(2026, 6, 2);
    let leaf = params.signed_by(&world.key, &world.low).unwrap();
    let checked = judged(&world, &[leaf.der(), world.low.der(), world.high.der()]).unwrap().checked;
    assert_eq!(checked.not_before_ms - NOW_MS, 86_400_000);
    let low = world.reissue_low(|params| params.not_after = day(2026, 7, 1));
    let checked = judged(&world, &[&world.leaf, low.der(), world.high.der()]).unwrap().checked;
    assert_eq!(checked.not_after_ms - NOW_MS, 30 * 86_400_000, "visitors refuse it from then on");
    let mut params = leaf_params();
    params.not_before = day(2026, 7, 2);
    let leaf = params.signed_by(&world.key, &world.low).unwrap();
    assert_eq!(code(&world, &[leaf.der(), low.der(), world.high.der()]), "chain-expired", "over before it begins");
}

#[test]
fn too_many_and_too_large_chains_are_refused() {
    let world = World::new();
    let many: Vec<_> = (0..11).map(|number| authority(&format!("Authority {number}"), |_| {})).collect();
    let many: Vec<&CertificateDer<'_>> = many.iter().map(|authority| authority.der()).collect();
    assert_eq!(code(&world, &many), "chain-too-large");
    let mut params = leaf_params();
    let names = (0..6_000).map(|number| format!("name-{number}.till.example").try_into().unwrap());
    params.subject_alt_names = names.map(rcgen::SanType::DnsName).collect();
    let large = params.signed_by(&world.key, &world.low).unwrap();
    assert_eq!(code(&world, &[large.der(), world.low.der()]), "chain-too-large", "a line of the feed must hold it");
}

#[test]
fn the_public_roots_are_there() {
    assert!(Roots::public().0.len() > 50);
}
