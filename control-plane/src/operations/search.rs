//! One search over everything that has a name or a number. What is found is what who asks may read.

use super::Refused;
use crate::model::client::Client;
use crate::model::email::Email;
use crate::model::order::Order;
use crate::model::principal::Reach;
use crate::model::search::{self, SearchKind};
use crate::model::tenant::Tenant;
use crate::store::{Found, Indexed, Partner, Query, Store, StoreError, Whose, Write};

/// Finds what each word begins a word of, among these kinds.
///
/// # Errors
/// [`Refused`].
pub async fn find(
    store: &Store,
    reach: &Reach,
    text: &str,
    kinds: Vec<SearchKind>,
    limit: usize,
) -> Result<Vec<Found>, Refused> {
    let words = search::asked(text);
    if words.is_empty() || kinds.is_empty() {
        return Ok(Vec::new());
    }
    Ok(store.search(reach, &Query { words, kinds, limit }).await?)
}

/// Makes a tenant found by its name.
///
/// # Errors
/// When the database is away.
pub async fn tenant(write: &mut Write, tenant: &Tenant) -> Result<(), StoreError> {
    let whose = Whose::tenant(tenant.partner, tenant.id);
    let (object, texts) = (tenant.id.to_string(), [tenant.name.as_str()]);
    write.index(&Indexed { kind: SearchKind::Tenant, object: &object, whose, label: &tenant.name, texts: &texts }).await
}

/// Makes a client found by its name and mail address, or by nothing once it is anonymised.
///
/// # Errors
/// When the database is away.
pub async fn client(write: &mut Write, client: &Client) -> Result<(), StoreError> {
    let (kind, object, whose) = (SearchKind::Client, client.id.to_string(), Whose::partner(client.partner));
    if client.anonymised_ms.is_some() {
        return write.unindex(kind, &object, whose).await;
    }
    let email = client.email.as_ref().map(Email::compared).unwrap_or_default();
    let texts = [client.company.as_str(), email];
    write.index(&Indexed { kind, object: &object, whose, label: &client.company, texts: &texts }).await
}

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

/// Makes a partner found by its name.
///
/// # Errors
/// When the database is away.
pub async fn partner(write: &mut Write, partner: &Partner) -> Result<(), StoreError> {
    let (object, texts) = (partner.id.to_string(), [partner.name.as_str(), partner.brand.name.as_str()]);
    let (kind, whose) = (SearchKind::Partner, Whose::partner(partner.id));
    write.index(&Indexed { kind, object: &object, whose, label: &partner.name, texts: &texts }).await
}
