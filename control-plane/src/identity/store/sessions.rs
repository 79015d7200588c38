//! Sessions, passwords and second factors, as rows: hashes and sealed secrets, nothing that lets somebody in.

use sqlx::{Any, Executor, FromRow};

use crate::database::row::{from_word, word};
use crate::database::{Store, StoreError, Write, parsed};
use crate::kernel::email::Email;
use crate::kernel::ids::{SessionId, UserId};
use crate::kernel::person::UserState;
use crate::kernel::secret::Secret;
use crate::kernel::session::Session;

/// What somebody comes in with.
#[derive(Clone)]
pub struct Credentials {
    /// Who.
    pub user: UserId,
    /// Their current status.
    pub state: UserState,
    /// The password's hash, as a PHC string.
    pub password: Option<String>,
    /// The second factor's secret, sealed.
    pub totp: Option<Vec<u8>>,
    /// Since when it counts; none while it is being set up.
    pub totp_since_ms: Option<i64>,
    /// The step of the last code that was taken.
    pub totp_step: i64,
}

#[derive(FromRow)]
struct CredentialsRow {
    id: String,
    state: String,
    password_hash: Option<String>,
    totp_sealed: Option<Vec<u8>>,
    totp_since_ms: Option<i64>,
    totp_step: i64,
}

#[derive(FromRow)]
struct Row {
    id: String,
    user_id: String,
    principal: String,
    stage: String,
    ip: Option<String>,
    created_ms: i64,
    seen_ms: i64,
    expires_ms: i64,
}

const CREDENTIALS: &str =
    "select id, state, password_hash, totp_sealed, totp_since_ms, totp_step from app_user where id = $1";

const CREDENTIALS_BY_EMAIL: &str =
    "select id, state, password_hash, totp_sealed, totp_since_ms, totp_step from app_user where email_compared = $1";

const SET_TOTP: &str = "update app_user set totp_sealed = $2, totp_since_ms = $3, totp_step = $4 where id = $1";

const BY_HASH: &str = "select session.id as id, session.user_id as user_id, session.principal as principal,
    session.stage as stage, session.ip as ip, session.created_ms as created_ms, session.seen_ms as seen_ms,
    session.expires_ms as expires_ms
    from session join app_user on app_user.id = session.user_id
    where session.hash = $1 and session.ended_ms is null and app_user.state = 'active'";

const OF_USER: &str = "select id, user_id, principal, stage, ip, created_ms, seen_ms, expires_ms from session
    where user_id = $1 and ended_ms is null and stage = 'open' and expires_ms > $2 order by id desc limit 1000";

/// How many of a person's sessions are listed.
const LISTED: usize = 100;

const ADD: &str = "insert into session (id, hash, user_id, principal, stage, ip, created_ms, seen_ms, expires_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const END: &str = "update session set ended_ms = $2 where id = $1 and user_id = $3 and ended_ms is null";

const END_OTHERS: &str = "update session set ended_ms = $2 where user_id = $1 and ended_ms is null and id <> $3";

impl Store {
    /// What the person with this address comes in with.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn credentials_by_email(&self, email: &Email) -> Result<Option<Credentials>, StoreError> {
        let row: Option<CredentialsRow> =
            sqlx::query_as(CREDENTIALS_BY_EMAIL).bind(email.compared()).fetch_optional(self.reader()).await?;
        row.map(Credentials::try_from).transpose()
    }

    /// What a person comes in with.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn credentials(&self, user: UserId) -> Result<Option<Credentials>, StoreError> {
        credentials(self.reader(), user).await
    }

    /// The session of this cookie, unless it was ended or its person may not come in. Whether it is over is for who
    /// asks to see.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn session(&self, secret: &Secret) -> Result<Option<Session>, StoreError> {
        let session = session(self.reader(), secret).await?;
        Ok(session.map(|session| self.inner.seen.brought_up_to_date(session)))
    }

    /// A person's open sessions, newest first, at most a hundred; those not seen since `seen_ms` are over.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn sessions(&self, user: UserId, seen_ms: i64) -> Result<Vec<Session>, StoreError> {
        let rows: Vec<Row> =
            sqlx::query_as(OF_USER).bind(user.to_string()).bind(self.now_ms()).fetch_all(self.reader()).await?;
        let sessions = rows.into_iter().map(Session::try_from).collect::<Result<Vec<_>, _>>()?;
        let current = sessions.into_iter().map(|session| self.inner.seen.brought_up_to_date(session));
        Ok(current.filter(|session| session.seen_ms > seen_ms).take(LISTED).collect())
    }
}

impl Write {
    /// What a person comes in with.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn credentials(&mut self, user: UserId) -> Result<Option<Credentials>, StoreError> {
        credentials(self.connection(), user).await
    }

    /// The session of this cookie, unless it was ended or its person may not come in.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn session(&mut self, secret: &Secret) -> Result<Option<Session>, StoreError> {
        session(self.connection(), secret).await
    }

    /// Writes the hash of a person's password.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn set_password(&mut self, user: UserId, hash: &str) -> Result<(), StoreError> {
        let done = sqlx::query("update app_user set password_hash = $2 where id = $1")
            .bind(user.to_string())
            .bind(hash)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Writes a person's second factor.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn set_second_factor(&mut self, of: &Credentials) -> Result<(), StoreError> {
        let done = sqlx::query(SET_TOTP)
            .bind(of.user.to_string())
            .bind(of.totp.as_deref())
            .bind(of.totp_since_ms)
            .bind(of.totp_step)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Replaces a person's recovery codes, by their hashes.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn set_recovery_codes(&mut self, user: UserId, hashes: &[String]) -> Result<(), StoreError> {
        sqlx::query("delete from recovery_code where user_id = $1")
            .bind(user.to_string())
            .execute(self.connection())
            .await?;
        for hash in hashes {
            sqlx::query("insert into recovery_code (user_id, hash) values ($1, $2)")
                .bind(user.to_string())
                .bind(hash)
                .execute(self.connection())
                .await?;
        }
        Ok(())
    }

    /// Uses up a recovery code; `false` when it is none, or was used.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn use_recovery_code(&mut self, user: UserId, hash: &str) -> Result<bool, StoreError> {
        let now_ms = self.now_ms();
        let done =
            sqlx::query("update recovery_code set used_ms = $3 where user_id = $1 and hash = $2 and used_ms is null")
                .bind(user.to_string())
                .bind(hash)
                .bind(now_ms)
                .execute(self.connection())
                .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Adds a session, with its cookie.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_session(&mut self, session: &Session, secret: &Secret) -> Result<(), StoreError> {
        sqlx::query(ADD)
            .bind(session.id.to_string())
            .bind(secret.hash())
            .bind(session.user.to_string())
            .bind(session.principal.to_string())
            .bind(word("session.stage", &session.stage)?)
            .bind(session.ip.as_deref())
            .bind(session.created_ms)
            .bind(session.seen_ms)
            .bind(session.expires_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Ends one of a person's sessions; `false` when there is none.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn end_session(&mut self, user: UserId, id: SessionId) -> Result<bool, StoreError> {
        let now_ms = self.now_ms();
        let done = sqlx::query(END)
            .bind(id.to_string())
            .bind(now_ms)
            .bind(user.to_string())
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends all of a person's sessions, perhaps but one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn end_sessions(&mut self, user: UserId, but: Option<SessionId>) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query(END_OTHERS)
            .bind(user.to_string())
            .bind(now_ms)
            .bind(but.map(|id| id.to_string()).unwrap_or_default())
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Adds a link by which a forgotten password is replaced; the ones before lead nowhere.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_reset(&mut self, user: UserId, secret: &Secret, expires_ms: i64) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query("delete from password_reset where user_id = $1")
            .bind(user.to_string())
            .execute(self.connection())
            .await?;
        sqlx::query("insert into password_reset (hash, user_id, created_ms, expires_ms) values ($1, $2, $3, $4)")
            .bind(secret.hash())
            .bind(user.to_string())
            .bind(now_ms)
            .bind(expires_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Follows such a link, once: whose password it replaces.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn use_reset(&mut self, secret: &Secret) -> Result<Option<UserId>, StoreError> {
        let now_ms = self.now_ms();
        let user: Option<String> = sqlx::query_scalar(
            "update password_reset set used_ms = $2 where hash = $1 and used_ms is null and expires_ms > $2
             returning user_id",
        )
        .bind(secret.hash())
        .bind(now_ms)
        .fetch_optional(self.connection())
        .await?;
        user.map(|user| parsed("password_reset.user_id", &user)).transpose()
    }
}

async fn credentials<'e>(
    executor: impl Executor<'e, Database = Any>,
    user: UserId,
) -> Result<Option<Credentials>, StoreError> {
    let row: Option<CredentialsRow> =
        sqlx::query_as(CREDENTIALS).bind(user.to_string()).fetch_optional(executor).await?;
    row.map(Credentials::try_from).transpose()
}

async fn session<'e>(
    executor: impl Executor<'e, Database = Any>,
    secret: &Secret,
) -> Result<Option<Session>, StoreError> {
    let row: Option<Row> = sqlx::query_as(BY_HASH).bind(secret.hash()).fetch_optional(executor).await?;
    row.map(Session::try_from).transpose()
}

impl TryFrom<CredentialsRow> for Credentials {
    type Error = StoreError;

    fn try_from(row: CredentialsRow) -> Result<Self, StoreError> {
        Ok(Self {
            user: parsed("app_user.id", &row.id)?,
            state: from_word("app_user.state", &row.state)?,
            password: row.password_hash,
            totp: row.totp_sealed,
            totp_since_ms: row.totp_since_ms,
            totp_step: row.totp_step,
        })
    }
}

impl TryFrom<Row> for Session {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("session.id", &row.id)?,
            user: parsed("session.user_id", &row.user_id)?,
            principal: parsed("session.principal", &row.principal)?,
            stage: from_word("session.stage", &row.stage)?,
            ip: row.ip,
            created_ms: row.created_ms,
            seen_ms: row.seen_ms,
            expires_ms: row.expires_ms,
        })
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Credentials({})", self.user)
    }
}
