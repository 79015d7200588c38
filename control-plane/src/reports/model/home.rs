//! What somebody sees first in the portal: blocks that they choose and put in order (S3.7), of those that they may see.

use serde::{Deserialize, Serialize};

use crate::kernel::scope::Scope;

/// A block of the home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// The partner section, with the way to a new order.
    NewOrder,
    /// All clients on a map.
    ClientsMap,
    /// Subscriptions that end soon.
    ExpiringSubscriptions,
    /// Licences that end soon, trials and suspended ones among them.
    ExpiringLicences,
    /// The balance.
    Balance,
    /// The latest transactions.
    Transactions,
    /// The companies that one belongs to.
    Companies,
    /// The clients' files.
    Dossiers,
    /// The collaborators.
    Collaborators,
    /// What clients write.
    SupportInbox,
    /// What is to be done first.
    Onboarding,
    /// Guides, videos, and what helps to sell.
    Help,
    /// Whom one turns to.
    Contact,
}

impl Block {
    /// Every block, in the order of a home that nobody has changed.
    pub const ALL: [Self; 13] = [
        Self::NewOrder,
        Self::ClientsMap,
        Self::ExpiringSubscriptions,
        Self::ExpiringLicences,
        Self::Balance,
        Self::Transactions,
        Self::Companies,
        Self::Dossiers,
        Self::Collaborators,
        Self::SupportInbox,
        Self::Onboarding,
        Self::Help,
        Self::Contact,
    ];

    /// What it takes to see it.
    #[must_use]
    pub fn scope(self) -> Scope {
        match self {
            Self::NewOrder => Scope::OrdersWrite,
            Self::ClientsMap => Scope::ClientsRead,
            Self::ExpiringSubscriptions | Self::ExpiringLicences => Scope::LicencesRead,
            Self::Balance | Self::Transactions => Scope::BalanceRead,
            Self::Collaborators => Scope::CollaboratorsRead,
            Self::SupportInbox => Scope::SupportRead,
            Self::Companies | Self::Dossiers => Scope::TenantsRead,
            Self::Onboarding | Self::Help | Self::Contact => Scope::PartnersRead,
        }
    }
}

/// What a help link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HelpKind {
    /// A guide.
    Guide,
    /// A video.
    Video,
    /// What helps to sell: a leaflet, a picture.
    Marketing,
}

/// A step of getting started, with whether it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub name: StepName,
    /// Whether it is done.
    pub done: bool,
}

/// A step of getting started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// The partner is approved.
    Approved,
    /// Somebody has accepted an invitation to it.
    FirstMember,
    /// It has a way to help in its brand.
    Brand,
    /// It has tried white label on a space for tests.
    TestSpace,
    /// It has an offer of its own.
    RetailOffer,
    /// It has a client.
    FirstClient,
    /// It has white label that is live.
    WhiteLabelLive,
}
