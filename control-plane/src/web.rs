//! The HTTP API; every route is on the page `routes.rs`. Handlers read what is asked, look at the caller's scope, and call an
//! operation; what an operation refuses becomes a problem document (RFC 9457).

pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod cookie;
pub(crate) mod csv;
pub(crate) mod frame;
pub(crate) mod limits;
pub(crate) mod once;
pub(crate) mod page;
pub(crate) mod problem;
pub(crate) mod problems;
pub(crate) mod resource;
pub(crate) mod session;
pub(crate) mod shares;
pub(crate) mod time;
pub(crate) mod version;

use std::sync::Arc;

use marque_config::settings::{NameSettings, PasswordSettings, QuotaSettings, ShareSettings, WebhookSettings};

use crate::database::Store;
use crate::edge::feed::FeedServer;
use crate::identity::operations::sessions::Authenticator;
use crate::keys::Keys;
use crate::telemetry::Metrics;

/// What every handler is given.
#[derive(Clone)]
pub struct Api {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) names: NameSettings,
    pub(crate) feed: FeedServer,
    pub(crate) known: Arc<caller::Known>,
    pub(crate) limits: Arc<limits::Limits>,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) places: Arc<shares::Places>,
    pub(crate) webhooks: WebhookSettings,
    pub(crate) metrics: Arc<Metrics>,
}

impl Api {
    /// The API over a store.
    #[must_use]
    pub fn new(store: Store, keys: Keys, names: NameSettings, feed: FeedServer, metrics: Arc<Metrics>) -> Self {
        let known = Arc::new(caller::Known::new(&store));
        let limits = Arc::new(limits::Limits::new(&QuotaSettings::default(), &store.parts().clock));
        let authenticator = Arc::new(Authenticator::new(&PasswordSettings::default(), &store, Arc::clone(&keys.store)));
        let places = shares::Places::new(&ShareSettings::default(), &metrics);
        let webhooks = WebhookSettings::default();
        Self {
            inner: Arc::new(Inner {
                store,
                keys,
                names,
                feed,
                known,
                limits,
                authenticator,
                places,
                webhooks,
                metrics,
            }),
        }
    }

    /// The same, with other limits than the usual ones. To be called before it is shared: afterwards nothing changes.
    #[must_use]
    pub fn limited(mut self, settings: &QuotaSettings) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.limits = Arc::new(limits::Limits::new(settings, &inner.store.parts().clock));
        }
        self
    }

    /// The same, hashing passwords otherwise than usual. To be called before it is shared.
    #[must_use]
    pub fn hashing(mut self, settings: &PasswordSettings) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.authenticator = Arc::new(Authenticator::new(settings, &inner.store, Arc::clone(&inner.keys.store)));
        }
        self
    }

    /// The same, with other rules about who is told than the usual ones. To be called before it is shared, too.
    #[must_use]
    pub fn telling(mut self, settings: &WebhookSettings) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.webhooks = settings.clone();
        }
        self
    }

    /// The same, with other numbers of places than the usual ones. To be called before it is shared.
    #[must_use]
    pub fn sharing(mut self, settings: &ShareSettings) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.places = shares::Places::new(settings, &inner.metrics);
        }
        self
    }

    /// The same for strangers: with connections to the database of their own.
    pub(crate) fn for_strangers(&self) -> Self {
        let Inner { store, keys, names, feed, known, limits, authenticator, places, webhooks, metrics } = &*self.inner;
        Self {
            inner: Arc::new(Inner {
                store: store.for_strangers(),
                keys: keys.clone(),
                names: names.clone(),
                feed: feed.clone(),
                known: Arc::clone(known),
                limits: Arc::clone(limits),
                authenticator: Arc::clone(authenticator),
                places: Arc::clone(places),
                webhooks: webhooks.clone(),
                metrics: Arc::clone(metrics),
            }),
        }
    }

    /// The keys, for what tests look at.
    #[cfg(test)]
    pub(crate) fn keys(&self) -> &Keys {
        &self.inner.keys
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Api")
    }
}
