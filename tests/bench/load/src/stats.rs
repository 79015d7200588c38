//! What a run counts, and how it prints.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// splitmix64: enough to spread requests over the hosts, and repeatable.
pub struct Rng(pub u64);

impl Rng {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

#[derive(Default)]
pub struct Stats {
    pub ok: usize,
    pub resumed: usize,
    pub errors: usize,
    pub error: String,
    pub micros: Vec<u32>,
}

impl Stats {
    pub fn fail(&mut self, e: io::Error) {
        self.errors += 1;
        self.error = e.to_string();
    }
    pub fn merge(all: impl IntoIterator<Item = Stats>) -> Stats {
        all.into_iter().fold(Stats::default(), |mut a, b| {
            a.ok += b.ok;
            a.resumed += b.resumed;
            a.errors += b.errors;
            a.micros.extend(b.micros);
            if !b.error.is_empty() {
                a.error = b.error;
            }
            a
        })
    }
    pub fn print(mut self, elapsed: Duration) {
        self.micros.sort_unstable();
        let q = |p: f64| {
            let i = (self.micros.len() as f64 * p) as usize;
            self.micros.get(i.min(self.micros.len().saturating_sub(1))).copied().unwrap_or(0)
        };
        println!(
            r#"{{"ok":{},"resumed":{},"errors":{},"error":{:?},"secs":{:.4},"p50":{},"p99":{},"p999":{},"max":{}}}"#,
            self.ok,
            self.resumed,
            self.errors,
            self.error,
            elapsed.as_secs_f64(),
            q(0.5),
            q(0.99),
            q(0.999),
            q(1.0)
        );
    }
}

pub fn threads(n: usize, f: impl Fn(usize) -> Stats + Send + Sync + 'static) -> Stats {
    let f = Arc::new(f);
    let handles: Vec<_> = (0..n)
        .map(|i| {
            let f = f.clone();
            thread::Builder::new().stack_size(256 << 10).spawn(move || f(i)).expect("thread")
        })
        .collect();
    Stats::merge(handles.into_iter().map(|h| h.join().expect("worker")))
}
