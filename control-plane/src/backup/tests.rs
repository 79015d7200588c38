//! The restore drill, in small: what is put back equals what was copied.

use marque_config::PartnerId;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use super::*;
use crate::database::Whose;
use crate::kernel::actor::Actor;

fn settings(directory: &Path) -> DatabaseSettings {
    let url = format!("sqlite://{}/marque.db", directory.display());
    DatabaseSettings { url, ..DatabaseSettings::default() }
}

async fn write(store: &Store, times: usize) {
    for _ in 0..times {
        let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
        let id: PartnerId = write.id();
        write.audit("test.done", &id, Whose::VENDOR, serde_json::json!({}));
        write.commit().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_put_back_is_what_was_copied_and_nothing_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(directory.path());
    let copy = directory.path().join("copy.db");
    let store = Store::open(&settings, Parts::real()).await.unwrap();
    write(&store, 20).await;
    let copied = back_up(&settings, &copy).await.unwrap();
    assert_eq!((copied.events, copied.head.clone()), (20, store.audit_head().await.unwrap().hash));
    let mode = fs::metadata(&copy).map(|it| std::os::unix::fs::MetadataExt::mode(&it)).unwrap();
    assert_eq!(mode & 0o777, 0o600);
    assert!(matches!(back_up(&settings, &copy).await, Err(BackupError::Exists(_))), "never over one that is there");
    write(&store, 5).await;
    let epoch = store.feed().await.unwrap().position().epoch.clone();
    let used = restore(&settings, &copy, Parts::real()).await;
    assert!(matches!(used, Err(BackupError::InUse(_))), "{used:?}");
    write(&store, 1).await;
    store.close().await;

    // Of what happened after the copy nothing is left, but for the file that was replaced; the drill itself is told.
    let restored = restore(&settings, &copy, Parts::real()).await.unwrap();
    let store = Store::open(&settings, Parts::real()).await.unwrap();
    assert_eq!(verify(&store).await.unwrap(), restored);
    assert!(restored.events >= copied.events && restored.events < 25);
    assert_eq!(store.audit_span(20, 1).await.unwrap()[0].hash, copied.head);
    assert_ne!(store.feed().await.unwrap().position().epoch, epoch);
    write(&store, 1).await;
    let names = fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let kept = names.filter(|name| name.contains("before-restore")).collect::<Vec<_>>();
    let before = directory.path().join(&kept[0]);
    assert_eq!((kept.len(), look_over(&before).await.unwrap().events), (1, 26));
}

#[tokio::test]
async fn a_copy_made_under_load_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(directory.path());
    let store = Store::open(&settings, Parts::real()).await.unwrap();
    write(&store, 1).await;
    let busy = tokio::spawn({
        let store = store.clone();
        async move { write(&store, 200).await }
    });
    for index in 0..5 {
        let copy = directory.path().join(format!("copy-{index}.db"));
        let copied = back_up(&settings, &copy).await.unwrap();
        let url = format!("sqlite://{}", copy.display());
        let opened =
            Store::open(&DatabaseSettings { url, ..DatabaseSettings::default() }, Parts::real()).await.unwrap();
        assert_eq!(verify(&opened).await.unwrap(), copied);
    }
    busy.await.unwrap();
}

#[tokio::test]
async fn a_damaged_copy_replaces_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(directory.path());
    let copy = directory.path().join("copy.db");
    let store = Store::open(&settings, Parts::real()).await.unwrap();
    write(&store, 50).await;
    back_up(&settings, &copy).await.unwrap();
    store.close().await;
    let whole = fs::read(&copy).unwrap();
    let before = fs::read(directory.path().join("marque.db")).unwrap();
    for at in [0, 20, whole.len() / 2, whole.len() - 4096] {
        fs::write(&copy, &whole[..at]).unwrap();
        let tried = restore(&settings, &copy, Parts::real()).await;
        assert!(matches!(tried, Err(BackupError::Damaged { .. })), "{at}: {tried:?}");
        assert_eq!(fs::read(directory.path().join("marque.db")).unwrap(), before);
    }
    // One that was altered by hand is put back no further than to be found out.
    fs::write(&copy, &whole).unwrap();
    let mut altered = SqliteConnection::connect(&format!("sqlite://{}", copy.display())).await.unwrap();
    sqlx::query("update audit_event set actor = 'x' where seq = 7").execute(&mut altered).await.unwrap();
    altered.close().await.unwrap();
    let tried = restore(&settings, &copy, Parts::real()).await;
    assert!(matches!(tried, Err(BackupError::Trail(Fault { seq: 7, .. }))), "{tried:?}");
    let mut put_right = SqliteConnection::connect(&settings.url).await.unwrap();
    sqlx::query("update audit_event set actor = 'system:test' where seq = 7").execute(&mut put_right).await.unwrap();
    put_right.close().await.unwrap();
    let store = Store::open(&settings, Parts::real()).await.unwrap();
    assert!(verify(&store).await.is_ok());
}

#[tokio::test]
async fn a_server_is_copied_by_its_own_means() {
    let settings = DatabaseSettings { url: "postgres://a@b/c".into(), ..DatabaseSettings::default() };
    let copy = Path::new("/nowhere/copy.db");
    assert!(matches!(back_up(&settings, copy).await, Err(BackupError::NotSqlite)));
    assert!(matches!(restore(&settings, copy, Parts::real()).await, Err(BackupError::NotSqlite)));
}
