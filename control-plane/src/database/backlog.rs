//! How far behind everything is, for operators: counted when they look, by indexes, and never further than a bound.

use super::{Store, StoreError};

/// What waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Mails.
    pub mails: Waiting,
    /// Messages to webhooks.
    pub deliveries: Waiting,
    /// Subscriptions whose next period is due.
    pub renewals: Waiting,
    /// When the next certificate ends that is served, milliseconds since 1970, UTC; none when none is.
    pub certificate_ends_ms: Option<i64>,
    /// When the certificate for every platform name ends; now, when there is none and there is to be. None when none is to be.
    pub wildcard_ends_ms: Option<i64>,
    /// How far each proxy is.
    pub proxies: Vec<Lag>,
    /// Connections of the pool that reads: open, and of these idle.
    pub readers: (u32, u32),
}

/// What of one kind waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many, at most 10,000.
    pub count: i64,
    /// For how long the first has been due, milliseconds; 0 when none is.
    pub overdue_ms: i64,
}

/// How far a proxy is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// Its name, as its operator gave it.
    pub proxy: String,
    /// How many revisions of the feed it hasn't acknowledged.
    pub revisions: i64,
    /// Whether it follows the feed.
    pub is_live: bool,
}

/// The most that are counted.
const MOST: i64 = 10_000;
/// The most proxies that are shown.
const PROXIES: i64 = 500;

const MAILS: &str = "select count(*), coalesce(min(due), 0) from
    (select next_ms as due from mail where state = 'waiting' order by next_ms limit $1) as waiting";
const DELIVERIES: &str = "select count(*), coalesce(min(due), 0) from
    (select next_ms as due from webhook_delivery where state = 'pending' order by next_ms limit $1) as waiting";
const RENEWALS: &str = "select count(*), coalesce(min(due), 0) from
    (select next_ms as due from subscription where next_ms <= $2 order by next_ms limit $1) as waiting";
const NEXT_END: &str = "select certificate_not_after_ms from hostname
    where certificate_state = 'active' and certificate_not_after_ms is not null
    order by certificate_not_after_ms limit 1";
const WILDCARD_END: &str = "select min(coalesce(not_after_ms, $1)) from wildcard where is_wanted = 1";
const LAGS: &str = "select name, (select revision from feed_counter where one = 1) - acked_revision,
    case when live_until_ms > $1 then 1 else 0 end from edge_proxy order by live_until_ms desc, name limit $2";

impl Store {
    /// What waits now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        let now_ms = self.now_ms();
        let waiting = |(count, due): (i64, i64)| Waiting {
            count,
            overdue_ms: if count == 0 { 0 } else { (now_ms - due).max(0) },
        };
        let reader = self.reader();
        let mails = waiting(sqlx::query_as(MAILS).bind(MOST).fetch_one(reader).await?);
        let deliveries = waiting(sqlx::query_as(DELIVERIES).bind(MOST).fetch_one(reader).await?);
        let renewals = waiting(sqlx::query_as(RENEWALS).bind(MOST).bind(now_ms).fetch_one(reader).await?);
        let certificate_ends_ms = sqlx::query_scalar(NEXT_END).fetch_optional(reader).await?;
        let wildcard_ends_ms = sqlx::query_scalar(WILDCARD_END).bind(now_ms).fetch_one(reader).await?;
        let lags: Vec<(String, i64, i64)> = sqlx::query_as(LAGS).bind(now_ms).bind(PROXIES).fetch_all(reader).await?;
        let proxies =
            lags.into_iter().map(|(proxy, behind, live)| Lag { proxy, revisions: behind.max(0), is_live: live == 1 });
        let idle = u32::try_from(reader.num_idle()).unwrap_or(u32::MAX);
        let (proxies, readers) = (proxies.collect(), (reader.size(), idle));
        Ok(Backlog { mails, deliveries, renewals, certificate_ends_ms, wildcard_ends_ms, proxies, readers })
    }
}

#[cfg(test)]
mod tests;
