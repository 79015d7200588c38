//! Mail on its way to a real server (Debian's aiosmtpd), which keeps what it takes as files.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use marque_config::clock::Clock;
use marque_config::seal::KeyRing;
use marque_config::settings::{DatabaseSettings, MailSettings, MailTls, NameSettings};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::*;
use crate::database::Page;
use crate::database::tests::migrated;
use crate::kernel::language::Language;
use crate::kernel::parts::Parts;
use crate::kernel::secret::Secret;
use crate::notify::model::mail::{self as model, MailKind, MailState};

/// Ends with the value that holds it.
struct Server {
    address: SocketAddr,
    directory: PathBuf,
    _child: Child,
}

impl Server {
    async fn start(directory: PathBuf) -> Self {
        std::fs::create_dir_all(&directory).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/src/mailbox.py");
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script).arg(address.port().to_string()).arg(&directory).kill_on_drop(true);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("`make setup` installs python3-aiosmtpd");
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let listens = tokio::time::timeout(Duration::from_secs(20), said.next_line()).await;
        assert_eq!(listens.expect("the mail server doesn't listen").unwrap().as_deref(), Some("listening"));
        Self { address, directory, _child: child }
    }

    /// What it took: for each mail the recipients and the text.
    fn taken(&self) -> Vec<(Vec<String>, String)> {
        let entries = std::fs::read_dir(&self.directory).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|it| it == "json")).collect();
        files.sort();
        let read = |path: PathBuf| {
            let taken: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            let to = taken["to"].as_array().unwrap().iter().map(|to| to.as_str().unwrap().to_owned()).collect();
            (to, taken["data"].as_str().unwrap().to_owned())
        };
        files.into_iter().map(read).collect()
    }
}

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Office {
    mail: Arc<Mail>,
    clock: Arc<TestClock>,
    _directory: tempfile::TempDir,
}

impl Office {
    async fn open(server: SocketAddr) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(1_795_000_000_000)));
        let parts = Parts { clock: Arc::clone(&clock) as Arc<dyn Clock>, random: Parts::real().random };
        let database = DatabaseSettings { url: migrated(directory.path()).await, ..DatabaseSettings::default() };
        let store = Store::open(&database, parts).await.unwrap().sealed_by(ring(1));
        let settings = MailSettings {
            server: Some(server.ip().to_string()),
            port: server.port(),
            tls: MailTls::None,
            ..MailSettings::default()
        };
        let names = NameSettings { base: "marque.fr".parse().unwrap(), ..NameSettings::default() };
        let post = Post::new(&settings, &names).unwrap().unwrap();
        Self {
            mail: Arc::new(Mail { store, post, runs: Runs::default(), at_once: (4, 1) }),
            clock,
            _directory: directory,
        }
    }

    async fn write(&self, to: &str, values: Value) {
        let mail = &self.mail;
        let mut write = mail.store.begin(&actor(), mail.store.now_ms()).await.unwrap();
        let to = to.parse().unwrap();
        let kind = MailKind::SupportReply;
        write.mail(model::Mail { to, kind, language: Language::French, partner: None, values }).await.unwrap();
        write.commit().await.unwrap();
        // Identities of one millisecond are in no order.
        self.advance_ms(1);
    }

    async fn pass(&self) -> Pass {
        Arc::clone(&self.mail).pass().await.unwrap()
    }

    fn advance_ms(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::Relaxed);
    }

    /// Comes back when so many mails were sent.
    async fn has_sent(&self, count: usize) {
        let is_sent = |(state, _, _): &(MailState, i64, String)| *state == MailState::Sent;
        while self.stand().await.iter().filter(|it| is_sent(it)).count() < count {}
    }

    /// State, attempts, and what the server said, of each mail.
    async fn stand(&self) -> Vec<(MailState, i64, String)> {
        let page = Page::first(100);
        let mails = self.mail.store.mails(None, &page).await.unwrap();
        mails.into_iter().map(|mail| (mail.state, mail.attempts, mail.said.unwrap_or_default())).collect()
    }

    async fn traces(&self) -> Vec<String> {
        let query = "select action from audit_event order by seq";
        sqlx::query_scalar(query).fetch_all(self.mail.store.reader()).await.unwrap()
    }
}

fn ring(byte: u8) -> Arc<KeyRing> {
    Arc::new(KeyRing::single(&[byte; 32]).unwrap())
}

fn reply(subject: &str) -> Value {
    json!({ "message": "msg_1", "subject": subject, "text": "Voici.", "name": "Zoé" })
}

#[tokio::test]
async fn a_mail_is_taken_once_by_one_recipient_and_its_words_are_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path().join("taken")).await;
    let office = Office::open(server.address).await;
    office.write("zoé@example.fr", reply("Panne\r\nBcc: somebody@else.fr")).await;
    assert_eq!(office.pass().await, Pass::Worked);
    assert_eq!(office.pass().await, Pass::Idle);
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].0, ["zoé@example.fr"]);
    let heads = taken[0].1.split("\r\n\r\n").next().unwrap();
    assert!(!heads.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{heads}");
    assert!(heads.contains("From: Marque <no-reply@marque.fr>"), "{heads}");
    assert!(heads.contains("Message-ID: <mal_"), "{heads}");
    assert_eq!(office.stand().await, [(MailState::Sent, 1, String::new())]);
    let kept: String =
        sqlx::query_scalar("select facts from mail").fetch_one(office.mail.store.reader()).await.unwrap();
    assert_eq!(kept, "{}");
    assert_eq!(office.traces().await, ["mail.sent"]);
}

#[tokio::test]
async fn what_is_refused_for_good_fails_at_once_and_the_next_is_sent() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path().join("taken")).await;
    let office = Office::open(server.address).await;
    office.write("never@example.fr", reply("a")).await;
    office.write("anne@example.fr", json!({})).await;
    office.write("anne@example.fr", reply("b")).await;
    office.pass().await;
    let stand = office.stand().await;
    assert_eq!((stand[0].0, stand[1].0, stand[2].0), (MailState::Failed, MailState::Failed, MailState::Sent));
    assert!(stand[0].2.contains("no such mailbox"), "{stand:?}");
    assert_eq!(server.taken().len(), 1);
    office.advance_ms(7 * 86_400_000);
    assert_eq!(office.pass().await, Pass::Idle);
    assert_eq!(office.traces().await, ["mail.failed", "mail.failed", "mail.sent"]);
}

#[tokio::test]
async fn what_is_refused_for_now_is_tried_again_until_it_fails() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path().join("taken")).await;
    let office = Office::open(server.address).await;
    office.write("later@example.fr", reply("a")).await;
    for wait_ms in WAITS_MS {
        assert_eq!(office.pass().await, Pass::Worked);
        assert_eq!(office.stand().await[0].0, MailState::Waiting);
        office.advance_ms(wait_ms - 1);
        assert_eq!(office.pass().await, Pass::Idle);
        office.advance_ms(1);
    }
    assert_eq!(office.pass().await, Pass::Worked);
    let (state, attempts, said) = office.stand().await.remove(0);
    assert_eq!((state, attempts), (MailState::Failed, 8));
    assert!(said.contains("come back later"), "{said}");
    assert_eq!(office.traces().await, ["mail.failed"]);
    // An operator has it sent again.
    std::fs::write(server.directory.join("open"), "").unwrap();
    let page = Page::first(1);
    let id = office.mail.store.mails(Some(MailState::Failed), &page).await.unwrap()[0].id;
    let mut write = office.mail.store.begin(&actor(), office.mail.store.now_ms()).await.unwrap();
    crate::notify::operations::mail::retry(&mut write, id).await.unwrap();
    write.commit().await.unwrap();
    office.pass().await;
    assert_eq!(office.stand().await, [(MailState::Sent, 1, String::new())]);
}

#[tokio::test]
async fn a_server_that_is_away_costs_a_mail_nothing_but_time() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let office = Office::open(address).await;
    office.write("anne@example.fr", reply("a")).await;
    assert_eq!(office.pass().await, Pass::Worked);
    assert_eq!(office.stand().await[0].0, MailState::Waiting);
}

#[tokio::test]
async fn a_link_goes_out_with_its_secret_and_one_that_the_key_does_not_open_fails_alone() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path().join("taken")).await;
    let office = Office::open(server.address).await;
    let secret = Secret::draw(&*Parts::real().random);
    for key in [1, 2] {
        let store = office.mail.store.clone().sealed_by(ring(key));
        let mut write = store.begin(&actor(), store.now_ms()).await.unwrap();
        let values = json!({ "name": "Anne", "path": "/password-reset", "until_ms": 1_795_003_600_000_i64 });
        let (kind, language) = (MailKind::PasswordReset, Language::English);
        let to = "anne@example.fr".parse().unwrap();
        write.mail_with(model::Mail { to, kind, language, partner: None, values }, &secret).await.unwrap();
        write.commit().await.unwrap();
        office.advance_ms(1);
    }
    office.pass().await;
    let stand = office.stand().await;
    assert_eq!((stand[0].0, stand[1].0), (MailState::Sent, MailState::Failed));
    assert!(stand[1].2.contains("store key"), "{stand:?}");
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    // A mail's lines are wrapped.
    let text = taken[0].1.replace("=\r\n", "");
    assert!(text.contains(&format!("/password-reset#{}", secret.reveal())), "{text}");
    let kept: Vec<Option<Vec<u8>>> = sqlx::query_scalar("select secret from mail order by created_ms")
        .fetch_all(office.mail.store.reader())
        .await
        .unwrap();
    assert!(kept[0].is_none() && kept[1].is_some());
}

#[tokio::test]
async fn a_mail_whose_sender_died_is_taken_up_again() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path().join("taken")).await;
    let office = Office::open(server.address).await;
    office.write("anne@example.fr", reply("a")).await;
    let mut write = office.mail.store.begin(&actor(), office.mail.store.now_ms()).await.unwrap();
    assert_eq!(write.take_mails("example.fr", 4, TAKEN_MS).await.unwrap().len(), 1);
    write.commit().await.unwrap();
    assert_eq!(office.pass().await, Pass::Idle);
    office.advance_ms(TAKEN_MS);
    assert_eq!(office.pass().await, Pass::Worked);
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test]
async fn one_mail_that_cannot_be_read_keeps_no_other_from_being_sent() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path().join("taken")).await;
    let office = Office::open(server.address).await;
    for subject in ["a", "b", "c"] {
        office.write("anne@example.fr", reply(subject)).await;
    }
    let broken = "update mail set facts = 'nonsense' where id in (select id from mail order by created_ms limit 1)";
    let mut write = office.mail.store.begin(&actor(), office.mail.store.now_ms()).await.unwrap();
    sqlx::query(broken).execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(office.pass().await, Pass::Worked);
    assert_eq!(server.taken().len(), 2);
    assert_eq!(office.pass().await, Pass::Idle);
    let page = Page::first(10);
    let troubles = office.mail.store.troubles(&page).await.unwrap();
    assert_eq!((troubles.len(), troubles[0].task.as_str()), (1, "mail"), "{troubles:?}");
}

#[tokio::test]
async fn a_clients_mail_that_failed_for_good_is_told_to_the_partner_and_domains_go_out_as_a_labels() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path().join("taken")).await;
    let office = Office::open(server.address).await;
    let store = &office.mail.store;
    let mut write = store.begin(&actor(), store.now_ms()).await.unwrap();
    let brand = marque_config::brand::Brand { name: "Caisse Nord".into(), support: None };
    let terms = crate::partners::operations::Terms::default();
    let look = crate::kernel::look::Look::default();
    let new = crate::partners::operations::NewPartner { name: "Caisse Nord".into(), brand, look, terms };
    let partner = crate::partners::operations::create(&mut write, new).await.unwrap().id;
    write.commit().await.unwrap();
    let sql = async |statement: &'static str, value: String| {
        let mut write = store.begin(&actor(), store.now_ms()).await.unwrap();
        sqlx::query(statement).bind(value).execute(write.connection()).await.unwrap();
        write.commit().await.unwrap();
    };
    let user = "insert into app_user (id, email_compared, email_written, name, language, state, created_ms)
        values ($1, 'a@xn--bckerei-5wa.de', 'A@Bäckerei.de', 'Anne', 'fr', 'active', 1)";
    sql(user, "usr_00000000000000000000000001".into()).await;
    let member = "insert into member (id, partner_id, user_id, name, rights, state, created_ms)
        values ('pmb_00000000000000000000000001', $1, 'usr_00000000000000000000000001', 'Anne', 'clients.manage', 'active', 1)";
    sql(member, partner.to_string()).await;
    for (kind, values) in [
        (MailKind::SupportReply, reply("Votre question")),
        // What is the partner's own tells nobody, or it would never end.
        (MailKind::BalanceLow, json!({ "company": "C", "balance": { "amount": 1, "currency": "EUR" }, "path": "/b" })),
    ] {
        let mut write = store.begin(&actor(), store.now_ms()).await.unwrap();
        let to = "refused@client.fr".parse().unwrap();
        let mail = model::Mail { to, kind, language: Language::French, partner: Some(partner), values };
        write.mail(mail).await.unwrap();
        write.commit().await.unwrap();
    }
    // The client's server takes nothing for this address, for good.
    sql("update mail set to_address = $1", "not an address".into()).await;
    // What the partner is told goes out in the same pass.
    assert_eq!(office.pass().await, Pass::Worked);
    let taken = server.taken();
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert_eq!(taken[0].0, ["A@xn--bckerei-5wa.de"]);
    assert!(taken[0].1.contains("not an address"), "{}", taken[0].1);
}

#[tokio::test]
async fn a_domain_that_is_slow_to_take_its_mail_holds_up_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path().join("taken")).await;
    let office = Office::open(server.address).await;
    // More than there are places, and all of them older.
    for number in 0..9 {
        office.write(&format!("anne{number}@slow.example"), reply("a")).await;
    }
    for number in 0..9 {
        office.write(&format!("bob@quick{number}.example"), reply("b")).await;
    }
    let sending = tokio::spawn(Arc::clone(&office.mail).pass());
    let quick = async {
        office.has_sent(9).await;
        // What comes while the slow one has its turn is sent, too.
        office.write("carl@later-on.example", reply("c")).await;
        office.has_sent(10).await;
    };
    tokio::time::timeout(Duration::from_secs(15), quick).await.expect("the quick wait for the slow");
    assert!(server.taken().iter().all(|(to, _)| !to[0].ends_with("@slow.example")));
    std::fs::write(server.directory.join("open"), "").unwrap();
    assert_eq!(sending.await.unwrap().unwrap(), Pass::Worked);
    assert_eq!(server.taken().len(), 19);
    assert!(office.stand().await.iter().all(|(state, attempts, _)| (*state, *attempts) == (MailState::Sent, 1)));
}

#[tokio::test]
async fn a_mail_from_before_domains_were_kept_is_sent() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path().join("taken")).await;
    let office = Office::open(server.address).await;
    office.write("anne@example.fr", reply("a")).await;
    let mut write = office.mail.store.begin(&actor(), office.mail.store.now_ms()).await.unwrap();
    sqlx::query("update mail set to_domain = null").execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(office.pass().await, Pass::Worked);
    assert_eq!(server.taken().len(), 1);
}
