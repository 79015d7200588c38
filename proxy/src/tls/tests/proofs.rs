//! What a certificate authority sees that proves a name on port 443.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use marque_config::certificate::AlpnProof;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::UnixTime;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::*;

/// Looks for this certificate and no other. No library for visitors takes one with the extension of a proof.
#[derive(Debug)]
struct Exactly(CertificateDer<'static>);

impl ServerCertVerifier for Exactly {
    fn verify_server_cert(
        &self,
        seen: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let other = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        if *seen == self.0 { Ok(ServerCertVerified::assertion()) } else { Err(other) }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

/// A proof of A's, with the extension that only such a certificate has, and its DER.
fn proof() -> (Record, Vec<u8>) {
    let made = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new([A.to_owned()]).unwrap();
    params.custom_extensions = vec![rcgen::CustomExtension::new_acme_identifier(&[7; 32])];
    let der = params.self_signed(&made).unwrap().der().to_vec();
    let context = Context { purpose: Purpose::CertificateKey, owner: ACME_TLS, name: A };
    let key = edge_key().seal(context, &[0; 12], &made.serialize_der()).unwrap();
    (Record::AlpnProof(AlpnProof { host: A.parse().unwrap(), certificate: STANDARD.encode(&der), key }), der)
}

/// RFC 8737 section 3.
#[tokio::test]
async fn a_certificate_authority_sees_the_proof_and_nothing_else() {
    let bench = Bench::new();
    let (record, der) = proof();
    bench.directory.apply(Batch { revision: Revision(2), is_snapshot: false, changes: vec![change(&record)] });
    let mut config = bench.client();
    config.dangerous().set_certificate_verifier(Arc::new(Exactly(der.into())));
    config.alpn_protocols = vec![ACME_TLS.as_bytes().to_vec()];
    let (client, server) = bench.connect(&Arc::new(config.clone()), A).await;
    let mut client = client.unwrap();
    assert_eq!(client.get_ref().1.alpn_protocol(), Some(ACME_TLS.as_bytes()));
    assert!(server.is_none(), "nobody is served by it");
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    assert!(bench.counted("proxy_handshakes_total{outcome=\"acme_tls\"} 1"));
    // Who offers more is a visitor, and gets the name's own certificate: no session leads from one to the other.
    config.alpn_protocols.push(b"h2".to_vec());
    let seen = bench.connect(&Arc::new(config), A).await.0.unwrap_err();
    let seen = seen.get_ref().and_then(|it| it.downcast_ref());
    assert!(matches!(seen, Some(rustls::Error::InvalidCertificate(_))), "{seen:?}");
}

#[tokio::test]
async fn where_nothing_is_proved_the_protocol_is_refused() {
    for proved in [true, false] {
        let bench = Bench::new();
        if proved {
            let key = proof().0.key();
            let changes = vec![change(&proof().0), Change::Delete(key.into())];
            bench.directory.apply(Batch { revision: Revision(2), is_snapshot: false, changes });
        }
        let mut config = bench.client();
        config.alpn_protocols = vec![ACME_TLS.as_bytes().to_vec()];
        let (client, server) = bench.connect(&Arc::new(config), A).await;
        assert!(server.is_none());
        assert_eq!(alert(client), AlertDescription::NoApplicationProtocol);
    }
}
