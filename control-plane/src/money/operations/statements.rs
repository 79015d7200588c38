//! Statements: what changed a wallet in a month, from one balance to the next.

use crate::database::Store;
use crate::database::refused::Refused;
use crate::kernel::fault::Conflict;
use crate::kernel::ids::WalletId;
use crate::kernel::month::{Month, MonthError};
use crate::kernel::principal::Reach;
use crate::money::model::ledger::Wallet;
use crate::money::store::transactions::LedgerTx;

/// What changed a wallet in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The wallet, as it is now.
    pub wallet: Wallet,
    /// The month.
    pub month: Month,
    /// What was in it when the month began.
    pub opening: i64,
    /// What was in it when the month ended.
    pub closing: i64,
    /// What changed it, oldest first.
    pub lines: Vec<LedgerTx>,
}

/// The most lines of one statement.
const MOST: i64 = 50_000;

impl Conflict {
    /// A statement would be longer than one can be.
    pub const STATEMENT_TOO_LONG: Self = Self::new(
        "statement-too-long",
        "The month has too many transactions for one statement: read them page by page.",
        "Ce mois a trop d’opérations pour un seul relevé : lisez-les page par page.",
    );
}

/// A wallet's month.
///
/// # Errors
/// [`Refused`].
pub async fn of_month(store: &Store, reach: &Reach, id: WalletId, month: Month) -> Result<Statement, Refused> {
    let wallet = store.wallet(reach, id).await?.ok_or(Refused::NotFound)?;
    let (from_ms, before_ms) = month.stretch().map_err(|MonthError| Refused::NotFound)?;
    let lines = store.wallet_changes(id, (from_ms, before_ms), MOST + 1).await?;
    if lines.len() > usize::try_from(MOST).unwrap_or(usize::MAX) {
        return Err(Conflict::STATEMENT_TOO_LONG.into());
    }
    let opening = store.wallet_balance_at(id, from_ms).await?;
    // Of what is told, not asked anew: what was written meanwhile is in neither.
    let closing = lines.iter().fold(opening, |balance, line| balance.saturating_add(line.change));
    Ok(Statement { wallet, month, opening, closing, lines })
}
