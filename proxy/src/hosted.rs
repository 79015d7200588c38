//! What the edge answers itself on every host, below `/.well-known/`: answers to challenges, and its own pages below
//! `/.well-known/marque/`. Nothing that an application could read as one of these paths ever reaches it.

mod well_known;

pub(crate) use well_known::{WellKnown, well_known};
