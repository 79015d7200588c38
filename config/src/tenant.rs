//! One client's space, as reached through its hostnames.

use serde::{Deserialize, Serialize};

use crate::{Account, ApplicationId, Hostname, LicenceId, PartnerId, TenantId};

/// A tenant as the edge needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Its identity.
    pub id: TenantId,
    /// The application that serves it.
    pub application: ApplicationId,
    /// Whose brand its pages carry.
    pub partner: PartnerId,
    /// What the application calls its account; none until it is bound.
    pub account: Option<Account>,
    /// Whether it may be reached.
    pub state: TenantState,
    /// Whether a licence is required to use it, and which there is.
    pub licence: Licensing,
    /// What describes its licences, and restricts nothing.
    #[serde(default, skip_serializing_if = "LicenceUse::is_empty")]
    pub licence_use: LicenceUse,
    /// Whether its client has yet to take it over: until then only whoever sets it up is let in. Told from
    /// [`crate::feed::Format::ENTRIES`] on.
    #[serde(default, skip_serializing_if = "is_false")]
    pub awaits_handover: bool,
}

/// What describes a tenant's licences. Told from [`crate::feed::Format`] 2 on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceUse {
    /// From when on the licence that the tenant is used by is in its grace: milliseconds since 1970, UTC. None for what
    /// has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_from_ms: Option<i64>,
    /// The licences that nobody has used yet, and that would be used by a login.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<LicenceId>,
}

/// How far a tenant may be used, as far as its licence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Not at all.
    None,
    /// By what only reads.
    ReadOnly,
    /// By everything.
    Full,
}

/// Whether a licence is required to use a tenant. Never inferred from a licence's absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Licensing {
    /// Nobody said: told by a control plane from before [`crate::feed::Format`] 1, which said nothing where no licence
    /// was required and where there was none. Can't be told on.
    #[serde(skip)]
    Unsaid,
    /// The tenant is used without one.
    NotRequired,
    /// The tenant is used by this one; none: there is no licence that could be used.
    Required(Option<Licence>),
}

/// What a tenant is used by, as the edge needs to know it: also when it ends, so that it ends while nobody can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// Whether it was stopped before its end.
    pub state: LicenceState,
    /// From when on it is over, grace included: milliseconds since 1970, UTC. None for what has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// What becomes of the tenant when the licence is stopped or over.
    pub when_over: WhenOver,
}

/// Whether a licence was stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenceState {
    /// It allows use until it is over.
    Usable,
    /// Stopped for a while.
    Suspended,
    /// Given up, taken back, or not renewed.
    Ended,
}

/// What becomes of a tenant without a licence that allows use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenOver {
    /// It isn't reached.
    Block,
    /// It can be read.
    ReadOnly,
}

fn is_false(it: &bool) -> bool {
    !it
}

impl LicenceUse {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Licensing {
    /// How far the tenant may be used at an instant.
    #[must_use]
    pub fn access(self, now_ms: i64) -> Access {
        match self {
            Self::Unsaid | Self::NotRequired => Access::Full,
            Self::Required(Some(licence)) if licence.is_usable(now_ms) => Access::Full,
            Self::Required(Some(Licence { when_over: WhenOver::ReadOnly, .. })) => Access::ReadOnly,
            Self::Required(_) => Access::None,
        }
    }

    /// When the access ends by itself: milliseconds since 1970, UTC. None for what has no end, or has ended otherwise.
    #[must_use]
    pub fn ends_ms(self) -> Option<i64> {
        match self {
            Self::Required(Some(Licence { state: LicenceState::Usable, until_ms, .. })) => until_ms,
            Self::Unsaid | Self::NotRequired | Self::Required(_) => None,
        }
    }

    /// Whether it restricts whatever the time is. Readers before [`crate::feed::Format`] 2 act on no licence.
    #[must_use]
    pub fn restricts_now(self) -> bool {
        match self {
            Self::Unsaid | Self::NotRequired => false,
            Self::Required(licence) => licence.is_none_or(|licence| licence.state != LicenceState::Usable),
        }
    }
}

impl Licence {
    /// Whether it allows use at an instant.
    #[must_use]
    pub fn is_usable(&self, now_ms: i64) -> bool {
        self.state == LicenceState::Usable && self.until_ms.is_none_or(|until_ms| now_ms < until_ms)
    }
}

/// Whether a tenant may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantState {
    /// No account is bound yet: 503.
    Provisioning,
    /// Served.
    Active,
    /// Stopped by an operator or a partner: 403 in the partner's brand.
    Suspended,
    /// Given up: its names are unknown.
    Closed,
    /// A state that came later.
    #[cfg(feature = "rehearsal")]
    Paused,
}

/// A tenant that is locked: a kind of record that came later, and restricts.
#[cfg(feature = "rehearsal")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Which.
    pub tenant: TenantId,
}

/// A name that leads to a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The name.
    pub host: Hostname,
    /// Where it leads.
    pub tenant: TenantId,
    /// Who owns it.
    pub kind: AddressKind,
    /// Whether `Strict-Transport-Security` is sent.
    pub hsts: bool,
    /// A field that came later, and describes.
    #[cfg(feature = "rehearsal")]
    #[serde(default)]
    pub note: String,
}

/// Who owns a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// `NAME.p.BASE`, ours.
    Platform,
    /// A name that a reseller brought.
    Custom,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = r#"{"id":"ten_00000000000000000000000001","application":"app_00000000000000000000000001",
        "partner":"ptr_00000000000000000000000001","account":null,"state":"active","licence":"not_required"}"#;

    #[test]
    fn whether_a_licence_is_required_is_always_said() {
        let tenant: Tenant = serde_json::from_str(TENANT).unwrap();
        let told = |licence| serde_json::to_string(&Tenant { licence, ..tenant.clone() });
        assert!(told(Licensing::NotRequired).unwrap().contains(r#""licence":"not_required""#));
        assert!(told(Licensing::Required(None)).unwrap().contains(r#""licence":{"required":null}"#));
        assert!(told(Licensing::Unsaid).is_err(), "what nobody said can't be told on");
        for silent in ["", r#","licence":null"#, r#","licence":"unsaid""#, r#","licence":"required""#] {
            let text = TENANT.replace(r#","licence":"not_required""#, silent);
            assert!(serde_json::from_str::<Tenant>(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_licence_ends_at_its_instant_whoever_can_be_asked() {
        let licence = Licence { state: LicenceState::Usable, until_ms: Some(10), when_over: WhenOver::Block };
        let tenant = Tenant { licence: Licensing::Required(Some(licence)), ..serde_json::from_str(TENANT).unwrap() };
        let told = serde_json::to_string(&tenant).unwrap();
        let expected = r#""licence":{"required":{"state":"usable","until_ms":10,"when_over":"block"}}"#;
        assert!(told.contains(expected), "{told}");
        assert_eq!(serde_json::from_str::<Tenant>(&told).unwrap(), tenant);
        assert!(licence.is_usable(9) && !licence.is_usable(10));
        let suspended = Licence { state: LicenceState::Suspended, until_ms: None, ..licence };
        assert!(!suspended.is_usable(0));
        assert!(Licence { until_ms: None, ..licence }.is_usable(i64::MAX));
    }

    #[test]
    fn access_is_full_read_only_or_none_and_ends_at_the_instant() {
        use LicenceState::{Ended, Suspended, Usable};
        use WhenOver::{Block, ReadOnly};
        let required = |state, until_ms, when_over| Licensing::Required(Some(Licence { state, until_ms, when_over }));
        for (licensing, before, from, ends_ms, restricts) in [
            (Licensing::Unsaid, Access::Full, Access::Full, None, false),
            (Licensing::NotRequired, Access::Full, Access::Full, None, false),
            (Licensing::Required(None), Access::None, Access::None, None, true),
            (required(Usable, None, Block), Access::Full, Access::Full, None, false),
            (required(Usable, Some(10), Block), Access::Full, Access::None, Some(10), false),
            (required(Usable, Some(10), ReadOnly), Access::Full, Access::ReadOnly, Some(10), false),
            (required(Suspended, Some(10), Block), Access::None, Access::None, None, true),
            (required(Suspended, None, ReadOnly), Access::ReadOnly, Access::ReadOnly, None, true),
            (required(Ended, Some(10), Block), Access::None, Access::None, None, true),
            (required(Ended, None, ReadOnly), Access::ReadOnly, Access::ReadOnly, None, true),
        ] {
            assert_eq!((licensing.access(9), licensing.access(10)), (before, from), "{licensing:?}");
            assert_eq!((licensing.ends_ms(), licensing.restricts_now()), (ends_ms, restricts), "{licensing:?}");
        }
    }
}
