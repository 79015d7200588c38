//! What is closed, and by what: records that aren't understood close what they govern for as long as they are so.

use std::collections::HashMap;

use marque_config::feed::{KeyText, RecordKind};

/// The closed records. What is closed may be absent, or come later: closing is kept by key.
#[derive(Debug, Default)]
pub(super) struct Closed {
    /// By the record that isn't understood, what it governs.
    by: HashMap<KeyText, Vec<KeyText>>,
    /// By what is closed, how many records close it.
    closed: HashMap<KeyText, usize>,
}

impl Closed {
    /// A record that isn't understood closes what it governs.
    pub(super) fn close(&mut self, by: KeyText, governed: Vec<KeyText>) {
        self.lift(&by);
        for key in &governed {
            *self.closed.entry(key.clone()).or_default() += 1;
        }
        self.by.insert(by, governed);
    }

    /// A record is understood now, or gone.
    pub(super) fn lift(&mut self, by: &KeyText) {
        for key in self.by.remove(by).unwrap_or_default() {
            if let Some(count) = self.closed.get_mut(&key) {
                *count -= 1;
                if *count == 0 {
                    self.closed.remove(&key);
                }
            }
        }
    }

    /// Whether something is closed. Its name is only asked for when anything is.
    pub(super) fn has(&self, kind: RecordKind, name: impl FnOnce() -> String) -> bool {
        !self.closed.is_empty() && self.closed.contains_key(&KeyText::new(kind, name()))
    }

    /// How many records of a kind aren't understood and close something.
    pub(super) fn count(&self, kind: RecordKind) -> usize {
        self.by.keys().filter(|key| key.kind == kind.as_str()).count()
    }

    /// What is closed.
    pub(super) fn keys(&self) -> impl ExactSizeIterator<Item = &KeyText> {
        self.closed.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_records_close_is_open_when_both_are_lifted() {
        let key = |kind: &str, name: &str| KeyText { kind: kind.into(), name: name.into() };
        let tenant = || key("tenant", "t");
        let mut closed = Closed::default();
        let is_closed = |closed: &Closed| closed.has(RecordKind::Tenant, || "t".into());
        closed.close(key("curfew", "a"), vec![tenant()]);
        closed.close(key("curfew", "a"), vec![tenant(), key("address", "h")]);
        closed.close(key("lock", "b"), vec![tenant()]);
        closed.lift(&key("curfew", "a"));
        assert!(is_closed(&closed) && !closed.has(RecordKind::Address, || "h".into()));
        closed.lift(&key("lock", "b"));
        closed.lift(&key("lock", "b"));
        assert!(!is_closed(&closed) && closed.keys().len() == 0);
    }
}
