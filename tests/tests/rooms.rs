//! The proxy's rooms: which uses which, read from its sources. A room uses only rooms that stand below it, and the
//! engine's types stay in three of them.
//!
//! What is still otherwise is listed here, and the lists may only shrink.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Each room, and the rooms that it may use: all of them stand further down in this list, so that no circle is possible.
const ROOMS: [(&str, &[&str]); 20] = [
    (
        "start",
        &[
            "serve",
            "exchange",
            "entry",
            "plain",
            "dns",
            "listener",
            "tls",
            "upstream",
            "outbox",
            "feed",
            "telemetry",
            "directory",
        ],
    ),
    ("serve", &["exchange", "directory", "head", "refusal"]),
    (
        "exchange",
        &[
            "entry",
            "contain",
            "identity",
            "upstream",
            "hosted",
            "lockdown",
            "outbox",
            "limits",
            "telemetry",
            "directory",
            "head",
            "refusal",
        ],
    ),
    ("hosted", &["entry", "lockdown", "outbox", "limits", "telemetry", "directory", "head", "refusal"]),
    ("entry", &["contain", "feed", "telemetry", "directory", "head", "refusal"]),
    ("plain", &["listener", "directory", "head"]),
    ("dns", &["limits", "telemetry", "directory"]),
    ("listener", &["limits", "telemetry"]),
    ("tls", &["telemetry", "directory"]),
    ("contain", &["lockdown", "directory", "head", "refusal"]),
    ("identity", &["lockdown", "directory", "head"]),
    ("upstream", &["lockdown", "limits", "directory", "head", "refusal"]),
    ("lockdown", &["directory", "head", "refusal"]),
    ("outbox", &["feed", "telemetry"]),
    ("feed", &["telemetry", "directory"]),
    ("limits", &["telemetry", "refusal"]),
    ("telemetry", &["directory"]),
    ("directory", &["refusal"]),
    ("head", &["refusal"]),
    ("refusal", &[]),
];

/// Uses that go the wrong way: from a room, of a room.
const REMAINING: &[(&str, &str)] = &[];

/// The rooms in which the engine's types stay.
const ENGINE_ROOMS: [&str; 3] = ["serve", "exchange", "upstream"];

/// Files elsewhere that know them.
const ENGINE_REMAINING: &[&str] = &[];

#[test]
fn a_room_uses_only_rooms_below_it() -> Result<()> {
    let used = uses(&sources()?)?;
    for (room, uses) in &used {
        println!("{room} -> {uses:?}");
    }
    let allowed: BTreeMap<_, _> = ROOMS.into_iter().collect();
    let is_allowed = |from: &str, to: &str| allowed.get(from).is_some_and(|rooms| rooms.contains(&to));
    let wrong: BTreeSet<_> = used
        .iter()
        .flat_map(|(from, rooms)| rooms.iter().map(move |to| (from.as_str(), to.as_str())))
        .filter(|(from, to)| !is_allowed(from, to))
        .collect();
    assert_eq!(wrong, REMAINING.iter().copied().collect(), "uses in the wrong direction; the list may only shrink");
    Ok(())
}

#[test]
fn the_directions_form_no_circle() {
    for (at, (room, allowed)) in ROOMS.iter().enumerate() {
        let below: Vec<_> = ROOMS[at + 1..].iter().map(|(room, _)| room).collect();
        let above: Vec<_> = allowed.iter().filter(|room| !below.contains(room)).collect();
        assert!(above.is_empty(), "{room} may use {above:?}, which don't stand below it");
    }
}

#[test]
fn the_engines_types_stay_in_their_rooms() -> Result<()> {
    let sources = sources()?;
    let knows = |source: &&Source| source.code.contains("pingora") && !ENGINE_ROOMS.contains(&source.room.as_str());
    let found: BTreeSet<_> = sources.iter().filter(knows).map(|source| source.path.as_str()).collect();
    assert_eq!(
        found,
        ENGINE_REMAINING.iter().copied().collect(),
        "files that know the engine; the list may only shrink"
    );
    Ok(())
}

#[test]
fn code_is_read_without_its_comments_and_tests() -> Result<()> {
    let text = "mod a;\n#[cfg(test)]\nmod tests;\npub(crate) mod b;\n//! [`crate::head`]\nuse crate::feed::{A, B};\n\
                pub(in crate::tls) fn f() -> crate::limits::C {}\n\n#[cfg(test)]\nmod tests {\nuse crate::plain::D;\n}\nuse crate::tls::E;\n";
    let code = code_of(text);
    assert_eq!(modules(&code).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(named(&code).collect::<Vec<_>>(), ["feed", "tls", "limits", "tls"]);
    let source = |path: &str, code: &str| Source { room: "feed".into(), path: path.into(), code: code.into() };
    assert!(uses(&[source("feed/a.rs", "use crate::{head, tls};")]).is_err(), "a group of rooms is read as none");
    assert!(uses(&[source("feed.rs", "use super::tls;")]).is_err(), "a room's own file reaches its neighbours");
    assert!(uses(&[source("feed/a.rs", "use super::super::tls;")]).is_err());
    assert_eq!(uses(&[source("feed/a.rs", "use super::b;\nuse crate::tls::X;")])?["feed"], ["tls".into()].into());
    Ok(())
}

/// A file of the proxy, without what is for tests only.
struct Source {
    room: String,
    path: String,
    code: String,
}

/// Every file that the library and the binary are made of.
fn sources() -> Result<Vec<Source>> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../proxy/src"));
    let mut sources = vec![Source::read(&root, "start", "main.rs")?];
    let crate_root = Source::read(&root, "start", "lib.rs")?;
    let rooms: Vec<String> = modules(&crate_root.code).map(str::to_owned).collect();
    sources.push(crate_root);
    for module in rooms {
        let room = if module == "drain" { "start" } else { &module };
        let mut open = vec![module.clone()];
        while let Some(module) = open.pop() {
            let source = Source::read(&root, room, &format!("{module}.rs"))?;
            open.extend(modules(&source.code).map(|name| format!("{module}/{name}")));
            sources.push(source);
        }
    }
    Ok(sources)
}

impl Source {
    fn read(root: &Path, room: &str, path: &str) -> Result<Self> {
        let text = std::fs::read_to_string(root.join(path)).with_context(|| path.to_owned())?;
        Ok(Self { room: room.to_owned(), path: path.to_owned(), code: code_of(&text) })
    }
}

/// A file's text without comments and without its module of tests.
fn code_of(text: &str) -> String {
    let (before, tests) = text.split_once("\n#[cfg(test)]\nmod tests {").unwrap_or((text, ""));
    let after = tests.split_once("\n}\n").map_or("", |(_, after)| after);
    let lines = before.lines().chain(after.lines()).filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The modules that code declares in files of their own, but for those of tests.
fn modules(code: &str) -> impl Iterator<Item = &str> {
    let mut before = "";
    code.lines().filter_map(move |line| {
        let is_for_tests = std::mem::replace(&mut before, line) == "#[cfg(test)]";
        let (visibility, rest) = line.split_once("mod ")?;
        let is_declaration = visibility.is_empty() || visibility.starts_with("pub");
        rest.strip_suffix(';').filter(|_| is_declaration && !is_for_tests)
    })
}

/// What stands after each `crate::`.
fn named(code: &str) -> impl Iterator<Item = &str> {
    let is_end = |c: char| !c.is_alphanumeric() && c != '_';
    code.split("crate::").skip(1).map(move |rest| rest.split(is_end).next().unwrap_or_default())
}

/// Which rooms each room uses besides itself.
///
/// # Errors
/// When code names something in a way that isn't read here.
fn uses(sources: &[Source]) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Source { room, path, code } in sources {
        let leaves_by_super = code.contains("super::super") || (!path.contains('/') && code.contains("super::"));
        ensure!(!leaves_by_super, "{path} leaves its room by `super`: say `crate::ROOM`");
        let used = uses.entry(room.clone()).or_default();
        for name in named(code) {
            let name = if name == "drain" { "start" } else { name };
            ensure!(ROOMS.iter().any(|(room, _)| *room == name), "{path} names `crate::{name}`, which is no room");
            used.extend((name != room).then(|| name.to_owned()));
        }
    }
    Ok(uses)
}
