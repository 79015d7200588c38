//! Entries to clients' spaces, as rows.

use marque_config::{EntryId, TenantId};

use crate::access::model::entry::Entry;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Write, one_row, parsed};
use crate::kernel::principal::Reach;
use crate::kernel::secret::Secret;

impl Stored for Entry {
    const TABLE: &'static str = "entry";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("tenant_id").of("tenant"),
        Column::text("partner_id").of("partner"),
        Column::text("user_id").of("user"),
        Column::text("(select app_user.name from app_user where app_user.id = entry.user_id)").derived().of("name"),
        Column::text("member_id").of("member"),
        Column::text("kind"),
        Column::text("role"),
        Column::text("basis"),
        Column::text("consent_id").of("consent"),
        Column::flag("reads_only"),
        Column::text("state"),
        Column::time("created_ms").of("created_at"),
        Column::time("ticket_until_ms").of("ticket_until"),
        Column::time("opened_ms").of("opened_at"),
        Column::time("until_ms").of("until"),
        Column::time("ended_ms").of("ended_at"),
        Column::text("ended_by"),
    ];
}

const OWNER: Owner =
    Owner { application: "(select application_id from tenant where tenant.id = entry.tenant_id)", ..Owner::ROW };

const OVER: &str = "select id from entry where state = 'open' and until_ms <= $1
    and not exists (select 1 from task_trouble where task_trouble.task = 'entries'
        and task_trouble.object = entry.id and task_trouble.next_ms > $1)
    order by until_ms, id limit 100";

const TICKET: &str = "update entry set ticket_hash = $2 where id = $1";

impl Store {
    /// The entries to a tenant within reach that somebody came in by.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn entries(&self, reach: &Reach, tenant: TenantId, page: &Page) -> Result<Vec<Entry>, StoreError> {
        let found: Vec<Entry> = Statement::select::<Entry>()
            .narrowed("tenant_id = ?1", Some(tenant.to_string()))
            .within(OWNER, reach)
            .and("opened_ms is not null", [])
            .page("id", page)
            .resources(self.reader())
            .await?;
        Ok(found.into_iter().map(|entry| entry.at(self.now_ms())).collect())
    }

    /// The entry that a ticket was given out for.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn entry_by(&self, ticket: &Secret) -> Result<Option<Entry>, StoreError> {
        by(ticket).resource(self.reader()).await
    }

    /// Entries whose time is over and that don't say so yet.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn entries_over(&self) -> Result<Vec<EntryId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(OVER).bind(self.now_ms()).fetch_all(self.reader()).await?;
        ids.iter().map(|id| parsed("entry.id", id)).collect()
    }
}

impl Write {
    /// The entry that a ticket was given out for, behind the gate.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn entry_by(&mut self, ticket: &Secret) -> Result<Option<Entry>, StoreError> {
        by(ticket).resource(self.connection()).await
    }

    /// Adds an entry for which a ticket is given out.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_entry(&mut self, entry: &Entry, ticket: &Secret) -> Result<(), StoreError> {
        self.add(entry).await?;
        let done =
            sqlx::query(TICKET).bind(entry.id.to_string()).bind(ticket.hash()).execute(self.connection()).await?;
        one_row(&done)
    }
}

fn by(ticket: &Secret) -> Statement {
    Statement::select::<Entry>().with("ticket_hash = ?1", ticket.hash())
}
