//! Read models.

pub mod dossier;
pub mod home;
