//! One issuance, from wherever it stands to its end. What is done next is told by the order at the certificate
//! authority; what is kept before each step is the order's address and the key. So a retry, a crash and another process
//! are the same case: take the order up.

use std::time::Duration;

use instant_acme::ChallengeType;
use marque_config::feed::{Format, Revision};
use rcgen::KeyPair;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};
use zeroize::Zeroizing;

use super::elsewhere::Elsewhere;
use super::subject::{Note, Subject};
use super::{Context, actor, key_context};
use crate::database::measures::Issued;
use crate::database::{Signal, StoreError, Write};
use crate::domains::acme::account::Session;
use crate::domains::acme::certificate;
use crate::domains::acme::failure::Failure;
use crate::domains::acme::fault::Fault;
use crate::domains::acme::order::{Next, Order};
use crate::domains::store::hostnames::CertificateState;
use crate::domains::store::issuances::{IssuanceState, LEASE_MS, Progress};
use crate::edge::store::proxies::Barrier;
use crate::kernel::time::Time;

pub(super) struct Run<'a> {
    context: &'a Context,
    owner: &'a str,
    subject: Subject<'a>,
    progress: Progress,
    /// As the log and the audit trail have it.
    name: String,
    deadline: Instant,
}

/// Passing faults are tried again so often, after 100, 400, 1600 and 6400 ms.
const RETRIES: u32 = 4;
const FIRST_RETRY: Duration = Duration::from_millis(100);
/// A nonce that isn't taken says nothing about the certificate authority's health; each try has three of them.
const NONCES: u32 = 100;
/// How long proxies may take to acknowledge; then the order waits for a while.
const BARRIER: Duration = Duration::from_secs(30);
/// What is put off is put off at least so long.
const SOONEST_MS: i64 = 10_000;
/// A proxy that vanished makes itself known by time only.
const BARRIER_LOOK: Duration = Duration::from_millis(500);
/// The most characters that are kept of what the certificate authority said: it may repeat another server's answer.
const MOST_KEPT: usize = 1_000;
const HEARTBEAT: Duration = Duration::from_millis((LEASE_MS / 3).unsigned_abs());

impl<'a> Run<'a> {
    pub(super) fn new(context: &'a Context, owner: &'a str, subject: Subject<'a>, progress: Progress) -> Self {
        let deadline = Instant::now() + context.settings.acme.issuance_deadline.duration();
        Self { context, owner, subject, progress, name: subject.name(), deadline }
    }

    /// Goes on until there is a certificate or a reason why not, and keeps that.
    pub(super) async fn finish(mut self) -> Result<(), StoreError> {
        let alive = stay_alive(self.context, self.owner, (self.subject, self.progress.clone()));
        let deadline = self.deadline;
        let done = tokio::select! {
            done = self.steps() => done,
            fault = alive => Err(fault),
            () = tokio::time::sleep_until(deadline) => Err(Fault::last(Failure::Timeout, "the deadline has passed")),
        };
        if let Some(elsewhere) = self.elsewhere() {
            elsewhere.take_back().await;
        }
        match done {
            Ok(()) => Ok(()),
            Err(fault) => self.conclude(fault).await,
        }
    }

    async fn steps(&mut self) -> Result<(), Fault> {
        let (mut retries, mut nonces) = (0, 0);
        let mut begun_again = false;
        loop {
            match self.attempt().await {
                Err(Fault::OrderUnknown) if !begun_again => {
                    begun_again = true;
                    self.progress.order_url = None;
                    self.advance(IssuanceState::Claimed).await?;
                }
                Err(Fault::BadNonce) if nonces < NONCES => nonces += 1,
                Err(Fault::Passing { source, .. }) if retries < RETRIES => {
                    tracing::debug!(host = self.name, error = %source, "a step is tried again");
                    sleep(FIRST_RETRY * 4_u32.pow(retries)).await;
                    retries += 1;
                }
                other => return other,
            }
        }
    }

    async fn attempt(&mut self) -> Result<(), Fault> {
        let session = self.context.ca.session().await?;
        match self.go_on(&session).await {
            Err(Fault::AccountUnknown) => {
                self.context.ca.forget(&session).await?;
                // What belonged to that account is gone with it.
                Err(Fault::OrderUnknown)
            }
            other => other,
        }
    }

    async fn go_on(&mut self, session: &Session) -> Result<(), Fault> {
        let mut order = self.order(session).await?;
        loop {
            match order.due() {
                Next::Prove => self.prove(&mut order).await?,
                Next::Finalize => self.finalize(&mut order).await?,
                Next::Fetch => return self.fetch(&mut order).await,
                Next::GiveUp => return Err(order.cause().await?),
            }
        }
    }

    async fn order(&mut self, session: &Session) -> Result<Order, Fault> {
        if let Some(url) = &self.progress.order_url {
            return Order::resume(&session.account, url).await;
        }
        let order = Order::create(&session.account, &self.name).await?;
        self.progress.order_url = Some(order.url().to_owned());
        self.advance(IssuanceState::Ordered).await?;
        Ok(order)
    }

    async fn prove(&mut self, order: &mut Order) -> Result<(), Fault> {
        let Context { store, settings, edge_key, .. } = self.context;
        let tries_443 = self.subject.is_tried_on_443() && settings.acme.tls_alpn;
        let kind = if tries_443 && store.all_read(Format::ALPN).await? {
            ChallengeType::TlsAlpn01
        } else {
            self.subject.proved_by()
        };
        let proofs = order.proofs(&kind).await?;
        if let Some(elsewhere) = self.elsewhere() {
            let texts: Vec<_> = proofs.iter().map(|proof| proof.text.clone()).collect();
            elsewhere.publish(&texts).await?;
        }
        let mut write = self.begin().await?;
        self.subject.publish(&mut write, (&kind, proofs), edge_key)?;
        let revision = self.keep(write, IssuanceState::Published).await?;
        self.acknowledged(revision, answered_from(&kind)).await?;
        self.advance(IssuanceState::Acknowledged).await?;
        order.set_ready(&kind).await?;
        self.advance(IssuanceState::Ready).await?;
        order.proved(self.left()).await
    }

    /// The DNS server of the operator's own at which the names are proved, where they are.
    fn elsewhere(&self) -> Option<Elsewhere<'a>> {
        let Context { updater, resolver, store, .. } = self.context;
        let (updater, Subject::Zone(wildcard, _)) = (updater.as_ref()?, self.subject) else { return None };
        Some(Elsewhere { updater, resolver, store, zone: &wildcard.zone })
    }

    /// Waits until every live proxy has the answers.
    async fn acknowledged(&self, revision: Revision, format: Format) -> Result<(), Fault> {
        let store = &self.context.store;
        let mut acks = store.watch(Signal::Acks);
        let patience = Instant::now() + BARRIER;
        loop {
            let failure = match store.barrier_among(revision, format).await? {
                Barrier::Reached => return Ok(()),
                Barrier::NoneLive => Failure::NoLiveProxy,
                Barrier::Waiting { behind } => {
                    tracing::debug!(revision = revision.0, ?behind, "proxies have yet to take the proof");
                    Failure::ProxiesLag
                }
            };
            if Instant::now() >= patience {
                return Err(Fault::Later { failure, until_ms: Some(store.now_ms() + SOONEST_MS) });
            }
            // Told or not, look again: a proxy that went away says nothing.
            let _ = timeout(BARRIER_LOOK, acks.changed()).await;
        }
    }

    async fn finalize(&mut self, order: &mut Order) -> Result<(), Fault> {
        let key = self.key()?;
        let key = KeyPair::try_from(&PrivatePkcs8KeyDer::from(key.as_slice()))
            .map_err(|error| Fault::Secret(error.into()))?;
        order.finalize(&self.name, &key).await?;
        self.advance(IssuanceState::Finalized).await
    }

    /// Fetches the certificate, looks at it, and makes it the one that is served.
    async fn fetch(&mut self, order: &mut Order) -> Result<(), Fault> {
        let chain = order.chain(self.left()).await?;
        let bad = |error: &dyn std::fmt::Display| Fault::last(Failure::BadCertificate, error.to_string());
        let key = self.key()?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.as_slice()));
        let checked = certificate::check(&chain, &key, self.context.store.now_ms()).map_err(|error| bad(&error))?;
        if !self.subject.is_covered_by(&checked) {
            return Err(bad(&"the certificate is for another name"));
        }
        let mut write = self.begin().await?;
        let ours = self.subject.end(&mut write, &self.progress, self.owner, None).await?;
        let key = self.progress.key.clone();
        if !ours || !self.subject.install(&mut write, &checked, key).await? {
            return Err(Fault::LeaseLost);
        }
        let until_ms = checked.not_after_ms;
        let whose = self.subject.whose(&mut write).await?;
        let detail = json!({ "issuance": self.progress.id, "not_after": Time::from_ms(until_ms) });
        write.audit("certificate.issued", &self.name, whose, detail);
        write.commit().await?;
        self.context.store.measures().issuance(Issued::Issued);
        tracing::info!(host = self.name, issuance.id = %self.progress.id, "a certificate is served");
        Ok(())
    }

    /// The private key, PKCS#8.
    fn key(&self) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let (owner, name) = self.subject.sealed_for();
        let opened = self.context.edge_key.open(key_context(&owner, &name), &self.progress.key);
        opened.map_err(|error| Fault::Secret(error.into()))
    }

    async fn advance(&mut self, state: IssuanceState) -> Result<(), Fault> {
        let write = self.begin().await?;
        self.keep(write, state).await.map(|_| ())
    }

    /// Keeps how far the issuance is, together with what else was written.
    async fn keep(&mut self, mut write: Write, state: IssuanceState) -> Result<Revision, Fault> {
        self.progress.state = state;
        if !self.subject.advance(&mut write, &self.progress, self.owner).await? {
            return Err(Fault::LeaseLost);
        }
        tracing::debug!(host = self.name, issuance.id = %self.progress.id, ?state, "an issuance goes on");
        Ok(write.commit().await?)
    }

    async fn begin(&self) -> Result<Write, StoreError> {
        self.context.store.begin(&actor(), self.context.store.now_ms()).await
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    async fn conclude(&self, fault: Fault) -> Result<(), StoreError> {
        match fault {
            Fault::Store(error) => Err(error),
            Fault::LeaseLost => {
                tracing::info!(host = self.name, issuance.id = %self.progress.id, "an issuance is left to others");
                Ok(())
            }
            Fault::Later { failure, until_ms } => self.postpone(failure, until_ms).await,
            Fault::Final { failure, detail } => self.give_up(failure, &detail).await,
            Fault::Secret(error) => {
                tracing::error!(host = self.name, error = &*error as &dyn std::error::Error, "a secret is unusable");
                self.give_up(Failure::Internal, "a secret is unusable").await
            }
            Fault::Passing { failure, source } => {
                log_failure(&self.name, &source);
                self.postpone(failure, None).await
            }
            Fault::BadNonce => self.postpone(Failure::CaError, None).await,
            Fault::AccountUnknown | Fault::OrderUnknown => self.give_up(Failure::CaRefused, &fault.to_string()).await,
        }
    }

    /// Leaves the issuance as it is until later.
    async fn postpone(&self, failure: Failure, until_ms: Option<i64>) -> Result<(), StoreError> {
        let attempts = self.subject.attempts();
        let mut write = self.begin().await?;
        let (attempts, next_ms) = match until_ms {
            Some(until_ms) => (attempts, until_ms.max(write.now_ms() + SOONEST_MS)),
            None => (attempts + 1, write.now_ms() + self.subject.backoff_ms(attempts)),
        };
        tracing::warn!(host = self.name, reason = failure.code(), next_ms, "a certificate has to wait");
        let note = Note { state: CertificateState::Issuing, failure, detail: None, attempts, next_ms };
        self.subject.note(&mut write, note).await?;
        self.subject.release(&mut write, &self.progress, self.owner).await?;
        write.commit().await?;
        self.context.store.measures().issuance(Issued::Postponed);
        Ok(())
    }

    /// Ends the issuance without a certificate.
    async fn give_up(&self, failure: Failure, detail: &str) -> Result<(), StoreError> {
        let attempts = self.subject.attempts();
        let detail = &*bounded(detail);
        let mut write = self.begin().await?;
        if !self.subject.end(&mut write, &self.progress, self.owner, Some((failure, detail))).await? {
            return Ok(());
        }
        let next_ms = write.now_ms() + self.subject.backoff_ms(attempts);
        tracing::warn!(host = self.name, reason = failure.code(), detail, next_ms, "a certificate was not issued");
        let state = CertificateState::Failed;
        let note = Note { state, failure, detail: Some(detail), attempts: attempts + 1, next_ms };
        self.subject.note(&mut write, note).await?;
        let detail = json!({ "issuance": self.progress.id, "reason": failure.code(), "detail": detail });
        let whose = self.subject.whose(&mut write).await?;
        write.audit("certificate.failed", &self.name, whose, detail);
        write.commit().await?;
        self.context.store.measures().issuance(Issued::Failed);
        Ok(())
    }
}

/// The format that a proxy must read to answer a challenge.
fn answered_from(kind: &ChallengeType) -> Format {
    match kind {
        ChallengeType::Dns01 => Format::WILDCARDS,
        ChallengeType::TlsAlpn01 => Format::ALPN,
        _ => Format::LANDED,
    }
}

/// What somebody else said, as it is kept: bounded, and of characters that every database, log and page takes.
fn bounded(said: &str) -> String {
    said.chars().take(MOST_KEPT).map(|character| if character.is_control() { ' ' } else { character }).collect()
}

fn log_failure(host: &str, error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(host, error, "a step fails time after time");
}

/// Says every few seconds that somebody is still at it; returns when nobody should be.
async fn stay_alive(context: &Context, owner: &str, (subject, progress): (Subject<'_>, Progress)) -> Fault {
    loop {
        sleep(HEARTBEAT).await;
        match extend(context, owner, subject, &progress).await {
            Ok(true) => {}
            Ok(false) => return Fault::LeaseLost,
            // What can't be said now is said a little later, or the lease ends.
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "a lease could not be extended"),
        }
    }
}

async fn extend(context: &Context, owner: &str, subject: Subject<'_>, progress: &Progress) -> Result<bool, StoreError> {
    let mut write = context.store.begin(&actor(), context.store.now_ms()).await?;
    let ours = subject.extend(&mut write, progress, owner).await?;
    write.commit().await?;
    Ok(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_ca_says_is_kept_bounded_and_without_control_characters() {
        assert_eq!(bounded("got \0a\r\n\u{1b}[31m\u{e9}"), "got  a   [31m\u{e9}");
        assert_eq!(bounded(&"\u{e9}".repeat(5_000)).chars().count(), MOST_KEPT);
    }
}
