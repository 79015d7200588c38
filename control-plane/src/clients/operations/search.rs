//! Clients, as they are found.

use crate::clients::model::Client;
use crate::database::{Indexed, Whose, Write};
use crate::kernel::email::Email;
use crate::kernel::search::SearchKind;

/// Makes a client found by its name and mail address, or by nothing once it is anonymised.
pub fn client(write: &mut Write, client: &Client) {
    if client.anonymised_at.is_some() {
        return write.unindex(SearchKind::Client, &client.id.to_string(), Whose::partner(client.partner));
    }
    indexed(client, |client| write.index(client));
}

/// Makes a new client found.
pub fn added(write: &mut Write, client: &Client) {
    indexed(client, |client| write.index_new(client));
}

fn indexed(client: &Client, index: impl FnOnce(&Indexed<'_>)) {
    let email = client.email.as_ref().map(Email::compared).unwrap_or_default();
    let (object, whose, texts) =
        (client.id.to_string(), Whose::partner(client.partner), [client.company.as_str(), email]);
    index(&Indexed { kind: SearchKind::Client, object: &object, whose, label: &client.company, texts: &texts });
}
