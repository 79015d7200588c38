//! Applications: what runs behind the edge, and how its traffic is carried and locked.

use marque_config::ApplicationId;
use marque_config::application::{self, Policy};
use marque_config::feed::Record;
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::edge::store::applications::Application;
use crate::kernel::fault::{Conflict, FieldFault, text};
use crate::kernel::language::Sentence;
use crate::kernel::principal::Reach;

/// What a new application is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApplication {
    /// Who the edge's assertions are for.
    pub name: String,
    /// What the edge does with its traffic.
    pub policy: Policy,
}

/// What may change of an application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplicationChange {
    /// A new name.
    pub name: Option<String>,
    /// A new policy, whole.
    pub policy: Option<Policy>,
}

/// Adds an application.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, new: NewApplication) -> Result<Application, Refused> {
    let application = Application {
        id: write.id(),
        name: text("/name", &new.name, 100)?,
        policy: checked(new.policy)?,
        created_ms: write.now_ms(),
    };
    if !write.add_application(&application).await? {
        return Err(Conflict::NAME_TAKEN.into());
    }
    write.audit("application.created", &application.id, Whose::VENDOR, json!({ "name": application.name }));
    write.feed(at_the_edge(&application));
    Ok(application)
}

/// Changes an application.
///
/// # Errors
/// [`Refused`].
pub async fn change(
    write: &mut Write,
    reach: &Reach,
    id: ApplicationId,
    change: ApplicationChange,
) -> Result<Application, Refused> {
    let mut application = write.application(reach, id).await?.ok_or(Refused::NotFound)?;
    let before = json!({ "name": application.name, "policy": application.policy });
    if let Some(name) = change.name {
        application.name = text("/name", &name, 100)?;
    }
    if let Some(policy) = change.policy {
        application.policy = checked(policy)?;
    }
    if !write.update_application(&application).await? {
        return Err(Conflict::NAME_TAKEN.into());
    }
    let after = json!({ "name": application.name, "policy": application.policy });
    write.audit("application.changed", &application.id, Whose::VENDOR, json!({ "before": before, "after": after }));
    write.feed(at_the_edge(&application));
    Ok(application)
}

/// One application, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, reach: &Reach, id: ApplicationId) -> Result<Application, Refused> {
    write.application(reach, id).await?.ok_or(Refused::NotFound)
}

/// One application.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: ApplicationId) -> Result<Application, Refused> {
    store.application(reach, id).await?.ok_or(Refused::NotFound)
}

fn checked(policy: Policy) -> Result<Policy, FieldFault> {
    match policy.check() {
        Ok(()) => Ok(policy),
        Err(error) => {
            let said = Sentence::new(format!("Wrong: {}.", error.detail), format!("Erroné : {}.", error.detail));
            Err(FieldFault::new(format!("/policy{}", error.pointer), "invalid-policy", said))
        }
    }
}

fn at_the_edge(application: &Application) -> Record {
    let (name, policy) = (application.name.clone(), application.policy.clone());
    Record::Application(Box::new(application::Application { id: application.id, name, policy }))
}
