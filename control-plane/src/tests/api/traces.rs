//! Invariant I12: each state change has exactly one audit event and one outbox event. Most routes change one thing; those
//! that change several things, or nothing, are listed here with all that they leave.

use serde_json::Value;

use super::stage::Stage;

/// What leaves other traces than a single one: the route, each trace in its order, and why.
const OTHERS: [(&str, &[&str], &str); 24] = [
    ("DELETE /v1/orders/{id}", &VOIDED, "takes back a licence, a space, and that its client ever bought"),
    ("POST /v1/assignments", &ASKED, "the client is asked, and the assignment waits"),
    ("POST /v1/assignments/bulk", &ASKED, "the same, of each tenant"),
    ("POST /v1/assignments/{id}/block", &["assignment.blocked", "assignment.ended"], "a block stays, the access ends"),
    ("POST /v1/clients/lookup", &[], "looks something up"),
    (
        "POST /v1/collaborators",
        &["user.created", "member.invited", "collaborator.role_granted"],
        "somebody unknown, a member, with a role",
    ),
    ("POST /v1/consents", &ASKED, "the client is asked, and the assignment waits"),
    ("POST /v1/consents/{id}/deny", &["consent.denied", "assignment.ended"], "what waited for it ends"),
    ("POST /v1/consents/{id}/grant", &["consent.granted", "assignment.activated"], "what waited for it begins"),
    ("POST /v1/consents/{id}/revoke", &["consent.revoked", "assignment.ended"], "what went by it ends"),
    ("POST /v1/edge/acks", &[], "what a proxy has read changes nothing"),
    (
        "POST /v1/erasures",
        &["member.removed", "user.deactivated", "user.erased"],
        "each place of a person ends, then they are deactivated and erased",
    ),
    ("POST /v1/invitations/accept", &["user.activated", "invitation.accepted"], "somebody comes, to a place"),
    ("POST /v1/licences/validate", &[], "looks something up"),
    ("POST /v1/members", &["user.created", "member.invited"], "somebody unknown, a member"),
    ("POST /v1/operators", &["user.created", "operator.invited"], "somebody unknown, an operator"),
    (
        "POST /v1/orders",
        &["client.created", "tenant.created", "licence.issued", "order.placed", "order.fulfilled", "client.changed"],
        "a new client gets a space and a licence, and has bought",
    ),
    (
        "POST /v1/orders/{id}/convert",
        &["trial.converted", "order.placed", "order.fulfilled", "order.converted", "client.changed"],
        "the licence is paid, by an order that follows the trial's, and the client has bought",
    ),
    (
        "POST /v1/orders/{id}/switch-kind",
        &["licence.voided", "client.changed", "licence.issued", "order.placed", "order.fulfilled", "order.voided"],
        "one order is taken back, another placed",
    ),
    ("POST /v1/orders/{id}/void", &VOIDED, "takes back a licence, a space, and that its client ever bought"),
    (
        "POST /v1/partners/{id}/approve",
        &["partner.approved", "tenant.created", "tenant.created"],
        "a partner begins with two spaces of its own",
    ),
    ("POST /v1/promo-codes/check", &[], "computes"),
    ("POST /v1/quotes", &[], "computes"),
    ("POST /v1/tenants/{id}/users", &["user.created", "tenant_user.invited"], "somebody unknown, one of a tenant's"),
];

const ASKED: [&str; 2] = ["consent.requested", "assignment.created"];
const VOIDED: [&str; 4] = ["licence.voided", "tenant.closed", "client.changed", "order.voided"];

/// Looks at what a request has left that was done once, after the audit event with the number `before`.
pub(super) async fn of_one(stage: &Stage, (method, route): (&str, &str), before: i64) -> Result<(), String> {
    let left = stage.done_since(before).await;
    let twice = left.iter().enumerate().find(|(index, trace)| left[..*index].contains(trace));
    if let Some((_, (action, object))) = twice {
        return Err(format!("leaves {action} of {object} twice"));
    }
    for (kind, payload) in stage.said_since(before).await {
        // Times are written as everywhere in the API.
        if let Some(field) = in_milliseconds(&serde_json::from_str(&payload).unwrap()) {
            return Err(format!("says {field} in {kind}"));
        }
    }
    let actions: Vec<&str> = left.iter().map(|(action, _)| action.as_str()).collect();
    let other = OTHERS.iter().find(|(name, _, _)| name.split_once(' ') == Some((method, route)));
    match other {
        Some((_, expected, _)) if actions == *expected => Ok(()),
        None if actions.len() == 1 => Ok(()),
        _ => Err(format!("leaves {actions:?}")),
    }
}

/// A field that holds a time in milliseconds.
fn in_milliseconds(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .find_map(|(name, value)| name.ends_with("_ms").then(|| name.clone()).or_else(|| in_milliseconds(value))),
        Value::Array(items) => items.iter().find_map(in_milliseconds),
        _ => None,
    }
}
