//! What programs from before the feed's formats wrote is read.

use marque_config::feed::RecordKind;
use marque_config::tenant::{Licensing, TenantState};
use tempfile::TempDir;

use super::batch::{BatchReader, Heard, Lines};
use super::*;

const FEED: &[u8] = include_bytes!("../../../tests/fixtures/landed/feed.ndjson");
const KEY: &str = include_str!("../../../tests/fixtures/landed/feed.pub");
const REPLICA: &[u8] = include_bytes!("../../../tests/fixtures/landed/replica.db");

/// The baker is served and the miller suspended; of neither was said whether a licence is required.
fn is_whole(directory: &Directory) {
    let states = ["fournil.p.localhost", "moulin.p.localhost"].map(|host| {
        let route = directory.route(host).unwrap();
        assert_eq!(route.tenant.licence, Licensing::Unsaid);
        route.tenant.state
    });
    assert_eq!(states, [TenantState::Active, TenantState::Suspended]);
    let counts = [RecordKind::Application, RecordKind::Partner, RecordKind::Tenant, RecordKind::SharedKey];
    assert_eq!(counts.map(|kind| directory.count(kind)), [1, 1, 4, 3]);
    assert_eq!(directory.not_understood(9), crate::directory::NotUnderstood::default());
}

#[test]
fn the_landed_feed_is_read() {
    let (mut lines, mut reader) = (Lines::default(), BatchReader::new(FeedVerifier::parse(KEY).unwrap()));
    let directory = Directory::default();
    lines.push(FEED);
    while let Some(line) = lines.next().unwrap() {
        if let Heard::Batch(batch) = reader.line(&line).unwrap() {
            assert!(!batch.beats);
            directory.apply(batch.read().unwrap());
        }
    }
    is_whole(&directory);
}

#[tokio::test]
async fn the_landed_replica_is_read() {
    let files = TempDir::new().unwrap();
    let path = files.path().join("replica.db");
    std::fs::write(&path, REPLICA).unwrap();
    let (_store, held) = Store::open(&path, 0).await.unwrap();
    let (position, batch) = held.unwrap();
    assert_eq!(position.revision, Revision(11));
    let directory = Directory::default();
    directory.apply(batch);
    is_whole(&directory);
}
