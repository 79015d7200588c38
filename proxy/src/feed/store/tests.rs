use std::sync::Arc;

use marque_config::feed::RecordKind;
use marque_config::tenant::TenantState;
use tempfile::TempDir;

use super::*;
use crate::directory::Directory;
use crate::test_support::{Fixed, snapshot, tenant, tenant_id};

fn at(revision: i64) -> Position {
    Position { epoch: "epoch".into(), revision: Revision(revision) }
}

async fn open(directory: &TempDir) -> (Store, Option<(Position, Batch)>) {
    Store::open(&directory.path().join("replica.db"), 77).await.unwrap()
}

/// A file with fifty names in it, closed.
async fn filled(directory: &TempDir) {
    let mut store = open(directory).await.0;
    let names = (0..50).flat_map(|number| tenant(number, &format!("n{number}.example.com"), TenantState::Active));
    store.apply(&at(1), &snapshot(1, names.collect())).await.unwrap();
    store.connection.close().await.unwrap();
}

/// What the file brings to memory: how many tenants, and whether all their names lead somewhere.
fn whole(held: Option<(Position, Batch)>) -> Option<(i64, usize)> {
    let (position, batch) = held?;
    let directory = Arc::new(Directory::default());
    directory.apply(batch);
    let leads = |number: usize| directory.route(&format!("n{number}.example.com")).is_some();
    assert!((0..directory.tenant_count()).all(leads));
    Some((position.revision.0, directory.tenant_count()))
}

#[tokio::test]
async fn what_was_applied_is_there_after_a_restart() {
    let directory = TempDir::new().unwrap();
    filled(&directory).await;
    let (mut store, held) = open(&directory).await;
    assert_eq!(whole(held), Some((1, 50)));
    let gone = KeyText::new(RecordKind::Tenant, tenant_id(49).to_string());
    let batch = Batch { revision: Revision(2), is_snapshot: false, changes: vec![Change::Delete(gone)] };
    store.apply(&at(2), &batch).await.unwrap();
    // Not closed: as if killed.
    drop(store);
    let (mut store, held) = open(&directory).await;
    assert_eq!(whole(held), Some((2, 49)));
    store.apply(&at(3), &snapshot(3, tenant(0, "n0.example.com", TenantState::Active))).await.unwrap();
    drop(store);
    assert_eq!(whole(open(&directory).await.1), Some((3, 1)), "a snapshot replaces everything");
}

#[tokio::test]
async fn a_new_file_holds_nothing_and_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = TempDir::new().unwrap();
    let (mut store, held) = open(&directory).await;
    assert!(held.is_none());
    store.apply(&at(1), &snapshot(1, Vec::new())).await.unwrap();
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
}

#[tokio::test]
async fn a_proxy_keeps_the_name_that_it_drew() {
    let directory = TempDir::new().unwrap();
    let mut store = open(&directory).await.0;
    let name = store.name(&Fixed(1)).await.unwrap();
    drop(store);
    assert_eq!(open(&directory).await.0.name(&Fixed(2)).await.unwrap(), name);
}

#[tokio::test]
async fn a_cut_file_is_set_aside_or_reads_as_it_was() {
    let original = TempDir::new().unwrap();
    filled(&original).await;
    let bytes = std::fs::read(original.path().join("replica.db")).unwrap();
    for step in 0..50 {
        let directory = TempDir::new().unwrap();
        let length = bytes.len() * step / 50;
        std::fs::write(directory.path().join("replica.db"), &bytes[..length]).unwrap();
        let (mut store, held) = open(&directory).await;
        assert_eq!(whole(held), None, "cut at {length}");
        let aside = directory.path().join("replica.db.damaged-77");
        assert!(length == 0 || aside.exists(), "cut at {length}");
        store.apply(&at(1), &snapshot(1, Vec::new())).await.unwrap();
    }
}

#[tokio::test]
async fn a_changed_record_is_not_believed() {
    let directory = TempDir::new().unwrap();
    filled(&directory).await;
    let path = directory.path().join("replica.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // Everywhere: pages keep remains of records that were moved.
    for place in 0..bytes.len() - 6 {
        if &bytes[place..place + 6] == b"active" {
            bytes[place..place + 6].copy_from_slice(b"closed");
        }
    }
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(whole(open(&directory).await.1), None);
}

#[tokio::test]
async fn a_file_that_another_process_has_is_an_error_not_damage() {
    let directory = TempDir::new().unwrap();
    let held_by_another = open(&directory).await;
    let error = Store::open(&directory.path().join("replica.db"), 77).await.unwrap_err();
    assert!(!error.is_damage(), "{error:?}");
    drop(held_by_another);
    let nowhere = directory.path().join("missing/replica.db");
    assert!(matches!(Store::open(&nowhere, 77).await, Err(StoreError::File { .. })));
}

#[tokio::test]
async fn a_batch_is_written_whole_or_not_at_all() {
    let directory = TempDir::new().unwrap();
    filled(&directory).await;
    let mut store = open(&directory).await.0;
    sqlx::query("create trigger full before insert on record begin select raise(abort, 'full'); end")
        .execute(&mut store.connection)
        .await
        .unwrap();
    store.apply(&at(2), &snapshot(2, tenant(0, "n0.example.com", TenantState::Active))).await.unwrap_err();
    drop(store);
    assert_eq!(whole(open(&directory).await.1), Some((1, 50)));
}

impl Store {
    /// As if the disk were full.
    pub(in crate::feed) async fn fail_writes(&mut self) {
        sqlx::query("pragma query_only = on").execute(&mut self.connection).await.unwrap();
    }
}
