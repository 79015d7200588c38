//! How an application's policy is described in the API's description. The values themselves are
//! [`marque_config::application::Policy`]; a test holds the two together.

use utoipa::ToSchema;

/// How an application's traffic is carried and locked.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes marque_config's type of the same name")]
pub(crate) struct Policy {
    /// Where it listens: `http://HOST:PORT` or `https://HOST:PORT`, 1 to 32.
    #[schema(min_items = 1, max_items = 32)]
    upstreams: Vec<String>,
    /// A path that answers 2xx while an upstream can serve. Without it every upstream counts as healthy.
    health_path: Option<String>,
    /// Hosts by which the application knows itself.
    #[schema(required = false, max_items = 16)]
    own_hosts: Vec<String>,
    /// The port that visitors see.
    #[schema(required = false, default = 443, minimum = 1)]
    public_https_port: u16,
    /// Whether `Upgrade: websocket` is passed on.
    #[schema(required = false)]
    websocket: bool,
    /// Where any request may name an account.
    #[schema(required = false, max_items = 32)]
    selectors: Vec<Selector>,
    /// Cookies that carry a session: sealed to the tenant on the way out, opened on the way in.
    #[schema(required = false, max_items = 16)]
    session_cookies: Vec<String>,
    /// Where people log in, and what the answer says.
    #[schema(required = false, max_items = 16)]
    logins: Vec<Login>,
    /// What the application is written with: which readings of a path are judged. Naming it narrows them. Left out of
    /// answers, as the fields below, where it has its default.
    #[schema(required = false)]
    framework: Framework,
    /// Paths that begin so name no account, though a path selector would find one: literal segments win over
    /// `{account}`. One that hides every account of a selector is refused.
    #[schema(required = false, max_items = 64)]
    plain_paths: Vec<String>,
    /// The beginnings of names of cookies that carry a session, too: for an application that splits its session over
    /// several (`till.0`, `till.1`).
    #[schema(required = false, max_items = 16)]
    session_families: Vec<String>,
    /// Paths beside the logins where sessions come from (a link in a mail, the way back from another login service): an
    /// answer there that sets a session names the account as a login's does, or the session isn't set.
    #[schema(required = false, max_items = 16)]
    sessions_from: Vec<String>,
    /// Paths where sessions end: they are asked by any method while a licence allows reading alone.
    #[schema(required = false, max_items = 16)]
    logouts: Vec<String>,
    /// Paths that begin so are served at whichever of a tenant's names they are asked, though its others are sent to
    /// the primary one.
    #[schema(required = false, max_items = 64)]
    deep_links: Vec<String>,
    /// Fields by which the application lets somebody before it say who the caller is: a visitor's are removed.
    #[schema(required = false, max_items = 16)]
    trusted_fields: Vec<String>,
    /// What is spoken to the upstreams. gRPC needs `http2`.
    #[schema(required = false)]
    upstream_protocol: UpstreamProtocol,
    /// How long the application may let a visitor wait.
    #[schema(required = false)]
    deadlines: Deadlines,
    /// Contact forms of the application's own: what is sent with POST to their paths goes to the partner, and never to the
    /// application. Refused while a proxy that is live would pass it on.
    #[schema(required = false, max_items = 8)]
    contact_forms: Vec<ContactForm>,
}

/// A form of the application's own.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes marque_config's type of the same name")]
struct ContactForm {
    /// Where the form is sent to, whole.
    path: String,
    /// What its fields are called.
    fields: ContactFields,
    /// The application's page to which the sender is led afterwards.
    then: String,
}

/// What the fields of a contact form are called. Files that come along are taken by whatever name.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes marque_config's type of the same name")]
struct ContactFields {
    /// Who writes. None: the address stands for the name.
    name: Option<String>,
    /// The sender's mail address.
    email: String,
    /// What it is about. None: the text's first line.
    subject: Option<String>,
    /// What is said.
    text: String,
}

/// The framework that routes the application's requests; `any` when it isn't known.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes marque_config's type of the same name")]
enum Framework {
    Any,
    AspNet,
    Django,
    Express,
    Go,
    Php,
    Rails,
    Spring,
}

/// What is spoken to the upstreams.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes marque_config's type of the same name")]
enum UpstreamProtocol {
    Http1,
    Http2,
}

/// How long the application may let a visitor wait.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes marque_config's type of the same name")]
struct Deadlines {
    /// Until an answer begins, once the request was sent; an hour at most.
    #[schema(required = false, default = "30s")]
    answer: String,
    /// Between two pieces of a stream that has begun: server-sent events, a WebSocket, a gRPC call; a day at most.
    #[schema(required = false, default = "1h")]
    stream_idle: String,
}

/// One place in a request where an account may be named.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes marque_config's type of the same name")]
enum Selector {
    /// The `{account}` segment of a path that begins as the pattern does.
    Path(String),
    /// A field of the query.
    Query(String),
    /// A header's value.
    Header(String),
    /// A cookie's value.
    Cookie(String),
}

/// A path where people log in.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes marque_config's type of the same name")]
struct Login {
    /// The path, whole.
    path: String,
    /// Where the body may name an account.
    #[schema(required = false, max_items = 8)]
    request: Vec<BodySelector>,
    /// Where an answer names the account that was entered.
    #[schema(min_items = 1, max_items = 8)]
    answer: Vec<AnswerSelector>,
}

/// One place in a login's body where an account may be named.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes marque_config's type of the same name")]
enum BodySelector {
    /// A field of a form.
    Form(String),
    /// A string in JSON, by the names of the members that lead to it.
    Json(Vec<String>),
}

/// One place in a login's answer where the account that was entered is named.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes marque_config's type of the same name")]
enum AnswerSelector {
    /// The `{account}` segment of the `Location` header's path.
    Location(String),
    /// A header's value.
    Header(String),
    /// The value of a cookie that the answer sets.
    Cookie(String),
    /// A string in JSON, by the names of the members that lead to it.
    Json(Vec<String>),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use marque_config::application;
    use serde_json::Value;
    use utoipa::PartialSchema;

    use super::*;

    fn described<T: PartialSchema>() -> BTreeSet<String> {
        let schema = serde_json::to_value(T::schema()).unwrap();
        let names = |schema: &Value| {
            schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        let variants = schema["oneOf"].as_array().cloned().unwrap_or_default();
        names(&schema).into_iter().chain(variants.iter().flat_map(names)).collect()
    }

    /// Each word that is described is one that the policy reads.
    fn words<T: PartialSchema, U: serde::de::DeserializeOwned>(count: usize) {
        let schema = serde_json::to_value(T::schema()).unwrap();
        let words = schema["enum"].as_array().unwrap();
        assert_eq!(words.len(), count);
        for word in words {
            serde_json::from_value::<U>(word.clone()).unwrap();
        }
    }

    #[test]
    fn the_description_has_what_the_policy_has() {
        let json = r#"{"upstreams":["http://a:1"],"health_path":"/h","selectors":[{"path":"/{account}"},{"query":"a"},
            {"header":"a"},{"cookie":"a"}],"logins":[{"path":"/l","request":[{"form":"a"},{"json":["a"]}],
            "answer":[{"location":"/{account}"},{"header":"a"},{"cookie":"a"},{"json":["a"]}]}],"framework":"rails",
            "plain_paths":["/p"],"session_families":["ab"],"sessions_from":["/m"],"logouts":["/o"],"deep_links":["/d"],"trusted_fields":["x-a"],
            "upstream_protocol":"http2","deadlines":{"answer":"1m"},"contact_forms":[{"path":"/c","then":"/t",
            "fields":{"name":"n","email":"e","subject":"s","text":"t"}}]}"#;
        let policy: application::Policy = serde_json::from_str(json).unwrap();
        let policy = serde_json::to_value(policy).unwrap();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        let all = |values: &Value| values.as_array().unwrap().iter().flat_map(keys).collect::<BTreeSet<_>>();
        assert_eq!(described::<Policy>(), keys(&policy));
        assert_eq!(described::<Selector>(), all(&policy["selectors"]));
        assert_eq!(described::<Deadlines>(), keys(&policy["deadlines"]));
        assert_eq!(described::<Login>(), keys(&policy["logins"][0]));
        assert_eq!(described::<BodySelector>(), all(&policy["logins"][0]["request"]));
        assert_eq!(described::<AnswerSelector>(), all(&policy["logins"][0]["answer"]));
        assert_eq!(described::<ContactForm>(), keys(&policy["contact_forms"][0]));
        assert_eq!(described::<ContactFields>(), keys(&policy["contact_forms"][0]["fields"]));
        words::<Framework, application::Framework>(8);
        words::<UpstreamProtocol, application::UpstreamProtocol>(2);
    }
}
