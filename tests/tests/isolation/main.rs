//! Who may reach what, as tables that are committed. A change to one of them is a change that somebody has read; what is
//! new and isn't in them fails.

mod edge;
