//! Names that can't be claimed, as the API says it.

use serde_json::json;

use super::desk::Desk;

#[tokio::test]
async fn a_name_that_can_not_be_claimed_is_refused_with_its_reason() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let party = &world.partners[0];
    let before = desk.revision().await;
    for (kind, field, name, code) in [
        ("platform", "label", "admin", "host-reserved"),
        ("platform", "label", "ab", "invalid-label"),
        ("platform", "label", "a.b.c", "invalid-label"),
        ("platform", "label", "раypal", "label-script"),
        ("custom", "host", "shop.marque.fr", "host-reserved"),
        ("custom", "host", "x.p.marque.fr", "host-reserved"),
        ("custom", "host", "co.uk", "public-suffix"),
        ("custom", "host", "intranet", "single-label"),
        ("custom", "host", "localhost", "single-label"),
        ("custom", "host", "a.localhost", "special-use"),
        ("custom", "host", "10.0.0.1", "invalid-hostname"),
        ("custom", "host", "*.fournil.fr", "invalid-hostname"),
        ("custom", "host", "a..fr", "invalid-hostname"),
    ] {
        let body = json!({ "tenant": party.tenant, "kind": kind, field: name });
        let reply = desk.post(&party.token, "/v1/domains", body).await;
        assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec![format!("/{field}")]), "{name}");
        assert_eq!(reply.body["errors"][0]["code"], code, "{name}");
    }
    assert_eq!(desk.revision().await, before);
}
