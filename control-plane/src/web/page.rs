//! Lists, a page at a time, in the order of ids, which is that of time: nothing is shown twice, whatever is added meanwhile.

use std::str::FromStr;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::{self, parameter};
use super::problem::Problem;
use crate::database::Page;
use crate::database::stored::{Stored, identity};
use crate::kernel::sort_order::SortOrder;

/// Which page of a list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Pages {
    /// The most that is wanted: 1 to 100, 50 when not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// Where the last page ended. A token is for the order that its page was in.
    page_token: Option<String>,
    /// Which come first: `newest`, as when not given, or `oldest`.
    #[param(inline)]
    order: SortOrder,
}

/// The same of a list that has an order of its own.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OwnOrder {
    /// The most that is wanted: 1 to 100, 50 when not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// Where the last page ended.
    page_token: Option<String>,
}

/// The query of a list: which page of it, and what limits it.
pub(crate) struct List<T, P = Pages>(pub(crate) P, pub(crate) T);

/// What says which page.
const NAMES: [&str; 3] = ["limit", "page_token", "order"];

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
const VERSION: &str = "2";
/// The most bytes of what a page ends with: a task and its object, where that is a name.
const LONGEST: usize = 320;

impl<S, T, P> FromRequestParts<S> for List<T, P>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
    P: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let (pages, rest): (Vec<_>, Vec<_>) =
            query.split('&').partition(|pair| NAMES.contains(&parameter(pair).0.as_ref()));
        Ok(Self(body::query(&pages.join("&"))?, body::query(&rest.join("&"))?))
    }
}

impl Pages {
    /// What the store is asked: one more than wanted, to know whether there is more.
    pub(crate) fn page(&self) -> Result<Page, Problem> {
        let limit = self.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(Problem::bad_query("limit is 1 to 100.", "limit va de 1 à 100."));
        }
        Ok(Page { after: self.after()?, ..self.all(limit + 1) })
    }

    /// The same, where the last page ended at one of these.
    pub(crate) fn page_after<T: FromStr>(&self) -> Result<Page, Problem> {
        let page = self.page()?;
        if page.after.is_empty() || page.after.parse::<T>().is_ok() { Ok(page) } else { Err(unknown_token()) }
    }

    /// All of a list, up to a number of items.
    pub(crate) fn all(&self, limit: i64) -> Page {
        Page { order: self.order, ..Page::first(limit) }
    }

    fn after(&self) -> Result<String, Problem> {
        let Some(token) = &self.page_token else { return Ok(String::new()) };
        let (order, after) = decoded(token).ok_or_else(unknown_token)?;
        if order != self.order.as_str() {
            let french = "page_token est d’une liste dans un autre ordre (order).";
            return Err(Problem::bad_query("page_token is of a list in another order.", french));
        }
        Ok(after)
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
        let last = found.last().filter(|_| more).map(|last| self.token(&id(last)));
        Items { items: found.into_iter().filter_map(shown).collect(), next_page_token: last }
    }

    fn token(&self, after: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{VERSION}:{}:{after}", self.order.as_str()))
    }
}

impl From<OwnOrder> for Pages {
    fn from(OwnOrder { limit, page_token }: OwnOrder) -> Self {
        Self { limit, page_token, order: SortOrder::Oldest }
    }
}

impl<T> Items<T> {
    /// A list that is whole.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next_page_token: None }
    }
}

/// Refuses a token that no page ended with.
pub(crate) fn unknown_token() -> Problem {
    Problem::bad_query("page_token is none of ours.", "page_token n’est pas un des nôtres.")
}

/// The order that a token is for, and where its page ended.
fn decoded(token: &str) -> Option<(String, String)> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (version, rest) = text.split_once(':')?;
    let (order, after) = rest.split_once(':')?;
    let is_plain = (1..=LONGEST).contains(&after.len()) && after.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    (version == VERSION && is_plain).then(|| (order.to_owned(), after.to_owned()))
}
