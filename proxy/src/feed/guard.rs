//! Which signed batches are taken: those that continue what is held, and whole new states that don't look like an
//! accident. What isn't taken leaves everything as it was.

use std::collections::HashMap;

use marque_config::feed::{RecordKind, Revision};

use super::Position;
use crate::directory::{Batch, Change, Directory};

/// From how many records of a kind on a loss of more than half is taken for an accident.
const RECORDS_TO_GUARD: usize = 10;

/// Why a batch is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BatchRefusal {
    /// It continues from a state that isn't held.
    #[error("the batch does not continue from what is held")]
    Gap,
    /// It leads back.
    #[error("the batch leads back to revision {}", .0.0)]
    Back(Revision),
    /// It forgets most records of a kind.
    #[error(
        "the snapshot has {kept} of {held} records of kind {kind}; to take it all the same, remove the replica's file and restart"
    )]
    Shrunk {
        /// Which kind.
        kind: &'static str,
        /// How many are in it.
        kept: usize,
        /// How many are held.
        held: usize,
    },
}

impl BatchRefusal {
    /// A word for metrics.
    #[must_use]
    pub(super) fn outcome(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Back(_) => "back",
            Self::Shrunk { .. } => "shrunk",
        }
    }
}

/// Whether a batch continues what is held, to be asked before its records are read.
///
/// # Errors
/// [`BatchRefusal::Gap`] or [`BatchRefusal::Back`].
pub(super) fn check(held: Option<&Position>, base: Option<Revision>, to: &Position) -> Result<(), BatchRefusal> {
    let same_epoch = held.filter(|held| held.epoch == to.epoch);
    if let Some(held) = same_epoch
        && to.revision < held.revision
    {
        return Err(BatchRefusal::Back(to.revision));
    }
    match (base, same_epoch) {
        (None, _) => Ok(()),
        (Some(base), Some(held)) if held.revision == base => Ok(()),
        _ => Err(BatchRefusal::Gap),
    }
}

/// Whether a snapshot keeps enough of each kind that the directory has.
///
/// # Errors
/// [`BatchRefusal::Shrunk`].
pub(super) fn check_size(directory: &Directory, batch: &Batch) -> Result<(), BatchRefusal> {
    if !batch.is_snapshot {
        return Ok(());
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for change in &batch.changes {
        if let Change::Upsert(upsert) = change {
            *counts.entry(upsert.read.key.kind.as_str()).or_default() += 1;
        }
    }
    let kept = |kind: RecordKind| counts.get(kind.as_str()).copied().unwrap_or_default();
    let has_tenants = kept(RecordKind::Tenant) > 0;
    for &kind in RecordKind::ALL {
        let (kept, held) = (kept(kind), directory.count(kind));
        let is_accident = match kind {
            // They come and go with the proofs of names.
            RecordKind::Challenge => false,
            // However few they are: tenants are nothing without them.
            RecordKind::Application | RecordKind::Partner | RecordKind::SharedKey if has_tenants && kept == 0 => {
                held > 0
            }
            _ => held >= RECORDS_TO_GUARD && kept * 2 < held,
        };
        if is_accident {
            return Err(BatchRefusal::Shrunk { kind: kind.as_str(), kept, held });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use marque_config::feed::Record;
    use marque_config::tenant::TenantState;

    use super::*;
    use crate::test_support::{certificate, shared_ticket_key, snapshot, tenant};

    fn at(epoch: &str, revision: i64) -> Position {
        Position { epoch: epoch.into(), revision: Revision(revision) }
    }

    /// Names with all that they lead to, their certificates, and a key.
    fn records(names: u8) -> Vec<Record> {
        let of = |number: u8| {
            let host = format!("n{number}.example.com");
            let mut records = tenant(number, &host, TenantState::Active);
            records.push(certificate(number, &host, 0).0);
            records
        };
        (0..names).flat_map(of).chain([shared_ticket_key("a", 0)]).collect()
    }

    fn shrunk(held: Vec<Record>, told: Vec<Record>) -> Option<(&'static str, usize, usize)> {
        let directory = Directory::default();
        directory.apply(snapshot(1, held));
        match check_size(&directory, &snapshot(2, told)) {
            Err(BatchRefusal::Shrunk { kind, kept, held }) => Some((kind, kept, held)),
            Err(other) => panic!("{other}"),
            Ok(()) => None,
        }
    }

    /// All of `records`, but of one kind only the first `kept`.
    fn less(mut records: Vec<Record>, kind: RecordKind, kept: usize) -> Vec<Record> {
        let mut seen = 0;
        records.retain(|record| {
            let is_of_kind = record.key().kind == kind;
            seen += usize::from(is_of_kind);
            !is_of_kind || seen <= kept
        });
        records
    }

    #[test]
    fn a_batch_continues_from_what_is_held_or_is_a_gap() {
        let held = at("e", 5);
        let continues = |held: Option<&Position>, base, to| check(held, Some(Revision(base)), &to);
        assert_eq!(continues(Some(&held), 5, at("e", 6)), Ok(()));
        assert_eq!(continues(Some(&held), 5, at("e", 5)), Ok(()), "a heartbeat");
        assert_eq!(continues(Some(&held), 6, at("e", 7)), Err(BatchRefusal::Gap));
        assert_eq!(continues(Some(&held), 5, at("f", 6)), Err(BatchRefusal::Gap));
        assert_eq!(continues(None, 0, at("e", 1)), Err(BatchRefusal::Gap));
    }

    #[test]
    fn a_snapshot_of_the_same_epoch_never_leads_back() {
        let held = at("e", 5);
        assert_eq!(check(Some(&held), None, &at("e", 4)), Err(BatchRefusal::Back(Revision(4))));
        assert_eq!(check(Some(&held), None, &at("e", 5)), Ok(()));
        assert_eq!(check(Some(&held), None, &at("f", 1)), Ok(()), "another database");
        assert_eq!(check(None, None, &at("e", 1)), Ok(()));
    }

    #[test]
    fn a_snapshot_that_loses_most_of_a_kind_is_not_taken() {
        for kind in [
            RecordKind::Application,
            RecordKind::Partner,
            RecordKind::Tenant,
            RecordKind::Address,
            RecordKind::Certificate,
        ] {
            let told = |kept| less(records(10), kind, kept);
            assert_eq!(shrunk(records(10), told(4)), Some((kind.as_str(), 4, 10)));
            assert_eq!(shrunk(records(10), told(5)), None, "{kind:?}");
        }
        let few = |kind| shrunk(records(9), less(records(9), kind, 0));
        for kind in [RecordKind::Tenant, RecordKind::Address, RecordKind::Certificate] {
            assert_eq!(few(kind), None, "too few to judge by");
        }
    }

    #[test]
    fn tenants_without_what_they_are_nothing_without_are_not_taken() {
        for (kind, held) in [(RecordKind::Application, 2), (RecordKind::Partner, 2), (RecordKind::SharedKey, 1)] {
            assert_eq!(shrunk(records(2), less(records(2), kind, 0)), Some((kind.as_str(), 0, held)));
            assert_eq!(shrunk(records(2), Vec::new()), None, "an empty database");
        }
    }
}
