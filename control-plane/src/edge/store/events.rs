//! What proxies saw, and what became of it, as rows: what is sent again is found here.

use std::fmt;
use std::str::FromStr;

use marque_config::edge_events::EdgeEvent;
use sqlx::FromRow;

use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write};
use crate::kernel::sort_order::SortOrder;

/// What became of an event that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Why it was refused; none when it was applied.
    pub refused: Option<String>,
}

/// An event that came.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Came {
    /// The proxy that sent it.
    pub proxy: String,
    /// The identity that the proxy gave it.
    pub id: String,
    /// What kind of event it is.
    pub kind: String,
    /// When the proxy saw it, by its clock: milliseconds since 1970, UTC.
    pub seen_ms: i64,
    /// When it was taken, or refused.
    pub taken_ms: i64,
    /// Why it was refused; none when it was applied.
    pub refused: Option<String>,
}

/// The place of an event in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    taken_ms: i64,
    proxy: String,
    id: String,
}

/// Which events are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Those of a proxy.
    pub proxy: Option<String>,
    /// Those that were refused, or those that were applied.
    pub refused: Option<bool>,
}

impl Came {
    /// Its place among the others.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { taken_ms: self.taken_ms, proxy: self.proxy.clone(), id: self.id.clone() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.taken_ms, self.proxy, self.id)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, ' ').map(str::to_owned);
        let (Some(taken), Some(proxy), Some(id)) = (parts.next(), parts.next(), parts.next()) else { return Err(()) };
        Ok(Self { taken_ms: taken.parse().map_err(|_| ())?, proxy, id })
    }
}

impl Store {
    /// The events that came, in their order.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn edge_events(&self, filter: &EventFilter, page: &Page) -> Result<Vec<Came>, StoreError> {
        list(filter, page).rows(self.reader()).await
    }
}

fn list(filter: &EventFilter, page: &Page) -> Statement {
    let listed = Statement::of("select proxy, id, kind, seen_ms, taken_ms, refused from edge_event")
        .given("proxy = ?1", filter.proxy.clone())
        .when(filter.refused == Some(true), "refused is not null")
        .when(filter.refused == Some(false), "refused is null");
    let after = page
        .after
        .parse::<Place>()
        .ok()
        .map(|Place { taken_ms, proxy, id }| [taken_ms.into(), proxy.into(), id.into()]);
    let (beyond, order) = match page.order {
        SortOrder::Newest => {
            ("(taken_ms, proxy, id) < (?1, ?2, ?3)", " order by taken_ms desc, proxy desc, id desc limit ?1")
        }
        SortOrder::Oldest => ("(taken_ms, proxy, id) > (?1, ?2, ?3)", " order by taken_ms, proxy, id limit ?1"),
    };
    let listed = match after {
        Some(after) => listed.and(beyond, after),
        None => listed,
    };
    listed.text(order, [page.limit.into()])
}

impl Write {
    /// What became of an event, if it was taken before.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn edge_event(&mut self, proxy: &str, id: &str) -> Result<Option<Taken>, StoreError> {
        let found: Option<(Option<String>,)> =
            sqlx::query_as("select refused from edge_event where proxy = $1 and id = $2")
                .bind(proxy)
                .bind(id)
                .fetch_optional(self.connection())
                .await?;
        Ok(found.map(|(refused,)| Taken { refused }))
    }

    /// Notes that an event was taken.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_edge_event(
        &mut self,
        proxy: &str,
        event: &EdgeEvent,
        refused: Option<&str>,
    ) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query(
            "insert into edge_event (proxy, id, kind, seen_ms, taken_ms, refused) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(proxy)
        .bind(&event.id)
        .bind(&event.kind)
        .bind(event.at_ms)
        .bind(now_ms)
        .bind(refused)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
