//! What comes of an exchange: what the application gets of the request, and the visitor of the answer.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use marque_tests::feed::A;

use crate::application::{Field, Got, MARKER};
use crate::fields::{Kind, OF_ANSWERS, OF_REQUESTS, kind};
use crate::odd::{Broken, OddRequest};
use crate::plan::{Answer, Framing, Request, Text, Timing, Version};
use crate::talk::{Asked, Outcome, Seen};

/// More answers before the answer are none.
const MOST_INTERIM: usize = 16;

/// Compares what came of an exchange with what should.
///
/// # Errors
/// Where they differ.
pub(crate) fn check(asked: &Asked, outcome: &Outcome, version: Version) -> Result<()> {
    let got = asked.script.got();
    let request = &asked.exchange.request;
    if let Some(flaw) = request.flaw {
        return check_refused(asked, flaw, outcome, &got).with_context(|| format!("{flaw:?}, seen: {outcome:?}"));
    }
    check_got(asked, &got, version).context("what the application got")?;
    let flaw = asked.exchange.answer.flaw;
    check_seen(asked, outcome, version).with_context(|| format!("{flaw:?}, seen: {}", shown(outcome)))
}

fn shown(outcome: &Outcome) -> String {
    let Outcome::Answer(seen) = outcome else { return "nothing".to_owned() };
    let fields: Vec<_> = seen.fields.iter().map(|(name, value)| format!("{name}: {}", value.escape_ascii())).collect();
    let (interim, status, length, is_whole) = (&seen.interim, seen.status, seen.body.len(), seen.is_whole);
    format!("{interim:?} {status} {fields:?} {length} bytes, whole: {is_whole}, reset: {:?}", seen.reset)
}

/// A request that isn't one: refused by name, and never whole for the application.
fn check_refused(asked: &Asked, flaw: OddRequest, outcome: &Outcome, got: &[Got]) -> Result<()> {
    ensure!(got.iter().all(|got| !got.is_whole), "the application got it whole");
    let status = match flaw {
        OddRequest::BrokenOff => return Ok(()),
        // The decoder may have reset the stream.
        OddRequest::OtherLength(_) if matches!(outcome, Outcome::Nothing) => return Ok(()),
        OddRequest::OtherLength(_) | OddRequest::Chunks(_) => 400,
        OddRequest::Lines(_, status) | OddRequest::Line(_, status) => status,
        OddRequest::Field(_, _, status) | OddRequest::Method(_, status) => status,
        OddRequest::NoHost => 400,
        OddRequest::BigHead(_) | OddRequest::ManyFields(_) => 431,
        OddRequest::LongTarget(_) => 414,
    };
    let is_by_head = !matches!(flaw, OddRequest::OtherLength(_) | OddRequest::Chunks(_));
    ensure!(!is_by_head || got.is_empty(), "the application got some of it");
    let Outcome::Answer(seen) = outcome else { bail!("no answer") };
    ensure!(seen.status == status, "{} instead of {status}", seen.status);
    check_page(asked, seen)
}

/// A page of the proxy's own has nothing of the application's.
fn check_page(asked: &Asked, seen: &Seen) -> Result<()> {
    ensure!(seen.values("x-answer").is_empty(), "it's the application's");
    let text = asked.marker.as_bytes();
    ensure!(!seen.body.windows(text.len()).any(|window| window == text), "it has the answer's bytes");
    Ok(())
}

fn check_got(asked: &Asked, all: &[Got], version: Version) -> Result<()> {
    let (request, answer) = (&asked.exchange.request, &asked.exchange.answer);
    let is_unheard = matches!(answer.flaw, Some(Broken::Cut { .. }));
    let most = if request.is_repeatable() && is_unheard { 2 } else { 1 };
    ensure!((1..=most).contains(&all.len()), "{} times", all.len());
    let content = request.body.content("q", &asked.marker);
    for got in all {
        let line = format!("{} {} HTTP/1.1", request.method, request.target);
        ensure!(got.line == line, "{} instead of {line}", got.line);
        let mut fields = grouped(&got.fields);
        for name in ["x-request-id", "marque-assertion", "marque-tenant"] {
            let values = fields.remove(name).unwrap_or_default();
            ensure!(values.len() == 1 && !values[0].0.is_empty(), "{name}: {values:?}");
        }
        if version == Version::Http2 && request.body.length == 0 {
            // Whether a body follows that turns out to be empty is a matter of when that is known.
            fields.remove("transfer-encoding");
        }
        same(&fields, &of_request(request, &asked.marker, version))?;
        let is_same = if got.is_whole { got.body == content } else { content.starts_with(&got.body) };
        ensure!(is_same, "another body: {} of {} bytes", got.body.len(), content.len());
        ensure!(got.is_whole || answer.timing != Timing::Late, "not the whole body");
    }
    Ok(())
}

/// The fields that an application gets, but for those that are drawn.
fn of_request(request: &Request, marker: &str, version: Version) -> BTreeMap<String, Vec<Text>> {
    let mut fields: Vec<Field> = vec![(MARKER.into(), marker.into())];
    let names_hop = request.connection.is_some_and(|it| it.to_ascii_lowercase().contains("x-hop"));
    for (name, value) in &request.fields {
        let is_hop = names_hop && *name == "X-Hop";
        if kind(&OF_REQUESTS, name) == Kind::Kept && !is_hop {
            fields.push((name.to_ascii_lowercase(), value.0.clone()));
        }
    }
    let forwarded = format!("for=127.0.0.1;host=\"{A}\";proto=https");
    for (name, value) in [
        ("host", A),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", A),
        ("x-forwarded-port", "443"),
        ("x-real-ip", "127.0.0.1"),
        ("forwarded", &forwarded),
    ] {
        fields.push((name.into(), value.into()));
    }
    if request.is_expecting {
        fields.push(("expect".into(), "100-continue".into()));
    }
    match request.body.framing {
        Framing::Bare => {}
        Framing::Length => fields.push(("content-length".into(), request.body.length.to_string().into())),
        Framing::Chunks if version == Version::Http2 && request.body.length == 0 => {}
        Framing::Chunks => fields.push(("transfer-encoding".into(), "chunked".into())),
    }
    grouped(&fields)
}

fn check_seen(asked: &Asked, outcome: &Outcome, version: Version) -> Result<()> {
    let (request, answer) = (&asked.exchange.request, &asked.exchange.answer);
    let Outcome::Answer(seen) = outcome else {
        // A stream's reset overtakes what wasn't sent yet of an answer that broke.
        let is_broken = matches!(answer.flaw, Some(Broken::Chunks(_) | Broken::Cut { .. }));
        ensure!(is_broken && version == Version::Http2, "no answer");
        return Ok(());
    };
    check_interim(request, answer, seen)?;
    let content = answer.body.content("a", &asked.marker);
    match answer.flaw {
        None | Some(Broken::Surplus(_)) => check_whole(asked, seen, &content, version),
        Some(Broken::Chunks(_)) => check_cut(asked, seen, b"abc"),
        Some(Broken::Cut { is_reset, .. }) => {
            let sent = answer.cut_content(request.method, &asked.marker);
            let is_end = !is_reset && answer.body.framing == Framing::Bare;
            match sent {
                Some(sent) if is_end => check_whole(asked, seen, &sent, version),
                // What was under way when the connection broke may be lost, the head too.
                Some(_) if is_reset && seen.status == 502 => check_page(asked, seen),
                Some(sent) => check_cut(asked, seen, &sent),
                None => check_bad_gateway(asked, seen),
            }
        }
        Some(_) => check_bad_gateway(asked, seen),
    }
}

fn check_bad_gateway(asked: &Asked, seen: &Seen) -> Result<()> {
    ensure!(seen.status == 502, "{} instead of 502", seen.status);
    check_page(asked, seen)
}

fn check_interim(request: &Request, answer: &Answer, seen: &Seen) -> Result<()> {
    let mut expected = if request.is_http10 { Vec::new() } else { answer.interim.clone() };
    if let Some(Broken::Interim(count)) = answer.flaw.filter(|_| !request.is_http10) {
        expected.extend(std::iter::repeat_n(103, count));
        expected.truncate(MOST_INTERIM);
    }
    let is_lost =
        matches!(answer.flaw, Some(Broken::Cut { is_reset: true, .. })) && expected.starts_with(&seen.interim);
    ensure!(seen.interim == expected || is_lost, "interim {:?} instead of {expected:?}", seen.interim);
    Ok(())
}

/// An answer that broke: its beginning, and no end.
fn check_cut(asked: &Asked, seen: &Seen, most: &[u8]) -> Result<()> {
    ensure!(!seen.is_whole, "what was cut looks whole");
    ensure!(seen.status == asked.exchange.answer.status, "{}", seen.status);
    ensure!(most.starts_with(&seen.body), "another body: {} bytes of {}", seen.body.len(), most.len());
    Ok(())
}

fn check_whole(asked: &Asked, seen: &Seen, content: &[u8], version: Version) -> Result<()> {
    let (request, answer) = (&asked.exchange.request, &asked.exchange.answer);
    ensure!(seen.status == answer.status, "{} instead of {}", seen.status, answer.status);
    ensure!(seen.is_whole, "cut");
    let content = if answer.has_body(request.method) { content } else { &[] };
    ensure!(seen.body == content, "another body: {} bytes of {}", seen.body.len(), content.len());
    ensure!(seen.reset.is_none_or(|reset| reset == h2::Reason::NO_ERROR), "reset: {:?}", seen.reset);
    let mut fields = grouped(&seen.fields);
    ensure!(fields.remove("date").is_some_and(|dates| dates.len() == 1), "no date, or more");
    let connection = fields.remove("connection").unwrap_or_default();
    same(&fields, &of_answer(asked, version))?;
    match (version, stays(request, answer)) {
        (Version::Http2, _) => ensure!(connection.is_empty(), "{connection:?}"),
        (_, Some(true)) => ensure!(connection == ["keep-alive".into()], "{connection:?} instead of keep-alive"),
        (_, Some(false)) => ensure!(connection == ["close".into()], "{connection:?} instead of close"),
        (_, None) => ensure!(connection.len() == 1, "{connection:?}"),
    }
    Ok(())
}

/// The fields that a visitor gets, but for the date and the connection's.
fn of_answer(asked: &Asked, version: Version) -> BTreeMap<String, Vec<Text>> {
    let (request, answer) = (&asked.exchange.request, &asked.exchange.answer);
    let mut fields: Vec<Field> = vec![
        ("x-answer".into(), asked.marker.clone().into()),
        ("strict-transport-security".into(), "max-age=31536000".into()),
    ];
    for (name, value) in &answer.fields {
        let is_hop = answer.names_hop && *name == "X-Hop";
        if kind(&OF_ANSWERS, name) == Kind::Kept && !is_hop {
            fields.push((name.to_ascii_lowercase(), value.0.clone()));
        }
    }
    match answer.body.framing {
        // No answer of this status has a length (RFC 9110 section 8.6).
        Framing::Length if answer.status == 204 => {}
        Framing::Length => fields.push(("content-length".into(), answer.body.length.to_string().into())),
        _ if version == Version::Http1 && !request.is_http10 && answer.has_body(request.method) => {
            fields.push(("transfer-encoding".into(), "chunked".into()));
        }
        _ => {}
    }
    grouped(&fields)
}

/// Whether an HTTP/1 connection goes on after an answer that is whole; none where it depends on who was first.
fn stays(request: &Request, answer: &Answer) -> Option<bool> {
    let says = |word: &str| request.connection.is_some_and(|it| it.contains(word));
    let is_open_ended = request.is_http10 && answer.has_body(request.method) && answer.body.framing != Framing::Length;
    if says("close") || is_open_ended || request.is_http10 && !says("keep-alive") {
        return Some(false);
    }
    if request.is_expecting && answer.timing != Timing::Late {
        return Some(false);
    }
    (answer.timing == Timing::Late || !request.has_body()).then_some(true)
}

/// Values by name, in their order.
fn grouped(fields: &[Field]) -> BTreeMap<String, Vec<Text>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (name, value) in fields {
        groups.entry(name.clone()).or_default().push(Text(value.clone()));
    }
    groups
}

fn same(seen: &BTreeMap<String, Vec<Text>>, expected: &BTreeMap<String, Vec<Text>>) -> Result<()> {
    for (name, values) in expected {
        let found = seen.get(name);
        ensure!(found == Some(values), "{name}: {found:?} instead of {values:?}");
    }
    let more: Vec<_> = seen.iter().filter(|(name, _)| !expected.contains_key(*name)).collect();
    ensure!(more.is_empty(), "fields too many: {more:?}");
    Ok(())
}
