//! Mails are sent, and webhooks told.

pub(crate) mod deliver;
pub(crate) mod mail;
