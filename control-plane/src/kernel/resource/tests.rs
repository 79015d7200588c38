use serde_json::json;

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Lamp {
    id: u32,
    name: String,
    #[serde(default = "bright")]
    watts: u32,
    note: Option<String>,
    colour: Colour,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Colour {
    hue: u32,
    warmth: Option<u32>,
}

fn bright() -> u32 {
    60
}

impl Resource for Lamp {
    const ASSIGNED: &'static [&'static str] = &["id"];
    const MUTABLE: &'static [&'static str] = &["watts", "note", "colour"];
}

fn new(value: Value) -> Result<Lamp, (String, &'static str)> {
    let new: New<Lamp> = serde_json::from_value(value).unwrap();
    new.with(json!({ "id": 7 })).map_err(|fault| (fault.pointer, fault.code))
}

fn patched(value: Value) -> Result<Lamp, (String, &'static str)> {
    let patch: Patch<Lamp> = serde_json::from_value(value).unwrap();
    patch.over(&lamp()).map_err(|fault| (fault.pointer, fault.code))
}

fn lamp() -> Lamp {
    new(json!({ "name": "desk", "note": "n", "colour": { "hue": 1, "warmth": 2 } })).unwrap()
}

#[test]
fn what_is_given_and_what_is_assigned_make_a_resource() {
    let colour = Colour { hue: 1, warmth: Some(2) };
    assert_eq!(lamp(), Lamp { id: 7, name: "desk".into(), watts: 60, note: Some("n".into()), colour });
}

#[test]
fn a_wrong_field_of_a_new_resource_is_named() {
    let colour = json!({ "hue": 1, "warmth": null });
    for (value, pointer, code) in [
        (json!({ "name": "a", "colour": colour, "id": 1 }), "/id", "unknown-field"),
        (json!({ "name": "a", "colour": colour, "a/b": 1 }), "/a~1b", "unknown-field"),
        (json!({ "colour": colour }), "/name", "missing-field"),
        (json!({ "name": null, "colour": colour }), "/name", "invalid-value"),
        (json!({ "name": "a", "colour": { "hue": "red", "warmth": null } }), "/colour/hue", "invalid-value"),
        (json!({ "name": "a", "colour": { "hue": 1, "x": 1 } }), "/colour/x", "unknown-field"),
    ] {
        assert_eq!(new(value.clone()), Err((pointer.to_owned(), code)), "{value}");
    }
}

#[test]
fn a_patch_changes_what_it_names_and_null_unsets_what_is_optional() {
    let changed = patched(json!({ "watts": 5, "note": null, "colour": { "warmth": null } })).unwrap();
    assert_eq!(changed, Lamp { watts: 5, note: None, colour: Colour { hue: 1, warmth: None }, ..lamp() });
    assert_eq!(patched(json!({})).unwrap(), lamp());
}

#[test]
fn a_patch_of_what_may_not_change_or_be_unset_is_refused() {
    for (value, pointer, code) in [
        (json!({ "name": "b" }), "/name", "unknown-field"),
        (json!({ "id": 8 }), "/id", "unknown-field"),
        (json!({ "volts": 8 }), "/volts", "unknown-field"),
        (json!({ "watts": null }), "/watts", "invalid-value"),
        (json!({ "colour": null }), "/colour", "invalid-value"),
        (json!({ "colour": { "hue": null } }), "/colour/hue", "invalid-value"),
        (json!({ "colour": { "sat": 1 } }), "/colour/sat", "unknown-field"),
    ] {
        assert_eq!(patched(value.clone()), Err((pointer.to_owned(), code)), "{value}");
    }
}

#[test]
fn a_put_is_the_whole_of_what_may_change() {
    let put = |value: Value| {
        let put: Put<Lamp> = serde_json::from_value(value).unwrap();
        put.over(&lamp()).map_err(|fault| (fault.pointer, fault.code))
    };
    let colour = json!({ "hue": 3, "warmth": null });
    let whole = Lamp { watts: 60, note: None, colour: Colour { hue: 3, warmth: None }, ..lamp() };
    assert_eq!(put(json!({ "colour": colour })).unwrap(), whole);
    for (value, pointer, code) in [
        (json!({}), "/colour", "missing-field"),
        (json!({ "colour": colour, "name": "b" }), "/name", "unknown-field"),
        (json!({ "colour": colour, "id": 8 }), "/id", "unknown-field"),
        (json!({ "colour": colour, "watts": null }), "/watts", "invalid-value"),
        (json!({ "colour": { "hue": 3, "sat": 1 } }), "/colour/sat", "unknown-field"),
    ] {
        assert_eq!(put(value.clone()), Err((pointer.to_owned(), code)), "{value}");
    }
}

#[test]
fn a_field_that_follows_from_the_caller_may_be_left_out_or_null() {
    let new = |value: Value| -> New<Lamp> { serde_json::from_value(value).unwrap() };
    assert_eq!(new(json!({})).optional::<String>("name").unwrap(), None);
    assert_eq!(new(json!({ "name": null })).optional::<String>("name").unwrap(), None);
    assert_eq!(new(json!({ "name": "a" })).optional("name").unwrap(), Some("a".to_owned()));
    assert_eq!(new(json!({ "name": 1 })).optional::<String>("name").unwrap_err().pointer, "/name");
}

#[test]
fn one_field_can_be_read_before_the_rest() {
    let new: New<Lamp> = serde_json::from_value(json!({ "watts": 5, "name": 1 })).unwrap();
    assert_eq!(new.field::<u32>("watts").unwrap(), 5);
    assert_eq!(new.field::<String>("name").unwrap_err().pointer, "/name");
    assert_eq!(new.field::<u32>("id").unwrap_err().code, "missing-field");
}
