//! Resources as rows, both ways over the JSON that the API shows: the columns of a table stand in one list, and nothing
//! else names them.

use serde_json::{Map, Value, json};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Executor, Row};

use super::rows::places;
use super::statement::Statement;
use super::{Store, StoreError, Write, one_row};
use crate::kernel::resource::Resource;
use crate::kernel::time::Time;

/// A resource that has a table.
pub(crate) trait Stored: Resource {
    /// The table.
    const TABLE: &'static str;
    /// Its columns. The first is the identity.
    const COLUMNS: &'static [Column];
}

/// A column, and the field that it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    name: &'static str,
    field: &'static str,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Time,
    Json,
    Limit,
}

impl Column {
    /// A text.
    pub(crate) const fn text(name: &'static str) -> Self {
        Self { name, field: name, kind: Kind::Text }
    }

    /// A whole number.
    pub(crate) const fn number(name: &'static str) -> Self {
        Self { kind: Kind::Number, ..Self::text(name) }
    }

    /// A time, in milliseconds since 1970.
    pub(crate) const fn time(name: &'static str) -> Self {
        Self { kind: Kind::Time, ..Self::text(name) }
    }

    /// A list or an object, as JSON.
    pub(crate) const fn json(name: &'static str) -> Self {
        Self { kind: Kind::Json, ..Self::text(name) }
    }

    /// A list that limits something, as JSON: null where it is empty and limits nothing.
    pub(crate) const fn limit(name: &'static str) -> Self {
        Self { kind: Kind::Limit, ..Self::text(name) }
    }

    /// The same, for a field of another name.
    pub(crate) const fn of(self, field: &'static str) -> Self {
        Self { field, ..self }
    }

    fn read(self, row: &AnyRow) -> Result<Value, StoreError> {
        let unreadable = |detail: String| StoreError::Unreadable { what: self.name, detail };
        Ok(match self.kind {
            Kind::Text => row.try_get::<Option<String>, _>(self.field)?.into(),
            Kind::Number => row.try_get::<Option<i64>, _>(self.field)?.into(),
            Kind::Time => row.try_get::<Option<i64>, _>(self.field)?.map(|ms| Time::from_ms(ms).to_string()).into(),
            Kind::Json | Kind::Limit => match row.try_get::<Option<String>, _>(self.field)? {
                Some(text) => serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?,
                None if self.kind == Kind::Limit => Value::Array(Vec::new()),
                None => Value::Null,
            },
        })
    }

    fn bind<'q>(self, query: Bound<'q>, value: &Value) -> Result<Bound<'q>, StoreError> {
        let wrong = || StoreError::Unreadable { what: self.name, detail: format!("{:?} can't hold this", self.kind) };
        Ok(match (self.kind, value) {
            (Kind::Number | Kind::Time, Value::Null) => query.bind(None::<i64>),
            (_, Value::Null) => query.bind(None::<String>),
            (Kind::Text, Value::String(text)) => query.bind(text.clone()),
            (Kind::Number, Value::Number(number)) => query.bind(number.as_i64().ok_or_else(wrong)?),
            (Kind::Time, Value::String(text)) => query.bind(text.parse::<Time>().map_err(|_| wrong())?.ms()),
            (Kind::Limit, Value::Array(list)) if list.is_empty() => query.bind(None::<String>),
            (Kind::Json | Kind::Limit, value) => query.bind(value.to_string()),
            _ => return Err(wrong()),
        })
    }
}

type Bound<'q> = Query<'q, Any, AnyArguments>;

impl Store {
    /// One resource.
    ///
    /// # Errors
    /// When the database is away.
    pub(crate) async fn find<T: Stored>(&self, id: &impl ToString) -> Result<Option<T>, StoreError> {
        find(self.reader(), id).await
    }
}

impl Write {
    /// One resource, behind the gate.
    ///
    /// # Errors
    /// When the database is away.
    pub(crate) async fn find<T: Stored>(&mut self, id: &impl ToString) -> Result<Option<T>, StoreError> {
        find(self.connection(), id).await
    }

    /// What is assigned to a new resource: its identity, and when it was made.
    pub(crate) fn assigned<K: marque_config::id::Kind>(&self) -> Value {
        json!({ "id": self.id::<K>(), "created_at": Time::from_ms(self.now_ms()) })
    }

    /// Adds a resource, unless another one has what is unique in it.
    ///
    /// # Errors
    /// When the database is away.
    pub(crate) async fn insert(&mut self, resource: &impl Stored) -> Result<bool, StoreError> {
        insert(self.connection(), resource).await
    }

    /// Writes a resource over what it was.
    ///
    /// # Errors
    /// When the database is away, or there is none of its identity.
    pub(crate) async fn update(&mut self, resource: &impl Stored) -> Result<(), StoreError> {
        update(self.connection(), resource).await
    }
}

impl Statement {
    /// Reads resources, with no condition yet.
    pub(crate) fn select<T: Stored>() -> Self {
        let column = |column: &Column| format!("{} as \"{}\"", column.name, column.field);
        let columns: Vec<_> = T::COLUMNS.iter().map(column).collect();
        Self::made(format!("select {} from {}", columns.join(", "), T::TABLE))
    }

    /// The resources that it finds.
    pub(crate) async fn resources<'e, T: Stored>(
        self,
        executor: impl Executor<'e, Database = Any>,
    ) -> Result<Vec<T>, StoreError> {
        self.bound().fetch_all(executor).await?.iter().map(read).collect()
    }
}

/// One resource, on any connection.
///
/// # Errors
/// When the database is away.
pub(crate) async fn find<'e, T: Stored>(
    executor: impl Executor<'e, Database = Any>,
    id: &impl ToString,
) -> Result<Option<T>, StoreError> {
    let statement = Statement::select::<T>().with("id = ?1", id.to_string());
    statement.bound().fetch_optional(executor).await?.as_ref().map(read).transpose()
}

async fn insert<T: Stored>(connection: &mut AnyConnection, resource: &T) -> Result<bool, StoreError> {
    let names: Vec<_> = T::COLUMNS.iter().map(|column| column.name).collect();
    let text = format!(
        "insert into {} ({}) values {} on conflict do nothing",
        T::TABLE,
        names.join(", "),
        places(1, names.len())
    );
    let done = bound(&text, resource)?.execute(connection).await?;
    Ok(done.rows_affected() == 1)
}

async fn update<T: Stored>(connection: &mut AnyConnection, resource: &T) -> Result<(), StoreError> {
    let set = T::COLUMNS.iter().enumerate().skip(1).map(|(index, column)| format!("{} = ${}", column.name, index + 1));
    let text = format!("update {} set {} where id = $1", T::TABLE, set.collect::<Vec<_>>().join(", "));
    one_row(&bound(&text, resource)?.execute(connection).await?)
}

fn bound<'q, T: Stored>(text: &str, resource: &T) -> Result<Bound<'q>, StoreError> {
    let fields = serde_json::to_value(resource)
        .map_err(|error| StoreError::Unreadable { what: T::TABLE, detail: error.to_string() })?;
    let query = sqlx::query(AssertSqlSafe(text.to_owned()));
    T::COLUMNS
        .iter()
        .try_fold(query, |query, column| column.bind(query, fields.get(column.field).unwrap_or(&Value::Null)))
}

fn read<T: Stored>(row: &AnyRow) -> Result<T, StoreError> {
    let field = |column: &Column| Ok((column.field.to_owned(), column.read(row)?));
    let fields = T::COLUMNS.iter().map(field).collect::<Result<Map<_, _>, StoreError>>()?;
    serde_json::from_value(Value::Object(fields))
        .map_err(|error| StoreError::Unreadable { what: T::TABLE, detail: error.to_string() })
}
