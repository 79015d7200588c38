//! `/v1/edge/events`: what a proxy saw and what was written on its own pages, several at once.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::fault::FieldFault;
use crate::kernel::language::Sentence;
use crate::kernel::scope::Scope;
use crate::licences::operations::activation;
use crate::support::api::{MOST_BODY, MessageToSend, SupportMessage, pass_on};
use crate::web::Api;
use crate::web::caller::Caller;
use crate::web::once::{Outcome, Post};
use crate::web::problem::ProblemDocument;

/// What the edge saw. All of it is taken, or nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EdgeEvents {
    /// Tenants that clients' own people used for the first time: their licences are activated.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    first_uses: Vec<TenantId>,
    /// What somebody wrote on one of the edge's own pages: it is passed on.
    #[serde(default)]
    #[schema(max_items = 10)]
    support_messages: Vec<MessageToSend>,
}

/// What came of what the edge saw.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EdgeEventsTaken {
    /// How many licences were activated.
    #[schema(minimum = 0)]
    activated: usize,
    /// The messages as they were passed on.
    support_messages: Vec<SupportMessage>,
}

const MOST_FIRST_USES: usize = 100;
const MOST_MESSAGES: usize = 10;

/// Records what a proxy saw.
#[utoipa::path(post, path = "/v1/edge/events", tag = "edge", request_body = EdgeEvents,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = EdgeEventsTaken), (status = "default", body = ProblemDocument)))]
pub(crate) async fn record(
    State(api): State<Api>,
    caller: Caller,
    post: Post<EdgeEvents, MOST_BODY>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::EdgeSync)?;
    let (events, mut doing) = post.begin(&api, &reach).await?;
    events.check()?;
    let mut activated = 0;
    for tenant in events.first_uses {
        activated += activation::first_use(&mut doing.write, tenant).await?;
    }
    let mut support_messages = Vec::with_capacity(events.support_messages.len());
    for (index, message) in events.support_messages.into_iter().enumerate() {
        let message = pass_on(&mut doing.write, &reach, (message, caller.language)).await;
        support_messages.push(message.map_err(|refused| refused.under(&format!("/support_messages/{index}")))?);
    }
    doing.done(StatusCode::OK, &EdgeEventsTaken { activated, support_messages }).await
}

impl EdgeEvents {
    fn check(&self) -> Result<(), FieldFault> {
        let too_many = |pointer, most| {
            let (english, french) = (format!("There are at most {most}."), format!("Il y en a au plus {most}."));
            Err(FieldFault::new(pointer, "too-many", Sentence::new(english, french)))
        };
        if self.first_uses.len() > MOST_FIRST_USES {
            return too_many("/first_uses", MOST_FIRST_USES);
        }
        if self.support_messages.len() > MOST_MESSAGES {
            return too_many("/support_messages", MOST_MESSAGES);
        }
        Ok(())
    }
}
