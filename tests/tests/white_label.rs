//! S2.P4: nothing that reaches a client names the vendor, but for the base in platform names: a crawl over what the edge
//! writes in every state, over heads, certificates and mails.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use http::{HeaderMap, Method, StatusCode, header};
use marque_tests::installation::{Business, Engine, ISSUANCE, Installation, PASSWORD};
use marque_tests::mailbox::Mailbox;
use marque_tests::process::Output;
use marque_tests::shop::{MONTH, Shop};
use marque_tests::till::{FOURNIL, MOULIN, OWN_HOST};
use marque_tests::visitor::nothing;
use marque_tests::wait::until;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const BAKER: &str = "fournil.p.localhost";
const MILLER: &str = "moulin.p.localhost";
const ANNE: &str = "anne@fournil.example";
const DEADLINE: Duration = Duration::from_secs(30);

/// The application's name, which is the vendor's.
const VENDOR: &str = "Vendorcanary";
/// Whoever finds one of these knows who stands behind the brand: the vendor, its application's own host, its account manager,
/// or what serves the name.
const CANARIES: [&str; 5] = ["vendorcanary", OWN_HOST, "camille", "marque", "pingora"];
/// Addresses of the edge's own pages: clients see them in links, and they name nobody's business.
const OWN_PAGES: &str = "/.well-known/marque/";

#[tokio::test(flavor = "multi_thread")]
async fn s2_p4_nothing_that_reaches_a_client_names_the_vendor_on_sqlite() -> Result<()> {
    nothing_names_the_vendor(Engine::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn s2_p4_nothing_that_reaches_a_client_names_the_vendor_on_postgresql() -> Result<()> {
    nothing_names_the_vendor(Engine::Postgres).await
}

async fn nothing_names_the_vendor(engine: Engine) -> Result<()> {
    let directory = tempfile::Builder::new().prefix("marque-mails-").tempdir()?;
    let mailbox = Mailbox::start(directory.path(), Output::Nowhere).await?;
    let mut installation = Installation::start(engine).await?;
    installation.configure(&format!("{}from = \"post@edge.example\"\n", mailbox.settings()), "").await?;
    let business = installation.open_business().await?;
    let named = json!({"name": VENDOR});
    installation
        .operator
        .send(Method::PATCH, &format!("/v1/applications/{}", business.application), Some(named), &[])
        .await?
        .expect_success("the application's name")?;
    let mut crawl = Crawl::default();
    clients_space(&installation, &business, &mailbox, &mut crawl).await?;
    test_space(&mut installation, &business, &mut crawl).await?;
    mails(&installation, &business, &mailbox, &mut crawl).await?;
    crawl.expect_nobody_named()
}

/// A client's space before its handover, and after it without a licence.
async fn clients_space(
    installation: &Installation,
    business: &Business,
    mailbox: &Mailbox,
    crawl: &mut Crawl,
) -> Result<()> {
    let operator = &installation.operator;
    let baker = business.open_client(operator, FOURNIL).await?;
    baker.add_platform_name(operator, FOURNIL.account).await?;
    served(installation, BAKER, StatusCode::SERVICE_UNAVAILABLE).await?;
    crawl.visit(installation, BAKER, "before the handover").await?;
    let administrator = json!({"email": ANNE, "name": "Anne Martin", "role": "administrator", "language": "en"});
    operator.post(&format!("/v1/tenants/{}/users", baker.id), administrator).await?;
    let invitation = mailbox.mail_to(ANNE, "Your access").await?;
    let link = invitation.link("https://portal.localhost/invitation#")?;
    let (_, secret) = link.split_once('#').context("what stands behind #")?;
    let accepted = json!({"token": secret, "password": PASSWORD});
    operator.with_token("").post("/v1/invitations/accept", accepted).await?;
    served(installation, BAKER, StatusCode::PAYMENT_REQUIRED).await?;
    crawl.visit(installation, BAKER, "without a licence").await
}

/// A space that is served, then suspended, then without its application.
async fn test_space(installation: &mut Installation, business: &Business, crawl: &mut Crawl) -> Result<()> {
    let operator = installation.operator.clone();
    let miller = business.open_tenancy(&operator, MOULIN).await?;
    miller.add_platform_name(&operator, MOULIN.account).await?;
    served(installation, MILLER, StatusCode::OK).await?;
    crawl.visit(installation, MILLER, "served").await?;
    crawl.steer(installation).await?;
    crawl.handshake(installation).await?;
    crawl.nonsense(installation).await?;
    miller.suspend(&operator).await?;
    served(installation, MILLER, StatusCode::FORBIDDEN).await?;
    crawl.visit(installation, MILLER, "suspended").await?;
    miller.resume(&operator).await?;
    served(installation, MILLER, StatusCode::OK).await?;
    installation.till = marque_tests::till::Till::start(([127, 0, 0, 1], 0).into()).await?;
    served(installation, MILLER, StatusCode::BAD_GATEWAY).await?;
    crawl.visit(installation, MILLER, "without its application").await
}

/// What people outside get who order, are invited, and write.
async fn mails(installation: &Installation, business: &Business, mailbox: &Mailbox, crawl: &mut Crawl) -> Result<()> {
    let shop = Shop::of(&installation.operator, business, 2 * MONTH).await?;
    shop.partner.post("/v1/orders", shop.goods.order("order", "zoe@boulangerie.example", 0)).await?;
    mailbox.mail_to("zoe@boulangerie.example", "").await?;
    let taken = mailbox.taken()?;
    let outside = |to: &str| to == ANNE || to.ends_with("@boulangerie.example");
    let mails: Vec<_> = taken.iter().filter(|it| it.to.iter().any(|to| outside(to))).collect();
    ensure!(mails.len() >= 2, "an invitation and an order's instructions: {mails:?}");
    for mail in mails {
        let subject = mail.mail.heads["subject"].clone();
        crawl.saw(format!("the mail {subject:?}"), [&mail.from, &mail.data, &mail.mail.text, &mail.mail.html]);
    }
    Ok(())
}

async fn served(installation: &Installation, host: &str, status: StatusCode) -> Result<()> {
    until(&format!("{host} answers {status}"), ISSUANCE.max(DEADLINE), async || {
        Ok(installation.visitor.get(host, "/echo").await.is_ok_and(|answer| answer.status == status))
    })
    .await
}

/// Everything that was seen, and where.
#[derive(Default)]
struct Crawl {
    seen: Vec<(String, String)>,
}

impl Crawl {
    fn saw<'a>(&mut self, what: String, parts: impl IntoIterator<Item = &'a String>) {
        let all: Vec<_> = parts.into_iter().map(String::as_str).collect();
        self.seen.push((what, all.join("\n").to_lowercase().replace(OWN_PAGES, "")));
    }

    fn saw_answer(&mut self, what: String, status: StatusCode, headers: &HeaderMap, body: &[u8]) {
        let fields: Vec<_> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        self.saw(format!("{what} ({status})"), [&fields.join("\n"), &String::from_utf8_lossy(body).into_owned()]);
    }

    /// Everything that a name answers by itself, as a page and as JSON, in both languages.
    async fn visit(&mut self, installation: &Installation, host: &str, state: &str) -> Result<()> {
        for accept in ["text/html", "application/json"] {
            for language in ["fr", "en"] {
                for (method, path) in REQUESTS {
                    let mut connection = installation.visitor.http1(host).await?;
                    let request = connection.request(Method::from_bytes(method.as_bytes())?, path);
                    let request = request.header(header::ACCEPT, accept).header(header::ACCEPT_LANGUAGE, language);
                    let answer = connection.send(request.body(nothing())?).await?;
                    // What the application itself says is the application's.
                    let body: &[u8] = if answer.status.is_success() && path == "/login" { b"" } else { &answer.body };
                    let what = format!("{state}: {method} {path} as {accept} in {language}");
                    self.saw_answer(what, answer.status, &answer.headers, body);
                }
            }
        }
        let mut plain = TcpStream::connect(installation.site.listening.http).await?;
        plain.write_all(format!("GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
        self.read(format!("{state}: port 80"), &mut plain).await
    }

    /// The application sends visitors to its own host.
    async fn steer(&mut self, installation: &Installation) -> Result<()> {
        let mut connection = installation.visitor.http1(MILLER).await?;
        for to in
            [format!("https://{OWN_HOST}/accounts/moulin"), format!("//{OWN_HOST}/x"), format!("http://{OWN_HOST}")]
        {
            let answer = connection.get(&format!("/go?to={to}")).await?;
            self.saw_answer(format!("sent to {to}"), answer.status, &answer.headers, &answer.body);
        }
        Ok(())
    }

    /// The certificate that stands behind a name.
    async fn handshake(&mut self, installation: &Installation) -> Result<()> {
        let stream = installation.visitor.handshake(MILLER, &["http/1.1"]).await?;
        let chain = stream.get_ref().1.peer_certificates().context("a chain")?;
        let own = chain.first().context("a certificate of its own")?;
        self.saw("the certificate".to_owned(), [&String::from_utf8_lossy(own).into_owned()]);
        Ok(())
    }

    /// What no HTTP library sends.
    async fn nonsense(&mut self, installation: &Installation) -> Result<()> {
        for bytes in NONSENSE {
            let mut stream = installation.visitor.handshake(MILLER, &["http/1.1"]).await?;
            stream.write_all(bytes.as_bytes()).await?;
            self.read(format!("{bytes:?}"), &mut stream).await?;
        }
        Ok(())
    }

    async fn read(&mut self, what: String, stream: &mut (impl AsyncReadExt + Unpin)) -> Result<()> {
        let mut answer = Vec::new();
        // A close without a notice is a close.
        drop(tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer)).await.context("an end in time")?);
        ensure!(!answer.is_empty(), "{what}: no answer");
        self.saw(what, [&String::from_utf8_lossy(&answer).into_owned()]);
        Ok(())
    }

    fn expect_nobody_named(&self) -> Result<()> {
        let named = |text: &str| CANARIES.into_iter().find(|canary| text.contains(canary));
        let told: Vec<_> = self
            .seen
            .iter()
            .filter_map(|(what, text)| Some(format!("{what} says {}:\n{text}", named(text)?)))
            .collect();
        ensure!(told.is_empty(), "{}", told.join("\n\n"));
        // A crawl that saw nothing would be content, too.
        ensure!(self.seen.len() > 100, "only {} answers", self.seen.len());
        ensure!(self.seen.iter().any(|(_, text)| text.contains("comptoir")), "the brand itself is nowhere");
        Ok(())
    }
}

/// Requests that meet every kind of refusal that a name has by itself, and the edge's own pages.
const REQUESTS: [(&str, &str); 9] = [
    ("GET", "/login"),
    ("GET", "/nothing"),
    ("GET", "/accounts/fournil/till"),
    ("GET", "/accounts/moulin/till"),
    ("TRACE", "/"),
    ("GET", "/.well-known/marque/enter?ticket=x"),
    ("GET", "/.well-known/marque/leave"),
    ("GET", "/.well-known/marque/contact"),
    ("GET", "/.well-known/marque/nothing"),
];

const NONSENSE: [&str; 5] = [
    "GET / HTTP/1.1\r\nHost: somebody.example\r\nConnection: close\r\n\r\n",
    "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    "GET / HTTP/9.9\r\nHost: moulin.p.localhost\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: moulin.p.localhost\r\nContent-Length: x\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];
