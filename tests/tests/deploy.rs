//! What `deploy/` ships: the sample settings load and tell the defaults, and the units start what the README builds.

use marque_config::settings::{ControlPlaneSettings, ProxySettings, Settings};

const PROXY: &str = include_str!("../../deploy/settings/proxy.toml");
const CONTROL_PLANE: &str = include_str!("../../deploy/settings/control-plane.toml");

/// A sample with the lines taken out of which a comment says that the default differs.
fn only_defaults(sample: &str) -> String {
    sample.lines().filter(|line| !line.contains("# default: ")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_samples_are_good_settings() {
    ProxySettings::parse(PROXY, []).unwrap();
    ControlPlaneSettings::parse(CONTROL_PLANE, []).unwrap();
}

#[test]
fn the_samples_tell_the_defaults() {
    assert_eq!(ProxySettings::parse(&only_defaults(PROXY), []).unwrap(), ProxySettings::default());
    let control_plane = ControlPlaneSettings::parse(&only_defaults(CONTROL_PLANE), []).unwrap();
    assert_eq!(control_plane, ControlPlaneSettings::default());
}

#[test]
fn each_unit_starts_its_plane_with_its_settings() {
    for (unit, plane) in [
        (include_str!("../../deploy/systemd/marque-proxy.service"), "proxy"),
        (include_str!("../../deploy/systemd/marque-control-plane.service"), "control-plane"),
    ] {
        let start = format!("ExecStart=/usr/bin/marque-{plane} serve --settings /etc/marque/{plane}.toml\n");
        assert!(unit.contains(&start), "{plane}");
        // Keys are in memory.
        assert!(unit.contains("LimitCORE=0\n"), "{plane}");
    }
}

/// What an operator's token needs for everything that the README shows.
#[test]
fn the_first_operators_token_may_do_what_the_readme_shows() {
    let readme = include_str!("../../deploy/README.md");
    let command = readme.split("--name first-operator").nth(1).unwrap().split("--name").next().unwrap();
    let scopes: Vec<_> =
        command.split("--scope ").skip(1).map(|rest| rest.split_whitespace().next().unwrap()).collect();
    for resource in ["applications", "partners", "tenants", "domains", "tokens"] {
        for verb in ["read", "write"] {
            assert!(scopes.contains(&format!("{resource}:{verb}").as_str()), "{resource}:{verb}");
        }
    }
    assert!(scopes.contains(&"tenants:bind"));
}
