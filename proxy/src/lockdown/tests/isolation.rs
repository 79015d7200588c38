//! Every selector in every spelling, for the tenant's own account and for another: the outcome of each is written
//! down, so that a change of it is seen.

use super::*;

/// `$` stands for the account.
const TARGETS: &[&str] = &[
    "/accounts/$",
    "/accounts/$/orders",
    "/ACCOUNTS/$",
    "/%61ccounts/$",
    "/accounts/$.",
    "/accounts/$%20",
    "/accounts/$;v=1",
    "/accounts;v=1/$",
    "/accounts//$",
    "//accounts/$",
    "/x/../accounts/$",
    "/accounts/./$",
    "/accounts%2f$",
    "/accounts./$",
    "/%2561ccounts/$",
    "/v1/any/of/$/x",
    "/v1/any/of/$/y",
    "/?account=$",
    "/?ACCOUNT=$",
    "/?%61ccount=$",
    "/?account=$&account=$",
    "/?account=&account=$",
    "/?account[]=$",
    "/?account[0]=$",
    "/?account%5B%5D=$",
    "/?account%20=$",
    "/?+account=$",
    "/?account%00x=$",
    "/?my.id=$",
    "/?my+id=$",
    "/?my%5Bid=$",
    "/?x=1;account=$",
    "/?account=$;x=1",
    "/?%u0061ccount=$",
    "/?accoun%E9t=$",
    "/?account=%E9$",
    "/?account=$+",
    "/?other=$",
    "/?account_id=$",
];

const FIELDS: &[(&str, &str)] = &[
    ("x-account", "$"),
    ("X-ACCOUNT", "$"),
    ("x-account", "A, $"),
    ("x-other", "$"),
    ("cookie", "shop=$"),
    ("cookie", "shop=\"$\""),
    ("cookie", "x=1; shop=$"),
    ("cookie", "x=1;shop=$"),
    ("cookie", "SHOP=$"),
    ("cookie", "shop=$; shop=$"),
    ("cookie", "x=1, shop=$"),
    ("cookie", " shop =$"),
    ("cookie", "x=\"; shop=$\""),
    ("cookie", "shop[]=$"),
    ("cookie", "other=$"),
];

const FORMS: &[&str] = &[
    "account=$",
    "ACCOUNT=$",
    "account=$&account=$",
    "account[]=$",
    "x=1;account=$",
    "\u{feff}account=$",
    "acc%6Funt=$",
    "a=1&+account=$",
    "{\"account\":\"$\"}",
];

const JSONS: &[&str] = &[
    r#"{"user":{"account":"$"}}"#,
    r#"{"USER":{"Account":"$"}}"#,
    r#"{"us\u0065r":{"account":"$"}}"#,
    r#"{"user":{"account":"A"},"user":{"account":"$"}}"#,
    r#"{"user":{"account":["$"]}}"#,
    r#"{"user":{"account":{"is":"$"}}}"#,
    r#"[{"user":{"account":"$"}}]"#,
    r#"{"user":{"account":"$"}}x"#,
    r#"{"user":{"account":"A","Account":"$"}}"#,
    r#"{"user":{"account[]":"$"}}"#,
    r#"{"account":"$"}"#,
];

fn spellings(account: &str) -> Vec<(String, Request<'static>)> {
    let put = |text: &str| text.replace('$', account);
    let post = |media, text: &str| Request::post("/login", media, put(text).into_bytes().leak());
    let mut all: Vec<_> = TARGETS.iter().map(|text| ((*text).to_owned(), Request::get(put(text)))).collect();
    for (name, value) in FIELDS {
        let request = Request::get("/").with(name, put(value));
        all.push((format!("{name}: {value} twice"), request.clone().with(name, put(value))));
        all.push((format!("{name}: {value}"), request));
    }
    all.extend(FORMS.iter().map(|text| (format!("form {text}"), post(FORM, text))));
    all.extend(JSONS.iter().map(|text| (format!("json {text}"), post(JSON, text))));
    let both = Request { target: put("/login?account=$"), ..post(FORM, "account=A") };
    all.push(("/login?account=$ and form account=A".to_owned(), both));
    all
}

#[test]
fn isolation_is_what_the_table_says() {
    let mut table = format!("{:<52} {:<18} {}\n", "$ names the account", "A, its own", "B, another's");
    for ((place, own), (_, foreign)) in spellings("A").iter().zip(&spellings("B")) {
        let place = place.replace('\u{feff}', "BOM ");
        writeln!(table, "{place:<52} {:<18} {}", outcome(own), outcome(foreign)).unwrap();
    }
    insta::assert_snapshot!("isolation", table);
}
