//! From where things were done, beside the audit trail. An event's hash covers a mark of the address: SHA-256 over a salt of
//! its own and the address. Who has both can prove where it came from; once the row here is forgotten, nobody can tell.
//! Events from before there were marks hold the address itself.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Context, SHA256};
use sqlx::AssertSqlSafe;

use super::{Chained, Store, StoreError, Write, rows};
use crate::kernel::ids::UserId;
use crate::kernel::token::hex;

/// An address with what makes its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditAddress {
    /// The address.
    pub ip: String,
    /// What is hashed along with it, hexadecimal.
    pub salt: String,
}

/// What every mark begins with, and no address.
const MARK: &str = "sha256:";
/// Events whose addresses are looked for at once.
const AT_ONCE: usize = 64;

const ADD: &str = "insert into audit_address (seq, actor, ip, salt, at_ms)";

impl AuditAddress {
    /// What an event holds instead of the address.
    #[must_use]
    pub fn mark(&self) -> String {
        let mut digest = Context::new(&SHA256);
        digest.update(self.salt.as_bytes());
        digest.update(b" ");
        digest.update(self.ip.as_bytes());
        format!("{MARK}{}", hex(digest.finish().as_ref()))
    }
}

impl Chained {
    /// From where it was done, as far as that is kept.
    #[must_use]
    pub fn ip(&self) -> Option<String> {
        let plain = self.event.ip.as_ref().filter(|ip| !ip.starts_with(MARK));
        self.address.as_ref().map(|address| address.ip.clone()).or_else(|| plain.cloned())
    }
}

impl Store {
    /// Puts to events from where they came.
    pub(crate) async fn with_addresses(&self, mut events: Vec<Chained>) -> Result<Vec<Chained>, StoreError> {
        for some in events.chunks_mut(AT_ONCE) {
            let text = format!("select seq, ip, salt from audit_address where seq in {}", rows::places(1, AT_ONCE));
            // Always as many, for each number of them is a text of its own; no event has the number 0.
            let numbers = some.iter().map(|event| event.event.seq).chain(std::iter::repeat(0)).take(AT_ONCE);
            let query = numbers.fold(sqlx::query_as(AssertSqlSafe(text)), |query, seq| query.bind(seq));
            let found: Vec<(i64, String, String)> = query.fetch_all(self.reader()).await?;
            let mut found: BTreeMap<_, _> =
                found.into_iter().map(|(seq, ip, salt)| (seq, AuditAddress { ip, salt })).collect();
            for event in some {
                event.address = found.remove(&event.event.seq);
            }
        }
        Ok(events)
    }
}

impl Write {
    /// Keeps from where events came, which has its mark in each of them.
    pub(crate) async fn add_audit_addresses(
        &mut self,
        (actor, at_ms): (&str, i64),
        addresses: &[(i64, &AuditAddress)],
    ) -> Result<(), StoreError> {
        if addresses.is_empty() {
            return Ok(());
        }
        let text = rows::insert(ADD, (addresses.len(), 5), |first| rows::places(first, 5));
        let add = addresses.iter().fold(sqlx::query(text), |add, (seq, address)| {
            add.bind(*seq).bind(actor.to_owned()).bind(&address.ip).bind(&address.salt).bind(at_ms)
        });
        add.execute(self.connection()).await?;
        Ok(())
    }

    /// Forgets from where a person did what they did.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget_audit_addresses_of(&mut self, user: UserId) -> Result<(), StoreError> {
        sqlx::query("delete from audit_address where actor = $1")
            .bind(user.to_string())
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
