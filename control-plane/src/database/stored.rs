//! Resources as rows, both ways over the JSON that the API shows: the columns of a table stand in one list, and nothing
//! else names them.

use serde_json::{Map, Value, json};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Executor, Row};

use super::rows::places;
use super::statement::Statement;
use super::{Page, Store, StoreError, Whose, Write, one_row};
use crate::kernel::principal::Reach;
use crate::kernel::resource::Resource;
use crate::kernel::time::Time;

/// A resource that has a table.
pub(crate) trait Stored: Resource {
    /// The table.
    const TABLE: &'static str;
    /// Its columns. The first is the identity.
    const COLUMNS: &'static [Column];
    /// What holds of each row that is still there: what was removed may be kept.
    const CONDITION: Option<&'static str> = None;
}

/// A resource that is a partner's.
pub(crate) trait Owned: Stored {
    /// The column that says whose it is.
    const OWNER: &'static str = "partner_id";
}

/// A column, and the field that it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    name: &'static str,
    field: &'static str,
    kind: Kind,
    /// What is read in its place.
    read: Option<&'static str>,
    is_derived: bool,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Words,
    Number,
    Time,
    Flag,
    Either(&'static str, &'static str),
    Json(fn(&Value) -> String),
    Made(fn(&str) -> Option<String>),
    Limit,
}

impl Column {
    /// A text.
    pub(crate) const fn text(name: &'static str) -> Self {
        Self { name, field: name, kind: Kind::Text, read: None, is_derived: false }
    }

    /// A list of words, with a space between two of them.
    pub(crate) const fn words(name: &'static str) -> Self {
        Self { kind: Kind::Words, ..Self::text(name) }
    }

    /// A whole number.
    pub(crate) const fn number(name: &'static str) -> Self {
        Self { kind: Kind::Number, ..Self::text(name) }
    }

    /// A time, in milliseconds since 1970.
    pub(crate) const fn time(name: &'static str) -> Self {
        Self { kind: Kind::Time, ..Self::text(name) }
    }

    /// Whether something is so: 1 or 0.
    pub(crate) const fn flag(name: &'static str) -> Self {
        Self { kind: Kind::Flag, ..Self::text(name) }
    }

    /// Whether something is so, as one word or the other.
    pub(crate) const fn either(name: &'static str, (no, yes): (&'static str, &'static str)) -> Self {
        Self { kind: Kind::Either(no, yes), ..Self::text(name) }
    }

    /// A list or an object, as JSON.
    pub(crate) const fn json(name: &'static str) -> Self {
        Self::json_as(name, Value::to_string)
    }

    /// The same, where the JSON that is kept isn't what the API shows.
    pub(crate) const fn json_as(name: &'static str, written: fn(&Value) -> String) -> Self {
        Self { kind: Kind::Json(written), ..Self::text(name) }
    }

    /// A list that limits something, as JSON: null where it is empty and limits nothing.
    pub(crate) const fn limit(name: &'static str) -> Self {
        Self { kind: Kind::Limit, ..Self::text(name) }
    }

    /// A column that is written, where an expression is read in its place.
    pub(crate) const fn read_as(self, expression: &'static str) -> Self {
        Self { read: Some(expression), ..self }
    }

    /// An expression that is read, and never written.
    pub(crate) const fn derived(self) -> Self {
        Self { is_derived: true, ..self }
    }

    /// A text that is made of a field to be looked for, and never read.
    pub(crate) const fn made(name: &'static str, make: fn(&str) -> Option<String>) -> Self {
        Self { kind: Kind::Made(make), ..Self::text(name) }
    }

    fn is_read(&self) -> bool {
        !matches!(self.kind, Kind::Made(_))
    }

    /// The same, for a field of another name; `price/amount` is a field of the field `price`.
    pub(crate) const fn of(self, field: &'static str) -> Self {
        Self { field, ..self }
    }

    fn read(self, row: &AnyRow) -> Result<Value, StoreError> {
        let unreadable = |detail: String| StoreError::Unreadable { what: self.name, detail };
        Ok(match self.kind {
            Kind::Text | Kind::Made(_) => row.try_get::<Option<String>, _>(self.field)?.into(),
            Kind::Words => {
                let words = row.try_get::<Option<String>, _>(self.field)?;
                words.map(|words| words.split_whitespace().collect::<Value>()).into()
            }
            Kind::Number => row.try_get::<Option<i64>, _>(self.field)?.into(),
            Kind::Time => row.try_get::<Option<i64>, _>(self.field)?.map(|ms| Time::from_ms(ms).to_string()).into(),
            Kind::Flag => row.try_get::<Option<i64>, _>(self.field)?.map(|flag| flag != 0).into(),
            Kind::Either(_, yes) => row.try_get::<Option<String>, _>(self.field)?.map(|word| word == yes).into(),
            Kind::Json(_) | Kind::Limit => match row.try_get::<Option<String>, _>(self.field)? {
                Some(text) => serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?,
                None if matches!(self.kind, Kind::Limit) => Value::Array(Vec::new()),
                None => Value::Null,
            },
        })
    }

    fn bind<'q>(self, query: Bound<'q>, value: &Value) -> Result<Bound<'q>, StoreError> {
        let wrong = || StoreError::Unreadable { what: self.name, detail: format!("{:?} can't hold this", self.kind) };
        Ok(match (self.kind, value) {
            (Kind::Number | Kind::Time | Kind::Flag, Value::Null) => query.bind(None::<i64>),
            (_, Value::Null) => query.bind(None::<String>),
            (Kind::Text, Value::String(text)) => query.bind(text.clone()),
            (Kind::Made(make), Value::String(text)) => query.bind(make(text)),
            (Kind::Number, Value::Number(number)) => query.bind(number.as_i64().ok_or_else(wrong)?),
            (Kind::Time, Value::String(text)) => query.bind(text.parse::<Time>().map_err(|_| wrong())?.ms()),
            (Kind::Limit, Value::Array(list)) if list.is_empty() => query.bind(None::<String>),
            (Kind::Words, Value::Array(words)) => {
                query.bind(words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
            }
            (Kind::Flag, Value::Bool(is_so)) => query.bind(i64::from(*is_so)),
            (Kind::Either(no, yes), Value::Bool(is_so)) => query.bind(if *is_so { yes } else { no }),
            (Kind::Json(written), value) => query.bind(written(value)),
            (Kind::Limit, value) => query.bind(value.to_string()),
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

    /// One resource within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub(crate) async fn find_within<T: Owned>(
        &self,
        reach: &Reach,
        id: &impl ToString,
    ) -> Result<Option<T>, StoreError> {
        find_within(self.reader(), reach, id).await
    }

    /// A page of the resources within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub(crate) async fn page_within<T: Owned>(&self, reach: &Reach, page: &Page) -> Result<Vec<T>, StoreError> {
        let list = Statement::select::<T>().narrowed_among("id", page.only.as_deref());
        list.within_partner(T::OWNER, reach).page("id", page).resources(self.reader()).await
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

    /// One resource within reach, behind the gate.
    ///
    /// # Errors
    /// When the database is away.
    pub(crate) async fn find_within<T: Owned>(
        &mut self,
        reach: &Reach,
        id: &impl ToString,
    ) -> Result<Option<T>, StoreError> {
        find_within(self.connection(), reach, id).await
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

    /// Adds a resource.
    ///
    /// # Errors
    /// When another one has what is unique in it, or the database is away.
    pub(crate) async fn add(&mut self, resource: &impl Stored) -> Result<(), StoreError> {
        if self.insert(resource).await? { Ok(()) } else { Err(StoreError::RowCount(0)) }
    }

    /// Adds a resource and audits it, unless another one has what is unique in it.
    ///
    /// # Errors
    /// When the database is away.
    pub(crate) async fn create(
        &mut self,
        action: &'static str,
        whose: Whose,
        resource: &impl Stored,
    ) -> Result<bool, StoreError> {
        let is_new = self.insert(resource).await?;
        if is_new {
            self.audit(action, &identity(resource), whose, json!(resource));
        }
        Ok(is_new)
    }

    /// Writes a resource, whether or not there is one of its identity.
    ///
    /// # Errors
    /// When the database is away.
    pub(crate) async fn upsert(&mut self, resource: &impl Stored) -> Result<(), StoreError> {
        upsert(self.connection(), resource).await
    }

    /// Writes a resource over what it was.
    ///
    /// # Errors
    /// When the database is away, or there is none of its identity.
    pub(crate) async fn update(&mut self, resource: &impl Stored) -> Result<(), StoreError> {
        update(self.connection(), resource).await
    }

    /// Writes a resource over what it was and audits both, if they differ.
    ///
    /// # Errors
    /// When the database is away, or there is none of its identity.
    pub(crate) async fn change<T: Stored>(
        &mut self,
        action: &'static str,
        whose: Whose,
        (before, after): (&T, &T),
    ) -> Result<(), StoreError> {
        if before != after {
            self.update(after).await?;
            self.audit(action, &identity(after), whose, json!({ "before": before, "after": after }));
        }
        Ok(())
    }

    /// Removes a resource.
    ///
    /// # Errors
    /// When the database is away, or there is none of its identity.
    pub(crate) async fn remove<T: Stored>(&mut self, resource: &T) -> Result<(), StoreError> {
        let query = sqlx::query(AssertSqlSafe(format!("delete from {} where {} = $1", T::TABLE, key::<T>())));
        one_row(&query.bind(identity(resource)).execute(self.connection()).await?)
    }
}

impl Statement {
    /// Reads resources, with no condition yet.
    pub(crate) fn select<T: Stored>() -> Self {
        let column = |column: &Column| format!("{} as \"{}\"", column.read.unwrap_or(column.name), column.field);
        let columns: Vec<_> = T::COLUMNS.iter().filter(|column| column.is_read()).map(column).collect();
        let statement = Self::made(format!("select {} from {}", columns.join(", "), T::TABLE));
        match T::CONDITION {
            Some(condition) => statement.and(condition, []),
            None => statement,
        }
    }

    /// Reads the resource of an identity.
    pub(crate) fn select_one<T: Stored>(id: &impl ToString) -> Self {
        Self::select::<T>().narrowed_among(key::<T>(), Some(&[id.to_string()]))
    }

    /// The resource that it finds, if any.
    pub(crate) async fn resource<'e, T: Stored>(
        self,
        executor: impl Executor<'e, Database = Any>,
    ) -> Result<Option<T>, StoreError> {
        self.bound().fetch_optional(executor).await?.as_ref().map(from_row).transpose()
    }

    /// The resources that it finds.
    pub(crate) async fn resources<'e, T: Stored>(
        self,
        executor: impl Executor<'e, Database = Any>,
    ) -> Result<Vec<T>, StoreError> {
        self.bound().fetch_all(executor).await?.iter().map(from_row).collect()
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
    Statement::select_one::<T>(id).resource(executor).await
}

async fn find_within<'e, T: Owned>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: &impl ToString,
) -> Result<Option<T>, StoreError> {
    Statement::select_one::<T>(id).within_partner(T::OWNER, reach).resource(executor).await
}

async fn insert<T: Stored>(connection: &mut AnyConnection, resource: &T) -> Result<bool, StoreError> {
    let text = format!("{} on conflict do nothing", insertion::<T>());
    let done = bound(&text, resource)?.execute(connection).await?;
    Ok(done.rows_affected() == 1)
}

async fn upsert<T: Stored>(connection: &mut AnyConnection, resource: &T) -> Result<(), StoreError> {
    let set = written::<T>().skip(1).map(|column| format!("{0} = excluded.{0}", column.name));
    let set = set.collect::<Vec<_>>().join(", ");
    let text = format!("{} on conflict ({}) do update set {set}", insertion::<T>(), key::<T>());
    bound(&text, resource)?.execute(connection).await?;
    Ok(())
}

fn insertion<T: Stored>() -> String {
    let names: Vec<_> = written::<T>().map(|column| column.name).collect();
    format!("insert into {} ({}) values {}", T::TABLE, names.join(", "), places(1, names.len()))
}

async fn update<T: Stored>(connection: &mut AnyConnection, resource: &T) -> Result<(), StoreError> {
    let set = written::<T>().enumerate().skip(1).map(|(index, column)| format!("{} = ${}", column.name, index + 1));
    let set = set.collect::<Vec<_>>().join(", ");
    let text = format!("update {} set {set} where {} = $1", T::TABLE, key::<T>());
    one_row(&bound(&text, resource)?.execute(connection).await?)
}

fn bound<'q, T: Stored>(text: &str, resource: &T) -> Result<Bound<'q>, StoreError> {
    let fields = serde_json::to_value(resource)
        .map_err(|error| StoreError::Unreadable { what: T::TABLE, detail: error.to_string() })?;
    let query = sqlx::query(AssertSqlSafe(text.to_owned()));
    let field = |column: &Column| fields.pointer(&format!("/{}", column.field)).unwrap_or(&Value::Null);
    written::<T>().try_fold(query, |query, column| column.bind(query, field(column)))
}

fn written<T: Stored>() -> impl Iterator<Item = &'static Column> {
    T::COLUMNS.iter().filter(|column| !column.is_derived)
}

/// The column of the identity.
fn key<T: Stored>() -> &'static str {
    T::COLUMNS.first().map_or("id", |column| column.name)
}

/// The identity, as it is shown.
pub(crate) fn identity<T: Stored>(resource: &T) -> String {
    let field = T::COLUMNS.first().map_or("id", |column| column.field);
    json!(resource).get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The resource of a row that has its fields by their names, whatever else it has.
///
/// # Errors
/// When they can't be read.
pub(crate) fn from_row<T: Stored>(row: &AnyRow) -> Result<T, StoreError> {
    let mut fields = Map::new();
    for column in T::COLUMNS.iter().filter(|column| column.is_read()) {
        place(&mut fields, column.field, column.read(row)?);
    }
    serde_json::from_value(Value::Object(fields))
        .map_err(|error| StoreError::Unreadable { what: T::TABLE, detail: error.to_string() })
}

/// Puts a value in its field.
fn place(fields: &mut Map<String, Value>, field: &str, value: Value) {
    match field.split_once('/') {
        None => {
            fields.insert(field.to_owned(), value);
        }
        Some((outer, inner)) => {
            if let Value::Object(fields) = fields.entry(outer).or_insert_with(|| json!({})) {
                place(fields, inner, value);
            }
        }
    }
}
