//! The doctor: whether a custom name leads here and belongs to who claims it; if not, exactly why, and which records
//! to create. Deciding is a pure function of what was observed; observing asks no more than the decision needs.
//!
//! Two proofs are taken: a CNAME chain through the domain's own unguessable target, or, where a CNAME can't stand,
//! addresses that are all ours beside a TXT record with the domain's token.

use std::net::IpAddr;

use marque_config::Hostname;
use serde::Serialize;

use super::reason::Reason;
use super::{Resolver, Trouble};

/// As many CNAME records as public resolvers follow.
const LONGEST_CHAIN: usize = 8;

/// What a name has to say in DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The name.
    pub host: Hostname,
    /// The domain's main name: its TXT record also proves the `www` below it.
    pub main: Hostname,
    /// The domain's own CNAME target.
    pub target: Hostname,
    /// The domain's token for TXT records.
    pub token: String,
    /// The proxies' public addresses.
    pub edge_addresses: Vec<IpAddr>,
}

/// What was seen of a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observation {
    /// What its CNAME records lead to, one after the other, the name itself left out.
    pub chain: Vec<String>,
    /// Whether the chain leads to a name that it had before.
    pub circular: bool,
    /// Whether the chain was left because of its length.
    pub too_long: bool,
    /// Whether name servers are delegated at the name itself.
    pub apex: bool,
    /// Whether the chain's last name exists.
    pub exists: bool,
    /// The addresses of the chain's last name.
    pub addresses: Vec<IpAddr>,
    /// The TXT records where the token is expected.
    pub texts: Vec<String>,
}

/// A DNS record to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wanted {
    /// `CNAME`, `A`, `AAAA` or `TXT`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Where.
    pub name: String,
    /// What it says.
    pub value: String,
}

/// Looks whether the name leads here.
///
/// # Errors
/// Why it doesn't, or that it could not be asked.
pub async fn examine(resolver: &Resolver, expectation: &Expectation) -> Result<(), Reason> {
    judge(expectation, &observe(resolver, expectation).await?)
}

/// Decides whether what was seen is what is expected.
///
/// # Errors
/// The first cause, in the order in which a person would fix them.
pub fn judge(expectation: &Expectation, seen: &Observation) -> Result<(), Reason> {
    if seen.apex && !seen.chain.is_empty() {
        return Err(Reason::ApexCname);
    }
    if seen.chain.iter().any(|name| name == expectation.target.as_str()) {
        return Ok(());
    }
    if seen.circular {
        return Err(Reason::Loop);
    }
    if seen.too_long {
        return Err(Reason::ChainTooLong);
    }
    judge_addresses(expectation, seen)?;
    if seen.texts.is_empty() {
        return Err(Reason::TxtMissing);
    }
    let proved = seen.texts.iter().any(|text| text.trim() == expectation.token);
    if proved { Ok(()) } else { Err(Reason::TxtWrong) }
}

fn judge_addresses(expectation: &Expectation, seen: &Observation) -> Result<(), Reason> {
    let foreign: Vec<IpAddr> =
        seen.addresses.iter().copied().filter(|address| !expectation.edge_addresses.contains(address)).collect();
    if !seen.addresses.is_empty() && foreign.is_empty() {
        return Ok(());
    }
    // Whoever set up a CNAME thinks of its target, not of the addresses behind it.
    if let Some(found) = seen.chain.last() {
        return Err(Reason::WrongTarget { found: found.clone() });
    }
    if !seen.exists {
        return Err(Reason::Nxdomain);
    }
    if seen.addresses.is_empty() {
        return Err(Reason::NoRecord);
    }
    let some_are_ours = foreign.len() < seen.addresses.len();
    if some_are_ours && foreign.iter().all(IpAddr::is_ipv6) {
        return Err(Reason::StrayIpv6 { found: foreign });
    }
    Err(Reason::ForeignAddress { found: foreign })
}

/// Asks what [`judge`] needs to know.
async fn observe(resolver: &Resolver, expectation: &Expectation) -> Result<Observation, Trouble> {
    let host = expectation.host.as_str();
    let mut seen = walk(resolver, expectation).await?;
    if !seen.chain.is_empty() {
        seen.apex = resolver.is_apex(host).await;
    }
    let reached = seen.chain.iter().any(|name| name == expectation.target.as_str());
    if reached || seen.circular || seen.too_long {
        return Ok(seen);
    }
    let end = seen.chain.last().map_or(host, String::as_str);
    let (exists, addresses) = resolver.addresses(end).await?;
    (seen.exists, seen.addresses) = (exists, addresses);
    if judge_addresses(expectation, &seen).is_ok() {
        seen.texts = texts(resolver, expectation).await?;
    }
    Ok(seen)
}

/// Follows the CNAME records until the target, the end, or a reason to stop.
async fn walk(resolver: &Resolver, expectation: &Expectation) -> Result<Observation, Trouble> {
    let mut seen = Observation { exists: true, ..Observation::default() };
    let mut at = expectation.host.to_string();
    while at != expectation.target.as_str() {
        let (_, Some(next)) = resolver.cname(&at).await? else { break };
        seen.circular = next == expectation.host.as_str() || seen.chain.contains(&next);
        seen.chain.push(next.clone());
        seen.too_long = seen.chain.len() > LONGEST_CHAIN;
        if seen.circular || seen.too_long {
            break;
        }
        at = next;
    }
    Ok(seen)
}

async fn texts(resolver: &Resolver, expectation: &Expectation) -> Result<Vec<String>, Trouble> {
    let mut texts = resolver.texts(&token_name(&expectation.host)).await?;
    if expectation.main != expectation.host && !texts.contains(&expectation.token) {
        texts.extend(resolver.texts(&token_name(&expectation.main)).await?);
    }
    Ok(texts)
}

fn token_name(host: &Hostname) -> String {
    format!("_marque.{host}")
}

impl Expectation {
    /// The records to create: the CNAME, or what stands for it where a CNAME isn't allowed.
    #[must_use]
    pub fn records(&self, reason: Option<&Reason>) -> Vec<Wanted> {
        // Without a list of public suffixes two labels are taken for an apex; the doctor knows better later.
        let looks_like_apex = self.host.label_count() <= 2 && !self.host.is_special_use();
        let by_address = looks_like_apex || reason.is_some_and(Reason::is_about_addresses);
        if !by_address || self.edge_addresses.is_empty() {
            return vec![Wanted { kind: "CNAME", name: self.host.to_string(), value: self.target.to_string() }];
        }
        let address = |address: &IpAddr| Wanted {
            kind: if address.is_ipv4() { "A" } else { "AAAA" },
            name: self.host.to_string(),
            value: address.to_string(),
        };
        let token = Wanted { kind: "TXT", name: token_name(&self.main), value: self.token.clone() };
        self.edge_addresses.iter().map(address).chain([token]).collect()
    }
}

#[cfg(test)]
mod tests;
