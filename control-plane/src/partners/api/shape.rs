//! How a partner is shown, and what is said of one.

use std::collections::BTreeSet;

use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::email::Email;
use crate::kernel::ids::{AccountManagerId, PlanId};
use crate::kernel::language::Language;
use crate::kernel::look::Look;
use crate::partners::model::feature::Feature;
use crate::partners::model::{self, DistributionMode, Legal, PartnerKind, PartnerState};
use crate::partners::operations::{NewPartner, PartnerChange, Terms};
use crate::web::body::given;
use crate::web::time::written;

/// A partner.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Partner {
    /// Its identity: `ptr_…`.
    #[schema(value_type = String)]
    id: PartnerId,
    /// Its name, for the vendor's staff.
    name: String,
    /// What its clients see.
    brand: Brand,
    /// What sort of business it is.
    kind: PartnerKind,
    /// Its current status.
    state: PartnerState,
    /// Why it stands there, as who did it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The code of the region that it is looked after in.
    region: Option<String>,
    /// Who looks after it: `amg_…`.
    #[schema(value_type = Option<String>)]
    account_manager: Option<AccountManagerId>,
    /// How it brings the application to its clients.
    distribution_mode: DistributionMode,
    /// Whether it does the first level of support; always so in integrated mode.
    support_level1: bool,
    /// What proves its professional status.
    legal: Option<Legal>,
    /// Its tax number.
    tax_id: Option<String>,
    /// The plan whose licence each new client tenant takes by itself: `pln_…`.
    #[schema(value_type = Option<String>)]
    auto_licence_plan: Option<PlanId>,
    /// What its clients don't see.
    hidden: BTreeSet<Feature>,
    /// When it was approved.
    #[schema(format = DateTime)]
    approved_at: Option<String>,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
}

/// What a partner's clients see of it, on pages and in mails.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Brand {
    /// The name.
    name: String,
    /// Where its clients find help: shown as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    support: Option<String>,
    /// Where its logo is: an `https` address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logo: Option<String>,
    /// Its colour: `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^#[0-9A-Fa-f]{6}$")]
    colour: Option<String>,
    /// Its second colour: `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^#[0-9A-Fa-f]{6}$")]
    accent: Option<String>,
    /// The language of pages for those who ask for none that there is: `en` or `fr`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<Language>,
    /// Its own site: an `https` address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    website: Option<String>,
    /// In whose name its mails are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mail_name: Option<String>,
    /// Where answers to its mails go, and its clients' messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    reply_to: Option<Email>,
}

/// A partner to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerToAdd {
    /// Its name, for the vendor's staff.
    name: String,
    /// What its clients see.
    brand: Brand,
    /// What sort of business it is; `reseller` when not given.
    #[serde(default)]
    kind: Option<PartnerKind>,
    /// The code of the region that it is looked after in.
    #[serde(default)]
    region: Option<String>,
    /// Who looks after it: `amg_…`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    account_manager: Option<AccountManagerId>,
    /// How it brings the application to its clients; `no_code` when not given.
    #[serde(default)]
    distribution_mode: Option<DistributionMode>,
    /// What proves its professional status.
    #[serde(default)]
    legal: Option<Legal>,
    /// Its tax number.
    #[serde(default)]
    tax_id: Option<String>,
}

/// What is to change of a partner.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerToChange {
    /// A new name.
    #[serde(default)]
    name: Option<String>,
    /// A new brand, whole.
    #[serde(default)]
    brand: Option<Brand>,
    /// What sort of business it is: operators only.
    #[serde(default)]
    kind: Option<PartnerKind>,
    /// The code of the region that it is looked after in: operators only.
    #[serde(default)]
    region: Option<String>,
    /// Who looks after it, `amg_…`: operators only.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    account_manager: Option<AccountManagerId>,
    /// How it brings the application to its clients: operators only.
    #[serde(default)]
    distribution_mode: Option<DistributionMode>,
    /// What proves its professional status: operators only.
    #[serde(default)]
    legal: Option<Legal>,
    /// Its tax number: operators only.
    #[serde(default)]
    tax_id: Option<String>,
    /// Whether it does the first level of support.
    #[serde(default)]
    support_level1: Option<bool>,
    /// The plan whose licence each new client tenant takes by itself, `pln_…`; null for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    auto_licence_plan: Option<Option<PlanId>>,
    /// What its clients don't see; what the law wants can't be hidden.
    #[serde(default)]
    hidden: Option<BTreeSet<Feature>>,
}

impl From<model::Partner> for Partner {
    fn from(partner: model::Partner) -> Self {
        Self {
            id: partner.id,
            name: partner.name,
            brand: Brand::of(partner.brand, partner.look),
            kind: partner.kind,
            state: partner.state,
            reason: partner.reason,
            region: partner.region,
            account_manager: partner.account_manager,
            distribution_mode: partner.distribution_mode,
            support_level1: partner.support_level1,
            legal: partner.legal,
            tax_id: partner.tax_id,
            auto_licence_plan: partner.auto_licence_plan,
            hidden: partner.settings.hidden,
            approved_at: partner.approved_ms.map(written),
            created_at: written(partner.created_ms),
        }
    }
}

impl Brand {
    pub(crate) fn of(brand: marque_config::brand::Brand, look: Look) -> Self {
        Self {
            name: brand.name,
            support: brand.support,
            logo: look.logo,
            colour: look.colour,
            accent: look.accent,
            language: look.language,
            website: look.website,
            mail_name: look.mail_name,
            reply_to: look.reply_to,
        }
    }

    pub(crate) fn parts(self) -> (marque_config::brand::Brand, Look) {
        let look = Look {
            logo: self.logo,
            colour: self.colour,
            accent: self.accent,
            language: self.language,
            website: self.website,
            mail_name: self.mail_name,
            reply_to: self.reply_to,
        };
        (marque_config::brand::Brand { name: self.name, support: self.support }, look)
    }
}

impl From<PartnerToAdd> for NewPartner {
    fn from(input: PartnerToAdd) -> Self {
        let (brand, look) = input.brand.parts();
        let terms = Terms {
            kind: input.kind,
            region: input.region,
            account_manager: input.account_manager,
            distribution_mode: input.distribution_mode,
            legal: input.legal,
            tax_id: input.tax_id,
        };
        Self { name: input.name, brand, look, terms }
    }
}

impl From<PartnerToChange> for PartnerChange {
    fn from(input: PartnerToChange) -> Self {
        let terms = Terms {
            kind: input.kind,
            region: input.region,
            account_manager: input.account_manager,
            distribution_mode: input.distribution_mode,
            legal: input.legal,
            tax_id: input.tax_id,
        };
        Self {
            name: input.name,
            brand: input.brand.map(Brand::parts),
            terms,
            support_level1: input.support_level1,
            auto_licence_plan: input.auto_licence_plan,
            hidden: input.hidden,
        }
    }
}
