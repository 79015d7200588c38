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
