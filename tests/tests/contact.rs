//! The contact form: what is said to have been sent is in the partner's inbox and mail, once, whoever is killed when; and
//! nobody else hears of it.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fantoccini::{Client, Locator};
use http::{Method, StatusCode, header};
use marque_tests::api::{Api, text};
use marque_tests::browser::Browser;
use marque_tests::installation::{Engine, Installation, Tenancy};
use marque_tests::mailbox::{Mailbox, Taken};
use marque_tests::process::Output;
use marque_tests::visitor::{Answer, whole};
use marque_tests::wait::{eventually, until};
use serde_json::{Value, json};

const BAKER: &str = "fournil.p.localhost";
const MILLER: &str = "moulin.p.localhost";
const FORM: &str = "/.well-known/marque/contact";
const PARTNER: &str = "aide@comptoir.example";
const DEADLINE: Duration = Duration::from_secs(30);
const LOG: &str = "10:02 erreur 12\n";
const SUBJECT: &str = "Panne =?utf-8?q?=0D=0ABcc:_x@y.fr?=";

/// An installation whose control plane sends mail, and the partner's own hand on the API.
struct Counter {
    installation: Installation,
    mailbox: Mailbox,
    partner: Api,
    fournil: Tenancy,
}

impl Counter {
    async fn open(engine: Engine) -> Result<Self> {
        let mut installation = Installation::start(engine).await?;
        let mailbox = Mailbox::start(&installation.site.directory, Output::Nowhere).await?;
        let mail = format!("{}from = \"post@marque.example\"\n", mailbox.settings());
        append(&installation.site.control_plane_settings(), &mail)?;
        append(&installation.site.proxy_settings(), "[contact]\nmessages_per_client = 1000\n")?;
        let business = installation.open_business().await?;
        let [fournil, _moulin] = installation.open_both_of(&business).await?;
        let token = json!({
            "name": "inbox", "principal": format!("partner:{}", business.partner), "scopes": ["support:read", "support:write"],
        });
        let token = installation.operator.post("/v1/tokens", token).await?;
        let partner = installation.operator.with_token(text(&token, "/token")?);
        for plane in [&mut installation.control, &mut installation.proxy] {
            plane.stop().await?;
            plane.start().await?;
        }
        Ok(Self { installation, mailbox, partner, fournil })
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
        let request = connection.request(Method::POST, FORM).header("accept-language", "fr");
        let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=frontiere");
        connection.send(request.body(whole(message(mark)))?).await
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

fn append(file: &std::path::Path, text: &str) -> Result<()> {
    let mut file = OpenOptions::new().append(true).open(file).context("open settings")?;
    writeln!(file, "\n{text}").context("write settings")
}

fn message(mark: &str) -> String {
    let fields = [
        ("name", "Zoé"),
        ("email", "zoe@client.example"),
        ("subject", SUBJECT),
        ("text", "La caisse\r\nne démarre plus."),
        ("form", mark),
        ("website", ""),
    ];
    let part = |(name, value): (&str, &str)| {
        format!("--frontiere\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = format!(
        "--frontiere\r\nContent-Disposition: form-data; name=\"files\"; filename=\"trace é.log\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{LOG}\r\n--frontiere--\r\n"
    );
    fields.map(part).concat() + &file
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
    // Somebody presses the button again: it is the same message.
    assert_eq!(counter.send(BAKER, &mark).await?.status, StatusCode::OK);
    until("the message is in the inbox", DEADLINE, async || Ok(!counter.inbox().await?.is_empty())).await?;
    until("the message was mailed", DEADLINE, async || Ok(!counter.mails("Panne").await?.is_empty())).await?;

    let inbox = counter.inbox().await?;
    let page = sent.text();
    let id = page.split("id=\"reference\">").nth(1).and_then(|rest| rest.split('<').next()).context("a reference")?;
    assert_eq!(inbox.len(), 1, "{inbox:?}");
    assert_eq!(
        (&inbox[0]["id"], &inbox[0]["channel"], &inbox[0]["state"]),
        (&json!(id), &json!("edge"), &json!("routed"))
    );
    assert_eq!((&inbox[0]["subject"], &inbox[0]["name"]), (&json!(SUBJECT), &json!("Zoé")));
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
