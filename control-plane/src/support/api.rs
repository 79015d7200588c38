//! `/v1/support-messages`

mod attachments;

use std::collections::BTreeSet;
use std::net::IpAddr;

use axum::Json;
use axum::http::StatusCode;
use marque_config::{PartnerId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::database::Write;
use crate::database::refused::Refused;
use crate::kernel::email::Email;
use crate::kernel::ids::MessageId;
use crate::kernel::language::Language;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::scope::Scope;
use crate::notify::model::attachment::Attachment;
use crate::support::model::{self, Channel, MessagePart, MessageState, Reply, ReplySide};
use crate::support::operations::{self as support, NewMessage, Whole};
use crate::support::store::MessageFilter;
use crate::web::body::{Nothing, PathId};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::Problem;
use crate::web::time::written;
use crate::web::version::Versioned;
use attachments::AttachmentToSend;
pub(crate) use attachments::{__path_attachment, MOST_BODY, attachment};

/// A message of a client. The vendor's staff see what the partner showed them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SupportMessage {
    /// Its identity: `msg_…`.
    #[schema(value_type = String)]
    id: MessageId,
    /// To which partner.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// From which space.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// The space's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_name: Option<String>,
    /// How it came.
    channel: Channel,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Where answers go.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "email")]
    email: Option<Email>,
    /// In which language.
    language: Language,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Its current status.
    state: MessageState,
    /// What was answered, where one message is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    replies: Option<Vec<Reply>>,
    /// What goes along with it, where one message is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<Attachment>>,
    /// What of it the partner showed to the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    shared: Option<BTreeSet<MessagePart>>,
    /// When it came.
    #[schema(format = DateTime)]
    received_at: String,
    /// When something was last done about it.
    #[schema(format = DateTime)]
    changed_at: String,
}

/// A message to pass on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageToSend {
    /// From which space.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Who writes.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Where answers go.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "email")]
    email: Option<Email>,
    /// In which language: the request's when not given.
    #[serde(default)]
    language: Option<Language>,
    /// What it is about.
    #[schema(min_length = 1, max_length = 200)]
    subject: String,
    /// What it says, in lines.
    #[schema(min_length = 1, max_length = 10_000)]
    text: String,
    /// Where the sender is: an address sends five messages an hour.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    ip: Option<IpAddr>,
    /// What goes along with it.
    #[serde(default)]
    #[schema(max_items = 5)]
    attachments: Vec<AttachmentToSend>,
}

/// An answer to give.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyToSend {
    /// What it says, in lines.
    #[schema(min_length = 1, max_length = 10_000)]
    text: String,
}

/// What the vendor is to see.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Escalation {
    /// The parts that are shown: at least one.
    #[schema(min_items = 1)]
    parts: BTreeSet<MessagePart>,
}

/// Which messages are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageQuery {
    /// Those that stand so.
    #[serde(default)]
    state: Option<MessageState>,
    /// Those of a space.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    tenant: Option<TenantId>,
}

/// Passes a client's message on to its partner.
#[utoipa::path(post, path = "/v1/support-messages", tag = "support", request_body = MessageToSend,
    params(IdempotencyKey), responses((status = 201, body = SupportMessage)))]
pub(crate) async fn create(caller: Caller, post: Post<MessageToSend, MOST_BODY>) -> Answer {
    let reach = caller.may(Scope::SupportWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let message = pass_on(&mut doing.write, &reach, (input, caller.language)).await?;
    doing.done(StatusCode::CREATED, &message).await
}

/// Passes a message on; in this language where it says no other.
async fn pass_on(
    write: &mut Write,
    reach: &Reach,
    (input, language): (MessageToSend, Language),
) -> Result<SupportMessage, Refused> {
    let new = NewMessage {
        tenant: input.tenant,
        sender: input.name,
        email: input.email,
        language: input.language.unwrap_or(language),
        subject: input.subject,
        body: input.text,
        ip: input.ip,
        files: attachments::read(input.attachments)?,
    };
    let message = support::receive(write, reach, new).await?;
    shown(write, message, reach).await
}

/// Lists messages: a partner its clients', a client its space's, the vendor those it was asked about.
#[utoipa::path(get, path = "/v1/support-messages", tag = "support", params(Pages, MessageQuery),
    responses((status = 200, body = Items<SupportMessage>)))]
pub(crate) async fn list(
    caller: Caller,
    List(pages, query): List<MessageQuery>,
) -> Result<Json<Items<SupportMessage>>, Problem> {
    let reach = caller.may(Scope::SupportRead)?;
    let filter = MessageFilter { state: query.state, tenant: query.tenant, shared: reach.is_operator() };
    let found = caller.store().support_messages(&reach, &filter, &pages.page()?).await?;
    let shown = |message| SupportMessage::of(message, &reach);
    Ok(Json(pages.items(found, |message| message.id.to_string(), shown)))
}

/// Shows a message, with what was answered.
#[utoipa::path(get, path = "/v1/support-messages/{id}", tag = "support",
    responses((status = 200, body = SupportMessage)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<MessageId>) -> Result<Versioned<SupportMessage>, Problem> {
    let reach = caller.may(Scope::SupportRead)?;
    let whole = support::one(caller.store(), &reach, id).await?;
    Ok(Versioned(SupportMessage::whole(whole, &reach)))
}

/// Says that the partner has seen a message.
#[utoipa::path(post, path = "/v1/support-messages/{id}/acknowledge", tag = "support", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = SupportMessage)))]
pub(crate) async fn acknowledge(caller: Caller, PathId(id): PathId<MessageId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may(Scope::SupportWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let message = support::acknowledge(&mut doing.write, &reach, id).await?;
    let shown = shown(&mut doing.write, message, &reach).await?;
    doing.done(StatusCode::OK, &shown).await
}

/// Answers a message: the partner to the client, the vendor to the partner.
#[utoipa::path(post, path = "/v1/support-messages/{id}/reply", tag = "support", request_body = ReplyToSend,
    params(IdempotencyKey), responses((status = 200, body = SupportMessage)))]
pub(crate) async fn reply(caller: Caller, PathId(id): PathId<MessageId>, post: Post<ReplyToSend>) -> Answer {
    let reach = caller.may(Scope::SupportWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let message = support::reply(&mut doing.write, &reach, id, &input.text).await?;
    let shown = shown(&mut doing.write, message, &reach).await?;
    doing.done(StatusCode::OK, &shown).await
}

/// Asks the vendor, and shows it the parts that are ticked.
#[utoipa::path(post, path = "/v1/support-messages/{id}/escalate", tag = "support", request_body = Escalation,
    params(IdempotencyKey), responses((status = 200, body = SupportMessage)))]
pub(crate) async fn escalate(caller: Caller, PathId(id): PathId<MessageId>, post: Post<Escalation>) -> Answer {
    let reach = caller.may(Scope::SupportWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let message = support::escalate(&mut doing.write, &reach, id, input.parts).await?;
    let shown = shown(&mut doing.write, message, &reach).await?;
    doing.done(StatusCode::OK, &shown).await
}

/// Says that a message is done: the partner with the client, the vendor with the partner.
#[utoipa::path(post, path = "/v1/support-messages/{id}/close", tag = "support", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = SupportMessage)))]
pub(crate) async fn close(caller: Caller, PathId(id): PathId<MessageId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may(Scope::SupportWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let message = support::close(&mut doing.write, &reach, id).await?;
    let shown = shown(&mut doing.write, message, &reach).await?;
    doing.done(StatusCode::OK, &shown).await
}

async fn shown(write: &mut Write, message: model::SupportMessage, reach: &Reach) -> Result<SupportMessage, Refused> {
    Ok(SupportMessage::whole(support::whole(write, message).await?, reach))
}

impl SupportMessage {
    /// With what belongs to it; the client doesn't see what the vendor wrote to the partner.
    fn whole(whole: Whole, reach: &Reach) -> Self {
        let Whole { message, replies, attachments } = whole;
        let whose = |reply: &Reply| match (reply.side, reach.principal()) {
            (ReplySide::Vendor, Principal::Operator | Principal::Partner(_)) => true,
            (ReplySide::Vendor, _) => false,
            (ReplySide::Partner, _) => support::shows(reach, &message, MessagePart::Replies),
        };
        let replies = replies.into_iter().filter(whose).collect();
        let attachments = support::shows(reach, &message, MessagePart::Attachments).then_some(attachments);
        Self { replies: Some(replies), attachments, ..Self::of(message, reach) }
    }

    fn of(message: model::SupportMessage, reach: &Reach) -> Self {
        let [tenant, sender, subject, text] =
            [MessagePart::Tenant, MessagePart::Sender, MessagePart::Subject, MessagePart::Text]
                .map(|part| support::shows(reach, &message, part));
        let is_partners = matches!(reach.principal(), Principal::Operator | Principal::Partner(_));
        Self {
            id: message.id,
            partner: message.partner,
            tenant: tenant.then_some(message.tenant),
            tenant_name: tenant.then_some(message.tenant_name),
            channel: message.channel,
            name: sender.then_some(message.sender),
            email: message.email.filter(|_| sender),
            language: message.language,
            subject: subject.then_some(message.subject),
            text: text.then_some(message.body),
            state: message.state,
            replies: None,
            attachments: None,
            shared: message.shared.filter(|_| is_partners),
            received_at: written(message.received_ms),
            changed_at: written(message.changed_ms),
        }
    }
}
