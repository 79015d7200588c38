//! A client of the control plane's API, as an operator's script would be.

use std::path::Path;

use anyhow::{Context, Result, bail};
use aws_lc_rs::digest::{SHA256, digest};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use crate::authority::http_client;

/// Speaks to one control plane with one token.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    base: String,
    token: String,
    /// A person's cookie, and what goes with it.
    session: Option<(String, String)>,
    is_repeating: bool,
}

/// What the API answered.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The head's fields.
    pub headers: HeaderMap,
    /// The body, `null` when it is empty or no JSON.
    pub body: Value,
}

impl Api {
    /// A client for the control plane at `base` (`http://127.0.0.1:8600`).
    ///
    /// # Errors
    /// When the HTTP client can't be made.
    pub fn new(base: impl Into<String>, token: impl Into<String>) -> Result<Self> {
        let http = http_client().build()?;
        Ok(Self { http, base: base.into(), token: token.into(), session: None, is_repeating: false })
    }

    /// The same control plane, with another token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: token.into(), session: None, ..self.clone() }
    }

    /// The same control plane, as a person who comes in.
    ///
    /// # Errors
    /// When they aren't let in.
    pub async fn entered(&self, email: &str, password: &str) -> Result<Self> {
        let nobody = self.with_token("");
        let path = "/v1/session";
        let reply = nobody.try_post(path, json!({"email": email, "password": password})).await?;
        let cookie = reply.headers.get(SET_COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let csrf = text(&reply.expect_success(path)?, "/csrf_token")?;
        Ok(Self { session: Some((cookie, csrf)), ..nobody })
    }

    /// The same hand, which does the same thing only once: its keys come from what is asked, so that a script that was
    /// interrupted can be run again.
    #[must_use]
    pub fn repeating(&self) -> Self {
        Self { is_repeating: true, ..self.clone() }
    }

    /// Reads a token from its file.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn with_token_file(base: impl Into<String>, file: &Path) -> Result<Self> {
        let token = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        Self::new(base, token.trim())
    }

    /// Asks for something that must be there.
    ///
    /// # Errors
    /// When the answer isn't 2xx.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.send(Method::GET, path, None, &[]).await?.expect_success(path)
    }

    /// Makes something or acts on something, under a key that was never used before (or see [`Api::repeating`]).
    ///
    /// # Errors
    /// When the answer isn't 2xx.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value> {
        self.try_post(path, body).await?.expect_success(path)
    }

    /// As [`Api::post`], for answers that may be refusals.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn try_post(&self, path: &str, body: Value) -> Result<Reply> {
        let key = if self.is_repeating { repeated_key(path, &body) } else { fresh_key()? };
        self.send(Method::POST, path, Some(body), &[("idempotency-key", &key)]).await
    }

    /// Puts something in its place.
    ///
    /// # Errors
    /// When the answer isn't 2xx.
    pub async fn put(&self, path: &str, body: Value) -> Result<Value> {
        self.send(Method::PUT, path, Some(body), &[]).await?.expect_success(path)
    }

    /// Removes something.
    ///
    /// # Errors
    /// When the answer isn't 2xx.
    pub async fn delete(&self, path: &str) -> Result<Value> {
        self.send(Method::DELETE, path, None, &[]).await?.expect_success(path)
    }

    /// Only the status: some answers have no end.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn status(&self, method: Method, path: &str, body: Option<Value>) -> Result<StatusCode> {
        let key = fresh_key()?;
        Ok(self.open(method, path, body, &[("idempotency-key", &key)]).await?.status())
    }

    /// Sends any request.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        fields: &[(&str, &str)],
    ) -> Result<Reply> {
        let answer = self.open(method, path, body, fields).await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = answer.bytes().await.context("read the API's answer")?;
        Ok(Reply { status, headers, body: serde_json::from_slice(&bytes).unwrap_or_default() })
    }

    async fn open(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        fields: &[(&str, &str)],
    ) -> Result<reqwest::Response> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some((cookie, csrf)) = &self.session {
            request = request.header(COOKIE, cookie).header("x-csrf-token", csrf);
        }
        // Whatever version there is: a script that means what it says.
        let is_named = fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("if-match"));
        if !is_named && [Method::PATCH, Method::PUT, Method::DELETE].contains(&method) {
            request = request.header("if-match", "*");
        }
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.with_context(|| format!("ask the API for {path}"))
    }
}

impl Reply {
    /// The body of a 2xx.
    ///
    /// # Errors
    /// When it is none.
    pub fn expect_success(self, path: &str) -> Result<Value> {
        if !self.status.is_success() {
            bail!("{path} answered {}: {}", self.status, self.body);
        }
        Ok(self.body)
    }
}

/// A text member of a JSON object, by its pointer.
///
/// # Errors
/// When it isn't there or no text.
pub fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).with_context(|| format!("no text at {pointer} of {value}"))
}

fn fresh_key() -> Result<String> {
    let mut bytes = [0_u8; 12];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    Ok(hex(&bytes))
}

fn repeated_key(path: &str, body: &Value) -> String {
    hex(digest(&SHA256, format!("{path} {body}").as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
