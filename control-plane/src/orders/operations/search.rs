//! Orders, as they are found.

use crate::database::{Indexed, StoreError, Whose, Write};
use crate::kernel::search::SearchKind;
use crate::orders::model::Order;

/// Makes an order found by its number and the partner's own, or by nothing once it was taken back.
///
/// # Errors
/// When the database is away.
pub async fn order(write: &mut Write, order: &Order) -> Result<(), StoreError> {
    let (kind, object, whose) = (SearchKind::Order, order.id.to_string(), Whose::partner(order.partner));
    if order.voided_ms.is_some() {
        return write.unindex(kind, &object, whose).await;
    }
    let texts = [order.number.as_str(), order.po_number.as_deref().unwrap_or_default()];
    write.index(&Indexed { kind, object: &object, whose, label: &order.number, texts: &texts }).await
}
