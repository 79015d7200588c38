//! Partners' payments, as rows.

use marque_config::PartnerId;

use super::ledger::currency;
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::PaymentId;
use crate::kernel::money::Money;
use crate::kernel::principal::Reach;

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Its identity.
    pub id: PaymentId,
    /// Who paid.
    pub partner: PartnerId,
    /// How much.
    pub amount: Money,
    /// As it stands on the account's statement.
    pub reference: String,
    /// When it was recorded, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

// In the order in which the ledger has them.
const SAME: &str = "select ledger_payment.id from ledger_payment join ledger_tx on ledger_tx.source_kind = 'payment'
    and ledger_tx.source_id = ledger_payment.id
    where ledger_payment.partner_id = $1 and ledger_payment.currency = $2 and ledger_payment.amount = $3
    and ledger_payment.compared = $4 order by ledger_tx.seq desc limit 1";

type Row = (String, String, String, i64, String, i64);

const SELECT: &str = "select id, partner_id, currency, amount, reference, created_ms from ledger_payment";

impl Store {
    /// One payment within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn payment(&self, reach: &Reach, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let one = Statement::of(SELECT).narrowed("id = ?1", Some(id.to_string()));
        one.within_partner("partner_id", reach).row(self.reader()).await?.map(read).transpose()
    }

    /// The payments within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn payments(&self, reach: &Reach, page: &Page) -> Result<Vec<Payment>, StoreError> {
        let list = Statement::of(SELECT).within_partner("partner_id", reach).page("id", page);
        list.rows(self.reader()).await?.into_iter().map(read).collect()
    }
}

impl Write {
    /// The newest payment that looks the same: of the partner, with the amount and the reference.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn same_payment(&mut self, payment: &Payment) -> Result<Option<PaymentId>, StoreError> {
        let id: Option<String> = sqlx::query_scalar(SAME)
            .bind(payment.partner.to_string())
            .bind(payment.amount.currency.code())
            .bind(payment.amount.minor)
            .bind(compared(&payment.reference))
            .fetch_optional(self.connection())
            .await?;
        id.map(|id| parsed("ledger_payment.id", &id)).transpose()
    }

    /// Adds a payment.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_payment(&mut self, payment: &Payment) -> Result<(), StoreError> {
        let recorded_by = self.actor().to_string();
        sqlx::query(
            "insert into ledger_payment (id, partner_id, currency, amount, reference, compared, recorded_by,
             created_ms) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(payment.id.to_string())
        .bind(payment.partner.to_string())
        .bind(payment.amount.currency.code())
        .bind(payment.amount.minor)
        .bind(&payment.reference)
        .bind(compared(&payment.reference))
        .bind(recorded_by)
        .bind(payment.created_ms)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}

/// A reference as it is compared: two people don't type capitals and spaces alike.
fn compared(reference: &str) -> String {
    reference.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn read((id, partner, code, minor, reference, created_ms): Row) -> Result<Payment, StoreError> {
    Ok(Payment {
        id: parsed("ledger_payment.id", &id)?,
        partner: parsed("ledger_payment.partner_id", &partner)?,
        amount: Money { minor, currency: currency("ledger_payment.currency", &code)? },
        reference,
        created_ms,
    })
}
