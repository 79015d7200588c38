//! A pass of a task: how it went, and how often that was.

pub mod rows;

use std::time::Duration;

use marque_config::seal::SealError;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::database::StoreError;
use crate::database::refused::Refused;

/// Whether a pass found something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    Idle,
    Worked,
}

/// Why a pass failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PassError {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("a secret cannot be sealed")]
    Seal(#[from] SealError),
    #[error("a key cannot be made")]
    Key(#[source] rcgen::Error),
    #[error("what is due is refused")]
    Refused(#[from] Refused),
    #[error("{0} wallets are not what their entries add up to")]
    Ledger(usize),
    #[error("the pass panicked")]
    Panicked,
}

/// How often each task ran, and how that went.
#[derive(Debug, Clone, Default)]
pub struct Runs(Family<RunLabels, Counter>, Family<TaskLabels, Counter>, Family<TaskLabels, Gauge>);

impl Runs {
    /// Gives the counter to a registry, as `task_runs_total`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("task_runs", "Passes of the control plane's tasks", self.0.clone());
        let failures = "What tasks could not do for single objects, which wait";
        registry.register("task_object_failures", failures, self.1.clone());
        registry.register("task_objects_waiting", "Objects that a task has trouble with", self.2.clone());
    }

    /// Counts what a task couldn't do for one object.
    pub(crate) fn trouble(&self, task: &str) {
        self.1.get_or_create(&TaskLabels { task: task.to_owned() }).inc();
    }

    /// Says how many objects each task has trouble with; `task` has none where it isn't among them.
    pub(crate) fn troubles(&self, counts: &[(String, i64)], task: &str) {
        self.2.get_or_create(&TaskLabels { task: task.to_owned() }).set(0);
        for (task, count) in counts {
            self.2.get_or_create(&TaskLabels { task: task.clone() }).set(*count);
        }
    }

    pub(crate) fn count(&self, task: &'static str, outcome: &'static str) {
        self.0.get_or_create(&RunLabels { task, outcome }).inc();
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct TaskLabels {
    task: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RunLabels {
    task: &'static str,
    outcome: &'static str,
}

pub(crate) const TICK: Duration = Duration::from_secs(1);
