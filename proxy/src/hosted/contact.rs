//! The contact form: what somebody writes to whoever provides a space goes into the outbox, and from there to the partner.
//! Whatever is wrong is said beside what was typed, and nothing of it is half done: a message is taken once it is durable.
//!
//! Nobody else is asked, and nothing is sent to the address that was typed. What slows programs down: a form is good only at
//! its tenant, not at once and not for ever, for one message; and there are only so many in an hour.

mod judged;
mod page;
mod rates;
mod token;
mod typed;
mod words;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use marque_config::MessageId;
use marque_config::application::ContactForm;
use marque_config::clock::{Clock, Random};
use marque_config::contact::{ContactFile, ContactMessage};
use marque_config::settings::ContactSettings;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::directory::{Route, Secrets};
use crate::limits::{Client, Share, Shares};
use crate::outbox::{Appended, Outbox, Room, Unkept};
use crate::refusal::{Page, Refusal, Wants};
use crate::telemetry::Metrics;
use judged::{Faults, Origin};
use page::{Form, Notice, Reader};
use rates::{Limited, Rates, Whose};
use token::{Age, FormToken};
use typed::TypedFile;
pub(crate) use typed::{FieldNames, Typed, Unread, read};

/// Takes messages.
pub(crate) struct ContactDesk {
    settings: ContactSettings,
    outbox: Arc<Outbox>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    metrics: Arc<Metrics>,
    free: Arc<Semaphore>,
    clients: Arc<Shares<Client>>,
    rates: Rates,
}

/// What a desk is made of.
pub(crate) struct DeskParts {
    pub(crate) settings: ContactSettings,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) metrics: Arc<Metrics>,
}

/// One message that comes in; its place is free again when dropped.
#[derive(Debug)]
pub(crate) struct Coming {
    _place: OwnedSemaphorePermit,
    _share: Share<Client>,
}

/// Who writes, where, and by which form.
#[derive(Clone, Copy)]
pub(crate) struct Writer<'a> {
    pub(crate) route: &'a Route,
    /// The application's own form; none: the edge's.
    pub(crate) form: Option<&'a ContactForm>,
    pub(crate) fields: &'a HeaderMap,
    pub(crate) ip: IpAddr,
    pub(crate) secrets: &'a Secrets,
}

/// Why a message isn't taken, with what was typed.
struct Again {
    notice: Notice,
    typed: Typed,
    faults: Faults,
    /// The form's own, while it is still good.
    token: Option<FormToken>,
    /// Seconds after which it may be.
    retry_after: Option<i64>,
    /// The word for it in the metrics.
    outcome: &'static str,
}

/// How long somebody waits whose message couldn't be kept, seconds.
const RETRY_UNKEPT: i64 = 60;

impl ContactDesk {
    pub(crate) fn new(parts: DeskParts) -> Self {
        let DeskParts { settings, outbox, clock, random, metrics } = parts;
        let free = Arc::new(Semaphore::new(settings.at_once.min(Semaphore::MAX_PERMITS)));
        let clients = Shares::new(settings.at_once_per_client);
        Self { settings, outbox, clock, random, metrics, free, clients, rates: Rates::default() }
    }

    /// The empty form.
    ///
    /// # Errors
    /// [`Refusal::NoReplica`] before there is a key to seal it with.
    pub(crate) fn empty(&self, writer: Writer<'_>) -> Result<Page, Refusal> {
        let token = self.fresh(writer)?;
        Ok(page::form(writer.reader(), &Form { token, ..Form::default() }))
    }

    /// A place for a message to come in: each holds its files in memory while it does.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`] when the client has its share, [`Refusal::Busy`] when there is no place.
    pub(crate) fn come_in(&self, ip: IpAddr) -> Result<Coming, Refusal> {
        let refused = |refusal: Refusal| {
            self.metrics.contact(refusal.code());
            refusal
        };
        let share = self.clients.take(ip.into()).ok_or_else(|| refused(Refusal::TooManyRequests))?;
        let place = Arc::clone(&self.free).try_acquire_owned().map_err(|_| refused(Refusal::Busy))?;
        Ok(Coming { _place: place, _share: share })
    }

    /// How long a message may take to come in.
    pub(crate) fn deadline(&self) -> Duration {
        self.settings.deadline.duration()
    }

    /// Takes what was typed for a message, or shows it again.
    ///
    /// # Errors
    /// [`Refusal::NoReplica`] before there is a key to seal a form with.
    pub(crate) async fn take(
        &self,
        writer: Writer<'_>,
        (typed, unread): (Typed, Option<Unread>),
    ) -> Result<Page, Refusal> {
        let judged = self.judge(writer, (typed, unread));
        let taken = match judged {
            Ok((message, token)) => self.keep(writer, message, token).await,
            Err(again) => Err(again),
        };
        match taken {
            Ok(id) => {
                self.metrics.contact("accepted");
                Ok(writer.form.map_or_else(|| page::sent(writer.reader(), id), see_other))
            }
            Err(again) => {
                self.metrics.contact(again.outcome);
                self.again(writer, *again)
            }
        }
    }

    /// Whether what was typed is a message that somebody wrote here.
    fn judge(
        &self,
        writer: Writer<'_>,
        (typed, unread): (Typed, Option<Unread>),
    ) -> Result<(ContactMessage, FormToken), Box<Again>> {
        let (now_ms, tenant) = (self.clock.now_ms(), writer.route.tenant.id);
        let token = FormToken::opened(&typed.token, tenant, writer.secrets);
        match unread {
            None => {}
            Some(Unread::Malformed) => return Err(Again::new(Notice::Unread, "unreadable", typed, token)),
            Some(Unread::TooLarge) => return Err(Again::new(Notice::TooLarge, "too_large", typed, token)),
        }
        if !typed.trap.is_empty() {
            return Err(Again::new(Notice::Trapped, "trapped", typed, token));
        }
        if comes_from_elsewhere(writer.fields) {
            return Err(Again::new(Notice::Confirm, "cross_site", typed, None));
        }
        let token = match (writer.form, token) {
            // The application's own form carries nothing of ours.
            (Some(_), _) => FormToken::new(now_ms, &*self.random),
            (None, Some(token)) => token,
            (None, None) => return Err(Again::new(Notice::Confirm, "unsigned", typed, None)),
        };
        let message = Self::message(writer, typed, token)?;
        match token.age(now_ms) {
            Age::TooYoung if writer.form.is_none() => {
                Err(Again::new(Notice::Confirm, "too_fast", typed_of(message), Some(token)))
            }
            Age::TooOld => Err(Again::new(Notice::TooOld, "too_old", typed_of(message), None)),
            Age::TooYoung | Age::Good => Ok((message, token)),
        }
    }

    /// The message that was typed, or what is wrong with it.
    fn message(writer: Writer<'_>, typed: Typed, token: FormToken) -> Result<ContactMessage, Box<Again>> {
        let typed = judged::plain(typed);
        let typed = if writer.form.is_some() { judged::completed(typed) } else { typed };
        let tenant = writer.route.tenant.id;
        let from = Origin { id: token.id, tenant, is_french: writer.reader().is_french, ip: writer.ip.to_canonical() };
        judged::message(typed, from).map_err(|wrong| {
            let (typed, faults) = *wrong;
            Box::new(Again { faults, ..*Again::new(Notice::Faults, "invalid", typed, Some(token)) })
        })
    }

    /// Keeps a message, once there is a place for it.
    async fn keep(
        &self,
        writer: Writer<'_>,
        message: ContactMessage,
        token: FormToken,
    ) -> Result<MessageId, Box<Again>> {
        let id = message.id;
        let place = (writer.ip, message.tenant, id);
        if let Err(limited) = self.rates.take(&self.settings, place, self.clock.now_ms()) {
            return Err(Again::limited(limited, message, token));
        }
        let room = Room {
            messages: i64::try_from(self.settings.waiting).unwrap_or(i64::MAX),
            bytes: i64::try_from(self.settings.waiting_size.bytes()).unwrap_or(i64::MAX),
        };
        match self.outbox.message(&message, room).await {
            Ok(Appended::New | Appended::Same) => Ok(id),
            // The place stays with the message that has this identity.
            Ok(Appended::Other) => Err(Again::new(Notice::Used, "used", typed_of(message), None)),
            Err(unkept) => {
                // What was too slow may be kept all the same, and is the same when it's sent again.
                if unkept != Unkept::TooSlow {
                    self.rates.give_back(id);
                }
                let again = Again::new(Notice::Unkept, unkept.code(), typed_of(message), Some(token));
                Err(Box::new(Again { retry_after: Some(RETRY_UNKEPT), ..*again }))
            }
        }
    }

    fn again(&self, writer: Writer<'_>, again: Again) -> Result<Page, Refusal> {
        let Again { notice, typed, faults, token, retry_after, .. } = again;
        let token = match token {
            Some(token) => self.sealed(writer, token)?,
            None => self.fresh(writer)?,
        };
        let mut page = page::form(writer.reader(), &Form { token, typed, faults, notice: Some(notice) });
        page.headers.extend(retry_after.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))));
        Ok(page)
    }

    fn fresh(&self, writer: Writer<'_>) -> Result<String, Refusal> {
        self.sealed(writer, FormToken::new(self.clock.now_ms(), &*self.random))
    }

    fn sealed(&self, writer: Writer<'_>, token: FormToken) -> Result<String, Refusal> {
        token.sealed(writer.route.tenant.id, writer.secrets, &*self.random).ok_or(Refusal::NoReplica)
    }
}

impl<'a> Writer<'a> {
    fn reader(&self) -> Reader<'a> {
        let shown = self.route.shown();
        Reader { shown, is_french: Wants::read(self.fields).is_french(shown.look.language) }
    }
}

impl Again {
    fn new(notice: Notice, outcome: &'static str, typed: Typed, token: Option<FormToken>) -> Box<Self> {
        Box::new(Self { notice, typed, faults: Faults::default(), token, retry_after: None, outcome })
    }

    fn limited(limited: Limited, message: ContactMessage, token: FormToken) -> Box<Self> {
        let outcome = match limited.whose {
            Whose::Client => "client_limit",
            Whose::Tenant => "tenant_limit",
            Whose::All => "limit",
        };
        let again = Self::new(Notice::Limited, outcome, typed_of(message), Some(token));
        Box::new(Self { retry_after: Some(limited.retry_after), ..*again })
    }
}

/// What was typed, back from the message that it became.
fn typed_of(message: ContactMessage) -> Typed {
    let ContactMessage { name, email, subject, text, files, .. } = message;
    let file = |ContactFile { name, content, .. }| TypedFile { name, content };
    Typed { name, email, subject, text, files: files.into_iter().map(file).collect(), ..Typed::default() }
}

/// Whether a browser says that another site's page sends this.
fn comes_from_elsewhere(fields: &HeaderMap) -> bool {
    fields.get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"cross-site")
}

/// The application's page where the sender is led.
fn see_other(form: &ContactForm) -> Page {
    let location = HeaderValue::try_from(form.then.to_string());
    let headers = vec![
        // It was checked to be one path in visible ASCII.
        (header::LOCATION, location.unwrap_or(HeaderValue::from_static("/"))),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_LENGTH, HeaderValue::from(0)),
    ];
    Page { status: StatusCode::SEE_OTHER, headers, body: Bytes::new() }
}

#[cfg(test)]
mod tests;
