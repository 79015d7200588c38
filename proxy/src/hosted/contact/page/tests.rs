use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use marque_config::brand::Look;

use super::*;
use crate::hosted::contact::judged::FilesFault;
use crate::hosted::contact::typed::TypedFile;

fn brand() -> Brand {
    Brand { name: "Fournil <& Fils>".into(), support: Some("aide@fournil.example".into()) }
}

fn text(page: &Page) -> &str {
    std::str::from_utf8(&page.body).unwrap()
}

fn shown(is_french: bool, shown: &Form) -> Page {
    form(Reader { shown: Shown { brand: &brand(), look: &Look::default() }, is_french }, shown)
}

#[test]
fn what_was_typed_comes_back_escaped_with_its_errors_beside_it() {
    let typed = Typed {
        name: "\"><script>alert(1)</script>".into(),
        text: "</textarea><b>\n\nx".into(),
        files: vec![TypedFile { name: "a".into(), content: Vec::new() }],
        ..Typed::default()
    };
    let faults = Faults { name: true, email: true, subject: true, text: true, files: Some(FilesFault::TooLarge) };
    let page = shown(true, &Form { token: "t0".into(), typed, faults, notice: Some(Notice::Faults) });
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = text(&page);
    assert!(!html.contains("<script") && !html.contains("<b>") && html.contains("&#60;/textarea&#62;"), "{html}");
    for field in ["name", "email", "subject", "text", "files"] {
        assert!(html.contains(&format!("<label for=\"{field}\">")), "{field}");
        assert!(html.contains(&format!("id=\"{field}-error\"")), "{field}");
        let described = html.split(&format!("id=\"{field}\"")).nth(1).unwrap().split('>').next().unwrap();
        assert!(described.contains(&format!("aria-describedby=\"{field}-error")), "{described}");
        assert!(described.contains("aria-invalid=\"true\""), "{described}");
    }
    assert!(
        html.contains("<title>Erreur\u{a0}: Nous écrire</title>") && html.contains("Choisissez de nouveau"),
        "{html}"
    );
    assert_eq!(html.matches("<h1>").count(), 1);
}

#[test]
fn the_form_and_its_thanks_read_so_in_both_languages() {
    for (name, is_french) in [("contact", false), ("contact_fr", true)] {
        let empty = shown(is_french, &Form { token: "t0".into(), ..Form::default() });
        assert_eq!(empty.status, StatusCode::OK);
        insta::assert_snapshot!(name, text(&empty));
    }
    let id = MessageId::new(1, &[1; 10]);
    let thanks = sent(Reader { shown: Shown { brand: &Brand::plain(), look: &Look::default() }, is_french: false }, id);
    insta::assert_snapshot!("contact_sent", text(&thanks));
}

#[test]
fn nothing_runs_and_nothing_is_loaded_or_kept() {
    let Style { text: style, .. } = Style::of(Some(&Look::default()), Forms::Own);
    let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
    let page = shown(false, &Form::default());
    let field = |name: &str| page.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.to_str().unwrap());
    let policy = field("content-security-policy").unwrap();
    assert!(
        policy.contains(&format!("style-src 'sha256-{hash}'")) && policy.contains("form-action 'self'"),
        "{policy}"
    );
    assert_eq!((field("cache-control"), field("x-content-type-options")), (Some("no-store"), Some("nosniff")));
    assert_eq!(field("content-length"), Some(page.body.len().to_string().as_str()));
    assert!(text(&page).contains(&format!("<style>{style}</style>")));
    // The form's own address is the one word of ours.
    let rest = text(&page).replace("/.well-known/marque/contact", "").to_lowercase();
    assert!(!rest.contains("marque") && !rest.contains("<script"), "{rest}");
}

#[test]
fn each_notice_has_its_status_and_two_texts() {
    for (notice, status) in [
        (Notice::Faults, 422),
        (Notice::Confirm, 422),
        (Notice::TooOld, 422),
        (Notice::Used, 422),
        (Notice::Trapped, 422),
        (Notice::Unread, 400),
        (Notice::TooLarge, 413),
        (Notice::Limited, 429),
        (Notice::Unkept, 503),
    ] {
        let again = Form { notice: Some(notice), ..Form::default() };
        let [english, french] = [false, true].map(|is_french| shown(is_french, &again));
        assert_eq!((english.status.as_u16(), french.status.as_u16()), (status, status), "{notice:?}");
        let said =
            |page: &Page| text(page).split("role=\"alert\"").nth(1).unwrap().split("</p>").next().unwrap().to_owned();
        assert_ne!(said(&english), said(&french), "{notice:?}");
    }
}
