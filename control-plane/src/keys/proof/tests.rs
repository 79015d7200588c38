use std::fs;
use std::path::Path;

use marque_config::settings::ControlPlaneSettings;

use super::*;
use crate::database::tests::landed::{self, landed};
use crate::database::tests::store;
use crate::kernel::parts::Parts;
use crate::keys;
use crate::tasks::rotate_keys;

const FILES: [(&str, KeyName); 3] = [
    ("keys.store_key_file", KeyName::Store),
    ("keys.edge_key_file", KeyName::Edge),
    ("keys.feed_key_file", KeyName::Feed),
];

fn settings(directory: &Path) -> ControlPlaneSettings {
    let mut settings = ControlPlaneSettings::default();
    settings.keys.store_key_file = directory.join("store.key");
    settings.keys.edge_key_file = directory.join("edge.key");
    settings.keys.feed_key_file = directory.join("feed.key");
    settings
}

/// Key files that were just made.
fn made(directory: &Path) -> (Keys, settings::Keys) {
    keys::make(directory, &*Parts::real().random).unwrap();
    read(directory)
}

fn read(directory: &Path) -> (Keys, settings::Keys) {
    let settings = settings(directory);
    (Keys::read(&settings).unwrap(), settings.keys)
}

/// The same keys but for one, which is another's.
fn with_other(keys: &Keys, others: &Keys, name: KeyName) -> Keys {
    let mut mixed = keys.clone();
    match name {
        KeyName::Store => mixed.store = others.store.clone(),
        KeyName::Edge => mixed.edge = others.edge.clone(),
        KeyName::Feed => mixed.feed = others.feed.clone(),
    }
    mixed
}

async fn checks(store: &Store) -> Vec<Option<Vec<u8>>> {
    let mut found = Vec::new();
    for name in KeyName::ALL {
        found.push(store.key_check(name).await.unwrap());
    }
    found
}

#[tokio::test]
async fn each_wrong_key_is_refused_by_name_and_nothing_changes() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ((keys, files), (others, _)) = (made(ours.path()), made(theirs.path()));
    let (store, _directory) = store().await;
    keys.prove(&store, &files).await.unwrap();
    keys.keep(&store, &files).await.unwrap();
    let before = checks(&store).await;
    for (key, name) in FILES {
        let wrong = with_other(&keys, &others, name);
        for refused in [wrong.prove(&store, &files).await, wrong.keep(&store, &files).await] {
            let refused = refused.unwrap_err();
            assert!(refused.is_about_settings() && refused.to_string().starts_with(key), "{refused}");
        }
        assert_eq!(checks(&store).await, before);
    }
    keys.prove(&store, &files).await.unwrap();
}

#[tokio::test]
async fn a_key_that_is_replaced_line_by_line_goes_on_and_a_file_without_the_new_line_does_not() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ((keys, files), _) = (made(ours.path()), made(theirs.path()));
    let (store, _directory) = store().await;
    keys.keep(&store, &files).await.unwrap();
    for file in ["store.key", "edge.key"] {
        let (old, new) = (ours.path().join(file), theirs.path().join(file));
        let both = fs::read_to_string(&new).unwrap() + &fs::read_to_string(&old).unwrap();
        fs::write(&old, both).unwrap();
    }
    let (both, _) = read(ours.path());
    both.prove(&store, &files).await.unwrap();
    both.keep(&store, &files).await.unwrap();
    // Now values are sealed with the new line: whoever has only the old one would not open them.
    let refused = keys.prove(&store, &files).await.unwrap_err();
    assert!(matches!(refused, ProofError::OtherKey { key: "keys.store_key_file", .. }), "{refused}");
    // The old line may go.
    let (mut new, _) = read(theirs.path());
    new.feed = keys.feed.clone();
    new.prove(&store, &files).await.unwrap();
}

#[tokio::test]
async fn a_database_from_before_proves_its_keys_by_what_is_sealed_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let (others, files) = made(directory.path());
    let [store_key, edge_key] = landed::KEYS;
    let ring = |secret: [u8; 32]| KeyRing::single(&secret).unwrap().into();
    let keys = Keys { store: ring(store_key), edge: ring(edge_key), feed: others.feed.clone() };
    // Before the migrations and after them.
    let store = Store::reach(&landed(directory.path()).await, Parts::real(), false).await.unwrap();
    for _ in 0..2 {
        for (key, name) in FILES.into_iter().take(2) {
            let refused = with_other(&keys, &others, name).prove(&store, &files).await.unwrap_err();
            assert!(matches!(refused, ProofError::LacksKey { .. }) && refused.is_about_settings(), "{refused}");
            assert!(refused.to_string().starts_with(key), "{refused}");
        }
        keys.prove(&store, &files).await.unwrap();
        store.migrate().await.unwrap();
        assert_eq!(checks(&store).await, [None, None, None]);
    }
    keys.keep(&store, &files).await.unwrap();
    assert!(checks(&store).await.iter().all(Option::is_some));
}

#[tokio::test]
async fn an_operator_may_accept_other_keys_and_that_is_in_the_trail() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ((keys, files), (others, _)) = (made(ours.path()), made(theirs.path()));
    let (store, _directory) = store().await;
    keys.keep(&store, &files).await.unwrap();
    rotate_keys(store.clone(), keys.edge.clone()).await;
    let actor = Actor::command("admin accept-keys");
    let mixed = with_other(&keys, &others, KeyName::Edge);
    assert_eq!(mixed.accept(&store, &actor).await.unwrap(), ["edge_key"]);
    mixed.prove(&store, &files).await.unwrap();
    keys.prove(&store, &files).await.unwrap_err();
    assert!(mixed.accept(&store, &actor).await.unwrap().is_empty());
    let actions: Vec<String> = sqlx::query_scalar("select object from audit_event where action = 'key.accepted'")
        .fetch_all(store.reader())
        .await
        .unwrap();
    assert_eq!(actions, ["edge_key"]);
}
