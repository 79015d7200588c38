//! Every way to name an account, at every name, under every SNI.

use std::fmt::Write as _;

use anyhow::Result;
use marque_tests::installation::{Engine, Installation, Tenancy};
use marque_tests::till::{FOURNIL, MOULIN, Person};
use marque_tests::visitor::{Answer, Connection, nothing};
use serde_json::json;

/// Every way in which a request names an account, with `ACCOUNT` for the name.
const WAYS: [&str; 8] = [
    "/accounts/ACCOUNT/till",
    "/accounts/ACCOUNT/sales",
    "/accounts/ACCOUNT/events",
    "/accounts/ACCOUNT/download?bytes=1",
    "/report?account=ACCOUNT",
    "/echo?account=ACCOUNT",
    "/report x-account: ACCOUNT",
    "/report cookie: account=ACCOUNT",
];

const ACCOUNTS: [&str; 3] = ["fournil", "moulin", "nobody"];

#[tokio::test(flavor = "multi_thread")]
async fn s1_10_every_way_to_an_account_is_as_the_table_says() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let tenancies = installation.open_both().await?;
    let mut table = String::new();
    for tenancy in &tenancies {
        requests(&installation, tenancy, &mut table).await?;
        sessions(&installation, tenancy, &tenancies, &mut table).await?;
        logins(&installation, tenancy, &mut table).await?;
        names(&installation, tenancy, &tenancies, &mut table).await?;
    }
    insta::assert_snapshot!("edge", table);
    Ok(())
}

async fn requests(installation: &Installation, tenancy: &Tenancy, table: &mut String) -> Result<()> {
    let host = tenancy.platform_host();
    for way in WAYS {
        for account in ACCOUNTS {
            let mut connection = installation.visitor.http1(&host).await?;
            connection.log_in(&tenancy.person).await?;
            let path = way.replace("ACCOUNT", account);
            let (target, field) = path.split_once(' ').unwrap_or((&path, ""));
            if let Some((name, value)) = field.strip_prefix("cookie: ").and_then(|pair| pair.split_once('=')) {
                connection.cookies.insert(name.to_owned(), value.to_owned());
            }
            let mut request = connection.request(http::Method::GET, target);
            if let Some(value) = field.strip_prefix("x-account: ") {
                request = request.header("x-account", value);
            }
            let request = request.body(nothing())?;
            // Only the head: some answers have no end.
            let status = connection.open(request).await?.status();
            writeln!(table, "{host} | own session | GET {path} | {status}")?;
        }
    }
    Ok(())
}

async fn sessions(
    installation: &Installation,
    tenancy: &Tenancy,
    tenancies: &[Tenancy],
    table: &mut String,
) -> Result<()> {
    let host = tenancy.platform_host();
    for issuer in tenancies {
        let mut elsewhere = installation.visitor.http1(&issuer.platform_host()).await?;
        elsewhere.log_in(&issuer.person).await?;
        let mut connection = installation.visitor.http1(&host).await?;
        connection.cookies = elsewhere.cookies.clone();
        let answer = connection.get(&format!("/accounts/{}/till", tenancy.person.account)).await?;
        writeln!(table, "{host} | session of {} | GET its own till | {}", issuer.platform_host(), outcome(&answer))?;
    }
    Ok(())
}

async fn logins(installation: &Installation, tenancy: &Tenancy, table: &mut String) -> Result<()> {
    let host = tenancy.platform_host();
    for person in [FOURNIL, MOULIN] {
        for way in ["/login", "/login/email", "/api/login", "/api/login without account"] {
            let mut connection = installation.visitor.http1(&host).await?;
            let answer = log_in(&mut connection, way, &person).await?;
            writeln!(table, "{host} | {} | POST {way} | {}", person.email, outcome(&answer))?;
        }
    }
    Ok(())
}

async fn log_in(connection: &mut Connection, way: &str, person: &Person) -> Result<Answer> {
    let Person { account, email, password, .. } = *person;
    match way {
        "/login" => connection.log_in(person).await,
        "/login/email" => connection.post_form(way, &[("email", email), ("password", password)]).await,
        "/api/login" => {
            let body = json!({"account": account, "email": email, "password": password});
            connection.post_json(way, &body).await
        }
        _ => connection.post_json("/api/login", &json!({"email": email, "password": password})).await,
    }
}

async fn names(
    installation: &Installation,
    tenancy: &Tenancy,
    tenancies: &[Tenancy],
    table: &mut String,
) -> Result<()> {
    let sni = tenancy.platform_host();
    let others = tenancies.iter().map(Tenancy::platform_host);
    let odd = ["nobody.p.localhost", "localhost", "till.internal", "127.0.0.1"].map(str::to_owned);
    for host in others.chain(odd) {
        for (version, mut connection) in
            [("HTTP/1.1", installation.visitor.http1(&sni).await?), ("HTTP/2", installation.visitor.http2(&sni).await?)]
        {
            connection.authority = installation.visitor.authority_of(&host);
            let answer = connection.get("/echo").await?;
            writeln!(table, "{sni} | {version} | Host {host} | {}", answer.status)?;
        }
    }
    Ok(())
}

/// The status, where it leads, and whether it leaves a session behind.
fn outcome(answer: &Answer) -> String {
    let location = answer.header("location").map(|it| it.split("/accounts").last().unwrap_or(it).to_owned());
    let cookies: Vec<_> = answer.cookies().into_iter().map(|(name, _)| name).collect();
    let to = location.map(|it| format!(", to …{it}")).unwrap_or_default();
    let with = if cookies.is_empty() { String::new() } else { format!(", sets {}", cookies.join(" ")) };
    format!("{}{to}{with}", answer.status)
}
