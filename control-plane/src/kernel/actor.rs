//! Who did something, and in which request, as the audit trail tells it.

use std::fmt;
use std::net::IpAddr;

use marque_config::TokenId;

use super::ids::UserId;

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    name: String,
    asked: Asked,
}

/// In which request something was asked for; empty for what nobody asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Names the request in the log.
    pub request_id: Option<String>,
    /// Where it came from.
    pub ip: Option<IpAddr>,
}

impl Actor {
    /// A task of the control plane itself.
    #[must_use]
    pub fn system(task: &str) -> Self {
        Self::named(format!("system:{task}"))
    }

    /// A command that somebody with access to the machine ran.
    #[must_use]
    pub fn command(name: &str) -> Self {
        Self::named(format!("command:{name}"))
    }

    /// The holder of an API token.
    #[must_use]
    pub fn token(id: TokenId) -> Self {
        Self::named(id.to_string())
    }

    /// A person.
    #[must_use]
    pub fn user(id: UserId) -> Self {
        Self::named(id.to_string())
    }

    /// The same, in this request.
    #[must_use]
    pub fn asking(self, asked: Asked) -> Self {
        Self { asked, ..self }
    }

    /// In which request.
    #[must_use]
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    fn named(name: String) -> Self {
        Self { name, asked: Asked::default() }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}
