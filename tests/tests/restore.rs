//! The restore drill, as `deploy/README.md` tells it: copied while it is used, lost, put back, and then what it was.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use marque_tests::api::{Api, text};
use marque_tests::authority::http_client;
use marque_tests::component::postgres_program;
use marque_tests::installation::Engine;
use marque_tests::office::Office;
use marque_tests::plane::run;
use serde_json::{Value, json};

const CONTROL_PLANE: &str = "marque-control-plane";
const LISTS: [&str; 4] = ["/v1/partners", "/v1/applications", "/v1/account-managers", "/v1/balance"];

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_database_is_copied_lost_and_put_back() -> Result<()> {
    drill(Engine::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_database_is_copied_lost_and_put_back() -> Result<()> {
    drill(Engine::Postgres).await
}

async fn drill(engine: Engine) -> Result<()> {
    let mut office = Office::open(engine, "").await?;
    for number in 0..5 {
        pay(&office, number).await?;
    }
    let copy = office.site.directory.join("copy");
    back_up(&office, engine, &copy)?;
    let before = seen(&office).await?;
    let head = verified(&office, &[])?;
    pay(&office, 5).await?;
    ensure!(seen(&office).await? != before, "something is lost by the drill");

    // A database in use is not replaced.
    ensure!(restore(&office, engine, &copy).is_err(), "a database was replaced under a control plane");
    pay(&office, 6).await?;
    office.control.kill()?;
    restore(&office, engine, &copy)?;
    office.control.start().await?;
    // Nobody's token lives on; the machine makes another.
    ensure!(seen(&office).await.is_err(), "a token of before was revived");
    office.operator = Api::new(format!("http://{}", office.site.listening.api), office.site.create_operator_token()?)?;
    ensure!(seen(&office).await? == before, "what was put back is something else");
    let head = text(&head, "/head")?;
    verified(&office, &["--head", &head])?;
    handed_out(&office).await?;
    pay(&office, 7).await
}

/// The trail as a file is checked with nothing but the file.
async fn handed_out(office: &Office) -> Result<()> {
    let head = text(&verified(office, &[])?, "/head")?;
    let url = format!("http://{}/v1/audit-events/export", office.site.listening.api);
    let token = std::fs::read_to_string(office.site.operator_token())?;
    let answer = http_client().build()?.get(url).bearer_auth(token.trim()).send().await?;
    let whole = answer.error_for_status()?.text().await?;
    let file = office.site.directory.join("audit.ndjson");
    let verify = || run(CONTROL_PLANE, &["admin", "verify-audit", "--file", &file.to_string_lossy()]);
    std::fs::write(&file, &whole)?;
    let said = verify()?;
    ensure!(said.ends_with(&format!("the last one {head}")), "{said}");
    std::fs::write(&file, whole.replacen("Comptoir 3", "Comptoir 4", 1))?;
    ensure!(verify().is_err(), "an altered file passed");
    Ok(())
}

/// Something that leaves traces everywhere: a partner with money.
async fn pay(office: &Office, number: u32) -> Result<()> {
    let operator = &office.operator;
    let legal = json!({"status": "company", "registration": "RCS 1", "evidence": "Kbis"});
    let partner = json!({"name": format!("Comptoir {number}"), "brand": {"name": "C"}, "region": "fr", "legal": legal});
    let partner = text(&operator.post("/v1/partners", partner).await?, "/id")?;
    let amount = json!({"amount": 1000 + number, "currency": "EUR"});
    let payment = json!({"partner": partner, "amount": amount, "reference": format!("virement {number}")});
    operator.post("/v1/payments", payment).await.map(drop)
}

async fn seen(office: &Office) -> Result<Vec<Value>> {
    let mut seen = Vec::new();
    for list in LISTS {
        seen.push(office.operator.get(&format!("{list}?limit=100")).await?);
    }
    Ok(seen)
}

fn verified(office: &Office, more: &[&str]) -> Result<Value> {
    let (api, token) = (format!("http://{}", office.site.listening.api), office.site.operator_token());
    let token = token.to_string_lossy();
    let mut arguments = vec!["operator", "--api", &api, "--token-file", &token, "audit", "verify"];
    arguments.extend(more);
    Ok(serde_json::from_str(&run(CONTROL_PLANE, &arguments)?)?)
}

fn admin(office: &Office, command: &str, more: &[&str]) -> Result<String> {
    let settings = office.site.control_plane_settings();
    let settings = settings.to_string_lossy();
    let mut arguments = vec!["admin", command, "--settings", &*settings];
    arguments.extend(more);
    run(CONTROL_PLANE, &arguments)
}

fn back_up(office: &Office, engine: Engine, copy: &Path) -> Result<()> {
    match engine {
        Engine::Sqlite => admin(office, "backup", &["--to", &copy.to_string_lossy()]).map(drop),
        Engine::Postgres | Engine::PostgresDurable => script(office, "backup.sh", copy),
    }
}

fn restore(office: &Office, engine: Engine, copy: &Path) -> Result<()> {
    if engine == Engine::Sqlite {
        return admin(office, "restore", &["--from", &copy.to_string_lossy()]).map(drop);
    }
    script(office, "restore.sh", copy)?;
    admin(office, "new-epoch", &[])?;
    admin(office, "verify-audit", &[]).map(drop)
}

/// Runs a script of `deploy/postgres` against the office's own server.
fn script(office: &Office, name: &str, copy: &Path) -> Result<()> {
    let url = office.database.parse::<reqwest::Url>().context("the database's URL")?;
    let programs = postgres_program("pg_dump")?;
    let programs = programs.parent().context("programs lie in a directory")?.to_string_lossy().into_owned();
    let path = format!("{programs}:{}", std::env::var_os("PATH").unwrap_or_default().to_string_lossy());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/postgres").join(name);
    let mut command = Command::new(script);
    command.arg(copy).arg(url.path().trim_start_matches('/')).env("PATH", path);
    command.env("PGHOST", url.host_str().context("a host")?).env("PGPORT", url.port().context("a port")?.to_string());
    let output = command.env("PGUSER", url.username()).output()?;
    ensure!(output.status.success(), "{name} failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
