//! Passwords: hashed by Argon2id (RFC 9106) with their parameters beside them, off the threads that answer requests and
//! never more than a few at once, for each takes its memory.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use marque_config::clock::Random;
use marque_config::settings::PasswordSettings;
use tokio::sync::{OnceCell, Semaphore};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::kernel::fault::FieldFault;
use crate::kernel::language::Sentence;

/// A password as somebody typed it, in one form whatever the keyboard.
#[derive(Clone)]
pub struct Password(Arc<Zeroizing<String>>);

/// Hashes passwords and compares them.
pub struct Passwords {
    params: Params,
    random: Arc<dyn Random>,
    room: Semaphore,
    /// What is compared when nobody has the address: it takes as long as a real one.
    nobody: OnceCell<String>,
}

/// What came of comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is another password.
    Wrong,
    /// It is the password.
    Right,
    /// It is the password, hashed with other parameters than today's.
    RightButStale,
}

/// Why a password was neither hashed nor compared.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The hash in the database is none.
    #[error("the password can't be hashed or compared")]
    Hash(#[from] argon2::password_hash::Error),
    /// The work ended before it was done.
    #[error("the hashing of a password was interrupted")]
    Interrupted,
}

const LEAST: usize = 12;
const MOST: usize = 128;
const AT_ONCE: usize = 4;

impl Password {
    /// Takes a password that is to be compared.
    #[must_use]
    pub fn typed(text: String) -> Self {
        let text = Zeroizing::new(text);
        // What is longer was never taken, and would only cost time.
        let cut = text.chars().take(MOST + 1).collect::<String>();
        Self(Arc::new(Zeroizing::new(cut.nfc().collect())))
    }

    /// Takes a password that is to be somebody's: 12 to 128 characters, and not just one of them.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn chosen(pointer: &str, text: String) -> Result<Self, FieldFault> {
        let password = Self::typed(text);
        let mut characters = password.0.chars();
        let first = characters.next();
        let monotone = characters.all(|character| Some(character) == first);
        if (LEAST..=MOST).contains(&password.0.chars().count()) && !monotone {
            return Ok(password);
        }
        let said = Sentence::fixed(
            "A password has 12 to 128 characters, and more than one of them.",
            "Un mot de passe a de 12 à 128 caractères, qui ne sont pas tous le même.",
        );
        Err(FieldFault::new(pointer, "invalid-password", said))
    }
}

impl Passwords {
    /// Hashes as the settings say.
    #[must_use]
    pub fn new(settings: &PasswordSettings, random: Arc<dyn Random>) -> Self {
        // The settings were checked; should they not fit all the same, the usual parameters do.
        let params = Params::new(settings.memory_kib, settings.passes, 1, None).unwrap_or_default();
        Self { params, random, room: Semaphore::new(AT_ONCE), nobody: OnceCell::new() }
    }

    /// Hashes a password: a PHC string.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn hash(&self, password: &Password) -> Result<String, PasswordError> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let (hasher, password) = (self.hasher(), password.clone());
        self.apart(move || {
            let hash: PasswordHash = hasher.hash_password_with_salt(password.0.as_bytes(), &salt)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Compares a password with a hash; with none it takes as long and is wrong.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn compare(&self, password: &Password, hash: Option<&str>) -> Result<Verdict, PasswordError> {
        let stored = match hash {
            Some(hash) => hash.to_owned(),
            None => {
                self.nobody.get_or_try_init(async || self.hash(&Password::typed("nobody".into())).await).await?.clone()
            }
        };
        let (hasher, typed, known) = (self.hasher(), password.clone(), hash.is_some());
        let today = self.params.clone();
        self.apart(move || {
            let hash = PasswordHash::new(&stored).map_err(argon2::password_hash::Error::from)?;
            let right = hasher.verify_password(typed.0.as_bytes(), &hash).is_ok();
            let stale = Params::try_from(&hash).map_or(true, |params| !same(&params, &today));
            Ok(match (right && known, stale) {
                (false, _) => Verdict::Wrong,
                (true, false) => Verdict::Right,
                (true, true) => Verdict::RightButStale,
            })
        })
        .await
    }

    fn hasher(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }

    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _room = self.room.acquire().await.map_err(|_| PasswordError::Interrupted)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| PasswordError::Interrupted)?
    }
}

fn same(one: &Params, other: &Params) -> bool {
    (one.m_cost(), one.t_cost(), one.p_cost()) == (other.m_cost(), other.t_cost(), other.p_cost())
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password")
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Passwords")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::parts::Parts;

    fn passwords(passes: u32) -> Passwords {
        Passwords::new(
            &PasswordSettings { memory_kib: 64, passes, ..PasswordSettings::default() },
            Parts::real().random,
        )
    }

    #[tokio::test]
    async fn a_password_is_right_for_its_hash_alone() {
        let password = Password::chosen("/p", "correct horse é".into()).unwrap();
        let hash = passwords(1).hash(&password).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert_ne!(hash, passwords(1).hash(&password).await.unwrap());
        // The same letter as two characters, as some keyboards write it.
        let decomposed = Password::typed("correct horse e\u{301}".into());
        assert_eq!(passwords(1).compare(&decomposed, Some(&hash)).await.unwrap(), Verdict::Right);
        assert_eq!(passwords(2).compare(&password, Some(&hash)).await.unwrap(), Verdict::RightButStale);
        let other = Password::typed("correct horse e".into());
        assert_eq!(passwords(1).compare(&other, Some(&hash)).await.unwrap(), Verdict::Wrong);
        assert_eq!(passwords(1).compare(&password, None).await.unwrap(), Verdict::Wrong);
        assert!(passwords(1).compare(&password, Some("x")).await.is_err());
    }

    #[test]
    fn a_password_is_long_enough_and_not_too_long() {
        for (text, taken) in [
            ("eleven chars".to_owned(), true),
            ("eleven char".to_owned(), false),
            ("é".repeat(12), false),
            ("ab".repeat(64), true),
            ("ab".repeat(65), false),
        ] {
            assert_eq!(Password::chosen("/p", text.clone()).is_ok(), taken, "{text}");
        }
    }
}
