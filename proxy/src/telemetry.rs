//! Seam: replaced by its owner's file.

/// Counts.
#[derive(Debug, Default)]
pub struct Metrics(());

impl Metrics {
    /// Counts a request.
    pub fn request(&self, outcome: &'static str, seconds: f64) {
        let _ = (outcome, seconds);
    }
}
