//! Statements that are put together by what is asked: a condition that nobody gave isn't there, so that the database
//! chooses the index that fits the others. Every piece of text is a constant; values are bound, and never become text.

use std::iter;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe, Executor, FromRow};

use super::{Page, StoreError};
use crate::kernel::sort_order::SortOrder;

/// A value as both databases take it: one type for each place of a text, for the texts are kept prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
    Bytes(Vec<u8>),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// What is beyond every identity, in every collation: each begins with three letters, of which none is the last.
const BEYOND_IDENTITIES: &str = "zzzz";

/// A statement under way. In each piece of text `?1` is the first of the values that are given with it, `?2` the second.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    text: String,
    values: Vec<Value>,
    /// What the next condition begins with.
    joint: &'static str,
    /// Whether a condition finds few rows already.
    is_narrow: bool,
}

impl Statement {
    /// Begins with a text that has no condition yet.
    pub(crate) fn of(text: &'static str) -> Self {
        Self::made(text.to_owned())
    }

    /// The same, with a text that was put together of constants.
    pub(crate) fn made(text: String) -> Self {
        Self { text, values: Vec::new(), joint: " where ", is_narrow: false }
    }

    /// Goes on with a text that has no condition yet: after it, conditions are those of another query.
    pub(crate) fn text<const N: usize>(mut self, text: &'static str, values: [Value; N]) -> Self {
        self.push(text, values);
        Self { joint: " where ", is_narrow: false, ..self }
    }

    /// Asks for a condition, with its values.
    pub(crate) fn and<const N: usize>(mut self, condition: &'static str, values: [Value; N]) -> Self {
        self.text.push_str(self.joint);
        self.push(condition, values);
        Self { joint: " and ", ..self }
    }

    /// Asks for a condition on one value.
    pub(crate) fn with(self, condition: &'static str, value: impl Into<Value>) -> Self {
        self.and(condition, [value.into()])
    }

    /// Asks for a condition where a value is given for it.
    pub(crate) fn given(self, condition: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(condition, value),
            None => self,
        }
    }

    /// The same, where the value leaves so few rows that its index is the one to use. Whose they are is compared row by
    /// row from then on.
    pub(crate) fn narrowed(self, condition: &'static str, value: Option<impl Into<Value>>) -> Self {
        let is_narrow = self.is_narrow || value.is_some();
        Self { is_narrow, ..self.given(condition, value) }
    }

    /// Asks for a condition where something holds.
    pub(crate) fn when(self, holds: bool, condition: &'static str) -> Self {
        if holds { self.and(condition, []) } else { self }
    }

    /// Asks for a row's owner, by this column.
    pub(crate) fn owned(self, column: &'static str, owner: Option<String>) -> Self {
        // An expression has no index: the few rows are found by theirs.
        let how = if self.is_narrow { " || '' = ?1" } else { " = ?1" };
        match owner {
            Some(owner) => self.compared(column, how, owner),
            None => self,
        }
    }

    /// Asks for one of these values in a column; where there are none, nothing is found.
    pub(crate) fn among(mut self, column: &'static str, values: &[String]) -> Self {
        let Some(last) = values.last() else { return self.nothing() };
        if let [only] = values {
            return self.compared(column, " = ?1", only.clone());
        }
        self.text.push_str(self.joint);
        self.text.push_str(column);
        self.text.push_str(" in (");
        // Few lengths, so that few texts are kept prepared; a value that comes again changes nothing.
        let length = iter::successors(Some(4), |length| Some(length * 4)).find(|length| *length >= values.len());
        let padded = values.iter().chain(iter::repeat(last)).take(length.unwrap_or(values.len()));
        for (index, value) in padded.enumerate() {
            self.push(if index == 0 { "?1" } else { ", ?1" }, [value.as_str().into()]);
        }
        self.text.push(')');
        Self { joint: " and ", ..self }
    }

    /// The same, where they leave few rows.
    pub(crate) fn narrowed_among(self, column: &'static str, values: Option<&[String]>) -> Self {
        match values {
            Some(values) => Self { is_narrow: true, ..self.among(column, values) },
            None => self,
        }
    }

    /// Finds nothing.
    pub(crate) fn nothing(self) -> Self {
        self.and("1 = 0", [])
    }

    /// Ends with a page, in the order of identities, which no two rows share.
    pub(crate) fn page(self, column: &'static str, page: &Page) -> Self {
        let is_first = page.after.is_empty() && page.order == SortOrder::Newest;
        let after = if is_first { BEYOND_IDENTITIES } else { &page.after };
        self.page_after(column, ("?1", after.into()), page)
    }

    /// The same in the order of numbers. `found` is the number of what the last page ended with, or of a row that isn't
    /// there any more: what is older isn't, either.
    pub(crate) fn page_by_number(
        self,
        column: &'static str,
        (found, or_first): (&'static str, &'static str),
        after: Option<Value>,
        page: &Page,
    ) -> Self {
        let place = match (after, page.order) {
            (None, SortOrder::Newest) => ("?1", i64::MAX.into()),
            (None, SortOrder::Oldest) => ("?1", 0.into()),
            (Some(after), SortOrder::Newest) => (found, after),
            (Some(after), SortOrder::Oldest) => (or_first, after),
        };
        self.page_after(column, place, page)
    }

    fn page_after(mut self, column: &'static str, (place, after): (&'static str, Value), page: &Page) -> Self {
        let (beyond, limit) = match page.order {
            SortOrder::Oldest => (" > ", " limit ?1"),
            SortOrder::Newest => (" < ", " desc limit ?1"),
        };
        self.text.push_str(self.joint);
        self.text.push_str(column);
        self.text.push_str(beyond);
        self.push(place, [after]);
        self.text.push_str(" order by ");
        self.text.push_str(column);
        self.push(limit, [page.limit.into()]);
        self
    }

    /// The rows that it finds.
    pub(crate) async fn rows<'e, R>(self, executor: impl Executor<'e, Database = Any>) -> Result<Vec<R>, StoreError>
    where
        R: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
    {
        let rows = self.bound().try_map(|row| R::from_row(&row)).fetch_all(executor).await?;
        Ok(rows)
    }

    /// What its rows say.
    pub(crate) async fn all<'e, R, T>(self, executor: impl Executor<'e, Database = Any>) -> Result<Vec<T>, StoreError>
    where
        R: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
        T: TryFrom<R, Error = StoreError>,
    {
        self.rows::<R>(executor).await?.into_iter().map(T::try_from).collect()
    }

    /// The one row that it finds, if any.
    pub(crate) async fn row<'e, R>(self, executor: impl Executor<'e, Database = Any>) -> Result<Option<R>, StoreError>
    where
        R: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
    {
        let row = self.bound().fetch_optional(executor).await?;
        Ok(row.map(|row| R::from_row(&row)).transpose()?)
    }

    /// What its one row says, if there is one.
    pub(crate) async fn one<'e, R, T>(
        self,
        executor: impl Executor<'e, Database = Any>,
    ) -> Result<Option<T>, StoreError>
    where
        R: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
        T: TryFrom<R, Error = StoreError>,
    {
        self.row::<R>(executor).await?.map(T::try_from).transpose()
    }

    /// With its values, ready to be run. Its text is made of constants, and of the numbers of places.
    pub(crate) fn bound(self) -> Query<'static, Any, AnyArguments> {
        let query = sqlx::query(AssertSqlSafe(self.text));
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Number(number) => query.bind(number),
            Value::Bytes(bytes) => query.bind(bytes),
        })
    }

    /// The same, asked how the database would go about it.
    #[cfg(test)]
    pub(crate) fn explained(self, how: &str) -> Self {
        Self { text: format!("{how} {}", self.text), ..self }
    }

    fn compared(mut self, column: &'static str, how: &'static str, value: String) -> Self {
        self.text.push_str(self.joint);
        self.text.push_str(column);
        self.push(how, [value.into()]);
        Self { joint: " and ", ..self }
    }

    fn push<const N: usize>(&mut self, piece: &'static str, values: [Value; N]) {
        let before = self.values.len();
        let mut parts = piece.split('?');
        self.text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (place, rest) = part.split_at_checked(1).unwrap_or_default();
            let place = place.parse::<usize>().ok().filter(|place| (1..=N).contains(place));
            debug_assert!(place.is_some(), "{piece} has a place without a value");
            self.text.push_str(&format!("${}", before + place.unwrap_or_default()));
            self.text.push_str(rest);
        }
        self.values.extend(values);
    }
}

#[cfg(test)]
mod tests;
