//! Support messages: a client's goes straight to its partner, into the inbox and by mail. The vendor sees none of it
//! until the partner asks, and then what the partner ticked.

mod attachments;
mod route;

use std::collections::BTreeSet;
use std::net::IpAddr;

use marque_config::TenantId;
use marque_config::contact::{self, ContactFile, ContactMessage, MOST_LINE, MOST_TEXT};
use marque_config::tenant::TenantState;
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::email::{Email, EmailError};
use crate::kernel::fault::{Conflict, FieldFault, Forbidden, text, unknown};
use crate::kernel::ids::MessageId;
use crate::kernel::json::invalid_value;
use crate::kernel::language::{Language, Sentence};
use crate::kernel::principal::{Principal, Reach};
use crate::notify::model::attachment::{Attachment, File};
use crate::notify::model::mail::{Mail, MailKind};
use crate::support::model::{Channel, MessagePart, MessageState, Reply, ReplySide, Step, SupportMessage};
use crate::tenants::model::Tenant;

pub use attachments::file;
pub use route::mailed;

/// What somebody writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// From which space.
    pub tenant: TenantId,
    /// Who.
    pub sender: String,
    /// Where answers go.
    pub email: Option<Email>,
    /// In which language.
    pub language: Language,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub body: String,
    /// Where the sender is, as who passes it on says.
    pub ip: Option<IpAddr>,
    /// What goes along with it.
    pub files: Vec<File>,
}

/// A message with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// The message.
    pub message: SupportMessage,
    /// What was answered.
    pub replies: Vec<Reply>,
    /// What goes along with it.
    pub attachments: Vec<Attachment>,
}

/// As many messages as one address may send in an hour.
const MOST_AN_HOUR: i64 = 5;
const HOUR_MS: i64 = 3_600_000;

impl Conflict {
    /// The current status of the message doesn't allow it.
    pub const MESSAGE_STATE: Self = Self::new(
        "message-state",
        "Where the message stands, this can't be done.",
        "L’état du message ne le permet pas.",
    );
    /// Another space's message has this identity.
    pub const MESSAGE_ID_TAKEN: Self = Self::new(
        "message-id-taken",
        "Another space has a message of this identity.",
        "Un autre espace a un message de cet identifiant.",
    );
    /// The address has written a lot lately.
    pub const TOO_MANY_MESSAGES: Self = Self::new(
        "too-many-messages",
        "This address has sent five messages within an hour: try again later.",
        "Cette adresse a envoyé cinq messages en une heure : réessayez plus tard.",
    );
}

impl Forbidden {
    /// Only the partner does this.
    pub const PARTNER_ANSWERS: Self = Self::new(
        "partner-answers",
        "Only the partner does this: it answers for the support of its clients.",
        "Seul le partenaire peut le faire : il répond du support de ses clients.",
    );
}

/// Takes a message: into the partner's inbox, and by mail to the address that the partner named.
///
/// # Errors
/// [`Refused`].
pub async fn receive(write: &mut Write, reach: &Reach, new: NewMessage) -> Result<SupportMessage, Refused> {
    let channel = match reach.principal() {
        Principal::Application(_) => Channel::Application,
        Principal::Operator | Principal::Edge | Principal::Partner(_) | Principal::Tenant(_) => Channel::Portal,
    };
    let tenant = write.tenant(reach, new.tenant).await?.ok_or_else(|| unknown("/tenant"))?;
    if tenant.state == TenantState::Closed {
        return Err(Conflict::TENANT_CLOSED.into());
    }
    if let Some(ip) = new.ip {
        let since_ms = write.now_ms() - HOUR_MS;
        if write.messages_from(&ip.to_string(), since_ms).await? >= MOST_AN_HOUR {
            return Err(Conflict::TOO_MANY_MESSAGES.into());
        }
    }
    let id = write.id();
    keep(write, tenant, (id, channel), new).await
}

/// Takes a message that the edge has taken: its sender was told so, and it is neither counted again nor refused for a tenant
/// that was closed meanwhile. One that is there already stays as it is, whichever proxy sends it again.
///
/// # Errors
/// [`Refused`].
pub async fn receive_from_edge(write: &mut Write, message: ContactMessage) -> Result<(), Refused> {
    let reach = Reach::system("edge");
    if let Some(kept) = write.support_message(&reach, message.id).await? {
        return if kept.tenant == message.tenant { Ok(()) } else { Err(Conflict::MESSAGE_ID_TAKEN.into()) };
    }
    let tenant = write.tenant(&reach, message.tenant).await?.ok_or_else(|| unknown("/tenant"))?;
    let email = message.email.parse().map_err(|error: EmailError| invalid_value("/email", error))?;
    let file = |ContactFile { name, media_type, content }| File { name, media_type, content };
    let new = NewMessage {
        tenant: message.tenant,
        sender: message.name,
        email: Some(email),
        language: if message.language == "fr" { Language::French } else { Language::English },
        subject: message.subject,
        body: message.text,
        ip: message.ip,
        files: message.files.into_iter().map(file).collect(),
    };
    keep(write, tenant, (message.id, Channel::Edge), new).await.map(drop)
}

async fn keep(
    write: &mut Write,
    tenant: Tenant,
    (id, channel): (MessageId, Channel),
    new: NewMessage,
) -> Result<SupportMessage, Refused> {
    let files = attachments::taken(new.files)?;
    let partner = write.partner(&Reach::system("support"), tenant.partner).await?.ok_or(Refused::NotFound)?;
    let route = route::addresses(write, &tenant, &partner).await?;
    let routed_to: Vec<_> = route.iter().map(Email::written).collect();
    let message = SupportMessage {
        id,
        tenant: tenant.id,
        tenant_name: tenant.name,
        partner: partner.id,
        channel,
        sender: text("/name", &new.sender, MOST_LINE)?,
        email: new.email,
        language: new.language,
        subject: text("/subject", &new.subject, MOST_LINE)?,
        body: words("/text", &new.body)?,
        state: if route.is_empty() { MessageState::Received } else { MessageState::Routed },
        routed_to: Some(routed_to.join(", ")).filter(|written| !written.is_empty()),
        ip: new.ip.map(|ip| ip.to_string()),
        shared: None,
        received_ms: write.now_ms(),
        changed_ms: write.now_ms(),
    };
    write.add(&message).await?;
    write.add_attachments(message.id, &files).await?;
    let detail = json!({ "channel": channel, "state": message.state, "attachments": files.len() });
    write.audit("support_message.received", &message.id, whose(&message), detail);
    pass_on(write, &message, &files, route).await?;
    Ok(message)
}

/// Says that the partner has seen it.
///
/// # Errors
/// [`Refused`].
pub async fn acknowledge(write: &mut Write, reach: &Reach, id: MessageId) -> Result<SupportMessage, Refused> {
    let message = of_partner(write, reach, id).await?;
    step(write, message, Step::Acknowledge, "support_message.acknowledged").await
}

/// Answers: the partner to the client, by mail where the client left an address; the vendor to the partner.
///
/// # Errors
/// [`Refused`].
pub async fn reply(write: &mut Write, reach: &Reach, id: MessageId, body: &str) -> Result<SupportMessage, Refused> {
    let message = current(write, reach, id).await?;
    let body = words("/text", body)?;
    let side = match reach.principal() {
        Principal::Operator => ReplySide::Vendor,
        Principal::Partner(_) => ReplySide::Partner,
        Principal::Edge | Principal::Application(_) | Principal::Tenant(_) => {
            return Err(Forbidden::PARTNER_ANSWERS.into());
        }
    };
    if side == ReplySide::Vendor && message.state != MessageState::Escalated {
        return Err(Conflict::MESSAGE_STATE.into());
    }
    let author = write.actor().to_string();
    let reply = Reply { id: write.id(), side, author, body, at_ms: write.now_ms() };
    if side == ReplySide::Vendor {
        write.add_support_reply(id, &reply).await?;
        write.audit("support_message.answered_by_vendor", &id, whose(&message), json!({ "reply": reply.id }));
        return Ok(message);
    }
    let message = step(write, message, Step::Answer, "support_message.answered").await?;
    write.add_support_reply(id, &reply).await?;
    if let Some(to) = message.email.clone() {
        let values = json!({ "message": id, "subject": message.subject, "text": reply.body, "name": message.sender });
        let (kind, partner) = (MailKind::SupportReply, Some(message.partner));
        write.mail(Mail { to, kind, language: message.language, partner, values }).await?;
    }
    Ok(message)
}

/// Asks the vendor, and shows it what the partner ticked: never by itself, and nothing else.
///
/// # Errors
/// [`Refused`].
pub async fn escalate(
    write: &mut Write,
    reach: &Reach,
    id: MessageId,
    parts: BTreeSet<MessagePart>,
) -> Result<SupportMessage, Refused> {
    let mut message = of_partner(write, reach, id).await?;
    if parts.is_empty() {
        let said = Sentence::fixed("Tick at least one part.", "Cochez au moins une partie.");
        return Err(FieldFault::new("/parts", "missing-field", said).into());
    }
    message.shared = Some(parts);
    step(write, message, Step::Escalate, "support_message.escalated").await
}

/// Says that it is done: the partner with the client, the vendor with the partner.
///
/// # Errors
/// [`Refused`].
pub async fn close(write: &mut Write, reach: &Reach, id: MessageId) -> Result<SupportMessage, Refused> {
    let message = current(write, reach, id).await?;
    match reach.principal() {
        Principal::Operator => step(write, message, Step::CloseByVendor, "support_message.vendor_closed").await,
        Principal::Partner(_) => step(write, message, Step::Close, "support_message.closed").await,
        Principal::Edge | Principal::Application(_) | Principal::Tenant(_) => Err(Forbidden::PARTNER_ANSWERS.into()),
    }
}

/// One message, with what was answered, as far as the caller may see it.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: MessageId) -> Result<Whole, Refused> {
    let message = store.support_message(reach, id).await?.filter(|message| visible(reach, message));
    let message = message.ok_or(Refused::NotFound)?;
    let replies = store.support_replies(id).await?;
    let attachments = store.attachments(id).await?;
    Ok(Whole { message, replies, attachments })
}

/// What belongs to a message, behind the gate.
///
/// # Errors
/// When the database is away.
pub async fn whole(write: &mut Write, message: SupportMessage) -> Result<Whole, Refused> {
    let replies = write.support_replies(message.id).await?;
    let attachments = write.attachments(message.id).await?;
    Ok(Whole { message, replies, attachments })
}

/// One message, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, reach: &Reach, id: MessageId) -> Result<SupportMessage, Refused> {
    let message = write.support_message(reach, id).await?.filter(|message| visible(reach, message));
    message.ok_or(Refused::NotFound)
}

/// Whether the caller may see a part of a message: the vendor, what the partner ticked.
#[must_use]
pub fn shows(reach: &Reach, message: &SupportMessage, part: MessagePart) -> bool {
    !reach.is_operator() || message.shared.as_ref().is_some_and(|parts| parts.contains(&part))
}

/// The vendor sees what it was asked about.
fn visible(reach: &Reach, message: &SupportMessage) -> bool {
    !reach.is_operator() || message.shared.is_some()
}

async fn of_partner(write: &mut Write, reach: &Reach, id: MessageId) -> Result<SupportMessage, Refused> {
    let message = current(write, reach, id).await?;
    match reach.principal() {
        Principal::Partner(_) => Ok(message),
        _ => Err(Forbidden::PARTNER_ANSWERS.into()),
    }
}

async fn step(
    write: &mut Write,
    mut message: SupportMessage,
    step: Step,
    action: &'static str,
) -> Result<SupportMessage, Refused> {
    let before = message.state;
    message.state = before.after(step).ok_or(Conflict::MESSAGE_STATE)?;
    message.changed_ms = write.now_ms();
    write.update(&message).await?;
    let detail = json!({ "before": before, "after": message.state, "shared": message.shared });
    write.audit(action, &message.id, whose(&message), detail);
    Ok(message)
}

async fn pass_on(
    write: &mut Write,
    message: &SupportMessage,
    files: &[File],
    route: Vec<Email>,
) -> Result<(), Refused> {
    let mut values = json!({
        "message": message.id, "company": message.tenant_name, "sender": message.sender,
        "subject": message.subject, "text": message.body, "path": format!("/support-messages/{}", message.id),
    });
    if let Some(email) = &message.email {
        values["reply_to"] = email.written().into();
    }
    attachments::mention(&mut values, files);
    for to in route {
        let (kind, partner, values) = (MailKind::SupportMessage, Some(message.partner), values.clone());
        write.mail(Mail { to, kind, language: message.language, partner, values }).await?;
    }
    Ok(())
}

/// Takes what people write in lines.
fn words(pointer: &str, words: &str) -> Result<String, FieldFault> {
    let plain = words.replace("\r\n", "\n");
    if contact::is_text(&plain) {
        return Ok(plain);
    }
    let english = format!("A text has 1 to {MOST_TEXT} characters in lines, without other control characters.");
    let french = format!("Un texte a de 1 à {MOST_TEXT} caractères en lignes, sans autre caractère de contrôle.");
    Err(FieldFault::new(pointer, "invalid-text", Sentence::new(english, french)))
}

fn whose(message: &SupportMessage) -> Whose {
    Whose::tenant(message.partner, message.tenant)
}
