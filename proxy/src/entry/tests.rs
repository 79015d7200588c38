use http::{HeaderMap, HeaderValue, header};
use marque_config::feed::Record;
use marque_config::{EntryId, TenantId};

use super::*;
use crate::directory::Change;
use crate::lockdown::fixture::{self, NOW_MS, headers, route, secrets};
use crate::test_support::{change, snapshot};

/// A directory that has the fixture's entry.
fn directory(until_ms: i64) -> Directory {
    let directory = Directory::default();
    directory.apply(snapshot(1, vec![Record::Entry(Box::new(fixture::entry(until_ms)))]));
    directory
}

/// What a browser sends back of a line that sets a cookie.
fn carried(line: &HeaderValue) -> HeaderMap {
    headers(&[("cookie", line.to_str().unwrap().split(';').next().unwrap())])
}

fn cookie(entry: &Entry) -> HeaderMap {
    carried(&set(entry, (&secrets(), &fixture::Fixed), NOW_MS).unwrap())
}

fn asked(directory: &Directory, now_ms: i64, headers: &HeaderMap) -> Result<Option<EntryId>, Refusal> {
    let found = of_request((directory, &secrets(), now_ms), &route("{}"), headers)?;
    Ok(found.map(|entry| entry.id))
}

#[test]
fn a_session_counts_while_the_feed_has_its_entry_and_never_beyond_its_date() {
    let (entry, until_ms) = (fixture::entry(NOW_MS + 10), NOW_MS + 10);
    let (known, cookie) = (directory(until_ms), cookie(&entry));
    assert_eq!(asked(&known, NOW_MS, &cookie), Ok(Some(entry.id)));
    assert_eq!(asked(&known, until_ms - 1, &cookie), Ok(Some(entry.id)));
    assert_eq!(asked(&known, until_ms, &cookie), Err(Refusal::EntryEnded), "its date");
    assert_eq!(asked(&directory(until_ms + 99), until_ms, &cookie), Err(Refusal::EntryEnded), "the cookie's own date");
    assert_eq!(asked(&Directory::default(), NOW_MS, &cookie), Err(Refusal::EntryEnded), "nothing is known of it");
    known.forget_entry(entry.id);
    assert_eq!(asked(&known, NOW_MS, &cookie), Err(Refusal::EntryEnded), "it was left");
}

#[test]
fn what_another_tenant_sealed_or_nobody_did_is_nothing() {
    let known = directory(NOW_MS + 10);
    let elsewhere = Entry { tenant: TenantId::new(9, &[9; 10]), ..fixture::entry(NOW_MS + 10) };
    let sealed = set(&elsewhere, (&secrets(), &fixture::Fixed), NOW_MS).unwrap();
    for fields in [HeaderMap::new(), carried(&sealed), headers(&[("cookie", "__Host-entry-session=AAAA; a=b")])] {
        assert_eq!(asked(&known, NOW_MS, &fields), Ok(None), "{fields:?}");
    }
    // Beside one that isn't ours, ours counts.
    let mut both = headers(&[("cookie", "__Host-entry-session=AAAA")]);
    both.append(header::COOKIE, cookie(&fixture::entry(NOW_MS + 10))[header::COOKIE].clone());
    assert!(asked(&known, NOW_MS, &both).unwrap().is_some());
}

#[test]
fn the_cookie_is_for_its_host_alone_and_no_script_reads_it() {
    let line = set(&fixture::entry(NOW_MS + 60_000), (&secrets(), &fixture::Fixed), NOW_MS).unwrap();
    let line = line.to_str().unwrap();
    assert!(line.starts_with("__Host-entry-session=") && !line.contains("usr_1"), "{line}");
    assert!(line.ends_with("; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"), "{line}");
    assert!(removal().to_str().unwrap().contains("=; Path=/; Max-Age=0; Secure"));
}

#[test]
fn an_entry_that_is_deleted_is_known_no_more_and_that_is_told() {
    let directory = directory(NOW_MS);
    let entry = fixture::entry(NOW_MS);
    let mut changes = directory.entries();
    changes.mark_unchanged();
    let batch =
        |changes| crate::directory::Batch { revision: marque_config::feed::Revision(2), is_snapshot: false, changes };
    directory.apply(batch(vec![Change::Delete(Record::Entry(Box::new(entry.clone())).key().into())]));
    assert!(changes.has_changed().unwrap() && directory.entry(entry.id).is_none());
    directory.apply(batch(vec![change(&Record::Entry(Box::new(entry.clone())))]));
    directory.apply(snapshot(3, Vec::new()));
    assert!(directory.entry(entry.id).is_none(), "a snapshot replaces everything");
}

#[test]
fn the_page_has_a_button_a_brand_and_nothing_of_ours() {
    let route = route("{}");
    for (words, action) in [(Words::enter(false), "enter"), (Words::leave(true), "leave")] {
        let page = words.page(route.shown(), Some("TICKET"));
        let html = std::str::from_utf8(&page.body).unwrap();
        for part in ["Fournil &#60;&#38; Fils&#62;", "method=\"post\"", &format!("action=\"{action}\""), "TICKET"] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.to_lowercase().contains("marque") && !html.contains("<script"), "{html}");
        let field =
            |name: &str| page.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.to_str().unwrap());
        assert_eq!((field("referrer-policy"), field("cache-control")), (Some("no-referrer"), Some("no-store")));
        assert!(field("content-security-policy").unwrap().contains("form-action 'self'"));
    }
}
