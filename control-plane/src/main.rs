//! `marque-control-plane`: makes keys, brings the database up to date, makes tokens, serves.

use std::fs::File;
use std::io::BufReader;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use marque_config::settings::{ControlPlaneSettings, EXIT_BAD_SETTINGS, Settings};
use marque_control_plane::backup::{self, Copied};
use marque_control_plane::database::Store;
use marque_control_plane::domains::operations::wildcards;
#[cfg(feature = "rehearsal")]
use marque_control_plane::edge::operations::rehearsal::Rehearsed;
use marque_control_plane::identity::operations::tokens::{self, Maker, NewToken};
use marque_control_plane::kernel::parts::Parts;
use marque_control_plane::kernel::principal::{Principal, Reach};
use marque_control_plane::kernel::scope::ScopePattern;
use marque_control_plane::kernel::token::TokenLimits;
use marque_control_plane::operator::Operator;
use marque_control_plane::reports::operations::audit;
use marque_control_plane::{ControlPlane, StartError, keys, telemetry};
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The source of truth of Marque: tenants, domains, certificates, and the feed to the edge.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes store.key, edge.key, feed.key and feed.pub; never over one that is there.
    Keys {
        /// Where.
        directory: PathBuf,
    },
    /// Serves the API and the feed.
    Serve(SettingsFile),
    /// Brings the database up to date, says what it did, and ends. `serve` does so by itself only on SQLite.
    Migrate(SettingsFile),
    /// Looks at the settings and the key files, and ends.
    Check(SettingsFile),
    /// What needs access to this machine rather than a token.
    #[command(subcommand)]
    Admin(Admin),
    /// What an operator does, through the API.
    Operator(Operator),
    /// Tells the feed what a later version may tell.
    #[cfg(feature = "rehearsal")]
    Rehearse {
        #[command(flatten)]
        file: SettingsFile,
        /// What.
        what: Rehearsed,
        /// Of which tenant.
        tenant: marque_config::TenantId,
    },
}

#[derive(Debug, clap::Args)]
struct SettingsFile {
    /// The settings, TOML; without it the defaults, and what the environment says.
    #[arg(long)]
    settings: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Admin {
    /// Names the database anew after it was restored: every proxy then takes a snapshot of it. Everybody else's tokens and
    /// sessions end: what was revoked since the copy would live again.
    NewEpoch(SettingsFile),
    /// Copies the database to a new file while it is used (SQLite), and prints where its audit trail ends.
    Backup {
        #[command(flatten)]
        file: SettingsFile,
        /// The new file.
        #[arg(long)]
        to: PathBuf,
    },
    /// Puts a copy in the place of the database (SQLite). The control plane must not run.
    Restore {
        #[command(flatten)]
        file: SettingsFile,
        /// The copy.
        #[arg(long)]
        from: PathBuf,
    },
    /// Takes the key files as they are for this database's own. What was sealed with other keys is lost; after a change
    /// of the feed's key every proxy needs the new `feed.pub`.
    AcceptKeys(SettingsFile),
    /// Looks whether the audit trail is as it was written and the ledger adds up, and prints where the trail ends.
    VerifyAudit {
        #[command(flatten)]
        settings: SettingsFile,
        /// Looks at a file of `GET /v1/audit-events/export` instead, as an operator gets it: without a database.
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Looks whether what is stored holds together: amounts, licences, orders, who has what. Lists what doesn't.
    VerifyInvariants(SettingsFile),
    /// Has the certificate of all platform names issued anew, as after its key was lost or the CA was changed; the old one
    /// is served until the new one is there.
    RenewWildcard(SettingsFile),
    /// Makes an API token and prints it: it is shown this once.
    Token(TokenToMake),
}

#[derive(Debug, clap::Args)]
struct TokenToMake {
    #[command(flatten)]
    file: SettingsFile,
    /// What it is for.
    #[arg(long)]
    name: String,
    /// On whose behalf: operator, edge, partner:ptr_… or application:app_….
    #[arg(long)]
    principal: Principal,
    /// What it may do, like partners:read; partners:* for all of one resource, *:read for one verb of all. May be given
    /// more than once.
    #[arg(long = "scope", required_unless_present = "all", conflicts_with = "all")]
    scopes: Vec<ScopePattern>,
    /// Everything that the principal may do through the API. An operator's token doesn't follow the feed.
    #[arg(long)]
    all: bool,
    /// For how long, like 90d; for ever when not given.
    #[arg(long)]
    expires: Option<humantime::Duration>,
    /// How many requests it may send in a minute; what the settings say when not given.
    #[arg(long)]
    requests_per_minute: Option<NonZeroU32>,
    /// The only proxy that may use it, for a token with `edge:sync`; the first one that does when not given.
    #[arg(long)]
    proxy: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Pinned before anything speaks TLS: other crates in the build bring another provider along.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match run(arguments.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("marque-control-plane: {error:#}");
            if is_about_settings(&error) { ExitCode::from(EXIT_BAD_SETTINGS) } else { ExitCode::FAILURE }
        }
    }
}

fn is_about_settings(error: &anyhow::Error) -> bool {
    error.is::<marque_config::settings::SettingsError>()
        || error.is::<telemetry::FilterError>()
        || error.downcast_ref().is_some_and(keys::KeyError::is_about_settings)
        || error.downcast_ref().is_some_and(StartError::is_about_settings)
        || error.downcast_ref().is_some_and(keys::proof::ProofError::is_about_settings)
        || error
            .downcast_ref()
            .is_some_and(|error| matches!(error, marque_control_plane::database::StoreError::Settings { .. }))
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Keys { directory } => Ok(keys::make(&directory, &*Parts::real().random)?),
        Command::Serve(file) => serve(read(&file)?).await,
        Command::Migrate(file) => {
            let settings = read(&file)?;
            let store = Store::reach(&settings.database, Parts::real(), true).await?;
            let applied = store.migrate().await?;
            store.close().await;
            println!("{}", migrated(&applied));
            Ok(())
        }
        Command::Check(file) => {
            let settings = read(&file)?;
            telemetry::filter(&settings.log)?;
            keys::Keys::read(&settings)?;
            Ok(())
        }
        Command::Operator(operator) => {
            println!("{:#}", operator.run().await?);
            Ok(())
        }
        Command::Admin(command) => admin(command).await,
        #[cfg(feature = "rehearsal")]
        Command::Rehearse { file, what, tenant } => {
            let store = Store::open(&read(&file)?.database, Parts::real()).await?;
            marque_control_plane::edge::operations::rehearsal::rehearse(&store, what, tenant).await?;
            store.close().await;
            Ok(())
        }
    }
}

async fn admin(command: Admin) -> anyhow::Result<()> {
    match command {
        Admin::Backup { file, to } => {
            say(&backup::back_up(&read(&file)?.database, &to).await?);
            Ok(())
        }
        Admin::Restore { file, from } => {
            say(&backup::restore(&read(&file)?.database, &from, Parts::real()).await?);
            Ok(())
        }
        Admin::VerifyAudit { file: Some(file), .. } => verify_file(&file),
        Admin::VerifyAudit { settings, file: None } => {
            let store = Store::connect(&read(&settings)?.database, Parts::real()).await?;
            say(&backup::verify(&store).await?);
            store.close().await;
            Ok(())
        }
        Admin::VerifyInvariants(file) => {
            let store = Store::connect(&read(&file)?.database, Parts::real()).await?;
            let broken = store.broken().await?;
            store.close().await;
            broken.iter().for_each(|broken| println!("{broken}"));
            anyhow::ensure!(broken.is_empty(), "{} invariants are broken", broken.len());
            Ok(())
        }
        Admin::NewEpoch(file) => {
            let store = Store::connect(&read(&file)?.database, Parts::real()).await?;
            let reach = Reach::command("admin new-epoch");
            store.revive_nobody(reach.actor()).await?;
            store.new_epoch(reach.actor()).await?;
            store.close().await;
            Ok(())
        }
        Admin::AcceptKeys(file) => accept_keys(&read(&file)?).await,
        Admin::RenewWildcard(file) => renew_wildcard(&read(&file)?).await,
        Admin::Token(asked) => {
            let store = Store::connect(&read(&asked.file)?.database, Parts::real()).await?;
            token(&store, asked).await?;
            store.close().await;
            Ok(())
        }
    }
}

async fn accept_keys(settings: &ControlPlaneSettings) -> anyhow::Result<()> {
    let keys = keys::Keys::read(settings)?;
    let store = Store::connect(&settings.database, Parts::real()).await?;
    let changed = keys.accept(&store, Reach::command("admin accept-keys").actor()).await?;
    store.close().await;
    println!("{}", if changed.is_empty() { "nothing to do".into() } else { changed.join(" ") });
    Ok(())
}

async fn renew_wildcard(settings: &ControlPlaneSettings) -> anyhow::Result<()> {
    let store = Store::connect(&settings.database, Parts::real()).await?;
    let reach = Reach::command("admin renew-wildcard");
    let zones = wildcards::renew(&store, &reach).await?;
    store.close().await;
    println!("{zones} to renew");
    Ok(())
}

fn migrated(applied: &[i64]) -> String {
    let numbers: Vec<_> = applied.iter().map(|version| format!("{version:04}")).collect();
    match numbers.is_empty() {
        true => "nothing to do: the database is up to date".to_owned(),
        false => format!("applied {}", numbers.join(" ")),
    }
}

fn verify_file(path: &Path) -> anyhow::Result<()> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let end = audit::verify_file(BufReader::new(file))?;
    say(&Copied { events: end.events, head: end.hash });
    Ok(())
}

fn say(copied: &Copied) {
    println!("{} events, the last one {}:{}", copied.events, copied.events, copied.head);
}

fn read(file: &SettingsFile) -> anyhow::Result<ControlPlaneSettings> {
    let text = file.settings.as_deref().map(contents).transpose()?.unwrap_or_default();
    Ok(ControlPlaneSettings::parse(&text, std::env::vars())?)
}

fn contents(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

async fn serve(settings: ControlPlaneSettings) -> anyhow::Result<()> {
    let log = telemetry::start(&settings.log)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let handle = ControlPlane::start(settings, Parts::real()).await?;
    handle.report(log.losses());
    tokio::select! {
        _ = terminate.recv() => (),
        _ = interrupt.recv() => (),
    }
    tracing::info!("shutting down");
    handle.shutdown().await;
    Ok(())
}

async fn token(store: &Store, asked: TokenToMake) -> anyhow::Result<()> {
    let TokenToMake { name, principal, scopes, all, expires, requests_per_minute, proxy, .. } = asked;
    let scopes = if all { principal.everything() } else { principal.matching(&scopes) };
    let expires_ms = expires.map(|span| store.now_ms() + i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 2));
    let reach = Reach::command("admin token");
    let mut write = store.begin(reach.actor(), store.now_ms()).await?;
    let new = NewToken { name, principal, scopes, expires_ms };
    let limits = TokenLimits { requests_per_minute, proxy, ..TokenLimits::default() };
    let (_, text) = tokens::create_limited(&mut write, &reach, Maker::Machine, new, limits).await?;
    write.commit().await?;
    println!("{}", text.reveal());
    Ok(())
}
