//! Tells when a connection's tenant is no longer what its open requests were admitted for.

use std::sync::Arc;
use std::time::Duration;

use marque_config::tenant::{Tenant, TenantState};
use tokio::time::sleep;

use crate::directory::RouteWatch;
use crate::exchange::Connection;

/// How long requests that were admitted before may still go on.
const GRACE: Duration = Duration::from_secs(3);

/// Comes back when requests are open that were admitted for a tenant that has since been suspended, closed, bound
/// anew, or lost this name, and the grace is over. New requests are refused at once, elsewhere.
pub(super) async fn gone(facts: &Connection, route: &mut RouteWatch) {
    loop {
        route.changed().await;
        if is_gone(facts, route) {
            sleep(GRACE).await;
            if is_gone(facts, route) {
                return;
            }
        }
    }
}

fn is_gone(facts: &Connection, route: &RouteWatch) -> bool {
    let now = route.route();
    facts.admitted().is_some_and(|then| !now.is_ok_and(|now| is_same(&then, &now.tenant)))
}

fn is_same(then: &Arc<Tenant>, now: &Arc<Tenant>) -> bool {
    now.state == TenantState::Active && now.id == then.id && now.account == then.account
}
