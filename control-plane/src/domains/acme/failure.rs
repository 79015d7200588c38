//! Why there is no certificate: one code, and one sentence in each language, for every cause.

use serde::{Deserialize, Serialize};

/// Why a certificate was not issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The name no longer led here when it was looked at before the order.
    NotLeadingHere,
    /// CAA records do not admit our certificate authority.
    CaaForbids,
    /// The DNS server that the proof is kept at doesn't take it.
    UpdateRefused,
    /// The zone in which the name is proved isn't delegated to the proxies, or they don't answer.
    NotDelegated,
    /// The name's DNS servers do not answer, or answer with an error.
    Dns,
    /// The certificate authority could not connect to the name on port 80.
    Connection,
    /// It connected, and got another answer than ours.
    Unauthorized,
    /// It met a broken TLS server on its way.
    Tls,
    /// Its policy does not admit this name.
    RejectedIdentifier,
    /// One of its limits is reached.
    RateLimited,
    /// It refuses for a reason of its own.
    CaRefused,
    /// It is out of order.
    CaError,
    /// It can't be reached.
    CaUnreachable,
    /// No proxy is connected that could answer its questions.
    NoLiveProxy,
    /// A connected proxy did not take the answers in time.
    ProxiesLag,
    /// The whole took too long.
    Timeout,
    /// Our own limit on orders or failed validations is reached.
    Budget,
    /// What it issued is not what was asked for.
    BadCertificate,
    /// The name was given up meanwhile.
    NameRemoved,
    /// Its owner uploaded a certificate meanwhile.
    Superseded,
    /// The certificate for every platform name serves it from now on.
    Covered,
    /// A fault of ours.
    Internal,
}

impl Failure {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotLeadingHere => "not_leading_here",
            Self::CaaForbids => "caa_forbids",
            Self::UpdateRefused => "update_refused",
            Self::NotDelegated => "not_delegated",
            Self::Dns => "dns",
            Self::Connection => "connection",
            Self::Unauthorized => "unauthorized",
            Self::Tls => "tls",
            Self::RejectedIdentifier => "rejected_identifier",
            Self::RateLimited => "rate_limited",
            Self::CaRefused => "ca_refused",
            Self::CaError => "ca_error",
            Self::CaUnreachable => "ca_unreachable",
            Self::NoLiveProxy => "no_live_proxy",
            Self::ProxiesLag => "proxies_lag",
            Self::Timeout => "timeout",
            Self::Budget => "budget",
            Self::BadCertificate => "bad_certificate",
            Self::NameRemoved => "name_removed",
            Self::Superseded => "superseded",
            Self::Covered => "covered",
            Self::Internal => "internal",
        }
    }

    /// The sentence for people, in English.
    #[must_use]
    pub fn english(self) -> &'static str {
        match self {
            Self::NotLeadingHere => "The name does not lead here any more: see its DNS records.",
            Self::CaaForbids => "The CAA records of this name forbid our certificate authority.",
            Self::UpdateRefused => "The DNS server does not take the proof: look at its key and its rules for updates.",
            Self::NotDelegated => {
                "The zone of the proof is not delegated to the proxies, or they answer no DNS questions."
            }
            Self::Dns => "The DNS servers of this name do not answer the certificate authority properly.",
            Self::Connection => "The certificate authority cannot connect to this name on port 80.",
            Self::Unauthorized => "The certificate authority got another server's answer under this name.",
            Self::Tls => "The certificate authority was redirected to a server with broken TLS.",
            Self::RejectedIdentifier => "The certificate authority does not issue for this name.",
            Self::RateLimited => "A limit of the certificate authority is reached; it is tried again later.",
            Self::CaRefused => "The certificate authority refused the order.",
            Self::CaError => "The certificate authority has a fault; it is tried again.",
            Self::CaUnreachable => "The certificate authority cannot be reached; it is tried again.",
            Self::NoLiveProxy => "No proxy is connected; the order waits for one.",
            Self::ProxiesLag => "Not every proxy has taken the proof yet; it is tried again.",
            Self::Timeout => "The certificate took too long; it is tried again.",
            Self::Budget => "Too many orders or failed attempts lately; it is tried again later.",
            Self::BadCertificate => "The certificate authority issued something else than was asked for.",
            Self::NameRemoved => "The name was removed.",
            Self::Superseded => "A certificate was uploaded instead.",
            Self::Covered => "The certificate for every platform name serves this one.",
            Self::Internal => "A fault of ours; it is tried again.",
        }
    }

    /// The sentence for people, in French.
    #[must_use]
    pub fn french(self) -> &'static str {
        match self {
            Self::NotLeadingHere => "Le nom ne mène plus ici : voyez ses enregistrements DNS.",
            Self::CaaForbids => "Les enregistrements CAA de ce nom interdisent notre autorité de certification.",
            Self::UpdateRefused => "Le serveur DNS ne prend pas la preuve : voyez sa clé et ses règles de mise à jour.",
            Self::NotDelegated => "La zone de la preuve n’est pas déléguée aux proxys, ou ils ne répondent pas en DNS.",
            Self::Dns => "Les serveurs DNS de ce nom ne répondent pas bien à l’autorité de certification.",
            Self::Connection => "L’autorité de certification ne joint pas ce nom sur le port 80.",
            Self::Unauthorized => "L’autorité de certification a reçu, sous ce nom, la réponse d’un autre serveur.",
            Self::Tls => "L’autorité de certification a été renvoyée vers un serveur dont le TLS est défectueux.",
            Self::RejectedIdentifier => "L’autorité de certification n’émet pas pour ce nom.",
            Self::RateLimited => "Une limite de l’autorité de certification est atteinte ; nouvel essai plus tard.",
            Self::CaRefused => "L’autorité de certification a refusé la commande.",
            Self::CaError => "L’autorité de certification est en panne ; nouvel essai prévu.",
            Self::CaUnreachable => "L’autorité de certification est injoignable ; nouvel essai prévu.",
            Self::NoLiveProxy => "Aucun proxy n’est connecté ; la commande en attend un.",
            Self::ProxiesLag => "Tous les proxys n’ont pas encore la preuve ; nouvel essai prévu.",
            Self::Timeout => "Le certificat a trop tardé ; nouvel essai prévu.",
            Self::Budget => "Trop de commandes ou d’échecs récents ; nouvel essai plus tard.",
            Self::BadCertificate => "L’autorité de certification a émis autre chose que ce qui était demandé.",
            Self::NameRemoved => "Le nom a été retiré.",
            Self::Superseded => "Un certificat a été déposé à la place.",
            Self::Covered => "Le certificat de tous les noms de la plateforme sert celui-ci.",
            Self::Internal => "Une panne chez nous ; nouvel essai prévu.",
        }
    }

    /// What a problem document of the certificate authority stands for (RFC 8555 section 6.7).
    #[must_use]
    pub fn of_problem(kind: &str, status: Option<u16>) -> Self {
        match kind.strip_prefix("urn:ietf:params:acme:error:").unwrap_or_default() {
            "caa" => Self::CaaForbids,
            "dns" => Self::Dns,
            "connection" => Self::Connection,
            "unauthorized" | "incorrectResponse" => Self::Unauthorized,
            "tls" => Self::Tls,
            "rejectedIdentifier" | "unsupportedIdentifier" => Self::RejectedIdentifier,
            "rateLimited" => Self::RateLimited,
            "serverInternal" => Self::CaError,
            _ if status.is_some_and(|status| status >= 500) => Self::CaError,
            _ => Self::CaRefused,
        }
    }
}
