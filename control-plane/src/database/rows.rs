//! Several rows in one statement: what is written together needs one way to the database, not one for each row.

use sqlx::AssertSqlSafe;

/// The most rows of one statement. Each number of rows is a text of its own, and prepared texts are kept.
pub(crate) const MOST: usize = 8;

/// `head`, and then each row as `row` writes it, which is told the number of its first place.
pub(crate) fn insert(
    head: &str,
    (rows, columns): (usize, usize),
    row: impl Fn(usize) -> String,
) -> AssertSqlSafe<String> {
    let rows: Vec<_> = (0..rows).map(|index| row(index * columns + 1)).collect();
    AssertSqlSafe(format!("{head} values {}", rows.join(", ")))
}

/// `($4, $5, $6)`: so many places, from this one on.
pub(crate) fn places(first: usize, columns: usize) -> String {
    let places: Vec<_> = (first..first + columns).map(|place| format!("${place}")).collect();
    format!("({})", places.join(", "))
}

/// `($4, $5, (SELECT))`: so many places, the last of them where `?1` stands in a statement that gives one value. A statement
/// doesn't see its own rows, so it is told how many of them there are up to this one.
pub(crate) fn numbered(first: usize, columns: usize, select: &str) -> String {
    let (plain, nth) = (places(first, columns - 1), format!("${}", first + columns - 1));
    format!("{}, ({}))", plain.trim_end_matches(')'), select.replace("?1", &nth))
}

/// The same statement, which gives a column of each row that it inserts, in no order.
pub(crate) fn returning(AssertSqlSafe(insert): AssertSqlSafe<String>, column: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("{insert} returning {column}"))
}

/// `(values ($1, $2), …)` for at least so many rows of a table that is only read, and for how many: few numbers of rows,
/// for each is a text of its own. PostgreSQL takes such places for text unless it is told the type of each column.
pub(crate) fn listed(rows: usize, types: &[&str]) -> (String, usize) {
    let rows = rows.next_power_of_two();
    let place = |row: usize| {
        let typed = |(column, of): (usize, &&str)| format!("cast(${} as {of})", row * types.len() + column + 1);
        format!("({})", types.iter().enumerate().map(typed).collect::<Vec<_>>().join(", "))
    };
    (format!("(values {})", (0..rows).map(place).collect::<Vec<_>>().join(", ")), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_few_lengths_and_a_type_for_each_place() {
        let (text, rows) = listed(2, &["text", "bigint"]);
        assert_eq!(rows, 2);
        let typed = "(cast($1 as text), cast($2 as bigint)), (cast($3 as text), cast($4 as bigint))";
        assert_eq!(text, format!("(values {typed})"));
        assert_eq!([1, 3, 64].map(|rows| listed(rows, &["text"]).1), [1, 4, 64]);
    }

    #[test]
    fn places_are_numbered_through() {
        let AssertSqlSafe(text) = insert("insert into t (a, b)", (2, 2), |first| places(first, 2));
        assert_eq!(text, "insert into t (a, b) values ($1, $2), ($3, $4)");
        let numbered = |first| numbered(first, 2, "select max(b) + ?1 from t");
        let AssertSqlSafe(text) = returning(insert("insert into t (a, b)", (2, 2), numbered), "b");
        let rows = "($1, (select max(b) + $2 from t)), ($3, (select max(b) + $4 from t))";
        assert_eq!(text, format!("insert into t (a, b) values {rows} returning b"));
    }
}
