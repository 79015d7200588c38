//! API tokens, as rows: their hashes, never their texts.

use std::collections::BTreeSet;

use ipnet::IpNet;
use marque_config::{PartnerId, TenantId, TokenId};
use sqlx::FromRow;

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Signal, Store, StoreError, Whose, Write, parsed};
use crate::kernel::actor::Actor;
use crate::kernel::ids::UserId;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::scope;
use crate::kernel::token::{Token, TokenHash, TokenLimits};

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    principal: String,
    scopes: String,
    created_ms: i64,
    not_before_ms: Option<i64>,
    expires_ms: Option<i64>,
    networks: String,
    tenants: String,
    mode: String,
    proxy: Option<String>,
    requests_per_minute: Option<i64>,
    rolled_to: Option<String>,
}

const SELECT: &str =
    "select id, name, principal, scopes, created_ms, not_before_ms, expires_ms, networks, tenants, mode,
    proxy, requests_per_minute, rolled_to from api_token";

const VALID: &str = "select count(*) from api_token
    where id = $1 and revoked_ms is null and (expires_ms is null or expires_ms > $2)";

const TRIAL_TENANTS: &str = "select id from tenant where partner_id = $1 and kind in ('sandbox', 'test')
    and state <> 'closed' order by id limit 1000";

const REVOKE_MADE_BY: &str = "update api_token set revoked_ms = $2
    where revoked_ms is null and principal = $3 and id in (
        with recursive made (id) as (
            select id from api_token where made_by = $1
            union select api_token.id from api_token join made on api_token.made_by = made.id)
        select id from made) returning id";

const END_TOKENS: &str = "update api_token set revoked_ms = $1 where revoked_ms is null and principal <> 'edge'";
const END_SESSIONS: &str = "update session set ended_ms = $1 where ended_ms is null";
const END_LINKS: &str = "update password_reset set used_ms = $1 where used_ms is null";

const ADD: &str = "insert into api_token (id, name, principal, scopes, hash, created_ms, not_before_ms, expires_ms,
    networks, tenants, mode, proxy, made_by, requests_per_minute)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

impl Store {
    /// Ends every token and session, and every link to a new password, of a database that was put back: what was revoked,
    /// ended or used since it was copied is alive in it again. Proxies' tokens go on, so that they hear of what is
    /// suspended; an operator rolls them.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn revive_nobody(&self, actor: &Actor) -> Result<(), StoreError> {
        let mut write = self.begin(actor, self.now_ms()).await?;
        let now_ms = write.now_ms();
        let mut ended = [0; 3];
        for (statement, count) in [END_TOKENS, END_SESSIONS, END_LINKS].into_iter().zip(&mut ended) {
            *count = sqlx::query(statement).bind(now_ms).execute(write.connection()).await?.rows_affected();
        }
        let [tokens, sessions, links] = ended;
        let detail = serde_json::json!({ "tokens": tokens, "sessions": sessions, "links": links });
        write.audit("database.put_back", &"database", Whose::VENDOR, detail);
        write.wake(Signal::Tokens);
        write.commit().await?;
        Ok(())
    }

    /// The token with this hash, unless it was revoked. Whether it has ended is for the caller to see.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn token(&self, hash: &TokenHash) -> Result<Option<Token>, StoreError> {
        let token = Statement::of(SELECT).with("revoked_ms is null and hash = ?1", hash.as_str());
        token.one::<Row, _>(self.reader()).await
    }

    /// Whether a token was neither revoked nor is over.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn is_token_valid(&self, id: TokenId) -> Result<bool, StoreError> {
        let count: i64 =
            sqlx::query_scalar(VALID).bind(id.to_string()).bind(self.now_ms()).fetch_one(self.reader()).await?;
        Ok(count > 0)
    }

    /// The partner's sandbox and its test tenants: all that a token for tests touches.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn trial_tenants(&self, partner: PartnerId) -> Result<BTreeSet<TenantId>, StoreError> {
        let ids: Vec<String> =
            sqlx::query_scalar(TRIAL_TENANTS).bind(partner.to_string()).fetch_all(self.reader()).await?;
        ids.iter().map(|id| parsed("tenant.id", id)).collect()
    }

    /// The tokens within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tokens(&self, reach: &Reach, page: &Page) -> Result<Vec<Token>, StoreError> {
        let list = Statement::of(SELECT).and("revoked_ms is null", []).owned("principal", limit(reach));
        list.page("id", page).all::<Row, _>(self.reader()).await
    }
}

impl Write {
    /// Adds a token.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_token(&mut self, token: &Token, hash: &TokenHash) -> Result<(), StoreError> {
        let made_by = self.actor().to_string();
        sqlx::query(ADD)
            .bind(token.id.to_string())
            .bind(&token.name)
            .bind(token.principal.to_string())
            .bind(scope::joined(&token.scopes))
            .bind(hash.as_str())
            .bind(token.created_ms)
            .bind(token.limits.not_before_ms)
            .bind(token.expires_ms)
            .bind(spaced(&token.limits.networks))
            .bind(spaced(&token.limits.tenants))
            .bind(word("api_token.mode", &token.limits.mode)?)
            .bind(token.limits.proxy.as_deref())
            .bind(made_by)
            .bind(token.limits.requests_per_minute.map(|rate| i64::from(rate.get())))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Revokes the tokens on behalf of a principal that a person made, themselves or by tokens of theirs.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn revoke_tokens_made_by(
        &mut self,
        user: UserId,
        principal: Principal,
    ) -> Result<Vec<TokenId>, StoreError> {
        let now_ms = self.now_ms();
        let ids: Vec<String> = sqlx::query_scalar(REVOKE_MADE_BY)
            .bind(user.to_string())
            .bind(now_ms)
            .bind(principal.to_string())
            .fetch_all(self.connection())
            .await?;
        ids.iter().map(|id| parsed("api_token.id", id)).collect()
    }

    /// Who made a token: a token's identity, a person's, or a name of the machine's with a colon in it. None where that
    /// isn't known any more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn made_by(&mut self, token: TokenId) -> Result<Option<String>, StoreError> {
        let found: Option<Option<String>> = sqlx::query_scalar("select made_by from api_token where id = $1")
            .bind(token.to_string())
            .fetch_optional(self.connection())
            .await?;
        Ok(found.flatten())
    }

    /// A token within reach that is neither revoked nor over.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn living_token(&mut self, reach: &Reach, id: TokenId) -> Result<Option<Token>, StoreError> {
        let now_ms = self.now_ms();
        Statement::of(SELECT)
            .narrowed("revoked_ms is null and id = ?1", Some(id.to_string()))
            .with("(expires_ms is null or expires_ms > ?1)", now_ms)
            .owned("principal", limit(reach))
            .one::<Row, _>(self.connection())
            .await
    }

    /// Binds a token to a proxy; `false` when the token is gone.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn bind_token(&mut self, id: TokenId, proxy: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("update api_token set proxy = $2 where id = $1 and revoked_ms is null")
            .bind(id.to_string())
            .bind(proxy)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The proxy that a token is bound to.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn proxy_of_token(&mut self, id: TokenId) -> Result<Option<String>, StoreError> {
        let bound: Option<Option<String>> =
            sqlx::query_scalar("select proxy from api_token where id = $1 and revoked_ms is null")
                .bind(id.to_string())
                .fetch_optional(self.connection())
                .await?;
        Ok(bound.flatten())
    }

    /// Lets a token end when another takes its place.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn replace_token(&mut self, id: TokenId, by: TokenId, expires_ms: i64) -> Result<(), StoreError> {
        let done = sqlx::query("update api_token set rolled_to = $2, expires_ms = $3 where id = $1")
            .bind(id.to_string())
            .bind(by.to_string())
            .bind(expires_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Revokes a token within reach; on whose behalf it was, where there is one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn revoke_token(&mut self, reach: &Reach, id: TokenId) -> Result<Option<Principal>, StoreError> {
        let now_ms = self.now_ms();
        let principal: Option<(String,)> = Statement::of("update api_token")
            .text(" set revoked_ms = ?1", [now_ms.into()])
            .narrowed("revoked_ms is null and id = ?1", Some(id.to_string()))
            .owned("principal", limit(reach))
            .text(" returning principal", [])
            .row(self.connection())
            .await?;
        principal.map(|(principal,)| parsed("api_token.principal", &principal)).transpose()
    }
}

fn spaced<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}

/// An operator sees every token, everybody else those of the same principal.
fn limit(reach: &Reach) -> Option<String> {
    match reach.principal() {
        // Whoever is limited to tenants has nothing to do with tokens.
        _ if reach.tenants().is_some() => Some(String::new()),
        Principal::Operator => None,
        other => Some(other.to_string()),
    }
}

fn listed<T, C>(what: &'static str, text: &str) -> Result<C, StoreError>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
    C: FromIterator<T>,
{
    text.split_whitespace().map(|item| parsed(what, item)).collect()
}

impl TryFrom<Row> for Token {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("api_token.id", &row.id)?,
            name: row.name,
            principal: parsed("api_token.principal", &row.principal)?,
            scopes: scope::split(&row.scopes)
                .map_err(|error| StoreError::Unreadable { what: "api_token.scopes", detail: error.to_string() })?,
            created_ms: row.created_ms,
            expires_ms: row.expires_ms,
            limits: TokenLimits {
                networks: listed::<IpNet, _>("api_token.networks", &row.networks)?,
                tenants: listed::<TenantId, _>("api_token.tenants", &row.tenants)?,
                not_before_ms: row.not_before_ms,
                mode: from_word("api_token.mode", &row.mode)?,
                proxy: row.proxy,
                requests_per_minute: row.requests_per_minute.and_then(|rate| u32::try_from(rate).ok()?.try_into().ok()),
            },
            rolled_to: row.rolled_to.as_deref().map(|id| parsed("api_token.rolled_to", id)).transpose()?,
        })
    }
}
