//! The traces of a change: one audit row and one outbox row each, written behind the gate in the change's own
//! transaction. The audit rows are a chain: each one's hash covers the hash of the one before.

use aws_lc_rs::digest::{Context, SHA256};

use super::write::Trace;
use super::{AuditAddress, StoreError, Write, rows};
use crate::kernel::ids::{AuditId, EventId};
use crate::kernel::token::hex;

const ADD_AUDIT: &str = "insert into audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id,
    request_id, ip, detail, prev_hash, hash)";

const ADD_EVENTS: &str =
    "insert into outbox_event (seq, id, at_ms, kind, object, partner_id, tenant_id, payload, object_seq)";

/// An audit event, as its hash covers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// Its number: 1 for the first, without a gap.
    pub seq: i64,
    /// Its identity.
    pub id: String,
    /// When, milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub object: String,
    /// Whose it is.
    pub partner: Option<String>,
    /// Whose it is.
    pub tenant: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// From where, as a mark: see [`super::AuditAddress`]. The address itself in events from before there were marks.
    pub ip: Option<String>,
    /// What changed, JSON.
    pub detail: String,
}

impl Audited {
    /// The event's hash, over everything in it and the hash of the event before; hexadecimal SHA-256.
    #[must_use]
    pub fn hash(&self, before: &str) -> String {
        let (seq, at_ms) = (self.seq.to_string(), self.at_ms.to_string());
        let plain = [before, &seq, &self.id, &at_ms, &self.actor, &self.action, &self.object, &self.detail];
        let perhaps = [&self.partner, &self.tenant, &self.request_id, &self.ip];
        let mut digest = Context::new(&SHA256);
        let mut cover = |part: Option<&str>| {
            // Lengths first, so that no two events are the same bytes; an absent part is not an empty one.
            let length = part.map_or(u64::MAX, |part| part.len() as u64);
            digest.update(&length.to_be_bytes());
            digest.update(part.unwrap_or_default().as_bytes());
        };
        plain.into_iter().for_each(|part| cover(Some(part)));
        perhaps.into_iter().for_each(|part| cover(part.as_deref()));
        hex(digest.finish().as_ref())
    }
}

/// An audit event with its place in the chain.
struct Link {
    event: Audited,
    address: Option<AuditAddress>,
    before: String,
    hash: String,
}

impl Write {
    pub(crate) async fn write_traces(&mut self, traces: Vec<Trace>) -> Result<(), StoreError> {
        if traces.is_empty() {
            return Ok(());
        }
        let (mut seq, mut last): (i64, String) =
            sqlx::query_as("select seq, hash from audit_head where one = 1").fetch_one(self.connection()).await?;
        let mut links = Vec::with_capacity(traces.len());
        for trace in traces {
            seq += 1;
            let address = self.audit_address();
            let event = self.audited(seq, &trace, address.as_ref().map(AuditAddress::mark));
            let hash = event.hash(&last);
            links.push(Link { event, address, before: std::mem::replace(&mut last, hash.clone()), hash });
        }
        for links in links.chunks(rows::MOST) {
            self.add_audit(links).await?;
            let addresses: Vec<_> =
                links.iter().filter_map(|link| Some((link.event.seq, link.address.as_ref()?))).collect();
            let (actor, at_ms) = (self.actor().to_string(), self.now_ms());
            self.add_audit_addresses((&actor, at_ms), &addresses).await?;
            self.add_events(links).await?;
        }
        let done = sqlx::query("update audit_head set seq = $1, hash = $2 where one = 1")
            .bind(seq)
            .bind(last)
            .execute(self.connection())
            .await?;
        super::one_row(&done)
    }

    fn audit_address(&self) -> Option<AuditAddress> {
        let ip = self.actor().asked().ip?.to_string();
        Some(AuditAddress { ip, salt: hex(&self.parts().bytes::<16>()) })
    }

    fn audited(&self, seq: i64, trace: &Trace, ip: Option<String>) -> Audited {
        let asked = self.actor().asked();
        Audited {
            seq,
            id: AuditId::to_string(&self.id()),
            at_ms: self.now_ms(),
            actor: self.actor().to_string(),
            action: trace.action.to_owned(),
            object: trace.object.clone(),
            partner: trace.whose.partner.map(|id| id.to_string()),
            tenant: trace.whose.tenant.map(|id| id.to_string()),
            request_id: asked.request_id.clone(),
            ip,
            detail: trace.detail.to_string(),
        }
    }

    async fn add_audit(&mut self, links: &[Link]) -> Result<(), StoreError> {
        let text = rows::insert(ADD_AUDIT, (links.len(), 13), |first| rows::places(first, 13));
        let add = links.iter().fold(sqlx::query(text), |add, Link { event, before, hash, .. }| {
            add.bind(event.seq)
                .bind(&event.id)
                .bind(event.at_ms)
                .bind(&event.actor)
                .bind(&event.action)
                .bind(&event.object)
                .bind(&event.partner)
                .bind(&event.tenant)
                .bind(&event.request_id)
                .bind(&event.ip)
                .bind(&event.detail)
                .bind(before)
                .bind(hash)
        });
        add.execute(self.connection()).await?;
        Ok(())
    }

    async fn add_events(&mut self, links: &[Link]) -> Result<(), StoreError> {
        let ids: Vec<EventId> = links.iter().map(|_| self.id()).collect();
        let text = rows::insert(ADD_EVENTS, (links.len(), 9), numbered);
        let rows = links.iter().map(|link| &link.event).zip(&ids).enumerate();
        let add = rows.fold(sqlx::query(text), |add, (index, (event, id))| {
            add.bind(event.seq)
                .bind(id.to_string())
                .bind(event.at_ms)
                .bind(&event.action)
                .bind(&event.object)
                .bind(&event.partner)
                .bind(&event.tenant)
                .bind(&event.detail)
                .bind(nth(links, index))
        });
        add.execute(self.connection()).await?;
        Ok(())
    }
}

/// A row of the outbox, whose last place says how many of the statement's rows are of the same object, up to itself.
fn numbered(first: usize) -> String {
    let object = first + 4;
    let next = format!("select coalesce(max(object_seq), 0) + ?1 from outbox_event where object = ${object}");
    rows::numbered(first, 9, &next)
}

/// Which of the links of the same object this one is, 1 for the first.
fn nth(links: &[Link], index: usize) -> i64 {
    let (before, rest) = links.split_at(index);
    let same = |link: &&Link| rest.first().is_some_and(|this| this.event.object == link.event.object);
    before.iter().filter(same).fold(1, |nth, _| nth + 1)
}
