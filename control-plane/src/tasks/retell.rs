//! Tells anew of tenants that a control plane of the version before wrote last: it never said whether a licence is
//! required. To be deleted with that version.

use super::{Pass, PassError};
use crate::model::actor::Actor;
use crate::store::Store;

/// So many are told of at a time: others want the gate, too.
const MOST: i64 = 200;

pub(super) async fn pass(store: Store) -> Result<Pass, PassError> {
    let tenants = store.tenants_told_as_before(MOST).await?;
    if tenants.is_empty() {
        return Ok(Pass::Idle);
    }
    let mut write = store.begin(&Actor::system("retell"), store.now_ms()).await?;
    for tenant in tenants {
        write.retell_tenant(tenant).await?;
    }
    write.commit().await?;
    Ok(Pass::Worked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::tests::desk::Desk;

    #[tokio::test]
    async fn tenants_that_were_told_of_before_formats_are_told_of_anew() {
        let desk = Desk::open().await;
        desk.world().await;
        assert_eq!(pass(desk.store.clone()).await.unwrap(), Pass::Idle);
        let mut write = desk.store.begin(&Actor::system("test"), 0).await.unwrap();
        // As the version before leaves them: one that it added, and one that it changed.
        for statement in [
            "update feed_record set line = null, line_revision = null where kind = 'tenant'",
            "update feed_record set line = '{}', line_revision = revision - 1 where kind = 'tenant'
                and name = (select min(name) from feed_record where kind = 'tenant')",
        ] {
            sqlx::query(statement).execute(write.connection()).await.unwrap();
        }
        write.commit().await.unwrap();
        assert_eq!(pass(desk.store.clone()).await.unwrap(), Pass::Worked);
        assert_eq!(pass(desk.store.clone()).await.unwrap(), Pass::Idle);
        let untold: i64 = sqlx::query_scalar(
            "select count(*) from feed_record where kind = 'tenant'
             and (line is null or line not like '%\"licence\":\"not_required\"%' or line_revision <> revision)",
        )
        .fetch_one(desk.store.reader())
        .await
        .unwrap();
        assert_eq!(untold, 0);
    }
}
