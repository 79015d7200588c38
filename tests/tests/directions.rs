//! Who may depend on whom: `proxy -> config <- control-plane`, `tests -> all`, and what no plane may pull in.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// Which of our own crates each of our crates may use.
const OURS: [(&str, &[&str]); 4] = [
    ("marque-config", &[]),
    ("marque-proxy", &["marque-config"]),
    ("marque-control-plane", &["marque-config"]),
    ("marque-tests", &["marque-config", "marque-control-plane", "marque-proxy"]),
];

/// What may be reached from which crate by no path of normal dependencies.
const FORBIDDEN: [(&str, &[&str]); 3] = [
    ("marque-config", &["tokio", "sqlx", "axum", "hyper", "reqwest"]),
    ("marque-proxy", &["axum", "instant-acme", "marque-control-plane"]),
    ("marque-control-plane", &["pingora", "pingora-core", "pingora-proxy", "marque-proxy"]),
];

#[test]
fn our_crates_use_each_other_in_the_right_direction() -> Result<()> {
    let graph = Graph::read()?;
    for (name, allowed) in OURS {
        let used = graph.direct(name)?;
        let ours: BTreeSet<_> = used.iter().map(String::as_str).filter(|used| used.starts_with("marque-")).collect();
        assert!(ours.is_subset(&allowed.iter().copied().collect()), "{name} uses {ours:?}");
    }
    Ok(())
}

#[test]
fn no_plane_pulls_in_the_libraries_of_the_other() -> Result<()> {
    let graph = Graph::read()?;
    for (name, forbidden) in FORBIDDEN {
        let reached = graph.reached(name)?;
        let found: Vec<_> = forbidden.iter().filter(|name| reached.contains(**name)).collect();
        assert!(found.is_empty(), "{name} reaches {found:?}");
    }
    Ok(())
}

#[test]
fn versions_stand_in_the_table_of_the_workspace_only() -> Result<()> {
    for member in Graph::read()?.metadata.workspace_packages() {
        let manifest = std::fs::read_to_string(&member.manifest_path)?;
        let own = manifest.lines().find(|line| line.contains("version = \"") || line.contains("path = \".."));
        assert_eq!(own, None, "{} says a version of its own", member.name);
    }
    Ok(())
}

struct Graph {
    metadata: Metadata,
    uses: BTreeMap<PackageId, Vec<PackageId>>,
}

impl Graph {
    fn read() -> Result<Self> {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
        let metadata = MetadataCommand::new().manifest_path(manifest).other_options(["--offline".into()]).exec()?;
        let resolve = metadata.resolve.clone().context("cargo resolves the workspace")?;
        let normal = |kinds: &[cargo_metadata::DepKindInfo]| kinds.iter().any(|it| it.kind == DependencyKind::Normal);
        let uses = resolve.nodes.into_iter().map(|node| {
            let used = node.deps.into_iter().filter(|dep| normal(&dep.dep_kinds)).map(|dep| dep.pkg);
            (node.id, used.collect())
        });
        Ok(Self { uses: uses.collect(), metadata })
    }

    fn direct(&self, name: &str) -> Result<BTreeSet<String>> {
        Ok(self.uses(&self.id(name)?).iter().map(|id| self.name(id)).collect())
    }

    fn reached(&self, name: &str) -> Result<BTreeSet<String>> {
        let mut open = vec![self.id(name)?];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id.clone()) {
                open.extend(self.uses(&id).iter().cloned());
            }
        }
        Ok(seen.iter().map(|id| self.name(id)).collect())
    }

    fn uses(&self, id: &PackageId) -> &[PackageId] {
        self.uses.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    fn id(&self, name: &str) -> Result<PackageId> {
        let found = self.metadata.workspace_packages().into_iter().find(|package| package.name == name);
        Ok(found.with_context(|| format!("{name} is a member of the workspace"))?.id.clone())
    }

    fn name(&self, id: &PackageId) -> String {
        self.metadata[id].name.to_string()
    }
}
