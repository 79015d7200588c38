//! The steps of one order, each a request or two. An [`Order`] is taken up from its address at any time: what is to
//! be done next is told by its state at the certificate authority, not by what we remember.

use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, ChallengeStatus, ChallengeType, Identifier, NewOrder, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};

use super::failure::Failure;
use super::fault::Fault;

/// One order at the certificate authority.
pub struct Order(instant_acme::Order);

/// What proves the name of an authorization that is still open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Where `http-01` looks for it.
    pub token: String,
    /// What it finds there.
    pub key_authorization: String,
    /// What `dns-01` finds in a TXT record.
    pub text: String,
    /// What `tls-alpn-01` finds in a certificate: the SHA-256 of the key authorization.
    pub digest: Vec<u8>,
}

/// What is to be done about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Prove the name.
    Prove,
    /// Ask for the certificate.
    Finalize,
    /// Wait for the certificate and fetch it.
    Fetch,
    /// Nothing: it failed.
    GiveUp,
}

const FIRST_LOOK: Duration = Duration::from_millis(100);

impl Order {
    /// Orders a certificate for one name, or a wildcard.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn create(account: &Account, name: &str) -> Result<Self, Fault> {
        let names = [Identifier::Dns(name.to_owned())];
        Ok(Self(account.new_order(&NewOrder::new(&names)).await?))
    }

    /// Takes up an order.
    ///
    /// # Errors
    /// [`Fault::OrderUnknown`] when there is none at that address (any more).
    pub async fn resume(account: &Account, url: &str) -> Result<Self, Fault> {
        account.order(url.to_owned()).await.map(Self).map_err(Fault::of_order)
    }

    /// Its address, by which it's taken up.
    #[must_use]
    pub fn url(&self) -> &str {
        self.0.url()
    }

    /// What is to be done next.
    pub fn due(&mut self) -> Next {
        match self.0.state().status {
            OrderStatus::Pending => Next::Prove,
            OrderStatus::Ready => Next::Finalize,
            OrderStatus::Processing | OrderStatus::Valid => Next::Fetch,
            OrderStatus::Invalid => Next::GiveUp,
        }
    }

    /// What proves the name by a challenge of this type, for each authorization that is still open.
    ///
    /// # Errors
    /// [`Fault`]; also when the certificate authority offers no such challenge.
    pub async fn proofs(&mut self, kind: &ChallengeType) -> Result<Vec<Proof>, Fault> {
        let mut proofs = Vec::new();
        let mut authorizations = self.0.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status != AuthorizationStatus::Pending {
                continue;
            }
            let offered = authorization.challenge(kind.clone());
            let missing = || Fault::last(Failure::CaRefused, format!("no {kind:?} challenge offered"));
            let challenge = offered.ok_or_else(missing)?;
            let proof = challenge.key_authorization();
            proofs.push(Proof {
                token: challenge.token.clone(),
                key_authorization: proof.as_str().to_owned(),
                text: proof.dns_value(),
                digest: proof.digest().as_ref().to_vec(),
            });
        }
        Ok(proofs)
    }

    /// Tells the certificate authority to look, by challenges of this type.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn set_ready(&mut self, kind: &ChallengeType) -> Result<(), Fault> {
        let mut authorizations = self.0.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status != AuthorizationStatus::Pending {
                continue;
            }
            if let Some(mut challenge) = authorization.challenge(kind.clone())
                && challenge.status == ChallengeStatus::Pending
            {
                challenge.set_ready().await?;
            }
        }
        Ok(())
    }

    /// Waits until the name is proved.
    ///
    /// # Errors
    /// [`Fault`]; what went wrong is read from the challenge, where the certificate authority says it.
    pub async fn proved(&mut self, deadline: Duration) -> Result<(), Fault> {
        let polled = self.0.poll_ready(&patience(deadline)).await;
        match (polled, self.due()) {
            (_, Next::GiveUp) => Err(self.cause().await?),
            (Ok(_), _) => Ok(()),
            (Err(error), _) => Err(error.into()),
        }
    }

    /// Asks for the certificate with `key`, unless it was asked for already.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn finalize(&mut self, name: &str, key: &KeyPair) -> Result<(), Fault> {
        let request = CertificateParams::new([name.to_owned()])
            .and_then(|mut params| {
                params.distinguished_name = DistinguishedName::new();
                params.serialize_request(key)
            })
            .map_err(|error| Fault::Secret(error.into()))?;
        Ok(self.0.finalize_csr(request.der()).await?)
    }

    /// Waits for the chain, in PEM.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn chain(&mut self, deadline: Duration) -> Result<String, Fault> {
        let polled = self.0.poll_certificate(&patience(deadline)).await;
        match (polled, self.due()) {
            (Ok(chain), _) => Ok(chain),
            (Err(_), Next::GiveUp) => Err(self.cause().await?),
            (Err(error), _) => Err(error.into()),
        }
    }

    /// Why an order failed: what its challenges say, else what it says itself.
    ///
    /// # Errors
    /// [`Fault`] of asking for it.
    pub async fn cause(&mut self) -> Result<Fault, Fault> {
        let mut said = self.0.state().error.clone();
        let mut authorizations = self.0.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            let challenges = &authorization.refresh().await?.challenges;
            if let Some(problem) = challenges.iter().find_map(|challenge| challenge.error.clone()) {
                said = Some(problem);
            }
        }
        let Some(problem) = said else { return Ok(Fault::last(Failure::CaRefused, "the order is invalid")) };
        let failure = Failure::of_problem(problem.r#type.as_deref().unwrap_or_default(), problem.status);
        Ok(Fault::last(failure, problem.detail.unwrap_or_default()))
    }
}

fn patience(deadline: Duration) -> RetryPolicy {
    RetryPolicy::new().initial_delay(FIRST_LOOK).backoff(1.5).timeout(deadline)
}
