//! What the API shows, takes and changes is described once: one struct is the JSON of all three, and the row.

use std::marker::PhantomData;

use marque_config::PartnerId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::fault::FieldFault;
use super::json;

/// A thing with an identity, in the JSON that the API shows. All of its fields are always shown; unknown ones are refused
/// where it's made or changed, and not by the struct itself, whose description would forbid that it ever grows.
pub trait Resource: Serialize + DeserializeOwned + PartialEq {
    /// Fields that are given to it when it is made: a caller has no say in them.
    const ASSIGNED: &'static [&'static str] = &[];
    /// Fields that may change later.
    const MUTABLE: &'static [&'static str] = &[];
    /// Fields that a caller may leave out of a new one, for they follow from who calls.
    const IMPLIED: &'static [&'static str] = &[];
}

/// What a caller gives for a new resource: everything but what is assigned.
#[derive(Debug)]
pub struct New<T>(Map<String, Value>, PhantomData<fn() -> T>);

/// What a caller wants changed: a JSON merge patch (RFC 7396) of what may change.
#[derive(Debug)]
pub struct Patch<T>(Map<String, Value>, PhantomData<fn() -> T>);

/// What a caller wants something to be: the whole of what may change.
#[derive(Debug)]
pub struct Put<T>(Map<String, Value>, PhantomData<fn() -> T>);

impl<T: Resource> New<T> {
    /// The resource, with what is assigned to it.
    ///
    /// # Errors
    /// When a field is missing, unknown, or not of its type; what is assigned is unknown here.
    pub fn with(mut self, assigned: Value) -> Result<T, FieldFault> {
        if let Some(name) = T::ASSIGNED.iter().find(|name| self.0.contains_key(**name)) {
            return Err(unknown(name));
        }
        let given: Vec<_> = self.0.keys().cloned().collect();
        if let Value::Object(assigned) = assigned {
            self.0.extend(assigned);
        }
        let resource = json::read(Value::Object(self.0))?;
        let shown = serde_json::to_value(&resource).unwrap_or_default();
        match given.iter().find(|name| shown.get(name).is_none()) {
            Some(name) => Err(unknown(name)),
            None => Ok(resource),
        }
    }

    /// One of the fields, where another depends on it.
    ///
    /// # Errors
    /// When it is missing or not of its type.
    pub fn field<F: DeserializeOwned>(&self, name: &str) -> Result<F, FieldFault> {
        let mut pointer = String::new();
        json::push(&mut pointer, name);
        let value = self.0.get(name).ok_or_else(|| json::missing_field(&pointer))?;
        json::read(value.clone()).map_err(|fault| FieldFault { pointer: pointer + &fault.pointer, ..fault })
    }

    /// The same, where it may be left out, or null.
    ///
    /// # Errors
    /// When it is not of its type.
    pub fn optional<F: DeserializeOwned>(&self, name: &str) -> Result<Option<F>, FieldFault> {
        self.0.get(name).filter(|value| !value.is_null()).map(|_| self.field(name)).transpose()
    }

    /// The same of a partner.
    #[must_use]
    pub fn of(mut self, partner: PartnerId) -> Self {
        self.0.insert("partner".to_owned(), Value::String(partner.to_string()));
        self
    }
}

impl<T: Resource> Patch<T> {
    /// The fields that it names.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// The resource as it comes to be.
    ///
    /// # Errors
    /// When a field may not change, is unknown, or not of its type; null where the field isn't optional.
    pub fn over(self, current: &T) -> Result<T, FieldFault> {
        if let Some(name) = self.0.keys().find(|name| !T::MUTABLE.contains(&name.as_str())) {
            return Err(unknown(name));
        }
        let mut value = serde_json::to_value(current).unwrap_or_default();
        merge(&mut value, Value::Object(self.0));
        json::read(value)
    }
}

impl<T: Resource> Put<T> {
    /// The resource as it comes to be.
    ///
    /// # Errors
    /// When a field is missing, may not change, is unknown, or not of its type.
    pub fn over(self, current: &T) -> Result<T, FieldFault> {
        if let Some(name) = self.0.keys().find(|name| !T::MUTABLE.contains(&name.as_str())) {
            return Err(unknown(name));
        }
        let Ok(Value::Object(mut fields)) = serde_json::to_value(current) else { return json::read(Value::Null) };
        fields.retain(|name, _| !T::MUTABLE.contains(&name.as_str()));
        fields.extend(self.0);
        json::read(Value::Object(fields))
    }
}

fn unknown(name: &str) -> FieldFault {
    let mut pointer = String::new();
    json::push(&mut pointer, name);
    json::unknown_field(&pointer)
}

/// RFC 7396 section 2. What is unset stays as null, so that only an optional field takes it.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(target) = target {
        for (name, value) in patch {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}

impl<'de, T> Deserialize<'de> for New<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(|fields| Self(fields, PhantomData))
    }
}

impl<'de, T> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(|fields| Self(fields, PhantomData))
    }
}

impl<'de, T> Deserialize<'de> for Put<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(|fields| Self(fields, PhantomData))
    }
}

#[cfg(test)]
mod tests;
