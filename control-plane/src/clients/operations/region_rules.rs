//! What a country asks of a client (S3.24). Operators change it; every client notes the version it was looked at by.

use serde_json::json;

use crate::clients::model::{Client, RegionRule, TaxIdRule, tax_id};
use crate::database::refused::Refused;
use crate::database::{Whose, Write};
use crate::kernel::fault::FieldFault;
use crate::kernel::language::Sentence;
use crate::kernel::resource::Put;
use crate::kernel::time::Time;

/// Looks at a client by the rule of its country, and writes its tax identity in its one form.
///
/// # Errors
/// [`Refused::Fields`]: `tax-id-required` or `tax-id-invalid`, at `/tax_id`.
pub async fn applied(write: &mut Write, client: Client) -> Result<Client, Refused> {
    let rule = write.region_rule(client.country).await?;
    let tax_id = client.tax_id.as_deref().map(|given| tax_id::normalised(rule.country, given));
    let tax_id = tax_id.transpose().map_err(|_| invalid())?;
    if tax_id.is_none() && rule.tax_id == TaxIdRule::Required {
        return Err(required().into());
    }
    Ok(Client { tax_id, region_rule_version: rule.version, ..client })
}

/// Changes what a country asks. What is asked already changes nothing.
///
/// # Errors
/// [`Refused`].
pub async fn set(write: &mut Write, before: RegionRule, put: Put<RegionRule>) -> Result<RegionRule, Refused> {
    let RegionRule { country, tax_id, .. } = put.over(&before)?;
    if before.tax_id == tax_id {
        return Ok(before);
    }
    let rule = RegionRule { country, version: before.version + 1, tax_id, since: Time::from_ms(write.now_ms()) };
    write.add(&rule).await?;
    let detail = json!({ "version": rule.version, "before": before.tax_id, "after": rule.tax_id });
    write.audit("region_rule.changed", &country, Whose::VENDOR, detail);
    Ok(rule)
}

fn required() -> FieldFault {
    let said = Sentence::fixed(
        "In this country a tax identity is needed.",
        "Dans ce pays, un numéro d’identification fiscale est nécessaire.",
    );
    FieldFault::new("/tax_id", "tax-id-required", said)
}

fn invalid() -> FieldFault {
    let said = Sentence::fixed(
        "This is no tax identity of this country.",
        "Ce n’est pas un numéro d’identification fiscale de ce pays.",
    );
    FieldFault::new("/tax_id", "tax-id-invalid", said)
}
