//! What went wrong, as a problem document (RFC 9457). It is written when the answer leaves, where the caller's language
//! and the request's id are known. What only an operator should read goes to the log.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::shares::Share;
use crate::database::StoreError;
use crate::database::refused::Refused;
use crate::kernel::fault::{Conflict, FieldFault, Forbidden};
use crate::kernel::language::{Language, Sentence};
use crate::kernel::scope::Scope;

/// A refusal, not yet in words.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Box<Said>);

#[derive(Debug, Clone)]
struct Said {
    status: StatusCode,
    code: &'static str,
    title: Sentence,
    detail: Option<Sentence>,
    errors: Vec<FieldFault>,
    blockers: Vec<Cow<'static, str>>,
    policies: Vec<&'static str>,
    /// Seconds until it is worth trying again.
    wait_s: Option<i64>,
}

/// A problem document.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemDocument {
    /// Names the kind of problem.
    #[serde(rename = "type")]
    kind: String,
    /// The kind, for people.
    title: String,
    /// The status of the answer.
    status: u16,
    /// This case, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The kind, for programs.
    code: String,
    /// The fields of the request that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemField>,
    /// The codes of everything that stands against it, where there may be several; or the identity of what does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blockers: Vec<String>,
    /// The limits that the caller has reached.
    #[serde(rename = "violated-policies", skip_serializing_if = "Vec::is_empty")]
    violated_policies: Vec<String>,
    /// Names the request in our log.
    request_id: String,
}

/// One field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemField {
    /// Where it is: a JSON pointer (RFC 6901) into the body.
    pointer: String,
    /// What is wrong, for programs.
    code: String,
    /// What is wrong, for people.
    detail: String,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, english: &'static str, french: &'static str) -> Self {
        Self::titled(status, code, Sentence::fixed(english, french))
    }

    fn titled(status: StatusCode, code: &'static str, title: Sentence) -> Self {
        let (errors, blockers, policies) = (Vec::new(), Vec::new(), Vec::new());
        Self(Box::new(Said { status, code, title, detail: None, errors, blockers, policies, wait_s: None }))
    }

    fn detailed(mut self, english: String, french: String) -> Self {
        self.0.detail = Some(Sentence::new(english, french));
        self
    }

    pub(crate) fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is nothing here.", "Il n’y a rien ici.")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is no such object.", "Cet objet n’existe pas.")
    }

    pub(crate) fn method_not_allowed() -> Self {
        let french = "Cette méthode n’est pas admise ici.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This method is not allowed here.", french)
    }

    pub(crate) fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "token-invalid",
            "A valid API token is needed.",
            "Il faut un jeton d’API valable.",
        )
    }

    pub(crate) fn credentials_wrong() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "credentials-wrong",
            "The address, the password or the code is wrong.",
            "L’adresse, le mot de passe ou le code est erroné.",
        )
    }

    pub(crate) fn too_many_failures(wait_ms: i64) -> Self {
        let (english, french) = ("Too many failures; try again later.", "Trop d’échecs ; réessayez plus tard.");
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-failures", english, french);
        problem.0.wait_s = Some((wait_ms / 1000).max(0) + 1);
        problem
    }

    pub(crate) fn csrf_token_wrong() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "csrf-token-wrong",
            "The header X-CSRF-Token is missing or wrong.",
            "L’en-tête X-CSRF-Token manque ou est erroné.",
        )
    }

    pub(crate) fn right_missing(scope: Scope) -> Self {
        let (english, french) = ("The token may not do this.", "Ce jeton n’en a pas le droit.");
        Self::new(StatusCode::FORBIDDEN, "right-missing", english, french)
            .detailed(format!("It lacks the scope {scope}."), format!("Il lui manque le droit {scope}."))
    }

    pub(crate) fn key_missing() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "idempotency-key-missing",
            "The header Idempotency-Key is needed, with 1 to 255 printable characters.",
            "L’en-tête Idempotency-Key est nécessaire, de 1 à 255 caractères imprimables.",
        )
    }

    pub(crate) fn key_reused() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency-key-reused",
            "This Idempotency-Key was used for another request.",
            "Cette clé Idempotency-Key a servi pour une autre requête.",
        )
    }

    pub(crate) fn too_large() -> Self {
        let (english, french) = ("The body is larger than is taken here.", "Le corps dépasse ce qui est accepté ici.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", english, french)
    }

    pub(crate) fn not_json() -> Self {
        let (english, french) = ("The body must be application/json.", "Le corps doit être en application/json.");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", english, french)
    }

    pub(crate) fn body_unread() -> Self {
        let (english, french) = ("The body did not arrive whole.", "Le corps n’est pas arrivé entier.");
        Self::new(StatusCode::BAD_REQUEST, "body-incomplete", english, french)
    }

    pub(crate) fn malformed(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        Self::new(StatusCode::BAD_REQUEST, "malformed-json", "The body is not JSON.", "Le corps n’est pas du JSON.")
            .detailed(format!("Line {line}, column {column}."), format!("Ligne {line}, colonne {column}."))
    }

    pub(crate) fn bad_query(english: impl Into<String>, french: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid-query", "The query is wrong.", "La requête est erronée.")
            .detailed(english.into(), french.into())
    }

    pub(crate) fn other_epoch() -> Self {
        let (english, french) = ("This proxy, epoch or revision is not known.", "Proxy, époque ou révision inconnus.");
        Self::new(StatusCode::CONFLICT, "ack-unknown", english, french)
    }

    pub(crate) fn token_of_another_proxy(bound: &str) -> Self {
        let (english, french) = ("This token belongs to another proxy.", "Ce jeton appartient à un autre proxy.");
        Self::new(StatusCode::FORBIDDEN, "token-of-another-proxy", english, french).detailed(
            format!("It belongs to the proxy {bound}: each proxy has a token of its own."),
            format!("Il appartient au proxy {bound} : chaque proxy a son propre jeton."),
        )
    }

    pub(crate) fn proxies_lag(names: &str) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "proxies-too-old",
            "Proxies that serve do not know this restriction yet: upgrade them first.",
            "Des proxys en service ne connaissent pas encore cette restriction : mettez-les d’abord à jour.",
        )
        .detailed(format!("These proxies: {names}."), format!("Ces proxys : {names}."))
    }

    pub(crate) fn version_missing() -> Self {
        let (english, french) = ("The header If-Match is needed.", "L’en-tête If-Match est nécessaire.");
        Self::new(StatusCode::PRECONDITION_REQUIRED, "if-match-missing", english, french)
    }

    pub(crate) fn stale_version() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "stale-etag",
            "The object has changed since it was read: read it again.",
            "L’objet a changé depuis sa lecture : relisez-le.",
        )
    }

    pub(crate) fn quota_exceeded(policy: &'static str) -> Self {
        let (english, french) = ("Too many requests; try again later.", "Trop de requêtes ; réessayez plus tard.");
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "quota-exceeded", english, french);
        problem.0.policies.push(policy);
        problem
    }

    pub(crate) fn too_slow() -> Self {
        let (english, french) = ("This took too long; try again.", "Cela a trop tardé ; réessayez.");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "deadline-exceeded", english, french)
    }

    pub(crate) fn unavailable() -> Self {
        let (english, french) = ("The database is not available; try again.", "Base indisponible ; réessayez.");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", english, french)
    }

    pub(crate) fn share_used_up(share: Share) -> Self {
        let title = ("Too many requests at once; try again.", "Trop de requêtes à la fois ; réessayez.");
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "share-used-up", title.0, title.1);
        let share = share.as_str();
        problem
            .detailed(format!("The places of “{share}” are taken."), format!("Les places de « {share} » sont prises."))
    }

    pub(crate) fn internal() -> Self {
        let (english, french) = ("Something went wrong on our side.", "Une erreur est survenue chez nous.");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", english, french)
    }

    /// The document, in one language.
    pub(crate) fn document(&self, language: Language, request_id: &str) -> ProblemDocument {
        let field = |fault: &FieldFault| ProblemField {
            pointer: fault.pointer.clone(),
            code: fault.code.to_owned(),
            detail: fault.said.text(language).to_owned(),
        };
        let Said { status, code, title, detail, errors, blockers, policies, wait_s: _ } = &*self.0;
        ProblemDocument {
            kind: format!("/problems/{code}"),
            title: title.text(language).to_owned(),
            status: status.as_u16(),
            detail: detail.as_ref().map(|detail| detail.text(language).to_owned()),
            code: (*code).to_owned(),
            errors: errors.iter().map(field).collect(),
            blockers: blockers.iter().map(|blocker| blocker.clone().into_owned()).collect(),
            violated_policies: policies.iter().map(|&policy| policy.to_owned()).collect(),
            request_id: request_id.to_owned(),
        }
    }
}

impl From<Vec<FieldFault>> for Problem {
    fn from(errors: Vec<FieldFault>) -> Self {
        let (english, french) = ("Fields of the request are wrong.", "Des champs de la requête sont erronés.");
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", english, french);
        problem.0.errors = errors;
        problem
    }
}

impl From<FieldFault> for Problem {
    fn from(fault: FieldFault) -> Self {
        vec![fault].into()
    }
}

impl From<Conflict> for Problem {
    fn from(conflict: Conflict) -> Self {
        let mut problem = Self::titled(StatusCode::CONFLICT, conflict.code(), conflict.said().clone());
        problem.0.blockers = conflict.blockers().to_vec();
        problem
    }
}

impl From<Forbidden> for Problem {
    fn from(forbidden: Forbidden) -> Self {
        Self::titled(StatusCode::FORBIDDEN, forbidden.code(), forbidden.said().clone())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let error_chain = &error as &dyn std::error::Error;
        if error.is_unavailable() {
            tracing::warn!(error = error_chain, "the database is not available");
            return Self::unavailable();
        }
        if let StoreError::ProxiesLackFormat { proxies, .. } = &error {
            return Self::proxies_lag(&proxies.join(", "));
        }
        tracing::error!(error = error_chain, "an operation failed");
        Self::internal()
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotFound => Self::not_found(),
            Refused::Fields(faults) => faults.into(),
            Refused::Conflict(conflict) => conflict.into(),
            Refused::Forbidden(forbidden) => forbidden.into(),
            Refused::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    /// Leaves the words to `frame`, which knows the language.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        if self.0.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.0.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(wait_s) = self.0.wait_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
        }
        response.extensions_mut().insert(self);
        response
    }
}
