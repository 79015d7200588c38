//! What a partner may leave out of what its clients see (S2.P6), and what the law wants there.

use serde::{Deserialize, Serialize};

/// A button or a page that the application shows its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Writing to support.
    ContactForm,
    /// Talking to support.
    LiveChat,
    /// Guides and videos.
    HelpCentre,
    /// News of the product.
    News,
    /// Add-ons that others sell.
    Marketplace,
    /// Recommending it to somebody.
    Referral,
    /// Asking for another plan.
    ChangePlan,
    /// Installing it as an application.
    AppDownload,
    /// Who publishes it: the law wants it.
    LegalNotice,
    /// What becomes of personal data: the law wants it.
    Privacy,
    /// Taking one's data along: the law wants it.
    DataExport,
    /// Deleting one's account: the law wants it.
    AccountDeletion,
}

impl Feature {
    /// Every feature.
    pub const ALL: [Self; 12] = [
        Self::ContactForm,
        Self::LiveChat,
        Self::HelpCentre,
        Self::News,
        Self::Marketplace,
        Self::Referral,
        Self::ChangePlan,
        Self::AppDownload,
        Self::LegalNotice,
        Self::Privacy,
        Self::DataExport,
        Self::AccountDeletion,
    ];

    /// Its word, as the API and the application read it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ContactForm => "contact_form",
            Self::LiveChat => "live_chat",
            Self::HelpCentre => "help_centre",
            Self::News => "news",
            Self::Marketplace => "marketplace",
            Self::Referral => "referral",
            Self::ChangePlan => "change_plan",
            Self::AppDownload => "app_download",
            Self::LegalNotice => "legal_notice",
            Self::Privacy => "privacy",
            Self::DataExport => "data_export",
            Self::AccountDeletion => "account_deletion",
        }
    }

    /// Whether nobody may hide it.
    #[must_use]
    pub fn is_required(self) -> bool {
        matches!(self, Self::LegalNotice | Self::Privacy | Self::DataExport | Self::AccountDeletion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_has_one_word() {
        for feature in Feature::ALL {
            assert_eq!(serde_json::to_value(feature).unwrap(), feature.word());
        }
    }
}
