//! `/v1/session` and `/v1/sessions`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::identity::operations::attempts::TooMany;
use crate::identity::operations::second_factor as factor;
use crate::identity::operations::sessions::{self, Entered, Login, NotIn};
use crate::identity::passwords::Password;
use crate::kernel::actor;
use crate::kernel::email::Email;
use crate::kernel::ids::{SessionId, UserId};
use crate::kernel::principal::Principal;
use crate::kernel::session::Stage;
use crate::web::body::{Input, PathId};
use crate::web::caller::Person;
use crate::web::page::Items;
use crate::web::problem::Problem;
use crate::web::time::written;
use crate::web::{Api, cookie};

/// A person's session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// Its identity: `ses_…`. The cookie is another thing.
    #[schema(value_type = String)]
    id: SessionId,
    /// Whose it is: `usr_…`.
    #[schema(value_type = String)]
    user: UserId,
    /// How far it came.
    stage: Stage,
    /// On whose behalf it acts: `operator`, `partner:ptr_…` or `tenant:ten_…`.
    #[schema(value_type = String)]
    acting_for: Principal,
    /// From where it was begun.
    ip: Option<String>,
    /// When it was begun.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was seen last, to the minute.
    #[schema(format = DateTime)]
    seen_at: String,
    /// When it ends, whatever is done with it; unused it ends after half an hour.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Whether it is the one that asks.
    current: bool,
    /// What changes carry in `X-CSRF-Token`: in the answers about the session that asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
}

/// Who comes in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// The mail address.
    #[schema(value_type = String, format = "email")]
    email: Email,
    /// The password.
    #[schema(format = Password)]
    password: String,
    /// For whom to act: `operator`, `partner:ptr_…` or `tenant:ten_…`. Not given: what comes first.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    act_for: Option<Principal>,
}

/// The code of a second factor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    /// What the authenticator shows, or a recovery code.
    code: String,
}

/// For whom a session is to act.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActFor {
    /// `operator`, `partner:ptr_…` or `tenant:ten_…`.
    #[schema(value_type = String)]
    principal: Principal,
}

/// Lets somebody in: the answer sets the session's cookie. With a second factor the stage is `second_factor`, and its
/// code is posted to `/v1/session/second-factor`. Who fails isn't told why.
#[utoipa::path(post, path = "/v1/session", tag = "sessions", request_body = Credentials,
    security(()), responses((status = 201, body = Session)))]
pub(crate) async fn log_in(
    State(api): State<Api>,
    asked: Option<axum::Extension<actor::Asked>>,
    input: Input<Credentials>,
) -> Result<Response, Problem> {
    let Credentials { email, password, act_for } = input.read_of_anybody()?;
    let login = Login { email, password: Password::typed(password), act_for };
    let asked = asked.map(|asked| asked.0).unwrap_or_default();
    let entered = sessions::log_in(&api.inner.authenticator, &api.inner.store, &asked, login).await?;
    Ok(given(StatusCode::CREATED, entered))
}

/// Lets somebody in whose session awaits a code: under another cookie, which the answer sets.
#[utoipa::path(post, path = "/v1/session/second-factor", tag = "sessions", request_body = Code, security(()),
    responses((status = 200, body = Session)))]
pub(crate) async fn second_factor(
    State(api): State<Api>,
    asked: Option<axum::Extension<actor::Asked>>,
    headers: axum::http::HeaderMap,
    input: Input<Code>,
) -> Result<Response, Problem> {
    let Some(secret) = cookie::presented(&headers) else { return Err(Problem::credentials_wrong()) };
    cookie::check_csrf(&headers, &secret)?;
    let code = input.read_of_anybody()?.code;
    let asked = asked.map(|asked| asked.0).unwrap_or_default();
    let entered = factor::log_in(&api.inner.authenticator, &api.inner.store, &asked, &secret, &code).await?;
    Ok(given(StatusCode::OK, entered))
}

/// Shows the session that asks.
#[utoipa::path(get, path = "/v1/session", tag = "sessions", responses((status = 200, body = Session)))]
pub(crate) async fn current(person: Person, headers: axum::http::HeaderMap) -> Json<Session> {
    let csrf_token = cookie::presented(&headers).map(|secret| cookie::csrf(&secret));
    Json(Session { csrf_token, current: true, ..Session::from(person.session) })
}

/// Acts for another of the person's places from now on, under another cookie, which the answer sets.
#[utoipa::path(post, path = "/v1/session/act-for", tag = "sessions", request_body = ActFor,
    responses((status = 200, body = Session)))]
pub(crate) async fn act_for(person: Person, input: Input<ActFor>) -> Result<Response, Problem> {
    let principal = input.read(&person.reach)?.principal;
    let entered = sessions::act_for(person.store(), &person.asked, &person.session, principal).await?;
    Ok(given(StatusCode::OK, entered))
}

/// Ends the session that asks.
#[utoipa::path(delete, path = "/v1/session", tag = "sessions", responses((status = 204)))]
pub(crate) async fn log_out(person: Person) -> Result<Response, Problem> {
    ended(&person, person.session.id).await?;
    Ok(cookie::taking(StatusCode::NO_CONTENT))
}

/// Lists the person's open sessions, newest first.
#[utoipa::path(get, path = "/v1/sessions", tag = "sessions", responses((status = 200, body = Items<Session>)))]
pub(crate) async fn list(person: Person) -> Result<Json<Items<Session>>, Problem> {
    let found = sessions::of(person.store(), person.session.user).await?;
    let shown = |session: crate::kernel::session::Session| Session {
        current: session.id == person.session.id,
        ..Session::from(session)
    };
    Ok(Json(Items::whole(found.into_iter().map(shown).collect())))
}

/// Ends one of the person's sessions, at once.
#[utoipa::path(delete, path = "/v1/sessions/{id}", tag = "sessions", responses((status = 204)))]
pub(crate) async fn end(person: Person, PathId(id): PathId<SessionId>) -> Result<StatusCode, Problem> {
    ended(&person, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn ended(person: &Person, id: SessionId) -> Result<(), Problem> {
    let mut write = person.begin().await?;
    sessions::log_out(&mut write, person.session.user, id).await?;
    write.commit().await?;
    Ok(())
}

fn given(status: StatusCode, entered: Entered) -> Response {
    let csrf_token = Some(cookie::csrf(&entered.secret));
    let session = Session { csrf_token, current: true, ..Session::from(entered.session) };
    cookie::giving((status, Json(session)).into_response(), &entered.secret)
}

impl From<crate::kernel::session::Session> for Session {
    fn from(session: crate::kernel::session::Session) -> Self {
        Self {
            id: session.id,
            user: session.user,
            stage: session.stage,
            acting_for: session.principal,
            ip: session.ip,
            created_at: written(session.created_ms),
            seen_at: written(session.seen_ms),
            expires_at: written(session.expires_ms),
            current: false,
            csrf_token: None,
        }
    }
}

impl From<NotIn> for Problem {
    fn from(not_in: NotIn) -> Self {
        match not_in {
            NotIn::Wrong => Self::credentials_wrong(),
            NotIn::TooMany(TooMany(wait_ms)) => Self::too_many_failures(wait_ms),
            NotIn::Refused(refused) => refused.into(),
            NotIn::Password(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a password was not compared");
                Self::internal()
            }
        }
    }
}
