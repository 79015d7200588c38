use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as File;

use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt;

use super::*;
use crate::tests::api::desk::Desk;

/// What stands before a code where one is made.
const MAKERS: [&str; 4] = ["Conflict::new(", "Forbidden::new(", "Problem::new(", "Self::new("];

/// Every source that may make a refusal, with its name.
fn sources() -> Vec<(String, String)> {
    let (mut sources, mut open) = (Vec::new(), vec![File::new(env!("CARGO_MANIFEST_DIR")).join("src")]);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let name = path.display().to_string();
        if path.extension().is_some_and(|it| it == "rs") && !name.contains("tests") {
            let source = std::fs::read_to_string(&path).unwrap();
            let makes = ["impl Conflict {", "impl Forbidden {", "impl Problem {", "Conflict::new(", "Forbidden::new("];
            if makes.iter().any(|it| source.contains(it)) {
                sources.push((name, source));
            }
        }
    }
    sources
}

/// Every code that the sources make, with the file that does.
fn codes() -> BTreeMap<String, String> {
    let made = |(name, source): (String, String)| made(&source).into_iter().map(move |code| (code, name.clone()));
    sources().into_iter().flat_map(made).collect()
}

/// The first text of each call that may make a refusal, where it looks like a code.
fn made(source: &str) -> Vec<String> {
    let calls = MAKERS.iter().flat_map(|maker| source.split(maker).skip(1));
    let first = calls.filter_map(|rest| {
        let rest = rest.trim_start();
        let rest =
            rest.strip_prefix("StatusCode::").and_then(|rest| rest.split_once(',')).map_or(rest, |(_, rest)| rest);
        rest.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(text, _)| text.to_owned())
    });
    first
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte.is_ascii_digit()))
        .collect()
}

/// Whoever reads a code knows what stands against it.
#[test]
fn no_two_conflicts_have_one_code() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (name, source) in sources() {
        let conflicts = source.split("impl Conflict {").skip(1).filter_map(|rest| rest.split_once("\n}"));
        for code in conflicts.flat_map(|(conflicts, _)| made(conflicts)) {
            let other = seen.insert(code.clone(), name.clone());
            assert_eq!(other, None, "{code} is made in {name}, too");
        }
    }
    assert!(seen.len() > 40 && seen.contains_key("last-admin"), "{seen:?}");
}

#[test]
fn every_code_has_its_page() {
    let codes = codes();
    assert!(codes.len() > 40 && codes.contains_key("not-found") && codes.contains_key("host-taken"));
    let pages: BTreeSet<_> = pages().map(|page| page.code.to_owned()).collect();
    let missing: Vec<_> = codes.iter().filter(|(code, _)| !pages.contains(*code)).collect();
    assert!(missing.is_empty(), "add a line to src/web/problems.tsv (code, status, English, French) for {missing:#?}");
    assert_eq!(PAGES.lines().count(), pages.len(), "a line has four parts, and each code one line");
}

#[test]
fn pages_are_in_order_and_in_both_languages() {
    let listed: Vec<_> = pages().map(|page| page.code).collect();
    assert!(listed.is_sorted());
    for page in pages() {
        let (english, french) = (&page.said.english, &page.said.french);
        assert!(english.ends_with('.') && french.ends_with('.') && english != french, "{}", page.code);
        assert!(!french.contains('\''), "{}: an apostrophe is ’", page.code);
        assert!((400..600).contains(&page.status), "{}", page.code);
    }
}

#[tokio::test]
async fn a_problems_type_leads_to_its_page() {
    let desk = Desk::open().await;
    let ask = async |path: &str, language: &str| {
        let request = Request::get(path).header("accept-language", language).body(Body::empty()).unwrap();
        let response = desk.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
    };
    let refused = desk.router.clone().oneshot(Request::get("/v1/tenants").body(Body::empty()).unwrap()).await.unwrap();
    let body = axum::body::to_bytes(refused.into_body(), 1 << 20).await.unwrap();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let (status, headers, page) = ask(problem["type"].as_str().unwrap(), "fr").await;
    assert_eq!((status, &headers["content-type"]), (StatusCode::OK, &"text/html; charset=utf-8".parse().unwrap()));
    assert!(page.contains("<html lang=\"fr\">") && page.contains("Il faut un jeton"), "{page}");
    assert!(headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert!(ask("/problems/not-found", "en").await.2.contains("HTTP status 404"));
    for code in ["nothing", "%3Cscript%3E", "not-found/x"] {
        assert_eq!(ask(&format!("/problems/{code}"), "en").await.0, StatusCode::NOT_FOUND, "{code}");
    }
    let (_, _, list) = ask("/problems", "en").await;
    assert_eq!(list.matches("<li>").count(), pages().count());
}
