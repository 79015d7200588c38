//! Keeps licences found by their serial number.

use crate::database::{Indexed, Whose, Write};
use crate::kernel::search::SearchKind;
use crate::licences::model::Licence;

impl Write {
    /// Makes a new licence found by its serial number.
    pub(crate) fn index_licence(&mut self, licence: &Licence) {
        let (kind, object) = (SearchKind::Licence, licence.id.to_string());
        let whose = Whose::tenant(licence.partner, licence.tenant);
        let serial = licence.serial.to_string();
        self.index_new(&Indexed { kind, object: &object, whose, label: &serial, texts: &[&serial] });
    }

    /// Makes a licence found no more once it counts no more: another one may have its serial number.
    pub(crate) fn unindex_licence(&mut self, licence: &Licence) {
        if licence.voided_ms.is_some() || licence.superseded.is_some() {
            let whose = Whose::tenant(licence.partner, licence.tenant);
            self.unindex(SearchKind::Licence, &licence.id.to_string(), whose);
        }
    }
}
