//! Sets what proves a zone's names at a DNS server of the operator's own: DNS UPDATE (RFC 2136), signed (TSIG, RFC 8945), by TCP.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hickory_proto::ProtoError;
use hickory_proto::op::update_message::{self, UpdateMessage};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::TXT;
use hickory_proto::rr::rdata::tsig::TsigAlgorithm as Algorithm;
use hickory_proto::rr::{Name, RData, Record, RecordType, TSigner};
use hickory_proto::serialize::binary::BinEncodable;
use marque_config::Hostname;
use marque_config::certificate::DNS_01;
use marque_config::settings::{TsigAlgorithm, UpdateSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::domains::acme::failure::Failure;
use crate::keys::{KeyError, secret};

/// A DNS server that takes our updates.
pub struct Updater {
    server: SocketAddr,
    zone: Name,
    signer: TSigner,
    deadline: Duration,
}

/// Why an updater can't be made.
#[derive(Debug, thiserror::Error)]
pub enum UpdaterError {
    /// The key file can't be used.
    #[error(transparent)]
    File(#[from] KeyError),
    /// It holds no key.
    #[error("{KEY_FILE}: holds no key of {LEAST} bytes or more, in base64")]
    Key,
    /// A name that DNS can't carry.
    #[error("names.update: a name can't be used")]
    Name(#[from] ProtoError),
}

/// Why an update wasn't made.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The server isn't reached, or takes too long.
    #[error("the DNS server doesn't answer")]
    Away(#[source] io::Error),
    /// It refuses.
    #[error("the DNS server answers {0}")]
    Refused(ResponseCode),
    /// What it answers isn't DNS, or isn't signed by our key.
    #[error("the DNS server's answer can't be trusted")]
    Untrusted(#[from] ProtoError),
}

impl UpdateError {
    /// Why there is no certificate then.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::Away(_) => Failure::Dns,
            Self::Refused(_) | Self::Untrusted(_) => Failure::UpdateRefused,
        }
    }
}

const KEY_FILE: &str = "names.update.key_file";
/// A key is at least half as long as what it signs by (RFC 8945 section 8).
const LEAST: usize = 16;
/// How far the clocks may be apart, in seconds (RFC 8945 section 10).
const FUDGE: u16 = 300;
/// A proof is looked for once, and is gone soon after.
const TTL: u32 = 1;

impl Updater {
    /// Reads the key that the settings name.
    ///
    /// # Errors
    /// [`UpdaterError`].
    pub fn open(settings: &UpdateSettings, deadline: Duration) -> Result<Self, UpdaterError> {
        let text = secret(KEY_FILE, &settings.key_file)?;
        let key = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| UpdaterError::Key)?);
        if key.len() < LEAST {
            return Err(UpdaterError::Key);
        }
        let algorithm = match settings.algorithm {
            TsigAlgorithm::Sha256 => Algorithm::HmacSha256,
            TsigAlgorithm::Sha384 => Algorithm::HmacSha384,
            TsigAlgorithm::Sha512 => Algorithm::HmacSha512,
        };
        let name = absolute(settings.key_name.as_str())?;
        let signer = TSigner::new(key.to_vec(), algorithm, name, FUDGE).map_err(|_| UpdaterError::Key)?;
        Ok(Self { server: settings.server, zone: absolute(settings.zone.as_str())?, signer, deadline })
    }

    /// Makes these texts what proves the names of a zone, in place of all that did; none: nothing does.
    ///
    /// # Errors
    /// [`UpdateError`].
    pub async fn set(&self, proved: &Hostname, texts: &[String], now_ms: i64) -> Result<(), UpdateError> {
        let mut message = self.message(proved, texts)?;
        let now_s = u64::try_from(now_ms.div_euclid(1_000)).unwrap_or_default();
        let verifier = message.finalize(&self.signer, now_s)?;
        let exchanged = timeout(self.deadline, self.exchange(&message.to_bytes()?)).await;
        let answer = exchanged.map_err(|_| UpdateError::Away(io::ErrorKind::TimedOut.into()))??;
        let code = Message::from_vec(&answer).map_err(ProtoError::from)?.response_code;
        if code != ResponseCode::NoError {
            // Who refuses a key signs nothing by it: its word is taken, for nothing is done upon it.
            return Err(UpdateError::Refused(code));
        }
        if let Some(mut verifier) = verifier {
            verifier.verify(&answer)?;
        }
        Ok(())
    }

    /// All at once: the texts from before go, and these come (RFC 2136 sections 2.5.1 and 2.5.2).
    fn message(&self, proved: &Hostname, texts: &[String]) -> Result<Message, ProtoError> {
        let name = absolute(&format!("{DNS_01}.{proved}"))?;
        let before = Record::from_rdata(name.clone(), 0, RData::Update0(RecordType::TXT));
        let mut message = update_message::delete_rrset(before, self.zone.clone(), false);
        for text in texts {
            let text = RData::TXT(TXT::new(vec![text.clone()]));
            message.add_update(Record::from_rdata(name.clone(), TTL, text));
        }
        Ok(message)
    }

    /// One question and its answer, each after its length (RFC 1035 section 4.2.2).
    async fn exchange(&self, question: &[u8]) -> Result<Vec<u8>, UpdateError> {
        let exchanged: io::Result<Vec<u8>> = async {
            let mut stream = TcpStream::connect(self.server).await?;
            let length = u16::try_from(question.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
            stream.write_all(&[&length.to_be_bytes(), question].concat()).await?;
            let length = stream.read_u16().await?;
            let mut answer = vec![0; usize::from(length)];
            stream.read_exact(&mut answer).await?;
            Ok(answer)
        }
        .await;
        exchanged.map_err(UpdateError::Away)
    }
}

fn absolute(name: &str) -> Result<Name, ProtoError> {
    let mut name = Name::from_ascii(name)?;
    name.set_fqdn(true);
    Ok(name)
}

impl std::fmt::Debug for Updater {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Updater({} at {})", self.zone, self.server)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn opened(text: &str, mode: u32) -> Result<Updater, UpdaterError> {
        let directory = tempfile::tempdir().unwrap();
        let key_file = directory.path().join("update.key");
        fs::write(&key_file, text).unwrap();
        fs::set_permissions(&key_file, fs::Permissions::from_mode(mode)).unwrap();
        let (zone, key_name) = ("example.net".parse().unwrap(), "marque".parse().unwrap());
        let server = "127.0.0.1:1".parse().unwrap();
        let settings = UpdateSettings { server, zone, key_name, algorithm: TsigAlgorithm::default(), key_file };
        Updater::open(&settings, Duration::from_secs(1))
    }

    #[test]
    fn a_key_is_base64_and_long_enough_in_a_file_of_its_owner_s() {
        let long = STANDARD.encode([7; 32]);
        assert!(opened(&format!("{long}\n"), 0o600).is_ok());
        for (text, mode) in [("", 0o600), ("no base64!", 0o600), (&*STANDARD.encode([7; 15]), 0o600), (&long, 0o644)] {
            let error = opened(text, mode).unwrap_err().to_string();
            assert!(error.contains(KEY_FILE), "{error}");
        }
    }

    #[test]
    fn what_proved_the_name_before_goes_with_the_same_message() {
        let updater = opened(&STANDARD.encode([7; 32]), 0o600).unwrap();
        let message = updater.message(&"p.example.net".parse().unwrap(), &["a".into(), "b".into()]).unwrap();
        let updates: Vec<_> = message.authorities.iter().map(ToString::to_string).collect();
        assert_eq!(updates.len(), 3, "{updates:?}");
        assert!(
            updates[0].contains("ANY") && updates.iter().all(|it| it.starts_with("_acme-challenge.p.example.net."))
        );
    }

    #[tokio::test]
    async fn a_server_that_is_away_is_said_to_be() {
        let updater = opened(&STANDARD.encode([7; 32]), 0o600).unwrap();
        let set = updater.set(&"p.example.net".parse().unwrap(), &[], 0).await;
        assert!(matches!(set, Err(UpdateError::Away(_))), "{set:?}");
    }
}
