//! What is wrong with a request or an answer that isn't one: tables of cases.

/// A request that is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) enum OddRequest {
    /// These lines stand in its head.
    Lines(&'static str, u16),
    /// This is its request line.
    Line(&'static str, u16),
    /// It has no `Host`.
    NoHost,
    /// It has so many more bytes of fields.
    BigHead(usize),
    /// It has so many more fields.
    ManyFields(usize),
    /// Its target is so long.
    LongTarget(usize),
    /// Its chunks are these.
    Chunks(&'static str),
    /// It's broken off after half of its body.
    BrokenOff,
    /// Over HTTP/2: this field, and this status.
    Field(&'static str, &'static str, u16),
    /// Over HTTP/2: this method.
    Method(&'static str, u16),
    /// Over HTTP/2: its body has more bytes than it says, or less.
    OtherLength(i8),
}

/// An answer that isn't passed on, or not to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Broken {
    /// This head.
    Head(&'static str),
    /// A head of so many bytes.
    BigHead(usize),
    /// A head of so many fields.
    ManyFields(usize),
    /// So many answers before the answer.
    Interim(usize),
    /// These lines stand in its head.
    Lines(&'static str),
    /// These chunks follow its first.
    Chunks(&'static str),
    /// It's cut after so many thousandths; by a reset, or by a plain end.
    Cut { at: usize, is_reset: bool },
    /// This follows what is whole.
    Surplus(&'static str),
}

pub(crate) const ODD_HTTP1: [OddRequest; 47] = [
    OddRequest::Lines("Content-Length: 3\r\nContent-Length: 3\r\n", 400),
    OddRequest::Lines("Content-Length: 3\r\nContent-Length: 4\r\n", 400),
    OddRequest::Lines("Content-Length: 3, 3\r\n", 400),
    OddRequest::Lines("Content-Length: +3\r\n", 400),
    OddRequest::Lines("Content-Length: -3\r\n", 400),
    OddRequest::Lines("Content-Length: 0x3\r\n", 400),
    OddRequest::Lines("Content-Length:\r\n", 400),
    OddRequest::Lines("Content-Length: 99999999999999999999\r\n", 400),
    OddRequest::Lines("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400),
    OddRequest::Lines("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
    OddRequest::Lines("Transfer-Encoding: gzip, chunked\r\n", 400),
    OddRequest::Lines("Transfer-Encoding: chunked, identity\r\n", 400),
    OddRequest::Lines("Transfer-Encoding: identity\r\n", 400),
    OddRequest::Lines("Transfer_Encoding: chunked\r\n", 400),
    OddRequest::Lines("Content_Length: 3\r\n", 400),
    OddRequest::Lines("Transfer-Encoding : chunked\r\n", 400),
    OddRequest::Lines("X: y\nZ: w\r\n", 400),
    OddRequest::Lines("X: y\rZ: w\r\n", 400),
    OddRequest::Lines("X: \0\r\n", 400),
    OddRequest::Lines("X: y\r\n folded\r\n", 400),
    OddRequest::Lines("X y: z\r\n", 400),
    OddRequest::Lines("no colon\r\n", 400),
    OddRequest::Lines(": no name\r\n", 400),
    OddRequest::Lines("Host: a.p.example.com\r\n", 400),
    OddRequest::Lines("Expect: 200-ok\r\n", 400),
    OddRequest::Lines("Connection: host\r\n", 400),
    OddRequest::Lines("Connection: x-forwarded-for\r\n", 400),
    OddRequest::Lines("Connection: upgrade\r\nUpgrade: h2c\r\n", 403),
    OddRequest::Line("GET http://a.p.example.com/ HTTP/1.1", 400),
    OddRequest::Line("GET a HTTP/1.1", 400),
    OddRequest::Line("GET /#a HTTP/1.1", 400),
    OddRequest::Line("GET /a b HTTP/1.1", 400),
    OddRequest::Line("GET /\u{e9} HTTP/1.1", 400),
    OddRequest::Line("GET * HTTP/1.1", 400),
    OddRequest::Line("GET / HTTP/2.0", 400),
    OddRequest::Line("GET /", 400),
    OddRequest::Line("G@T(/) / HTTP/1.1", 400),
    OddRequest::Line("TRACE / HTTP/1.1", 405),
    OddRequest::Line("CONNECT / HTTP/1.1", 405),
    OddRequest::NoHost,
    OddRequest::BigHead(40 << 10),
    OddRequest::ManyFields(120),
    OddRequest::LongTarget(20 << 10),
    OddRequest::Chunks("x\r\n"),
    OddRequest::Chunks("3\r\nabcd\r\n0\r\n\r\n"),
    OddRequest::Chunks("3\nabc\r\n0\r\n\r\n"),
    OddRequest::BrokenOff,
];

pub(crate) const ODD_HTTP2: [OddRequest; 13] = [
    OddRequest::Field("transfer_encoding", "chunked", 400),
    OddRequest::Field("content_length", "3", 400),
    OddRequest::Field("expect", "200-ok", 400),
    OddRequest::Field("host", "b.p.example.com", 400),
    OddRequest::Method("TRACE", 405),
    OddRequest::Method("TRACK", 405),
    OddRequest::ManyFields(120),
    OddRequest::LongTarget(20 << 10),
    OddRequest::OtherLength(1),
    OddRequest::OtherLength(-1),
    OddRequest::OtherLength(7),
    OddRequest::OtherLength(-7),
    OddRequest::BrokenOff,
];

pub(crate) const BROKEN: [Broken; 46] = [
    Broken::Head("NONSENSE\r\n\r\n"),
    Broken::Head("HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
    Broken::Head("HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
    Broken::Head("HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"),
    Broken::Head("HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
    Broken::Head("HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n"),
    Broken::Head("ICY 200 OK\r\n\r\n"),
    Broken::Head("\0\r\n\r\n"),
    Broken::Head("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Broken::Head("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
    Broken::BigHead(200 << 10),
    Broken::ManyFields(300),
    Broken::Interim(17),
    Broken::Lines("Content-Length: 3\r\nContent-Length: 5\r\n"),
    Broken::Lines("Content-Length: 3\r\nContent-Length: 3\r\n"),
    Broken::Lines("Content-Length: 3, 3\r\n"),
    Broken::Lines("Content-Length: -3\r\n"),
    Broken::Lines("Content-Length: +3\r\n"),
    Broken::Lines("Content-Length: 0x3\r\n"),
    Broken::Lines("Content-Length:\r\n"),
    Broken::Lines("Content-Length: 99999999999999999999\r\n"),
    Broken::Lines("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
    Broken::Lines("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    Broken::Lines("Transfer-Encoding: gzip, chunked\r\n"),
    Broken::Lines("Transfer-Encoding: identity\r\n"),
    Broken::Lines("Transfer-Encoding : chunked\r\n"),
    Broken::Lines("X: y\r\n folded\r\nContent-Length: 0\r\n"),
    Broken::Lines("X: y\rz\r\nContent-Length: 0\r\n"),
    Broken::Lines("X: \0\r\nContent-Length: 0\r\n"),
    Broken::Lines("X y: z\r\nContent-Length: 0\r\n"),
    Broken::Lines("no colon\r\nContent-Length: 0\r\n"),
    Broken::Chunks("x\r\n"),
    Broken::Chunks("\r\n"),
    Broken::Chunks("-1\r\n"),
    Broken::Chunks("3\r\nabcd\r\n"),
    Broken::Chunks("3\nabc\r\n0\r\n\r\n"),
    Broken::Chunks("11111111111111111\r\n"),
    Broken::Chunks("0\r\n\n"),
    Broken::Cut { at: 0, is_reset: false },
    Broken::Cut { at: 0, is_reset: true },
    Broken::Surplus("x"),
    Broken::Surplus("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray"),
    Broken::Surplus("0\r\n\r\n"),
    Broken::Surplus("\r\n"),
    Broken::Surplus("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    Broken::Surplus("HTTP/1.1 103 Early Hints\r\n\r\n"),
];
