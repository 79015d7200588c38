//! What is secret stays so: not in the database, the replica, the logs, or an answer of the API.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use marque_tests::api::text;
use marque_tests::authority::Authority;
use marque_tests::installation::{Engine, Installation};
use marque_tests::plane::Plane;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;

const HOST: &str = "fournil.p.localhost";

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_lies_in_a_file_or_an_answer() -> Result<()> {
    let mut installation = Installation::start(Engine::Sqlite).await?;
    log_to_files(&mut installation).await?;
    let [fournil, _moulin] = installation.open_both().await?;
    let operator = &installation.operator;
    let scopes = json!({"name": "one more", "principal": "operator", "scopes": ["tenants:read"]});
    let third = text(&operator.post("/v1/tokens", scopes).await?, "/token")?;
    operator.with_token(&third).get("/v1/tenants").await?;
    let key = upload(&installation, &fournil.id).await?;

    let mut places = answers(&installation).await?;
    for file in ["marque.db", "marque.db-wal", "replica.db", "control.log", "proxy.log"] {
        places.push((file.to_owned(), read(&installation.site.directory.join(file))?));
    }
    // SQLite drops this one when nobody writes.
    if let Ok(bytes) = read(&installation.site.directory.join("replica.db-wal")) {
        places.push(("replica.db-wal".to_owned(), bytes));
    }
    let tokens = [installation.site.operator_token(), installation.site.edge_token()];
    let tokens = tokens.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?;
    let tokens = tokens.iter().map(|token| token.trim_ascii());
    // RFC 5915 section 3: the secret number stands first in what PKCS#8 wraps.
    let scalar = &key[36..68];
    let texts = [STANDARD.encode(&key), STANDARD.encode(scalar)];
    let secrets = [b"PRIVATE KEY".as_slice(), &key, scalar, third.as_bytes(), texts[0].as_bytes(), texts[1].as_bytes()];
    for (number, secret) in secrets.into_iter().chain(tokens).enumerate() {
        ensure!(secret.len() > 8, "secret {number} is none");
        for (place, bytes) in &places {
            let found = bytes.windows(secret.len()).any(|window| window == secret);
            ensure!(!found, "secret {number} lies in {place}");
        }
    }
    Ok(())
}

/// Starts both planes again with everything that they say kept.
async fn log_to_files(installation: &mut Installation) -> Result<()> {
    let (site, listening) = (installation.site.clone(), installation.site.listening);
    installation.proxy.stop().await?;
    installation.control.stop().await?;
    let control = Plane::control_plane(&site.control_plane_settings(), listening.control_status);
    installation.control = control.logging_to(site.directory.join("control.log"));
    installation.control.start().await?;
    let proxy = Plane::proxy(&site.proxy_settings(), listening.proxy_status);
    installation.proxy = proxy.logging_to(site.directory.join("proxy.log"));
    installation.proxy.start().await
}

/// Uploads a certificate for the baker, and gives its key in DER.
async fn upload(installation: &Installation, tenant: &str) -> Result<Vec<u8>> {
    let authority = Authority::new("A partner's own CA")?;
    let leaf = authority.issue(&[HOST])?;
    let chain = leaf.chain.clone() + &authority.root_pem();
    let domains = installation.operator.get(&format!("/v1/domains?tenant={tenant}")).await?;
    let path = format!("/v1/domains/{}/certificate", text(&domains, "/items/0/id")?);
    let answer = installation.operator.put(&path, json!({"chain": chain, "key": leaf.key})).await?;
    assert_eq!(answer["hostnames"][0]["certificate"]["source"], "uploaded");
    ensure!(!answer.to_string().contains("PRIVATE KEY"), "the answer shows the key");
    let refused = json!({"chain": "none", "key": leaf.key});
    let refused = installation.operator.send(Method::PUT, &path, Some(refused), &[]).await?;
    ensure!(refused.status.as_u16() == 422 && !refused.body.to_string().contains("PRIVATE KEY"), "{}", refused.body);
    let key = PrivateKeyDer::from_pem_slice(leaf.key.as_bytes()).context("read the key")?;
    // The proxy has taken it into its file once it serves it, which this visitor doesn't trust.
    marque_tests::wait::until("the uploaded one is served", std::time::Duration::from_secs(20), async || {
        Ok(installation.visitor.handshake(HOST, &["h2"]).await.is_err())
    })
    .await?;
    Ok(key.secret_der().to_vec())
}

/// Everything that the API shows of what there is.
async fn answers(installation: &Installation) -> Result<Vec<(String, Vec<u8>)>> {
    let operator = &installation.operator;
    let mut answers = Vec::new();
    for list in ["applications", "partners", "tenants", "domains", "tokens"] {
        let all = operator.get(&format!("/v1/{list}")).await?;
        for item in all["items"].as_array().context("a list")? {
            let id = text(item, "/id")?;
            let path = if list == "tokens" { "/v1/tokens".to_owned() } else { format!("/v1/{list}/{id}") };
            answers.push((path.clone(), operator.get(&path).await?.to_string().into_bytes()));
            if list == "domains" {
                let path = format!("/v1/issuances?domain={id}");
                answers.push((path.clone(), operator.get(&path).await?.to_string().into_bytes()));
            }
        }
        answers.push((list.to_owned(), all.to_string().into_bytes()));
    }
    answers.push(("keys".to_owned(), operator.get("/v1/assertion-keys").await?.to_string().into_bytes()));
    Ok(answers)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("read {}", file.display()))
}
