//! One keep-alive HTTP/1.1 connection over TLS.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::find;

pub fn host(i: u64) -> String {
    format!("d{i:06}.bench.test")
}

pub struct Conn {
    pub tls: StreamOwned<ClientConnection, TcpStream>,
    request: Vec<u8>,
    pub buf: Box<[u8]>,
}

impl Conn {
    pub fn open(addr: SocketAddr, config: &Arc<ClientConfig>, host: &str, path: &str) -> io::Result<Conn> {
        let mut tcp = TcpStream::connect(addr)?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(Duration::from_secs(30)))?;
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let mut conn = ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
        while conn.is_handshaking() {
            conn.complete_io(&mut tcp)?;
        }
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: bench\r\n\r\n").into_bytes();
        Ok(Conn { tls: StreamOwned::new(conn, tcp), request, buf: Box::new([]) })
    }

    /// One exchange; returns the number of body bytes, or an error unless 200 and complete.
    pub fn get(&mut self) -> io::Result<usize> {
        if self.buf.is_empty() {
            self.buf = vec![0; 4 << 10].into();
        }
        self.tls.write_all(&self.request)?;
        let (mut have, mut body) = (0, None);
        loop {
            let n = self.tls.read(&mut self.buf[if body.is_some() { 0 } else { have }..])?;
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            have += n;
            if body.is_none() {
                if let Some(end) = find(&self.buf[..have], b"\r\n\r\n") {
                    let length = content_length(&self.buf[..end])?;
                    have -= end + 4;
                    body = Some(length);
                } else if have == self.buf.len() {
                    return Err(io::Error::other("response head too long"));
                }
            }
            if body.is_some_and(|b| have >= b) {
                return Ok(have);
            }
        }
    }

    pub fn close(mut self) {
        self.tls.conn.send_close_notify();
        let _ = self.tls.flush();
    }
}

fn content_length(head: &[u8]) -> io::Result<usize> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|l| l.split(' ').nth(1)).unwrap_or("");
    if status != "200" {
        return Err(io::Error::other(format!("status {status}")));
    }
    lines
        .filter_map(|l| l.split_once(':'))
        .find(|(k, _)| k.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, v)| v.trim().parse().ok())
        .ok_or_else(|| io::Error::other("no content-length"))
}
