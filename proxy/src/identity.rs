//! What the application hears of who asks: fields that only the edge may say, and a signed assertion.

mod assertion;
mod head;

pub(crate) use assertion::Issued;
pub use assertion::Issuer;
pub(crate) use head::{Identity, RequestFields};
