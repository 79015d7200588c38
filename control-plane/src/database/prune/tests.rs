use super::*;
use crate::database::Backend;
use crate::database::tests::store;
use crate::kernel::actor::Actor;

/// How the database finds the rows of a statement.
async fn plan(store: &Store, statement: &str) -> String {
    let numbers = statement.replace("$1", "1000").replace("$2", "500").replace("$3", "500");
    match store.backend() {
        Backend::Sqlite => {
            let explain = sqlx::AssertSqlSafe(format!("explain query plan {numbers}"));
            let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain).fetch_all(store.reader()).await.unwrap();
            rows.into_iter().map(|row| row.3 + "\n").collect()
        }
        Backend::Postgres => {
            let mut write = store.begin(&Actor::system("test"), 0).await.unwrap();
            // Of a small table all is read at once, whatever indexes there are.
            sqlx::query("set local enable_seqscan = off").execute(write.connection()).await.unwrap();
            let explain = sqlx::AssertSqlSafe(format!("explain {numbers}"));
            let rows: Vec<String> = sqlx::query_scalar(explain).fetch_all(write.connection()).await.unwrap();
            rows.join("\n")
        }
    }
}

/// Whether a plan reads a table from end to end.
fn scans(plan: &str) -> bool {
    plan.lines().any(|line| {
        let whole = line.contains("Seq Scan") || (line.contains("SCAN ") && !line.contains("USING"));
        // What a subquery found is no table.
        whole && !line.contains("SUBQUERY") && !line.contains("ANY_subquery")
    })
}

#[tokio::test]
async fn what_is_over_is_found_by_an_index() {
    let (store, _directory) = store().await;
    for old in Old::ALL {
        let plan = plan(&store, old.statement()).await;
        assert!(!scans(&plan), "{old:?}\n{plan}");
    }
    for statement in [LAST_EVENT, OLD_EVENTS, FORGET_EVENTS] {
        let plan = plan(&store, statement).await;
        assert!(!scans(&plan), "{statement}\n{plan}");
    }
    assert!(scans(&plan(&store, "delete from issuance where detail = 'a'").await));
}
