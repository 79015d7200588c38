//! Which mails are under way, domain by domain: each domain has a lane of so many, and all have so many places together.
//! Domains take turns, so that a slow one, or one with many mails, holds up no other.

use std::collections::BTreeMap;

use crate::database::{Store, StoreError};

/// How full the lanes are.
#[derive(Debug)]
pub(super) struct Lanes {
    at_once: i64,
    each: i64,
    /// By domain: those that have none under way aren't here.
    under_way: BTreeMap<String, i64>,
    /// The domain whose turn was last.
    last: String,
}

/// The most domains that are looked at before mails are taken.
const LOOKS: usize = 256;

impl Lanes {
    pub(super) fn new(at_once: u32, each: u32) -> Self {
        let (at_once, each) = (i64::from(at_once), i64::from(each));
        Self { at_once, each, under_way: BTreeMap::new(), last: String::new() }
    }

    fn free(&self) -> i64 {
        self.at_once - self.under_way.values().sum::<i64>()
    }

    fn room_for(&self, domain: &str) -> i64 {
        self.each - self.under_way.get(domain).copied().unwrap_or_default()
    }

    pub(super) fn begin(&mut self, domain: &str) {
        *self.under_way.entry(domain.to_owned()).or_default() += 1;
    }

    pub(super) fn end(&mut self, domain: &str) {
        if let Some(count) = self.under_way.get_mut(domain) {
            *count -= 1;
        }
        self.under_way.retain(|_, count| *count > 0);
    }

    /// The domains with mails that are due and room in their lanes, from where the last turn ended, with how many may be
    /// taken of each.
    pub(super) async fn turns(&mut self, store: &Store) -> Result<Vec<(String, i64)>, StoreError> {
        let (mut turns, mut free, first) = (Vec::new(), self.free(), self.last.clone());
        let mut is_round = false;
        for _ in 0..LOOKS {
            if free == 0 {
                break;
            }
            match store.next_mail_domain(&self.last).await? {
                Some(domain) if is_round && domain > first => break,
                Some(domain) => {
                    let room = self.room_for(&domain).min(free);
                    if room > 0 {
                        turns.push((domain.clone(), room));
                        free -= room;
                    }
                    self.last = domain;
                }
                None if is_round => break,
                None => {
                    is_round = true;
                    self.last.clear();
                }
            }
        }
        Ok(turns)
    }
}
