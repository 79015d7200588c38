//! What `deploy/` ships: the sample settings load and tell the defaults, and the units start what the README builds.

use marque_config::settings::{ControlPlaneSettings, ProxySettings, Settings};
use marque_tests::plane::run;

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

/// The commands of the fourth step, one after the other, on an empty database.
#[test]
fn the_first_tokens_are_made_as_the_readme_shows() {
    let readme = include_str!("../../deploy/README.md");
    let step = readme.split("4. Make the tables").nth(1).unwrap().split("```").nth(1).unwrap().replace("\\\n", " ");
    let directory = tempfile::tempdir().unwrap();
    let settings = directory.path().join("control-plane.toml");
    let url = format!("sqlite://{}/marque.db", directory.path().display());
    std::fs::write(&settings, format!("[database]\nurl = \"{url}\"\n")).unwrap();
    let settings = settings.to_str().unwrap();
    let commands: Vec<Vec<_>> = step.lines().map(|line| line.split_whitespace().collect()).collect();
    let commands = commands.iter().filter(|words: &&Vec<&str>| !words.is_empty());
    let said: Vec<_> = commands
        .map(|words| {
            let arguments = words.iter().skip_while(|word| **word != "marque-control-plane").skip(1);
            let arguments: Vec<_> =
                arguments.map(|word| if word.starts_with("/etc/") { settings } else { *word }).collect();
            run("marque-control-plane", &arguments).unwrap()
        })
        .collect();
    assert_eq!(said.len(), 3);
    assert!(said[0].starts_with("applied 0001"), "{}", said[0]);
    assert!(said[1..].iter().all(|token| token.starts_with("mq_live_")), "{said:?}");
}
