//! What the suites stand on: each component starts, answers, and ends with the value that holds it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use fantoccini::Locator;
use marque_tests::authority::{Authority, http_client};
use marque_tests::browser::Browser;
use marque_tests::pebble::{Pebble, Wanted};
use marque_tests::postgres::Cluster;
use marque_tests::process::Output;
use marque_tests::relay::{Hold, Relay};
use marque_tests::till::{FOURNIL, MOULIN, Till};
use marque_tests::wait::until;
use serde_json::Value;
use sqlx::Connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

#[tokio::test]
async fn the_cash_register_lets_one_client_read_another_by_its_path() -> Result<()> {
    let till = Till::start((Ipv4Addr::LOCALHOST, 0).into()).await?;
    let client = http_client().redirect(reqwest::redirect::Policy::none()).build()?;
    let base = format!("http://{}", till.address());
    let login = serde_json::json!({"account": FOURNIL.account, "email": FOURNIL.email, "password": FOURNIL.password});
    let entered = client.post(format!("{base}/api/login")).json(&login).send().await?;
    let cookie = entered.headers()["set-cookie"].to_str()?.split(';').next().unwrap_or_default().to_owned();
    assert_eq!(entered.json::<Value>().await?["account"]["id"], "fournil");
    let page = client.get(format!("{base}/accounts/moulin/till")).header("cookie", &cookie).send().await?;
    assert!(page.text().await?.contains("Le Moulin de Marc"), "that is the naivety that the edge must contain");
    let report = client.get(format!("{base}/report?account=moulin")).header("cookie", &cookie).send().await?;
    assert_eq!(report.json::<Value>().await?["shop"], MOULIN.shop);
    assert_eq!(till.journal(), ["POST /api/login", "GET /accounts/moulin/till", "GET /report?account=moulin"]);
    Ok(())
}

#[tokio::test]
async fn a_ca_starts_and_the_relay_before_it_counts_and_holds() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let pebble = Pebble::start(directory.path(), Wanted::plain(1), Output::Nowhere).await?;
    assert!(pebble.issuing_root.contains("BEGIN CERTIFICATE"));
    let relay = Relay::start(&pebble).await?;
    let root = reqwest::Certificate::from_pem(pebble.authority.root_pem().as_bytes())?;
    let client = http_client().tls_certs_only([root]).build()?;
    let directory = client.get(relay.directory()).send().await?.json::<Value>().await?;
    let order = directory["newOrder"].as_str().unwrap_or_default().to_owned();
    assert!(order.starts_with(relay.directory().trim_end_matches("/dir")), "{order} leads through the relay");
    relay.hold(Hold::Request(1));
    let asked = tokio::spawn(client.get(relay.directory()).send());
    relay.held().await;
    assert_eq!(relay.passed(), ["GET /dir"], "a held request has not passed");
    relay.release();
    assert!(asked.await??.status().is_success());
    assert_eq!((relay.passed().len(), relay.orders()), (2, 0));
    Ok(())
}

#[tokio::test]
async fn a_cluster_of_its_own_has_one_database_for_each_test() -> Result<()> {
    let cluster = Cluster::start().await?;
    let (one, two) = (cluster.database("one").await?, cluster.database("two").await?);
    assert_ne!(one, two);
    let mut connection = sqlx::PgConnection::connect(&one).await?;
    sqlx::query("create table only_here (id bigint)").execute(&mut connection).await?;
    let mut other = sqlx::PgConnection::connect(&two).await?;
    assert!(sqlx::query("select id from only_here").execute(&mut other).await.is_err());
    Ok(())
}

#[tokio::test]
async fn the_browser_trusts_the_root_that_it_was_given_and_no_other() -> Result<()> {
    let (ours, foreign) = (Authority::new("ours")?, Authority::new("foreign")?);
    let good = serve_one_page(&ours).await?;
    let bad = serve_one_page(&foreign).await?;
    let browser = Browser::start(&ours.root_pem()).await?;
    browser.client.goto(&format!("https://page.p.localhost:{good}/")).await?;
    let text = browser.client.find(Locator::Css("p")).await?.text().await?;
    assert_eq!(text, "it is served");
    browser.client.goto(&format!("https://page.p.localhost:{bad}/")).await?;
    assert!(browser.client.source().await?.contains("ERR_CERT_AUTHORITY_INVALID"));
    browser.close().await
}

#[tokio::test]
async fn waiting_ends_with_its_deadline_and_says_for_what() {
    let waited = until("the moon is blue", Duration::from_millis(40), async || Ok(false)).await;
    assert!(waited.unwrap_err().to_string().contains("the moon is blue"));
}

/// A TLS server that has one page; it ends with the test's runtime.
async fn serve_one_page(authority: &Authority) -> Result<u16> {
    let server = authority.issue(&["page.p.localhost"])?.server()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let page = "<!doctype html><title>page</title><p>it is served</p>";
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length";
            let _ = stream.write_all(format!("{head}: {}\r\n\r\n{page}", page.len()).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    Ok(port)
}
