//! The audit trail as a file of lines (NDJSON), for who is to check it without us. Each line holds what the event's
//! hash covers, as it was hashed; the last line says where the file ends, so that one that was cut off is known.

use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Fault, wrong};
use crate::database::{AuditAddress, Audited, Chained};
use crate::kernel::principal::{Principal, Reach};

/// One event of a file. Its hash covers, each after its length, `previous`, `seq`, `id`, `at_ms`, `actor`, `action`,
/// `object`, `detail`, `partner`, `tenant`, `request_id` and `ip`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its number in the chain, from 1; for operators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub seq: Option<i64>,
    /// Its identity: `aud_…`.
    pub id: String,
    /// When, milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub object: String,
    /// The partner whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The tenant that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The request in which it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Where that came from, as the event's hash covers it; not for clients. It is `sha256:` and the SHA-256,
    /// hexadecimal, of `salt`, a space and `address`; the address itself in old events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// Where that came from, as long as it is kept; not for clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What is hashed along with the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// What changed: JSON as text, byte for byte as it was hashed; not for clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The hash of the event before; for operators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// Its hash: SHA-256, hexadecimal. Who has the whole file finds it there.
    pub hash: String,
}

/// The last line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// How many events there are before it.
    pub events: i64,
    /// The hash of the last of them; empty when there is none.
    pub hash: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Read {
    End { end: End },
    Event(Box<Line>),
}

/// Why a file doesn't hold the trail as it was written.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// It can't be read.
    #[error("the file cannot be read")]
    Unreadable(#[from] io::Error),
    /// A line is none of ours.
    #[error("line {line} is no event of the trail")]
    Line {
        /// Which, from 1.
        line: i64,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A line has no place in the chain: the file was made for somebody who sees only a part of the trail.
    #[error("line {0} has no place in the chain: only an operator's file has the whole of it")]
    Partial(i64),
    /// An event isn't as it was written.
    #[error("{0}")]
    Broken(Fault),
    /// The last line isn't there, or isn't the last.
    #[error("the file does not end where it says")]
    CutOff,
}

impl Line {
    /// An event as this reader may see it: a part of the trail is no chain, and its numbers would tell how much there is
    /// of others; a client sees no price.
    #[must_use]
    pub fn of(chained: Chained, reach: &Reach) -> Self {
        let Chained { event, address, before, hash } = chained;
        let client = matches!(reach.principal(), Principal::Tenant(_));
        let (address, salt) = address.filter(|_| !client).map(|it| (it.ip, it.salt)).unzip();
        Self {
            seq: reach.is_operator().then_some(event.seq),
            id: event.id,
            at_ms: event.at_ms,
            actor: event.actor,
            action: event.action,
            object: event.object,
            partner: event.partner,
            tenant: event.tenant,
            request_id: event.request_id,
            ip: event.ip.filter(|_| !client),
            address,
            salt,
            detail: (!client).then_some(event.detail),
            previous: reach.is_operator().then_some(before),
            hash,
        }
    }

    fn chained(self) -> Option<Chained> {
        let address = self.address.zip(self.salt).map(|(ip, salt)| AuditAddress { ip, salt });
        let event = Audited {
            seq: self.seq?,
            id: self.id,
            at_ms: self.at_ms,
            actor: self.actor,
            action: self.action,
            object: self.object,
            partner: self.partner,
            tenant: self.tenant,
            request_id: self.request_id,
            ip: self.ip,
            detail: self.detail?,
        };
        Some(Chained { event, address, before: self.previous?, hash: self.hash })
    }
}

/// Looks whether a file holds the trail from its first event on, as it was written. It needs nothing but the file, and
/// holds one line of it at a time.
///
/// # Errors
/// [`FileFault`].
pub fn verify_file(file: impl BufRead) -> Result<End, FileFault> {
    let (mut so_far, mut ended) = (End { events: 0, hash: String::new() }, false);
    for (number, line) in (1..).zip(file.lines()) {
        let line = line?;
        if ended {
            return Err(FileFault::CutOff);
        }
        let read = serde_json::from_str(&line).map_err(|source| FileFault::Line { line: number, source })?;
        match read {
            Read::End { end } if end == so_far => ended = true,
            Read::End { .. } => return Err(FileFault::CutOff),
            Read::Event(line) => {
                let event = line.chained().ok_or(FileFault::Partial(number))?;
                let seq = so_far.events + 1;
                if let Some(kind) = wrong(seq, &so_far.hash, &event) {
                    return Err(FileFault::Broken(Fault { seq, kind }));
                }
                so_far = End { events: seq, hash: event.hash };
            }
        }
    }
    if ended { Ok(so_far) } else { Err(FileFault::CutOff) }
}
