//! Orders, as they are found.

use crate::database::{Indexed, Whose, Write};
use crate::kernel::search::SearchKind;
use crate::orders::model::Order;

/// Makes a new order found by its number and the partner's own.
pub fn placed(write: &mut Write, order: &Order) {
    let texts = [order.number.as_str(), order.po_number.as_deref().unwrap_or_default()];
    let (object, whose) = (order.id.to_string(), Whose::partner(order.partner));
    let order = Indexed { kind: SearchKind::Order, object: &object, whose, label: &order.number, texts: &texts };
    write.index_new(&order);
}

/// Makes an order that was taken back found no more.
pub fn voided(write: &mut Write, order: &Order) {
    write.unindex(SearchKind::Order, &order.id.to_string(), Whose::partner(order.partner));
}
