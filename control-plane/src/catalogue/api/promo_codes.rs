//! `/v1/promo-codes`

use axum::Json;
use axum::http::StatusCode;
use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::basket::{BasketAsked, PriceShown};
use super::price_versions::moment;
use crate::catalogue::model::promo::{AppliesTo, Discount, Lasts, Promo, PromoState, PromoTerms};
use crate::catalogue::operations::promos::codes::{self, Ends, NewPromo};
use crate::catalogue::operations::{limit, prices};
use crate::database::refused::Refused;
use crate::kernel::ids::{ClientId, PlanId, PromoId};
use crate::kernel::money::Money;
use crate::kernel::scope::Scope;
use crate::kernel::term::Term;
use crate::web::body::{Input, Nothing, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// A promo code.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PromoCode {
    /// Its identity: `prm_…`.
    #[schema(value_type = String)]
    id: PromoId,
    /// What people type, in capitals.
    code: String,
    /// Its current status.
    state: PromoState,
    #[serde(flatten)]
    gives: Gives,
    /// From when on it can be used.
    #[schema(format = DateTime)]
    from: String,
    /// Until when, that moment not included.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// How often it can be used.
    max_uses: Option<i64>,
    /// How often each partner can use it.
    max_uses_per_partner: Option<i64>,
    /// How often orders use it now.
    used: i64,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
}

/// What a promo code gives, and to whom; it never changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gives {
    /// What it takes off.
    discount: Discount,
    /// For how many periods of a subscription.
    lasts: Lasts,
    /// Off what.
    applies_to: AppliesTo,
    /// The least that the lines come to.
    minimum: Option<Money>,
    /// Whether it is only for a client's first order.
    first_order_only: bool,
    /// Only for these plans; for all of them when empty.
    #[schema(value_type = Vec<String>)]
    plans: Vec<PlanId>,
    /// Only for these terms; for all of them when empty.
    terms: Vec<Term>,
    /// Only for these partners; for all of them when empty.
    #[schema(value_type = Vec<String>)]
    partners: Vec<PartnerId>,
    /// Only for these clients; for all of them when empty.
    #[schema(value_type = Vec<String>)]
    clients: Vec<ClientId>,
}

/// A promo code to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromoCodeToAdd {
    /// What people type: letters, digits, `-` and `_`, in any case; unique.
    #[schema(min_length = 3, max_length = 40)]
    code: String,
    /// What it takes off.
    discount: Discount,
    /// For how many periods of a subscription; once when not given.
    #[serde(default = "once")]
    lasts: Lasts,
    /// Off what; everything when not given.
    #[serde(default = "everything")]
    applies_to: AppliesTo,
    /// The least that the lines come to.
    #[serde(default)]
    minimum: Option<Money>,
    /// Whether it is only for a client's first order.
    #[serde(default)]
    first_order_only: bool,
    /// Only for these plans; for all of them when empty.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    plans: Vec<PlanId>,
    /// Only for these terms; for all of them when empty.
    #[serde(default)]
    #[schema(max_items = 100)]
    terms: Vec<Term>,
    /// Only for these partners; for all of them when empty.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    partners: Vec<PartnerId>,
    /// Only for these clients; for all of them when empty.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    clients: Vec<ClientId>,
    /// From when on it can be used; now when not given.
    #[serde(default)]
    #[schema(format = DateTime)]
    from: Option<String>,
    /// Until when, that moment not included.
    #[serde(default)]
    #[schema(format = DateTime)]
    until: Option<String>,
    /// How often it can be used.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_uses: Option<i64>,
    /// How often each partner can use it.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_uses_per_partner: Option<i64>,
}

/// When a promo code ends; whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromoCodeEnds {
    /// Until when, that moment not included; null for no end.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// How often it can be used: at least as often as it is; null for any number.
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_uses: Option<i64>,
    /// How often each partner can use it; null for any number.
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_uses_per_partner: Option<i64>,
}

/// What a promo code would do for a basket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PromoChecked {
    /// Whether it can be used.
    usable: bool,
    /// Why it can't, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Why it can't, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// What the basket costs: with the code where it can be used, else without.
    price: PriceShown,
}

fn once() -> Lasts {
    Lasts::Once
}

fn everything() -> AppliesTo {
    AppliesTo::Everything
}

/// Adds a promo code. What it gives never changes.
#[utoipa::path(post, path = "/v1/promo-codes", tag = "promo codes", request_body = PromoCodeToAdd,
    params(IdempotencyKey), responses((status = 201, body = PromoCode)))]
pub(crate) async fn create(caller: Caller, post: Post<PromoCodeToAdd>) -> Answer {
    let reach = caller.may_as_operator(Scope::PromosWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let promo = codes::create(&mut doing.write, input.promo()?).await?;
    let now_ms = doing.write.now_ms();
    doing.done(StatusCode::CREATED, &PromoCode::new(promo, now_ms)).await
}

/// Lists promo codes.
#[utoipa::path(get, path = "/v1/promo-codes", tag = "promo codes", params(Pages),
    responses((status = 200, body = Items<PromoCode>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<PromoCode>>, Problem> {
    caller.may_as_operator(Scope::PromosRead)?;
    let found = caller.store().promos(&pages.page()?).await?;
    let now_ms = caller.store().now_ms();
    Ok(Json(pages.items(found, |promo| promo.id.to_string(), |promo| PromoCode::new(promo, now_ms))))
}

/// Shows a promo code.
#[utoipa::path(get, path = "/v1/promo-codes/{id}", tag = "promo codes", responses((status = 200, body = PromoCode)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<PromoId>) -> Result<Versioned<PromoCode>, Problem> {
    caller.may_as_operator(Scope::PromosRead)?;
    let promo = codes::one(caller.store(), id).await?;
    Ok(Versioned(PromoCode::new(promo, caller.store().now_ms())))
}

/// Says when a promo code ends.
#[utoipa::path(put, path = "/v1/promo-codes/{id}/ends", tag = "promo codes", request_body = PromoCodeEnds,
    params(IfMatch), responses((status = 200, body = PromoCode)))]
pub(crate) async fn change(update: Update<PromoId, PromoCodeEnds>) -> Updated<PromoCode> {
    let reach = update.caller.may_as_operator(Scope::PromosWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    let ends = Ends {
        until_ms: moment("/until", input.until.as_deref())?,
        max_uses: input.max_uses,
        max_uses_per_partner: input.max_uses_per_partner,
    };
    let now_ms = write.now_ms();
    update.seen.check(&PromoCode::new(codes::current(&mut write, update.id).await?, now_ms))?;
    let promo = codes::change(&mut write, update.id, ends).await?;
    write.commit().await?;
    Ok(Versioned(PromoCode::new(promo, now_ms)))
}

/// Ends a promo code for good. What it was given to keeps it.
#[utoipa::path(post, path = "/v1/promo-codes/{id}/revoke", tag = "promo codes", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = PromoCode)))]
pub(crate) async fn revoke(caller: Caller, PathId(id): PathId<PromoId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may_as_operator(Scope::PromosWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let promo = codes::revoke(&mut doing.write, id).await?;
    let now_ms = doing.write.now_ms();
    doing.done(StatusCode::OK, &PromoCode::new(promo, now_ms)).await
}

/// Says what a promo code would do for a basket, before it is ordered. Nothing is kept.
#[utoipa::path(post, path = "/v1/promo-codes/check", tag = "promo codes", request_body = BasketAsked,
    responses((status = 200, body = PromoChecked)))]
pub(crate) async fn check(caller: Caller, input: Input<BasketAsked>) -> Result<Json<PromoChecked>, Problem> {
    let reach = caller.may(Scope::PromosRead)?;
    let input = input.read(&reach)?;
    let store = caller.store();
    let partner = prices::orderer(store, &reach, input.partner).await?;
    let basket = input.of(partner);
    prices::check_client(store, &reach, &basket).await?;
    let (priced, unusable) = prices::check(store, &basket).await?;
    Ok(Json(PromoChecked {
        usable: unusable.is_none(),
        reason: unusable.map(|unusable| unusable.as_str().to_owned()),
        text: unusable.map(|unusable| unusable.said().text(caller.language).to_owned()),
        price: PriceShown::new(priced, caller.language),
    }))
}

impl PromoCodeToAdd {
    fn promo(self) -> Result<NewPromo, Refused> {
        let ends = Ends {
            until_ms: moment("/until", self.until.as_deref())?,
            max_uses: self.max_uses,
            max_uses_per_partner: self.max_uses_per_partner,
        };
        let terms = PromoTerms {
            discount: self.discount,
            lasts: self.lasts,
            applies_to: self.applies_to,
            minimum: self.minimum,
            first_order_only: self.first_order_only,
            plans: limit("/plans", self.plans)?,
            terms: limit("/terms", self.terms)?,
            partners: limit("/partners", self.partners)?,
            clients: limit("/clients", self.clients)?,
        };
        Ok(NewPromo { code: self.code, terms, from_ms: moment("/from", self.from.as_deref())?, ends })
    }
}

impl PromoCode {
    fn new(promo: Promo, now_ms: i64) -> Self {
        Self {
            id: promo.id,
            state: promo.state(now_ms),
            code: promo.code,
            gives: promo.terms.into(),
            from: written(promo.from_ms),
            until: promo.until_ms.map(written),
            max_uses: promo.max_uses,
            max_uses_per_partner: promo.max_uses_per_partner,
            used: promo.used,
            created_at: written(promo.created_ms),
        }
    }
}

impl From<PromoTerms> for Gives {
    fn from(terms: PromoTerms) -> Self {
        Self {
            discount: terms.discount,
            lasts: terms.lasts,
            applies_to: terms.applies_to,
            minimum: terms.minimum,
            first_order_only: terms.first_order_only,
            plans: terms.plans.into_iter().flatten().collect(),
            terms: terms.terms.into_iter().flatten().collect(),
            partners: terms.partners.into_iter().flatten().collect(),
            clients: terms.clients.into_iter().flatten().collect(),
        }
    }
}
