use std::path::PathBuf;

use marque_config::attachment::MOST_BYTES;
use marque_config::settings::Size;
use tempfile::TempDir;

use super::*;
use crate::lockdown::fixture;
use crate::test_support::{FakeClock, Fixed, tenant_id};

const MINUTE_MS: i64 = 60_000;

struct Bench {
    files: TempDir,
    clock: Arc<FakeClock>,
    metrics: Arc<Metrics>,
    route: Route,
    secrets: Secrets,
    fields: HeaderMap,
    settings: ContactSettings,
}

impl Bench {
    fn new() -> Self {
        Self {
            files: TempDir::new().unwrap(),
            clock: FakeClock::at(1_000_000),
            metrics: Arc::new(Metrics::new(0)),
            route: fixture::route("{}"),
            secrets: fixture::secrets(),
            fields: HeaderMap::new(),
            settings: ContactSettings::default(),
        }
    }

    fn desk(&self) -> ContactDesk {
        self.desk_at(self.files.path().join("outbox"))
    }

    fn desk_at(&self, path: PathBuf) -> ContactDesk {
        let (clock, random) = (Arc::clone(&self.clock) as Arc<dyn Clock>, Arc::new(Fixed(1)));
        let metrics = Arc::clone(&self.metrics);
        let outbox = Outbox::new(path, Arc::clone(&clock), Arc::new(Fixed(1)), Arc::clone(&metrics));
        ContactDesk::new(DeskParts { settings: self.settings.clone(), outbox, clock, random, metrics })
    }

    fn writer(&self) -> Writer<'_> {
        let (route, fields, secrets) = (&self.route, &self.fields, &self.secrets);
        Writer { route, form: None, fields, ip: [192, 0, 2, 7].into(), secrets }
    }

    async fn send(&self, desk: &ContactDesk, typed: Typed) -> Page {
        desk.take(self.writer(), (typed, None)).await.unwrap()
    }

    /// A form's token, made now.
    fn token(&self, desk: &ContactDesk) -> String {
        token_in(&desk.empty(self.writer()).unwrap())
    }

    fn counted(&self, outcome: &str) -> u64 {
        let text = self.metrics.text(0, None).unwrap();
        let start = format!("proxy_contact_messages_total{{outcome=\"{outcome}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(start.as_str())?.parse().ok()).unwrap_or(0)
    }

    fn waiting(&self) -> i64 {
        let text = self.metrics.text(0, None).unwrap();
        text.lines().find_map(|line| line.strip_prefix("proxy_outbox_waiting ")?.parse().ok()).unwrap()
    }
}

fn token_in(page: &Page) -> String {
    let html = std::str::from_utf8(&page.body).unwrap();
    html.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn typed(token: &str) -> Typed {
    let [name, email, subject, text] = ["Zoé", "zoe@b.fr", "Panne", "Elle ne démarre plus."].map(str::to_owned);
    Typed { name, email, subject, text, token: token.to_owned(), ..Typed::default() }
}

fn keeps_what_was_typed(page: &Page) -> bool {
    let html = std::str::from_utf8(&page.body).unwrap();
    ["value=\"Zoé\"", "value=\"zoe@b.fr\"", "value=\"Panne\"", "Elle ne démarre plus.</textarea>"]
        .iter()
        .all(|it| html.contains(it))
}

#[tokio::test]
async fn a_message_is_taken_once_by_whoever_sends_it_again() {
    let bench = Bench::new();
    let desk = bench.desk();
    let token = bench.token(&desk);
    bench.clock.advance(MINUTE_MS);
    for _ in 0..3 {
        let page = bench.send(&desk, typed(&token)).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(std::str::from_utf8(&page.body).unwrap().contains("msg_"));
    }
    assert_eq!((bench.waiting(), bench.counted("accepted")), (1, 3));
    // Another message by the same form is shown again, with a form of its own.
    let other = Typed { text: "Elle ne démarre plus.".into(), subject: "Autre".into(), ..typed(&token) };
    let again = bench.send(&desk, other.clone()).await;
    assert_eq!((again.status.as_u16(), bench.counted("used"), bench.waiting()), (422, 1, 1));
    bench.clock.advance(MINUTE_MS);
    let sent = bench.send(&desk, Typed { token: token_in(&again), ..other }).await;
    assert_eq!((sent.status.as_u16(), bench.waiting()), (200, 2));
}

#[tokio::test]
async fn what_a_program_sends_is_shown_again_and_not_lost() {
    let mut bench = Bench::new();
    let desk = bench.desk();
    let token = bench.token(&desk);
    let fast = bench.send(&desk, typed(&token)).await;
    let elsewhere = FormToken::new(0, &Fixed(1)).sealed(tenant_id(9), &bench.secrets, &Fixed(1));
    bench.clock.advance(MINUTE_MS);
    let trapped = bench.send(&desk, Typed { trap: "https://x".into(), ..typed(&token) }).await;
    let unsigned = bench.send(&desk, typed("")).await;
    let foreign = bench.send(&desk, typed(&elsewhere.unwrap())).await;
    bench.fields = fixture::headers(&[("sec-fetch-site", "cross-site")]);
    let cross = bench.send(&desk, typed(&token)).await;
    bench.fields = HeaderMap::new();
    for page in [&fast, &trapped, &unsigned, &foreign, &cross] {
        assert!(page.status.as_u16() == 422 && keeps_what_was_typed(page), "{page:?}");
    }
    let counted = ["too_fast", "trapped", "unsigned", "cross_site"].map(|it| bench.counted(it));
    assert_eq!((counted, bench.waiting()), ([1, 1, 2, 1], 0));
    // Once more, by a person.
    bench.clock.advance(MINUTE_MS);
    for page in [fast, unsigned] {
        assert_eq!(bench.send(&desk, typed(&token_in(&page))).await.status, StatusCode::OK);
    }
    bench.clock.advance(25 * 60 * MINUTE_MS);
    let old = bench.send(&desk, typed(&token)).await;
    assert!(old.status.as_u16() == 422 && keeps_what_was_typed(&old) && bench.counted("too_old") == 1);
    bench.clock.advance(MINUTE_MS);
    assert_eq!(bench.send(&desk, typed(&token_in(&old))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_the_form_stays_good() {
    let bench = Bench::new();
    let desk = bench.desk();
    let token = bench.token(&desk);
    bench.clock.advance(MINUTE_MS);
    let wrong = bench.send(&desk, Typed { email: "zoe@b.fr\r\nBcc: x@y.fr".into(), ..typed(&token) }).await;
    assert_eq!((wrong.status.as_u16(), bench.counted("invalid"), bench.waiting()), (422, 1, 0));
    assert_eq!(bench.send(&desk, typed(&token_in(&wrong))).await.status, StatusCode::OK);
    for (unread, status, outcome) in [(Unread::Malformed, 400, "unreadable"), (Unread::TooLarge, 413, "too_large")] {
        let page = desk.take(bench.writer(), (typed(&token), Some(unread))).await.unwrap();
        assert_eq!((page.status.as_u16(), bench.counted(outcome)), (status, 1));
        assert!(keeps_what_was_typed(&page));
    }
}

#[tokio::test]
async fn there_are_so_many_in_an_hour_and_the_page_says_when() {
    let mut bench = Bench::new();
    bench.settings.messages_per_client = 1;
    let desk = bench.desk();
    let tokens = [(); 2].map(|()| {
        bench.clock.advance(1);
        bench.token(&desk)
    });
    bench.clock.advance(MINUTE_MS);
    assert_eq!(bench.send(&desk, typed(&tokens[0])).await.status, StatusCode::OK);
    let limited = bench.send(&desk, typed(&tokens[1])).await;
    assert_eq!((limited.status.as_u16(), bench.counted("client_limit")), (429, 1));
    assert!(keeps_what_was_typed(&limited) && limited.headers.contains(&(header::RETRY_AFTER, 3_600.into())));
    assert_eq!(bench.send(&desk, typed(&tokens[0])).await.status, StatusCode::OK, "the one that is there already");
    bench.clock.advance(60 * MINUTE_MS);
    assert_eq!(bench.send(&desk, typed(&token_in(&limited))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_full_outbox_and_one_that_cannot_be_keep_what_was_typed() {
    let mut bench = Bench::new();
    bench.settings.waiting = 1;
    let desk = bench.desk();
    let tokens = [(); 3].map(|()| {
        bench.clock.advance(1);
        bench.token(&desk)
    });
    bench.clock.advance(MINUTE_MS);
    assert_eq!(bench.send(&desk, typed(&tokens[0])).await.status, StatusCode::OK);
    let full = bench.send(&desk, typed(&tokens[1])).await;
    assert_eq!((full.status.as_u16(), bench.counted("full"), bench.waiting()), (503, 1, 1));
    assert!(keeps_what_was_typed(&full) && full.headers.contains(&(header::RETRY_AFTER, 60.into())));
    bench.settings = ContactSettings { waiting_size: Size::new(100), ..ContactSettings::default() };
    let small = bench.desk_at(bench.files.path().join("small"));
    assert_eq!(bench.send(&small, typed(&tokens[1])).await.status.as_u16(), 503);
    let nowhere = bench.desk_at(bench.files.path().join("nowhere/outbox"));
    let page = bench.send(&nowhere, typed(&tokens[1])).await;
    assert_eq!((page.status.as_u16(), bench.counted("unusable")), (503, 1));
    // What wasn't kept has taken nobody's place.
    bench.settings = ContactSettings { messages_per_client: 1, ..ContactSettings::default() };
    let path = bench.files.path().join("there/outbox");
    let again = bench.desk_at(path.clone());
    assert_eq!(bench.send(&again, typed(&tokens[1])).await.status.as_u16(), 503);
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    assert_eq!(bench.send(&again, typed(&tokens[2])).await.status.as_u16(), 200, "another message");
}

#[tokio::test]
async fn the_applications_form_is_led_on_and_shown_as_ours_when_it_is_wrong() {
    let mut bench = Bench::new();
    bench.route =
        fixture::route(r#"{"contact_forms":[{"path":"/help","fields":{"email":"e","text":"t"},"then":"/thanks"}]}"#);
    let desk = bench.desk();
    let form = &bench.route.application.policy.contact_forms[0];
    let writer = Writer { form: Some(form), ..bench.writer() };
    let files = vec![TypedFile { name: "a.txt".into(), content: vec![b'a'; MOST_BYTES] }];
    let asked = Typed { name: String::new(), subject: String::new(), files, ..typed("") };
    let page = desk.take(writer, (asked.clone(), None)).await.unwrap();
    let location = page.headers.iter().find(|(name, _)| *name == header::LOCATION).map(|(_, value)| value.clone());
    assert_eq!((page.status.as_u16(), location), (303, Some(HeaderValue::from_static("/thanks"))));
    assert_eq!(bench.waiting(), 1);
    bench.clock.advance(1);
    let wrong = desk.take(writer, (Typed { email: "zoe".into(), ..asked }, None)).await.unwrap();
    assert_eq!((wrong.status.as_u16(), bench.counted("invalid")), (422, 1));
    bench.clock.advance(MINUTE_MS);
    assert_eq!(bench.send(&desk, typed(&token_in(&wrong))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_so_many_come_in_at_once() {
    let mut bench = Bench::new();
    (bench.settings.at_once, bench.settings.at_once_per_client) = (2, 1);
    let desk = bench.desk();
    let one = desk.come_in([192, 0, 2, 7].into()).unwrap();
    assert_eq!(desk.come_in([192, 0, 2, 7].into()).err(), Some(Refusal::TooManyRequests));
    let _two = desk.come_in([192, 0, 2, 8].into()).unwrap();
    assert_eq!(desk.come_in([192, 0, 2, 9].into()).err(), Some(Refusal::Busy));
    drop(one);
    assert!(desk.come_in([192, 0, 2, 9].into()).is_ok());
}

#[tokio::test]
async fn before_there_is_a_key_there_is_no_form() {
    let mut bench = Bench::new();
    bench.secrets = Secrets::default();
    assert_eq!(bench.desk().empty(bench.writer()).err(), Some(Refusal::NoReplica));
}
