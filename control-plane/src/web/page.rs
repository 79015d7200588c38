//! Lists, a page at a time, in the order of ids: what is added meanwhile comes last and nothing is told twice.

use axum::Json;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;
use crate::database::Page;
use crate::database::stored::{Stored, identity};

/// Which page of a list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Pages {
    /// The most that is wanted: 1 to 100, 50 when not given.
    #[param(minimum = 1, maximum = 100)]
    pub(crate) limit: Option<i64>,
    /// Where the last page ended.
    pub(crate) page_token: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Items<T> {
    /// What is on it.
    items: Vec<T>,
    /// Asks for what comes next; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

const USUAL: i64 = 50;
const MOST: i64 = 100;
const VERSION: &str = "1:";

impl Pages {
    /// What the store is asked: one more than wanted, to know whether there is more.
    pub(crate) fn page(&self) -> Result<Page, Problem> {
        let limit = self.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(Problem::bad_query("limit is 1 to 100.", "limit va de 1 à 100."));
        }
        let after = self.page_token.as_deref().map_or(Some(String::new()), decoded);
        let after = after
            .ok_or_else(|| Problem::bad_query("page_token is none of ours.", "page_token n’est pas un des nôtres."))?;
        Ok(Page { after, limit: limit + 1 })
    }

    /// Puts a page together from what the store gave.
    pub(crate) fn items<T, U>(&self, found: Vec<T>, id: impl Fn(&T) -> String, shown: impl Fn(T) -> U) -> Items<U> {
        self.some_items(found, id, |one| Some(shown(one)))
    }

    /// The same with resources, which are shown as they are.
    pub(crate) fn resources<T: Stored>(&self, found: Vec<T>) -> Json<Items<T>> {
        Json(self.items(found, identity, |resource| resource))
    }

    /// The same, where some of it isn't shown: the page holds fewer.
    pub(crate) fn some_items<T, U>(
        &self,
        mut found: Vec<T>,
        id: impl Fn(&T) -> String,
        shown: impl Fn(T) -> Option<U>,
    ) -> Items<U> {
        let wanted = usize::try_from(self.limit.unwrap_or(USUAL)).unwrap_or_default();
        let more = found.len() > wanted;
        found.truncate(wanted);
        let last = found.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(format!("{VERSION}{}", id(last))));
        Items { items: found.into_iter().filter_map(shown).collect(), next_page_token: last }
    }
}

impl<T> Items<T> {
    /// A list that is whole.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next_page_token: None }
    }
}

fn decoded(token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let id = text.strip_prefix(VERSION)?;
    let plain = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain.then(|| id.to_owned())
}
