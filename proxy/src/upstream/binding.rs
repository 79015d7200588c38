//! Whose a connection to an application is.

/// Whose a connection to the application is, besides its place's: only what has the same binding may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Binding(u64);

impl Binding {
    /// The binding of this number.
    pub(crate) fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number that sets apart the connections of this binding.
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}
