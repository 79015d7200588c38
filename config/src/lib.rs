//! What both planes of Marque agree on: names, identities, the policy that locks an address to an account, the
//! messages of the feed, sealing, and checked settings.
//!
//! Data only: nothing here opens a file or a socket, waits, reads the clock or draws a random number. What needs
//! time or randomness takes it as an argument.

pub mod account;
pub mod application;
pub mod attachment;
pub mod brand;
pub mod certificate;
pub mod clock;
pub mod contact;
pub mod edge_events;
pub mod entry;
pub mod feed;
pub mod hostname;
pub mod id;
pub mod licence_file;
pub mod path_pattern;
pub mod seal;
pub mod settings;
pub mod signature;
pub mod tenant;
mod text;

pub use account::Account;
pub use hostname::Hostname;
pub use id::{ApplicationId, DomainId, EntryId, Id, IssuanceId, LicenceId, MessageId, PartnerId, TenantId, TokenId};
