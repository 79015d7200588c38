//! A certificate that a partner uploads: whether browsers would take it, before anybody's visitors find out.
//!
//! Refuses what can't be served, each with a code of its own and what was found; puts in order and trims what only needs
//! that. What is odd and works is taken, and said ([`Note`]).

mod chain;
mod key;
mod leaf;
mod pem;
#[cfg(test)]
mod tests;

use rustls::pki_types::{CertificateDer, TrustAnchor};
use x509_parser::prelude::X509Certificate;
use zeroize::Zeroizing;

use crate::domains::acme::certificate::Checked;
use crate::kernel::fault::FieldFault;
use crate::kernel::language::Sentence;
use pem::Block;

/// A chain and its private key as they came, both PEM.
pub struct Upload {
    /// The chain.
    pub chain: Zeroizing<String>,
    /// The private key.
    pub key: Zeroizing<String>,
}

/// What can be served.
#[derive(Debug)]
pub struct Judged {
    /// The chain, the server's certificate first, without its root.
    pub checked: Checked,
    /// The private key, PKCS#8 DER.
    pub key: Zeroizing<Vec<u8>>,
    /// Whether no public authority vouches for the chain.
    pub is_private: bool,
}

/// What is odd about an uploaded certificate, and not wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// No public authority vouches for it.
    PrivateAuthority,
    /// It isn't valid yet, and is served from when it is.
    BeginsLater,
}

/// The roots that browsers trust.
pub struct Roots(Vec<TrustAnchor<'static>>);

/// A fault whose sentences never change.
struct Fixed {
    pointer: &'static str,
    code: &'static str,
    english: &'static str,
    french: &'static str,
}

const TOO_LARGE: Fixed = Fixed {
    pointer: "/chain",
    code: "chain-too-large",
    english: "The chain has more than 10 certificates, or more than 128 KiB.",
    french: "La chaîne a plus de 10 certificats, ou plus de 128 Kio.",
};
const SWAPPED: Fixed = Fixed {
    pointer: "/chain",
    code: "chain-and-key-swapped",
    english: "The chain holds a private key and the key holds certificates: exchange the two.",
    french: "La chaîne contient une clé privée et la clé contient des certificats : échangez les deux.",
};
const KEY_IN_CHAIN: Fixed = Fixed {
    pointer: "/chain",
    code: "key-in-chain",
    english: "The chain holds a private key too: send it as the key only.",
    french: "La chaîne contient aussi une clé privée : envoyez-la seulement comme clé.",
};
const PKCS7: Fixed = Fixed {
    pointer: "/chain",
    code: "chain-is-pkcs7",
    english: "The chain is a PKCS#7 file: send its certificates as PEM blocks CERTIFICATE.",
    french: "La chaîne est un fichier PKCS#7 : envoyez ses certificats en blocs PEM CERTIFICATE.",
};
const REQUEST: Fixed = Fixed {
    pointer: "/chain",
    code: "chain-is-request",
    english: "The chain is a certificate request: send what the authority answered to it.",
    french: "La chaîne est une demande de certificat : envoyez ce que l’autorité y a répondu.",
};
const UNREADABLE: Fixed = Fixed {
    pointer: "/chain",
    code: "certificate-unreadable",
    english: "A block CERTIFICATE of the chain holds no X.509 certificate.",
    french: "Un bloc CERTIFICATE de la chaîne ne contient pas de certificat X.509.",
};
const KEY_MISMATCH: Fixed = Fixed {
    pointer: "/key",
    code: "key-mismatch",
    english: "The key belongs to none of the chain's certificates.",
    french: "La clé n’est celle d’aucun certificat de la chaîne.",
};

const MOST_CERTIFICATES: usize = 10;
/// All certificates of a chain together: one line of the feed has room for them.
const MOST_BYTES: usize = 128 << 10;

/// Judges an upload at a time (milliseconds since 1970, UTC). Whether it covers a name is not looked at.
///
/// # Errors
/// The field that is wrong, and how.
pub fn judge(upload: &Upload, roots: &Roots, now_ms: i64) -> Result<Judged, FieldFault> {
    let chain = pem::blocks(&upload.chain).map_err(|fault| fault.at("/chain"))?;
    let key = pem::blocks(&upload.key).map_err(|fault| fault.at("/key"))?;
    let certificates = certificates(chain, &key)?;
    let key = key::read(key)?;
    let parsed: Vec<_> = certificates.iter().map(parse).collect::<Result<_, _>>()?;
    let own = position_of_leaf(&parsed, &key.public).ok_or(KEY_MISMATCH)?;
    let names = leaf::judge(&parsed[own], now_ms)?;
    let (not_before_ms, _) = leaf::validity(&parsed[own]);
    let path = chain::arrange(&certificates, own, roots, now_ms.max(not_before_ms))?;
    let ends = path.certificates.iter().map(|der| Ok(leaf::validity(&parse(der)?).1));
    // Visitors refuse the whole chain as soon as one of its certificates has expired.
    let not_after_ms = ends.collect::<Result<Vec<_>, FieldFault>>()?.into_iter().min().unwrap_or_default();
    let chain = path.certificates.iter().map(|certificate| certificate.to_vec()).collect();
    let checked = Checked { chain, names, not_before_ms, not_after_ms };
    Ok(Judged { checked, key: key.pkcs8, is_private: path.is_private })
}

/// The chain's certificates, each once.
fn certificates(chain: Vec<Block>, key: &[Block]) -> Result<Vec<CertificateDer<'static>>, FieldFault> {
    if chain.iter().any(Block::is_private_key) {
        let is_swapped = key.iter().any(Block::is_certificate) && !chain.iter().any(Block::is_certificate);
        return Err(if is_swapped { SWAPPED } else { KEY_IN_CHAIN }.into());
    }
    let mut certificates: Vec<CertificateDer<'static>> = Vec::new();
    for block in chain {
        match block.label.as_str() {
            _ if block.is_certificate() => {}
            "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => return Err(PKCS7.into()),
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => return Err(REQUEST.into()),
            other => return Err(other_block("/chain", "chain-other-block", other)),
        }
        let der = CertificateDer::from(block.der.to_vec());
        if !certificates.contains(&der) {
            certificates.push(der);
        }
    }
    let bytes: usize = certificates.iter().map(|certificate| certificate.len()).sum();
    if certificates.len() > MOST_CERTIFICATES || bytes > MOST_BYTES {
        return Err(TOO_LARGE.into());
    }
    Ok(certificates)
}

/// The certificate of the key; of several, as when one was renewed with its key, the one that lasts longest.
fn position_of_leaf(parsed: &[X509Certificate<'_>], public: &[u8]) -> Option<usize> {
    let own = parsed.iter().enumerate().filter(|(_, certificate)| certificate.public_key().raw == public);
    own.max_by_key(|(_, certificate)| certificate.validity().not_after.timestamp()).map(|(position, _)| position)
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, FieldFault> {
    use x509_parser::prelude::FromDer;
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(UNREADABLE.into()),
    }
}

fn other_block(pointer: &'static str, code: &'static str, label: &str) -> FieldFault {
    let english = format!("There is a block {label}, which has no place here.");
    FieldFault::new(pointer, code, Sentence::new(english, format!("Il y a un bloc {label}, qui n’a rien à faire ici.")))
}

impl From<Fixed> for FieldFault {
    fn from(fixed: Fixed) -> Self {
        Self::new(fixed.pointer, fixed.code, Sentence::fixed(fixed.english, fixed.french))
    }
}

impl Roots {
    /// The roots of Mozilla's programme.
    #[must_use]
    pub fn public() -> Self {
        Self::of(webpki_root_certs::TLS_SERVER_ROOT_CERTS)
    }

    /// These roots; what is no certificate is no root.
    #[must_use]
    pub fn of(certificates: &[CertificateDer<'_>]) -> Self {
        let anchors = certificates.iter().filter_map(|der| webpki::anchor_from_trusted_cert(der).ok());
        Self(anchors.map(|anchor| anchor.to_owned()).collect())
    }
}

impl Note {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::PrivateAuthority => "private_authority",
            Self::BeginsLater => "begins_later",
        }
    }

    /// The sentence for people.
    #[must_use]
    pub fn said(self) -> Sentence {
        match self {
            Self::PrivateAuthority => Sentence::fixed(
                "No public authority vouches for this certificate: only devices that trust its own authority connect. If a \
                 public authority issued it, a certificate of its chain is missing.",
                "Aucune autorité publique ne répond de ce certificat : seuls les appareils qui font confiance à sa propre \
                 autorité se connectent. S’il vient d’une autorité publique, il manque un certificat de sa chaîne.",
            ),
            Self::BeginsLater => Sentence::fixed(
                "The uploaded certificate is not valid yet: it is served from the moment at which it begins.",
                "Le certificat déposé n’est pas encore valide : il est servi dès le moment où il commence.",
            ),
        }
    }
}
