use super::*;
use crate::tasks::tests::names;

#[tokio::test]
async fn one_name_that_cannot_be_read_keeps_no_other_from_being_issued() {
    let (desk, [bad, good]) = names("verified").await;
    let mut settings = ControlPlaneSettings::default();
    settings.acme.directory = Some("https://127.0.0.1:9/directory".into());
    settings.acme.terms_agreed = true;
    let store = desk.store.clone();
    let key = Arc::new(KeyRing::single(&[1; 32]).unwrap());
    let ca = Ca::new(&settings.acme, &store, Arc::clone(&key)).unwrap().unwrap();
    let resolver = Arc::new(Resolver::new(&settings.dns).unwrap());
    let settings = Arc::new(settings);
    let runs = Runs::default();
    let context =
        Arc::new(Context { store, ca, resolver, settings, edge_key: key, issuers: None, updater: None, runs });
    let (running, stop) = (TaskTracker::new(), CancellationToken::new());
    let issue = Arc::new(Issue::new(context, "owner".into(), (running, stop)));
    assert_eq!(Arc::clone(&issue).pass().await.unwrap(), Pass::Worked);
    let troubles = desk.store.troubles_of("issue").await.unwrap();
    assert_eq!(troubles.keys().collect::<Vec<_>>(), [&bad]);
    // The other one's turn came: it waits for a proxy, for none is there.
    let other = desk.store.name_written(&good).await.unwrap().unwrap();
    assert_eq!(other.certificate.reason, Some(Failure::NoLiveProxy));
    assert_eq!(issue.pass().await.unwrap(), Pass::Idle);
}
