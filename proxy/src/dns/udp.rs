//! Questions over UDP: each is answered at once, and nothing is kept of it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;

use super::rate::Allowed;
use super::{LONGEST, Responder};

/// How long receiving rests after an error.
const REST: Duration = Duration::from_millis(1);

/// Answers what comes, until it is dropped.
pub(super) async fn serve(responder: &Responder, socket: &UdpSocket) {
    let mut question = [0; LONGEST + 1];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut question).await else {
            // The kernel is short of something, or tells of a packet that was sent before.
            tokio::time::sleep(REST).await;
            continue;
        };
        if let Some(bytes) = responder.datagram(&question[..length], from) {
            // What the network doesn't take now is asked again.
            drop(socket.try_send_to(&bytes, from));
        }
    }
}

impl Responder {
    /// The bytes to send back, if any.
    pub(super) fn datagram(&self, question: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
        // Nobody asks from port 0, and nothing longer is a question of anybody's.
        if from.port() == 0 || question.len() > LONGEST {
            self.metrics.dns_question("dropped");
            return None;
        }
        let answer = self.answer(question)?;
        let sent = match self.rate.allow(from.ip(), self.clock.now_ms()) {
            Allowed::Whole => answer.datagram(),
            Allowed::Truncated => answer.truncated(),
            Allowed::Nothing => None,
        };
        self.metrics.dns_question(sent.as_ref().map_or("limited", |(_, outcome)| *outcome));
        sent.map(|(bytes, _)| bytes)
    }
}
