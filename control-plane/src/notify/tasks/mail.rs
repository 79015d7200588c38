//! Sends the mail that waits, several at once and a few to each domain: one that is slow to take its mail holds up no
//! other. Each mail is taken for a while before it is sent, so that no two processes send it at once; one that isn't
//! accepted is tried again over a day and a half, and then stays, failed, for operators to see.

mod lanes;

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::database::task::rows::Rows;
use crate::database::task::{Pass, PassError, Runs, TICK};
use crate::database::{Signal, Store, StoreError, Whose, Write};
use crate::kernel::actor::Actor;
use crate::kernel::right::Right;
use crate::notify::mail::{Letter, Post, Undelivered};
use crate::notify::model::attachment::File;
use crate::notify::model::mail::MailKind;
use crate::notify::operations::mail::{self as notices, Notice};
use crate::notify::store::mail::Outgoing;
use crate::support::operations as support;
use lanes::Lanes;

pub(crate) struct Mail {
    pub(crate) store: Store,
    pub(crate) post: Post,
    pub(crate) runs: Runs,
    /// How many are sent at once, and how many of these to one domain.
    pub(crate) at_once: (u32, u32),
}

/// A mail under way, and what came of it.
struct Sent {
    id: String,
    domain: String,
    done: Result<(), StoreError>,
}

/// Tasks of their own: each goes on, and gives the gate back, whatever the others and the pass wait for.
type Sending = JoinSet<Sent>;

const MINUTE_MS: i64 = 60_000;
/// How long a mail is ours once taken: more than a server may need for it.
const TAKEN_MS: i64 = 15 * MINUTE_MS;
/// Between one attempt and the next.
const WAITS_MS: [i64; 7] = [
    MINUTE_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    120 * MINUTE_MS,
    8 * 60 * MINUTE_MS,
    12 * 60 * MINUTE_MS,
    12 * 60 * MINUTE_MS,
];

fn actor() -> Actor {
    Actor::system("mail")
}

impl Mail {
    /// Sends until nothing is due any more.
    pub(crate) async fn pass(self: Arc<Self>) -> Result<Pass, PassError> {
        let mut news = self.store.watch(Signal::Tasks);
        let (mut lanes, mut sending) = (Lanes::new(self.at_once.0, self.at_once.1), Sending::new());
        let (mut pass, mut fault) = (Pass::Idle, None);
        loop {
            if fault.is_none() {
                fault = self.fill(&mut lanes, &mut sending).await.err();
            }
            if sending.is_empty() {
                return fault.map_or(Ok(pass), |error| Err(error.into()));
            }
            pass = Pass::Worked;
            let sent = tokio::select! {
                sent = sending.join_next() => sent,
                Ok(()) = news.changed(), if fault.is_none() => None,
                () = tokio::time::sleep(TICK) => None,
            };
            if let Some(sent) = sent {
                let Sent { id, domain, done } = sent.map_err(|_| PassError::Panicked)?;
                lanes.end(&domain);
                // What is under way comes to its end: it would be sent twice otherwise.
                fault = fault.or(self.fared(&id, done).await.err());
            }
        }
    }

    async fn fared(&self, id: &str, done: Result<(), StoreError>) -> Result<(), StoreError> {
        Rows::of(&self.store, &self.runs, "mail").await?.fared(id, done).await.map(drop)
    }

    /// Takes what is due for as long as there are places.
    async fn fill(self: &Arc<Self>, lanes: &mut Lanes, sending: &mut Sending) -> Result<(), StoreError> {
        if self.store.mail_lacks_domain().await? {
            let mut write = self.store.begin(&actor(), self.store.now_ms()).await?;
            write.write_mail_domains().await?;
            write.commit().await?;
        }
        loop {
            let turns = lanes.turns(&self.store).await?;
            if turns.is_empty() {
                return Ok(());
            }
            let before = sending.len();
            let mut write = self.store.begin(&actor(), self.store.now_ms()).await?;
            let mut taken = Vec::new();
            for (domain, most) in &turns {
                let ids = write.take_mails(domain, *most, TAKEN_MS).await?;
                taken.extend(ids.into_iter().map(|id| (id, domain.clone())));
            }
            write.commit().await?;
            for (id, domain) in taken {
                lanes.begin(&domain);
                let mail = Arc::clone(self);
                sending.spawn(async move { Sent { done: mail.send(&id).await, id, domain } });
            }
            if sending.len() == before {
                return Ok(());
            }
        }
    }

    async fn send(&self, id: &str) -> Result<(), StoreError> {
        let mut write = self.store.begin(&actor(), self.store.now_ms()).await?;
        let outgoing = write.outgoing(id).await?;
        drop(write);
        self.carry(outgoing).await
    }

    async fn carry(&self, outgoing: Outgoing) -> Result<(), StoreError> {
        let files = self.enclosed(&outgoing.letter).await?;
        let sent = match outgoing.is_open {
            true => self.post.send(&outgoing.letter, files, self.store.now_ms()).await,
            false => Err(Undelivered::ForGood("the store key does not open the link that goes with it".into())),
        };
        let mut write = self.store.begin(&actor(), self.store.now_ms()).await?;
        let (id, now_ms) = (&outgoing.letter.id, write.now_ms());
        let whose = outgoing.partner.map_or(Whose::VENDOR, Whose::partner);
        let detail = json!({ "kind": outgoing.letter.kind, "attempts": outgoing.attempts });
        let wait_ms = usize::try_from(outgoing.attempts - 1).ok().and_then(|before| WAITS_MS.get(before));
        match (sent, wait_ms) {
            (Ok(()), _) => {
                write.mail_sent(id).await?;
                write.audit("mail.sent", id, whose, detail);
                fared(&mut write, &outgoing.letter, true).await?;
            }
            // Not a change of state: it waits as it did.
            (Err(Undelivered::ForNow(said)), Some(wait_ms)) => write.mail_later(id, &said, now_ms + wait_ms).await?,
            (Err(Undelivered::ForNow(said) | Undelivered::ForGood(said)), _) => {
                tracing::warn!(mail.id = id, "a mail was not taken; an operator can look at it and send it again");
                write.mail_failed(id, &said).await?;
                write.audit("mail.failed", id, whose, detail);
                fared(&mut write, &outgoing.letter, false).await?;
                self.notify_partner(&mut write, &outgoing).await?;
            }
        }
        write.commit().await?;
        Ok(())
    }

    /// A partner learns that its client got no mail: nobody else would tell it.
    async fn notify_partner(&self, write: &mut Write, outgoing: &Outgoing) -> Result<(), StoreError> {
        let (letter, Some(partner)) = (&outgoing.letter, outgoing.partner) else { return Ok(()) };
        if !letter.kind.is_missed() {
            return Ok(());
        }
        let about = self.post.subject(letter);
        let values = json!({ "address": letter.to, "about": about, "path": "/clients" });
        let notice = Notice { kind: MailKind::ClientMailFailed, brand: Some(partner), values };
        notices::to_members(write, partner, Right::ClientsManage, notice).await
    }

    /// What goes along with a mail: what its words name as enclosed.
    async fn enclosed(&self, letter: &Letter) -> Result<Vec<File>, StoreError> {
        let message = letter.values.get("message").and_then(Value::as_str).and_then(|id| id.parse().ok());
        match message.filter(|_| letter.values.get("enclosed").is_some()) {
            Some(message) => self.store.files(message, None).await,
            None => Ok(Vec::new()),
        }
    }
}

/// A client's message says itself whether its mail arrived.
async fn fared(write: &mut Write, letter: &Letter, arrived: bool) -> Result<(), StoreError> {
    match letter.kind {
        MailKind::SupportMessage => support::mailed(write, &letter.values, arrived).await,
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
