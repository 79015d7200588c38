//! What the cash register remembers: accounts, sales, sessions. All in memory, gone with the process.

use std::collections::HashMap;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::broadcast;

use std::sync::Arc;

use super::{Person, SESSION_COOKIE};

/// How many requests the journal keeps.
const JOURNAL_LENGTH: usize = 10_000;

/// Everything that the cash register knows.
#[derive(Debug)]
pub(crate) struct Book {
    people: Vec<Person>,
    accounts: HashMap<String, Account>,
    sessions: Mutex<HashMap<String, Session>>,
    messages: Mutex<Vec<String>>,
    journal: Mutex<Vec<String>>,
}

/// One client's cash register.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) shop: &'static str,
    sales: Mutex<Vec<Sale>>,
    news: broadcast::Sender<Sale>,
}

/// Something sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Sale {
    pub(crate) article: String,
    pub(crate) cents: u32,
}

/// Somebody who is logged in. That it says to which account is never looked at again: here lies the naivety.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) account: String,
    pub(crate) email: String,
}

impl Book {
    pub(crate) fn new(people: &[Person]) -> Self {
        let accounts = people.iter().map(|person| (person.account.to_owned(), Account::new(person.shop)));
        Self {
            people: people.to_vec(),
            accounts: accounts.collect(),
            sessions: Mutex::default(),
            messages: Mutex::default(),
            journal: Mutex::default(),
        }
    }

    pub(crate) fn account(&self, name: &str) -> Result<&Account, StatusCode> {
        self.accounts.get(name).ok_or(StatusCode::NOT_FOUND)
    }

    /// Opens a session for whoever has this password; `account` of None takes the one that the address belongs to.
    pub(crate) fn log_in(&self, account: Option<&str>, email: &str, password: &str) -> Option<(String, Session)> {
        let person = self.people.iter().find(|it| it.email == email && it.password == password)?;
        if account.is_some_and(|account| account != person.account) {
            return None;
        }
        let session = Session { account: person.account.to_owned(), email: email.to_owned() };
        let token = token()?;
        self.sessions.lock().insert(token.clone(), session.clone());
        Some((token, session))
    }

    pub(crate) fn log_out(&self, headers: &HeaderMap) {
        if let Some(token) = session_token(headers) {
            self.sessions.lock().remove(token);
        }
    }

    pub(crate) fn session(&self, headers: &HeaderMap) -> Option<Session> {
        self.sessions.lock().get(session_token(headers)?).cloned()
    }

    pub(crate) fn leave_message(&self, text: String) -> usize {
        let mut messages = self.messages.lock();
        messages.push(text);
        messages.len()
    }

    pub(crate) fn note(&self, line: String) {
        let mut journal = self.journal.lock();
        if journal.len() < JOURNAL_LENGTH {
            journal.push(line);
        }
    }

    pub(crate) fn journal(&self) -> Vec<String> {
        self.journal.lock().clone()
    }
}

impl Account {
    fn new(shop: &'static str) -> Self {
        Self { shop, sales: Mutex::default(), news: broadcast::channel(64).0 }
    }

    pub(crate) fn ring_up(&self, sale: Sale) {
        self.sales.lock().push(sale.clone());
        // Nobody listening is no failure.
        let _ = self.news.send(sale);
    }

    pub(crate) fn sales(&self) -> Vec<Sale> {
        self.sales.lock().clone()
    }

    pub(crate) fn total_cents(&self) -> u64 {
        self.sales.lock().iter().map(|sale| u64::from(sale.cents)).sum()
    }

    pub(crate) fn news(&self) -> broadcast::Receiver<Sale> {
        self.news.subscribe()
    }
}

impl FromRequestParts<Arc<Book>> for Session {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, book: &Arc<Book>) -> Result<Self, Self::Rejection> {
        book.session(&parts.headers).ok_or((StatusCode::UNAUTHORIZED, "log in first\n"))
    }
}

fn session_token(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, SESSION_COOKIE)
}

pub(crate) fn cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

fn token() -> Option<String> {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
