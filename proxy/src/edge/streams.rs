//! The requests of an HTTP/2 connection: each is accepted, judged for what no request may be, and served by a task of
//! its own.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::server::{Connection as Http2, SendResponse};
use h2::{Reason, RecvStream};
use pingora::apps::HttpServerApp;
use pingora::protocols::Digest;
use pingora::protocols::http::ServerSession;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Engine;
use super::answer;
use super::patience::Patience;
use super::stream::Stream;
use crate::connection::Connection;

/// How many requests may be no requests at all before the connection is cut.
const MOST_MALFORMED: usize = 32;

impl Engine {
    /// Serves a connection until the client ends it, nothing has been asked for a while, or `stopping` turns true and all
    /// that had begun is done.
    pub(crate) async fn serve_http2(
        self: &Arc<Self>,
        io: impl AsyncRead + AsyncWrite + Unpin,
        connection: &Arc<Connection>,
        stopping: watch::Receiver<bool>,
    ) {
        // A client that doesn't get through the handshake needs no answer.
        if let Ok(http2) = answer::http2_options().handshake::<_, Bytes>(io).await {
            self.accept(http2, connection, stopping).await;
        }
    }

    async fn accept<T: AsyncRead + AsyncWrite + Unpin>(
        self: &Arc<Self>,
        mut http2: Http2<T, Bytes>,
        connection: &Arc<Connection>,
        mut stopping: watch::Receiver<bool>,
    ) {
        let idle = self.shared().settings.limits.idle_deadline.duration();
        // Dropped with the connection: a request whose client is gone ends.
        let mut requests = JoinSet::new();
        let (mut is_stopping, mut malformed) = (false, 0);
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stopping.wait_for(|is_stopping| *is_stopping), if !is_stopping => {
                    http2.graceful_shutdown();
                    is_stopping = true;
                    continue;
                }
                accepted = http2.accept() => accepted,
                () = until_idle(&mut requests, idle), if !is_stopping => return,
            };
            let Some(Ok((request, respond))) = accepted else { break };
            match self.judged(request, respond, connection) {
                Some(stream) => self.begin(stream, &mut requests, &stopping),
                None => malformed += 1,
            }
            if malformed > MOST_MALFORMED {
                return;
            }
        }
        // What was answered whole is still to be logged.
        while requests.join_next().await.is_some() {}
    }

    /// A request, unless its target or its length is none.
    fn judged(
        &self,
        request: http::Request<RecvStream>,
        mut respond: SendResponse<Bytes>,
        connection: &Arc<Connection>,
    ) -> Option<Stream> {
        let has_odd_target = request.uri().path_and_query().is_some_and(|it| it.as_str().bytes().any(|b| b <= b' '));
        if has_odd_target {
            respond.send_reset(Reason::PROTOCOL_ERROR);
            return None;
        }
        let patience = Arc::<Patience>::default();
        let digest = Digest { proxy_digest: connection.digest_with(&patience), ..Digest::default() };
        Some(Stream::new(request, respond, digest, patience))
    }

    fn begin(self: &Arc<Self>, stream: Stream, requests: &mut JoinSet<()>, stopping: &watch::Receiver<bool>) {
        let (app, stopping) = (Arc::clone(self.app()), stopping.clone());
        requests.spawn(async move {
            app.process_new_http(ServerSession::new_custom(Box::new(stream)), &stopping).await;
        });
    }
}

/// Comes back when no request has gone on for a while.
async fn until_idle(requests: &mut JoinSet<()>, patience: Duration) {
    while requests.join_next().await.is_some() {}
    sleep(patience).await;
}
