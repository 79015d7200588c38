//! Which area of the control plane uses which, by the `use` lines and paths of its code: areas form no circle, and inside
//! them and between them `api, pages, tasks -> operations -> store -> model`. `--no-capture` prints the graph.
//!
//! What an area's `store` adds to `Store` and `Write` is called by the name of the method, which no path shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Who still uses what stands above it. The list may only shrink.
const KNOWN: [(&str, &str); 3] = [("notify", "support"), ("web", "edge"), ("web", "identity")];

/// Who uses whom.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// A module's path or an item's, without `crate`.
type ModulePath = Vec<String>;

#[test]
fn areas_form_no_circle() -> Result<()> {
    let mut graph = graph(&sources()?);
    println!("{}", shown(&graph));
    for (user, used) in KNOWN {
        let is_there = graph.get_mut(user).is_some_and(|it| it.remove(used));
        assert!(is_there, "{user} no longer uses {used}: take it off the list");
    }
    let (_, left) = from_below(&graph);
    assert!(left.is_empty(), "these use each other in a circle: {left:#?}");
    Ok(())
}

#[test]
fn the_architecture_shows_the_graph() -> Result<()> {
    let graph = shown(&graph(&sources()?));
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../ARCHITECTURE.md"))?;
    assert!(page.contains(&graph), "ARCHITECTURE.md doesn't show this:\n{graph}");
    Ok(())
}

#[test]
fn no_layer_uses_one_above_it() -> Result<()> {
    let wrong = wrong_layers(&sources()?);
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn a_circle_and_a_layer_upside_down_are_found() {
    let source = |path: &str, code: &str| (path.split("::").map(str::to_owned).collect(), code.to_owned());
    let sources = [
        source("clients::store", "use crate::orders::{self, operations::{Order, place}};"),
        source("orders::api::shape", "fn one() { super::super::store::one(crate::clients::model::Client) }"),
        source("kernel::ids", "use serde::Serialize;"),
    ];
    let graph = graph(&sources);
    assert_eq!(from_below(&graph), (vec!["kernel".to_owned()], vec!["clients".to_owned(), "orders".to_owned()]));
    assert_eq!(
        wrong_layers(&sources),
        ["clients::store uses orders::operations::Order", "clients::store uses orders::operations::place"]
    );
}

/// Every module of the control plane with its code, without comments and tests. `lib.rs` and `main.rs` stand above all.
fn sources() -> Result<Vec<(ModulePath, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../control-plane/src");
    let mut open = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(entries(&path)?);
            continue;
        }
        let module: ModulePath =
            path.with_extension("").strip_prefix(&root)?.iter().map(|it| it.to_string_lossy().into_owned()).collect();
        let is_test = module.iter().any(|it| it == "tests" || it == "fixture");
        let is_top = module == ["lib"] || module == ["main"];
        if path.extension().is_some_and(|it| it == "rs") && !is_test && !is_top {
            sources.push((module, code(&fs::read_to_string(&path)?)));
        }
    }
    sources.sort();
    assert!(sources.len() > 300, "{} files", sources.len());
    Ok(sources)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).with_context(|| format!("list {}", directory.display()))?;
    Ok(entries.map(|entry| entry.map(|it| it.path())).collect::<Result<_, _>>()?)
}

/// A file without its comments, and without the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn graph(sources: &[(ModulePath, String)]) -> Graph {
    let mut graph = Graph::new();
    for (module, code) in sources {
        let area = graph.entry(module[0].clone()).or_default();
        area.extend(paths(module, code).into_iter().map(|path| path[0].clone()).filter(|used| *used != module[0]));
    }
    graph
}

/// The areas from below, each after those that it uses, and those for which there is no such order.
fn from_below(graph: &Graph) -> (Vec<String>, Vec<String>) {
    let mut order: Vec<String> = Vec::new();
    let is_next = |order: &[String], area: &str| {
        !order.iter().any(|it| it == area) && graph[area].iter().all(|used| order.contains(used))
    };
    while let Some(area) = graph.keys().find(|area| is_next(&order, area)) {
        order.push(area.clone());
    }
    let left = graph.keys().filter(|area| !order.contains(area)).cloned().collect();
    (order, left)
}

/// A line for each area, from below, with what it uses.
fn shown(graph: &Graph) -> String {
    let mut without = graph.clone();
    for (user, used) in KNOWN {
        without.entry(user.to_owned()).or_default().remove(used);
    }
    let (order, left) = from_below(&without);
    let line = |area: &String| {
        let used: Vec<&str> = graph[area].iter().map(String::as_str).collect();
        format!("{area} -> {}", used.join(" ")).trim_end_matches(" -> ").to_owned()
    };
    order.iter().chain(&left).map(line).collect::<Vec<_>>().join("\n")
}

/// What uses something of a layer above its own.
fn wrong_layers(sources: &[(ModulePath, String)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (module, code) in sources {
        let Some(own) = module.get(1).and_then(|it| layer(it)) else { continue };
        let above = |path: &ModulePath| path.get(1).and_then(|it| layer(it)).is_some_and(|it| it > own);
        let uses = paths(module, code).into_iter().filter(above);
        wrong.extend(uses.map(|path| format!("{} uses {}", module.join("::"), path.join("::"))));
    }
    wrong
}

fn layer(name: &str) -> Option<u8> {
    match name {
        "model" => Some(0),
        "store" => Some(1),
        "operations" => Some(2),
        "api" | "pages" | "tasks" => Some(3),
        _ => None,
    }
}

/// Every path of a module's code that begins with `crate` or `super`.
fn paths(module: &[String], code: &str) -> Vec<ModulePath> {
    let mut paths = Vec::new();
    for (at, start) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let begins = !code[..at].ends_with(|char: char| char.is_alphanumeric() || char == '_' || char == ':');
        if !begins {
            continue;
        }
        let (mut base, mut rest) = (Vec::new(), &code[at..]);
        if start == "super::" {
            base = module.to_vec();
        }
        while let Some(next) = rest.strip_prefix(start) {
            base.pop();
            rest = next;
        }
        paths.extend(expanded(rest).into_iter().map(|path| [base.clone(), path].concat()));
    }
    paths.retain(|path| !path.is_empty());
    paths
}

/// The paths of a `use` tree.
fn expanded(text: &str) -> Vec<ModulePath> {
    let (mut path, mut rest) = (Vec::new(), text.trim_start());
    loop {
        if let Some(group) = rest.strip_prefix('{') {
            let paths = branches(group).into_iter().flat_map(expanded);
            return paths.map(|tail| [path.clone(), tail].concat()).collect();
        }
        let end = rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(rest.len());
        let (segment, after) = rest.split_at(end);
        if !segment.is_empty() && segment != "self" {
            path.push(segment.to_owned());
        }
        match after.strip_prefix("::") {
            Some(next) => rest = next,
            None => return vec![path],
        }
    }
}

/// What stands between the commas of a group, up to the brace that ends it.
fn branches(group: &str) -> Vec<&str> {
    let (mut branches, mut begin, mut depth) = (Vec::new(), 0, 0);
    for (at, char) in group.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' if depth == 0 => {
                branches.push(&group[begin..at]);
                begin = at + 1;
            }
            '}' => {
                branches.push(&group[begin..at]);
                break;
            }
            _ => {}
        }
    }
    branches.retain(|branch| !branch.trim().is_empty());
    branches
}
