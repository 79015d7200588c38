//! A task's work on single objects: what can't be done for one keeps no other. Only a database that is away ends a pass;
//! anything else, a row that can't be read or that the rules refuse, has that object wait ever longer, and is in the
//! metrics and in the operators' list.

use std::collections::BTreeMap;
use std::error::Error;

use super::{PassError, Runs};
use crate::database::refused::Refused;
use crate::database::{Store, StoreError};
use crate::kernel::actor::Actor;

/// The objects of one task in one pass.
pub(crate) struct Rows<'a> {
    store: &'a Store,
    runs: &'a Runs,
    task: &'static str,
    known: BTreeMap<String, i64>,
}

/// Why something wasn't done for one object.
pub(crate) trait RowError: Error {
    /// Whether the database is away: then nothing can be done for any.
    fn is_unavailable(&self) -> bool;
}

impl RowError for StoreError {
    fn is_unavailable(&self) -> bool {
        Self::is_unavailable(self)
    }
}

impl RowError for Refused {
    fn is_unavailable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_unavailable())
    }
}

impl RowError for PassError {
    fn is_unavailable(&self) -> bool {
        match self {
            Self::Store(error) => error.is_unavailable(),
            Self::Refused(refused) => RowError::is_unavailable(refused),
            _ => false,
        }
    }
}

impl<'a> Rows<'a> {
    /// Looks which objects the task has trouble with.
    pub(crate) async fn of(store: &'a Store, runs: &'a Runs, task: &'static str) -> Result<Self, StoreError> {
        Ok(Self { store, runs, task, known: store.troubles_of(task).await? })
    }

    /// Notes how it went with an object. What came of it; none where the object has to wait.
    ///
    /// # Errors
    /// When the database is away.
    pub(crate) async fn fared<T, E>(&self, object: &str, done: Result<T, E>) -> Result<Option<T>, E>
    where
        E: RowError + From<StoreError>,
    {
        match done {
            Ok(done) => {
                if self.known.contains_key(object) {
                    self.end(object).await?;
                }
                Ok(Some(done))
            }
            Err(error) if error.is_unavailable() => Err(error),
            Err(error) => {
                self.note(object, &chain(&error)).await?;
                Ok(None)
            }
        }
    }

    /// What was read of an object, which isn't done with yet: none where it has to wait.
    ///
    /// # Errors
    /// When the database is away.
    pub(crate) async fn read<T, E>(&self, object: &str, read: Result<T, E>) -> Result<Option<T>, E>
    where
        E: RowError + From<StoreError>,
    {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(error) => self.fared(object, Err(error)).await,
        }
    }

    async fn note(&self, object: &str, said: &str) -> Result<(), StoreError> {
        if !self.known.contains_key(object) {
            tracing::error!(
                task = self.task,
                object,
                error = said,
                "a task can't do its work for one object, which waits"
            );
        }
        self.runs.trouble(self.task);
        let mut write = self.begin().await?;
        write.note_trouble(self.task, object, said).await?;
        write.commit().await?;
        self.count().await
    }

    async fn end(&self, object: &str) -> Result<(), StoreError> {
        tracing::info!(task = self.task, object, "a task does its work again for one object");
        let mut write = self.begin().await?;
        write.end_trouble(self.task, object).await?;
        write.commit().await?;
        self.count().await
    }

    async fn begin(&self) -> Result<crate::database::Write, StoreError> {
        self.store.begin(&Actor::system(self.task), self.store.now_ms()).await
    }

    async fn count(&self) -> Result<(), StoreError> {
        self.runs.troubles(&self.store.trouble_counts().await?, self.task);
        Ok(())
    }
}

/// An error with everything that led to it.
fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut at = error.source();
    while let Some(source) = at {
        said.push_str(": ");
        said.push_str(&source.to_string());
        at = source.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unavailable_database_ends_a_pass() {
        let away = || StoreError::Statement(sqlx::Error::PoolTimedOut);
        let unreadable = || StoreError::Unreadable { what: "licence.kind", detail: "nonsense".into() };
        assert!(RowError::is_unavailable(&away()) && !RowError::is_unavailable(&unreadable()));
        assert!(Refused::from(away()).is_unavailable() && !Refused::NotFound.is_unavailable());
        assert!(PassError::from(Refused::from(away())).is_unavailable() && !PassError::Panicked.is_unavailable());
        assert!(!PassError::from(unreadable()).is_unavailable());
    }
}
