//! One search over everything that has a name or a number. What is found is what the caller may read.

use crate::database::refused::Refused;
use crate::database::{Found, Query, Store};
use crate::kernel::principal::Reach;
use crate::kernel::search::{self, SearchKind};

/// Finds what each word begins a word of, among these kinds.
///
/// # Errors
/// [`Refused`].
pub async fn find(
    store: &Store,
    reach: &Reach,
    text: &str,
    kinds: Vec<SearchKind>,
    limit: usize,
) -> Result<Vec<Found>, Refused> {
    let words = search::asked(text);
    if words.is_empty() || kinds.is_empty() {
        return Ok(Vec::new());
    }
    Ok(store.search(reach, &Query { words, kinds, limit }).await?)
}
