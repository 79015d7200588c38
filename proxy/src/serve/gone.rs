//! Tells when a connection's tenant is no longer what its open requests were admitted for.

use std::sync::Arc;
use std::time::Duration;

use marque_config::entry::Entry;
use marque_config::tenant::{Tenant, TenantState};
use tokio::time::sleep;

use crate::directory::RouteWatch;
use crate::exchange::{Admitted, Connection, Shared};

/// How long requests that were admitted before a change may still go on.
const GRACE: Duration = Duration::from_secs(3);

/// How often the clock is looked at while a licence's end is further away: clocks are set.
const LOOK: Duration = Duration::from_secs(60);

/// Comes back when requests are open that may no longer be: for their tenant's sake, or because the entry by which they
/// were admitted has ended. That one has no grace.
pub(super) async fn gone(facts: &Connection, shared: &Shared, route: &mut RouteWatch) {
    tokio::select! {
        () = tenant_gone(facts, shared, route) => {}
        () = entry_ended(facts, shared) => {}
    }
}

/// Comes back when a request is open by an entry that has ended: by its date, or since nothing is known of it any more.
async fn entry_ended(facts: &Connection, shared: &Shared) {
    // Nothing is watched for connections by which nobody comes in, which are nearly all.
    facts.has_entered().await;
    let mut changes = shared.directory.entries();
    loop {
        let (entries, now_ms) = (facts.entries(), shared.clock.now_ms());
        let is_open = |entry: &Arc<Entry>| !entry.is_over(now_ms) && shared.directory.entry(entry.id).is_some();
        if !entries.iter().all(is_open) {
            return;
        }
        let end_ms = entries.iter().map(|entry| entry.until_ms).min();
        tokio::select! {
            () = facts.has_entered() => {}
            Ok(()) = changes.changed() => {}
            () = until(end_ms, shared) => {}
        }
    }
}

/// Comes back when requests are open that may no longer be. One kind were admitted for a tenant that has since been
/// suspended, closed, bound anew, or lost this name, or whose licence was stopped: they have some time. The others were
/// admitted under a licence whose end has come: that was known before, and nobody needs to be asked. New requests are
/// refused at once, elsewhere.
async fn tenant_gone(facts: &Connection, shared: &Shared, route: &mut RouteWatch) {
    let mut tenant = facts.admitted().map(|it| it.tenant).or_else(|| tenant_now(route));
    loop {
        tokio::select! {
            () = route.changed() => {
                if is_gone(facts, shared, route) {
                    sleep(GRACE).await;
                    if is_gone(facts, shared, route) {
                        return;
                    }
                }
                tenant = tenant_now(route);
            }
            () = licence_end(tenant.as_deref(), shared) => {
                if is_gone(facts, shared, route) {
                    return;
                }
                // What is admitted from now on was decided by the same clock.
                tenant = None;
            }
        }
    }
}

/// Comes back when a tenant's licence ends, or has ended; never when it has no end.
async fn licence_end(tenant: Option<&Tenant>, shared: &Shared) {
    until(tenant.and_then(|tenant| tenant.licence.ends_ms()), shared).await;
}

/// Comes back at a time, or when it has passed; never when there is none.
async fn until(end_ms: Option<i64>, shared: &Shared) {
    let Some(end_ms) = end_ms else { return std::future::pending().await };
    while let Ok(left_ms @ 1..) = u64::try_from(end_ms.saturating_sub(shared.clock.now_ms())) {
        sleep(Duration::from_millis(left_ms).min(LOOK)).await;
    }
}

fn tenant_now(route: &RouteWatch) -> Option<Arc<Tenant>> {
    route.route().ok().map(|route| Arc::clone(&route.tenant))
}

fn is_gone(facts: &Connection, shared: &Shared, route: &RouteWatch) -> bool {
    let Some(then) = facts.admitted() else { return false };
    !tenant_now(route).is_some_and(|now| is_still(&then, &now, shared.clock.now_ms()))
}

fn is_still(then: &Admitted, now: &Tenant, now_ms: i64) -> bool {
    let is_same = now.id == then.tenant.id && now.account == then.tenant.account;
    is_same && now.state == TenantState::Active && now.licence.access(now_ms) >= then.access
}
