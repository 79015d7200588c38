//! The API does what its description says: Schemathesis reads the served document and asks what it allows, and what it
//! doesn't. No answer may be a server error, or one that the document doesn't know.

use std::process::Stdio;

use anyhow::{Result, ensure};
use marque_tests::component::tool;
use marque_tests::installation::Engine;
use marque_tests::office::Office;
use tokio::process::Command;

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// How many requests of each kind are made for each operation.
const EXAMPLES: &str = "12";

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_undescribed_on_sqlite() -> Result<()> {
    no_answer_is_undescribed(Engine::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_undescribed_on_postgresql() -> Result<()> {
    no_answer_is_undescribed(Engine::Postgres).await
}

async fn no_answer_is_undescribed(engine: Engine) -> Result<()> {
    let office = Office::open(engine, "").await?;
    let api = office.site.listening.api;
    let token = std::fs::read_to_string(office.site.operator_token())?;
    let mut command = Command::new(tool("schemathesis")?);
    command.args(["run", &format!("http://{api}/v1/openapi.json")]);
    command.args(["--header", &format!("Authorization: Bearer {}", token.trim())]);
    command.args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]);
    command.args(["--max-examples", EXAMPLES, "--seed", "1", "--no-shrink", "--continue-on-failure"]);
    // The feed is a stream without an end.
    command.args(["--exclude-path", "/v1/edge/feed", "--suppress-health-check", "all", "--warnings", "off"]);
    command.current_dir(&office.site.directory).stdin(Stdio::null());
    let output = command.output().await?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
