//! `/v1/me`: the calling person.

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::identity::operations::users::UserChange;
use crate::identity::operations::{second_factor, sessions};
use crate::identity::passwords::Password;
use crate::kernel::email::Email;
use crate::kernel::ids::UserId;
use crate::kernel::language::Language;
use crate::kernel::person::{TenantRole, User};
use crate::kernel::principal::Principal;
use crate::kernel::right::Right;
use crate::kernel::scope::Scope;
use crate::kernel::session::Membership;
use crate::web::body::Input;
use crate::web::caller::Person;
use crate::web::problem::Problem;
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// The calling person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// Their identity: `usr_…`.
    #[schema(value_type = String)]
    id: UserId,
    /// Their mail address.
    #[schema(value_type = String, format = "email")]
    email: Email,
    /// Their name.
    name: String,
    /// The language that they are written in.
    language: Language,
    /// Whether a second factor is asked for.
    second_factor: bool,
    /// When they were first named.
    #[schema(format = DateTime)]
    created_at: String,
    /// On whose behalf the session acts.
    acting_for: Place,
    /// For whom it may act instead: the vendor, partners. The companies are at `/v1/partners/me/companies`.
    memberships: Vec<Place>,
    /// From inside a company: the way back to all of one's companies.
    #[serde(skip_serializing_if = "Option::is_none")]
    back: Option<String>,
}

/// What a person may act for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Place {
    /// `operator`, `partner:ptr_…` or `tenant:ten_…`.
    #[schema(value_type = String)]
    principal: Principal,
    /// What it is called.
    company: String,
    /// The rights in a partner.
    rights: Vec<Right>,
    /// The level in a tenant.
    role: Option<TenantRole>,
    /// What that lets do at the API.
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Scope>,
}

/// What is to change of the calling person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeToChange {
    /// A new name.
    #[serde(default)]
    name: Option<String>,
    /// Another language.
    #[serde(default)]
    language: Option<Language>,
}

/// Another password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordToChange {
    /// The one so far.
    #[schema(format = Password)]
    password: String,
    /// The new one: 12 to 128 characters.
    #[schema(format = Password)]
    new_password: String,
}

/// The password once more, for what a session alone isn't enough.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Again {
    /// The password.
    #[schema(format = Password)]
    password: String,
}

/// A secret to put into an authenticator.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Enrolment {
    /// In base32.
    secret: String,
    /// The same as an `otpauth:` URL.
    url: String,
}

/// The first code of a second factor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstCode {
    /// What the authenticator shows.
    code: String,
}

/// What lets in when the authenticator is lost: each once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// The codes.
    codes: Vec<String>,
}

/// Shows the calling person, and what they may act for.
#[utoipa::path(get, path = "/v1/me", tag = "me", responses((status = 200, body = Me)))]
pub(crate) async fn one(person: Person) -> Result<Versioned<Me>, Problem> {
    Ok(Versioned(shown(&person).await?))
}

/// Changes the name and the language of the calling person.
#[utoipa::path(patch, path = "/v1/me", tag = "me", params(IfMatch), request_body = MeToChange,
    responses((status = 200, body = Me)))]
pub(crate) async fn change(person: Person, seen: IfMatch, input: Input<MeToChange>) -> Result<Versioned<Me>, Problem> {
    let input = input.read(&person.reach)?;
    let mut write = person.begin().await?;
    seen.check(&shown(&person).await?)?;
    let change = UserChange { name: input.name, language: input.language };
    crate::identity::operations::users::change_user(&mut write, person.session.user, change).await?;
    write.commit().await?;
    Ok(Versioned(shown(&person).await?))
}

/// Changes the password of the calling person. Every other session of theirs ends.
#[utoipa::path(post, path = "/v1/me/password", tag = "me", request_body = PasswordToChange, responses((status = 204)))]
pub(crate) async fn change_password(person: Person, input: Input<PasswordToChange>) -> Result<StatusCode, Problem> {
    let PasswordToChange { password, new_password } = input.read(&person.reach)?;
    let both = (Password::typed(password), new_password);
    sessions::change_password(&person.api.inner.authenticator, person.store(), &person.asked, &person.session, both)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Draws the secret of a second factor. It counts once its first code was confirmed; until then another may be drawn.
#[utoipa::path(post, path = "/v1/me/second-factor", tag = "me", request_body = Again,
    responses((status = 201, body = Enrolment)))]
pub(crate) async fn enrol(person: Person, input: Input<Again>) -> Result<(StatusCode, Json<Enrolment>), Problem> {
    proven(&person, input).await?;
    let user = person.store().user(person.session.user).await?.ok_or_else(Problem::not_found)?;
    let mut write = person.begin().await?;
    let label = user.email.written();
    let enrolment = second_factor::enrol(&person.api.inner.authenticator, &mut write, &person.session, label).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, Json(Enrolment { secret: enrolment.secret, url: enrolment.url })))
}

/// Puts the second factor in place. The answer shows the recovery codes, this once; every other session ends.
#[utoipa::path(post, path = "/v1/me/second-factor/confirm", tag = "me", request_body = FirstCode,
    responses((status = 200, body = RecoveryCodes)))]
pub(crate) async fn confirm(person: Person, input: Input<FirstCode>) -> Result<Json<RecoveryCodes>, Problem> {
    let code = input.read(&person.reach)?.code;
    let mut write = person.begin().await?;
    let codes = second_factor::confirm(&person.api.inner.authenticator, &mut write, &person.session, &code).await?;
    write.commit().await?;
    Ok(Json(RecoveryCodes { codes }))
}

/// Removes the second factor.
#[utoipa::path(post, path = "/v1/me/second-factor/remove", tag = "me", request_body = Again, responses((status = 204)))]
pub(crate) async fn remove(person: Person, input: Input<Again>) -> Result<StatusCode, Problem> {
    proven(&person, input).await?;
    let mut write = person.begin().await?;
    second_factor::remove(&mut write, person.session.user).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn proven(person: &Person, input: Input<Again>) -> Result<(), Problem> {
    let password = input.read(&person.reach)?.password;
    second_factor::prove(&person.api.inner.authenticator, person.store(), &person.asked, &person.session, password)
        .await?;
    Ok(())
}

async fn shown(person: &Person) -> Result<Me, Problem> {
    let (store, user) = (person.store(), person.session.user);
    let found = store.user(user).await?.ok_or_else(Problem::not_found)?;
    let acting_for = store.membership(user, person.session.principal).await?.ok_or_else(Problem::not_found)?;
    let is_company = |membership: &Membership| matches!(membership.principal, Principal::Tenant(_));
    let memberships = store.memberships(user).await?;
    let back = is_company(&acting_for).then(|| "/v1/partners/me/companies".to_owned());
    let memberships = memberships.into_iter().filter(|membership| !is_company(membership)).map(Place::from).collect();
    Ok(Me::of(found, acting_for.into(), memberships, back))
}

impl Me {
    fn of(user: User, acting_for: Place, memberships: Vec<Place>, back: Option<String>) -> Self {
        Self {
            id: user.id,
            email: user.email,
            name: user.name,
            language: user.language,
            second_factor: user.second_factor,
            created_at: written(user.created_ms),
            acting_for,
            memberships,
            back,
        }
    }
}

impl From<Membership> for Place {
    fn from(membership: Membership) -> Self {
        let scopes = membership.scopes().into_iter().collect();
        let Membership { principal, company, rights, role } = membership;
        Self { principal, company, rights: rights.into_iter().collect(), role, scopes }
    }
}
