//! What a member of a partner may do, in the words of the business; what that means for the API is said here, once.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::scope::Scope;

/// One right of a partner's member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Right {
    /// Orders and trials.
    #[serde(rename = "dealer.order_products")]
    DealerOrderProducts,
    /// Clients and their spaces.
    #[serde(rename = "clients.manage")]
    ClientsManage,
    /// Takes, changes and cancels licences.
    #[serde(rename = "licences.manage")]
    LicencesManage,
    /// Sees the balance.
    #[serde(rename = "billing.read")]
    BillingRead,
    /// Pays.
    #[serde(rename = "billing.pay")]
    BillingPay,
    /// Collaborators, their roles and their assignments.
    #[serde(rename = "collaborators.manage")]
    CollaboratorsManage,
    /// White label: addresses, brand, the partner's own offers.
    #[serde(rename = "white_label.manage")]
    WhiteLabelManage,
    /// Answers clients.
    #[serde(rename = "support.handle")]
    SupportHandle,
    /// The partner itself: its settings, its members, its webhooks.
    #[serde(rename = "settings.manage")]
    SettingsManage,
    /// Activates a licence in the client's stead.
    #[serde(rename = "oem.activate_licence")]
    OemActivateLicence,
    /// API tokens.
    #[serde(rename = "api_tokens.manage")]
    ApiTokensManage,
}

/// Why a text is no right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a right is one of those that the API's description lists")]
pub struct RightError;

const ALL: [(Right, &str); 11] = [
    (Right::DealerOrderProducts, "dealer.order_products"),
    (Right::ClientsManage, "clients.manage"),
    (Right::LicencesManage, "licences.manage"),
    (Right::BillingRead, "billing.read"),
    (Right::BillingPay, "billing.pay"),
    (Right::CollaboratorsManage, "collaborators.manage"),
    (Right::WhiteLabelManage, "white_label.manage"),
    (Right::SupportHandle, "support.handle"),
    (Right::SettingsManage, "settings.manage"),
    (Right::OemActivateLicence, "oem.activate_licence"),
    (Right::ApiTokensManage, "api_tokens.manage"),
];

/// What every member may do: look at the partner and its spaces, not at prices or orders.
const OF_EVERY_MEMBER: &[Scope] = &[
    Scope::PartnersRead,
    Scope::MembersRead,
    Scope::TenantsRead,
    Scope::DomainsRead,
    Scope::LicencesRead,
    Scope::WhiteLabelRead,
    Scope::SearchRead,
];

impl Right {
    /// Every right.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().map(|(right, _)| *right)
    }

    /// The right as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        ALL.iter().find(|(right, _)| *right == self).map_or("", |(_, name)| name)
    }

    /// What it lets do at the API, beside what every member may.
    #[must_use]
    pub fn scopes(self) -> &'static [Scope] {
        match self {
            Self::DealerOrderProducts => &[
                Scope::OrdersRead,
                Scope::OrdersWrite,
                Scope::OrdersVoid,
                Scope::ClientsRead,
                Scope::ClientsWrite,
                Scope::CatalogRead,
                Scope::PricesRead,
                Scope::PromosRead,
            ],
            Self::ClientsManage => {
                &[Scope::ClientsRead, Scope::ClientsWrite, Scope::TenantsWrite, Scope::UsersRead, Scope::UsersWrite]
            }
            Self::LicencesManage => {
                &[Scope::LicencesWrite, Scope::ActivationsRead, Scope::ActivationsWrite, Scope::CatalogRead]
            }
            Self::BillingRead | Self::BillingPay => &[Scope::BalanceRead, Scope::PricesRead, Scope::CatalogRead],
            Self::CollaboratorsManage => {
                &[Scope::CollaboratorsRead, Scope::CollaboratorsWrite, Scope::ConsentsRead, Scope::ConsentsWrite]
            }
            Self::WhiteLabelManage => {
                &[Scope::WhiteLabelWrite, Scope::DomainsWrite, Scope::RetailRead, Scope::RetailWrite, Scope::UsersRead]
            }
            Self::SupportHandle => &[Scope::SupportRead, Scope::SupportWrite, Scope::ClientsRead],
            Self::SettingsManage => &[
                Scope::PartnersWrite,
                Scope::MembersWrite,
                Scope::AuditRead,
                Scope::WebhooksRead,
                Scope::WebhooksWrite,
                Scope::CollaboratorsRead,
            ],
            Self::OemActivateLicence => &[Scope::LicencesActivateOem, Scope::ActivationsRead],
            Self::ApiTokensManage => &[Scope::TokensRead, Scope::TokensWrite],
        }
    }
}

/// What a member with these rights may do at the API.
#[must_use]
pub fn scopes(rights: &BTreeSet<Right>) -> BTreeSet<Scope> {
    let given = rights.iter().flat_map(|right| right.scopes());
    OF_EVERY_MEMBER.iter().chain(given).copied().collect()
}

/// Writes rights as the database keeps them.
#[must_use]
pub fn joined(rights: &BTreeSet<Right>) -> String {
    rights.iter().map(|right| right.as_str()).collect::<Vec<_>>().join(" ")
}

/// Reads rights as the database keeps them.
///
/// # Errors
/// [`RightError`] for the first that is none.
pub fn split(text: &str) -> Result<BTreeSet<Right>, RightError> {
    text.split_whitespace().map(str::parse).collect()
}

impl FromStr for Right {
    type Err = RightError;

    fn from_str(text: &str) -> Result<Self, RightError> {
        ALL.iter().find(|(_, name)| *name == text).map(|(right, _)| *right).ok_or(RightError)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use marque_config::PartnerId;

    use super::*;
    use crate::kernel::principal::Principal;

    #[test]
    fn every_right_survives_its_text_and_its_json() {
        let every: BTreeSet<Right> = Right::all().collect();
        assert_eq!(every.len(), ALL.len());
        assert_eq!(split(&joined(&every)), Ok(every.clone()));
        for right in every {
            assert_eq!(serde_json::to_value(right).unwrap(), right.as_str());
        }
    }

    #[test]
    fn no_right_lets_do_what_a_partner_may_not() {
        let partner = Principal::Partner(PartnerId::new(1, &[0; 10]));
        for scope in scopes(&Right::all().collect()) {
            assert!(partner.may_hold(scope), "{scope}");
        }
        assert!(!scopes(&BTreeSet::new()).contains(&Scope::OrdersRead));
    }
}
