//! Mails as their recipients get them: a real server takes them, and what stands in them leads on.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use marque_tests::api::{Api, text};
use marque_tests::installation::Engine;
use marque_tests::mailbox::{Mailbox, Shown};
use marque_tests::office::Office;
use marque_tests::process::Output;
use marque_tests::shop::Shop;
use marque_tests::wait::until;
use serde_json::{Value, json};
use tempfile::TempDir;

const PASSWORD: &str = "une phrase assez longue";
const ANNE: &str = "anne@comptoir.example";
const MARC: &str = "marc@comptoir.example";
const ZOE: &str = "zoe@boulangerie.example";
/// The mail server refuses her at first.
const LATER: &str = "later@fournil.example";

#[tokio::test(flavor = "multi_thread")]
async fn s3_27_s3_5_mails_lead_to_a_password_and_to_an_activation_on_sqlite() -> Result<()> {
    mails_lead_on(Engine::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn s2_p4_every_mail_carries_the_partners_brand_on_postgresql() -> Result<()> {
    mails_lead_on(Engine::Postgres).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_now_arrives_later_and_once_on_sqlite() -> Result<()> {
    arrives_later_and_once(Engine::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_now_arrives_later_and_once_on_postgresql() -> Result<()> {
    arrives_later_and_once(Engine::Postgres).await
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_12_a_clients_message_arrives_with_its_files_or_waits_for_an_operator_on_sqlite() -> Result<()> {
    a_clients_message_arrives(Engine::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_12_a_clients_message_arrives_with_its_files_or_waits_for_an_operator_on_postgresql() -> Result<()> {
    a_clients_message_arrives(Engine::Postgres).await
}

/// A control plane that sends mail, and a partner with a brand.
struct Counter {
    office: Office,
    shop: Shop,
    mailbox: Mailbox,
    _directory: TempDir,
}

impl Counter {
    async fn open(engine: Engine) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("marque-mails-").tempdir()?;
        let mailbox = Mailbox::start(directory.path(), Output::Nowhere).await?;
        let settings = format!("{}from = \"post@marque.example\"\n", mailbox.settings());
        let office = Office::open(engine, &settings).await?;
        let shop = Shop::open(&office, 1_000_000).await?;
        let counter = Self { office, shop, mailbox, _directory: directory };
        counter.answer_to("aide@comptoir.example").await?;
        Ok(counter)
    }

    /// Gives the partner its brand, with an address for answers.
    async fn answer_to(&self, address: &str) -> Result<()> {
        let brand = json!({
            "name": "Comptoir & Cie", "support": "+33 3 20 00 00 00", "mail_name": "L’équipe du Comptoir",
            "reply_to": address,
        });
        let path = format!("/v1/partners/{}", self.shop.partner_id);
        let changed = self.office.operator.send(Method::PATCH, &path, Some(json!({"brand": brand})), &[]).await?;
        changed.expect_success(&path).map(drop)
    }

    /// A token of the application.
    async fn till(&self) -> Result<Api> {
        let operator = &self.office.operator;
        let application = text(&operator.get("/v1/applications").await?, "/items/0/id")?;
        let token = json!({
            "name": "till", "principal": format!("application:{application}"),
            "scopes": ["activations:write", "support:write"],
        });
        Ok(operator.with_token(text(&operator.post("/v1/tokens", token).await?, "/token")?))
    }

    /// Follows the link of an invitation, as the page behind it does, and comes in with the new password.
    async fn arrive(&self, email: &str, invitation: &Shown) -> Result<Api> {
        let link = invitation.link("https://portal.localhost/invitation#")?;
        let (_, secret) = link.split_once('#').context("what stands behind #")?;
        let nobody = self.office.operator.with_token("");
        let body = json!({"token": secret, "password": PASSWORD});
        nobody.post("/v1/invitations/accept", body.clone()).await?;
        let again = nobody.try_post("/v1/invitations/accept", body).await?;
        ensure!(again.status == StatusCode::CONFLICT, "a link is followed once: {}", again.body);
        nobody.entered(email, PASSWORD).await
    }
}

async fn mails_lead_on(engine: Engine) -> Result<()> {
    let counter = Counter::open(engine).await?;
    let Counter { office, shop, mailbox, .. } = &counter;
    let rights = ["settings.manage", "dealer.order_products"];
    let anne = json!({
        "partner": shop.partner_id, "email": ANNE, "name": "Anne Martin", "rights": rights, "language": "fr",
    });
    office.operator.post("/v1/members", anne).await?;
    let invitation = mailbox.mail_to(ANNE, "Votre accès à Comptoir").await?;
    is_branded(&invitation)?;
    ensure!(invitation.text.contains("Bonjour Anne Martin,"), "{}", invitation.text);
    ensure!(invitation.html.contains("lang=\"fr\""), "{}", invitation.html);
    let anne = counter.arrive(ANNE, &invitation).await?;

    let marc = json!({"email": MARC, "name": "Marc Petit", "rights": ["dealer.order_products"], "language": "en"});
    anne.post("/v1/members", marc).await?;
    let invitation = mailbox.mail_to(MARC, "Your access to Comptoir").await?;
    is_branded(&invitation)?;
    ensure!(invitation.text.contains("Hello Marc Petit,"), "{}", invitation.text);
    let marc = counter.arrive(MARC, &invitation).await?;

    let order = marc.post("/v1/orders", shop.goods.order("order", ZOE, 1)).await?;
    let instructions = mailbox.mail_to(ZOE, "Activez Cash register").await?;
    is_branded(&instructions)?;
    tells_no_price(&instructions)?;
    let answers = "Comptoir & Cie s’occupe de votre facturation et de votre support : +33 3 20 00 00 00";
    ensure!(instructions.text.contains(answers), "{}", instructions.text);
    ensure!(order["state"] == "fulfilled", "{order}");
    activate(&counter, &instructions).await?;
    let path = format!("/v1/orders/{}", text(&order, "/id")?);
    ensure!(marc.get(&path).await?["state"] == "completed", "the order's licence is used");
    ensure!(mailbox.taken()?.len() == 3, "one mail for each of these, and no other");
    Ok(())
}

/// Uses the link as the page behind it does: the serial number stands in it, and the application activates by that.
async fn activate(counter: &Counter, instructions: &Shown) -> Result<()> {
    let link = instructions.link("https://portal.localhost/activate#")?;
    let (_, serial) = link.split_once('#').context("what stands behind #")?;
    let activated =
        counter.till().await?.post("/v1/activations", json!({"serial": serial, "fingerprint": "till 1"})).await?;
    ensure!(activated["how"] == "installation", "{activated}");
    Ok(())
}

/// It comes in the partner's name, answers go to the partner, and nothing in it names the vendor.
fn is_branded(mail: &Shown) -> Result<()> {
    assert_eq!(mail.heads["from"], "L’équipe du Comptoir <post@marque.example>");
    assert_eq!(mail.heads["reply-to"], "aide@comptoir.example");
    ensure!(mail.text.starts_with("Comptoir & Cie"), "{}", mail.text);
    ensure!(mail.html.contains("Comptoir &amp; Cie"), "{}", mail.html);
    for part in [&mail.heads["subject"], &mail.text, &mail.html] {
        ensure!(!part.contains("Marque"), "the vendor is named in {part}");
    }
    Ok(())
}

/// Neither what the partner pays for it, nor any other amount.
fn tells_no_price(mail: &Shown) -> Result<()> {
    for part in [&mail.heads["subject"], &mail.text, &mail.html] {
        for price in ["49.00", "49,00", "4900", "59.00", "59,00", "5900", "10.00", "10,00", "EUR", "€"] {
            ensure!(!part.contains(price), "{price} stands in {part}");
        }
    }
    Ok(())
}

async fn arrives_later_and_once(engine: Engine) -> Result<()> {
    let mut counter = Counter::open(engine).await?;
    let (operator, shop) = (counter.office.operator.clone(), counter.shop.clone());
    shop.partner.post("/v1/orders", shop.goods.order("order", LATER, 0)).await?;
    until("the mail was refused", Duration::from_secs(20), async || {
        let mail = mail_to(&operator, LATER).await?;
        Ok(mail["attempts"] == 1 && mail["said"].as_str().is_some_and(|said| said.contains("come back later")))
    })
    .await?;
    assert_eq!(mail_to(&operator, LATER).await?["state"], "waiting");
    // What was to be done survives the process.
    counter.office.control.kill()?;
    ensure!(counter.mailbox.taken()?.is_empty(), "it was refused");
    counter.mailbox.open()?;
    let_the_wait_pass(&counter.office.database).await?;
    counter.office.control.start().await?;
    let mail = counter.mailbox.mail_to(LATER, "Activez Cash register").await?;
    is_branded(&mail)?;
    until("it is sent", Duration::from_secs(20), async || Ok(mail_to(&operator, LATER).await?["state"] == "sent"))
        .await?;
    assert_eq!(mail_to(&operator, LATER).await?["attempts"], 2);
    // Once: what is sent after it finds nothing of it left to send.
    shop.partner.post("/v1/orders", shop.goods.order("order", ZOE, 0)).await?;
    counter.mailbox.mail_to(ZOE, "Activez").await?;
    let to: Vec<_> = counter.mailbox.taken()?.into_iter().flat_map(|taken| taken.to).collect();
    assert_eq!(to, [LATER, ZOE]);
    Ok(())
}

async fn a_clients_message_arrives(engine: Engine) -> Result<()> {
    let counter = Counter::open(engine).await?;
    let order = counter.shop.partner.post("/v1/orders", counter.shop.goods.order("trial", ZOE, 0)).await?;
    let log = "10:02 erreur é\n".repeat(1_000);
    let message = json!({
        "tenant": order["tenant"], "name": "Zoé", "email": ZOE, "language": "fr", "subject": "Panne",
        "text": "Elle ne démarre plus.", "attachments": [
            {"name": "trace é.log", "media_type": "text/plain", "content": STANDARD.encode(&log)},
            {"name": "rapport", "media_type": "application/pdf", "content": STANDARD.encode("%PDF-1.7 \r\n.\n")},
        ],
    });
    let till = counter.till().await?;
    till.post("/v1/support-messages", message.clone()).await?;
    let mail = counter.mailbox.mail_to("aide@comptoir.example", "Panne").await?;
    assert_eq!(mail.heads["reply-to"], ZOE, "an answer goes to who asked");
    ensure!(mail.text.contains("Elle ne démarre plus.") && mail.text.contains("trace é.log"), "{}", mail.text);
    let attached: Vec<_> = mail.attached.iter().map(|it| (it.name.as_str(), it.kind.as_str())).collect();
    assert_eq!(attached, [("trace é.log", "text/plain"), ("rapport.pdf", "application/pdf")]);
    assert_eq!(mail.attached[0].content, hex(log.as_bytes()));
    assert_eq!(mail.attached[1].content, hex(b"%PDF-1.7 \r\n.\n"));

    // An address that is none: the message is in the inbox, the mail in the operators' queue.
    counter.answer_to("never@comptoir.example").await?;
    let bounced = text(&till.post("/v1/support-messages", message).await?, "/id")?;
    let reader = json!({
        "name": "inbox", "principal": format!("partner:{}", counter.shop.partner_id), "scopes": ["support:read"],
    });
    let operator = &counter.office.operator;
    let inbox = operator.with_token(text(&operator.post("/v1/tokens", reader).await?, "/token")?);
    until("the message says that its mail bounced", Duration::from_secs(20), async || {
        Ok(inbox.get(&format!("/v1/support-messages/{bounced}")).await?["state"] == "received")
    })
    .await?;
    let failed = operator.get("/v1/mails?state=failed").await?;
    assert_eq!((&failed["items"][0]["to"], &failed["items"][1]), (&json!("never@comptoir.example"), &Value::Null));
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How the mail to somebody fares, as an operator sees it.
async fn mail_to(operator: &Api, address: &str) -> Result<Value> {
    let mails = operator.get("/v1/mails").await?;
    let found = mails["items"].as_array().and_then(|mails| mails.iter().find(|mail| mail["to"] == address));
    found.cloned().with_context(|| format!("a mail to {address} in {mails}"))
}

/// The minute until the next attempt is over.
async fn let_the_wait_pass(database: &str) -> Result<()> {
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(database).await?;
    sqlx::query("update mail set next_ms = 0 where state = 'waiting'").execute(&pool).await?;
    pool.close().await;
    Ok(())
}
