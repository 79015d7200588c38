//! Who may ask for what, of whose: every route of the description, asked by everybody, as a table that is committed. A
//! change to it is a change that somebody has read. What is another's and what nobody has are answered alike, letter by
//! letter.

mod callers;
mod questions;

use std::fmt::Write;

use axum::http::{HeaderName, Method};
use serde_json::Value;

use super::desk::Reply;
use super::stage::{Sample, Stage};
use super::{idempotent, versions};
use callers::{COLUMNS, Callers, Column, OF_A_PARTNER};

/// What isn't asked here: a stream has no end.
const ELSEWHERE: [&str; 1] = ["/v1/edge/feed"];

/// What differs from one answer to the next, whatever is asked.
const OF_EACH_ANSWER: [HeaderName; 2] = [HeaderName::from_static("x-request-id"), HeaderName::from_static("ratelimit")];

/// A request that its owner may make, and the client's tenant that it is about, where it is about one.
pub(super) struct Made {
    pub(super) sample: Sample,
    tenant: Option<String>,
}

async fn sample(stage: &Stage, method: &Method, route: &str) -> Option<Sample> {
    match *method {
        Method::POST => idempotent::sample(stage, route).await,
        Method::GET => questions::sample(stage, route).await,
        _ => versions::sample(stage, method.as_str(), route).await,
    }
}

pub(super) async fn made(stage: &Stage, (method, route): &(Method, String)) -> Made {
    let before = stage.traces().await;
    let Some(sample) = sample(stage, method, route).await else { panic!("{method} {route}: there is no sample of it") };
    let query = "select audit_event.tenant_id from audit_event join tenant on tenant.id = audit_event.tenant_id
        where seq > $1 and tenant.kind = 'client' order by seq desc limit 1";
    let tenant = sqlx::query_scalar(query).bind(before).fetch_optional(stage.desk.store.reader()).await.unwrap();
    Made { sample, tenant }
}

async fn ask(stage: &Stage, method: &Method, (pass, path, body): (&str, &str, &Value)) -> Reply {
    let body = (*method != Method::GET && *method != Method::DELETE).then(|| body.clone());
    stage.desk.ask(method.clone(), pass, path, body).await
}

/// The same text, with an identity that nobody has in the place of each that it holds of these kinds.
fn absent(text: &str, is_meant: impl Fn(&str) -> bool) -> String {
    let mut absent = text.to_owned();
    for (at, _) in text.match_indices('_') {
        let (kind, id) = (text.get(at.wrapping_sub(3)..at), text.get(at + 1..at + 27));
        let is_one = id.is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        if is_one && kind.is_some_and(&is_meant) {
            absent.replace_range(at + 1..at + 27, &"0".repeat(26));
        }
    }
    absent
}

/// An answer, but for what names it.
fn said(reply: &Reply) -> (u16, Vec<(HeaderName, String)>, String) {
    let headers = reply.headers.iter().filter(|(name, _)| !OF_EACH_ANSWER.contains(name));
    let headers = headers.map(|(name, value)| (name.clone(), value.to_str().unwrap().to_owned()));
    let id = reply.body["request_id"].as_str().unwrap_or("-");
    (reply.status.as_u16(), headers.collect(), reply.text.replace(id, ""))
}

/// Whether the caller is told the same of what nobody has: in the path, and in the body.
async fn is_told_of_nothing(stage: &Stage, method: &Method, (pass, sample): (&str, &Sample), reply: &Reply) -> bool {
    let path = absent(&sample.path, |_| true);
    let body = absent(&sample.body.to_string(), |kind| OF_A_PARTNER.contains(&kind));
    let nothing = ask(stage, method, (pass, &path, &serde_json::from_str(&body).unwrap())).await;
    said(reply) == said(&nothing)
}

/// Asks as somebody, and says what is wrong with the answer.
async fn asked(
    stage: &Stage,
    method: &Method,
    (column, pass): (&Column, &str),
    made: &Made,
) -> (Reply, Option<String>) {
    let sample = &made.sample;
    let reply = ask(stage, method, (pass, &sample.path, &sample.body)).await;
    // What is for everybody stands in the table as such.
    let is_refused = !reply.status.is_success();
    if column.foreign && is_refused && !is_told_of_nothing(stage, method, (pass, sample), &reply).await {
        return (reply, Some("is told more than of what nobody has".into()));
    }
    let code = reply.refusal().1;
    if reply.status == 403 && column.rightless && !matches!(code.as_str(), "right-missing" | "operators-only") {
        return (reply, Some(format!("is refused for another reason: {code}")));
    }
    (reply, None)
}

async fn row(stage: &Stage, callers: &mut Callers, operation: &(Method, String), wrong: &mut Vec<String>) -> String {
    let (method, route) = operation;
    let mut row = format!("{method} {route}");
    let mut made_last = made(stage, operation).await;
    for column in &COLUMNS {
        let Some(pass) = callers.pass(stage, column, &made_last).await else {
            write!(row, " | {} -", column.name).unwrap();
            continue;
        };
        let (reply, fault) = asked(stage, method, (column, &pass), &made_last).await;
        write!(row, " | {} {}", column.name, reply.status.as_u16()).unwrap();
        wrong.extend(fault.map(|fault| format!("{method} {route}: {} {fault}: {}", column.name, reply.text)));
        if column.changes || (reply.status.is_success() && *method != Method::GET) {
            made_last = made(stage, operation).await;
        }
    }
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_everybody_as_the_table_says() {
    let stage = Stage::open().await;
    let mut callers = Callers::open(&stage).await;
    let (mut table, mut wrong) = (String::new(), Vec::new());
    for operation in stage.operations.iter().filter(|(_, route)| !ELSEWHERE.contains(&route.as_str())) {
        let row = row(&stage, &mut callers, operation, &mut wrong).await;
        writeln!(table, "{row}").unwrap();
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    insta::assert_snapshot!("rights", table);
}
