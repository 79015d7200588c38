//! What begins and ends across areas.

pub mod entries;
pub mod handover;
pub mod invitations;
pub mod partners;
pub mod tenants;
