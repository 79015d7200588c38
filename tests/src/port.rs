//! Ports for programs that must be told a number: drawn at random outside the range that the system gives to outgoing
//! connections, tried, and locked by a file, so that suites that run at once never draw the same one.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use anyhow::{Context, Result, bail};

/// A loopback port that nobody else draws for as long as this value lives.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: File,
}

const LOWEST: u16 = 10_000;
const COUNT: u16 = 22_000;

impl Port {
    /// Draws one that is free for TCP and for UDP.
    ///
    /// # Errors
    /// When none is found.
    pub fn reserve() -> Result<Self> {
        let directory = std::env::temp_dir().join(format!("marque-ports-{}", nix::unistd::geteuid()));
        std::fs::create_dir_all(&directory).with_context(|| format!("create {}", directory.display()))?;
        for _ in 0..1_000 {
            let number = LOWEST + random_u16()? % COUNT;
            let lock = File::create(directory.join(number.to_string())).context("lock a port")?;
            if lock.try_lock().is_ok() && is_free(number) {
                return Ok(Self { number, _lock: lock });
            }
        }
        bail!("no free port found between {LOWEST} and {}", LOWEST + COUNT);
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The port on `127.0.0.1`.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }
}

fn is_free(number: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() && UdpSocket::bind((Ipv4Addr::LOCALHOST, number)).is_ok()
}

fn random_u16() -> Result<u16> {
    let mut bytes = [0; 2];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    Ok(u16::from_ne_bytes(bytes))
}
