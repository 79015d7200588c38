//! Certification Authority Authorization (RFC 8659): whether the certificate authority may issue for a name.
//!
//! A CA that finds itself forbidden refuses the order, and the refusal costs a failed validation: so we look first.
//! Where the CA's own name in CAA records isn't known, nothing is checked.

use hickory_resolver::proto::rr::{RData, RecordType, rdata::CAA};
use marque_config::Hostname;
use marque_config::settings::AcmeSettings;

use super::reason::Reason;
use super::{Resolver, Trouble};

/// The names by which a certificate authority is admitted in CAA records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuers(Vec<String>);

/// What a certificate is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A name, proved by `http-01`.
    Name,
    /// Every name one label below a name, proved by `dns-01`.
    Wildcard,
}

impl Asked {
    fn method(self) -> &'static str {
        match self {
            Self::Name => "http-01",
            Self::Wildcard => "dns-01",
        }
    }
}

/// The certificate authorities whose names are known from their directory's host.
const KNOWN: [(&str, &[&str]); 5] = [
    ("letsencrypt.org", &["letsencrypt.org"]),
    ("pki.goog", &["pki.goog"]),
    ("zerossl.com", &["sectigo.com", "trust-provider.com", "usertrust.com", "comodoca.com", "comodo.com"]),
    ("ssl.com", &["ssl.com"]),
    ("buypass.com", &["buypass.com", "buypass.no"]),
];

impl Issuers {
    /// The names in the settings, else those that are known for the directory; none when there are neither.
    #[must_use]
    pub fn of(settings: &AcmeSettings) -> Option<Self> {
        if !settings.issuer_names.is_empty() {
            return Some(Self(settings.issuer_names.iter().map(|name| name.to_ascii_lowercase()).collect()));
        }
        let rest = settings.directory.as_deref()?.strip_prefix("https://")?;
        let host: Hostname = rest.split(['/', ':']).next()?.parse().ok()?;
        let (_, names) = KNOWN.iter().find(|(zone, _)| host.is_within(zone))?;
        Some(Self(names.iter().map(|&name| name.to_owned()).collect()))
    }

    /// Whether a set of CAA records admits the CA for what is asked of it.
    fn admitted_by(&self, records: &[CAA], asked: Asked) -> bool {
        let unknown =
            |record: &&CAA| !matches!(record.tag.to_ascii_lowercase().as_str(), "issue" | "issuewild" | "iodef");
        if records.iter().filter(unknown).any(|record| record.issuer_critical) {
            return false;
        }
        // For a wildcard `issuewild` counts instead of `issue`, where there is any (RFC 8659 section 4.3).
        let tagged = |tag| records.iter().filter(move |record| record.tag.eq_ignore_ascii_case(tag));
        let is_wild = asked == Asked::Wildcard && tagged("issuewild").next().is_some();
        let mut issue = tagged(if is_wild { "issuewild" } else { "issue" }).peekable();
        issue.peek().is_none() || issue.any(|record| self.admitted_by_value(&record.value, asked))
    }

    fn admitted_by_value(&self, value: &[u8], asked: Asked) -> bool {
        let value = String::from_utf8_lossy(value);
        let mut parts = value.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        self.0.contains(&name)
            && parts.filter_map(|part| part.split_once('=')).all(|(tag, value)| admits_us(tag, value, asked))
    }
}

/// RFC 8657. Which account is admitted (`accounturi`) is left to the CA: the account may not exist yet.
fn admits_us(tag: &str, value: &str, asked: Asked) -> bool {
    let is_method = |method: &str| method.trim() == asked.method();
    !tag.trim().eq_ignore_ascii_case("validationmethods") || value.split(',').any(is_method)
}

/// Looks whether CAA records keep the certificate authority from issuing for the name.
///
/// # Errors
/// [`Reason::CaaForbids`], or that it could not be asked: a CA refuses then, too.
pub async fn check(resolver: &Resolver, host: &Hostname, issuers: &Issuers) -> Result<(), Reason> {
    check_for(resolver, host, issuers, Asked::Name).await
}

/// As [`check`], for what is asked of the CA: the name, or every name below it.
///
/// # Errors
/// As [`check`].
pub async fn check_for(resolver: &Resolver, host: &Hostname, issuers: &Issuers, asked: Asked) -> Result<(), Reason> {
    let Some((at, records)) = relevant(resolver, host).await? else { return Ok(()) };
    if issuers.admitted_by(&records, asked) {
        return Ok(());
    }
    let issuer = issuers.0.first().cloned().unwrap_or_default();
    Err(Reason::CaaForbids { at: at.to_string(), issuer })
}

/// The CAA records of the name or of its nearest ancestor that has any (RFC 8659 section 3).
async fn relevant(resolver: &Resolver, host: &Hostname) -> Result<Option<(Hostname, Vec<CAA>)>, Trouble> {
    let mut at = Some(host.clone());
    while let Some(name) = at {
        let reply = resolver.ask(name.as_str(), RecordType::CAA).await?;
        let records: Vec<CAA> = reply
            .records
            .into_iter()
            .filter_map(|record| match record.data {
                RData::CAA(caa) => Some(caa),
                _ => None,
            })
            .collect();
        if !records.is_empty() {
            return Ok(Some((name, records)));
        }
        at = name.parent();
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domains::dns::fixture::caa;

    fn admitted(records: &[CAA]) -> bool {
        admitted_for(records, Asked::Name)
    }

    fn admitted_for(records: &[CAA], asked: Asked) -> bool {
        Issuers(vec!["ca.example".into()]).admitted_by(records, asked)
    }

    #[test]
    fn for_a_wildcard_what_speaks_of_wildcards_counts_alone() {
        let wild = |records: &[CAA]| admitted_for(records, Asked::Wildcard);
        let (ours, nobody) = ("ca.example; validationmethods=dns-01", ";");
        assert!(wild(&[]) && wild(&[caa(false, "issue", ours)]) && !wild(&[caa(false, "issue", nobody)]));
        assert!(!wild(&[caa(false, "issue", ours), caa(false, "IssueWild", nobody)]));
        assert!(wild(&[caa(false, "issue", nobody), caa(false, "issuewild", ours)]));
        assert!(!wild(&[caa(false, "issue", "ca.example; validationmethods=http-01")]));
    }

    #[test]
    fn only_records_that_speak_of_issuing_forbid_it() {
        assert!(admitted(&[]));
        assert!(admitted(&[caa(false, "iodef", "mailto:a@b.example")]));
        assert!(admitted(&[caa(false, "issuewild", ";")]));
        assert!(admitted(&[caa(false, "issuemail", ";")]));
        assert!(!admitted(&[caa(true, "unheard", "of")]));
        assert!(!admitted(&[caa(false, "issue", ";")]));
        assert!(!admitted(&[caa(false, "issue", "other.example")]));
    }

    #[test]
    fn one_record_that_admits_us_is_enough() {
        assert!(admitted(&[caa(false, "issue", "other.example"), caa(false, "Issue", " CA.example ")]));
        assert!(admitted(&[caa(false, "issue", "ca.example; accounturi=https://ca.example/1")]));
        assert!(admitted(&[caa(false, "issue", "ca.example; validationmethods=dns-01,http-01")]));
        assert!(!admitted(&[caa(false, "issue", "ca.example; validationmethods=dns-01")]));
    }

    #[test]
    fn a_known_directory_tells_its_names_and_an_unknown_one_does_not() {
        let of = |directory: &str| {
            Issuers::of(&AcmeSettings { directory: Some(directory.into()), ..AcmeSettings::default() })
        };
        assert_eq!(of("https://acme-v02.api.letsencrypt.org/directory"), Some(Issuers(vec!["letsencrypt.org".into()])));
        assert_eq!(of("https://notletsencrypt.org/directory"), None);
        assert_eq!(of("https://127.0.0.1:14000/dir"), None);
    }
}
