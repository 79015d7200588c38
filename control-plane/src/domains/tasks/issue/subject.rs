//! What a certificate is for: a name of a tenant's, or every name below a zone of ours. The steps to it are the same;
//! how the name is proved, where each step is kept and whom the certificate serves are not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use instant_acme::ChallengeType;
use marque_config::Hostname;
use marque_config::certificate::{ACME_TLS, AlpnProof, Challenge, wildcard_of};
use marque_config::feed::Record;
use marque_config::seal::{KeyRing, Sealed};
use marque_config::settings::{NameSettings, PlatformWildcard};

use super::{backoff_ms, key_context};
use crate::database::{StoreError, Whose, Write};
use crate::domains::acme::alpn;
use crate::domains::acme::certificate::Checked;
use crate::domains::acme::failure::Failure;
use crate::domains::acme::fault::Fault;
use crate::domains::acme::order::Proof;
use crate::domains::store::hostnames::{CertificateSource, CertificateState, ClaimedName};
use crate::domains::store::issuances::{LEASE_MS, Progress};
use crate::domains::store::wildcards::Wildcard;

/// What a certificate is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    /// A name.
    Name(&'a ClaimedName),
    /// Every name one label below a zone.
    Zone(&'a Wildcard, &'a NameSettings),
}

/// Why there is no certificate, and when that is tried again.
pub(super) struct Note<'a> {
    pub(super) state: CertificateState,
    pub(super) failure: Failure,
    pub(super) detail: Option<&'a str>,
    pub(super) attempts: i64,
    pub(super) next_ms: i64,
}

impl Subject<'_> {
    /// The name in the certificate.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Name(name) => name.host.to_string(),
            Self::Zone(wildcard, _) => wildcard_of(&wildcard.zone),
        }
    }

    /// The owner and the name of the private key's seal.
    pub(super) fn sealed_for(&self) -> (String, String) {
        match self {
            Self::Name(name) => (name.tenant.to_string(), name.host.to_string()),
            Self::Zone(wildcard, _) => (wildcard.zone.to_string(), wildcard_of(&wildcard.zone)),
        }
    }

    /// Whether it is a name's turn to be proved on port 443: the certificate authority did not get through on port 80. The two
    /// take turns, for who opens a port says nothing.
    pub(super) fn is_tried_on_443(&self) -> bool {
        let Self::Name(ClaimedName { certificate, .. }) = self else { return false };
        certificate.reason == Some(Failure::Connection) && certificate.attempts % 2 == 1
    }

    /// How the name is proved otherwise.
    pub(super) fn proved_by(&self) -> ChallengeType {
        match self {
            Self::Name(_) => ChallengeType::Http01,
            Self::Zone(..) => ChallengeType::Dns01,
        }
    }

    /// How often getting one failed since it last worked.
    pub(super) fn attempts(&self) -> i64 {
        match self {
            Self::Name(name) => name.certificate.attempts,
            Self::Zone(wildcard, _) => wildcard.attempts,
        }
    }

    /// How long to wait after so many failures. All platform names wait for that of a zone: never for days.
    pub(super) fn backoff_ms(&self, attempts: i64) -> i64 {
        match self {
            Self::Name(_) => backoff_ms(attempts),
            Self::Zone(..) => backoff_ms(attempts.min(2)),
        }
    }

    pub(super) fn is_covered_by(&self, checked: &Checked) -> bool {
        match self {
            Self::Name(name) => checked.covers(&name.host),
            Self::Zone(..) => checked.names.contains(&self.name()),
        }
    }

    /// Gives the proofs for a challenge to the proxies.
    pub(super) fn publish(
        &self,
        write: &mut Write,
        (kind, proofs): (&ChallengeType, Vec<Proof>),
        key: &KeyRing,
    ) -> Result<(), Fault> {
        match self {
            Self::Name(name) => {
                for proof in proofs {
                    write.feed(record(&name.host, kind, proof, (key, write.parts().bytes()))?);
                }
            }
            Self::Zone(wildcard, settings) if settings.platform_wildcard == PlatformWildcard::Dns => {
                let texts = proofs.into_iter().map(|proof| proof.text).collect();
                write.tell_zone(&wildcard.zone, &settings.name_servers, texts);
            }
            Self::Zone(..) => {}
        }
        Ok(())
    }

    /// Keeps how far it is; `false` when it is no longer `owner`'s.
    pub(super) async fn advance(&self, write: &mut Write, at: &Progress, owner: &str) -> Result<bool, StoreError> {
        match self {
            Self::Name(_) => write.advance_issuance(at, owner).await,
            Self::Zone(..) => write.advance_wildcard(at, owner).await,
        }
    }

    /// Says that somebody is still at it; `false` when it is no longer `owner`'s.
    pub(super) async fn extend(&self, write: &mut Write, at: &Progress, owner: &str) -> Result<bool, StoreError> {
        let until_ms = write.now_ms() + LEASE_MS;
        match self {
            Self::Name(_) => write.extend_lease(at.id, owner).await,
            Self::Zone(..) => write.lease_wildcard(at.id, owner, until_ms).await,
        }
    }

    /// Leaves it open for whoever comes next.
    pub(super) async fn release(&self, write: &mut Write, at: &Progress, owner: &str) -> Result<(), StoreError> {
        match self {
            Self::Name(_) => write.release_lease(at.id, owner).await,
            Self::Zone(..) => write.lease_wildcard(at.id, owner, 0).await.map(drop),
        }
    }

    /// Ends it, with the reason when it failed, and takes its proofs back; `false` when it is no longer `owner`'s.
    pub(super) async fn end(
        &self,
        write: &mut Write,
        at: &Progress,
        owner: &str,
        failed: Option<(Failure, &str)>,
    ) -> Result<bool, StoreError> {
        match self {
            Self::Name(name) => write.end_issuance((at.id, &name.host), owner, failed).await,
            Self::Zone(wildcard, settings) => {
                let ours = write.end_wildcard(at, owner).await?;
                if ours && settings.platform_wildcard == PlatformWildcard::Dns {
                    write.tell_zone(&wildcard.zone, &settings.name_servers, Vec::new());
                }
                Ok(ours)
            }
        }
    }

    /// Makes a certificate the one that is served; `false` when the name is no more.
    pub(super) async fn install(&self, write: &mut Write, checked: &Checked, key: Sealed) -> Result<bool, StoreError> {
        match self {
            Self::Name(name) => {
                let to = (&name.host, name.tenant);
                write.install_certificate(to, checked, key, CertificateSource::Acme).await
            }
            Self::Zone(wildcard, _) => write.install_wildcard(&wildcard.zone, checked, key).await.map(|()| true),
        }
    }

    pub(super) async fn note(&self, write: &mut Write, note: Note<'_>) -> Result<(), StoreError> {
        let Note { state, failure, detail, attempts, next_ms } = note;
        match self {
            Self::Name(name) => write.note_failure(&name.host, state, (failure, attempts, Some(next_ms))).await,
            Self::Zone(wildcard, _) => {
                write.note_wildcard(&wildcard.zone, (failure, detail), (attempts, Some(next_ms))).await
            }
        }
    }

    pub(super) async fn whose(&self, write: &mut Write) -> Result<Whose, StoreError> {
        match self {
            Self::Name(name) => write.whose(name.tenant).await,
            Self::Zone(..) => Ok(Whose::VENDOR),
        }
    }
}

/// What the proxies are told of a proof.
fn record(
    host: &Hostname,
    kind: &ChallengeType,
    proof: Proof,
    (key, nonce): (&KeyRing, [u8; 12]),
) -> Result<Record, Fault> {
    let Proof { token, key_authorization, digest, .. } = proof;
    if *kind != ChallengeType::TlsAlpn01 {
        return Ok(Record::Challenge(Challenge { host: host.clone(), token, key_authorization }));
    }
    let made = alpn::prove(host, &digest).map_err(|error| Fault::Secret(error.into()))?;
    let sealed = key.seal(key_context(ACME_TLS, host.as_str()), &nonce, &made.key);
    let key = sealed.map_err(|error| Fault::Secret(error.into()))?;
    Ok(Record::AlpnProof(AlpnProof { host: host.clone(), certificate: STANDARD.encode(made.certificate), key }))
}
