//! `/v1/balance` and `/v1/wallets`: what partners have, by currency.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use iso_currency::Currency;
use marque_config::PartnerId;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::kernel::ids::WalletId;
use crate::kernel::money::Money;
use crate::kernel::scope::Scope;
use crate::money::model::ledger;
use crate::money::operations::wallets::{self, NewWallet, WalletChange};
use crate::web::Api;
use crate::web::body::{Input, PathId};
use crate::web::caller::Caller;
use crate::web::once::{Outcome, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// What a partner has in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Wallet {
    /// Its identity: `wal_…`.
    #[schema(value_type = String)]
    id: WalletId,
    /// The partner whose it is.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// What is in it, without what is held; below zero where credit is used.
    balance: Money,
    /// What is held for what isn't done yet.
    pending: Money,
    /// How far below zero it may go.
    credit_limit: Money,
    /// What can be spent.
    available: Money,
    /// The partner is told when less than this can be spent.
    #[serde(skip_serializing_if = "Option::is_none")]
    warn_below: Option<Money>,
    /// Whether less can be spent.
    is_low: bool,
    /// When it was opened.
    #[schema(format = DateTime)]
    created_at: String,
}

/// Which wallets are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WalletsQuery {
    /// Only those of this partner.
    #[param(value_type = Option<String>)]
    partner: Option<PartnerId>,
}

/// A wallet to open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WalletToOpen {
    /// The partner whose it is.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// Its currency, ISO 4217.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$")]
    currency: Currency,
    /// How far below zero it may go, in the currency's minor unit; 0 when not given.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    credit_limit: i64,
    /// The partner is told when less than this can be spent.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    warn_below: Option<i64>,
}

/// What is to change of a wallet, in its currency's minor unit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WalletToChange {
    /// How far below zero it may go.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    credit_limit: Option<i64>,
    /// The partner is told when less than this can be spent; null: it is never told.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000_000_i64)]
    warn_below: Option<Option<i64>>,
}

/// Tells what is null from what is absent.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Shows what a partner has, one wallet for each currency.
#[utoipa::path(get, path = "/v1/balance", tag = "money", params(Pages, WalletsQuery),
    responses((status = 200, body = Items<Wallet>), (status = "default", body = ProblemDocument)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    List(pages, query): List<WalletsQuery>,
) -> Result<Json<Items<Wallet>>, Problem> {
    let reach = caller.may(Scope::BalanceRead)?;
    let found = api.inner.store.wallets(&reach, query.partner, &pages.page()?).await?;
    Ok(Json(pages.items(found, |wallet| wallet.id.to_string(), Wallet::from)))
}

/// Opens a wallet. Wallets open by themselves too, without credit, when something is paid or charged first.
#[utoipa::path(post, path = "/v1/wallets", tag = "money", request_body = WalletToOpen,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Wallet), (status = "default", body = ProblemDocument)))]
pub(crate) async fn open(
    State(api): State<Api>,
    caller: Caller,
    post: Post<WalletToOpen>,
) -> Result<Response, Outcome> {
    let reach = caller.may_as_operator(Scope::BalanceWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let WalletToOpen { partner, currency, credit_limit, warn_below } = input;
    let new = NewWallet { partner, currency, credit_limit, warn_below };
    let wallet = wallets::open(&mut doing.write, &reach, new).await?;
    doing.done(StatusCode::CREATED, &Wallet::from(wallet)).await
}

/// Shows a wallet.
#[utoipa::path(get, path = "/v1/wallets/{id}", tag = "money", params(("id" = String, Path)),
    responses((status = 200, body = Wallet), (status = "default", body = ProblemDocument)))]
pub(crate) async fn one(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<WalletId>,
) -> Result<Versioned<Wallet>, Problem> {
    let reach = caller.may(Scope::BalanceRead)?;
    Ok(Versioned(wallets::one(&api.inner.store, &reach, id).await?.into()))
}

/// Changes how far a wallet may go below zero, and when the partner is warned.
#[utoipa::path(patch, path = "/v1/wallets/{id}", tag = "money",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = WalletToChange,
    responses((status = 200, body = Wallet), (status = "default", body = ProblemDocument)))]
pub(crate) async fn change(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<WalletId>,
    seen: IfMatch,
    input: Input<WalletToChange>,
) -> Result<Versioned<Wallet>, Problem> {
    let reach = caller.may_as_operator(Scope::BalanceWrite)?;
    let input = input.read(&reach)?;
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    let current = wallets::current(&mut write, &reach, id).await?;
    seen.check(&Wallet::from(current))?;
    let change = WalletChange { credit_limit: input.credit_limit, warn_below: input.warn_below };
    let wallet = wallets::change(&mut write, &reach, id, change).await?;
    write.commit().await?;
    Ok(Versioned(wallet.into()))
}

impl From<ledger::Wallet> for Wallet {
    fn from(wallet: ledger::Wallet) -> Self {
        let money = |minor| Money { minor, currency: wallet.currency };
        Self {
            id: wallet.id,
            partner: wallet.partner,
            balance: money(wallet.balance),
            pending: money(wallet.pending),
            credit_limit: money(wallet.credit_limit),
            available: money(wallet.available()),
            warn_below: wallet.warn_below.map(money),
            is_low: wallet.is_low,
            created_at: written(wallet.created_ms),
        }
    }
}
