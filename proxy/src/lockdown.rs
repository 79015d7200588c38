//! 5. The decision: a route and a head become a permit or a refusal. Pure: no I/O, no clock.

use marque_config::Account;

use crate::head::RequestHead;
use crate::refusal::Refusal;
use crate::route::Route;

/// Proof that this request may reach this tenant's account. Fields are private: only [`decide`] makes one.
#[derive(Debug, Clone)]
pub struct Permit {
    route: Route,
    account: Account,
}

impl Permit {
    /// Where the request leads.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// The account that it may reach.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }
}

/// Decides whether a request may pass.
///
/// # Errors
/// The refusal that the visitor gets.
pub fn decide(route: &Route, head: &RequestHead<'_>) -> Result<Permit, Refusal> {
    let _ = (route, head);
    Err(Refusal::Undecided)
}
