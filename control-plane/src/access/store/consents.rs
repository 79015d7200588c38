//! Clients' consents, and who came in under them, as rows.

use crate::access::model::{Consent, ConsentSession};
use crate::database::row::word;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::ConsentId;
use crate::kernel::principal::Reach;

impl Stored for Consent {
    const TABLE: &'static str = "consent";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("tenant_id").of("tenant"),
        Column::text("partner_id").of("partner"),
        Column::text("member_id").of("collaborator"),
        Column::text(
            "(select app_user.name from member join app_user on app_user.id = member.user_id
            where member.id = consent.member_id)",
        )
        .derived()
        .of("name"),
        Column::text("role"),
        Column::text("scope"),
        Column::text("reason"),
        Column::text("state"),
        Column::text("requested_by"),
        Column::time("requested_ms").of("requested_at"),
        Column::time("asked_until_ms").of("asked_until"),
        Column::text("granted_by"),
        Column::time("granted_ms").of("granted_at"),
        Column::flag("lasting"),
        Column::time("ends_ms").of("ends_at"),
        Column::text("ended_by"),
        Column::time("ended_ms").of("ended_at"),
    ];
}

const OWNER: Owner =
    Owner { application: "(select application_id from tenant where tenant.id = consent.tenant_id)", ..Owner::ROW };

const END: &str = "update consent set state = $2, ended_ms = $3
    where id = $1 and (state = 'requested' or state = 'granted')";

const OVER: &str = "select id from consent where (state = 'requested' or state = 'granted') and ends_ms <= $1
    and not exists (select 1 from task_trouble where task_trouble.task = 'consents'
        and task_trouble.object = consent.id and task_trouble.next_ms > $1)
    order by ends_ms, id limit 100";

const ADD_SESSION: &str =
    "insert into consent_session (id, consent_id, opened_by, opened_ms, ip) values ($1, $2, $3, $4, $5)";

// The consent was found within reach before.
const SESSIONS: &str = "select id, opened_by, opened_ms, ip from consent_session";

impl Store {
    /// One consent within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn consent(&self, reach: &Reach, id: ConsentId) -> Result<Option<Consent>, StoreError> {
        let found = one(reach, id).resource(self.reader()).await?;
        Ok(found.map(|consent: Consent| consent.at(self.now_ms())))
    }

    /// The consents within reach, perhaps of one tenant.
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
        let found: Vec<Consent> = Statement::select::<Consent>()
            .narrowed("tenant_id = ?1", tenant.map(|id| id.to_string()))
            .within(OWNER, reach)
            .page("id", page)
            .resources(self.reader())
            .await?;
        Ok(found.into_iter().map(|consent| consent.at(now_ms)).collect())
    }

    /// Who came in under a consent that was found within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn consent_sessions(&self, id: ConsentId, page: &Page) -> Result<Vec<ConsentSession>, StoreError> {
        let list = Statement::of(SESSIONS).with("consent_id = ?1", id.to_string()).page("id", page);
        let rows: Vec<(String, String, i64, Option<String>)> = list.rows(self.reader()).await?;
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
        let found = one(reach, id).resource(self.connection()).await?;
        Ok(found.map(|consent: Consent| consent.at(now_ms)))
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

fn one(reach: &Reach, id: ConsentId) -> Statement {
    Statement::select_one::<Consent>(&id).within(OWNER, reach)
}
