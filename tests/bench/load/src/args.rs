//! The command line: a mode and `key=value` words.

use std::collections::HashMap;
use std::net::SocketAddr;

pub struct Args {
    pub mode: String,
    values: HashMap<String, String>,
}

impl Args {
    pub fn read() -> Args {
        let mut words = std::env::args().skip(1);
        let mode = words.next().unwrap_or_default();
        let pair = |word: String| word.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()));
        Args { mode, values: words.filter_map(pair).collect() }
    }

    pub fn str(&self, key: &str, default: &str) -> String {
        self.values.get(key).cloned().unwrap_or_else(|| default.to_owned())
    }

    pub fn num(&self, key: &str, default: f64) -> f64 {
        self.values.get(key).map_or(default, |v| v.parse().unwrap_or_else(|_| panic!("bad {key}={v}")))
    }

    pub fn addr(&self) -> SocketAddr {
        self.str("addr", "127.0.0.1:8443").parse().expect("addr=IP:PORT")
    }
}
