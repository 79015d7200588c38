use super::*;

fn pieces() -> Statement {
    Statement::of("select a from t")
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[test]
fn only_what_is_given_is_asked_for() {
    let page = Page { after: "b".into(), ..Page::first(3) };
    let none: Option<String> = None;
    let bare = pieces().given("c = ?1", none.clone()).when(false, "d is null").page("id", &page);
    assert_eq!(bare.text, "select a from t where id > $1 order by id limit $2");
    let full = pieces()
        .given("c = ?1", Some("x"))
        .when(true, "d is null")
        .and("(e > ?1 or f = ?2 or e = ?1)", [1.into(), 2.into()]);
    assert_eq!(full.text, "select a from t where c = $1 and d is null and (e > $2 or f = $3 or e = $2)");
    assert_eq!(full.values, [Value::Text("x".into()), Value::Number(1), Value::Number(2)]);
    let outer = pieces().with("c = ?1", 1).text(") as u", []).with("d = ?1", 2);
    assert_eq!(outer.text, "select a from t where c = $1) as u where d = $2");
}

#[test]
fn where_few_rows_are_left_their_owner_is_no_index() {
    let owner = || Some("p".to_owned());
    assert_eq!(pieces().narrowed("c = ?1", None::<i64>).owned("p", owner()).text, "select a from t where p = $1");
    let narrow = pieces().narrowed("c = ?1", Some(1)).owned("p", owner());
    assert_eq!(narrow.text, "select a from t where c = $1 and p || '' = $2");
}

#[test]
fn a_set_has_few_lengths_and_an_empty_one_finds_nothing() {
    assert_eq!(pieces().among("c", &[]).text, "select a from t where 1 = 0");
    assert_eq!(pieces().among("c", &texts(&["x"])).text, "select a from t where c = $1");
    let two = pieces().among("c", &texts(&["x", "y"]));
    assert_eq!(two.text, "select a from t where c in ($1, $2, $3, $4)");
    assert_eq!(two.values, ["x", "y", "y", "y"].map(Value::from));
    assert_eq!(pieces().among("c", &vec![String::new(); 5]).values.len(), 16);
}

/// Where text that isn't a constant becomes a statement: what is written into it are numbers of places.
const MADE: [&str; 8] = [
    "database/audit_addresses.rs",
    "database/key_checks.rs",
    "money/store/ledger_sums.rs",
    "edge/store/proxies.rs",
    "database/rows.rs",
    "database/seen.rs",
    "database/statement.rs",
    "database/stored.rs",
];

#[test]
fn no_statement_asks_whether_a_value_was_given_or_looks_inside_of_texts() {
    let mut files = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut read = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        if path.ends_with("statement/tests.rs") || !path.extension().is_some_and(|it| it == "rs" || it == "sql") {
            continue;
        }
        read += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.to_string_lossy();
        let may_make = name.contains("/tests") || MADE.iter().any(|made| name.ends_with(made));
        assert!(may_make || !text.contains("AssertSqlSafe"), "{name} makes statements of text");
        for (number, line) in text.lines().enumerate() {
            assert_eq!(optional(line), None, "{}:{}", path.display(), number + 1);
        }
    }
    assert!(read > 300, "{read} files");
}

/// What of a line keeps the database from using an index: `$1 is null or`, `$1 = 1 or`, `like '%' ||`.
fn optional(line: &str) -> Option<&str> {
    let place = |part: &str| {
        let rest = part.trim_start_matches(|char: char| char.is_ascii_digit());
        rest.len() < part.len() && (rest.starts_with(" is null") || rest.starts_with(" = 1 or"))
    };
    let asks = line.split(['$', '?']).skip(1).any(place);
    (asks || line.contains("like '%' ||")).then_some(line)
}

#[test]
fn the_pattern_is_known_when_it_is_there() {
    for line in ["where ($1 is null or a = $1)", "and $12 is null", "where ($1 = 1 or b)", "a like '%' || b || '%'"] {
        assert!(optional(line).is_some(), "{line}");
    }
    for line in ["where a is null or a > $1", "cast($1 as text) is null", "where a = $1 and b is null"] {
        assert!(optional(line).is_none(), "{line}");
    }
}
