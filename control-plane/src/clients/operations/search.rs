//! Clients, as they are found.

use crate::clients::model::Client;
use crate::database::{Indexed, StoreError, Whose, Write};
use crate::kernel::email::Email;
use crate::kernel::search::SearchKind;

/// Makes a client found by its name and mail address, or by nothing once it is anonymised.
///
/// # Errors
/// When the database is away.
pub async fn client(write: &mut Write, client: &Client) -> Result<(), StoreError> {
    let (kind, object, whose) = (SearchKind::Client, client.id.to_string(), Whose::partner(client.partner));
    if client.anonymised_at.is_some() {
        return write.unindex(kind, &object, whose).await;
    }
    let email = client.email.as_ref().map(Email::compared).unwrap_or_default();
    let texts = [client.company.as_str(), email];
    write.index(&Indexed { kind, object: &object, whose, label: &client.company, texts: &texts }).await
}
