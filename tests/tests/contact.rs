//! The contact form: what is said to have been sent is in the partner's inbox and mail, once, whoever is killed when; and
//! nobody else hears of it.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fantoccini::{Client, Locator};
use http::{Method, StatusCode, header};
use marque_config::attachment::MOST_BYTES;
use marque_tests::api::{Api, text};
use marque_tests::browser::Browser;
use marque_tests::installation::{Business, Engine, Installation, Tenancy};
use marque_tests::mailbox::{Mailbox, Taken};
use marque_tests::process::Output;
use marque_tests::visitor::{Answer, Connection, nothing, whole};
use marque_tests::wait::{eventually, until};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

const BAKER: &str = "fournil.p.localhost";
const WORKSHOP: &str = "atelier.p.localhost";
const MILLER: &str = "moulin.p.localhost";
const FORM: &str = "/.well-known/marque/contact";
const PARTNER: &str = "aide@comptoir.example";
const DEADLINE: Duration = Duration::from_secs(30);
/// Until a new name has its certificate.
const ISSUANCE: Duration = Duration::from_secs(60);
const LOG: &str = "10:02 erreur 12\n";
const SUBJECT: &str = "Panne =?utf-8?q?=0D=0ABcc:_x@y.fr?=";

/// An installation whose control plane sends mail, and the partner's own hand on the API.
struct Counter {
    installation: Installation,
    mailbox: Mailbox,
    partner: Api,
    business: Business,
    fournil: Tenancy,
}

impl Counter {
    async fn open(engine: Engine) -> Result<Self> {
        Self::open_with(engine, "").await
    }

    /// With more settings below the proxy's `[contact]`.
    async fn open_with(engine: Engine, settings: &str) -> Result<Self> {
        let mut installation = Installation::start(engine).await?;
        let mailbox = Mailbox::start(&installation.site.directory, Output::Nowhere).await?;
        let mail = format!("{}from = \"post@marque.example\"\n", mailbox.settings());
        installation.configure(&mail, &format!("[contact]\nmessages_per_client = 1000\n{settings}")).await?;
        let business = installation.open_business().await?;
        let [fournil, _moulin] = installation.open_both_of(&business).await?;
        let token = json!({
            "name": "inbox", "principal": format!("partner:{}", business.partner), "scopes": ["support:read", "support:write"],
        });
        let token = installation.operator.post("/v1/tokens", token).await?;
        let partner = installation.operator.with_token(text(&token, "/token")?);
        Ok(Self { installation, mailbox, partner, business, fournil })
    }

    async fn inbox(&self) -> Result<Vec<Value>> {
        let listed = self.partner.get("/v1/support-messages?limit=100").await?;
        listed["items"].as_array().cloned().context("the inbox")
    }

    /// The form of a host as it is shown, and the mark in it.
    async fn form(&self, host: &str) -> Result<(Answer, String)> {
        let answer = self.installation.visitor.get(host, FORM).await?;
        let html = answer.text();
        let mark = html.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let mark = mark.with_context(|| format!("{}: {html}", answer.status))?.to_owned();
        Ok((answer, mark))
    }

    async fn send(&self, host: &str, mark: &str) -> Result<Answer> {
        let mut connection = self.installation.visitor.http2(host).await?;
        send_on(&mut connection, body(&fields(mark), &[("trace é.log", LOG.as_bytes())])).await
    }

    /// Sends by the application's own form.
    async fn send_by_application(&self, message: &str) -> Result<Answer> {
        let mut connection = self.installation.visitor.http1(BAKER).await?;
        connection.post_form("/contact", &[("email", "zoe@client.example"), ("message", message)]).await
    }

    async fn mails(&self, subject: &str) -> Result<Vec<Taken>> {
        let taken = self.mailbox.taken()?;
        Ok(taken.into_iter().filter(|taken| taken.mail.heads["subject"].contains(subject)).collect())
    }
}

async fn send_on(connection: &mut Connection, body: Vec<u8>) -> Result<Answer> {
    let request = connection.request(Method::POST, FORM).header("accept-language", "fr");
    let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=frontiere");
    connection.send(request.body(whole(body))?).await
}

/// What somebody types, in a form with this mark.
fn fields(mark: &str) -> [(&'static str, &str); 6] {
    [
        ("name", "Zoé"),
        ("email", "zoe@client.example"),
        ("subject", SUBJECT),
        ("text", "La caisse\r\nne démarre plus."),
        ("form", mark),
        ("website", ""),
    ]
}

fn body(fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Vec<u8> {
    let part = |head: String, content: &[u8]| {
        let head = format!("--frontiere\r\nContent-Disposition: form-data; {head}\r\n\r\n");
        [head.as_bytes(), content, b"\r\n"].concat()
    };
    let fields = fields.iter().map(|(name, value)| part(format!("name=\"{name}\""), value.as_bytes()));
    let kind = "Content-Type: application/octet-stream";
    let file = |name: &str| format!("name=\"files\"; filename=\"{name}\"\r\n{kind}");
    let files = files.iter().map(|(name, content)| part(file(name), content));
    [fields.chain(files).collect::<Vec<_>>().concat(), b"--frontiere--\r\n".to_vec()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_12_what_was_sent_arrives_once_though_both_planes_are_killed_on_sqlite() -> Result<()> {
    arrives_once(Engine::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_12_what_was_sent_arrives_once_though_both_planes_are_killed_on_postgresql() -> Result<()> {
    arrives_once(Engine::Postgres).await
}

async fn arrives_once(engine: Engine) -> Result<()> {
    let mut counter = Counter::open(engine).await?;
    // That is when people write.
    counter.fournil.suspend(&counter.installation.operator).await?;
    until("the space is suspended", DEADLINE, async || {
        Ok(counter.installation.visitor.get(BAKER, "/echo").await?.status == StatusCode::FORBIDDEN)
    })
    .await?;
    let refused = counter.installation.visitor.get(BAKER, "/echo").await?.text();
    ensure!(refused.contains(&format!("<a href=\"{FORM}\">")), "the page of the refusal leads to the form: {refused}");
    let (_, mark) = counter.form(BAKER).await?;

    // The control plane is dead when the message is sent, and the proxy dies with the answer.
    counter.installation.control.kill()?;
    let sent = eventually("a form is taken once it is old enough", DEADLINE, async || {
        let answer = counter.send(BAKER, &mark).await?;
        ensure!(answer.status == StatusCode::OK, "{}: {}", answer.status, answer.text());
        Ok(Some(answer))
    })
    .await?;
    counter.installation.proxy.kill()?;
    counter.installation.control.start().await?;
    counter.installation.proxy.start().await?;
    // Nobody has sent it again: it was durable when the sender was told so.
    until("the message is in the inbox", DEADLINE, async || Ok(!counter.inbox().await?.is_empty())).await?;
    // Somebody presses the button again: it is the same message, and what is sent after it arrives after it.
    assert_eq!(counter.send(BAKER, &mark).await?.status, StatusCode::OK);
    assert_eq!(counter.send_by_application("Encore").await?.status, StatusCode::SEE_OTHER);
    until("the next message is in the inbox", DEADLINE, async || {
        Ok(counter.inbox().await?.iter().any(|message| message["subject"] == "Encore"))
    })
    .await?;
    until("the message was mailed", DEADLINE, async || Ok(!counter.mails("Panne").await?.is_empty())).await?;

    let inbox = counter.inbox().await?;
    let page = sent.text();
    let id = page.split("id=\"reference\">").nth(1).and_then(|rest| rest.split('<').next()).context("a reference")?;
    assert_eq!(inbox.len(), 2, "{inbox:?}");
    let message = inbox.iter().find(|message| message["id"] == id).context("the message by its reference")?;
    assert_eq!((&message["channel"], &message["state"]), (&json!("edge"), &json!("routed")));
    assert_eq!((&message["subject"], &message["name"]), (&json!(SUBJECT), &json!("Zoé")));
    only_the_partner_was_written_to(&counter).await?;
    let vendor = counter.installation.operator.get("/v1/support-messages").await?;
    assert_eq!(vendor["items"], json!([]), "the vendor hears of it when the partner asks");
    ensure!(!counter.installation.till.journal().iter().any(|line| line.contains("contact")));
    Ok(())
}

async fn only_the_partner_was_written_to(counter: &Counter) -> Result<()> {
    let mails = counter.mails("Panne").await?;
    assert_eq!(mails.len(), 1);
    let Taken { to, mail, data, .. } = &mails[0];
    assert_eq!(to, &[PARTNER]);
    assert_eq!(mail.heads["reply-to"], "zoe@client.example");
    ensure!(mail.heads["subject"].contains(SUBJECT), "it reads as it was typed: {}", mail.heads["subject"]);
    ensure!(!data.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc:")), "{data}");
    let files: Vec<_> = mail.attached.iter().map(|file| (file.name.as_str(), file.kind.as_str())).collect();
    assert_eq!(files, [("trace é.log", "text/plain")]);
    ensure!(mail.text.contains("ne démarre plus."), "{}", mail.text);
    let is_sender = |taken: &Taken| taken.to.iter().any(|to| to.contains("zoe"));
    ensure!(!counter.mailbox.taken()?.iter().any(is_sender), "nobody writes to an address that somebody typed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_is_lost_or_doubled_while_the_control_plane_is_killed_again_and_again() -> Result<()> {
    let mut counter = Counter::open(Engine::Sqlite).await?;
    let mut sent = BTreeSet::new();
    for round in 0..6 {
        for number in 0..4 {
            let message = format!("message {round}.{number}");
            let answer = counter.send_by_application(&message).await?;
            assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, Some("/contact")));
            sent.insert(message);
        }
        // Wherever it is: between two messages, or between one and its answer.
        counter.installation.control.kill()?;
        counter.installation.control.start().await?;
    }
    until("all have arrived", DEADLINE, async || Ok(counter.inbox().await?.len() >= sent.len())).await?;
    let arrived = counter.inbox().await?;
    let texts: Vec<_> = arrived.iter().filter_map(|message| message["text"].as_str().map(str::to_owned)).collect();
    assert_eq!((texts.len(), texts.into_iter().collect::<BTreeSet<_>>()), (sent.len(), sent));
    let journal = counter.installation.till.journal();
    ensure!(!journal.iter().any(|line| line.starts_with("POST /contact")), "never to the vendor: {journal:?}");
    assert_eq!(
        counter.installation.visitor.get(BAKER, "/contact").await?.status,
        StatusCode::OK,
        "its page is the application's"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_said_beside_what_was_typed_and_the_most_arrives_whole() -> Result<()> {
    let counter = Counter::open(Engine::Sqlite).await?;
    let visitor = &counter.installation.visitor;
    let most = vec![b'a'; MOST_BYTES];
    let (_, mark) = counter.form(BAKER).await?;
    let long = "x".repeat(201);
    let (name, trap) = (("name", long.as_str()), ("website", "https://x"));
    let with = |(name, value)| fields(&mark).map(|field| if field.0 == name { (name, value) } else { field });
    let over = [most.as_slice(), b"a"].concat();
    let wrong = [
        (body(&with(name), &[]), 422, "id=\"name-error\""),
        (body(&with(trap), &[]), 422, "id=\"notice\""),
        (body(&fields(&mark), &[("a.txt", b"a".as_slice()); 6]), 422, "id=\"files-error\""),
        (body(&fields(&mark), &[("a.txt", &over)]), 422, "id=\"files-error\""),
        (body(&fields(&mark), &[("a.txt", most.as_slice()); 9]), 413, "id=\"notice\""),
    ];
    for (body, status, said) in wrong {
        for mut connection in [visitor.http1(BAKER).await?, visitor.http2(BAKER).await?] {
            let answer = send_on(&mut connection, body.clone()).await?;
            let html = answer.text();
            assert_eq!(answer.status, status, "{html}");
            ensure!(html.contains(said) && html.contains("ne démarre plus.</textarea>"), "{html}");
        }
    }
    assert_eq!(counter.inbox().await?, Vec::<Value>::new());
    let files = [("a.txt", most.as_slice()), ("b.txt", most.as_slice())];
    eventually("the most that a message has is taken", DEADLINE, async || {
        let answer = send_on(&mut visitor.http1(BAKER).await?, body(&fields(&mark), &files)).await?;
        ensure!(answer.status == StatusCode::OK, "{}: {}", answer.status, answer.text());
        Ok(Some(()))
    })
    .await?;
    until("the message is in the inbox", DEADLINE, async || Ok(counter.inbox().await?.len() == 1)).await?;
    let id = text(&counter.inbox().await?[0], "/id")?;
    let whole = counter.partner.get(&format!("/v1/support-messages/{id}")).await?;
    let sizes: Vec<_> = whole["attachments"].as_array().context("files")?.iter().map(|file| &file["size"]).collect();
    assert_eq!(sizes, [&json!(MOST_BYTES); 2]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_is_there_when_people_write_and_nothing_else_is() -> Result<()> {
    let counter = Counter::open(Engine::Sqlite).await?;
    let Counter { installation, business, fournil, .. } = &counter;
    let space = json!({"partner": business.partner, "application": business.application, "name": "Atelier"});
    let atelier = text(&installation.operator.post("/v1/tenants", space).await?, "/id")?;
    let name = json!({"tenant": atelier, "kind": "platform", "label": "atelier"});
    installation.operator.post("/v1/domains", name).await?;
    until("the form of a space that isn't ready", ISSUANCE, async || Ok(counter.form(WORKSHOP).await.is_ok())).await?;
    let refused = installation.visitor.get(WORKSHOP, "/echo").await?;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    ensure!(refused.text().contains(&format!("<a href=\"{FORM}\">")), "{}", refused.text());

    let mut connection = installation.visitor.http1(BAKER).await?;
    let mut asked = async |method: Method, path: &str| {
        let request = connection.request(method, path).body(nothing())?;
        connection.send(request).await
    };
    let head = asked(Method::HEAD, FORM).await?;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    ensure!(head.header("content-length").is_some_and(|length| length != "0"), "{head:?}");
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        let refused = asked(method, FORM).await?;
        assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, Some("GET, HEAD, POST")));
    }
    for path in [
        "/.well-known/marque/nothing",
        "/.well-known/marque",
        "/.well-known//marque/contact",
        "/%2ewell-known/marque/contact",
    ] {
        assert_eq!(asked(Method::GET, path).await?.status, StatusCode::NOT_FOUND, "{path}");
    }
    let journal = installation.till.journal();
    ensure!(!journal.iter().any(|line| line.contains("marque")), "none of it reaches the application: {journal:?}");

    let (_, mark) = counter.form(BAKER).await?;
    installation.operator.post(&format!("/v1/tenants/{}/close", fournil.id), json!({})).await?;
    until("a space that is closed has no form", DEADLINE, async || {
        let shown = installation.visitor.get(BAKER, FORM).await;
        Ok(!shown.is_ok_and(|answer| answer.status == StatusCode::OK))
    })
    .await?;
    ensure!(
        !counter.send(BAKER, &mark).await.is_ok_and(|answer| answer.status == StatusCode::OK),
        "nor takes a message"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_does_not_come_is_waited_for_so_long_and_no_longer() -> Result<()> {
    let counter = Counter::open_with(Engine::Sqlite, "deadline = \"300ms\"\n").await?;
    for path in [FORM, "/contact"] {
        let mut stream = counter.installation.visitor.handshake(BAKER, &["http/1.1"]).await?;
        let host = counter.installation.visitor.authority_of(BAKER);
        let kind = "application/x-www-form-urlencoded";
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: 100\r\n\r\n");
        stream.write_all(format!("{head}email=").as_bytes()).await?;
        let mut answer = vec![0; 12];
        timeout(DEADLINE, stream.read_exact(&mut answer)).await.context("an answer in time")??;
        assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 408", "{path}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_script_writes_and_is_told_what_is_wrong() -> Result<()> {
    let counter = Counter::open(Engine::Sqlite).await?;
    let browser = Browser::start(&counter.installation.pebble.issuing_root).await?;
    let client = &browser.client;
    let base = format!("https://{}", counter.installation.visitor.authority_of(MILLER));
    client.goto(&format!("{base}{FORM}")).await?;
    // White space passes the browser's own look, and not ours.
    fill_in(client, " ").await?;
    client.find(Locator::Css("button")).await?.click().await?;
    until("the error stands beside its field", DEADLINE, async || {
        let name = client.find(Locator::Css("#name")).await?;
        let described = name.attr("aria-describedby").await?.context("the field names its error")?;
        let error = client.find(Locator::Id(&described)).await?.text().await?;
        Ok(!error.is_empty() && name.attr("aria-invalid").await?.as_deref() == Some("true"))
    })
    .await?;
    assert_eq!(value_of(client, "#subject").await?, "Panne", "what was typed is kept");
    until("the message is taken once it is old enough", DEADLINE, async || {
        if client.find(Locator::Css("#reference")).await.is_ok() {
            return Ok(true);
        }
        fill_in(client, "Zoé").await?;
        client.find(Locator::Css("button")).await?.click().await?;
        Ok(client.find(Locator::Css("#reference")).await.is_ok())
    })
    .await?;
    assert_eq!(client.find_all(Locator::Css("h1")).await?.len(), 1);
    until("the message is in the inbox", DEADLINE, async || Ok(counter.inbox().await?.len() == 1)).await?;
    assert_eq!(counter.inbox().await?[0]["name"], "Zoé");
    browser.close().await
}

async fn fill_in(client: &Client, name: &str) -> Result<()> {
    for (field, value) in [("name", name), ("email", "zoe@client.example"), ("subject", "Panne"), ("text", "Bonjour")] {
        let element = client.find(Locator::Id(field)).await?;
        element.clear().await?;
        element.send_keys(value).await?;
    }
    Ok(())
}

async fn value_of(client: &Client, selector: &str) -> Result<String> {
    client.find(Locator::Css(selector)).await?.prop("value").await?.context("a value")
}
