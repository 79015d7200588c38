//! Changes the secrets that proxies share: tickets and cookies daily, assertions weekly. A new key is given out an hour
//! before its first use, so that whoever meets it knows it; an old one stays until nothing made with it can come back.

use std::sync::Arc;

use marque_config::certificate::{KeyUse, SharedKey};
use marque_config::seal::{Context, KeyRing, Purpose};
use zeroize::Zeroizing;

use crate::database::task::{Pass, PassError};
use crate::database::{Store, Write};
use crate::edge::store::shared_keys::KeptKey;
use crate::kernel::actor::Actor;

pub(crate) struct Rotate {
    pub(crate) store: Store,
    pub(crate) edge_key: Arc<KeyRing>,
}

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Add { use_: KeyUse, use_from_ms: i64 },
    Remove { id: String },
}

impl Rotate {
    pub(crate) async fn pass(self: Arc<Self>) -> Result<Pass, PassError> {
        if plan(&self.store.shared_keys().await?, self.store.now_ms()).is_empty() {
            return Ok(Pass::Idle);
        }
        let mut write = self.store.begin(&Actor::system("rotate"), self.store.now_ms()).await?;
        // Behind the gate another look shows what another process did meanwhile.
        for step in plan(&self.store.shared_keys().await?, write.now_ms()) {
            match step {
                Step::Add { use_, use_from_ms } => self.add(&mut write, use_, use_from_ms).await?,
                Step::Remove { id } => write.remove_shared_key(&id).await?,
            }
        }
        write.commit().await?;
        Ok(Pass::Worked)
    }

    async fn add(&self, write: &mut Write, use_: KeyUse, use_from_ms: i64) -> Result<(), PassError> {
        let parts = self.store.parts();
        let id = format!("{:016x}", u64::from_be_bytes(parts.bytes()));
        let secret = Zeroizing::new(parts.bytes::<32>());
        let context = Context { purpose: Purpose::SharedKey, owner: &id, name: use_.as_str() };
        let secret = self.edge_key.seal(context, &parts.bytes(), secret.as_slice())?;
        write.add_shared_key(SharedKey { id, use_, use_from_ms, secret }).await?;
        Ok(())
    }
}

/// How long a key is used.
fn period_ms(use_: KeyUse) -> i64 {
    match use_ {
        KeyUse::Ticket | KeyUse::Cookie => DAY_MS,
        KeyUse::Assertion => 7 * DAY_MS,
    }
}

/// How long a key that is no longer used can still be met.
fn kept_ms(use_: KeyUse) -> i64 {
    match use_ {
        KeyUse::Ticket => 2 * DAY_MS,
        KeyUse::Cookie => 60 * DAY_MS,
        KeyUse::Assertion => DAY_MS,
    }
}

fn plan(keys: &[KeptKey], now_ms: i64) -> Vec<Step> {
    KeyUse::ALL.into_iter().flat_map(|use_| plan_use(keys, use_, now_ms)).collect()
}

fn plan_use(keys: &[KeptKey], use_: KeyUse, now_ms: i64) -> Vec<Step> {
    let mut keys: Vec<&SharedKey> = keys.iter().map(|kept| &kept.key).filter(|key| key.use_ == use_).collect();
    keys.sort_by_key(|key| key.use_from_ms);
    let Some(newest) = keys.last() else { return vec![Step::Add { use_, use_from_ms: now_ms }] };
    let replaced = keys.windows(2).filter(|pair| pair[1].use_from_ms + kept_ms(use_) < now_ms);
    let mut steps: Vec<Step> = replaced.map(|pair| Step::Remove { id: pair[0].id.clone() }).collect();
    let next_ms = newest.use_from_ms + period_ms(use_);
    if now_ms >= next_ms - HOUR_MS {
        steps.push(Step::Add { use_, use_from_ms: next_ms.max(now_ms + HOUR_MS) });
    }
    steps
}

#[cfg(test)]
mod tests {
    use marque_config::seal::Sealed;

    use super::*;
    use crate::database::tests::store;

    fn kept(id: &str, use_: KeyUse, use_from_ms: i64) -> KeptKey {
        let secret = Sealed::from_bytes(Vec::new());
        KeptKey { key: SharedKey { id: id.into(), use_, use_from_ms, secret }, created_ms: 0 }
    }

    #[test]
    fn the_first_keys_are_used_at_once() {
        let add = |use_| Step::Add { use_, use_from_ms: 77 };
        assert_eq!(plan(&[], 77), KeyUse::ALL.map(add));
    }

    #[test]
    fn the_next_key_is_given_out_an_hour_before_its_use() {
        let keys = [kept("a", KeyUse::Ticket, 0)];
        let plan = |now_ms| plan_use(&keys, KeyUse::Ticket, now_ms);
        assert_eq!(plan(23 * HOUR_MS - 1), []);
        assert_eq!(plan(23 * HOUR_MS), [Step::Add { use_: KeyUse::Ticket, use_from_ms: DAY_MS }]);
        let late = 9 * DAY_MS;
        assert_eq!(plan(late), [Step::Add { use_: KeyUse::Ticket, use_from_ms: late + HOUR_MS }]);
    }

    #[test]
    fn a_replaced_key_stays_as_long_as_it_can_be_met() {
        for use_ in KeyUse::ALL {
            let replaced_ms = period_ms(use_);
            let keys = [kept("old", use_, 0), kept("new", use_, replaced_ms)];
            let removed = |now_ms| plan_use(&keys, use_, now_ms).contains(&Step::Remove { id: "old".into() });
            assert!(!removed(replaced_ms + kept_ms(use_)), "{use_:?}");
            assert!(removed(replaced_ms + kept_ms(use_) + 1), "{use_:?}");
        }
    }

    #[tokio::test]
    async fn a_pass_makes_keys_that_open_and_the_next_has_nothing_to_do() {
        let (store, _directory) = store().await;
        let edge_key = Arc::new(KeyRing::single(&[7; 32]).unwrap());
        let rotate = Arc::new(Rotate { store: store.clone(), edge_key: Arc::clone(&edge_key) });
        assert_eq!(Arc::clone(&rotate).pass().await.unwrap(), Pass::Worked);
        assert_eq!(rotate.pass().await.unwrap(), Pass::Idle);
        let keys = store.shared_keys().await.unwrap();
        assert_eq!(keys.len(), 3);
        for kept in keys {
            let context = Context { purpose: Purpose::SharedKey, owner: &kept.key.id, name: kept.key.use_.as_str() };
            assert_eq!(edge_key.open(context, &kept.key.secret).unwrap().len(), 32);
        }
    }
}
