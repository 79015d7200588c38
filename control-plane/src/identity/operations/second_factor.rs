//! The second factor: codes of an authenticator (RFC 6238), each taken once, and ten recovery codes for when it is lost.
//! The secret is sealed with the store's key.

use aws_lc_rs::digest::{SHA256, digest};
use marque_config::clock::Random;
use marque_config::seal::{Context, Purpose, Sealed};
use serde_json::json;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use super::sessions::{self, Authenticator, Entered, NotIn, tried_anywhere};
use crate::database::refused::Refused;
use crate::database::{Store, StoreError, Whose, Write};
use crate::identity::passwords::Password;
use crate::identity::store::sessions::Credentials;
use crate::kernel::actor::{Actor, Asked};
use crate::kernel::fault::{Conflict, FieldFault};
use crate::kernel::ids::UserId;
use crate::kernel::language::Sentence;
use crate::kernel::secret::Secret;
use crate::kernel::session::{Session, Stage};
use crate::kernel::token::hex;

/// What is shown once, to be put into an authenticator.
#[derive(Debug)]
pub struct Enrolment {
    /// The secret, in base32.
    pub secret: String,
    /// The same as an `otpauth:` URL.
    pub url: String,
}

const CODES: usize = 10;
/// Without the letters that are taken for digits.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

impl Conflict {
    /// There is a second factor.
    pub const SECOND_FACTOR_EXISTS: Self = Self::new(
        "second-factor-exists",
        "A second factor is set up already: remove it first.",
        "Un second facteur est déjà en place : retirez-le d’abord.",
    );
    /// There is no second factor.
    pub const SECOND_FACTOR_MISSING: Self =
        Self::new("second-factor-missing", "No second factor is set up.", "Aucun second facteur n’est en place.");
}

/// Draws a secret for who shows their password. It counts once a code of it was confirmed.
///
/// # Errors
/// [`NotIn`].
pub async fn enrol(
    authenticator: &Authenticator,
    write: &mut Write,
    session: &Session,
    label: &str,
) -> Result<Enrolment, Refused> {
    let mut known = current(write, session.user).await?;
    if known.totp_since_ms.is_some() {
        return Err(Conflict::SECOND_FACTOR_EXISTS.into());
    }
    let secret = Zeroizing::new(write.parts().bytes::<20>());
    let nonce = write.parts().bytes();
    let owner = session.user.to_string();
    let sealed = authenticator.key.seal(context(&owner), &nonce, &*secret).map_err(unsealed)?;
    known.totp = Some(sealed.as_bytes().to_vec());
    known.totp_step = 0;
    write.set_second_factor(&known).await?;
    write.audit("second_factor.begun", &session.user, Whose::VENDOR, json!({}));
    let totp = built(&*secret, label)?;
    let url = totp.to_url().map_err(|error| unreadable(&error))?;
    Ok(Enrolment { secret: totp_rs::Secret::new(secret.to_vec().into_boxed_slice()).to_base32(), url })
}

/// Puts the second factor in place, by a first code of it. Gives the recovery codes, shown once.
///
/// # Errors
/// [`Refused`].
pub async fn confirm(
    authenticator: &Authenticator,
    write: &mut Write,
    session: &Session,
    code: &str,
) -> Result<Vec<String>, Refused> {
    let mut known = current(write, session.user).await?;
    if known.totp_since_ms.is_some() {
        return Err(Conflict::SECOND_FACTOR_EXISTS.into());
    }
    if known.totp.is_none() {
        return Err(Conflict::SECOND_FACTOR_MISSING.into());
    }
    let step = matched(authenticator, &known, code, write.now_ms())?.ok_or_else(wrong_code)?;
    known.totp_step = step;
    known.totp_since_ms = Some(write.now_ms());
    write.set_second_factor(&known).await?;
    let codes: Vec<String> = (0..CODES).map(|_| recovery_code(&*write.parts().random)).collect();
    let hashes: Vec<String> = codes.iter().map(|code| recovery_hash(code)).collect();
    write.set_recovery_codes(session.user, &hashes).await?;
    write.end_sessions(session.user, Some(session.id)).await?;
    write.audit("second_factor.confirmed", &session.user, Whose::VENDOR, json!({}));
    Ok(codes)
}

/// Removes the second factor of who shows their password.
///
/// # Errors
/// [`Refused`].
pub async fn remove(write: &mut Write, user: UserId) -> Result<(), Refused> {
    let known = current(write, user).await?;
    if known.totp.is_none() {
        return Err(Conflict::SECOND_FACTOR_MISSING.into());
    }
    clear(write, known).await?;
    write.audit("second_factor.removed", &user, Whose::VENDOR, json!({}));
    Ok(())
}

/// Takes a second factor and its recovery codes away.
pub(crate) async fn clear(write: &mut Write, known: Credentials) -> Result<(), StoreError> {
    let user = known.user;
    write.set_second_factor(&Credentials { totp: None, totp_since_ms: None, totp_step: 0, ..known }).await?;
    write.set_recovery_codes(user, &[]).await
}

/// Logs somebody in whose session awaits a code: under another cookie.
///
/// # Errors
/// [`NotIn`].
pub async fn log_in(
    authenticator: &Authenticator,
    store: &Store,
    asked: &Asked,
    secret: &Secret,
    code: &str,
) -> Result<Entered, NotIn> {
    let entered = by_code(authenticator, store, asked, secret, code).await;
    store.measures().login(sessions::outcome(&entered));
    entered
}

async fn by_code(
    authenticator: &Authenticator,
    store: &Store,
    asked: &Asked,
    secret: &Secret,
    code: &str,
) -> Result<Entered, NotIn> {
    let waiting = store.session(secret).await?.filter(|session| awaits(session, store.now_ms()));
    let waiting = waiting.ok_or(NotIn::Wrong)?;
    let counted = tried_anywhere(&format!("code {}", waiting.user), asked);
    authenticator.attempts.count(&counted, store.now_ms())?;
    let actor = Actor::user(waiting.user).asking(asked.clone());
    let mut write = store.begin(&actor, store.now_ms()).await?;
    let now_ms = write.now_ms();
    let waiting = write.session(secret).await?.filter(|session| awaits(session, now_ms)).ok_or(NotIn::Wrong)?;
    let known = current(&mut write, waiting.user).await?;
    if !spend(authenticator, &mut write, known, code).await? {
        return Err(NotIn::Wrong);
    }
    write.end_session(waiting.user, waiting.id).await?;
    let entered = sessions::begin(&mut write, waiting.user, waiting.principal, Stage::Open).await?;
    write.commit().await?;
    authenticator.attempts.succeeded(&counted);
    Ok(entered)
}

/// Makes who is in show their password before the second factor changes.
///
/// # Errors
/// [`NotIn`].
pub async fn prove(
    authenticator: &Authenticator,
    store: &Store,
    asked: &Asked,
    session: &Session,
    password: String,
) -> Result<(), NotIn> {
    authenticator.prove(store, asked, session, &Password::typed(password)).await
}

fn awaits(session: &Session, now_ms: i64) -> bool {
    session.stage == Stage::SecondFactor && !session.is_over(now_ms)
}

/// Takes a code that wasn't taken before: of the authenticator, or a recovery code.
async fn spend(
    authenticator: &Authenticator,
    write: &mut Write,
    known: Credentials,
    code: &str,
) -> Result<bool, NotIn> {
    if let Some(step) = matched(authenticator, &known, code, write.now_ms())? {
        if step <= known.totp_step {
            return Ok(false);
        }
        write.set_second_factor(&Credentials { totp_step: step, ..known }).await?;
        return Ok(true);
    }
    Ok(write.use_recovery_code(known.user, &recovery_hash(code)).await?)
}

/// The step of the code, when it is one of now, or of half a minute before or after.
fn matched(
    authenticator: &Authenticator,
    known: &Credentials,
    code: &str,
    now_ms: i64,
) -> Result<Option<i64>, Refused> {
    let Some(sealed) = known.totp.clone() else { return Ok(None) };
    let owner = known.user.to_string();
    let secret = authenticator.key.open(context(&owner), &Sealed::from_bytes(sealed)).map_err(unsealed)?;
    let seconds = u64::try_from(now_ms / 1000).unwrap_or_default();
    let step = built(&secret, "")?.check(code, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

fn built(secret: &[u8], label: &str) -> Result<Totp, Refused> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(secret.to_vec())
        .with_account_name(label.to_owned())
        .with_issuer(Some("Marque".to_owned()))
        .build()
        .map_err(|error| unreadable(&error))
}

async fn current(write: &mut Write, user: UserId) -> Result<Credentials, Refused> {
    write.credentials(user).await?.ok_or(Refused::NotFound)
}

/// Eighty random bits, as four groups of four characters.
fn recovery_code(random: &dyn Random) -> String {
    let mut bytes = Zeroizing::new([0; 16]);
    random.fill(&mut *bytes);
    let characters: Vec<char> = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect();
    characters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// As the code is kept, however its groups are written.
fn recovery_hash(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    hex(digest(&SHA256, plain.to_ascii_uppercase().as_bytes()).as_ref())
}

fn context(owner: &str) -> Context<'_> {
    Context { purpose: Purpose::SecondFactor, owner, name: "totp" }
}

fn wrong_code() -> FieldFault {
    let said = Sentence::fixed(
        "This is not the code that the authenticator shows now.",
        "Ce n’est pas le code que l’application affiche en ce moment.",
    );
    FieldFault::new("/code", "wrong-code", said)
}

fn unsealed(error: marque_config::seal::SealError) -> Refused {
    StoreError::Unreadable { what: "app_user.totp_sealed", detail: error.to_string() }.into()
}

fn unreadable(error: &totp_rs::TotpError) -> Refused {
    StoreError::Unreadable { what: "app_user.totp_sealed", detail: error.to_string() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::parts::Parts;

    #[test]
    fn a_recovery_code_is_the_same_however_it_is_typed() {
        let code = recovery_code(&*Parts::real().random);
        assert_eq!(code.len(), 19);
        let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
        assert_eq!(recovery_hash(&code), recovery_hash(&typed));
        assert_ne!(recovery_hash(&code), recovery_hash(&recovery_code(&*Parts::real().random)));
    }
}
