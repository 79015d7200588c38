//! Partners, as they are found.

use crate::database::{Indexed, Whose, Write};
use crate::kernel::search::SearchKind;
use crate::partners::model::Partner;

/// Makes a partner found by its name.
pub fn partner(write: &mut Write, partner: &Partner) {
    let (object, texts) = (partner.id.to_string(), [partner.name.as_str(), partner.brand.name.as_str()]);
    let (kind, whose) = (SearchKind::Partner, Whose::partner(partner.id));
    write.index(&Indexed { kind, object: &object, whose, label: &partner.name, texts: &texts });
}
