//! The operator's command line: the same API that everybody uses, with a token from a file. It prints what the API
//! answers as JSON; a refusal goes to standard error and ends it with 1.

mod audit;
mod client;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Map, Value, json};

use client::Client;
pub use client::ClientError;

/// Where the API is, and the caller.
#[derive(Debug, Args)]
pub struct Operator {
    /// The API.
    #[arg(long, default_value = "http://127.0.0.1:8600")]
    api: String,
    /// The file with the operator's token.
    #[arg(long, default_value = "/etc/marque/operator.token")]
    token_file: PathBuf,
    /// Certificates to trust for the API instead of the system's, PEM.
    #[arg(long)]
    root_file: Option<PathBuf>,
    /// In which language refusals are told: en or fr.
    #[arg(long, default_value = "en")]
    language: String,
    /// The idempotency key of what is changed; drawn when not given. With the same key nothing is done twice.
    #[arg(long)]
    key: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Partners: who sells.
    #[command(subcommand)]
    Partners(Partners),
    /// Orders and trials.
    #[command(subcommand)]
    Orders(Orders),
    /// A partner's account in one currency, for one month.
    Statement {
        /// The account, wal_…: `get /v1/balance?partner=ptr_…` lists them.
        wallet: String,
        /// The month, like 2026-10.
        #[arg(long)]
        month: String,
    },
    /// The audit trail.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Erases a person for good, by their mail address: as somebody's staff, as a client or a contact of one, as the
    /// sender of a message. Orders, amounts and the audit trail stay, and name them no more.
    Erase {
        /// The mail address.
        #[arg(long)]
        email: String,
    },
    /// Anything else that the API shows.
    Get {
        /// Like /v1/tenants?limit=100.
        path: String,
    },
    /// Anything else that the API does.
    Post {
        /// Like /v1/tenants/ten_…/suspend.
        path: String,
        /// JSON.
        #[arg(long, default_value = "{}")]
        body: String,
    },
}

#[derive(Debug, Subcommand)]
enum Partners {
    /// Lists them.
    List,
    /// Shows one.
    Show {
        /// ptr_….
        id: String,
    },
    /// Lets a partner sell: it gets its own two spaces, and its first member an invitation.
    Approve {
        /// ptr_….
        id: String,
        /// The application of its own two spaces, app_…; may be left out while there is one.
        #[arg(long)]
        application: Option<String>,
        /// Who looks after it, amg_….
        #[arg(long)]
        account_manager: Option<String>,
        /// Who is invited to manage it.
        #[arg(long, requires = "admin_name")]
        admin_email: Option<String>,
        /// That person's name.
        #[arg(long, requires = "admin_email")]
        admin_name: Option<String>,
        /// That person's language: en or fr.
        #[arg(long, requires = "admin_email")]
        admin_language: Option<String>,
    },
    /// Stops a partner from selling; its clients are served on.
    Suspend {
        /// ptr_….
        id: String,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Lets a suspended partner sell again.
    Resume {
        /// ptr_….
        id: String,
    },
    /// Ends with a partner.
    Close {
        /// ptr_….
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum Orders {
    /// Lists them.
    List,
    /// Shows one.
    Show {
        /// ord_….
        id: String,
    },
    /// Says what stands against taking an order back.
    Blockers {
        /// ord_….
        id: String,
    },
    /// Takes an order back, while its licence isn't activated.
    Void {
        /// ord_….
        id: String,
        /// Only says what would be done.
        #[arg(long)]
        dry_run: bool,
    },
}

/// One request of the API.
struct Asked {
    method: Method,
    path: String,
    body: Option<Value>,
}

impl Operator {
    /// Does what was asked, and gives what is to be printed.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn run(self) -> Result<Value, ClientError> {
        let client = Client::new(&self.api, &self.token_file, self.root_file.as_deref())?;
        let client = client.speaking(&self.language).keyed(self.key);
        let Asked { method, path, body } = match self.command {
            Command::Audit(audit) => return audit.run(&client).await,
            Command::Partners(partners) => partners.asked()?,
            Command::Orders(orders) => orders.asked()?,
            Command::Statement { wallet, month } => {
                get(format!("/v1/statements?wallet={}&month={}", plain(&wallet)?, plain(&month)?))
            }
            Command::Erase { email } => post("/v1/erasures".to_owned(), json!({ "email": email })),
            Command::Get { path } => get(path),
            Command::Post { path, body } => {
                let body = serde_json::from_str(&body).map_err(ClientError::Body)?;
                Asked { method: Method::POST, path, body: Some(body) }
            }
        };
        client.ask(method, &path, body).await
    }
}

impl Partners {
    fn asked(self) -> Result<Asked, ClientError> {
        let action = |id: &str, verb, body| Ok(post(format!("/v1/partners/{}/{verb}", plain(id)?), body));
        match self {
            Self::List => Ok(get("/v1/partners?limit=100".to_owned())),
            Self::Show { id } => Ok(get(format!("/v1/partners/{}", plain(&id)?))),
            Self::Approve { id, application, account_manager, admin_email, admin_name, admin_language } => {
                let admin = admin_email.map(|email| {
                    filled([
                        ("email", Some(email.into())),
                        ("name", said(admin_name)),
                        ("language", said(admin_language)),
                    ])
                });
                let body =
                    [("application", said(application)), ("account_manager", said(account_manager)), ("admin", admin)];
                action(&id, "approve", filled(body))
            }
            Self::Suspend { id, reason } => action(&id, "suspend", filled([("reason", said(reason))])),
            Self::Resume { id } => action(&id, "resume", json!({})),
            Self::Close { id } => action(&id, "close", json!({})),
        }
    }
}

impl Orders {
    fn asked(self) -> Result<Asked, ClientError> {
        match self {
            Self::List => Ok(get("/v1/orders?limit=100".to_owned())),
            Self::Show { id } => Ok(get(format!("/v1/orders/{}", plain(&id)?))),
            Self::Blockers { id } => Ok(get(format!("/v1/orders/{}/blockers", plain(&id)?))),
            Self::Void { id, dry_run } => {
                let query = if dry_run { "?dry_run=true" } else { "" };
                Ok(post(format!("/v1/orders/{}/void{query}", plain(&id)?), json!({})))
            }
        }
    }
}

fn get(path: String) -> Asked {
    Asked { method: Method::GET, path, body: None }
}

fn post(path: String, body: Value) -> Asked {
    Asked { method: Method::POST, path, body: Some(body) }
}

fn said(text: Option<String>) -> Option<Value> {
    text.map(Value::from)
}

/// An object of the fields that are there.
fn filled<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let there = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}

/// What may stand in a path or a query as it is: an id, a currency, a month.
fn plain(text: &str) -> Result<&str, ClientError> {
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if fits { Ok(text) } else { Err(ClientError::Argument(text.to_owned())) }
}

#[cfg(test)]
mod tests;
