//! `/v1/transactions` and `/v1/statements`: what was done in the ledger.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::kernel::ids::{LedgerTxId, WalletId};
use crate::kernel::money::Money;
use crate::kernel::month::Month;
use crate::kernel::scope::Scope;
use crate::money::model::ledger::{SourceKind, Step};
use crate::money::operations::statements;
use crate::money::store::transactions::{LedgerTx, TxFilter};
use crate::web::Api;
use crate::web::body::Query;
use crate::web::caller::Caller;
use crate::web::csv::{Format, table};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::time::written;

/// A transaction of the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Transaction {
    /// Its identity: `ltx_…`.
    #[schema(value_type = String)]
    id: LedgerTxId,
    /// The wallet.
    #[schema(value_type = String)]
    wallet: WalletId,
    /// The partner whose it is.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// What was done.
    step: Step,
    /// For what.
    source: TransactionSource,
    /// How much was moved, wherever it went.
    amount: Money,
    /// What it did to the wallet: nothing, where what was held is earned.
    change: Money,
    /// What was in the wallet then.
    balance: Money,
    /// A payment's reference, an adjustment's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// What moved money.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransactionSource {
    /// What kind of thing.
    kind: SourceKind,
    /// Its identity.
    id: String,
}

/// Which transactions are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TransactionsQuery {
    /// Only those of this partner.
    #[param(value_type = Option<String>)]
    partner: Option<PartnerId>,
    /// Only those of this wallet.
    #[param(value_type = Option<String>)]
    wallet: Option<WalletId>,
}

/// A wallet's month.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Statement {
    /// The wallet.
    #[schema(value_type = String)]
    wallet: WalletId,
    /// The partner whose it is.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// The month, in UTC: `2026-11`.
    month: String,
    /// What was in the wallet when it began.
    opening: Money,
    /// What was in the wallet when it ended.
    closing: Money,
    /// What changed it, oldest first.
    lines: Vec<Transaction>,
}

/// Which statement is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatementQuery {
    /// The wallet.
    #[param(value_type = String)]
    wallet: WalletId,
    /// The month, in UTC: `2026-11`.
    #[param(pattern = "^[0-9]{4}-[0-9]{2}$")]
    month: String,
    /// `json`, as when not given, or `csv`.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// Lists transactions.
#[utoipa::path(get, path = "/v1/transactions", tag = "money", params(Pages, TransactionsQuery),
    responses((status = 200, body = Items<Transaction>), (status = "default", body = ProblemDocument)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    List(pages, query): List<TransactionsQuery>,
) -> Result<Json<Items<Transaction>>, Problem> {
    let reach = caller.may(Scope::BalanceRead)?;
    let filter = TxFilter { partner: query.partner, wallet: query.wallet };
    // A page is in the order of numbers.
    let found = api.inner.store.transactions(&reach, &filter, &pages.page_after::<i64>()?).await?;
    Ok(Json(pages.items(found, |tx| tx.seq.to_string(), Transaction::from)))
}

/// Shows what changed a wallet in a month.
#[utoipa::path(get, path = "/v1/statements", tag = "money", params(StatementQuery),
    responses(
        (status = 200, content((Statement = "application/json"), (String = "text/csv"))),
        (status = "default", body = ProblemDocument)))]
pub(crate) async fn statement(
    State(api): State<Api>,
    caller: Caller,
    Query(asked): Query<StatementQuery>,
) -> Result<Response, Problem> {
    let reach = caller.may(Scope::BalanceRead)?;
    let month: Month = asked
        .month
        .parse()
        .map_err(|_| Problem::bad_query("month is written as 2026-11.", "month s’écrit comme 2026-11."))?;
    let found = statements::of_month(&api.inner.store, &reach, asked.wallet, month).await?;
    match asked.format {
        Format::Json => Ok(Json(Statement::from(found)).into_response()),
        Format::Csv => as_table(found),
    }
}

fn as_table(statement: statements::Statement) -> Result<Response, Problem> {
    let name = format!("statement-{}-{}", statement.wallet.currency.code(), statement.month);
    let head = ["at", "step", "source", "source_id", "change", "balance", "currency", "note"];
    let row = |line: LedgerTx| {
        let shown = Transaction::from(line);
        let source = serde_json::to_value(shown.source.kind).unwrap_or_default();
        let step = serde_json::to_value(shown.step).unwrap_or_default();
        vec![
            shown.at,
            step.as_str().unwrap_or_default().to_owned(),
            source.as_str().unwrap_or_default().to_owned(),
            shown.source.id,
            shown.change.decimal(),
            shown.balance.decimal(),
            shown.change.currency.code().to_owned(),
            shown.note.unwrap_or_default(),
        ]
    };
    table(&name, &head, statement.lines.into_iter().map(row))
}

impl From<LedgerTx> for Transaction {
    fn from(tx: LedgerTx) -> Self {
        let money = |minor| Money { minor, currency: tx.currency };
        Self {
            id: tx.id,
            wallet: tx.wallet,
            partner: tx.partner,
            at: written(tx.at_ms),
            step: tx.step,
            amount: money(tx.amount),
            change: money(tx.change),
            balance: money(tx.balance),
            source: TransactionSource { kind: tx.source.kind, id: tx.source.id },
            note: tx.note,
        }
    }
}

impl From<statements::Statement> for Statement {
    fn from(statement: statements::Statement) -> Self {
        let money = |minor| Money { minor, currency: statement.wallet.currency };
        Self {
            wallet: statement.wallet.id,
            partner: statement.wallet.partner,
            month: statement.month.to_string(),
            opening: money(statement.opening),
            closing: money(statement.closing),
            lines: statement.lines.into_iter().map(Transaction::from).collect(),
        }
    }
}
