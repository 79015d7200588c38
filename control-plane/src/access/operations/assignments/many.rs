//! Many assignments at once: a set that takes the place of what there was, or an addition with a word on each.

use std::collections::BTreeSet;

use marque_config::TenantId;
use serde::Serialize;
use utoipa::ToSchema;

use super::{NewAssignment, begin, end, fit, may_be};
use crate::access::model::{Assignment, AssignmentState};
use crate::database::Write;
use crate::database::refused::Refused;
use crate::kernel::fault::{FieldFault, unknown};
use crate::kernel::language::Sentence;
use crate::kernel::principal::Reach;

/// The most spaces that are named at once.
const MOST: usize = 100;

/// What became of one of many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AssignmentOutcome)]
pub struct Outcome {
    /// The space.
    #[schema(value_type = String)]
    pub tenant: TenantId,
    /// The assignment, where one was made.
    #[serde(rename = "assignment", skip_serializing_if = "Option::is_none")]
    pub made: Option<Assignment>,
    /// The code of what stood against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<&'static str>,
}

/// What a new set changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Replaced {
    /// Made.
    pub added: Vec<Assignment>,
    /// Ended.
    pub removed: Vec<Assignment>,
    /// As they were.
    pub kept: Vec<Assignment>,
}

/// Assigns a collaborator to several spaces: what can't be done for one is said of it, and the others are done.
///
/// # Errors
/// [`Refused`], when nothing is done for any.
pub async fn bulk(
    write: &mut Write,
    reach: &Reach,
    tenants: &[TenantId],
    new: NewAssignment,
) -> Result<Vec<Outcome>, Refused> {
    let tenants = distinct(tenants)?;
    let collaborator = write.collaborator(reach, new.collaborator).await?;
    let collaborator = collaborator.ok_or_else(|| unknown("/collaborator"))?;
    may_be(write, reach, &collaborator, new.role).await?;
    let mut outcomes = Vec::new();
    for tenant in tenants {
        // Nothing is written before it is known to fit, so that each is done whole or not at all.
        let outcome = match fit(write, reach, &collaborator, new.role, tenant).await {
            Ok(fitting) => {
                let made = begin(write, &collaborator, &fitting, &new).await?;
                Outcome { tenant, made: Some(made), refused: None }
            }
            Err(Refused::Conflict(conflict)) => Outcome { tenant, made: None, refused: Some(conflict.code()) },
            Err(Refused::Fields(_) | Refused::NotFound) => {
                Outcome { tenant, made: None, refused: Some("unknown-reference") }
            }
            Err(other) => return Err(other),
        };
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// Makes the spaces that a collaborator follows in a role exactly these: all of it, or nothing.
///
/// # Errors
/// [`Refused`].
pub async fn replace(
    write: &mut Write,
    reach: &Reach,
    tenants: &[TenantId],
    new: NewAssignment,
) -> Result<Replaced, Refused> {
    let wanted = distinct(tenants)?;
    let collaborator = write.collaborator(reach, new.collaborator).await?.ok_or(Refused::NotFound)?;
    let now_ms = write.now_ms();
    let open = write.open_assignments(Some(collaborator.id), None, Some(new.role)).await?;
    let (open, _over): (Vec<_>, Vec<_>) = open.into_iter().partition(|open| open.clone().at(now_ms).is_open());
    let (kept, gone): (Vec<_>, Vec<_>) = open.into_iter().partition(|open| wanted.contains(&open.tenant));
    let there: BTreeSet<_> = kept.iter().map(|kept| kept.tenant).collect();
    let mut replaced = Replaced { kept, ..Replaced::default() };
    let missing: Vec<_> = wanted.iter().enumerate().filter(|(_, tenant)| !there.contains(tenant)).collect();
    if !missing.is_empty() {
        may_be(write, reach, &collaborator, new.role).await?;
    }
    for (place, tenant) in missing {
        let fitting = fit(write, reach, &collaborator, new.role, *tenant).await.map_err(|refused| match refused {
            Refused::Fields(_) => unknown(&format!("/tenants/{place}")).into(),
            other => other,
        })?;
        replaced.added.push(begin(write, &collaborator, &fitting, &new).await?);
    }
    for gone in gone {
        replaced.removed.push(end(write, gone, AssignmentState::Removed).await?);
    }
    Ok(replaced)
}

/// Each once, in the order given.
fn distinct(tenants: &[TenantId]) -> Result<Vec<TenantId>, Refused> {
    if tenants.len() > MOST {
        let (english, french) = (format!("At most {MOST} at once."), format!("{MOST} au plus à la fois."));
        return Err(FieldFault::new("/tenants", "too-many", Sentence::new(english, french)).into());
    }
    let mut seen = BTreeSet::new();
    Ok(tenants.iter().copied().filter(|tenant| seen.insert(*tenant)).collect())
}
