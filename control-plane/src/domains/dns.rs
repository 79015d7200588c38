//! Asks DNS where names lead. Answers are taken as the servers give them: nothing is cached, because the question is
//! what a certificate authority would see now, and special-use names are asked like any other.
//!
//! Below hickory's `Resolver` on purpose: that one answers `localhost` names by itself (RFC 6761), follows CNAMEs and
//! keeps negative answers for a time.

pub mod caa;
pub mod doctor;
pub mod reason;
pub mod update;

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ProtocolConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsHandle, RetryDnsHandle};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{DnsRequestOptions, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig, system_conf};
use marque_config::settings::DnsSettings;

/// Asks one question at a time, each with a deadline.
pub struct Resolver {
    servers: RetryDnsHandle<NameServerPool<TokioRuntimeProvider>>,
    deadline: Duration,
}

/// Why there is nobody to ask.
#[derive(Debug, thiserror::Error)]
pub enum ResolverError {
    /// The system says nothing usable about its resolvers.
    #[error("cannot read which resolvers this system uses; name them in dns.servers")]
    System(#[source] NetError),
    /// The client can't be made.
    #[error("cannot make the DNS client")]
    Client(#[source] NetError),
}

/// Why a question got no answer: nothing is known about the name then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody answered in time.
    Timeout,
    /// A server answered that it could not say (SERVFAIL, REFUSED, a bad signature and their like).
    Servfail,
}

/// What a server said about one name and type.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// Whether the name exists, with whatever types.
    pub(crate) exists: bool,
    /// The answer section.
    pub(crate) records: Vec<Record>,
}

impl Resolver {
    /// Asks the servers of the settings, or the system's when there are none.
    ///
    /// # Errors
    /// [`ResolverError`].
    pub fn new(settings: &DnsSettings) -> Result<Self, ResolverError> {
        let servers = match settings.servers.as_slice() {
            [] => system_conf::read_system_conf().map_err(ResolverError::System)?.0.name_servers,
            servers => servers.iter().copied().map(name_server).collect(),
        };
        let deadline = settings.deadline.duration();
        let mut options = ResolverOpts::default();
        options.timeout = deadline / 2;
        options.try_tcp_on_error = true;
        let context = Arc::new(PoolContext::new(options, TlsConfig::new().map_err(ResolverError::Client)?));
        let pool = NameServerPool::from_config(servers, context, TokioRuntimeProvider::default());
        Ok(Self { servers: RetryDnsHandle::new(pool, 1), deadline })
    }

    /// The target of the name's CNAME record, lower-case and without the final dot, if it has one.
    pub(crate) async fn cname(&self, name: &str) -> Result<(Reply, Option<String>), Trouble> {
        let reply = self.ask(name, RecordType::CNAME).await?;
        let owner = absolute(name)?;
        let target = reply.records.iter().find_map(|record| match &record.data {
            RData::CNAME(target) if record.name == owner => Some(plain(&target.0)),
            _ => None,
        });
        Ok((reply, target))
    }

    /// Every A and AAAA record of the name, and whether the name exists.
    pub(crate) async fn addresses(&self, name: &str) -> Result<(bool, Vec<IpAddr>), Trouble> {
        let (v4, v6) = futures_util::try_join!(self.ask(name, RecordType::A), self.ask(name, RecordType::AAAA))?;
        let exists = v4.exists || v6.exists;
        let addresses: HashSet<IpAddr> =
            v4.records.iter().chain(&v6.records).filter_map(|record| record.data.ip_addr()).collect();
        let mut addresses: Vec<IpAddr> = addresses.into_iter().collect();
        addresses.sort_unstable();
        Ok((exists, addresses))
    }

    /// The texts at the name, each joined from its strings.
    pub(crate) async fn texts(&self, name: &str) -> Result<Vec<String>, Trouble> {
        let reply = self.ask(name, RecordType::TXT).await?;
        let texts = reply.records.iter().filter_map(|record| match &record.data {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        });
        Ok(texts.collect())
    }

    /// Whether name servers are delegated at the name itself, so that a CNAME record can't stand there. When that
    /// can't be found out it's taken for no: the question only serves a better explanation.
    pub(crate) async fn is_apex(&self, name: &str) -> bool {
        let (Ok(reply), Ok(owner)) = (self.ask(name, RecordType::NS).await, absolute(name)) else { return false };
        reply.records.iter().any(|record| record.record_type() == RecordType::NS && record.name == owner)
    }

    pub(crate) async fn ask(&self, name: &str, kind: RecordType) -> Result<Reply, Trouble> {
        let mut options = DnsRequestOptions::default();
        options.use_edns = true;
        let mut answers = self.servers.lookup(Query::query(absolute(name)?, kind), options);
        match tokio::time::timeout(self.deadline, answers.next()).await {
            Err(_) | Ok(None) => Err(Trouble::Timeout),
            Ok(Some(Ok(message))) => {
                let message = message.into_message();
                Ok(Reply { exists: message.response_code != ResponseCode::NXDomain, records: message.answers })
            }
            Ok(Some(Err(NetError::Dns(DnsError::NoRecordsFound(none))))) => {
                Ok(Reply { exists: none.response_code != ResponseCode::NXDomain, records: Vec::new() })
            }
            Ok(Some(Err(NetError::Dns(_)))) => Err(Trouble::Servfail),
            Ok(Some(Err(_))) => Err(Trouble::Timeout),
        }
    }
}

fn name_server(address: SocketAddr) -> NameServerConfig {
    let connections = [ProtocolConfig::Udp, ProtocolConfig::Tcp].map(|protocol| {
        let mut connection = ConnectionConfig::new(protocol);
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.into())
}

/// A name that DNS can't carry has no answer: names of ours are checked, names met in a chain are not.
fn absolute(name: &str) -> Result<Name, Trouble> {
    let mut parsed = Name::from_ascii(name).map_err(|_| Trouble::Servfail)?;
    parsed.set_fqdn(true);
    Ok(parsed)
}

fn plain(name: &Name) -> String {
    name.to_lowercase().to_ascii().trim_end_matches('.').to_owned()
}

#[cfg(test)]
pub(crate) mod fixture;
