//! The ways of loading a peer.

use std::io::{self, BufRead};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use rustls::HandshakeKind;

use crate::args::Args;
use crate::client::{Conn, host};
use crate::stats::{Rng, Stats, threads};
use crate::tls;

/// New connection per request until `secs` are over. Latency = connect to end of handshake.
pub fn handshakes(args: &Args) {
    let (addr, path) = (args.addr(), args.str("path", "/b/200"));
    let (hosts, resume) = (args.num("hosts", 1.0) as u64, args.num("resume", 0.0) != 0.0);
    let (secs, conns) = (args.num("secs", 3.0), args.num("conns", 32.0) as usize);
    let seed = args.num("seed", 1.0) as u64;
    let start = Instant::now();
    let deadline = start + Duration::from_secs_f64(secs);
    threads(conns, move |t| {
        let (config, mut stats) = (tls::config(resume), Stats::default());
        let mut rng = Rng(seed * 1_000_003 + t as u64);
        while Instant::now() < deadline {
            let name = host(rng.below(hosts));
            let begin = Instant::now();
            let done = Conn::open(addr, &config, &name, &path).and_then(|mut c| {
                let took = begin.elapsed();
                c.get()?;
                let resumed = c.tls.conn.handshake_kind() == Some(HandshakeKind::Resumed);
                c.close();
                Ok((took, resumed))
            });
            match done {
                Ok((took, resumed)) => {
                    stats.ok += 1;
                    stats.resumed += usize::from(resumed);
                    stats.micros.push(took.as_micros() as u32);
                }
                Err(e) => stats.fail(e),
            }
        }
        stats
    })
    .print(start.elapsed());
}

/// Open-loop rate over keep-alive connections. Latency counts from the moment the
/// request was due, so a stalled proxy is not forgiven (no coordinated omission);
/// the generator's own wake-up delay is not charged to the proxy.
pub fn fixed_rate(args: &Args) {
    let (addr, path) = (args.addr(), args.str("path", "/b/200"));
    let (hosts, rps) = (args.num("hosts", 1.0) as u64, args.num("rps", 1000.0));
    let (secs, conns) = (args.num("secs", 5.0), args.num("conns", 64.0) as usize);
    let barrier = Arc::new(Barrier::new(conns));
    let begin = Instant::now();
    threads(conns, move |t| {
        let _ = nix::sys::prctl::set_timerslack(1000);
        let mut stats = Stats::default();
        let opened =
            Conn::open(addr, &tls::config(false), &host(t as u64 % hosts), &path).and_then(|mut c| c.get().map(|_| c));
        barrier.wait();
        let mut conn = match opened {
            Ok(c) => c,
            Err(e) => {
                stats.fail(e);
                return stats;
            }
        };
        let start = Instant::now();
        let gap = conns as f64 / rps;
        let mut due = start + Duration::from_secs_f64(gap * t as f64 / conns as f64);
        while due < start + Duration::from_secs_f64(secs) {
            let now = Instant::now();
            let from = if now < due {
                thread::sleep(due - now);
                Instant::now()
            } else {
                due
            };
            match conn.get() {
                Ok(_) => {
                    stats.ok += 1;
                    stats.micros.push(from.elapsed().as_micros() as u32);
                }
                Err(e) => {
                    stats.fail(e);
                    return stats;
                }
            }
            due += Duration::from_secs_f64(gap);
        }
        conn.close();
        stats
    })
    .print(begin.elapsed());
}

/// Opens `conns` connections, one request on each, then obeys stdin:
/// `ping` sends one more request on every one; end of file ends.
pub fn hold(args: &Args) {
    let (addr, path) = (args.addr(), args.str("path", "/b/200"));
    let (hosts, conns) = (args.num("hosts", 1.0) as u64, args.num("conns", 100.0) as u64);
    let (config, begin) = (tls::config(false), Instant::now());
    let (mut open, mut stats) = (Vec::new(), Stats::default());
    for i in 0..conns {
        match Conn::open(addr, &config, &host(i % hosts), &path).and_then(|mut c| c.get().map(|_| c)) {
            Ok(mut c) => {
                c.buf = Box::new([]);
                open.push(c);
                stats.ok += 1;
            }
            Err(e) => stats.fail(e),
        }
    }
    stats.print(begin.elapsed());
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        if line.trim() == "ping" {
            let (mut stats, begin) = (Stats::default(), Instant::now());
            for c in &mut open {
                match c.get() {
                    Ok(_) => stats.ok += 1,
                    Err(e) => stats.fail(e),
                }
            }
            stats.print(begin.elapsed());
        }
    }
}

/// `conns` connections in parallel, one request each: for answers in flight during a reload.
pub fn once(args: &Args) {
    let (addr, path) = (args.addr(), args.str("path", "/slow/3000"));
    let conns = args.num("conns", 5.0) as usize;
    let (begin, sent) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    threads(conns, move |_| {
        let mut stats = Stats::default();
        let result = Conn::open(addr, &tls::config(false), &host(0), &path).and_then(|mut c| {
            if sent.fetch_add(1, Ordering::SeqCst) + 1 == conns {
                println!(r#"{{"open":{conns}}}"#);
            }
            c.get()
        });
        match result {
            Ok(_) => stats.ok += 1,
            Err(e) => stats.fail(e),
        }
        stats
    })
    .print(begin.elapsed());
}
