//! One fixture for every reason: exactly that code, and nothing else.

use super::*;
use crate::domains::dns::caa::{self, Issuers};
use crate::domains::dns::fixture::{NameServer, Says, caa as caa_record};
use marque_config::settings::AcmeSettings;

const OURS: &str = "192.0.2.1";

fn expectation() -> Expectation {
    Expectation {
        host: "till.example".parse().unwrap(),
        main: "till.example".parse().unwrap(),
        target: "k7.to.marque.example".parse().unwrap(),
        token: "token".into(),
        edge_addresses: vec![OURS.parse().unwrap(), "2001:db8::1".parse().unwrap()],
    }
}

fn address(text: &str) -> Says {
    Says::Address(text.parse().unwrap())
}

async fn examined(says: &[(&str, Says)]) -> Result<(), Reason> {
    let server = NameServer::start(says).await;
    examine(&server.resolver(), &expectation()).await
}

async fn code(says: &[(&str, Says)]) -> &'static str {
    examined(says).await.map_or_else(|reason| reason.code(), |()| "none")
}

#[tokio::test]
async fn each_fixture_has_its_reason() {
    let host = "till.example";
    let ours = || (host, address(OURS));
    let nine: Vec<(String, String)> = (0..9)
        .map(|i| (if i == 0 { host.into() } else { format!("n{i}.example") }, format!("n{}.example", i + 1)))
        .collect();
    let chain: Vec<(&str, Says)> =
        nine.iter().map(|(from, to)| (from.as_str(), Says::Cname(to.clone().leak()))).collect();
    assert_eq!(code(&chain).await, "chain_too_long");
    for (expected, says) in [
        ("nxdomain", vec![]),
        ("no_record", vec![(host, Says::Text("unrelated"))]),
        ("wrong_target", vec![(host, Says::Cname("cdn.example")), ("cdn.example", address("198.51.100.7"))]),
        ("wrong_target", vec![(host, Says::Cname("gone.example"))]),
        ("wrong_target", vec![(host, Says::Cname("other.to.marque.example"))]),
        ("foreign_address", vec![(host, address("198.51.100.7"))]),
        ("foreign_address", vec![ours(), (host, address("198.51.100.7"))]),
        ("stray_ipv6", vec![ours(), (host, address("2001:db8::bad"))]),
        ("txt_missing", vec![ours()]),
        ("txt_wrong", vec![ours(), ("_marque.till.example", Says::Text("another"))]),
        ("apex_cname", vec![(host, Says::Cname("k7.to.marque.example")), (host, Says::NameServer)]),
        (
            "loop",
            vec![
                (host, Says::Cname("b.example")),
                ("b.example", Says::Cname("c.example")),
                ("c.example", Says::Cname("b.example")),
            ],
        ),
        ("loop", vec![(host, Says::Cname(host))]),
        ("servfail", vec![(host, Says::Servfail)]),
        ("timeout", vec![(host, Says::Nothing)]),
    ] {
        assert_eq!(code(&says).await, expected, "{expected}");
    }
}

#[tokio::test]
async fn the_chain_may_go_through_other_names_to_its_own_target() {
    let direct = [("till.example", Says::Cname("K7.to.Marque.example"))];
    assert_eq!(examined(&direct).await, Ok(()));
    let longer =
        [("till.example", Says::Cname("alias.example")), ("alias.example", Says::Cname("k7.to.marque.example"))];
    assert_eq!(examined(&longer).await, Ok(()));
}

#[tokio::test]
async fn addresses_of_ours_and_the_token_prove_an_apex() {
    let says = [
        ("till.example", address(OURS)),
        ("till.example", address("2001:db8::1")),
        ("_marque.till.example", Says::Text("v=spf1 -all")),
        ("_marque.till.example", Says::Text("token")),
    ];
    assert_eq!(examined(&says).await, Ok(()));
}

#[tokio::test]
async fn the_main_names_token_proves_its_www() {
    let www = Expectation { host: "www.till.example".parse().unwrap(), ..expectation() };
    let server = NameServer::start(&[
        ("www.till.example", Says::Cname("till.example")),
        ("till.example", address(OURS)),
        ("_marque.till.example", Says::Text("token")),
    ])
    .await;
    assert_eq!(examine(&server.resolver(), &www).await, Ok(()));
}

#[tokio::test]
async fn without_addresses_of_ours_none_is_taken_for_ours() {
    let server =
        NameServer::start(&[("till.example", address(OURS)), ("_marque.till.example", Says::Text("token"))]).await;
    let nowhere = Expectation { edge_addresses: Vec::new(), ..expectation() };
    assert_eq!(examine(&server.resolver(), &nowhere).await.unwrap_err().code(), "foreign_address");
}

#[tokio::test]
async fn special_use_names_are_asked_like_others() {
    let local = Expectation {
        host: "fournil.localhost".parse().unwrap(),
        main: "fournil.localhost".parse().unwrap(),
        target: "k7.to.localhost".parse().unwrap(),
        ..expectation()
    };
    let server = NameServer::start(&[("fournil.localhost", Says::Cname("k7.to.localhost"))]).await;
    assert_eq!(examine(&server.resolver(), &local).await, Ok(()));
}

#[tokio::test]
async fn the_nearest_caa_records_decide() {
    let settings = AcmeSettings { issuer_names: vec!["ca.example".into()], ..AcmeSettings::default() };
    let issuers = Issuers::of(&settings).unwrap();
    let host: Hostname = "till.client.example".parse().unwrap();
    let forbids = ("client.example", Says::Caa(caa_record(false, "issue", "other.example")));
    let server =
        NameServer::start(&[forbids.clone(), ("example", Says::Caa(caa_record(false, "issue", "ca.example")))]).await;
    let expected = Reason::CaaForbids { at: "client.example".into(), issuer: "ca.example".into() };
    assert_eq!(caa::check(&server.resolver(), &host, &issuers).await, Err(expected));
    let nearer = ("till.client.example", Says::Caa(caa_record(false, "issue", "ca.example")));
    let server = NameServer::start(&[forbids, nearer]).await;
    assert_eq!(caa::check(&server.resolver(), &host, &issuers).await, Ok(()));
    let broken = NameServer::start(&[("client.example", Says::Servfail)]).await;
    assert_eq!(caa::check(&broken.resolver(), &host, &issuers).await, Err(Reason::Servfail));
}

#[test]
fn the_records_to_create_fit_the_name() {
    let kinds = |expectation: &Expectation, reason: Option<&Reason>| {
        expectation.records(reason).iter().map(|record| record.kind).collect::<Vec<_>>()
    };
    let apex = Expectation { host: "till.fr".parse().unwrap(), ..expectation() };
    assert_eq!(kinds(&apex, None), ["A", "AAAA", "TXT"]);
    let below = Expectation { host: "till.client.fr".parse().unwrap(), ..expectation() };
    assert_eq!(kinds(&below, None), ["CNAME"]);
    assert_eq!(kinds(&below, Some(&Reason::ApexCname)), ["A", "AAAA", "TXT"]);
    let nowhere = Expectation { edge_addresses: Vec::new(), ..apex };
    assert_eq!(kinds(&nowhere, None), ["CNAME"]);
}

#[test]
fn a_reason_survives_being_stored() {
    for reason in [Reason::Nxdomain, Reason::WrongTarget { found: "a.example".into() }] {
        let text = serde_json::to_string(&reason).unwrap();
        assert_eq!(serde_json::from_str::<Reason>(&text).unwrap(), reason);
        assert!(text.contains(reason.code()), "{text}");
    }
}
