//! The rules of orders, which operators change: every order notes the version that it was placed under.

use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Whose, Write};
use crate::kernel::fault::FieldFault;
use crate::kernel::language::Sentence;
use crate::orders::model::OrderPolicy;

/// The rules, as they are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyChange {
    /// How many days something may be taken back.
    pub void_days: i64,
    /// How many days a trial protects its client.
    pub claim_days: i64,
}

/// No rule is of more days.
const MOST_DAYS: i64 = 3650;

/// Changes the rules. What is so already changes nothing.
///
/// # Errors
/// [`Refused`].
pub async fn change_policy(write: &mut Write, change: PolicyChange) -> Result<OrderPolicy, Refused> {
    let before = write.order_policy().await?;
    let void_days = days("/void_days", change.void_days)?;
    let claim_days = days("/claim_days", change.claim_days)?;
    if (void_days, claim_days) == (before.void_days, before.claim_days) {
        return Ok(before);
    }
    let policy = OrderPolicy { version: before.version + 1, void_days, claim_days, since_ms: write.now_ms() };
    write.add_order_policy(&policy).await?;
    let audit_detail = |policy: &OrderPolicy| json!({ "void_days": policy.void_days, "claim_days": policy.claim_days });
    let detail = json!({ "version": policy.version, "before": audit_detail(&before), "after": audit_detail(&policy) });
    write.audit("order_policy.changed", &"order_policy", Whose::VENDOR, detail);
    Ok(policy)
}

fn days(pointer: &str, days: i64) -> Result<i64, FieldFault> {
    if (0..=MOST_DAYS).contains(&days) {
        return Ok(days);
    }
    let said = Sentence::fixed("Days are 0 to 3650.", "Les jours vont de 0 à 3650.");
    Err(FieldFault::new(pointer, "out-of-range", said))
}
