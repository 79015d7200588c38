//! The main job, from an empty database to two clients that are served and kept apart: on SQLite and on PostgreSQL.

use anyhow::Result;
use http::StatusCode;
use marque_tests::installation::{BRAND, Engine, ISSUANCE, Installation, Tenancy};
use marque_tests::till::{FOURNIL, MOULIN};
use marque_tests::visitor::Connection;
use marque_tests::wait::until;
use serde_json::{Value, json};

const BAKER: &str = "fournil.p.localhost";
const MILLER: &str = "moulin.p.localhost";
const CUSTOM: &str = "fournil.localhost";
const CUSTOM_WWW: &str = "www.fournil.localhost";

#[tokio::test(flavor = "multi_thread")]
async fn two_clients_are_served_and_kept_apart_on_sqlite() -> Result<()> {
    story(Engine::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clients_are_served_and_kept_apart_on_postgresql() -> Result<()> {
    story(Engine::Postgres).await
}

async fn story(engine: Engine) -> Result<()> {
    let installation = Installation::start(engine).await?;
    let [fournil, _moulin] = installation.open_both().await?;
    let domain = fournil.add_custom_domain(&installation.operator, &installation.pebble.dns, CUSTOM).await?;
    for host in [CUSTOM, CUSTOM_WWW] {
        installation.until_served(host).await?;
    }
    the_api_says_that_both_halves_are_live(&installation, &domain).await?;
    each_name_reaches_its_own_account(&installation).await?;
    no_request_reaches_another_account(&installation).await?;
    no_login_reaches_another_account(&installation).await?;
    a_session_is_worth_nothing_at_another_address(&installation).await?;
    a_name_is_served_under_its_own_sni_only(&installation).await?;
    suspension_bites_on_open_connections(&installation, &fournil).await
}

async fn the_api_says_that_both_halves_are_live(installation: &Installation, domain: &Value) -> Result<()> {
    let path = format!("/v1/domains/{}", domain["id"].as_str().unwrap_or_default());
    until("the API calls both halves live", ISSUANCE, async || {
        let domain = installation.operator.get(&path).await?;
        let halves = domain["hostnames"].as_array().cloned().unwrap_or_default();
        let live = halves.iter().filter(|half| half["live"] == true && half["certificate"]["state"] == "active");
        Ok(live.count() == 2)
    })
    .await?;
    let issuances = installation.operator.get(&format!("/v1/issuances?domain={}", &path[12..])).await?;
    let states: Vec<_> = issuances["items"].as_array().into_iter().flatten().map(|item| &item["state"]).collect();
    assert_eq!(states, [&json!("issued"), &json!("issued")]);
    Ok(())
}

async fn each_name_reaches_its_own_account(installation: &Installation) -> Result<()> {
    for (host, person) in [(BAKER, FOURNIL), (CUSTOM, FOURNIL), (CUSTOM_WWW, FOURNIL), (MILLER, MOULIN)] {
        for mut connection in both_versions(installation, host).await? {
            let entered = connection.log_in(&person).await?;
            assert_eq!(entered.status, StatusCode::SEE_OTHER, "{host}: {}", entered.text());
            let page = connection.get(entered.header("location").unwrap_or_default()).await?;
            assert_eq!(page.status, StatusCode::OK, "{host}");
            assert!(page.text().contains(person.email), "{host} shows {} who is logged in", person.shop);
            let home = connection.get("/").await?;
            let expected = format!("https://{}/accounts/{}/till", connection.authority, person.account);
            assert_eq!(home.header("location"), Some(expected.as_str()), "the application's own host is mapped");
        }
    }
    Ok(())
}

async fn no_request_reaches_another_account(installation: &Installation) -> Result<()> {
    for mut connection in both_versions(installation, BAKER).await? {
        connection.log_in(&FOURNIL).await?;
        for (path, status) in [
            ("/accounts/moulin/till", 404),
            ("/ACCOUNTS/moulin/till", 404),
            ("/accounts/moulin/sales", 404),
            ("/accounts/nobody/sales", 404),
            ("/report?account=moulin", 404),
            ("/report?ACCOUNT=moulin", 404),
            ("/report?account=fournil&account=moulin", 400),
            ("/accounts/fournil/../moulin/sales", 404),
            ("/accounts/fournil%2f..%2fmoulin/sales", 404),
            ("/accounts//moulin/sales", 404),
        ] {
            let answer = connection.get(path).await?;
            assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text());
            assert!(!answer.text().contains(MOULIN.shop), "{path}");
        }
        assert_eq!(connection.get("/report?account=fournil").await?.status, StatusCode::OK);
    }
    let seen = installation.till.journal();
    let foreign: Vec<_> = seen.iter().filter(|line| line.contains("account=moulin") || line.contains("..")).collect();
    assert!(foreign.is_empty(), "the application saw {foreign:?}");
    Ok(())
}

async fn no_login_reaches_another_account(installation: &Installation) -> Result<()> {
    let (email, password) = (MOULIN.email, MOULIN.password);
    let with = |account: Option<&str>| json!({"account": account, "email": email, "password": password});
    let mut connection = installation.visitor.http1(BAKER).await?;
    let named = [connection.log_in(&MOULIN).await?, connection.post_json("/api/login", &with(Some("moulin"))).await?];
    let unnamed = [
        connection.post_form("/login/email", &[("email", email), ("password", password)]).await?,
        connection.post_json("/api/login", &json!({"email": email, "password": password})).await?,
    ];
    let wrong = connection.post_form("/login/email", &[("email", FOURNIL.email), ("password", "wrong")]).await?;
    for answer in named.iter().chain(&unnamed) {
        assert!(answer.status.is_client_error(), "{}: {}", answer.status, answer.text());
        assert!(answer.cookies().is_empty() && answer.header("location").is_none());
        assert!(!answer.text().contains("moulin"), "{}", answer.text());
    }
    assert_eq!(unnamed[0].status, wrong.status, "a foreign password and a wrong one look alike");
    assert_eq!(unnamed[0].text(), wrong.text());
    let right =
        connection.post_form("/login/email", &[("email", FOURNIL.email), ("password", FOURNIL.password)]).await?;
    let expected = format!("https://{}/accounts/fournil/till", connection.authority);
    assert_eq!(right.header("location"), Some(expected.as_str()));
    Ok(())
}

async fn a_session_is_worth_nothing_at_another_address(installation: &Installation) -> Result<()> {
    let mut baker = installation.visitor.http1(BAKER).await?;
    baker.log_in(&FOURNIL).await?;
    assert!(baker.cookies.contains_key("__Host-till"), "{:?}", baker.cookies.keys());
    let mut miller = installation.visitor.http1(MILLER).await?;
    miller.cookies = baker.cookies.clone();
    let page = miller.get("/accounts/moulin/till").await?;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, Some("/login")), "logged out");
    assert_eq!(baker.get("/accounts/fournil/till").await?.status, StatusCode::OK, "still logged in at its own");
    Ok(())
}

async fn a_name_is_served_under_its_own_sni_only(installation: &Installation) -> Result<()> {
    let names = [BAKER, MILLER, CUSTOM, CUSTOM_WWW];
    for sni in names {
        for mut connection in both_versions(installation, sni).await? {
            for host in names.into_iter().chain([sni]) {
                connection.authority = installation.visitor.authority_of(host);
                let answer = match connection.get("/echo").await {
                    Ok(answer) => answer,
                    // After a refusal HTTP/1.1 may be closed; then the next question has a connection of its own.
                    Err(_) => {
                        connection = installation.visitor.http1(sni).await?;
                        connection.authority = installation.visitor.authority_of(host);
                        connection.get("/echo").await?
                    }
                };
                let expected = if host == sni { StatusCode::OK } else { StatusCode::MISDIRECTED_REQUEST };
                assert_eq!(answer.status, expected, "SNI {sni}, Host {host}");
            }
        }
    }
    assert!(installation.visitor.handshake("nobody.p.localhost", &["h2"]).await.is_err(), "an unknown name is refused");
    Ok(())
}

async fn suspension_bites_on_open_connections(installation: &Installation, fournil: &Tenancy) -> Result<()> {
    let mut open = both_versions(installation, BAKER).await?;
    let mut other = installation.visitor.http1(MILLER).await?;
    for connection in &mut open {
        assert_eq!(connection.get("/echo").await?.status, StatusCode::OK);
    }
    fournil.suspend(&installation.operator).await?;
    for connection in &mut open {
        answers(connection, StatusCode::FORBIDDEN).await?;
        let refused = connection.get("/echo").await?.text();
        assert!(refused.contains("Comptoir &#38; Cie") || refused.contains("Comptoir &amp; Cie"), "{BRAND}: {refused}");
        assert!(!refused.contains("fournil") && !refused.contains(FOURNIL.shop), "{refused}");
    }
    assert_eq!(installation.visitor.get(CUSTOM, "/echo").await?.status, StatusCode::FORBIDDEN);
    assert_eq!(other.get("/echo").await?.status, StatusCode::OK, "nobody else is touched");
    fournil.resume(&installation.operator).await?;
    for connection in &mut open {
        answers(connection, StatusCode::OK).await?;
    }
    Ok(())
}

async fn answers(connection: &mut Connection, status: StatusCode) -> Result<()> {
    let what = format!("an open connection answers {status}");
    until(&what, std::time::Duration::from_secs(5), async || Ok(connection.get("/echo").await?.status == status)).await
}

async fn both_versions(installation: &Installation, host: &str) -> Result<[Connection; 2]> {
    Ok([installation.visitor.http1(host).await?, installation.visitor.http2(host).await?])
}
