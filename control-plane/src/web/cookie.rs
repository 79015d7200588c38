//! The cookie of a session, and the header that goes with it. The cookie's name begins with `__Host-`: browsers take it
//! from this host alone and over HTTPS (RFC 6265bis section 4.1.3.2).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use crate::kernel::secret::Secret;

pub(crate) const NAME: &str = "__Host-marque_session";
const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");

/// The session's cookie, when a request has exactly one.
pub(crate) fn presented(headers: &HeaderMap) -> Option<Secret> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(name, _)| *name == NAME).map(|(_, value)| value);
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    Secret::parse(value)
}

/// What a session's changes carry in `X-CSRF-Token`: another site can't know it.
pub(crate) fn csrf(secret: &Secret) -> String {
    secret.derived("csrf")
}

/// Refuses a change without it.
pub(crate) fn check_csrf(headers: &HeaderMap, secret: &Secret) -> Result<(), Problem> {
    let shown = headers.get(CSRF).map(HeaderValue::as_bytes).unwrap_or_default();
    verify_slices_are_equal(shown, csrf(secret).as_bytes()).map_err(|_| Problem::csrf_token_wrong())
}

/// An answer that gives a browser the cookie.
pub(crate) fn giving(answer: impl IntoResponse, secret: &Secret) -> Response {
    with(answer, &format!("{NAME}={}; Path=/; Secure; HttpOnly; SameSite=Lax", secret.reveal()))
}

/// An answer that takes the cookie away.
pub(crate) fn taking(answer: impl IntoResponse) -> Response {
    with(answer, &format!("{NAME}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"))
}

fn with(answer: impl IntoResponse, cookie: &str) -> Response {
    let mut response = answer.into_response();
    if let Ok(mut value) = HeaderValue::try_from(cookie) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::parts::Parts;

    #[test]
    fn only_one_cookie_of_the_name_is_taken() {
        let secret = Secret::draw(&*Parts::real().random);
        let headers = |texts: &[String]| {
            let mut headers = HeaderMap::new();
            texts.iter().for_each(|text| {
                headers.append(header::COOKIE, HeaderValue::try_from(text).unwrap());
            });
            headers
        };
        let cookie = format!("{NAME}={}", secret.reveal());
        assert_eq!(presented(&headers(&[format!("a=b; {cookie}")])).unwrap().hash(), secret.hash());
        assert!(presented(&headers(&[format!("{cookie}; {cookie}")])).is_none());
        assert!(presented(&headers(&[cookie.clone(), cookie])).is_none());
        assert!(presented(&headers(&[format!("{NAME}=x")])).is_none());
    }
}
