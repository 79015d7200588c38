use super::*;

fn policy(json: &str) -> Policy {
    serde_json::from_str(json).unwrap()
}

#[test]
fn a_policy_reads_as_it_is_written_in_the_api() {
    let policy = policy(
        r#"{"upstreams":["http://127.0.0.1:9000"],"selectors":[{"path":"/accounts/{account}"},{"query":"account"}],
            "session_cookies":["till"],"logins":[{"path":"/login","answer":[{"json":["account","id"]}]}]}"#,
    );
    assert_eq!(policy.check(), Ok(()));
    assert_eq!(policy.public_https_port, 443);
    assert!(!policy.websocket);
}

#[test]
fn the_first_wrong_field_is_named() {
    for (json, pointer) in [
        (r#"{"upstreams":[]}"#, "/upstreams"),
        (r#"{"upstreams":["http://a:1"],"public_https_port":0}"#, "/public_https_port"),
        (r#"{"upstreams":["http://a:1"],"health_path":"/up/*"}"#, "/health_path"),
        (r#"{"upstreams":["http://a:1"],"health_path":"/up and running"}"#, "/health_path"),
        (r#"{"upstreams":["http://a:1"],"selectors":[{"path":"/a"}]}"#, "/selectors/0"),
        (r#"{"upstreams":["http://a:1"],"session_cookies":["a b"]}"#, "/session_cookies/0"),
        (r#"{"upstreams":["http://a:1"],"session_cookies":["a","a"]}"#, "/session_cookies/1"),
        (r#"{"upstreams":["http://a:1"],"logins":[{"path":"/l","answer":[]}]}"#, "/logins/0/answer"),
        (r#"{"upstreams":["http://a:1"],"selectors":[{"header":"Host"}]}"#, "/selectors/0"),
        (r#"{"upstreams":["http://a:1"],"trusted_fields":["cookie"]}"#, "/trusted_fields/0"),
        (r#"{"upstreams":["http://a:1"],"plain_paths":["/{account}"]}"#, "/plain_paths/0"),
        (r#"{"upstreams":["http://a:1"],"session_families":["a"]}"#, "/session_families/0"),
        (r#"{"upstreams":["http://a:1"],"deadlines":{"answer":"2h"}}"#, "/deadlines/answer"),
        (r#"{"upstreams":["http://a:1"],"deadlines":{"stream_idle":"2d"}}"#, "/deadlines/stream_idle"),
    ] {
        assert_eq!(policy(json).check().unwrap_err().pointer, pointer);
    }
}

#[test]
fn what_cannot_work_names_the_pair_that_clashes() {
    let base = r#""upstreams":["http://a:1"]"#;
    let login = r#"{"path":"/login","answer":[{"header":"x"}]}"#;
    let form = r#"{"path":"/contact","fields":{"email":"mail","text":"body"},"then":"/"}"#;
    for (fields, pointer, other) in [
        (r#""websocket":true,"upstream_protocol":"http2""#.to_owned(), "/websocket", "/upstream_protocol"),
        (
            r#""session_families":["till."],"selectors":[{"cookie":"till.x"}]"#.into(),
            "/session_families/0",
            "/selectors/0",
        ),
        (
            r#""session_families":["till."],"session_cookies":["a","till.x"]"#.into(),
            "/session_families/0",
            "/session_cookies/1",
        ),
        (
            r#""trusted_fields":["X-Auth-User"],"selectors":[{"header":"x-auth-user"}]"#.into(),
            "/trusted_fields/0",
            "/selectors/0",
        ),
        (format!(r#""logins":[{login},{login}]"#), "/logins/1/path", "/logins/0/path"),
        (format!(r#""logins":[{},{login}]"#, login.replace("/login", "/*")), "/logins/1/path", "/logins/0/path"),
        (format!(r#""logins":[{login},{}]"#, login.replace("/login", "/LOGIN")), "/logins/1/path", "/logins/0/path"),
        (
            r#""selectors":[{"query":"a"},{"path":"/users/{account}"}],"plain_paths":["/x","/users"]"#.into(),
            "/plain_paths/1",
            "/selectors/1",
        ),
        (
            r#""selectors":[{"path":"/users/{account}/x"}],"plain_paths":["/users/*/x/y"]"#.into(),
            "/plain_paths/0",
            "/selectors/0",
        ),
        (format!(r#""logins":[{login}],"sessions_from":["/magic"]"#), "/sessions_from", "/session_cookies"),
        (format!(r#""contact_forms":[{form},{form}]"#), "/contact_forms/1/path", "/contact_forms/0/path"),
        (
            format!(r#""logins":[{}],"contact_forms":[{form}]"#, login.replace("/login", "/*")),
            "/contact_forms/0/path",
            "/logins/0/path",
        ),
        (
            r#""logins":[{"path":"/l","answer":[{"json":["a"]}]}],"session_cookies":["s"],"sessions_from":["/magic"]"#
                .into(),
            "/sessions_from",
            "/logins",
        ),
    ] {
        let error = policy(&format!("{{{base},{fields}}}")).check().unwrap_err();
        assert_eq!(error.pointer, pointer, "{fields}");
        assert!(error.detail.contains(other), "{error}");
    }
}

#[test]
fn what_works_side_by_side_is_accepted() {
    for fields in [
        r#""selectors":[{"path":"/users/{account}"}],"plain_paths":["/users/password","/assets"],
           "logins":[{"path":"/users/sign_in","answer":[{"header":"x"}]},{"path":"/users/*","answer":[{"header":"x"}]}]"#,
        r#""session_cookies":["till"],"session_families":["till."],"framework":"rails","trusted_fields":["x-auth-user"],
           "logins":[{"path":"/l","answer":[{"json":["a"]},{"header":"x"}]}],"sessions_from":["/magic/*"],
           "deadlines":{"answer":"5m"},"upstream_protocol":"http2""#,
    ] {
        assert_eq!(policy(&format!(r#"{{"upstreams":["http://a:1"],{fields}}}"#)).check(), Ok(()), "{fields}");
    }
}

#[test]
fn a_policy_without_later_fields_is_written_as_the_first_format_has_it() {
    let plain = policy(r#"{"upstreams":["http://a:1"]}"#);
    assert!(plain.is_of_first_format());
    let text = serde_json::to_value(&plain).unwrap();
    let mut names: Vec<_> = text.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let first = [
        "health_path",
        "logins",
        "own_hosts",
        "public_https_port",
        "selectors",
        "session_cookies",
        "upstreams",
        "websocket",
    ];
    assert_eq!(names, first);
    for later in [
        r#""framework":"rails""#,
        r#""plain_paths":["/a"]"#,
        r#""session_families":["ab"]"#,
        r#""sessions_from":["/a"]"#,
        r#""trusted_fields":["x"]"#,
        r#""upstream_protocol":"http2""#,
        r#""deadlines":{"answer":"1s"}"#,
        r#""contact_forms":[{"path":"/contact","fields":{"email":"mail","text":"body"},"then":"/thanks"}]"#,
    ] {
        let later = policy(&format!(r#"{{"upstreams":["http://a:1"],{later}}}"#));
        assert!(!later.is_of_first_format());
        let text = serde_json::to_string(&later).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), later);
    }
}

#[test]
fn a_contact_form_that_cannot_work_is_named() {
    for (change, pointer) in [
        (r#""path":"/a/{account}""#, "path"),
        (r#""then":"/a/*""#, "then"),
        (r#""then":"/é""#, "then"),
        (r#""then":"/a/{account}""#, "then"),
        (r#""fields":{"email":"","text":"t"}"#, "fields/email"),
        (r#""fields":{"email":"e","text":"e"}"#, "fields/text"),
        (r#""fields":{"email":"e","text":"t","name":"e"}"#, "fields/email"),
    ] {
        let whole = r#"{"path":"/contact","fields":{"email":"e","text":"t"},"then":"/thanks"}"#;
        let mut form: serde_json::Value = serde_json::from_str(whole).unwrap();
        let change: serde_json::Value = serde_json::from_str(&format!("{{{change}}}")).unwrap();
        form.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let error = policy(&format!(r#"{{"upstreams":["http://a:1"],"contact_forms":[{form}]}}"#)).check().unwrap_err();
        assert_eq!(error.pointer, format!("/contact_forms/0/{pointer}"), "{form}");
    }
}
