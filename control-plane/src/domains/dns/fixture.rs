//! A name server on loopback that says what a test tells it.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CAA, CNAME, NS, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use marque_config::settings::{DnsSettings, Milliseconds};
use tokio::net::UdpSocket;
use tokio::task::AbortHandle;

use super::Resolver;

/// What the server says at a name.
#[derive(Clone)]
pub(crate) enum Says {
    Cname(&'static str),
    Address(IpAddr),
    Text(&'static str),
    Caa(CAA),
    NameServer,
    Servfail,
    Nothing,
}

/// A running name server; it ends when this is dropped.
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    task: AbortHandle,
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl NameServer {
    pub(crate) async fn start(says: &[(&str, Says)]) -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let mut zone: HashMap<Name, Vec<Says>> = HashMap::new();
        for (name, what) in says {
            zone.entry(fully(name)).or_default().push(what.clone());
        }
        let zone = Arc::new(zone);
        let task = tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                if let Some(reply) = reply(&zone, &buffer[..length]) {
                    socket.send_to(&reply, from).await.unwrap();
                }
            }
        });
        Self { address, task: task.abort_handle() }
    }

    pub(crate) fn resolver(&self) -> Resolver {
        let deadline = Milliseconds::new(400);
        Resolver::new(&DnsSettings { servers: vec![self.address], deadline, ..DnsSettings::default() }).unwrap()
    }
}

pub(crate) fn caa(critical: bool, tag: &str, value: &str) -> CAA {
    let mut caa = CAA::new_issue(critical, None, Vec::new());
    caa.tag = tag.to_owned();
    caa.value = value.as_bytes().to_vec();
    caa
}

fn fully(name: &str) -> Name {
    let mut name = Name::from_ascii(name).unwrap();
    name.set_fqdn(true);
    name
}

fn reply(zone: &HashMap<Name, Vec<Says>>, bytes: &[u8]) -> Option<Vec<u8>> {
    let question = Message::from_vec(bytes).unwrap();
    let query = question.queries[0].clone();
    let mut message = Message::response(question.id, question.op_code);
    message.add_query(query.clone());
    let none = Vec::new();
    let says = zone.get(query.name());
    if says.is_none() {
        message.metadata.response_code = ResponseCode::NXDomain;
    }
    for what in says.unwrap_or(&none) {
        let (kind, data) = match what {
            Says::Nothing => return None,
            Says::Servfail => {
                message.metadata.response_code = ResponseCode::ServFail;
                continue;
            }
            Says::Cname(target) => (RecordType::CNAME, RData::CNAME(CNAME(fully(target)))),
            Says::Address(IpAddr::V4(v4)) => (RecordType::A, RData::A(A(*v4))),
            Says::Address(IpAddr::V6(v6)) => (RecordType::AAAA, RData::AAAA(AAAA(*v6))),
            Says::Text(text) => (RecordType::TXT, RData::TXT(TXT::new(vec![(*text).to_owned()]))),
            Says::Caa(caa) => (RecordType::CAA, RData::CAA(caa.clone())),
            Says::NameServer => (RecordType::NS, RData::NS(NS(fully("ns.example")))),
        };
        if kind == query.query_type() || kind == RecordType::CNAME {
            message.add_answer(Record::from_rdata(query.name().clone(), 60, data));
        }
    }
    Some(message.to_vec().unwrap())
}
