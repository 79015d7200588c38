//! White label: a tenant shows itself under the partner's identity, at an address of its own. Off until somebody
//! switches it on, which takes an address, an owner and an administrator of the client's.

use marque_config::brand::Brand;
use marque_config::{DomainId, TenantId};
use serde::{Deserialize, Serialize};

use crate::kernel::ids::UserId;
use crate::kernel::look::Look;
use crate::kernel::resource::Resource;

/// A tenant's white label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhiteLabel {
    /// Whose.
    pub tenant: TenantId,
    /// Its current status.
    pub state: WhiteLabelState,
    /// The person who holds the rights on it.
    pub owner: Option<UserId>,
    /// The domain that the client's people come by.
    pub primary: Option<DomainId>,
    /// Whether visitors of the tenant's other names are sent to that domain's (S1.8).
    pub redirect_to_primary: bool,
    /// Whether installed applications are locked to this tenant.
    pub app_lock: bool,
    /// Who gets what the client writes.
    pub contact_route: ContactRoute,
    /// A brand of its own; the partner's where there is none.
    pub brand: Option<OwnBrand>,
    /// Since when it is live.
    pub live_since_ms: Option<i64>,
    /// When it was last changed; 0 when it never was.
    pub changed_ms: i64,
}

impl Resource for WhiteLabel {}

/// Where a white label stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhiteLabelState {
    /// The tenant shows the vendor's identity.
    Off,
    /// It was set up, and isn't switched on.
    Configured,
    /// The tenant shows the partner's identity, at its own address.
    Live,
}

/// Who gets what the client writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactRoute {
    /// The partner, by its inbox and its support address.
    #[default]
    Partner,
    /// The partner, by its inbox and the owner's own address.
    Owner,
}

/// A brand of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnBrand {
    /// The name and the way to help.
    pub brand: Brand,
    /// The rest.
    pub look: Look,
}

impl WhiteLabel {
    /// What a tenant has before anybody set anything up.
    #[must_use]
    pub fn off(tenant: TenantId) -> Self {
        Self {
            tenant,
            state: WhiteLabelState::Off,
            owner: None,
            primary: None,
            redirect_to_primary: true,
            app_lock: false,
            contact_route: ContactRoute::default(),
            brand: None,
            live_since_ms: None,
            changed_ms: 0,
        }
    }

    /// Whether the tenant shows the partner's identity.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.state == WhiteLabelState::Live
    }
}
