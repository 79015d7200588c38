//! A partner: what it is, and its life from application to the end.

pub mod feature;

use std::collections::BTreeSet;

use marque_config::PartnerId;
use marque_config::brand::{self, Brand};
use marque_config::feed::Record;
use serde::{Deserialize, Serialize};

use crate::kernel::ids::{AccountManagerId, PlanId};
use crate::kernel::look::Look;
use crate::kernel::resource::Resource;
use crate::partners::model::feature::Feature;

/// A partner as the control plane keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    /// Its identity.
    pub id: PartnerId,
    /// Its name, for the vendor's staff.
    pub name: String,
    /// What its clients see.
    pub brand: Brand,
    /// How it shows itself beyond that.
    pub look: Look,
    /// What sort of business it is.
    pub kind: PartnerKind,
    /// Its current status.
    pub state: PartnerState,
    /// Why it stands there, as who did it said.
    pub reason: Option<String>,
    /// The region that it is looked after in, by its code.
    pub region: Option<String>,
    /// Who looks after it; else whoever looks after its region.
    pub account_manager: Option<AccountManagerId>,
    /// How it brings the application to its clients.
    pub distribution_mode: DistributionMode,
    /// Whether it does the first level of support; always so in integrated mode.
    pub support_level1: bool,
    /// What proves its professional status; none until it was shown.
    pub legal: Option<Legal>,
    /// Its tax number.
    pub tax_id: Option<String>,
    /// The plan whose licence each new client tenant takes by itself.
    pub auto_licence_plan: Option<PlanId>,
    /// What it chose for its clients.
    pub settings: PartnerSettings,
    /// When it was approved.
    pub approved_ms: Option<i64>,
    /// When it was added, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

impl Resource for Partner {}

/// What sort of business a partner is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartnerKind {
    /// Sells to its own clients.
    #[default]
    Reseller,
    /// Builds it into what it delivers.
    Integrator,
    /// Looks after its clients' computers.
    ItProvider,
    /// Keeps its clients' books.
    AccountingFirm,
    /// Delivers it with the machines that it makes.
    Oem,
}

/// The current status of a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartnerState {
    /// Waits to be approved: sells nothing.
    Applied,
    /// Sells.
    Active,
    /// Sells nothing new; its clients are served.
    Suspended,
    /// Given up for good.
    Closed,
}

/// How a partner brings the application to its clients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DistributionMode {
    /// As a part of its own product: the first level of support is its duty.
    Integrated,
    /// As it is: the first level of support is its choice.
    #[default]
    NoCode,
}

/// What proves that a partner is in business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Legal {
    /// Its legal form.
    pub status: LegalStatus,
    /// Its number in the register.
    pub registration: String,
    /// What was looked at: which document, of when.
    pub evidence: String,
}

/// A legal form, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LegalStatus {
    /// One person in business.
    SoleTrader,
    /// A company.
    Company,
    /// An association.
    Association,
    /// A public body.
    PublicBody,
}

/// What a partner chose for its clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartnerSettings {
    /// What its clients don't see.
    pub hidden: BTreeSet<Feature>,
}

/// What can be done to a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartnerStep {
    /// Lets it sell, from when on.
    Approve(i64),
    /// Stops it from selling, and why.
    Suspend(Option<String>),
    /// Lets it sell again.
    Resume,
    /// Gives it up for good.
    Close,
}

/// Why something can't be done to a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoStep {
    /// It was approved before.
    Approved,
    /// It isn't active.
    NotActive,
    /// It isn't suspended.
    NotSuspended,
    /// It was closed.
    Closed,
}

impl Partner {
    /// What becomes of the partner. Doing what is done already changes nothing and is no error, but nobody is approved
    /// twice.
    ///
    /// # Errors
    /// [`NoStep`].
    pub fn after(mut self, step: PartnerStep) -> Result<Self, NoStep> {
        use PartnerState::{Active, Applied, Closed, Suspended};
        match (self.state, step) {
            (Closed, PartnerStep::Close) => {}
            (Closed, _) => return Err(NoStep::Closed),
            (Applied, PartnerStep::Approve(at_ms)) => {
                (self.state, self.approved_ms) = (Active, Some(at_ms));
            }
            (_, PartnerStep::Approve(_)) => return Err(NoStep::Approved),
            (Active | Suspended, PartnerStep::Suspend(reason)) => (self.state, self.reason) = (Suspended, reason),
            (Applied, PartnerStep::Suspend(_)) => return Err(NoStep::NotActive),
            (Suspended, PartnerStep::Resume) => (self.state, self.reason) = (Active, None),
            (_, PartnerStep::Resume) => return Err(NoStep::NotSuspended),
            (_, PartnerStep::Close) => self.state = Closed,
        }
        Ok(self)
    }

    /// What the edge is told of it.
    #[must_use]
    pub fn at_the_edge(&self) -> Record {
        Record::Partner(brand::Partner {
            id: self.id,
            brand: self.brand.clone(),
            look: self.look.at_the_edge(),
            hidden: self.settings.hidden.iter().map(|feature| feature.word().to_owned()).collect(),
        })
    }

    /// What is missing before it can be approved, as codes.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let lacks = [
            (self.legal.is_none(), "legal_status_missing"),
            (self.account_manager.is_none(), "account_manager_missing"),
        ];
        lacks.into_iter().filter_map(|(lacking, code)| lacking.then_some(code)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::look::Look;

    fn applied() -> Partner {
        Partner {
            id: PartnerId::new(1, &[0; 10]),
            name: "Caisse Nord".into(),
            brand: Brand { name: "Caisse Nord".into(), support: None },
            look: Look::default(),
            kind: PartnerKind::Reseller,
            state: PartnerState::Applied,
            reason: None,
            region: None,
            account_manager: None,
            distribution_mode: DistributionMode::NoCode,
            support_level1: false,
            legal: None,
            tax_id: None,
            auto_licence_plan: None,
            settings: PartnerSettings::default(),
            approved_ms: None,
            created_ms: 1,
        }
    }

    #[test]
    fn a_partner_is_approved_once_and_then_sells_or_not() {
        let active = applied().after(PartnerStep::Approve(5)).unwrap();
        assert_eq!((active.state, active.approved_ms), (PartnerState::Active, Some(5)));
        assert_eq!(active.clone().after(PartnerStep::Approve(6)), Err(NoStep::Approved));
        assert_eq!(active.clone().after(PartnerStep::Resume), Err(NoStep::NotSuspended));
        let suspended = active.clone().after(PartnerStep::Suspend(Some("unpaid".into()))).unwrap();
        assert_eq!((suspended.state, suspended.reason.as_deref()), (PartnerState::Suspended, Some("unpaid")));
        assert_eq!(suspended.clone().after(PartnerStep::Approve(6)), Err(NoStep::Approved));
        assert_eq!(suspended.after(PartnerStep::Resume), Ok(active));
    }

    #[test]
    fn who_only_applied_is_neither_suspended_nor_resumed() {
        assert_eq!(applied().after(PartnerStep::Suspend(None)), Err(NoStep::NotActive));
        assert_eq!(applied().after(PartnerStep::Resume), Err(NoStep::NotSuspended));
    }

    #[test]
    fn a_closed_partner_stays_closed() {
        let closed = applied().after(PartnerStep::Close).unwrap();
        assert_eq!(closed.clone().after(PartnerStep::Close), Ok(closed.clone()));
        for step in [PartnerStep::Approve(1), PartnerStep::Suspend(None), PartnerStep::Resume] {
            assert_eq!(closed.clone().after(step), Err(NoStep::Closed));
        }
    }
}
