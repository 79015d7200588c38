//! Several rows in one statement: what is written together needs one way to the database, not one for each row.

use sqlx::AssertSqlSafe;

/// The most rows of one statement. Each number of rows is a text of its own, and prepared texts are kept.
pub(super) const MOST: usize = 8;

/// `head`, and then each row as `row` writes it, which is told the number of its first place.
pub(super) fn insert(
    head: &str,
    (rows, columns): (usize, usize),
    row: impl Fn(usize) -> String,
) -> AssertSqlSafe<String> {
    let rows: Vec<_> = (0..rows).map(|index| row(index * columns + 1)).collect();
    AssertSqlSafe(format!("{head} values {}", rows.join(", ")))
}

/// `($4, $5, $6)`: so many places, from this one on.
pub(super) fn places(first: usize, columns: usize) -> String {
    let places: Vec<_> = (first..first + columns).map(|place| format!("${place}")).collect();
    format!("({})", places.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_numbered_through() {
        let AssertSqlSafe(text) = insert("insert into t (a, b)", (2, 2), |first| places(first, 2));
        assert_eq!(text, "insert into t (a, b) values ($1, $2), ($3, $4)");
    }
}
