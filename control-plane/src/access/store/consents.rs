//! Clients' consents, and who came in under them, as rows.

use sqlx::{Any, Executor, FromRow};

use crate::access::model::{Consent, ConsentSession, ConsentState};
use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::ConsentId;
use crate::kernel::principal::Reach;

#[derive(FromRow)]
struct Row {
    id: String,
    tenant_id: String,
    partner_id: String,
    member_id: String,
    name: String,
    role: String,
    scope: String,
    reason: String,
    state: String,
    requested_by: String,
    requested_ms: i64,
    asked_until_ms: Option<i64>,
    granted_by: Option<String>,
    granted_ms: Option<i64>,
    lasting: i64,
    ends_ms: i64,
    ended_by: Option<String>,
    ended_ms: Option<i64>,
}

const SELECT: &str = include_str!("consents/consented.sql");

const OWNER: Owner =
    Owner { partner: "consent.partner_id", application: "tenant.application_id", tenant: "consent.tenant_id" };

const ADD: &str = "insert into consent (id, tenant_id, partner_id, member_id, role, scope, reason, state,
    requested_by, requested_ms, asked_until_ms, lasting, ends_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12)";

const UPDATE: &str = "update consent set state = $2, granted_by = $3, granted_ms = $4, lasting = $5, ends_ms = $6,
    ended_by = $7, ended_ms = $8 where id = $1";

const END: &str = "update consent set state = $2, ended_ms = $3
    where id = $1 and (state = 'requested' or state = 'granted')";

const OVER: &str = "select id from consent where (state = 'requested' or state = 'granted') and ends_ms <= $1
    and not exists (select 1 from task_trouble where task_trouble.task = 'consents'
        and task_trouble.object = consent.id and task_trouble.next_ms > $1)
    order by ends_ms, id limit 100";

const ADD_SESSION: &str =
    "insert into consent_session (id, consent_id, opened_by, opened_ms, ip) values ($1, $2, $3, $4, $5)";

// The consent was found within reach before.
const SESSIONS: &str = "select id, opened_by, opened_ms, ip from consent_session
    where consent_id = $1 and id > $2 order by id limit $3";

impl Store {
    /// One consent within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn consent(&self, reach: &Reach, id: ConsentId) -> Result<Option<Consent>, StoreError> {
        one(self.reader(), reach, id, self.now_ms()).await
    }

    /// The consents within reach, perhaps of one tenant, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn consents(
        &self,
        reach: &Reach,
        tenant: Option<marque_config::TenantId>,
        page: &Page,
    ) -> Result<Vec<Consent>, StoreError> {
        let now_ms = self.now_ms();
        let rows: Vec<Row> = Statement::of(SELECT)
            .narrowed("consent.tenant_id = ?1", tenant.map(|id| id.to_string()))
            .within(OWNER, reach)
            .page("consent.id", page)
            .rows(self.reader())
            .await?;
        rows.into_iter().map(|row| Ok(Consent::try_from(row)?.at(now_ms))).collect()
    }

    /// Who came in under a consent that was found within reach, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn consent_sessions(&self, id: ConsentId, page: &Page) -> Result<Vec<ConsentSession>, StoreError> {
        let rows: Vec<(String, String, i64, Option<String>)> = sqlx::query_as(SESSIONS)
            .bind(id.to_string())
            .bind(&page.after)
            .bind(page.limit)
            .fetch_all(self.reader())
            .await?;
        let read = |(id, opened_by, opened_ms, ip): (String, String, i64, Option<String>)| {
            Ok(ConsentSession { id: parsed("consent_session.id", &id)?, opened_by, opened_ms, ip })
        };
        rows.into_iter().map(read).collect()
    }

    /// Consents, and requests for one, that have ended by themselves and don't say so yet.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn consents_over(&self) -> Result<Vec<ConsentId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(OVER).bind(self.now_ms()).fetch_all(self.reader()).await?;
        ids.iter().map(|id| parsed("consent.id", id)).collect()
    }
}

impl Write {
    /// One consent within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn consent(&mut self, reach: &Reach, id: ConsentId) -> Result<Option<Consent>, StoreError> {
        let now_ms = self.now_ms();
        one(self.connection(), reach, id, now_ms).await
    }

    /// Adds a consent that is asked for.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_consent(&mut self, consent: &Consent) -> Result<(), StoreError> {
        sqlx::query(ADD)
            .bind(consent.id.to_string())
            .bind(consent.tenant.to_string())
            .bind(consent.partner.to_string())
            .bind(consent.collaborator.to_string())
            .bind(word("consent.role", &consent.role)?)
            .bind(word("consent.scope", &consent.scope)?)
            .bind(&consent.reason)
            .bind(word("consent.state", &consent.state)?)
            .bind(&consent.requested_by)
            .bind(consent.requested_ms)
            .bind(consent.asked_until_ms)
            .bind(consent.ends_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Writes the current status of a consent.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_consent(&mut self, consent: &Consent) -> Result<(), StoreError> {
        let done = sqlx::query(UPDATE)
            .bind(consent.id.to_string())
            .bind(word("consent.state", &consent.state)?)
            .bind(consent.granted_by.as_deref())
            .bind(consent.granted_ms)
            .bind(i64::from(consent.lasting))
            .bind(consent.ends_ms)
            .bind(consent.ended_by.as_deref())
            .bind(consent.ended_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Writes down that a consent, or the wait for it, has ended by itself, and says whether that is news.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn end_consent(&mut self, consent: &Consent) -> Result<bool, StoreError> {
        let done = sqlx::query(END)
            .bind(consent.id.to_string())
            .bind(word("consent.state", &consent.state)?)
            .bind(consent.ended_ms)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes that somebody came in under a consent.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_consent_session(&mut self, id: ConsentId, session: &ConsentSession) -> Result<(), StoreError> {
        sqlx::query(ADD_SESSION)
            .bind(session.id.to_string())
            .bind(id.to_string())
            .bind(&session.opened_by)
            .bind(session.opened_ms)
            .bind(session.ip.as_deref())
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: ConsentId,
    now_ms: i64,
) -> Result<Option<Consent>, StoreError> {
    let one = Statement::of(SELECT).narrowed("consent.id = ?1", Some(id.to_string())).within(OWNER, reach);
    let row: Option<Row> = one.row(executor).await?;
    row.map(|row| Ok(Consent::try_from(row)?.at(now_ms))).transpose()
}

impl TryFrom<Row> for Consent {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("consent.id", &row.id)?,
            tenant: parsed("consent.tenant_id", &row.tenant_id)?,
            partner: parsed("consent.partner_id", &row.partner_id)?,
            collaborator: parsed("consent.member_id", &row.member_id)?,
            name: row.name,
            role: from_word("consent.role", &row.role)?,
            scope: from_word("consent.scope", &row.scope)?,
            reason: row.reason,
            state: from_word::<ConsentState>("consent.state", &row.state)?,
            requested_by: row.requested_by,
            requested_ms: row.requested_ms,
            asked_until_ms: row.asked_until_ms,
            granted_by: row.granted_by,
            granted_ms: row.granted_ms,
            lasting: row.lasting == 1,
            ends_ms: row.ends_ms,
            ended_by: row.ended_by,
            ended_ms: row.ended_ms,
        })
    }
}
