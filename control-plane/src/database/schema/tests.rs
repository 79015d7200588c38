use super::*;
use crate::backup;
use crate::database::tests::landed::{landed, write_as_the_first_version};
use crate::database::tests::{fresh, store};
use crate::kernel::actor::Actor;
use crate::kernel::parts::Parts;
use marque_config::settings::DatabaseSettings;

/// What takes something away from a program that doesn't know the migration, or asks something new of it.
const CONTRACTS: [&str; 7] =
    ["drop table", "drop column", "rename ", "alter column", "drop index", "add constraint", "drop constraint"];

async fn applied(store: &Store, table: &str) -> Vec<i64> {
    let versions = format!("select version from {table} order by version");
    sqlx::query_scalar(sqlx::AssertSqlSafe(versions)).fetch_all(store.reader()).await.unwrap()
}

async fn execute(store: &Store, statement: &'static str) {
    let mut write = store.begin(&Actor::system("test"), 0).await.unwrap();
    sqlx::query(statement).execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
}

#[tokio::test]
async fn the_first_versions_database_is_refused_until_it_is_migrated() {
    let directory = tempfile::tempdir().unwrap();
    let settings = landed(directory.path()).await;
    for _ in 0..2 {
        // Refused again: the first refusal changed nothing.
        let refused = Store::connect(&settings, Parts::real()).await.unwrap_err();
        assert!(matches!(refused, StoreError::Behind { first, .. } if first > FIRST), "{refused}");
        assert!(refused.to_string().contains("`marque-control-plane migrate`"), "{refused}");
    }
    let store = Store::open(&settings, Parts::real()).await.unwrap();
    let known: Vec<i64> = ALL.iter().map(|migration| migration.version).collect();
    let (old, new): (Vec<i64>, Vec<i64>) = known.into_iter().partition(|version| *version <= FIRST);
    assert_eq!(applied(&store, "_sqlx_migrations").await, old, "the first version refuses a list with others");
    assert_eq!(applied(&store, "schema_change").await, new);
    assert_eq!(store.migrate().await.unwrap(), Vec::<i64>::new());
    Store::connect(&settings, Parts::real()).await.unwrap();
}

#[tokio::test]
async fn what_the_first_version_writes_fits_the_tables_of_this_one() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&landed(directory.path()).await, Parts::real()).await.unwrap();
    assert_eq!(store.broken().await.unwrap(), []);
    let before = backup::verify(&store).await.unwrap();
    write_as_the_first_version(&store).await;
    let after = backup::verify(&store).await.unwrap();
    assert!(after.events > before.events);
    assert_eq!(store.broken().await.unwrap(), []);
}

#[tokio::test]
async fn a_migration_that_is_not_known_here_is_tolerated_until_one_contracts() {
    let directory = tempfile::tempdir().unwrap();
    let settings = DatabaseSettings { url: fresh(directory.path()).await, ..DatabaseSettings::default() };
    let store = Store::open(&settings, Parts::real()).await.unwrap();
    let newer = "insert into schema_change (version, description, success, checksum, execution_time)
        select 9999, 'of a newer program', success, checksum, 0 from schema_change where version = 151";
    execute(&store, newer).await;
    Store::connect(&settings, Parts::real()).await.unwrap();
    assert_eq!(store.migrate().await.unwrap(), Vec::<i64>::new());
    execute(&store, "update schema_floor set needs = 9999").await;
    for refused in [
        Store::connect(&settings, Parts::real()).await.map(drop).unwrap_err(),
        Store::open(&settings, Parts::real()).await.map(drop).unwrap_err(),
    ] {
        assert!(matches!(refused, StoreError::TooNew { needs: 9999 }), "{refused}");
    }
}

#[tokio::test]
async fn a_migration_with_another_text_is_refused() {
    let (store, _directory) = store().await;
    execute(&store, "update schema_change set checksum = (select checksum from schema_change where version = 150) where version = 151").await;
    let refused = store.expect_current().await.unwrap_err();
    assert!(matches!(refused, StoreError::Migrate(MigrateError::VersionMismatch(151))), "{refused}");
}

#[tokio::test]
async fn only_who_may_make_a_file_makes_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nothing.db");
    let url = format!("sqlite://{}", path.display());
    let settings = DatabaseSettings { url, ..DatabaseSettings::default() };
    let refused = Store::connect(&settings, Parts::real()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Open(_)), "{refused}");
    assert!(!path.exists());
}

/// A column that is added may be left out by whoever doesn't know it.
fn asks_for_a_value(statement: &str) -> bool {
    statement.contains("add column") && statement.contains("not null") && !statement.contains("default")
}

#[test]
fn migrations_expand_and_one_that_contracts_raises_the_floor() {
    for migration in ALL.iter().filter(|migration| migration.version > FIRST) {
        let text = migration.sql.as_str().to_lowercase();
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        let contracts = CONTRACTS.iter().any(|word| code.contains(word)) || code.split(';').any(asks_for_a_value);
        let floor = format!("update schema_floor set needs = {}", migration.version);
        assert!(!contracts || code.contains(&floor), "{} contracts and doesn't say so", migration.version);
    }
    assert!(asks_for_a_value("alter table a add column b text not null"));
}
