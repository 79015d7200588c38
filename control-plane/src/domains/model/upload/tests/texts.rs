//! Texts that are PEM, nearly PEM, or something else.

use super::world::{World, judged_texts, pem_of};
use crate::kernel::fault::FieldFault;

fn chain(world: &World) -> String {
    let certificates = [&world.leaf, world.low.der(), world.high.der()];
    certificates.iter().map(|der| pem_of("CERTIFICATE", der)).collect()
}

#[test]
fn texts_that_tools_write_are_read() {
    let world = World::new();
    let (chain, key) = (chain(&world), world.key.serialize_pem());
    for (what, chain, key) in [
        ("plain", chain.clone(), key.clone()),
        ("a byte-order mark first", format!("\u{feff}{chain}"), format!("\u{feff}{key}")),
        ("a byte-order mark before each", chain.replace("-----BEGIN", "\u{feff}-----BEGIN"), key.clone()),
        ("lines as Windows ends them", chain.replace('\n', "\r\n"), key.replace('\n', "\r\n")),
        ("lines as old Macs ended them", chain.replace('\n', "\r"), key.replace('\n', "\r")),
        ("no last newline", chain.trim_end().into(), key.trim_end().into()),
        ("files put together without one", chain.replace("-----\n-----BEGIN", "----------BEGIN"), key.clone()),
        (
            "explanations around",
            format!("Bag Attributes\n  friendlyName: till\nsubject=CN = till\n{chain}"),
            key.clone(),
        ),
        ("spaces at the ends of lines", chain.replace('\n', "  \n"), key.clone()),
        ("an old label", chain.replace("CERTIFICATE-", "X509 CERTIFICATE-"), key),
    ] {
        let judged = judged_texts(&world, &chain, &key);
        assert_eq!(judged.map(|it| it.checked.chain.len()), Ok(3), "{what}");
    }
}

#[test]
fn texts_that_are_something_else_are_refused_by_what_they_are() {
    let world = World::new();
    let (chain, key) = (chain(&world), world.key.serialize_pem());
    let unfinished = chain.replacen("-----END CERTIFICATE-----\n", "", 1);
    let base64: String = chain.lines().filter(|line| !line.starts_with('-')).collect();
    for (what, text, expected) in [
        ("key and chain swapped", key.clone(), "chain-and-key-swapped"),
        ("the key beside the chain", format!("{chain}{key}"), "key-in-chain"),
        ("PKCS#7", pem_of("PKCS7", &[0x30, 0]), "chain-is-pkcs7"),
        ("CMS", pem_of("CMS", &[0x30, 0]), "chain-is-pkcs7"),
        ("a request", pem_of("CERTIFICATE REQUEST", &[0x30, 0]), "chain-is-request"),
        ("a list of revoked ones", pem_of("X509 CRL", &[0x30, 0]), "chain-other-block"),
        ("no certificate", pem_of("CERTIFICATE", b"garbage"), "certificate-unreadable"),
        ("more than a certificate", pem_of("CERTIFICATE", &[&world.leaf[..], &[0]].concat()), "certificate-unreadable"),
        ("indented", chain.lines().map(|line| format!("  {line}\n")).collect(), "pem-indented"),
        ("indented but for the first line", chain.replace("\nM", "\n\tM"), "pem-indented"),
        ("quoted, as in a mail", chain.lines().map(|line| format!("> {line}\n")).collect(), "pem-indented"),
        ("newlines as two characters", chain.replace('\n', "\\n"), "pem-escaped-newlines"),
        ("Windows' newlines as four", chain.replace('\n', "\\r\\n"), "pem-escaped-newlines"),
        ("newlines that became spaces", chain.replace('\n', " "), "pem-without-newlines"),
        ("newlines that were lost", chain.replace('\n', ""), "pem-without-newlines"),
        ("an end that is missing", unfinished, "pem-unfinished"),
        ("an end of something else", chain.replacen("END CERTIFICATE", "END PKCS7", 1), "pem-unfinished"),
        ("cut off", chain.chars().take(100).collect(), "pem-unfinished"),
        ("a word processor's dashes", chain.replace("-----", "\u{2014}\u{2014}-"), "pem-missing"),
        ("base64 alone", base64, "pem-missing"),
        ("nothing", String::new(), "pem-missing"),
        ("not base64", chain.replacen("\nM", "\n*", 1), "pem-not-base64"),
        ("cut in its middle", chain.replacen("\nM", "\n", 1), "pem-not-base64"),
    ] {
        let other = if what == "key and chain swapped" { &chain } else { &key };
        let fault = judged_texts(&world, &text, other).map(|_| ()).unwrap_err();
        assert_eq!((fault.pointer.as_str(), fault.code), ("/chain", expected), "{what}");
    }
    let fault = judged_texts(&world, &chain, &key.replace('\n', "\\n")).map(|_| ()).unwrap_err();
    assert_eq!((fault.pointer.as_str(), fault.code), ("/key", "pem-escaped-newlines"), "a key is read the same way");
}

#[test]
fn a_label_of_whatever_length_is_not_repeated() {
    let world = World::new();
    let text = pem_of(&"A".repeat(65), &[0x30, 0]);
    let FieldFault { code, said, .. } = judged_texts(&world, &text, "").map(|_| ()).unwrap_err();
    assert_eq!(code, "pem-unfinished");
    assert!(!said.english.contains("AAAA") && !said.french.contains("AAAA"));
}
