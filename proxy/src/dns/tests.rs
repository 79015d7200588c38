use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, RecordType};
use marque_config::certificate::DnsZone;
use marque_config::feed::Record;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

use super::*;
use crate::test_support::{FakeClock, snapshot};

const ZONE: &str = "_acme-challenge.p.marque.example";
const PROOF: &str = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0";

fn responder(texts: &[&str]) -> Arc<Responder> {
    let name_servers = ["edge-1.marque.example", "edge-2.marque.example"].map(|it| it.parse().unwrap()).to_vec();
    let texts = texts.iter().map(|&text| text.to_owned()).collect();
    let zone = DnsZone { host: "p.marque.example".parse().unwrap(), name_servers, texts };
    let directory = Arc::new(Directory::default());
    directory.apply(snapshot(1, vec![Record::DnsZone(zone)]));
    let settings = ResponderSettings { connections_per_client: 2, questions_per_connection: 3, ..Default::default() };
    Arc::new(Responder::new(directory, &settings, FakeClock::at(0), Arc::new(Metrics::new(0))))
}

fn question(name: &str, kind: RecordType) -> Message {
    let mut name = Name::from_ascii(name).unwrap();
    name.set_fqdn(true);
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, kind));
    message
}

/// The answer as it goes out over TCP.
fn told(responder: &Responder, question: &Message) -> Message {
    let (bytes, _) = responder.answer(&question.to_vec().unwrap()).unwrap().whole().unwrap();
    Message::from_vec(&bytes).unwrap()
}

fn code(responder: &Responder, name: &str, kind: RecordType) -> ResponseCode {
    told(responder, &question(name, kind)).response_code
}

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn the_proofs_are_told_under_the_spelling_that_was_asked_for() {
    let responder = responder(&[PROOF, "another"]);
    let asked = "_aCmE-ChAlLeNgE.P.mArQuE.eXaMpLe";
    let answer = told(&responder, &question(asked, RecordType::TXT));
    assert!(answer.authoritative && !answer.recursion_available && answer.recursion_desired && answer.id == 7);
    let name = Name::from_ascii(format!("{asked}.")).unwrap();
    assert!(answer.queries[0].name.eq_case(&name));
    assert!(answer.answers.iter().all(|record| record.name.eq_case(&name) && record.ttl == 0));
    let texts = answer.answers.iter().map(|record| match &record.data {
        RData::TXT(text) => String::from_utf8(text.txt_data.concat()).unwrap(),
        other => panic!("{other}"),
    });
    assert_eq!(texts.collect::<Vec<_>>(), [PROOF, "another"]);
}

#[test]
fn a_zone_has_its_servers_its_start_and_nothing_else() {
    let responder = responder(&[]);
    let servers = told(&responder, &question(ZONE, RecordType::NS)).answers;
    assert_eq!(
        servers.iter().map(|it| it.data.to_string()).collect::<Vec<_>>(),
        ["edge-1.marque.example.", "edge-2.marque.example."]
    );
    for kind in [RecordType::SOA, RecordType::ANY] {
        let start = told(&responder, &question(ZONE, kind)).answers;
        assert!(matches!(&start[..], [one] if matches!(one.data, RData::SOA(_))), "{kind}");
    }
    // A resolver that asks for less of a name at first (RFC 9156) must not be told that nobody is here.
    for kind in [RecordType::TXT, RecordType::A, RecordType::AAAA, RecordType::CAA, RecordType::DS] {
        let none = told(&responder, &question(ZONE, kind));
        assert_eq!((none.response_code, none.answers.len()), (ResponseCode::NoError, 0), "{kind}");
        assert!(matches!(&none.authorities[..], [one] if matches!(one.data, RData::SOA(_))), "{kind}");
    }
    for below in ["x", "_acme-challenge.x", "a\\.b"] {
        let none = told(&responder, &question(&format!("{below}.{ZONE}"), RecordType::TXT));
        assert_eq!((none.response_code, none.authoritative), (ResponseCode::NXDomain, true), "{below}");
        assert!(none.authorities[0].name.to_ascii().eq_ignore_ascii_case(&format!("{ZONE}.")), "{below}");
    }
}

#[test]
fn everything_else_is_refused() {
    let responder = responder(&[PROOF]);
    for name in [
        "p.marque.example",
        "_acme-challenge.q.marque.example",
        "_acme-challenge.x.p.marque.example",
        "_acme-challenge",
        "_acme-challenge.p\\.marque.example",
        "acme-challenge.p.marque.example",
        ".",
    ] {
        assert_eq!(code(&responder, name, RecordType::TXT), ResponseCode::Refused, "{name}");
    }
    for kind in [RecordType::AXFR, RecordType::IXFR] {
        assert_eq!(code(&responder, ZONE, kind), ResponseCode::Refused);
    }
    let mut chaos = question(ZONE, RecordType::TXT);
    chaos.queries[0].query_class = DNSClass::CH;
    assert_eq!(told(&responder, &chaos).response_code, ResponseCode::Refused);
    let mut newer = question(ZONE, RecordType::TXT);
    newer.set_edns(Edns::new().set_version(1).clone());
    // Read back, the code has the name that it has in TSIG.
    assert_eq!(u16::from(told(&responder, &newer).response_code), u16::from(ResponseCode::BADVERS));
    let mut two = question(ZONE, RecordType::TXT);
    two.add_query(two.queries[0].clone());
    assert_eq!(told(&responder, &two).response_code, ResponseCode::FormErr);
    let mut notify = question(ZONE, RecordType::SOA);
    notify.metadata.op_code = OpCode::Notify;
    assert_eq!(told(&responder, &notify).response_code, ResponseCode::NotImp);
    let answer = Message::new(7, MessageType::Response, OpCode::Query).to_vec().unwrap();
    assert!(responder.answer(&answer).is_none(), "an answer has no answer");
}

#[test]
fn over_udp_nothing_is_longer_than_twice_its_question() {
    let responder = responder(&[PROOF, PROOF, PROOF]);
    let asked = question(ZONE, RecordType::TXT).to_vec().unwrap();
    let sent = responder.datagram(&asked, at("192.0.2.1:53")).unwrap();
    let answer = Message::from_vec(&sent).unwrap();
    assert!(sent.len() <= 2 * asked.len() && answer.truncation && answer.answers.is_empty());
    assert_eq!(told(&responder, &question(ZONE, RecordType::TXT)).answers.len(), 3, "by TCP all is told");
    let short = question(ZONE, RecordType::NS).to_vec().unwrap();
    let servers = Message::from_vec(&responder.datagram(&short, at("192.0.2.1:53")).unwrap()).unwrap();
    assert_eq!((servers.answers.len(), servers.truncation), (2, false), "what fits is told at once");
}

#[test]
fn who_asks_too_often_is_sent_to_tcp_or_left_alone() {
    let responder = responder(&[]);
    let asked = question(ZONE, RecordType::NS).to_vec().unwrap();
    let most = responder.settings.answers_per_second as usize;
    let sent: Vec<_> = (0..2 * most).map(|_| responder.datagram(&asked, at("192.0.2.1:53"))).collect();
    let is_truncated = |bytes: &Option<Vec<u8>>| Message::from_vec(bytes.as_ref().unwrap()).unwrap().truncation;
    assert!(sent[..most].iter().all(|it| !is_truncated(it)));
    assert!(sent[most..].chunks(2).all(|pair| is_truncated(&pair[0]) && pair[1].is_none()));
    assert!(responder.datagram(&asked, at("198.51.100.1:53")).is_some(), "another network");
    assert!(responder.datagram(&asked, at("203.0.113.1:0")).is_none(), "nobody is there");
}

async fn ask_by_tcp(stream: &mut TcpStream, question: &Message) -> std::io::Result<Message> {
    let bytes = question.to_vec().unwrap();
    stream.write_u16(u16::try_from(bytes.len()).unwrap()).await?;
    stream.write_all(&bytes).await?;
    let mut answer = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut answer).await?;
    Ok(Message::from_vec(&answer).unwrap())
}

#[tokio::test]
async fn both_transports_answer_and_a_connection_has_its_bounds() {
    let responder = responder(&[PROOF]);
    let sockets = DnsSockets::bind(at("127.0.0.1:0")).await.unwrap();
    let address = sockets.address().unwrap();
    let _task = AbortOnDropHandle::new(tokio::spawn(Arc::clone(&responder).run(sockets)));
    let deadline = Duration::from_secs(20);

    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    udp.send_to(&question(ZONE, RecordType::SOA).to_vec().unwrap(), address).await.unwrap();
    let mut bytes = [0; 512];
    let length = tokio::time::timeout(deadline, udp.recv(&mut bytes)).await.unwrap().unwrap();
    assert_eq!(Message::from_vec(&bytes[..length]).unwrap().id, 7);

    let asked = question(ZONE, RecordType::TXT);
    let mut one = TcpStream::connect(address).await.unwrap();
    for _ in 0..3 {
        assert_eq!(ask_by_tcp(&mut one, &asked).await.unwrap().answers.len(), 1);
    }
    assert!(ask_by_tcp(&mut one, &asked).await.is_err(), "it has had its questions");
    // Two from one client, and the third finds the door shut.
    let mut many = Vec::new();
    for _ in 0..2 {
        let mut open = TcpStream::connect(address).await.unwrap();
        ask_by_tcp(&mut open, &asked).await.unwrap();
        many.push(open);
    }
    let mut third = TcpStream::connect(address).await.unwrap();
    assert!(ask_by_tcp(&mut third, &asked).await.is_err());
    many[0].write_u16(u16::try_from(LONGEST + 1).unwrap()).await.unwrap();
    assert_eq!(many[0].read(&mut [0]).await.unwrap_or(0), 0, "that is no question");
}

/// Anything at all, and questions with a few bytes changed, cut or added: those come further.
fn packets() -> impl Strategy<Value = Vec<u8>> {
    let kinds = prop_oneof![Just(RecordType::TXT), Just(RecordType::NS), any::<u16>().prop_map(RecordType::from)];
    let names = prop_oneof![Just(ZONE.to_owned()), Just(format!("x.{ZONE}")), "[a-z_.-]{0,40}"];
    let odd = (names, kinds, any::<bool>()).prop_map(|(name, kind, edns)| {
        let mut message = question(if Name::from_ascii(&name).is_ok() { &name } else { ZONE }, kind);
        if edns {
            message.set_edns(Edns::new());
        }
        message.to_vec().unwrap()
    });
    let changed =
        (odd, prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), 0..8_usize, 0..40_usize);
    let changed = changed.prop_map(|(mut bytes, changes, cut, added)| {
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(bytes.len() - cut);
        bytes.resize(bytes.len() + added, 0xc0);
        bytes
    });
    prop_oneof![1 => prop::collection::vec(any::<u8>(), 0..LONGEST + 20), 4 => changed]
}

#[test]
fn whatever_comes_the_bounds_hold() {
    // More with PROPTEST_CASES.
    let cases = ProptestConfig::default().cases.max(4_000);
    let (responder, from) = (responder(&[PROOF, PROOF]), at("192.0.2.1:53"));
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(packet in packets())| {
        let answer = || responder.answer(&packet);
        let sent = answer().and_then(answer::Answer::datagram).into_iter();
        for (bytes, outcome) in sent.chain(answer().and_then(answer::Answer::truncated)) {
            prop_assert!(bytes.len() <= 2 * packet.len() && bytes.len() <= 1_232, "{outcome}: {bytes:?}");
            prop_assert_eq!(&bytes[..2], &packet[..2]);
            prop_assert!(Message::from_vec(&bytes).is_ok());
        }
        if let Some((bytes, _)) = answer().and_then(answer::Answer::whole) {
            prop_assert!(bytes.len() < 2_048);
        }
        drop(responder.datagram(&packet, from));
    });
}
