//! Keeps licences found by their serial number.

use crate::database::{Indexed, StoreError, Whose, Write};
use crate::kernel::search::SearchKind;
use crate::licences::model::Licence;

impl Write {
    /// Makes a licence found by its serial number.
    pub(crate) async fn index_licence(&mut self, licence: &Licence) -> Result<(), StoreError> {
        let (kind, object) = (SearchKind::Licence, licence.id.to_string());
        let whose = Whose::tenant(licence.partner, licence.tenant);
        let serial = licence.serial.to_string();
        self.index(&Indexed { kind, object: &object, whose, label: &serial, texts: &[&serial] }).await
    }

    /// Makes a licence found no more once it counts no more: another one may have its serial number.
    pub(crate) async fn unindex_licence(&mut self, licence: &Licence) -> Result<(), StoreError> {
        if licence.voided_ms.is_none() && licence.superseded.is_none() {
            return Ok(());
        }
        let whose = Whose::tenant(licence.partner, licence.tenant);
        self.unindex(SearchKind::Licence, &licence.id.to_string(), whose).await
    }
}
