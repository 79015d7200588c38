//! API tokens: made, shown once, known by their hash, revoked.

use std::collections::BTreeSet;

use marque_config::TokenId;
use serde_json::json;

use super::{Refused, text, unknown};
use crate::model::fault::FieldFault;
use crate::model::language::Sentence;
use crate::model::principal::{Principal, Reach};
use crate::model::scope::Scope;
use crate::model::token::TokenText;
use crate::store::{Signal, Token, Whose, Write};

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
    /// Holds these scopes: gives no others, on no other's behalf unless it is an operator.
    Holder(&'a BTreeSet<Scope>),
}

const YEAR_MS: i64 = 366 * 86_400_000;

/// Makes a token. Its text is shown to who asked and kept nowhere.
///
/// # Errors
/// [`Refused`].
pub async fn create(
    write: &mut Write,
    reach: &Reach,
    maker: Maker<'_>,
    new: NewToken,
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
    let token_text = TokenText::draw(&*write.parts().random);
    let token = Token {
        id: write.id(),
        name,
        principal: new.principal,
        scopes: new.scopes,
        created_ms: write.now_ms(),
        expires_ms,
    };
    write.add_token(&token, &token_text.hash()).await?;
    write.audit(
        "token.created",
        &token.id,
        whose(token.principal),
        json!({ "principal": token.principal, "scopes": token.scopes }),
    );
    Ok((token, token_text))
}

/// Revokes a token, at once and for good.
///
/// # Errors
/// [`Refused`].
pub async fn revoke(write: &mut Write, reach: &Reach, id: TokenId) -> Result<(), Refused> {
    if !write.revoke_token(reach, id).await? {
        return Err(Refused::NotFound);
    }
    write.audit("token.revoked", &id, whose(reach.principal()), json!({}));
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
            Maker::Holder(held) => held.contains(scope),
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
        Maker::Holder(_) => (Some(now_ms + YEAR_MS), now_ms + YEAR_MS),
    };
    match asked_ms.or(default_ms) {
        Some(at_ms) if at_ms <= now_ms || at_ms > latest_ms => {
            let said = Sentence::fixed("A token ends within a year from now.", "Un jeton prend fin d’ici un an.");
            Err(FieldFault::new("/expires_at", "invalid-expiry", said))
        }
        expires_ms => Ok(expires_ms),
    }
}
