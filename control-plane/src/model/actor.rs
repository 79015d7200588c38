//! Who did something, as the audit trail names it.

use std::fmt;

use marque_config::TokenId;

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor(String);

impl Actor {
    /// A task of the control plane itself.
    #[must_use]
    pub fn system(task: &str) -> Self {
        Self(format!("system:{task}"))
    }

    /// A command that somebody with access to the machine ran.
    #[must_use]
    pub fn command(name: &str) -> Self {
        Self(format!("command:{name}"))
    }

    /// The holder of an API token.
    #[must_use]
    pub fn token(id: TokenId) -> Self {
        Self(id.to_string())
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
