//! Partners' people in their clients' spaces: a ticket that is good once, a session of the edge's own, and its end.

mod door;
mod ends;
mod handover;

use anyhow::{Context, Result, ensure};
use http::{Method, StatusCode};
use marque_tests::installation::Engine;
use marque_tests::till::{FOURNIL, MOULIN};
use marque_tests::visitor::{Answer, Connection, nothing};
use serde_json::{Value, json};

use door::{BAKER, DEADLINE, Door, MILLER, asserted, refused};

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_lets_one_person_in_once_and_looking_spends_nothing() -> Result<()> {
    let mut door = Door::open(Engine::Sqlite).await?;
    let logs = door.log_to_files().await?;
    let ticket = door.ticket().await?;
    let path = format!("/.well-known/marque/enter?ticket={ticket}");
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let mut scanner = door.installation.visitor.http1(BAKER).await?;
        let answer = scanner.send(scanner.request(method.clone(), &path).body(nothing())?).await?;
        ensure!(answer.status == StatusCode::OK && answer.cookies().is_empty(), "{method}: {}", answer.status);
        ensure!(answer.header("referrer-policy") == Some("no-referrer"));
        ensure!(method == Method::HEAD || answer.text().contains("<button"), "{}", answer.text());
    }
    // At another's address it is nothing, and that spends nothing either.
    refused(&door.show(MILLER, &ticket).await?, (StatusCode::FORBIDDEN, "ticket_refused"))?;

    let mut inside = door.installation.visitor.http1(BAKER).await?;
    let entered = post_ticket(&mut inside, &ticket).await?;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, Some("/")), "{}", entered.text());
    let entry = asserted(&inside.get("/echo").await?)?["entry"].clone();
    assert_eq!((&entry["kind"], &entry["role"]), (&json!("support"), &json!("technical_support")), "{entry}");
    assert_eq!((&entry["person"], &entry["consent"]), (&json!(door.anne.user), &json!(door.consent)));

    refused(&door.show(BAKER, &ticket).await?, (StatusCode::FORBIDDEN, "ticket_refused"))?;
    let metrics = door.metrics().await?;
    for line in [
        "proxy_entries_total{outcome=\"redeemed\"} 1",
        "proxy_entries_total{outcome=\"ticket_used\"} 1",
        "proxy_entries_total{outcome=\"ticket_unknown\"} 1",
        "proxy_entries_open 1",
    ] {
        ensure!(metrics.lines().any(|it| it == line), "{line} in\n{metrics}");
    }
    let expired = door.ticket().await?;
    door.sql("update entry set ticket_until_ms = 1 where state = 'issued'").await?;
    refused(&door.show(BAKER, &expired).await?, (StatusCode::FORBIDDEN, "ticket_refused"))?;
    for log in logs {
        let log = std::fs::read_to_string(&log).context("read a log")?;
        ensure!(!log.is_empty() && !log.contains(&ticket) && !log.contains(&expired), "a ticket stands in a log");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_of_its_requests_alone_and_of_its_address() -> Result<()> {
    let door = Door::open(Engine::Sqlite).await?;
    let mut connection = door.enter().await?;
    let cookies = connection.cookies.clone();
    // One connection carries both: each request says for itself who asks.
    for _ in 0..2 {
        ensure!(asserted(&connection.get("/echo").await?)?["entry"].is_object());
        connection.cookies.clear();
        ensure!(asserted(&connection.get("/echo").await?)?["entry"].is_null());
        connection.cookies.clone_from(&cookies);
    }
    let echo = connection.get("/echo").await?.text();
    ensure!(!echo.contains("__Host-entry-session"), "the application sees the edge's own cookie: {echo}");

    let mut elsewhere = door.installation.visitor.http1(MILLER).await?;
    elsewhere.cookies.clone_from(&cookies);
    ensure!(asserted(&elsewhere.get("/echo").await?)?["entry"].is_null(), "another's address");

    // What the application gave to a session of ours is worth nothing without it, and a visitor's own nothing within it.
    connection.log_in(&FOURNIL).await?;
    let till = "/accounts/fournil/till";
    ensure!(connection.get(till).await?.status == StatusCode::OK);
    let mut without = door.installation.visitor.http1(BAKER).await?;
    without.cookies = connection.cookies.clone();
    without.cookies.retain(|name, _| !name.contains("entry"));
    ensure!(!without.cookies.is_empty() && without.get(till).await?.status != StatusCode::OK, "without the entry");
    let mut own = door.installation.visitor.http1(BAKER).await?;
    own.log_in(&FOURNIL).await?;
    ensure!(own.get(till).await?.status == StatusCode::OK);
    own.cookies.extend(cookies);
    ensure!(own.get(till).await?.status != StatusCode::OK, "the visitor's own session, by an entry");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_control_plane_nobody_comes_in_and_everybody_is_served() -> Result<()> {
    let mut door = Door::open(Engine::Sqlite).await?;
    let ticket = door.ticket().await?;
    let mut inside = door.enter().await?;
    door.installation.control.kill()?;
    refused(&door.show(BAKER, &ticket).await?, (StatusCode::SERVICE_UNAVAILABLE, "entry_unavailable"))?;
    let mut shown = door.installation.visitor.http1(BAKER).await?;
    ensure!(shown.get(&format!("/.well-known/marque/enter?ticket={ticket}")).await?.status == StatusCode::OK);
    ensure!(door.installation.visitor.get(BAKER, "/echo").await?.status == StatusCode::OK);
    ensure!(asserted(&inside.get("/echo").await?)?["entry"].is_object(), "whoever is in stays in");
    // And whoever leaves is out at once; the control plane hears of it when it is there again.
    let cookies = inside.cookies.clone();
    ensure!(inside.post_form("/.well-known/marque/leave", &[]).await?.status == StatusCode::SEE_OTHER);
    inside.cookies = cookies;
    refused(&ask(&mut inside, "/echo").await?, (StatusCode::FORBIDDEN, "entry_ended"))?;
    door.installation.control.start().await?;
    marque_tests::wait::until("the control plane hears who left", DEADLINE, async || {
        Ok(door.entries().await?[0]["ended_by"] == "left")
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn support_that_may_look_only_looks() -> Result<()> {
    let door = Door::open_for(Engine::Sqlite, "view", None).await?;
    let mut inside = door.enter().await?;
    ensure!(inside.get("/echo").await?.status == StatusCode::OK);
    let request = inside.request(Method::POST, "/echo").header("accept", "application/json").body(nothing())?;
    refused(&inside.send(request).await?, (StatusCode::FORBIDDEN, "entry_read_only"))?;
    let mut own = door.installation.visitor.http1(MILLER).await?;
    own.log_in(&MOULIN).await?;
    ensure!(own.post_form("/echo", &[]).await?.status == StatusCode::OK, "everybody else does as ever");
    Ok(())
}

/// Shows a ticket as the button of its page does.
pub(crate) async fn post_ticket(connection: &mut Connection, ticket: &str) -> Result<Answer> {
    connection.post_form("/.well-known/marque/enter", &[("ticket", ticket)]).await
}

/// Asks as a program does.
pub(crate) async fn ask(connection: &mut Connection, path: &str) -> Result<Answer> {
    let request = connection.request(Method::GET, path).header("accept", "application/json").body(nothing())?;
    connection.send(request).await
}

/// The claims of an assertion, as `/echo` shows it.
pub(crate) fn field<'a>(echo: &'a Value, name: &str) -> Option<&'a str> {
    let fields = echo["headers"].as_array()?;
    fields.iter().find(|field| field[0] == name)?[1].as_str()
}
