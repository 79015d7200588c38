//! Second factors that are to be reset, as rows.

use crate::database::{StoreError, Write};
use crate::kernel::ids::UserId;

const PROPOSE: &str = "insert into factor_reset (user_id, proposed_by, proposed_ms) values ($1, $2, $3)
    on conflict (user_id) do update set proposed_by = excluded.proposed_by, proposed_ms = excluded.proposed_ms";

impl Write {
    /// Who proposed, after that moment, that somebody's second factor be reset.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn factor_reset(&mut self, user: UserId, since_ms: i64) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar("select proposed_by from factor_reset where user_id = $1 and proposed_ms > $2");
        Ok(query.bind(user.to_string()).bind(since_ms).fetch_optional(self.connection()).await?)
    }

    /// Notes that who writes proposes it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn propose_factor_reset(&mut self, user: UserId) -> Result<(), StoreError> {
        let (by, now_ms) = (self.actor().to_string(), self.now_ms());
        let query = sqlx::query(PROPOSE).bind(user.to_string()).bind(by).bind(now_ms);
        query.execute(self.connection()).await?;
        Ok(())
    }

    /// Forgets the proposal.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn end_factor_reset(&mut self, user: UserId) -> Result<(), StoreError> {
        let query = sqlx::query("delete from factor_reset where user_id = $1").bind(user.to_string());
        query.execute(self.connection()).await?;
        Ok(())
    }
}
