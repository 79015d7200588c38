//! What the application is told: the edge's own words, once each, and an assertion that it can check.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use marque_tests::installation::{Engine, Installation};
use marque_tests::till::{Till, policy};
use marque_tests::visitor::{Answer, Connection, nothing};
use marque_tests::wait::until;
use serde_json::{Value, json};

const BAKER: &str = "fournil.p.localhost";

/// What a client may write to be taken for somebody else, or for the edge.
const FORGED: [&str; 14] = [
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X_Forwarded_For",
    "X-Real-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-HTTP-Method-Override",
    "Marque-Tenant",
    "Marque-Assertion",
    "marque_assertion",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_application_hears_the_edge_and_not_the_client() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let [fournil, _] = installation.open_both().await?;
    let keys = installation.operator.get("/v1/assertion-keys").await?;
    for mut connection in [installation.visitor.http1(BAKER).await?, installation.visitor.http2(BAKER).await?] {
        let echo = forged(&mut connection).await?.json()?;
        let fields = echo["headers"].as_array().context("fields")?;
        ensure!(!echo.to_string().contains("forged"), "the client's words came through: {echo}");
        let once = |name: &str| -> Result<String> {
            let values: Vec<_> = fields.iter().filter(|field| field[0] == name).collect();
            ensure!(values.len() == 1, "{name} stands {} times in {echo}", values.len());
            Ok(values[0][1].as_str().context("a text")?.to_owned())
        };
        assert_eq!(once("x-forwarded-for")?, "127.0.0.1");
        assert_eq!(once("x-forwarded-proto")?, "https");
        assert_eq!(once("x-forwarded-host")?, connection.authority);
        assert_eq!(once("host")?, connection.authority);
        let claims = checked(&keys, &once("marque-assertion")?)?;
        for (claim, value) in [("aud", "till"), ("sub", "fournil"), ("tenant", &fournil.id), ("host", BAKER)] {
            assert_eq!(claims[claim], value, "{claims}");
        }
        let life = claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(end, start)| end - start);
        ensure!(life.is_some_and(|seconds| (1..=300).contains(&seconds)), "{claims}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_go_to_the_upstreams_that_are_healthy() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let business = installation.open_business().await?;
    installation.open_both_of(&business).await?;
    let second = Till::start((Ipv4Addr::LOCALHOST, 0).into()).await?;
    let mut two = policy(installation.till.address(), installation.site.listening.https.port());
    let upstreams = two["upstreams"].as_array_mut().context("upstreams")?;
    upstreams.push(json!(format!("http://{}", second.address())));
    let path = format!("/v1/applications/{}", business.application);
    let changed = installation.operator.send(Method::PATCH, &path, Some(json!({"policy": two})), &[]).await?;
    changed.expect_success(&path)?;
    let mut connection = installation.visitor.http2(BAKER).await?;
    until("both upstreams are asked", Duration::from_secs(20), async || {
        connection.get("/echo").await?;
        Ok(!second.journal().is_empty())
    })
    .await?;
    drop(second);
    for _ in 0..50 {
        assert_eq!(connection.get("/echo").await?.status, StatusCode::OK, "the dead one is not seen by visitors");
    }
    drop(installation.till);
    until("nobody is left to answer", Duration::from_secs(20), async || {
        Ok(connection.get("/echo").await?.status == StatusCode::BAD_GATEWAY)
    })
    .await
}

async fn forged(connection: &mut Connection) -> Result<Answer> {
    let request = FORGED.iter().fold(connection.request(Method::GET, "/echo"), |it, name| it.header(*name, "forged"));
    connection.send(request.body(nothing())?).await
}

/// The claims of an assertion that one of the published keys has signed.
fn checked(keys: &Value, assertion: &str) -> Result<Value> {
    let (signed, signature) = assertion.rsplit_once('.').context("a JWT has three parts")?;
    let (header, claims) = signed.split_once('.').context("a JWT has three parts")?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).context("base64url");
    let header: Value = serde_json::from_slice(&decode(header)?)?;
    let all = keys["keys"].as_array().context("a key set")?;
    let key = all.iter().find(|key| key["kid"] == header["kid"]).context("the key is published")?;
    let public = decode(key["x"].as_str().context("a key")?)?;
    let checked = UnparsedPublicKey::new(&ED25519, public).verify(signed.as_bytes(), &decode(signature)?);
    ensure!(checked.is_ok(), "the signature is the key's");
    Ok(serde_json::from_slice(&decode(claims)?)?)
}
