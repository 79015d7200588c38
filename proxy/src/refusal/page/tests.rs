use marque_config::brand::{Language, Look};

use super::*;
use crate::refusal::Fault;

const ALL: [Refusal; 44] = [
    Refusal::Malformed(Fault::Host),
    Refusal::AmbiguousTarget,
    Refusal::AmbiguousAccount,
    Refusal::TargetTooLong,
    Refusal::HeadTooLarge,
    Refusal::TooSlow,
    Refusal::MethodRefused,
    Refusal::UpgradeRefused,
    Refusal::Misdirected,
    Refusal::NoReplica,
    Refusal::UnknownHost,
    Refusal::UnknownPage,
    Refusal::PageMethodRefused,
    Refusal::NotUnderstood,
    Refusal::Provisioning,
    Refusal::BeingSetUp,
    Refusal::Suspended,
    Refusal::TicketRefused,
    Refusal::EntryUnavailable,
    Refusal::EntryEnded,
    Refusal::EntryReadOnly,
    Refusal::LicenceRequired,
    Refusal::LicenceExpired,
    Refusal::LicenceSuspended,
    Refusal::ForeignAccount,
    Refusal::LoginTooLarge,
    Refusal::LoginUnreadable,
    Refusal::LoginRefused,
    Refusal::AnswerTooLarge,
    Refusal::LoginThrottled,
    Refusal::LoginFailed,
    Refusal::LoginUnavailable,
    Refusal::SessionTooLarge,
    Refusal::RedirectRefused,
    Refusal::UpstreamDown,
    Refusal::UpstreamSlow,
    Refusal::UpstreamMalformed,
    Refusal::TooManyRequests,
    Refusal::Busy,
    Refusal::TenantBusy,
    Refusal::TargetBusy,
    Refusal::Undecided,
    Refusal::Internal,
    Refusal::Malformed(Fault::Framing),
];

fn brand() -> Brand {
    Brand { name: "Fournil <& Fils>".into(), support: Some("aide@fournil.example".into()) }
}

fn shown<'a>(brand: &'a Brand, look: &'a Look) -> Shown<'a> {
    Shown { brand, look }
}

fn wants(french: bool) -> Wants {
    Wants { json: false, language: Some(if french { Language::French } else { Language::English }) }
}

fn text(page: &Page) -> &str {
    std::str::from_utf8(&page.body).unwrap()
}

fn field<'a>(page: &'a Page, name: &str) -> Option<&'a str> {
    page.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.to_str().unwrap())
}

#[test]
fn a_page_carries_the_brand_escaped_and_nothing_of_ours() {
    for refusal in ALL {
        for french in [false, true] {
            let page = refusal.page(Some(shown(&brand(), &Look::default())), wants(french));
            let html = text(&page);
            assert!(html.contains("Fournil &#60;&#38; Fils&#62;") && html.contains("aide@fournil.example"), "{html}");
            assert!(html.contains(if french { "lang=\"fr\"" } else { "lang=\"en\"" }));
            let link = "<a href=\"/.well-known/marque/contact\">";
            assert!(html.contains(link), "{html}");
            // The address of the contact form is the one word of ours.
            let rest = html.replace(link, "").to_lowercase();
            assert!(!rest.contains("marque") && !rest.contains("<script"), "{html}");
        }
    }
}

#[test]
fn a_page_without_a_brand_is_neutral() {
    insta::assert_snapshot!("neutral", text(&Refusal::UnknownHost.page(None, Wants::default())));
    insta::assert_snapshot!(
        "suspended",
        text(&Refusal::Suspended.page(Some(shown(&brand(), &Look::default())), wants(true)))
    );
    for (name, french) in [("licence_expired", false), ("licence_expired_fr", true)] {
        let page = Refusal::LicenceExpired.page(Some(shown(&brand(), &Look::default())), wants(french));
        insta::assert_snapshot!(name, text(&page));
    }
}

#[test]
fn a_foreign_account_and_an_unknown_host_read_alike() {
    let [one, other] = [Refusal::ForeignAccount, Refusal::UnknownHost].map(|it| it.page(None, Wants::default()));
    assert_eq!((one.status, one.body), (other.status, other.body));
}

#[test]
fn a_program_gets_a_problem_document_without_the_brand() {
    let page = Refusal::Suspended.page(Some(shown(&brand(), &Look::default())), Wants { json: true, ..wants(true) });
    assert_eq!(field(&page, "content-type"), Some("application/problem+json"));
    let problem: serde_json::Value = serde_json::from_str(text(&page)).unwrap();
    let expected = serde_json::json!({
        "type": "urn:problem:edge:suspended", "title": "Accès suspendu", "status": 403, "code": "suspended",
        "detail": "Cet espace n’est pas accessible pour le moment.",
    });
    assert_eq!(problem, expected);
}

#[test]
fn a_page_looks_as_the_brand_does_and_speaks_its_language_to_who_asks_for_none() {
    let look = r##"{"logo": "https://img.fournil.example/l.svg?a=1&b=%22", "colour": "#0a5c36", "language": "fr"}"##;
    let look: Look = serde_json::from_str(look).unwrap();
    let page = Refusal::Suspended.page(Some(shown(&brand(), &look)), Wants::default());
    assert!(field(&page, "content-security-policy").unwrap().contains("img-src https://img.fournil.example;"));
    insta::assert_snapshot!("branded", text(&page));
    let english = Refusal::Suspended.page(Some(shown(&brand(), &look)), wants(false));
    assert!(text(&english).contains("lang=\"en\""));
}

#[test]
fn the_fields_say_what_a_status_needs() {
    for refusal in ALL {
        let page = refusal.page(None, Wants::default());
        assert_eq!(field(&page, "cache-control"), Some("no-store"));
        assert_eq!(field(&page, "content-length"), Some(page.body.len().to_string().as_str()));
        assert_eq!(field(&page, "retry-after").is_some(), page.status == StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(field(&page, "allow").is_some(), page.status == StatusCode::METHOD_NOT_ALLOWED);
    }
}

#[test]
fn statuses_and_codes_are_what_the_table_says() {
    let lines: Vec<_> = ALL.iter().map(|it| format!("{} {}", it.status().as_u16(), it.code())).collect();
    insta::assert_snapshot!("statuses", lines.join("\n"));
}
