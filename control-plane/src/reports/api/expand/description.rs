//! How the description shows what can be expanded: a parameter of each read, and a field that is an identity or the thing.

use utoipa::openapi::path::{Operation, Parameter, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, ArrayItems, ObjectBuilder, Schema, Type};
use utoipa::openapi::{OpenApi, Ref, RefOr, Required};

use super::kind::{Kind, RESOURCES};
use super::{MOST, NAME, Shown};

const SCHEMAS: &str = "#/components/schemas/";
const LIST: &str = "Items_";

/// What an operation shows, where something of it can be expanded.
pub(super) fn shown(operation: &Operation) -> Option<Shown> {
    let RefOr::T(response) = operation.responses.responses.get("200")? else { return None };
    let RefOr::T(content) = response.content.get("application/json")? else { return None };
    let RefOr::Ref(schema) = content.schema.as_ref()? else { return None };
    let name = schema.ref_location.strip_prefix(SCHEMAS)?;
    let item = name.strip_prefix(LIST);
    let (_, kinds) = RESOURCES.iter().find(|(resource, _)| *resource == item.unwrap_or(name))?;
    Some(Shown { kinds, is_list: item.is_some() })
}

/// Adds the parameter to what can be expanded, and the things to the fields that name them.
pub(crate) fn describe(description: &mut OpenApi) {
    for operation in description.paths.paths.values_mut().filter_map(|item| item.get.as_mut()) {
        if let Some(shown) = shown(operation) {
            operation.parameters.get_or_insert_default().push(RefOr::T(described(shown.kinds)));
        }
    }
    let schemas = &mut description.components.get_or_insert_default().schemas;
    for (resource, kinds) in RESOURCES {
        for name in [resource.to_owned(), format!("{LIST}{resource}")] {
            if let Some(RefOr::T(schema)) = schemas.get_mut(&name) {
                expand_fields(schema, kinds);
            }
        }
    }
}

fn described(kinds: &[Kind]) -> Parameter {
    let fields: Vec<_> = kinds.iter().map(|kind| kind.field()).collect();
    let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(fields));
    let several = ArrayBuilder::new().items(names.build()).min_items(Some(1)).max_items(Some(MOST)).build();
    Parameter::builder()
        .name(NAME)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(
            "Which fields show what they name whole, as far as the caller could read it alone; with commas between them. \
             The answer's `ETag` stays that of what is shown without.",
        ))
        .style(Some(ParameterStyle::Form))
        .explode(Some(false))
        .schema(Some(several))
        .build()
}

/// Lets each field of a resource, or of the items of a list, be the thing too.
fn expand_fields(schema: &mut Schema, kinds: &[Kind]) {
    let Schema::Object(object) = schema else { return };
    match object.properties.get_mut("items") {
        Some(RefOr::T(Schema::Array(list))) => {
            if let ArrayItems::RefOrSchema(item) = &mut list.items
                && let RefOr::T(item) = &mut **item
            {
                expand_fields(item, kinds);
            }
        }
        _ => {
            for kind in kinds {
                if let Some(field) = object.properties.get_mut(kind.field()) {
                    expand_field(field, *kind);
                }
            }
        }
    }
}

fn expand_field(field: &mut RefOr<Schema>, kind: Kind) {
    let description = match field {
        RefOr::T(Schema::Object(object)) => object.description.take(),
        _ => None,
    };
    let whole = Ref::from_schema_name(kind.schema());
    let either = AnyOfBuilder::new().description(description).item(field.clone()).item(whole).build();
    *field = RefOr::T(Schema::AnyOf(either));
}
