//! Coming in and going out: a password, perhaps a code, then a session that acts for one of the person's places. Whoever
//! doesn't come in is not told why.

mod reset;

use std::sync::Arc;

use marque_config::seal::KeyRing;
use marque_config::settings::PasswordSettings;
use serde_json::json;

use super::attempts::{self, Attempts, Counted, TooMany};
use crate::database::measures::LoggedIn;
use crate::database::refused::Refused;
use crate::database::{Store, StoreError, Whose, Write};
use crate::identity::passwords::{Password, PasswordError, Passwords, Verdict};
use crate::kernel::actor::{Actor, Asked};
use crate::kernel::email::Email;
use crate::kernel::fault::Forbidden;
use crate::kernel::ids::{SessionId, UserId};
use crate::kernel::person::UserState;
use crate::kernel::principal::Principal;
use crate::kernel::secret::Secret;
use crate::kernel::session::{AWAITED_MS, IDLE_MS, LASTS_MS, Membership, Session, Stage};

pub use reset::{ask_reset, change_password, reset_password};

/// What it takes to log people in: passwords, the count of failures, and the key of second factors.
#[derive(Debug)]
pub struct Authenticator {
    pub(crate) passwords: Passwords,
    pub(crate) attempts: Attempts,
    pub(crate) key: Arc<KeyRing>,
    operators_second_factor: bool,
}

/// Who logs in, and with what.
#[derive(Debug)]
pub struct Login {
    /// The address.
    pub email: Email,
    /// The password.
    pub password: Password,
    /// For whom to act; none for what comes first.
    pub act_for: Option<Principal>,
}

/// A session, and the cookie that it is known by.
#[derive(Debug)]
pub struct Entered {
    /// The session.
    pub session: Session,
    /// The cookie.
    pub secret: Secret,
}

/// Why somebody isn't logged in.
#[derive(Debug, thiserror::Error)]
pub enum NotIn {
    /// The address, the password or the code is wrong, or the person may not log in: which one isn't said.
    #[error("wrong credentials")]
    Wrong,
    /// There were too many failures.
    #[error("too many failures")]
    TooMany(TooMany),
    /// What was asked is refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The password couldn't be compared.
    #[error(transparent)]
    Password(#[from] PasswordError),
}

impl From<StoreError> for NotIn {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<TooMany> for NotIn {
    fn from(too_many: TooMany) -> Self {
        Self::TooMany(too_many)
    }
}

impl Forbidden {
    /// The person has no place to act for, or not this one.
    pub const NO_PLACE: Self = Self::new(
        "no-membership",
        "You have no place there to act for.",
        "Vous n’y avez aucune place au nom de laquelle agir.",
    );
}

impl Authenticator {
    /// Logs people in as the settings say; second factors are sealed with `key`.
    #[must_use]
    pub fn new(settings: &PasswordSettings, store: &Store, key: Arc<KeyRing>) -> Self {
        let passwords = Passwords::new(settings, Arc::clone(&store.parts().random));
        let operators_second_factor = settings.operators_second_factor;
        Self { passwords, attempts: Attempts::new(), key, operators_second_factor }
    }

    /// Whether a session may do nothing before its person has set up a second factor.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn asks_for_factor(&self, store: &Store, session: &Session) -> Result<bool, StoreError> {
        if !self.operators_second_factor || session.principal != Principal::Operator {
            return Ok(false);
        }
        Ok(!store.user(session.user).await?.is_some_and(|user| user.second_factor))
    }
}

/// Logs somebody in by their password. Where a second factor is set up the session awaits its code.
///
/// # Errors
/// [`NotIn`].
pub async fn log_in(
    authenticator: &Authenticator,
    store: &Store,
    asked: &Asked,
    login: Login,
) -> Result<Entered, NotIn> {
    let entered = by_password(authenticator, store, asked, login).await;
    store.measures().login(outcome(&entered));
    entered
}

/// How a login ended, as it is counted.
pub(crate) fn outcome<T>(entered: &Result<T, NotIn>) -> LoggedIn {
    match entered {
        Ok(_) => LoggedIn::In,
        Err(NotIn::Wrong) => LoggedIn::Wrong,
        Err(NotIn::TooMany(_)) => LoggedIn::TooMany,
        Err(NotIn::Refused(_) | NotIn::Password(_)) => LoggedIn::Refused,
    }
}

async fn by_password(
    authenticator: &Authenticator,
    store: &Store,
    asked: &Asked,
    login: Login,
) -> Result<Entered, NotIn> {
    let counted = tried(&format!("account {}", login.email.compared()), asked);
    authenticator.attempts.count(&counted, store.now_ms())?;
    let known = store.credentials_by_email(&login.email).await?;
    let hash = known.as_ref().and_then(|known| known.password.as_deref());
    let verdict = authenticator.passwords.compare(&login.password, hash).await?;
    let known = known.filter(|known| verdict != Verdict::Wrong && known.state == UserState::Active);
    let known = known.ok_or(NotIn::Wrong)?;
    authenticator.attempts.succeeded(&counted);
    let membership = first(store, known.user, login.act_for).await?;
    let fresh = match verdict {
        Verdict::RightButStale => Some(authenticator.passwords.hash(&login.password).await?),
        Verdict::Right | Verdict::Wrong => None,
    };
    let actor = Actor::user(known.user).asking(asked.clone());
    let mut write = store.begin(&actor, store.now_ms()).await?;
    // The password may have been changed while it was compared.
    let current = write.credentials(known.user).await?.filter(|current| current.password == known.password);
    let current = current.filter(|current| current.state == UserState::Active).ok_or(NotIn::Wrong)?;
    if let Some(hash) = fresh {
        write.set_password(known.user, &hash).await?;
    }
    let stage = if current.totp_since_ms.is_some() { Stage::SecondFactor } else { Stage::Open };
    let entered = begin(&mut write, known.user, membership.principal, stage).await?;
    write.commit().await?;
    Ok(entered)
}

/// Acts for another of the person's places from now on, under another cookie.
///
/// # Errors
/// [`NotIn`].
pub async fn act_for(store: &Store, asked: &Asked, session: &Session, principal: Principal) -> Result<Entered, NotIn> {
    let membership = store.membership(session.user, principal).await?;
    let membership = membership.ok_or(Refused::Forbidden(Forbidden::NO_PLACE))?;
    let actor = Actor::user(session.user).asking(asked.clone());
    let mut write = store.begin(&actor, store.now_ms()).await?;
    if !write.end_session(session.user, session.id).await? {
        return Err(NotIn::Wrong);
    }
    let secret = Secret::draw(&*write.parts().random);
    let (id, seen_ms) = (write.id(), write.now_ms());
    // Going from one place to another makes the day no longer.
    let session = Session { id, principal: membership.principal, seen_ms, ..session.clone() };
    write.add_session(&session, &secret).await?;
    audit(&mut write, "session.switched", &session);
    write.commit().await?;
    Ok(Entered { session, secret })
}

/// Ends one of a person's sessions.
///
/// # Errors
/// [`Refused`].
pub async fn log_out(write: &mut Write, user: UserId, id: SessionId) -> Result<(), Refused> {
    if !write.end_session(user, id).await? {
        return Err(Refused::NotFound);
    }
    write.audit("session.closed", &id, Whose::VENDOR, json!({ "user": user }));
    Ok(())
}

/// A person's open sessions, newest first.
///
/// # Errors
/// When the database is away.
pub async fn of(store: &Store, user: UserId) -> Result<Vec<Session>, StoreError> {
    store.sessions(user, store.now_ms() - IDLE_MS).await
}

/// Begins a session and gives its cookie.
pub(crate) async fn begin(
    write: &mut Write,
    user: UserId,
    principal: Principal,
    stage: Stage,
) -> Result<Entered, StoreError> {
    let secret = Secret::draw(&*write.parts().random);
    let now_ms = write.now_ms();
    let lasts_ms = match stage {
        Stage::Open => LASTS_MS,
        Stage::SecondFactor => AWAITED_MS,
    };
    let ip = write.actor().asked().ip.map(|ip| ip.to_string());
    let expires_ms = now_ms + lasts_ms;
    let session =
        Session { id: write.id(), user, principal, stage, ip, created_ms: now_ms, seen_ms: now_ms, expires_ms };
    write.add_session(&session, &secret).await?;
    let action = match stage {
        Stage::Open => "session.opened",
        Stage::SecondFactor => "session.begun",
    };
    audit(write, action, &session);
    Ok(Entered { session, secret })
}

/// A session may be moved to a place of a partner, but whose it is stays the person's: only operators read its traces.
fn audit(write: &mut Write, action: &'static str, session: &Session) {
    let detail = json!({ "user": session.user, "principal": session.principal });
    write.audit(action, &session.id, Whose::VENDOR, detail);
}

/// What an attempt counts for: what is tried, wherever it comes from. For what a stranger can't use to lock anybody out.
pub(crate) fn tried_anywhere(what: &str, asked: &Asked) -> Vec<Counted> {
    attempts::tried_anywhere(what, asked.ip)
}

/// What an attempt counts for: what is tried from where.
pub(crate) fn tried(what: &str, asked: &Asked) -> Vec<Counted> {
    attempts::tried(what, asked.ip)
}

/// The place to act for: the one asked for, or the first.
async fn first(store: &Store, user: UserId, asked: Option<Principal>) -> Result<Membership, NotIn> {
    let membership = match asked {
        Some(principal) => store.membership(user, principal).await?,
        None => store.memberships(user).await?.into_iter().next(),
    };
    membership.ok_or(NotIn::Refused(Forbidden::NO_PLACE.into()))
}
