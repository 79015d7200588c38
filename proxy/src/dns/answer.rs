//! One question and its answer, as bytes: nothing here waits or keeps anything.

use std::sync::Arc;

use hickory_proto::op::{Edns, Message, MessageType, Metadata, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{NS, SOA, TXT};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use marque_config::certificate::{DNS_01, DnsZone};

/// What may leave.
pub(super) struct Answer {
    message: Message,
    /// As the metrics have it.
    pub(super) outcome: &'static str,
    /// How many bytes the question had.
    asked: usize,
    /// How many the asker takes over UDP.
    takes: usize,
}

/// Everything that is said holds for this moment only: the proof of the next order is another one.
const TTL: u32 = 0;
/// The most that is sent over UDP, whatever the asker says that it takes: no path cuts it into pieces
/// (<https://www.dnsflagday.net/2020/>).
const DATAGRAM: u16 = 1_232;
/// What everybody takes (RFC 6891 section 6.2.3).
const LEAST: u16 = 512;
/// The bytes of a message's header.
const HEADER: usize = 12;
/// Nobody transfers these zones: the serial number has nobody to tell of a change.
const SERIAL: u32 = 1;
/// Seconds; for the same reason of no consequence.
const REFRESH: i32 = 3_600;

/// Answers a question out of the zones that are found by the name that they prove. None for what is no question: an
/// answer to an answer would never end.
pub(super) fn answer(question: &[u8], zone: impl Fn(&str) -> Option<Arc<DnsZone>>) -> Option<Answer> {
    let header: &[u8; HEADER] = question.first_chunk()?;
    let is_answer = header[2] & 0x80 != 0;
    if is_answer {
        return None;
    }
    let id = u16::from_be_bytes([header[0], header[1]]);
    let op_code = OpCode::from_u8(header[2] >> 3 & 0x0f);
    let judged = judge(question, header, op_code);
    let edns = judged.as_ref().ok().and_then(|asked| asked.edns.as_ref());
    let takes = edns.map_or(LEAST, |edns| edns.max_payload().clamp(LEAST, DATAGRAM));
    let (message, outcome) = match &judged {
        Ok(asked) => told(asked, zone),
        Err((code, outcome)) => (Message::error_msg(id, op_code, *code), *outcome),
    };
    Some(Answer { message, outcome, asked: question.len(), takes: takes.into() })
}

/// The message, when it is one question as RFC 9619 has it.
fn judge(question: &[u8], header: &[u8; HEADER], op_code: OpCode) -> Result<Message, (ResponseCode, &'static str)> {
    if op_code != OpCode::Query {
        return Err((ResponseCode::NotImp, "refused"));
    }
    let malformed = (ResponseCode::FormErr, "malformed");
    if header[4..6] != [0, 1] {
        return Err(malformed);
    }
    let message = Message::from_vec(question).map_err(|_| malformed)?;
    if message.queries.len() == 1 { Ok(message) } else { Err(malformed) }
}

fn told(asked: &Message, zone: impl Fn(&str) -> Option<Arc<DnsZone>>) -> (Message, &'static str) {
    // Without one question nothing gets here.
    let Some(query) = asked.queries.first() else { return (empty(asked, ResponseCode::FormErr), "malformed") };
    let mut message = empty(asked, ResponseCode::NoError);
    message.add_query(query.clone());
    if asked.edns.as_ref().is_some_and(|edns| edns.version() > 0) {
        message.metadata.response_code = ResponseCode::BADVERS;
        return (message, "refused");
    }
    let transfer = matches!(query.query_type, RecordType::AXFR | RecordType::IXFR);
    let Some((apex, zone)) = enclosing(query, zone).filter(|_| !transfer && query.query_class == DNSClass::IN) else {
        message.metadata.response_code = ResponseCode::Refused;
        return (message, "refused");
    };
    message.metadata.authoritative = true;
    let is_apex = apex.iter().len() == query.name.iter().len();
    message.answers = if is_apex { records(&apex, &zone, query.query_type) } else { Vec::new() };
    if !message.answers.is_empty() {
        return (message, "answered");
    }
    message.authorities.extend(soa(&apex, &zone));
    if !is_apex {
        message.metadata.response_code = ResponseCode::NXDomain;
    }
    (message, if is_apex { "no_data" } else { "no_name" })
}

fn empty(asked: &Message, code: ResponseCode) -> Message {
    let mut message = Message::new(asked.metadata.id, MessageType::Response, OpCode::Query);
    message.metadata = Metadata::response_from_request(&asked.metadata);
    message.metadata.response_code = code;
    if asked.edns.is_some() {
        let mut edns = Edns::new();
        edns.set_max_payload(DATAGRAM);
        message.set_edns(edns);
    }
    message
}

/// The zone that a name is in, under the spelling that was asked for.
fn enclosing(query: &Query, zone: impl Fn(&str) -> Option<Arc<DnsZone>>) -> Option<(Name, Arc<DnsZone>)> {
    let labels: Vec<&[u8]> = query.name.iter().collect();
    labels.iter().enumerate().filter(|(_, label)| label.eq_ignore_ascii_case(DNS_01.as_bytes())).find_map(
        |(index, _)| {
            let host = host(&labels[index + 1..])?;
            Some((query.name.trim_to(labels.len() - index), zone(&host)?))
        },
    )
}

/// Labels as the name of a host, which has none with a dot in it.
fn host(labels: &[&[u8]]) -> Option<String> {
    let plain = |label: &&[u8]| label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    let labels = labels.iter().map(|label| std::str::from_utf8(label).ok().filter(|_| plain(label)));
    Some(labels.collect::<Option<Vec<_>>>()?.join(".").to_ascii_lowercase())
}

/// What a zone has at its apex. Who may issue (CAA) is the parent zone's to say; all that has no data here is told so.
fn records(apex: &Name, zone: &DnsZone, kind: RecordType) -> Vec<Record> {
    let record = |data| Record::from_rdata(apex.clone(), TTL, data);
    match kind {
        // Each in strings of 255 bytes at most: a proof is one of 43.
        RecordType::TXT => {
            let texts = zone.texts.iter().map(|text| text.as_bytes().chunks(255).collect());
            texts.map(|strings| record(RData::TXT(TXT::from_bytes(strings)))).collect()
        }
        RecordType::NS => servers(zone).map(|server| record(RData::NS(NS(server)))).collect(),
        // One of what is here is enough (RFC 8482 section 4.1).
        RecordType::SOA | RecordType::ANY => soa(apex, zone).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn servers(zone: &DnsZone) -> impl Iterator<Item = Name> {
    zone.name_servers.iter().filter_map(|server| absolute(server.as_str()))
}

fn soa(apex: &Name, zone: &DnsZone) -> Option<Record> {
    let primary = servers(zone).next()?;
    let soa = SOA::new(primary, Name::root(), SERIAL, REFRESH, REFRESH, REFRESH, TTL);
    Some(Record::from_rdata(apex.clone(), TTL, RData::SOA(soa)))
}

fn absolute(name: &str) -> Option<Name> {
    let mut name = Name::from_ascii(name).ok()?;
    name.set_fqdn(true);
    Some(name)
}

impl Answer {
    /// As it goes out over UDP: truncated where it is longer than twice the question, or than the asker takes.
    pub(super) fn datagram(self) -> Option<(Vec<u8>, &'static str)> {
        let most = self.takes.min(self.asked * 2);
        let bytes = self.message.to_vec().ok()?;
        if bytes.len() <= most {
            return Some((bytes, self.outcome));
        }
        self.truncated()
    }

    /// As it goes out over UDP to those who ask too often: the question alone, to be asked again by TCP.
    pub(super) fn truncated(self) -> Option<(Vec<u8>, &'static str)> {
        let most = self.asked * 2;
        let bytes = self.message.truncate().to_vec().ok()?;
        Some((bytes, "truncated")).filter(|(bytes, _)| bytes.len() <= most)
    }

    /// As it goes out over TCP.
    pub(super) fn whole(self) -> Option<(Vec<u8>, &'static str)> {
        let bytes = self.message.to_vec().ok()?;
        Some((bytes, self.outcome)).filter(|(bytes, _)| u16::try_from(bytes.len()).is_ok())
    }
}
