//! Every requirement has a test of its name, or says what it waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// How many may wait: lowered with the list, never raised.
const MOST_WAITING: usize = 3;

const REQUIREMENTS: &str = include_str!("../requirements.toml");
const WAITING: &str = include_str!("../waiting.toml");

#[test]
fn every_requirement_has_a_test_of_its_name_or_waits() -> Result<()> {
    let required: BTreeSet<String> = toml::from_str::<BTreeMap<String, String>>(REQUIREMENTS)?.into_keys().collect();
    let waiting: BTreeSet<String> = toml::from_str::<BTreeMap<String, String>>(WAITING)?.into_keys().collect();
    let shown = shown(&required)?;
    let missing: Vec<_> = required.difference(&shown).filter(|id| !waiting.contains(*id)).collect();
    assert!(missing.is_empty(), "no test is named by {missing:?}");
    let done: Vec<_> = waiting.intersection(&shown).collect();
    assert!(done.is_empty(), "these wait no longer: {done:?}");
    let unknown: Vec<_> = waiting.difference(&required).collect();
    assert!(unknown.is_empty(), "nothing requires {unknown:?}");
    assert_eq!(waiting.len(), MOST_WAITING, "lower MOST_WAITING with the list; it is never raised");
    Ok(())
}

/// The requirements that a test is named by.
fn shown(required: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let names: BTreeMap<String, &String> = required.iter().map(|id| (prefix(id), id)).collect();
    let mut shown = BTreeSet::new();
    for file in sources()? {
        let text = std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
        for function in tests(&text) {
            let found = names.iter().find(|(prefix, _)| function.starts_with(prefix.as_str()));
            shown.extend(found.map(|(_, id)| (*id).clone()));
        }
    }
    Ok(shown)
}

/// `S1.P2` is shown by `s1_p2_…`.
fn prefix(id: &str) -> String {
    format!("{}_", id.to_lowercase().replace('.', "_"))
}

/// The names of the functions right below a test's attribute.
fn tests(text: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
            return None;
        }
        if line.starts_with("#[") {
            return None;
        }
        let name = line.trim_start_matches("async ").strip_prefix("fn ").and_then(|rest| rest.split('(').next());
        name.filter(|_| std::mem::take(&mut is_test))
    })
}

fn sources() -> Result<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace has a root")?;
    let mut folders: Vec<_> = ["config", "proxy", "control-plane", "tests"].map(|name| root.join(name)).into();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(path);
            }
        }
    }
    Ok(sources)
}

#[test]
fn a_name_shows_one_requirement_and_only_as_a_test() {
    let text = "#[tokio::test]\nasync fn s1_1_a() {}\nfn s1_2_b() {}\n#[test]\n#[cfg(unix)]\nfn s1_10_c() {}\n";
    assert_eq!(tests(text).collect::<Vec<_>>(), ["s1_1_a", "s1_10_c"]);
    assert_eq!((prefix("S1.1"), prefix("S2.P3")), ("s1_1_".into(), "s2_p3_".into()));
}
