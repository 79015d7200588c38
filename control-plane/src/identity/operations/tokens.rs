//! API tokens: made, shown once, known by their hash, revoked.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use ipnet::IpNet;
use marque_config::TokenId;
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Signal, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::language::Sentence;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::scope::Scope;
use crate::kernel::time::Time;
use crate::kernel::token::{Mode, Token, TokenLimits, TokenText};

/// What a new token is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What it is for, for people.
    pub name: String,
    /// On whose behalf.
    pub principal: Principal,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// When it ends, milliseconds since 1970, UTC.
    pub expires_ms: Option<i64>,
}

/// What limits who makes a token.
#[derive(Debug, Clone, Copy)]
pub enum Maker<'a> {
    /// Has access to the machine: may give what it likes, for as long as it likes.
    Machine,
    /// Holds these scopes, within these limits: gives no more, on no other's behalf unless it is an operator.
    Holder(&'a BTreeSet<Scope>, &'a TokenLimits),
}

impl Conflict {
    /// Another token took its place.
    pub const TOKEN_ROLLED: Self =
        Self::new("token-rolled", "Another token has taken its place already.", "Un autre jeton a déjà pris sa place.");
}

const YEAR_MS: i64 = 366 * 86_400_000;

/// The longest that a token goes on beside the one that takes its place.
pub const OVERLAP_MS: i64 = 7 * 86_400_000;
const MOST: usize = 100;
/// The most requests a minute that a token may be given.
const MOST_REQUESTS: u32 = 600_000;

/// Makes a token without other limits than its scopes. Its text is shown to who asked and kept nowhere.
///
/// # Errors
/// [`Refused`].
pub async fn create(
    write: &mut Write,
    reach: &Reach,
    maker: Maker<'_>,
    new: NewToken,
) -> Result<(Token, TokenText), Refused> {
    create_limited(write, reach, maker, new, TokenLimits::default()).await
}

/// Makes a token with limits. Its text is shown to who asked and kept nowhere.
///
/// # Errors
/// [`Refused`].
pub async fn create_limited(
    write: &mut Write,
    reach: &Reach,
    maker: Maker<'_>,
    new: NewToken,
    limits: TokenLimits,
) -> Result<(Token, TokenText), Refused> {
    let name = text("/name", &new.name, 100)?;
    check_scopes(reach, maker, &new)?;
    let expires_ms = expiry(write.now_ms(), maker, new.expires_ms)?;
    let exists = match new.principal {
        Principal::Partner(id) => write.partner(reach, id).await?.is_some(),
        Principal::Application(id) => write.application_exists(id).await?,
        Principal::Operator | Principal::Edge => true,
        // A client's people have sessions; a tenant has no tokens.
        Principal::Tenant(_) => false,
    };
    if !exists {
        return Err(unknown("/principal").into());
    }
    check_proxy(&new.scopes, limits.proxy.as_deref())?;
    check_limits(write, maker, new.principal, &limits).await?;
    check_rate(reach, limits.requests_per_minute)?;
    let (principal, scopes) = (new.principal, new.scopes);
    let (id, created_ms) = (write.id(), write.now_ms());
    let token = Token { id, name, principal, scopes, created_ms, expires_ms, limits, rolled_to: None };
    let token_text = added(write, &token).await?;
    write.audit(
        "token.created",
        &token.id,
        whose(token.principal),
        json!({ "principal": token.principal, "scopes": token.scopes }),
    );
    Ok((token, token_text))
}

/// Makes another token in the place of one, with the same rights; the one before goes on for `overlap_ms`.
///
/// # Errors
/// [`Refused`].
pub async fn roll(
    write: &mut Write,
    reach: &Reach,
    maker: Maker<'_>,
    id: TokenId,
    overlap_ms: i64,
) -> Result<(Token, TokenText), Refused> {
    let before = write.living_token(reach, id).await?.ok_or(Refused::NotFound)?;
    if before.rolled_to.is_some() {
        return Err(Conflict::TOKEN_ROLLED.into());
    }
    if !(0..=OVERLAP_MS).contains(&overlap_ms) {
        let said = Sentence::fixed("Both go on for at most 7 days.", "Les deux valent au plus 7 jours ensemble.");
        return Err(FieldFault::new("/overlap_seconds", "invalid-value", said).into());
    }
    // Whoever has less than the token can't have it under another text.
    let again =
        NewToken { name: before.name.clone(), principal: before.principal, scopes: before.scopes, expires_ms: None };
    check_scopes(reach, maker, &again)?;
    check_limits(write, maker, before.principal, &before.limits).await?;
    let now_ms = write.now_ms();
    let lasted_ms = before.expires_ms.map(|at_ms| at_ms - before.created_ms);
    let expires_ms = expiry(now_ms, maker, lasted_ms.map(|span_ms| now_ms + span_ms.min(YEAR_MS)))?;
    let token = Token {
        id: write.id(),
        name: before.name,
        principal: before.principal,
        scopes: again.scopes,
        created_ms: now_ms,
        expires_ms,
        limits: before.limits,
        rolled_to: None,
    };
    let token_text = added(write, &token).await?;
    let end_ms = before.expires_ms.unwrap_or(i64::MAX).min(now_ms + overlap_ms);
    write.replace_token(id, token.id, end_ms).await?;
    let detail = json!({ "by": token.id, "until": Time::from_ms(end_ms) });
    write.audit("token.rolled", &id, whose(token.principal), detail);
    write.wake(Signal::Tokens);
    Ok((token, token_text))
}

async fn added(write: &mut Write, token: &Token) -> Result<TokenText, Refused> {
    let token_text = TokenText::draw(token.limits.mode, &*write.parts().random);
    write.add_token(token, &token_text.hash()).await?;
    Ok(token_text)
}

/// Revokes a token, at once and for good.
///
/// # Errors
/// [`Refused`].
pub async fn revoke(write: &mut Write, reach: &Reach, id: TokenId) -> Result<(), Refused> {
    let principal = write.revoke_token(reach, id).await?.ok_or(Refused::NotFound)?;
    write.audit("token.revoked", &id, whose(principal), json!({}));
    write.wake(Signal::Tokens);
    Ok(())
}

fn whose(principal: Principal) -> Whose {
    match principal {
        Principal::Partner(id) => Whose::partner(id),
        Principal::Operator | Principal::Edge | Principal::Application(_) | Principal::Tenant(_) => Whose::VENDOR,
    }
}

fn check_scopes(reach: &Reach, maker: Maker<'_>, new: &NewToken) -> Result<(), FieldFault> {
    if new.scopes.is_empty() {
        let said = Sentence::fixed("A token has at least one scope.", "Un jeton a au moins un droit.");
        return Err(FieldFault::new("/scopes", "invalid-scopes", said));
    }
    if reach.principal() != Principal::Operator && reach.principal() != new.principal {
        return Err(unknown("/principal"));
    }
    for scope in &new.scopes {
        let given = match maker {
            Maker::Machine => true,
            Maker::Holder(held, _) => held.contains(scope),
        };
        if !given || !new.principal.may_hold(*scope) {
            let english = format!("The scope {scope} can't be given to this principal by you.");
            let french = format!("Vous ne pouvez pas donner le droit {scope} à ce titulaire.");
            return Err(FieldFault::new("/scopes", "scope-not-given", Sentence::new(english, french)));
        }
    }
    Ok(())
}

/// When a token ends: within a year, unless the machine itself makes it.
fn expiry(now_ms: i64, maker: Maker<'_>, asked_ms: Option<i64>) -> Result<Option<i64>, FieldFault> {
    let (default_ms, latest_ms) = match maker {
        Maker::Machine => (None, i64::MAX),
        Maker::Holder(..) => (Some(now_ms + YEAR_MS), now_ms + YEAR_MS),
    };
    match asked_ms.or(default_ms) {
        Some(at_ms) if at_ms <= now_ms || at_ms > latest_ms => {
            let said = Sentence::fixed("A token ends within a year from now.", "Un jeton prend fin d’ici un an.");
            Err(FieldFault::new("/expires_at", "invalid-expiry", said))
        }
        expires_ms => Ok(expires_ms),
    }
}

async fn check_limits(
    write: &mut Write,
    maker: Maker<'_>,
    principal: Principal,
    limits: &TokenLimits,
) -> Result<(), Refused> {
    if limits.networks.len() > MOST || limits.tenants.len() > MOST {
        let pointer = if limits.networks.len() > MOST { "/networks" } else { "/tenants" };
        let said = Sentence::fixed("At most 100 are given.", "On en donne au plus 100.");
        return Err(FieldFault::new(pointer, "too-many", said).into());
    }
    if limits.mode == Mode::Test && !matches!(principal, Principal::Partner(_)) {
        let said = Sentence::fixed("Only a partner has tokens for tests.", "Seul un partenaire a des jetons de test.");
        return Err(FieldFault::new("/mode", "invalid-value", said).into());
    }
    if let Maker::Holder(_, held) = maker
        && !within(&limits.networks, &held.networks)
    {
        let said = Sentence::fixed(
            "Your own token is limited to networks: this one is within them.",
            "Votre propre jeton est limité à des réseaux : celui-ci l’est au moins autant.",
        );
        return Err(FieldFault::new("/networks", "network-not-given", said).into());
    }
    let theirs = Reach::of(principal, write.actor().clone());
    for tenant in &limits.tenants {
        write.tenant(&theirs, *tenant).await?.ok_or_else(|| unknown("/tenants"))?;
    }
    Ok(())
}

fn check_proxy(scopes: &BTreeSet<Scope>, proxy: Option<&str>) -> Result<(), FieldFault> {
    let Some(proxy) = proxy else { return Ok(()) };
    if !scopes.contains(&Scope::EdgeSync) {
        let said = Sentence::fixed(
            "Only a token with the scope edge:sync belongs to a proxy.",
            "Seul un jeton qui a le droit edge:sync appartient à un proxy.",
        );
        return Err(FieldFault::new("/proxy", "invalid-value", said));
    }
    check_proxy_name(proxy)
}

/// Looks whether a text may name a proxy.
///
/// # Errors
/// When it may not.
pub fn check_proxy_name(proxy: &str) -> Result<(), FieldFault> {
    let plain = proxy.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    if plain && (1..=64).contains(&proxy.len()) {
        return Ok(());
    }
    let said = Sentence::fixed(
        "A proxy's name is 1 to 64 letters, digits, - _ . or :",
        "Le nom d’un proxy a de 1 à 64 lettres, chiffres, - _ . ou :",
    );
    Err(FieldFault::new("/proxy", "invalid-value", said))
}

/// Binds a token to the first proxy that uses it. Gives the proxy that it is bound to.
///
/// That is for good, but for one case: a proxy without a name of its own draws one and keeps it in its replica, and draws
/// another when it loses that. So a drawn name takes the place of a drawn one that isn't live, unless it is known already.
///
/// # Errors
/// [`Refused`]; not found when the token was revoked meanwhile.
pub async fn bind(write: &mut Write, id: TokenId, proxy: &str) -> Result<String, Refused> {
    let before = write.proxy_of_token(id).await?;
    let is_new = match &before {
        None => true,
        Some(before) => may_follow(before, proxy) && write.proxy_is_replaceable(before, proxy).await?,
    };
    if is_new && write.bind_token(id, proxy).await? {
        write.audit("token.bound", &id, Whose::VENDOR, json!({ "proxy": proxy, "before": before }));
        write.wake(Signal::Tokens);
    }
    write.proxy_of_token(id).await?.ok_or(Refused::NotFound)
}

/// Whether both names were drawn by proxies for themselves, and differ.
#[must_use]
pub fn may_follow(before: &str, proxy: &str) -> bool {
    let is_drawn = |name: &str| {
        let digits = name.strip_prefix("proxy-").filter(|digits| digits.len() == 16);
        digits.is_some_and(|digits| digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
    };
    before != proxy && is_drawn(before) && is_drawn(proxy)
}

/// Only operators, and the machine, give a token a limit of its own.
fn check_rate(reach: &Reach, rate: Option<NonZeroU32>) -> Result<(), FieldFault> {
    let Some(rate) = rate else { return Ok(()) };
    let said = if !reach.is_operator() {
        Sentence::fixed("Only an operator sets this.", "Seul un opérateur fixe cette limite.")
    } else if rate.get() > MOST_REQUESTS {
        Sentence::fixed("At most 600,000 are given.", "On en donne au plus 600 000.")
    } else {
        return Ok(());
    };
    Err(FieldFault::new("/requests_per_minute", "invalid-value", said))
}

/// Whether every network lies in one of those that are held; with none held everything does.
fn within(networks: &[IpNet], held: &[IpNet]) -> bool {
    let inside = |network: &IpNet| held.iter().any(|held| held.contains(network));
    held.is_empty() || (!networks.is_empty() && networks.iter().all(inside))
}
