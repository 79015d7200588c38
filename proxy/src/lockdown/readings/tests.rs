use proptest::prelude::*;

use super::*;

fn read(path: &str, framework: Framework) -> Vec<String> {
    let readings = readings(path, framework).unwrap();
    readings.all.iter().map(|reading| format!("/{}", reading.segments.join("/"))).collect()
}

fn reads_as(path: &str, wanted: &str) -> bool {
    read(path, Framework::Any).iter().any(|it| it == wanted)
}

#[test]
fn a_plain_path_has_one_reading() {
    for path in ["/", "/a", "/a/", "/accounts/A/orders", "/a.b/c", "/.well-known/x", "/v1.0/~a/b,c=d:e@f|g{h}"] {
        assert!(is_plain(path), "{path}");
        assert_eq!(read(path, Framework::Any), [path], "{path}");
    }
}

#[test]
fn every_reading_of_a_path_is_found() {
    for path in [
        "/accounts//B",
        "//accounts/B",
        "/accounts/./B",
        "/x/../accounts/B",
        "/x/%2e%2e/accounts/B",
        "/x%2f..%2faccounts/B",
        "/accounts%2fB",
        "/accounts%252fB",
        "/accounts%5cB",
        "/accounts%255cB",
        "/x\\..\\accounts\\B",
        "/accounts;v=1/B",
        "/accounts%3bv/B",
        "/..;/accounts/B",
        "/x/..;v=1/accounts/B",
        "/accounts./B",
        "/accounts%20/B.",
        "/%20/accounts/B",
        "/%61ccounts/%42",
        "/%2561ccounts/B",
        "/%u0061ccounts/B",
        "/accounts%u002fB",
        "/accounts%ef%bc%8fB",
        "/accounts%c0%afB",
        "/accounts%e0%80%afB",
        "/%ef%bd%81ccounts/B",
        "/accounts%e2%88%95B",
        "/index.php/accounts/B",
        "/x/index.PHP/accounts/B",
        "/accounts/B.json",
        "/accounts/B.tar.gz",
        "/accounts/B%3fx=1/y",
        "/accounts/B%23/../x",
        "/accounts/x/%2e%2e/B",
        "/accounts/x/%2e%2e%2fB",
        "/accounts/%2e/../B",
        "/x//..//../accounts/B",
    ] {
        assert!(reads_as(path, "/accounts/B"), "{path}: {:?}", read(path, Framework::Any));
    }
    assert!(reads_as("/caf%E9", "/caf\u{e9}") && reads_as("/caf%C3%A9", "/caf\u{e9}"));
}

#[test]
fn a_framework_narrows_what_is_read() {
    assert_eq!(read("/a%2fb", Framework::Express), ["/a/b"]);
    assert_eq!(readings("/a%2fb", Framework::Express).unwrap().all[0].segments, ["a/b"]);
    assert_eq!(read("/a;v=1", Framework::Spring), ["/a"]);
    assert_eq!(read("/a;v=1", Framework::Rails), ["/a;v=1"]);
    assert_eq!(read("/a.json", Framework::Rails), ["/a"]);
    assert_eq!(read("/a.json", Framework::Django), ["/a.json"]);
    assert_eq!(read("/a%252fb", Framework::Django), ["/a%2fb"]);
    assert_eq!(readings("/A", Framework::Rails).unwrap().case, Case::Counts);
    assert_eq!(readings("/A", Framework::AspNet).unwrap().case, Case::Ignored);
}

#[test]
fn more_readings_than_can_be_judged_are_refused() {
    let path = "/a%252f..;%253bx//b%2f..%2fc./%u002f%5c..%20/d.e.f";
    assert_eq!(readings(path, Framework::Any).err(), Some(TooMany));
}

#[test]
fn a_long_path_has_fewer_readings_and_an_ordinary_one_is_read_however_long_it_is() {
    let some = "/a%2fb/../c;v=1";
    assert!(readings(some, Framework::Any).is_ok());
    let long = format!("{some}/{}", "x".repeat(2_000));
    assert_eq!(readings(&long, Framework::Any).err(), Some(TooMany));
    for ordinary in ["/caf%C3%A9", "/group%2Fproject", "/x;v=1", "/a//b", "/a%252Fb"] {
        let long = format!("{ordinary}/{}", "y".repeat(8_000));
        assert!(readings(&long, Framework::Any).is_ok(), "{ordinary}");
    }
}

/// One habit undone: a path that the habit reads as it was.
fn disguised(path: &str, how: u8, at: usize) -> String {
    let slashes: Vec<_> = path.match_indices('/').map(|(at, _)| at).collect();
    let slash = slashes[at % slashes.len()];
    let letters: Vec<_> = path.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()).collect();
    let (letter, c) = letters[at % letters.len()];
    let replace = |from: usize, to: usize, text: &str| format!("{}{text}{}", &path[..from], &path[to..]);
    match how {
        0 => replace(slash, slash + 1, "//"),
        1 => replace(slash, slash + 1, "/./"),
        2 => replace(slash, slash + 1, "/x/../"),
        3 if slash > 0 => replace(slash, slash + 1, "%2f"),
        4 => replace(letter, letter + 1, &format!("%{:02x}", u32::from(c))),
        5 => replace(letter, letter + 1, &format!("%25{:02X}", u32::from(c))),
        6 if slash > 0 => replace(slash, slash, ";v=1"),
        7 if slash > 0 => replace(slash, slash + 1, "%5C"),
        8 if slash > 0 => replace(slash, slash, "%20"),
        _ => path.to_owned(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_path_in_two_disguises_is_read_as_what_it_is(
        first in 0..9_u8, second in 0..9_u8, at in 0..40_usize, then in 0..40_usize
    ) {
        let once = disguised("/accounts/beta/x", first, at);
        let twice = disguised(&once, second, then);
        // One disguise may spoil another: an escape of an escape, a dot segment that takes a part of the path with it.
        prop_assume!(!once.contains('%') || !(3..=8).contains(&second));
        prop_assume!(first != 2 && second != 2);
        if let Ok(readings) = readings(&twice, Framework::Any) {
            let is = |reading: &Reading<'_>| reading.segments == ["accounts", "beta", "x"];
            prop_assert!(readings.all.iter().any(is), "{}", twice);
        }
    }

    #[test]
    fn readings_are_few_and_differ_and_nothing_panics(path in "/[a-b%25fcFu0.;/?#\\\\A ]{0,30}", framework in 0..3_u8) {
        let framework = [Framework::Any, Framework::Rails, Framework::AspNet][usize::from(framework)];
        if let Ok(readings) = readings(&path, framework) {
            prop_assert!(readings.all.len() <= MOST);
            let all: HashSet<_> = readings.all.iter().map(|it| (&it.segments, it.is_cut)).collect();
            prop_assert_eq!(all.len(), readings.all.len());
        }
    }

    #[test]
    fn a_plain_path_is_read_as_it_stands(segments in prop::collection::vec("[a-z0-9_~-]{1,8}", 1..6)) {
        let path = format!("/{}", segments.join("/"));
        prop_assert_eq!(read(&path, Framework::Any), vec![path.clone()]);
    }
}
