//! Why a name is not seen to lead here: one code, and one sentence in each language, for every cause.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Trouble;

/// Why a name is not seen to lead here, or no certificate may be asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// The name does not exist.
    Nxdomain,
    /// The name exists and has neither a CNAME nor an address.
    NoRecord,
    /// The name is a CNAME of something else.
    WrongTarget {
        /// What it leads to.
        found: String,
    },
    /// The name has addresses that aren't ours.
    ForeignAddress {
        /// Which.
        found: Vec<IpAddr>,
    },
    /// The IPv4 addresses are ours, but there are IPv6 addresses that aren't.
    StrayIpv6 {
        /// Which.
        found: Vec<IpAddr>,
    },
    /// The addresses are ours, and no TXT record says whose the name is.
    TxtMissing,
    /// The addresses are ours, and the TXT record says something else.
    TxtWrong,
    /// A CNAME stands at the top of a zone, where DNS does not allow one.
    ApexCname,
    /// CNAME records lead in a circle.
    Loop,
    /// More CNAME records follow one another than a certificate authority would go through.
    ChainTooLong,
    /// CAA records do not admit our certificate authority.
    CaaForbids {
        /// The name whose CAA records count.
        at: String,
        /// The value that would admit us.
        issuer: String,
    },
    /// The name's servers answer with an error.
    Servfail,
    /// The name's servers do not answer.
    Timeout,
}

impl From<Trouble> for Reason {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Timeout => Self::Timeout,
            Trouble::Servfail => Self::Servfail,
        }
    }
}

impl Reason {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nxdomain => "nxdomain",
            Self::NoRecord => "no_record",
            Self::WrongTarget { .. } => "wrong_target",
            Self::ForeignAddress { .. } => "foreign_address",
            Self::StrayIpv6 { .. } => "stray_ipv6",
            Self::TxtMissing => "txt_missing",
            Self::TxtWrong => "txt_wrong",
            Self::ApexCname => "apex_cname",
            Self::Loop => "loop",
            Self::ChainTooLong => "chain_too_long",
            Self::CaaForbids { .. } => "caa_forbids",
            Self::Servfail => "servfail",
            Self::Timeout => "timeout",
        }
    }

    /// Whether nothing is known, as opposed to known to be wrong. Such a reason never degrades a verified name.
    #[must_use]
    pub fn could_not_ask(&self) -> bool {
        matches!(self, Self::Servfail | Self::Timeout)
    }

    /// Whether the name is set up by addresses rather than by a CNAME, so that its instructions are those of an apex.
    #[must_use]
    pub fn is_about_addresses(&self) -> bool {
        matches!(self, Self::StrayIpv6 { .. } | Self::TxtMissing | Self::TxtWrong | Self::ApexCname)
    }

    /// The sentence for people, in English.
    #[must_use]
    pub fn english(&self) -> String {
        match self {
            Self::Nxdomain => "This name does not exist in DNS yet.".into(),
            Self::NoRecord => "This name has no CNAME record and no address.".into(),
            Self::WrongTarget { found } => format!("This name leads to {found} instead of its target."),
            Self::ForeignAddress { found } => {
                format!("This name has addresses that are not ours: {}.", listed(found))
            }
            Self::StrayIpv6 { found } => {
                format!("The IPv4 addresses are right, but remove these AAAA records: {}.", listed(found))
            }
            Self::TxtMissing => "The addresses are right; the TXT record that proves the name is missing.".into(),
            Self::TxtWrong => "The addresses are right; the TXT record has another value than expected.".into(),
            Self::ApexCname => {
                "A CNAME is not allowed at the top of a zone: use an ALIAS, or A and AAAA records, and the TXT record."
                    .into()
            }
            Self::Loop => "The CNAME records of this name lead in a circle.".into(),
            Self::ChainTooLong => "Too many CNAME records follow one another.".into(),
            Self::CaaForbids { at, issuer } => {
                format!("The CAA records of {at} forbid our certificate authority: add issue \"{issuer}\".")
            }
            Self::Servfail => "The DNS servers of this name answer with an error (perhaps DNSSEC).".into(),
            Self::Timeout => "The DNS servers of this name do not answer.".into(),
        }
    }

    /// The sentence for people, in French.
    #[must_use]
    pub fn french(&self) -> String {
        match self {
            Self::Nxdomain => "Ce nom n’existe pas encore dans le DNS.".into(),
            Self::NoRecord => "Ce nom n’a ni enregistrement CNAME ni adresse.".into(),
            Self::WrongTarget { found } => format!("Ce nom mène à {found} et non à sa cible."),
            Self::ForeignAddress { found } => {
                format!("Ce nom a des adresses qui ne sont pas les nôtres : {}.", listed(found))
            }
            Self::StrayIpv6 { found } => {
                format!("Les adresses IPv4 sont bonnes, mais retirez ces enregistrements AAAA : {}.", listed(found))
            }
            Self::TxtMissing => "Les adresses sont bonnes ; l’enregistrement TXT qui prouve le nom manque.".into(),
            Self::TxtWrong => "Les adresses sont bonnes ; l’enregistrement TXT a une autre valeur.".into(),
            Self::ApexCname => "Un CNAME n’est pas permis au sommet d’une zone : utilisez un ALIAS, ou des \
                                enregistrements A et AAAA, et l’enregistrement TXT."
                .into(),
            Self::Loop => "Les enregistrements CNAME de ce nom tournent en rond.".into(),
            Self::ChainTooLong => "Trop d’enregistrements CNAME se suivent.".into(),
            Self::CaaForbids { at, issuer } => format!(
                "Les enregistrements CAA de {at} interdisent notre autorité de certification : ajoutez issue \
                 \"{issuer}\"."
            ),
            Self::Servfail => "Les serveurs DNS de ce nom répondent par une erreur (DNSSEC peut-être).".into(),
            Self::Timeout => "Les serveurs DNS de ce nom ne répondent pas.".into(),
        }
    }
}

fn listed(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
