//! The application behind every peer.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::find;

/// Paths: `/b/N` = N bytes, `/slow/MS` = 200 bytes spread over MS, `/echo` = the request head.
pub fn serve_all(listen: &str) {
    let payload: Arc<[u8]> = vec![b'x'; 10 << 20].into();
    let listener = TcpListener::bind(listen).expect("bind upstream");
    for stream in listener.incoming().flatten() {
        let payload = payload.clone();
        let _ = thread::Builder::new().stack_size(64 << 10).spawn(move || serve(stream, &payload));
    }
}

fn serve(mut stream: TcpStream, payload: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buf: Vec<u8> = Vec::with_capacity(4096);
    let mut chunk = [0u8; 4096];
    loop {
        let end = loop {
            if let Some(i) = find(&buf, b"\r\n\r\n") {
                break i + 4;
            }
            let n = stream.read(&mut chunk)?;
            if n == 0 {
                return Ok(());
            }
            buf.extend_from_slice(&chunk[..n]);
        };
        let path = buf[..end].split(|b| *b == b' ').nth(1).unwrap_or(b"/");
        let path = String::from_utf8_lossy(path).into_owned();
        let head = |n: usize| {
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {n}\r\n\r\n").into_bytes()
        };
        if let Some(n) = path.strip_prefix("/b/").and_then(|n| n.parse::<usize>().ok()) {
            let body = &payload[..n.min(payload.len())];
            let mut out = head(body.len());
            if body.len() <= 4096 {
                out.extend_from_slice(body);
                stream.write_all(&out)?;
            } else {
                stream.write_all(&out)?;
                stream.write_all(body)?;
            }
        } else if let Some(ms) = path.strip_prefix("/slow/").and_then(|n| n.parse::<u64>().ok()) {
            stream.write_all(&head(200))?;
            for _ in 0..10 {
                thread::sleep(Duration::from_millis(ms / 10));
                stream.write_all(&payload[..20])?;
            }
        } else {
            let mut out = head(end);
            out.extend_from_slice(&buf[..end]);
            stream.write_all(&out)?;
        }
        buf.drain(..end);
    }
}
