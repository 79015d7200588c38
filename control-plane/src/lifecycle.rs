//! What begins and ends across areas: partners' approval and end, tenants' opening, handover and closing, arrivals by invitation.

pub(crate) mod api;
pub mod operations;
pub(crate) mod tasks;
