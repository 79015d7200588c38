//! Every mail in words, in both languages.

use marque_config::settings::NameSettings;
use serde_json::{Value, json};

use super::*;

/// Every value that any kind of mail names.
pub(crate) fn everything() -> Value {
    json!({
        "name": "Anne", "company": "Boulangerie <Nord>", "path": "/invitation#token", "until_ms": 1_796_083_200_000_i64,
        "manager": "Paul", "address": "https://caisse.example", "product": "Caisse", "serial": "MQ-0001", "order": "2026-1",
        "collaborator": "Luc", "reason": "a\nb", "firm": "Cabinet", "message": "msg_1", "sender": "Zoé",
        "subject": "Panne\r\nBcc: x@y.fr", "text": "<script>alert(1)</script>\n\n{{ 7 * 7 }}", "reply_to": "zoe@example.fr",
        "balance": { "amount": -1205, "currency": "EUR" }, "plan": "Pro",
        "enclosed": "écran.png", "kept": "journal.txt", "about": "Bienvenue",
    })
}

fn words() -> Words {
    let names = NameSettings { base: "marque.fr".parse().unwrap(), ..NameSettings::default() };
    Words::new(&names, "Marque").unwrap()
}

fn letter(kind: MailKind, language: Language) -> Letter {
    let brand = Brand { name: "Caisse Nord".into(), support: Some("aide@nord.fr".into()) };
    let (id, to) = ("mal_1".into(), "anne@example.fr".into());
    let (from, reply_to) = (None, None);
    Letter { id, to, kind, language, brand: Some(brand), from, reply_to, values: everything() }
}

#[test]
fn every_mail_has_words_in_both_languages() {
    let words = words();
    for kind in MailKind::ALL {
        let [english, french] =
            [Language::English, Language::French].map(|language| words.put(&letter(kind, language)).unwrap());
        for worded in [&english, &french] {
            assert!(!worded.subject.is_empty() && !worded.subject.contains(['\r', '\n', '{']), "{}", worded.subject);
            assert!(
                worded.text.starts_with("Caisse Nord\n") && worded.text.contains("aide@nord.fr"),
                "{}",
                worded.text
            );
            assert!(!worded.text.contains("{%") && !worded.text.contains("undefined"), "{}", worded.text);
            assert!(!worded.html.contains("<Nord>") && !worded.html.contains("<script>"), "{}", worded.html);
        }
        assert_ne!(english.text, french.text, "{kind:?}");
    }
}

#[test]
fn what_a_mail_needs_is_not_left_out() {
    let words = words();
    for kind in MailKind::ALL {
        let bare = Letter { values: json!({}), ..letter(kind, Language::English) };
        assert!(words.put(&bare).is_err(), "{kind:?}");
    }
}

#[test]
fn what_may_be_absent_is_left_out() {
    let words = words();
    let may_lack = |kind, absent: &[&str]| {
        for language in [Language::English, Language::French] {
            let mut letter = letter(kind, language);
            absent.iter().for_each(|name| drop(letter.values.as_object_mut().unwrap().remove(*name)));
            words.put(&letter).unwrap_or_else(|error| panic!("{kind:?}: {error:?}"));
        }
    };
    may_lack(MailKind::PartnerApproved, &["manager"]);
    may_lack(MailKind::Handover, &["address"]);
    may_lack(MailKind::ActivationInstructions, &["order", "until_ms"]);
    may_lack(MailKind::ConsentRequested, &["until_ms"]);
    may_lack(MailKind::ConsentGranted, &["until_ms"]);
    may_lack(MailKind::SupportMessage, &["reply_to", "path", "enclosed", "kept"]);
    may_lack(MailKind::ClientClaimed, &["until_ms"]);
}

#[test]
fn what_people_wrote_stays_text() {
    let worded = words().put(&letter(MailKind::SupportMessage, Language::French)).unwrap();
    assert_eq!(worded.subject, "Boulangerie <Nord> : Panne Bcc: x@y.fr");
    assert!(worded.text.contains("<script>alert(1)</script>\n\n{{ 7 * 7 }}"), "{}", worded.text);
    assert!(worded.html.contains("&lt;script&gt;alert(1)&lt;"), "{}", worded.html);
}

#[test]
fn days_and_amounts_are_written_as_people_do() {
    let words = words();
    let said = |kind, language| words.put(&letter(kind, language)).unwrap().text;
    assert!(said(MailKind::BalanceLow, Language::English).contains("EUR -12.05."));
    assert!(said(MailKind::BalanceLow, Language::French).contains("-12,05 EUR."));
    assert!(said(MailKind::Invitation, Language::English).contains("until 1 December 2026."));
    assert!(said(MailKind::Invitation, Language::French).contains("jusqu’au 1er décembre 2026."));
    assert!(said(MailKind::Invitation, Language::French).contains("https://portal.marque.fr/invitation#token"));
}

#[test]
fn s1_17_mails_say_who_answers_for_billing_and_support() {
    let words = words();
    for kind in MailKind::ALL.into_iter().filter(|kind| kind.is_for_clients()) {
        let worded = words.put(&letter(kind, Language::French)).unwrap();
        let foot = "Caisse Nord s’occupe de votre facturation et de votre support : aide@nord.fr";
        assert!(worded.text.contains(foot) && worded.html.contains(foot), "{}", worded.text);
        let worded = words.put(&letter(kind, Language::English)).unwrap();
        assert!(worded.text.contains("Caisse Nord looks after your billing and support: aide@nord.fr"));
    }
}

#[test]
fn s2_p4_mails_carry_the_partners_brand_and_no_other() {
    let words = words();
    for kind in MailKind::ALL {
        let worded = words.put(&letter(kind, Language::English)).unwrap();
        assert_eq!(worded.from, "Caisse Nord");
        for part in [&worded.subject, &worded.text, &worded.html] {
            assert!(!part.contains("Marque"), "{kind:?}: {part}");
        }
    }
    let named = Letter { from: Some("Service client".into()), ..letter(MailKind::Handover, Language::English) };
    assert_eq!(words.put(&named).unwrap().from, "Service client");
    let own = Letter { brand: None, ..letter(MailKind::PartnerApproved, Language::English) };
    assert_eq!(words.put(&own).unwrap().from, "Marque");
}
