//! The example application: a small cash register, naive on purpose.
//!
//! Several accounts live in one process; who is logged in to one of them may read any other by writing its name into
//! the path or the query, every host is served alike, redirects and cookies name the application's own host. Nothing in
//! here helps the edge: what keeps one client's address to one client's account is Marque alone.

mod book;
mod bulk;
mod front;
mod login;
mod pages;
mod register;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{any, get, post, put};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use book::Book;

/// The host by which the cash register knows itself.
pub const OWN_HOST: &str = "till.internal";

/// The name of the cookie that carries its sessions.
pub const SESSION_COOKIE: &str = "till";

/// Somebody who may log in.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// The account.
    pub account: &'static str,
    /// The name that the account shows.
    pub shop: &'static str,
    /// The e-mail address, unique over all accounts.
    pub email: &'static str,
    /// The password.
    pub password: &'static str,
}

/// The baker's cash register.
pub const FOURNIL: Person = Person {
    account: "fournil",
    shop: "Le Fournil d'Anne",
    email: "anne@fournil.example",
    password: "croissant-au-beurre",
};

/// The miller's cash register.
pub const MOULIN: Person =
    Person { account: "moulin", shop: "Le Moulin de Marc", email: "marc@moulin.example", password: "farine-de-seigle" };

/// A cash register that runs; dropping it ends it.
#[derive(Debug)]
pub struct Till {
    address: SocketAddr,
    book: Arc<Book>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Till {
    /// Starts one on `address`, whose port may be 0.
    ///
    /// # Errors
    /// When the address can't be bound.
    pub async fn start(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let book = Arc::new(Book::new(&[FOURNIL, MOULIN]));
        let router = router(Arc::clone(&book));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, book, server })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every request that it has seen, as `METHOD TARGET`: what a test asks to know what the edge let through.
    #[must_use]
    pub fn journal(&self) -> Vec<String> {
        self.book.journal()
    }

    /// Waits until it ends, which it does only when it is dropped or broken.
    ///
    /// # Errors
    /// When it broke.
    pub async fn ended(&mut self) -> std::io::Result<()> {
        (&mut self.server).await.unwrap_or_else(|error| Err(std::io::Error::other(error)))
    }
}

impl Drop for Till {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What an operator tells Marque about this application (the `policy` of `POST /v1/applications`).
#[must_use]
pub fn policy(upstream: SocketAddr, public_https_port: u16) -> Value {
    json!({
        "upstreams": [format!("http://{upstream}")],
        "health_path": "/health",
        "own_hosts": [OWN_HOST],
        "public_https_port": public_https_port,
        "websocket": true,
        "selectors": [
            {"path": "/accounts/{account}"}, {"query": "account"}, {"header": "x-account"}, {"cookie": "account"},
        ],
        "session_cookies": [SESSION_COOKIE],
        "logouts": ["/logout"],
        "contact_forms": [
            {"path": "/contact", "fields": {"email": "email", "text": "message"}, "then": "/contact"},
        ],
        "logins": [
            {"path": "/login", "request": [{"form": "account"}], "answer": [{"location": "/accounts/{account}"}]},
            {"path": "/login/email", "answer": [{"location": "/accounts/{account}"}]},
            {"path": "/api/login", "request": [{"json": ["account"]}], "answer": [{"json": ["account", "id"]}]},
        ],
    })
}

fn router(book: Arc<Book>) -> Router {
    Router::new()
        .route("/", get(front::home))
        .route("/health", get(front::health))
        .route("/echo", any(front::echo))
        .route("/go", get(front::go))
        .route("/contact", get(front::contact).post(front::leave_message))
        .route("/login", get(login::form).post(login::by_form))
        .route("/login/email", post(login::by_email))
        .route("/api/login", post(login::by_json))
        .route("/logout", post(login::log_out))
        .route("/report", get(register::report))
        .route("/accounts/{account}/till", get(register::page))
        .route("/accounts/{account}/sales", get(register::list).post(register::ring_up))
        .route("/accounts/{account}/live", get(register::live))
        .route("/accounts/{account}/events", get(register::events))
        .route("/accounts/{account}/upload", put(bulk::upload).post(bulk::upload))
        .route("/accounts/{account}/download", get(bulk::download))
        .layer(middleware::from_fn_with_state(Arc::clone(&book), note))
        .with_state(book)
}

/// Writes each request into the journal before anything else looks at it.
async fn note(State(book): State<Arc<Book>>, request: Request, next: Next) -> Response {
    if request.uri().path() != "/health" {
        book.note(format!("{} {}", request.method(), request.uri()));
    }
    next.run(request).await
}
