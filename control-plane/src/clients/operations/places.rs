//! Clients on the map.

use crate::clients::model::gazetteer::locate;
use crate::clients::model::{Client, ClientState};
use crate::database::{StoreError, Write};

/// Puts a client on the map, by its country and postal code; one that was anonymised is taken off.
///
/// # Errors
/// When the database is away.
pub async fn client(write: &mut Write, client: &Client) -> Result<(), StoreError> {
    let shown = client.state != ClientState::Anonymised;
    let at = shown.then(|| locate(client.country, client.postal_code.as_deref())).flatten();
    write.place_client(client, at).await
}
