use std::collections::{BTreeMap, BTreeSet};

use crate::database::tests::store;
use crate::database::{Backend, Store};

const COLUMNS: &str = include_str!("columns.tsv");

const OF_SQLITE: &str = "select m.name || '.' || c.name from sqlite_master m join pragma_table_info(m.name) c
    where m.type = 'table' and lower(c.type) in ('text', 'blob')";

const OF_POSTGRES: &str = "select cast(c.table_name || '.' || c.column_name as text) from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.data_type in ('text', 'bytea')";

/// Not ours: sqlx keeps its lists of migrations there.
const LISTS: [&str; 2] = ["_sqlx_migrations.", "schema_change."];

/// Every column with text or bytes.
async fn columns(store: &Store) -> BTreeSet<String> {
    let query = match store.backend() {
        Backend::Sqlite => OF_SQLITE,
        Backend::Postgres => OF_POSTGRES,
    };
    let columns: Vec<String> = sqlx::query_scalar(query).fetch_all(store.reader()).await.unwrap();
    columns.into_iter().filter(|column| !LISTS.iter().any(|list| column.starts_with(list))).collect()
}

fn treatments() -> BTreeMap<&'static str, (&'static str, &'static str)> {
    let lines = COLUMNS.lines().filter(|line| !line.starts_with('#'));
    let parts = lines.map(|line| line.split('\t').collect::<Vec<_>>());
    parts.map(|parts| (parts[0], (parts[1], parts[2]))).collect()
}

#[tokio::test]
async fn of_every_column_it_is_said_what_becomes_of_it() {
    let (store, _directory) = store().await;
    let columns = columns(&store).await;
    let listed: BTreeSet<_> = treatments().into_keys().map(str::to_owned).collect();
    let missing: Vec<_> = columns.difference(&listed).collect();
    assert!(missing.is_empty(), "say in database/erasure/columns.tsv what becomes of these: {missing:?}");
    let gone: Vec<_> = listed.difference(&columns).collect();
    assert!(gone.is_empty(), "these are listed and aren't there: {gone:?}");
}

#[test]
fn a_treatment_is_one_of_five_and_has_its_reason() {
    assert_eq!(COLUMNS.lines().filter(|line| !line.starts_with('#')).count(), treatments().len(), "each once");
    for (column, (treatment, why)) in treatments() {
        assert!(["erased", "pseudonym", "expires", "kept", "none"].contains(&treatment), "{column}: {treatment}");
        assert!(!why.is_empty(), "{column}");
    }
}
