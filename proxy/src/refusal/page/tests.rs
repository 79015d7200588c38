use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::refusal::Fault;

const ALL: [Refusal; 39] = [
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
    Refusal::Suspended,
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
            let page = refusal.page(Some(&brand()), Wants { json: false, french });
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
        text(&Refusal::Suspended.page(Some(&brand()), Wants { json: false, french: true }))
    );
    for (name, french) in [("licence_expired", false), ("licence_expired_fr", true)] {
        let page = Refusal::LicenceExpired.page(Some(&brand()), Wants { json: false, french });
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
    let page = Refusal::Suspended.page(Some(&brand()), Wants { json: true, french: true });
    assert_eq!(field(&page, "content-type"), Some("application/problem+json"));
    let problem: serde_json::Value = serde_json::from_str(text(&page)).unwrap();
    let expected = serde_json::json!({
        "type": "urn:problem:edge:suspended", "title": "Accès suspendu", "status": 403, "code": "suspended",
        "detail": "Cet espace n’est pas accessible pour le moment.",
    });
    assert_eq!(problem, expected);
}

#[test]
fn only_the_page_s_own_style_applies() {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    assert!(POLICY.to_str().unwrap().contains(&format!("style-src 'sha256-{hash}'")), "{hash}");
    let page = Refusal::Suspended.page(None, Wants::default());
    assert!(text(&page).contains(&format!("<style>{STYLE}</style>")));
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
