//! Resources in the API: what a body says of them, as the description shows it, and the one that is changed.

use std::borrow::Cow;

use axum::extract::{FromRequest, FromRequestParts, Request};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, Object, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::Api;
use super::body::{Input, PathId};
use super::caller::Caller;
use super::problem::Problem;
use super::version::{IfMatch, Versioned};
use crate::database::Write;
use crate::database::stored::{Owned, Stored};
use crate::kernel::principal::Reach;
use crate::kernel::resource::{New, Patch, Put, Resource};

/// A PUT or PATCH of a caller, not yet read: that takes the right to do it. It is refused unless the caller has seen the
/// newest version of what it changes.
pub(crate) struct Update<Id, T> {
    pub(crate) caller: Caller,
    /// What is to change.
    pub(crate) id: Id,
    pub(crate) seen: IfMatch,
    pub(crate) input: Input<T>,
}

/// What has changed, with its new version.
pub(crate) type Updated<T> = Result<Versioned<T>, Problem>;

impl<Id: DeserializeOwned + Send, T> FromRequest<Api> for Update<Id, T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, api).await?;
        let PathId(id) = PathId::from_request_parts(&mut parts, api).await?;
        let Ok(seen) = IfMatch::from_request_parts(&mut parts, api).await;
        let input = Input::from_request(Request::from_parts(parts, body), api).await?;
        Ok(Self { caller, id, seen, input })
    }
}

impl<Id, T: DeserializeOwned> Update<Id, T> {
    /// Reads the body and begins the write.
    pub(crate) async fn begin(&self, reach: &Reach) -> Result<(T, Write), Problem> {
        let input = self.input.read(reach)?;
        Ok((input, self.caller.begin(reach).await?))
    }
}

/// A resource behind the gate, for a caller that has seen its newest version.
pub(crate) async fn current<T: Stored>(write: &mut Write, id: &impl ToString, seen: &IfMatch) -> Result<T, Problem> {
    let current = write.find(id).await?.ok_or_else(Problem::not_found)?;
    seen.check(&current)?;
    Ok(current)
}

/// The same of one within reach.
pub(crate) async fn current_within<T: Owned>(
    write: &mut Write,
    reach: &Reach,
    id: &impl ToString,
    seen: &IfMatch,
) -> Result<T, Problem> {
    let current = write.find_within(reach, id).await?.ok_or_else(Problem::not_found)?;
    seen.check(&current)?;
    Ok(current)
}

/// Everything that isn't assigned; what has a default may be left out.
impl<T: Resource + ToSchema> PartialSchema for New<T> {
    fn schema() -> RefOr<Schema> {
        let mut object = object::<T>("To add. ", |name| !T::ASSIGNED.contains(&name));
        object.required.retain(|name| !T::IMPLIED.contains(&name.as_str()));
        without_defaults(object).into()
    }
}

/// The whole of what may change; what has a default may be left out.
impl<T: Resource + ToSchema> PartialSchema for Put<T> {
    fn schema() -> RefOr<Schema> {
        without_defaults(object::<T>("What is to be, the whole of it. ", |name| T::MUTABLE.contains(&name))).into()
    }
}

/// What may change, each of it optional.
impl<T: Resource + ToSchema> PartialSchema for Patch<T> {
    fn schema() -> RefOr<Schema> {
        let mut object = object::<T>("What is to change. ", |name| T::MUTABLE.contains(&name));
        object.required.clear();
        object.properties.values_mut().filter_map(default).for_each(|default| *default = None);
        object.into()
    }
}

impl<T: Resource + ToSchema> ToSchema for New<T> {
    fn name() -> Cow<'static, str> {
        format!("{}ToAdd", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

impl<T: Resource + ToSchema> ToSchema for Put<T> {
    fn name() -> Cow<'static, str> {
        format!("{}ToPut", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

impl<T: Resource + ToSchema> ToSchema for Patch<T> {
    fn name() -> Cow<'static, str> {
        format!("{}ToChange", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

/// The part of a resource's description that is of these fields.
fn object<T: ToSchema>(introduction: &str, is_part: impl Fn(&str) -> bool) -> Object {
    let RefOr::T(Schema::Object(mut object)) = T::schema() else { return Object::default() };
    object.properties.retain(|name, _| is_part(name));
    object.required.retain(|name| is_part(name));
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    object.description = object.description.map(|description| format!("{introduction}{description}"));
    object
}

/// What has a default isn't required.
fn without_defaults(mut object: Object) -> Object {
    let properties = &mut object.properties;
    object.required.retain(|name| properties.get_mut(name).is_some_and(|it| default(it).is_none_or(|it| it.is_none())));
    object
}

/// Where a description says its default.
fn default(schema: &mut RefOr<Schema>) -> Option<&mut Option<Value>> {
    let schema = match schema {
        RefOr::T(schema) => schema,
        RefOr::Ref(schema) => return Some(&mut schema.default),
    };
    Some(match schema {
        Schema::Array(schema) => &mut schema.default,
        Schema::Object(schema) => &mut schema.default,
        Schema::OneOf(schema) => &mut schema.default,
        Schema::AllOf(schema) => &mut schema.default,
        Schema::AnyOf(schema) => &mut schema.default,
        _ => return None,
    })
}
