//! One primary address (S1.8): who only fetches something at another of a tenant's names is sent to the primary one.
//! Everything else is served where it was asked, so that nothing that was sent is lost on the way.

use http::{Method, header};

use super::paths::Path;
use crate::directory::Route;
use crate::head::RequestHead;

/// Below this, names are proved and spoken of: it belongs to each name itself (RFC 8615).
const WELL_KNOWN: &str = "/.well-known/";

/// The address at the primary name, path and query kept, for a request that is sent there.
pub(super) fn redirect(route: &Route, head: &RequestHead<'_>, path: &Path<'_>) -> Option<String> {
    let primary = route.primary.as_deref()?;
    let only_fetches = [Method::GET, Method::HEAD].contains(head.method) && !head.has_body;
    // Clients of WebSockets follow no redirect.
    let is_upgrade = head.fields.contains_key(header::UPGRADE);
    if !only_fetches || is_upgrade || head.target.path.starts_with(WELL_KNOWN) || path.is_deep_link() {
        return None;
    }
    Some(format!("https://{}{}", route.authority_of(&primary.host), head.target.raw))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::fixture::{NOW_MS, Request, route};
    use super::super::{Decision, decide};
    use super::*;
    use crate::refusal::Refusal;

    fn with_primary(policy: &str) -> Route {
        let mut route = route(policy);
        let mut primary = (*route.address).clone();
        primary.host = "fournil.example".parse().unwrap();
        route.primary = Some(Arc::new(primary));
        route
    }

    /// Where a request is sent to; none: it is served where it is.
    fn sent_to(route: &Route, request: &Request<'_>) -> Option<String> {
        match request.with_head(|head| decide(route, head, NOW_MS)).unwrap() {
            Decision::Redirect(to) => Some(to),
            Decision::Permitted(_) | Decision::Login => None,
        }
    }

    #[test]
    fn who_only_fetches_is_sent_to_the_primary_name_with_path_and_query() {
        let route = with_primary("{}");
        for target in ["/", "/caisse?jour=1&x=%2F", "//a/..%2fb?"] {
            for method in ["GET", "HEAD"] {
                let request = Request { method, ..Request::get(target) };
                assert_eq!(sent_to(&route, &request), Some(format!("https://fournil.example{target}")));
            }
        }
    }

    #[test]
    fn the_primary_name_has_the_port_that_visitors_see() {
        let route = with_primary(r#"{"public_https_port": 8443}"#);
        assert_eq!(sent_to(&route, &Request::get("/a")).as_deref(), Some("https://fournil.example:8443/a"));
    }

    #[test]
    fn what_sends_something_is_served_where_it_is() {
        let route = with_primary(r#"{"websocket": true}"#);
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            assert_eq!(sent_to(&route, &Request { method, ..Request::get("/a") }), None, "{method}");
        }
        assert_eq!(sent_to(&route, &Request { body: b"x", ..Request::get("/a") }), None);
        assert_eq!(sent_to(&route, &Request::get("/a").with("upgrade", "websocket")), None);
    }

    #[test]
    fn deep_links_and_what_belongs_to_a_name_stay() {
        let route = with_primary(r#"{"deep_links": ["/app", "/recu/imprimer"]}"#);
        for target in ["/app", "/app/open?x=1", "/recu/imprimer/7", "/%61pp/x", "/.well-known/assetlinks.json"] {
            assert_eq!(sent_to(&route, &Request::get(target)), None, "{target}");
        }
        for target in ["/application", "/recu", "/x/app", "/.well-known"] {
            assert!(sent_to(&route, &Request::get(target)).is_some(), "{target}");
        }
    }

    #[test]
    fn what_is_refused_is_refused_and_sent_nowhere() {
        let mut route = with_primary(r#"{"selectors": [{"path": "/{account}"}]}"#);
        let decided = |route: &Route| Request::get("/B").with_head(|head| decide(route, head, NOW_MS)).map(drop);
        assert_eq!(decided(&route), Err(Refusal::ForeignAccount));
        Arc::make_mut(&mut route.tenant).state = marque_config::tenant::TenantState::Suspended;
        assert_eq!(decided(&route), Err(Refusal::Suspended));
    }
}
