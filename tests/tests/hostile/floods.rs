//! Floods of frames: Q27 to Q32. Each ends its connection or stays bounded, and somebody honest is served meanwhile.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use marque_config::settings::Milliseconds;
use marque_tests::wait::{eventually, until};
use serde_json::json;

use crate::client::Raw;
use crate::edge::{Edge, get_of};
use crate::frames::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, Http2, PING, PRIORITY, RST_STREAM, SETTINGS,
    WINDOW_UPDATE, asking, block, frame, get, head, integer, reset, text,
};
use crate::upstream::Act;

/// Memory in use, in bytes.
fn resident() -> Result<usize> {
    let status = std::fs::read_to_string("/proc/self/statm")?;
    let pages: usize = status.split(' ').nth(1).context("resident pages")?.parse()?;
    Ok(pages * 4096)
}

/// The odd numbers from 1 on: streams that a client opens.
fn streams(count: u32) -> impl Iterator<Item = u32> {
    (0..count).map(|number| 2 * number + 1)
}

/// Says pieces until the connection is ended; how many were said.
async fn say_until_ended(client: &mut Http2, pieces: impl Iterator<Item = Vec<u8>>) -> usize {
    let mut said = 0;
    for piece in pieces {
        if !client.try_say(piece).await {
            break;
        }
        said += 1;
    }
    said
}

/// Q27: CVE-2023-44487.
#[tokio::test(flavor = "multi_thread")]
async fn rapid_resets_end_their_connection() -> Result<()> {
    let edge = Edge::plain().await?;
    let mut client = Http2::connect(&edge).await?;
    let pairs = streams(5_000).map(|stream| [get(stream, "/reset"), reset(stream)].concat());
    let said = say_until_ended(&mut client, pairs).await;
    edge.probe().await?;
    let ended = said < 5_000 || client.rest().await?.iter().any(|frame| frame.kind == GOAWAY);
    ensure!(ended, "5,000 resets and the connection goes on");
    let forwarded = edge.upstream.count("GET /reset ");
    ensure!(forwarded < 200, "{forwarded} of 5,000 were forwarded");
    Ok(())
}

/// Q27: as above, with a pause that lets each request be taken before it's reset, so that no queue ever grows.
#[tokio::test(flavor = "multi_thread")]
async fn patient_resets_end_their_connection_too() -> Result<()> {
    let edge = Edge::plain().await?;
    edge.upstream.on("/reset", Act::Hang);
    let mut client = Http2::connect(&edge).await?;
    let mut said = 0;
    for stream in streams(1_200) {
        let ping = frame(PING, 0, 0, &[0; 8]);
        if !client.try_say([get(stream, "/reset"), ping].concat()).await {
            break;
        }
        // The answer to the ping says that the request was seen.
        let is_seen = loop {
            match client.next().await? {
                Some(frame) if frame.kind == PING => break true,
                Some(frame) if frame.kind == GOAWAY => break false,
                Some(_) => {}
                None => break false,
            }
        };
        if !is_seen || !client.try_say(reset(stream)).await {
            break;
        }
        said += 1;
    }
    edge.probe().await?;
    ensure!(said < 1_000, "{said} resets and the connection goes on");
    let forwarded = edge.upstream.count("GET /reset ");
    ensure!(forwarded < 200, "{forwarded} were forwarded");
    Ok(())
}

/// What is said of a stream so that it is reset.
type Provocation = fn(u32) -> Vec<u8>;

/// Q28: CVE-2025-8671: the client makes the server reset.
#[tokio::test(flavor = "multi_thread")]
async fn resets_that_the_server_is_made_to_send_end_the_connection() -> Result<()> {
    let edge = Edge::plain().await?;
    let variants: [(&str, Provocation); 6] = [
        ("a window's increment of zero", |stream| frame(WINDOW_UPDATE, 0, stream, &[0; 4])),
        ("a window's overflow", |stream| frame(WINDOW_UPDATE, 0, stream, &0x7fff_ffff_u32.to_be_bytes())),
        ("a priority of a wrong length", |stream| frame(PRIORITY, 0, stream, &[0; 4])),
        ("a stream that depends on itself", |stream| {
            frame(PRIORITY, 0, stream, &[&stream.to_be_bytes()[..], &[0]].concat())
        }),
        ("data after the end", |stream| frame(DATA, END_STREAM, stream, b"x")),
        ("a head after the end", |stream| head(stream, END_STREAM, &asking("GET", "/made"))),
    ];
    for (name, provoke) in variants {
        let mut client = Http2::connect(&edge).await?;
        let pieces = streams(1_100).map(|stream| [get(stream, "/made"), provoke(stream)].concat());
        say_until_ended(&mut client, pieces).await;
        // Whoever ends it: an honest client would be answered here.
        let after = 2 * 1_100 + 1;
        let is_open = client.try_say(get(after, "/made")).await;
        let frames = if is_open { until_silent(&mut client).await } else { Vec::new() };
        let is_ended = !is_open || frames.iter().any(|frame| frame.kind == GOAWAY) || frames.is_empty();
        let resets = frames.iter().filter(|frame| frame.kind == RST_STREAM).count();
        ensure!(is_ended || resets == 0, "{name}: {resets} resets and the connection goes on");
        edge.probe().await?;
    }
    Ok(())
}

/// What comes until nothing comes for a while.
async fn until_silent(client: &mut Http2) -> Vec<crate::frames::Frame> {
    let mut frames = Vec::new();
    while let Ok(Ok(Some(frame))) = tokio::time::timeout(Duration::from_millis(500), client.next()).await {
        frames.push(frame);
    }
    frames
}

/// Q29: a head without an end.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_ends_the_connection() -> Result<()> {
    let edge = Edge::plain().await?;
    for (name, piece, most) in [
        ("empty pieces", Vec::new(), 200),
        ("small pieces", block(&[("x", "y")]), 5_000),
        ("large pieces", block(&[("x", &"y".repeat(15_000))]), 20),
    ] {
        let before = resident()?;
        let mut client = Http2::connect(&edge).await?;
        client.say(frame(HEADERS, END_STREAM, 1, &block(&asking("GET", "/endless")))).await?;
        let pieces = (0..most).map(|_| frame(CONTINUATION, 0, 1, &piece));
        let said = say_until_ended(&mut client, pieces).await;
        client.try_say(frame(CONTINUATION, END_HEADERS, 1, &[])).await;
        let frames = until_silent(&mut client).await;
        let is_ended = said < most || frames.iter().any(|frame| frame.kind == GOAWAY);
        let is_refused = frames.iter().any(|frame| frame.stream == 1);
        ensure!(is_ended || is_refused, "{name}: {most} and the connection goes on: {frames:?}");
        ensure!(resident()? < before + (16 << 20), "{name}");
    }
    ensure!(edge.upstream.count("/endless") == 0);
    edge.probe().await
}

/// Q29: the same, for ever: the pieces are counted, or their bytes.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_of_very_many_pieces_ends_the_connection() -> Result<()> {
    let edge = Edge::plain().await?;
    for piece in [Vec::new(), vec![0x82], block(&[("x", "y")])] {
        let mut client = Http2::connect(&edge).await?;
        client.say(frame(HEADERS, END_STREAM, 1, &block(&asking("GET", "/endless")))).await?;
        let hundred = frame(CONTINUATION, 0, 1, &piece).repeat(100);
        let said = say_until_ended(&mut client, (0..2_000).map(|_| hundred.clone())).await;
        // The systems between may take all of it; the connection is ended all the same.
        let ended = client.rest().await;
        ensure!(said < 2_000 || ended.is_ok(), "200,000 pieces of {} bytes and the connection goes on", piece.len());
        edge.probe().await?;
    }
    Ok(())
}

/// Q30: forty heads of fifteen megabytes each, in a few kilobytes.
#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_of_fields_takes_no_memory() -> Result<()> {
    let edge = Edge::plain().await?;
    edge.probe().await?;
    let before = resident()?;
    let mut bombs = Vec::new();
    for _ in 0..40 {
        let mut client = Http2::connect(&edge).await?;
        let mut fields = block(&asking("GET", "/bomb"));
        // One field of 4,000 bytes goes to the table, and is then named 3,900 times.
        fields.push(0x40);
        text(&mut fields, b"bomb");
        text(&mut fields, &[b'x'; 4_000]);
        for _ in 0..3_900 {
            integer(&mut fields, 0x80, 7, 62);
        }
        let (first, rest) = fields.split_at(fields.len().min(16_000));
        ensure!(rest.is_empty(), "one frame holds it");
        client.try_say(frame(HEADERS, END_STREAM | END_HEADERS, 1, first)).await;
        bombs.push(client);
    }
    for client in &mut bombs {
        let answered = client.next_of(1).await?;
        let is_refused =
            answered.is_none_or(|frame| frame.kind != HEADERS || crate::frames::status(&frame.payload) != Some(200));
        ensure!(is_refused, "a bomb is served");
    }
    ensure!(resident()? < before + (64 << 20), "{} bytes more", resident()? - before);
    ensure!(edge.upstream.count("/bomb") == 0);
    edge.probe().await
}

/// Q31: frames that ask for answers which nobody reads, and frames that say nothing.
#[tokio::test(flavor = "multi_thread")]
async fn floods_of_small_frames_disturb_nobody() -> Result<()> {
    let edge = Edge::plain().await?;
    let floods: [(&str, Vec<u8>); 7] = [
        ("settings", frame(SETTINGS, 0, 0, &[])),
        ("changing settings", frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0xff, 0xff])),
        ("pings", frame(PING, 0, 0, &[1; 8])),
        ("answers to no ping", frame(PING, ACK, 0, &[1; 8])),
        ("priorities", frame(PRIORITY, 0, 3, &[0, 0, 0, 1, 16])),
        ("empty data", frame(DATA, 0, 1, &[])),
        ("unknown frames", frame(0xbb, 0, 0, &[0; 16])),
    ];
    for (name, one) in floods {
        let before = resident()?;
        let mut client = Http2::connect(&edge).await?;
        client.say(head(1, 0, &asking("POST", "/flood"))).await?;
        // Nobody reads: what the other side can't write must stop it from reading, soon.
        let thousand = one.repeat(1_000);
        let flood = async { say_until_ended(&mut client, (0..300).map(|_| thousand.clone())).await };
        let said = tokio::time::timeout(Duration::from_millis(700), flood).await;
        edge.probe().await.with_context(|| name.to_owned())?;
        let more = resident()?.saturating_sub(before);
        ensure!(more < 32 << 20, "{name}: {more} bytes more after {said:?} thousand");
    }
    Ok(())
}

/// Q31: trailers, empty heads and resets of streams that never were.
#[tokio::test(flavor = "multi_thread")]
async fn frames_for_streams_that_are_none_end_the_connection() -> Result<()> {
    let edge = Edge::plain().await?;
    for one in [reset(1), frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]), frame(DATA, 0, 1, b"x"), reset(2)] {
        let mut client = Http2::connect(&edge).await?;
        client.try_say(one).await;
        let frames = until_silent(&mut client).await;
        ensure!(frames.iter().any(|frame| frame.kind == GOAWAY), "{frames:?}");
    }
    edge.probe().await
}

/// Q32: windows of nothing, or that open by one byte.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_hardly_opens_is_not_waited_for() -> Result<()> {
    let edge = Edge::start(json!({}), |settings| settings.limits.write_deadline = Milliseconds::new(2_500)).await?;
    let body = vec![b'x'; 8 << 20];
    let answer = [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat();
    edge.upstream.on("/large", Act::Say(answer.into()));
    let mut shut = shut_windows(&edge, 4).await?;
    let before = settled().await?;
    shut.extend(shut_windows(&edge, 12).await?);
    let more = settled().await?.saturating_sub(before);
    println!("{} KiB for each of 96 streams", more / (96 << 10));
    ensure!(more < (96 * 256) << 10, "{more} bytes for 96 streams");
    for client in &mut shut {
        let mut open: Vec<_> = streams(8).collect();
        while !open.is_empty() {
            match client.next().await? {
                Some(frame) if frame.kind == RST_STREAM => open.retain(|stream| *stream != frame.stream),
                Some(frame) if frame.kind == GOAWAY => break,
                Some(_) => {}
                None => break,
            }
        }
    }
    let mut drip = Http2::connect_with(&edge, &[(1, 0), (4, 1)]).await?;
    drip.say(get(1, "/large")).await?;
    let opening = async {
        loop {
            match tokio::time::timeout(Duration::from_millis(50), drip.next_of(1)).await {
                Ok(Ok(Some(frame))) if frame.kind == RST_STREAM || frame.kind == GOAWAY => return,
                Ok(Ok(None) | Err(_)) => return,
                Ok(Ok(Some(_))) => {}
                Err(_) => drop(drip.try_say(frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1])).await),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(12), opening).await.context("one byte at a time goes on for ever")?;
    edge.probe().await
}

/// Q32: one connection's streams take 16 MiB at most, whether their windows are shut or nobody reads what is sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_takes_nothing_holds_little() -> Result<()> {
    const STREAMS: u32 = 100;
    let edge = Edge::plain().await?;
    let body = vec![b'x'; 8 << 20];
    let answer = [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat();
    edge.upstream.on("/large", Act::Say(answer.into()));
    drop(shut_windows(&edge, 4).await?);
    for window in [0, i32::MAX as u32] {
        let before = settled().await?;
        let mut client = Http2::connect_with(&edge, &[(1, 0), (4, window)]).await?;
        let wide = frame(WINDOW_UPDATE, 0, 0, &(1_u32 << 30).to_be_bytes());
        client.say([wide, streams(STREAMS).flat_map(|stream| get(stream, "/large")).collect()].concat()).await?;
        until("all are asked for", Duration::from_secs(10), async || {
            Ok(edge.upstream.count("GET /large ") >= 32 + usize::try_from(STREAMS)?)
        })
        .await?;
        let more = settled().await?.saturating_sub(before);
        println!("{} KiB for {STREAMS} streams with windows of {window}", more >> 10);
        ensure!(more < 16 << 20, "{more} bytes for {STREAMS} streams with windows of {window}");
        edge.probe().await?;
        edge.upstream.forget();
        drop(shut_windows(&edge, 4).await?);
    }
    Ok(())
}

/// Memory in use once it no longer grows: so many looks in a row see no more of it.
async fn settled() -> Result<usize> {
    const LOOKS: usize = 10;
    let (mut most, mut still) = (0, 0);
    eventually("memory no longer grows", Duration::from_secs(5), async || {
        let now = resident()?;
        if now > most + (64 << 10) {
            (most, still) = (now, 0);
        } else {
            still += 1;
        }
        Ok((still >= LOOKS).then_some(now))
    })
    .await
}

/// Clients that each ask for eight large answers and take nothing of them; all have their heads.
async fn shut_windows(edge: &Edge, clients: usize) -> Result<Vec<Http2>> {
    let mut shut = Vec::new();
    for _ in 0..clients {
        let mut client = Http2::connect_with(edge, &[(1, 0), (4, 0)]).await?;
        for stream in streams(8) {
            client.say(get(stream, "/large")).await?;
        }
        for _ in streams(8) {
            while client.next().await?.context("a head")?.kind != HEADERS {}
        }
        shut.push(client);
    }
    Ok(shut)
}

/// Q31, Q33: a connection that has carried enough is told so, and ends even if its client says nothing to that.
#[tokio::test(flavor = "multi_thread")]
async fn a_spent_connection_ends_though_its_client_is_silent() -> Result<()> {
    let edge = Edge::start(json!({}), |settings| {
        settings.limits.requests_per_connection = 2;
        settings.limits.idle_deadline = Milliseconds::new(700);
    })
    .await?;
    let mut client = Http2::connect(&edge).await?;
    client.say([get(1, "/x"), get(3, "/x")].concat()).await?;
    let frames = client.rest().await?;
    ensure!(frames.iter().any(|frame| frame.kind == GOAWAY), "{frames:?}");
    Ok(())
}

/// Q34: what comes compressed goes as it came.
#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_body_passes_as_it_is() -> Result<()> {
    let edge = Edge::plain().await?;
    let bytes: Vec<u8> = (0..=255).collect();
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 256\r\n\r\n";
    edge.upstream.on("/gzip", Act::Say([head.as_bytes(), &bytes].concat().into()));
    let mut client: Raw = edge.http1().await?;
    client.say(get_of("/gzip")).await?;
    let (head, body) = client.answer().await?;
    ensure!(body == bytes && head.to_ascii_lowercase().contains("content-encoding: gzip"), "{head}");
    let request = format!(
        "POST /up HTTP/1.1\r\nHost: {}\r\nContent-Encoding: gzip\r\nContent-Length: 256\r\n\r\n",
        crate::edge::A
    );
    client.say([request.as_bytes(), &bytes].concat()).await?;
    ensure!(client.status().await? == 200);
    ensure!(edge.upstream.connections().iter().any(|seen| seen.windows(256).any(|window| window == bytes)));
    Ok(())
}
