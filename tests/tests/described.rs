//! The API does what its description says: Schemathesis reads the served document and asks what it allows, and what it
//! doesn't, as an operator and as a partner; then it goes on with what it was answered, from one object to the next. No
//! answer may be a server error, or one that the document doesn't know.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use marque_control_plane::kernel::principal::Principal;
use marque_control_plane::kernel::scope::Scope;
use marque_tests::api::text;
use marque_tests::component::tool;
use marque_tests::installation::Engine;
use marque_tests::office::Office;
use marque_tests::shop::Shop;
use serde_json::json;
use tokio::process::Command;

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// For walks from object to object, which change whatever version they find: so many, of so many steps.
const WALKS: &str = "[parameters]
\"header.If-Match\" = \"*\"
[phases.stateful]
max-steps = 8
generation.max-examples = 150
";
/// What a walk is made of. A POST of arbitrary parts hardly makes anything to go on with.
const STEPS: [&str; 4] = ["GET", "PATCH", "PUT", "DELETE"];

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_undescribed_on_sqlite() -> Result<()> {
    no_answer_is_undescribed(Engine::Sqlite, As::Operator).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_undescribed_on_postgresql() -> Result<()> {
    no_answer_is_undescribed(Engine::Postgres, As::Operator).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_to_a_partner_is_undescribed_on_sqlite() -> Result<()> {
    no_answer_is_undescribed(Engine::Sqlite, As::Partner).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_to_a_partner_is_undescribed_on_postgresql() -> Result<()> {
    no_answer_is_undescribed(Engine::Postgres, As::Partner).await
}

/// The caller.
#[derive(Clone, Copy)]
enum As {
    Operator,
    Partner,
}

/// How many requests of each kind are made for each operation. What is read of a request, and who may do what, is the
/// same on both databases.
fn examples(engine: Engine, asker: As) -> &'static str {
    match (engine, asker) {
        (Engine::Sqlite, As::Operator) => "12",
        (Engine::Sqlite, As::Partner) => "6",
        _ => "3",
    }
}

/// What is asked of each operation. To try each place of a request with each value on the edge of what is allowed takes
/// most of the time; it is read alike whoever asks, and whatever database lies behind.
fn phases(engine: Engine, asker: As) -> &'static str {
    match (engine, asker) {
        (Engine::Sqlite, As::Operator) => "examples,coverage,fuzzing",
        _ => "examples,fuzzing",
    }
}

async fn no_answer_is_undescribed(engine: Engine, asker: As) -> Result<()> {
    let office = Office::open(engine, "").await?;
    let shop = Shop::open(&office, 1_000_000).await?;
    for kind in ["order", "trial"] {
        shop.partner.post("/v1/orders", shop.goods.order(kind, &format!("{kind}@example.fr"), 1)).await?;
    }
    let token = match asker {
        As::Operator => std::fs::read_to_string(office.site.operator_token())?,
        As::Partner => partners_token(&office, &shop).await?,
    };
    std::fs::write(office.site.directory.join("schemathesis.toml"), WALKS)?;
    let steps = STEPS.iter().flat_map(|method| ["--include-method", *method]);
    let said = run(&office, &token, &["--phases", "stateful"].into_iter().chain(steps).collect::<Vec<_>>()).await?;
    has_walked(&said)?;
    // Afterwards, for what it sends at random may leave nothing to walk to.
    std::fs::remove_file(office.site.directory.join("schemathesis.toml"))?;
    run(&office, &token, &["--phases", phases(engine, asker), "--max-examples", examples(engine, asker)])
        .await
        .map(drop)
}

/// Runs Schemathesis, and gives what it said when all was well.
async fn run(office: &Office, token: &str, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(tool("schemathesis")?);
    command.args(["run", &format!("http://{}/v1/openapi.json", office.site.listening.api)]);
    command.args(["--header", &format!("Authorization: Bearer {}", token.trim()), "--checks", CHECKS]);
    command.args(["--seed", "3", "--no-shrink", "--continue-on-failure"]);
    // The feed is a stream without an end.
    command.args(["--exclude-path", "/v1/edge/feed", "--suppress-health-check", "all", "--warnings", "off"]);
    command.args(arguments).current_dir(&office.site.directory).stdin(Stdio::null());
    let output = command.output().await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(said)
}

/// A token of the shop's partner that may do all that a partner may.
async fn partners_token(office: &Office, shop: &Shop) -> Result<String> {
    let principal: Principal = format!("partner:{}", shop.partner_id).parse()?;
    let scopes: Vec<_> = Scope::all().filter(|scope| principal.may_hold(*scope)).map(Scope::as_str).collect();
    let token = json!({"name": "all", "principal": principal, "scopes": scopes});
    text(&office.operator.post("/v1/tokens", token).await?, "/token")
}

/// Refuses a run that went nowhere: without links from one object to another there is nothing to go on with, and that
/// would be no failure.
fn has_walked(said: &str) -> Result<()> {
    let links = said.lines().find_map(|line| line.trim().strip_prefix("API Links:"));
    let covered = links.and_then(|links| links.trim().split_once(" covered")).map(|(covered, _)| covered);
    let covered: u32 = covered.with_context(|| said.to_owned())?.parse()?;
    ensure!(covered > 5, "{said}");
    Ok(())
}
