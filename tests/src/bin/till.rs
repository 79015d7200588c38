//! The example cash register as a program of its own: `till [--listen 127.0.0.1:9000]`.

use std::net::SocketAddr;

use clap::Parser;
use marque_tests::till::Till;

/// A small cash register, naive on purpose.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut till = Till::start(arguments.listen).await?;
    println!("The cash register listens on http://{}", till.address());
    tokio::select! {
        ended = till.ended() => Ok(ended?),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}
