//! One row that can't be read keeps no other from being looked at.

use marque_config::settings::Milliseconds;

use super::*;
use crate::tasks::tests::names;

#[tokio::test]
async fn one_name_that_cannot_be_read_keeps_no_other_from_being_looked_at() {
    let (desk, [bad, good]) = names("pending").await;
    let mut settings = ControlPlaneSettings::default();
    // Nobody answers there.
    settings.dns.servers = vec![([127, 0, 0, 1], 9).into()];
    settings.dns.deadline = Milliseconds::new(100);
    let resolver = Arc::new(Resolver::new(&settings.dns).unwrap());
    let verify = Arc::new(Verify::new(&desk.store, &resolver, &settings, None));
    assert_eq!(Arc::clone(&verify).pass().await.unwrap(), Pass::Worked);
    let troubles = desk.store.troubles_of("verify").await.unwrap();
    assert_eq!(troubles.keys().collect::<Vec<_>>(), [&bad]);
    let looked_at = desk.store.name_written(&good).await.unwrap().unwrap();
    assert!(looked_at.dns.reason.is_some(), "{:?}", looked_at.dns);
    assert_eq!(verify.pass().await.unwrap(), Pass::Idle, "both wait");
}
