//! Which signed batches are taken: those that continue what is held, and whole new states that don't look like an
//! accident. What isn't taken leaves everything as it was.

use marque_config::feed::{Record, Revision};

use super::Position;
use super::batch::SignedBatch;
use super::directory::Change;

/// From how many tenants on a loss of more than half is taken for an accident.
const TENANTS_TO_GUARD: usize = 10;

/// Why a batch is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// It continues from a state that isn't held.
    #[error("the batch does not continue from what is held")]
    Gap,
    /// It leads back.
    #[error("the batch leads back to revision {}", .0.0)]
    Back(Revision),
    /// It forgets most tenants.
    #[error("the snapshot has {0} tenants of {1}; to take it all the same, remove the replica's file and restart")]
    Shrunk(usize, usize),
}

impl Refused {
    /// A word for metrics.
    #[must_use]
    pub(super) fn outcome(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Back(_) => "back",
            Self::Shrunk(..) => "shrunk",
        }
    }
}

/// Whether a batch is taken by a replica that has come to `held` and knows `tenants` tenants.
///
/// # Errors
/// [`Refused`].
pub(super) fn check(held: Option<&Position>, tenants: usize, batch: &SignedBatch) -> Result<(), Refused> {
    let same_epoch = held.filter(|held| held.epoch == batch.to.epoch);
    if let Some(held) = same_epoch
        && batch.to.revision < held.revision
    {
        return Err(Refused::Back(batch.to.revision));
    }
    let Some(base) = batch.base else {
        return check_size(tenants, batch);
    };
    match same_epoch {
        Some(held) if held.revision == base => Ok(()),
        _ => Err(Refused::Gap),
    }
}

fn check_size(tenants: usize, snapshot: &SignedBatch) -> Result<(), Refused> {
    let is_tenant =
        |change: &&Change| matches!(change, Change::Upsert(record) if matches!(**record, Record::Tenant(_)));
    let kept = snapshot.changes.iter().filter(is_tenant).count();
    if tenants >= TENANTS_TO_GUARD && kept * 2 < tenants { Err(Refused::Shrunk(kept, tenants)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use marque_config::tenant::{Tenant, TenantState};
    use marque_config::{ApplicationId, PartnerId, TenantId};

    use super::*;

    fn at(epoch: &str, revision: i64) -> Position {
        Position { epoch: epoch.into(), revision: Revision(revision) }
    }

    fn batch(base: Option<i64>, to: Position, tenants: u8) -> SignedBatch {
        let tenant = |number| {
            let id = TenantId::new(1, &[number; 10]);
            let (application, partner) = (ApplicationId::new(1, &[0; 10]), PartnerId::new(1, &[0; 10]));
            Record::Tenant(Tenant {
                id,
                application,
                partner,
                account: None,
                state: TenantState::Active,
                licence: None,
            })
        };
        let changes = (0..tenants).map(|number| Change::Upsert(Box::new(tenant(number)))).collect();
        SignedBatch { to, base: base.map(Revision), changes }
    }

    #[test]
    fn a_batch_continues_from_what_is_held_or_is_a_gap() {
        let held = at("e", 5);
        assert_eq!(check(Some(&held), 0, &batch(Some(5), at("e", 6), 0)), Ok(()));
        assert_eq!(check(Some(&held), 0, &batch(Some(5), at("e", 5), 0)), Ok(()), "a heartbeat");
        assert_eq!(check(Some(&held), 0, &batch(Some(6), at("e", 7), 0)), Err(Refused::Gap));
        assert_eq!(check(Some(&held), 0, &batch(Some(5), at("f", 6), 0)), Err(Refused::Gap));
        assert_eq!(check(None, 0, &batch(Some(0), at("e", 1), 0)), Err(Refused::Gap));
    }

    #[test]
    fn a_snapshot_of_the_same_epoch_never_leads_back() {
        let held = at("e", 5);
        assert_eq!(check(Some(&held), 0, &batch(None, at("e", 4), 0)), Err(Refused::Back(Revision(4))));
        assert_eq!(check(Some(&held), 0, &batch(None, at("e", 5), 0)), Ok(()));
        assert_eq!(check(Some(&held), 0, &batch(None, at("f", 1), 0)), Ok(()), "another database");
        assert_eq!(check(None, 0, &batch(None, at("e", 1), 0)), Ok(()));
    }

    #[test]
    fn a_snapshot_that_loses_most_tenants_is_not_taken() {
        let held = at("e", 5);
        assert_eq!(check(Some(&held), 10, &batch(None, at("e", 6), 4)), Err(Refused::Shrunk(4, 10)));
        assert_eq!(check(Some(&held), 10, &batch(None, at("f", 6), 4)), Err(Refused::Shrunk(4, 10)));
        assert_eq!(check(Some(&held), 10, &batch(None, at("e", 6), 5)), Ok(()));
        assert_eq!(check(Some(&held), 9, &batch(None, at("e", 6), 0)), Ok(()), "too few to judge by");
    }
}
