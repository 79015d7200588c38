//! Makes conversations up.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

use crate::fields::{self, Kind, OF_ANSWERS, OF_REQUESTS};
use crate::odd::{BROKEN, Broken, ODD_HTTP1, ODD_HTTP2, OddRequest};
use crate::plan::{Answer, Body, Conversation, Ending, Exchange, Framing, Request, Text, Timing, Version};

const METHODS: [&str; 9] = ["GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "purge"];
const STATUSES: [u16; 12] = [200, 200, 201, 204, 206, 304, 400, 404, 418, 500, 503, 599];
const INTERIM: [u16; 3] = [100, 102, 103];
/// What a request may say in `Connection`.
const CONNECTION: [&str; 6] = ["close", "keep-alive", "x-hop", "X-Hop, close", "keep-alive ,, x-hop", "TE"];

/// Any conversation.
pub(crate) fn conversation() -> impl Strategy<Value = Conversation> {
    let version = prop_oneof![3 => Just(Version::Http1), 2 => Just(Version::Http2)];
    (version, any::<bool>()).prop_flat_map(|(version, is_at_once)| {
        let exchanges = vec(exchange(version), 1..6);
        exchanges.prop_map(move |exchanges| sensible(Conversation { version, is_at_once, exchanges }))
    })
}

fn exchange(version: Version) -> impl Strategy<Value = Exchange> {
    (request(version), answer()).prop_map(|(request, answer)| Exchange { request, answer })
}

fn request(version: Version) -> impl Strategy<Value = Request> {
    let odd = match version {
        Version::Http1 => select(&ODD_HTTP1[..]).boxed(),
        Version::Http2 => select(&ODD_HTTP2[..]).boxed(),
    };
    let line = (select(&METHODS[..]), target(), option::weighted(0.1, Just(())));
    let connection = option::weighted(0.3, select(&CONNECTION[..]));
    let body = (request_body(), option::weighted(0.15, Just(())), option::weighted(0.12, odd));
    (line, fields(&OF_REQUESTS), connection, body, cuts()).prop_map(
        |((method, target, old), fields, connection, (body, expecting, flaw), cuts)| Request {
            method,
            target,
            is_http10: old.is_some(),
            fields,
            connection,
            body,
            is_expecting: expecting.is_some(),
            flaw,
            cuts,
        },
    )
}

fn answer() -> impl Strategy<Value = Answer> {
    let timing = prop_oneof![6 => Just(Timing::Late), 2 => Just(Timing::Early), 1 => Just(Timing::Deaf)];
    let ending = prop_oneof![5 => Just(Ending::Stays), 1 => Just(Ending::SaysClose), 1 => Just(Ending::Closes)];
    let flow = (vec(select(&INTERIM[..]), 0..3), timing, option::weighted(0.1, Just(())), ending);
    let cut = (0..1000_usize, any::<bool>()).prop_map(|(at, is_reset)| Broken::Cut { at, is_reset });
    let flaw = option::weighted(0.25, prop_oneof![3 => select(&BROKEN[..]), 1 => cut]);
    let head = (select(&STATUSES[..]), fields(&OF_ANSWERS), any::<bool>());
    (flow, head, answer_body(), flaw, cuts()).prop_map(
        |((interim, timing, old, ending), (status, fields, names_hop), body, flaw, cuts)| Answer {
            interim,
            timing,
            is_http10: old.is_some(),
            status,
            fields,
            body,
            ending,
            names_hop,
            flaw,
            cuts,
        },
    )
}

fn target() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just("/".to_owned()),
        6 => "/[a-z0-9%._~!$'()*+,;=:@|{}-]{0,12}(/[A-Za-z0-9%.]{0,8}){0,3}([?][a-z0-9%=&/?|{}+]{0,20})?",
        1 => "/[a-z]{2000,6000}",
    ]
}

fn fields(of: &'static [(&'static str, Kind)]) -> impl Strategy<Value = Vec<(&'static str, Text)>> {
    vec((select(of), text()).prop_map(|((name, _), text)| (name, text)), 0..8)
}

/// What a field may say, without space at its ends.
fn text() -> impl Strategy<Value = Text> {
    let byte = prop_oneof![20 => b' '..=b'~', 1 => Just(b'\t'), 2 => 0x80..=0xff_u8];
    let bytes = prop_oneof![8 => vec(byte.clone(), 0..30), 1 => vec(byte, 1000..2000)];
    bytes.prop_map(|bytes| Text(bytes.trim_ascii().to_vec()))
}

fn request_body() -> impl Strategy<Value = Body> {
    let framing = prop_oneof![3 => Just(Framing::Bare), 3 => Just(Framing::Length), 2 => Just(Framing::Chunks)];
    body(framing)
}

fn answer_body() -> impl Strategy<Value = Body> {
    let framing = prop_oneof![4 => Just(Framing::Length), 4 => Just(Framing::Chunks), 1 => Just(Framing::Bare)];
    body(framing)
}

fn body(framing: impl Strategy<Value = Framing>) -> impl Strategy<Value = Body> {
    let length = prop_oneof![1 => Just(0_usize), 4 => 1..20_usize, 4 => 20..3_000_usize, 2 => 3_000..200_000_usize];
    let sizes = vec(prop_oneof![1..40_usize, 40..30_000_usize], 0..8);
    (framing, length, sizes, any::<bool>(), any::<bool>()).prop_map(
        |(framing, length, sizes, has_extensions, has_trailers)| Body {
            framing,
            length,
            sizes,
            has_extensions,
            has_trailers,
        },
    )
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![1..4_usize, 4..400_usize, 400..20_000_usize], 0..4)
}

/// Makes one conversation of what was drawn independently: what can't go together is changed to what can.
fn sensible(mut conversation: Conversation) -> Conversation {
    let (version, is_at_once) = (conversation.version, conversation.is_at_once);
    let count = conversation.exchanges.len();
    for (at, Exchange { request, answer }) in conversation.exchanges.iter_mut().enumerate() {
        let is_last = at + 1 == count;
        settle_request(request, version);
        if is_at_once {
            settle_at_once(request, answer, version == Version::Http2 || is_last);
        }
        settle_flaw(request, answer);
        settle_answer(request, answer);
    }
    conversation
}

fn settle_request(request: &mut Request, version: Version) {
    if version == Version::Http2 {
        (request.is_http10, request.connection) = (false, None);
        request.fields.retain(|(name, _)| fields::kind(&OF_REQUESTS, name) != Kind::OfConnection);
    }
    if request.is_http10 && request.body.framing == Framing::Chunks {
        request.body.framing = Framing::Length;
    }
    if request.body.framing == Framing::Bare {
        request.body.length = 0;
    }
    request.is_expecting &= request.has_body() && !request.is_http10 && request.flaw.is_none();
}

/// Of requests that are sent at once, none depends on how the one before it ends.
fn settle_at_once(request: &mut Request, answer: &mut Answer, may_end: bool) {
    request.is_expecting = false;
    answer.timing = Timing::Late;
    if answer.ending == Ending::Closes {
        answer.ending = Ending::SaysClose;
    }
    // What nobody asked for would come while another request is sent there.
    answer.flaw = answer.flaw.filter(|flaw| !matches!(flaw, Broken::Surplus(_)));
    if !may_end {
        (request.is_http10, request.connection, request.flaw) = (false, None, None);
        answer.flaw = None;
    }
}

/// A request that is refused has a plain answer ready, which nobody gets.
fn settle_flaw(request: &mut Request, answer: &mut Answer) {
    let Some(flaw) = request.flaw else { return };
    (answer.flaw, answer.timing) = (None, Timing::Late);
    (request.connection, request.is_http10) = (None, false);
    match flaw {
        OddRequest::Chunks(_) => request.body.framing = Framing::Chunks,
        OddRequest::BrokenOff => {
            request.body.framing = Framing::Length;
            request.body.length = request.body.length.max(20);
        }
        OddRequest::OtherLength(_) => {
            // One piece: what was said is wrong before the application has all of it.
            request.body =
                Body { framing: Framing::Length, length: request.body.length.clamp(20, 1000), ..request.body.clone() };
            request.body.sizes.clear();
        }
        _ => {
            (request.body.framing, request.body.length) = (Framing::Bare, 0);
        }
    }
    if matches!(flaw, OddRequest::LongTarget(_)) {
        request.target = "/".into();
    }
}

fn settle_answer(request: &Request, answer: &mut Answer) {
    if request.is_expecting {
        // Either it's asked for the body first, or the body never comes.
        match answer.timing {
            Timing::Late => answer.interim.insert(0, 100),
            Timing::Early | Timing::Deaf => {
                answer.interim.retain(|status| *status != 100);
                // The application waits for the body, so its answer doesn't end with its connection.
                answer.flaw = answer.flaw.filter(|flaw| !matches!(flaw, Broken::Cut { .. }));
                if answer.body.framing == Framing::Bare {
                    answer.body.framing = Framing::Length;
                }
            }
        }
    }
    if answer.is_http10 && answer.body.framing == Framing::Chunks {
        answer.body.framing = Framing::Length;
    }
    if answer.flaw.is_some() {
        // When what is wrong is seen doesn't depend on who reads first.
        answer.timing = if request.is_expecting { answer.timing } else { Timing::Late };
        (answer.is_http10, answer.ending) = (false, Ending::Stays);
    }
    match answer.flaw {
        Some(Broken::Chunks(_)) => {
            (answer.status, answer.body.framing) = (200, Framing::Chunks);
            if request.method == "HEAD" {
                answer.flaw = None;
            }
        }
        Some(Broken::Lines(_)) => answer.status = 200,
        Some(Broken::Surplus(_)) if answer.body.framing == Framing::Bare => answer.body.framing = Framing::Length,
        _ => {}
    }
    let is_open_ended = answer.body.framing == Framing::Bare && answer.has_body(request.method);
    if (answer.is_http10 || is_open_ended) && answer.ending == Ending::Stays {
        answer.ending = Ending::Closes;
    }
}
