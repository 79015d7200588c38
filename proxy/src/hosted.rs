//! What the edge answers itself on every host, below `/.well-known/`: answers to challenges, and its own pages below
//! `/.well-known/marque/`. Nothing that an application could read as one of these paths ever reaches it.

pub(crate) mod contact;
mod well_known;

use crate::entry::EntryPage;
pub(crate) use well_known::{WellKnown, well_known};

/// A page of the edge's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostedPage {
    /// The contact form: `/.well-known/marque/contact`.
    Contact,
    /// Where a partner's people come in, or leave.
    Entry(EntryPage),
}

/// Each page by its segment below `/.well-known/marque/`.
const PAGES: [(&str, HostedPage); 3] = [
    ("contact", HostedPage::Contact),
    ("enter", HostedPage::Entry(EntryPage::Enter)),
    ("leave", HostedPage::Entry(EntryPage::Leave)),
];
