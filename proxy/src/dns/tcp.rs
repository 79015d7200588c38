//! Questions over TCP (RFC 7766): a few connections at once, each for a short time and a few questions.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{LONGEST, Responder};
use crate::limits::{Client, Shares};

/// How long accepting rests when the process has no file descriptor left.
const REST: Duration = Duration::from_millis(100);

/// Answers what comes, until it is dropped: then every connection ends.
pub(super) async fn serve(responder: &Arc<Responder>, socket: TcpListener) {
    let mut connections = JoinSet::new();
    let clients: Arc<Shares<Client>> = Shares::new(responder.settings.connections_per_client);
    loop {
        let has_room = connections.len() < responder.settings.connections;
        let accepted = tokio::select! {
            Some(_) = connections.join_next() => continue,
            accepted = socket.accept(), if has_room => accepted,
        };
        let Ok((stream, from)) = accepted else {
            tokio::time::sleep(REST).await;
            continue;
        };
        let Some(share) = clients.take(from.ip().into()) else {
            responder.metrics.dns_question("limited");
            continue;
        };
        let (responder, deadline) = (Arc::clone(responder), responder.settings.deadline.duration());
        connections.spawn(async move {
            // How a connection ends matters to nobody but who asked.
            drop(tokio::time::timeout(deadline, responder.converse(stream)).await);
            drop(share);
        });
    }
}

impl Responder {
    /// Answers question after question, each in a message with its length before it.
    async fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut question = vec![0; LONGEST];
        for _ in 0..self.settings.questions_per_connection {
            let length = usize::from(stream.read_u16().await?);
            let Some(question) = question.get_mut(..length) else {
                self.metrics.dns_question("malformed");
                return Ok(());
            };
            stream.read_exact(question).await?;
            let Some((bytes, outcome)) = self.answer(question).and_then(super::answer::Answer::whole) else {
                return Ok(());
            };
            self.metrics.dns_question(outcome);
            let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
            let framed = [&length.to_be_bytes()[..], &bytes].concat();
            stream.write_all(&framed).await?;
        }
        Ok(())
    }
}
