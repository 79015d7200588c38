//! The life of a tenant: provisioning, active, suspended, closed.

use marque_config::tenant::{LicenceUse, Licensing, TenantState};
use marque_config::{Account, ApplicationId, PartnerId, TenantId, tenant};
use serde::{Deserialize, Serialize};

use crate::kernel::ids::ClientId;
use crate::kernel::resource::Resource;
use crate::kernel::tenant::TenantKind;

/// A tenant as the control plane keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its identity.
    pub id: TenantId,
    /// Whose client it is.
    pub partner: PartnerId,
    /// The application that serves it.
    pub application: ApplicationId,
    /// The client's name, for people.
    pub name: String,
    /// What it is for.
    pub kind: TenantKind,
    /// Whose it is; none for what is the partner's own.
    pub client: Option<ClientId>,
    /// What the application calls its account; none until it is bound.
    pub account: Option<Account>,
    /// Its current status.
    pub state: TenantState,
    /// Why it is suspended, as who did it said.
    pub reason: Option<String>,
    /// Whose suspension holds.
    pub suspended_by: Option<SuspendedBy>,
    /// When the client's own administrator took it over.
    pub handed_over_ms: Option<i64>,
    /// What the edge is told of its licences; none where none is asked for.
    pub licence: Option<tenant::Licence>,
    /// What describes its licences; none where a control plane of the version before kept them last.
    pub licence_use: Option<LicenceUse>,
    /// When it was created, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

impl Resource for Tenant {}

/// Whose suspension holds. An operator's goes before a partner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspendedBy {
    /// The vendor's staff: only they resume.
    Operator,
    /// The partner: it, or an operator, resumes.
    Partner,
}

/// What can be done to a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Says which account it is.
    Bind(Account),
    /// Stops serving it, on whose word and why.
    Suspend(SuspendedBy, Option<String>),
    /// Serves it again, on whose word.
    Resume(SuspendedBy),
    /// Gives it up for good.
    Close,
}

/// Why something can't be done to a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It was closed.
    Closed,
    /// It is bound to another account: a tenant never changes accounts.
    BoundElsewhere,
    /// It isn't suspended.
    NotSuspended,
    /// An operator suspended it, and a partner asks.
    HeldByOperator,
}

impl Tenant {
    /// What becomes of the tenant. Doing what is done already changes nothing and is no error.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn after(mut self, change: Change) -> Result<Self, Unfit> {
        if self.state == TenantState::Closed && change != Change::Close {
            return Err(Unfit::Closed);
        }
        match change {
            Change::Bind(account) => {
                if self.account.as_ref().is_some_and(|bound| *bound != account) {
                    return Err(Unfit::BoundElsewhere);
                }
                self.account = Some(account);
                if self.state == TenantState::Provisioning {
                    self.state = TenantState::Active;
                }
            }
            // The operator's suspension holds, with the operator's reason.
            Change::Suspend(SuspendedBy::Partner, _) if self.is_held_by_operator() => {}
            Change::Suspend(by, reason) => {
                self.state = TenantState::Suspended;
                self.reason = reason;
                self.suspended_by = Some(by);
            }
            Change::Resume(_) if self.state != TenantState::Suspended => return Err(Unfit::NotSuspended),
            Change::Resume(SuspendedBy::Partner) if self.is_held_by_operator() => return Err(Unfit::HeldByOperator),
            Change::Resume(_) => {
                self.state = if self.account.is_some() { TenantState::Active } else { TenantState::Provisioning };
                self.reason = None;
                self.suspended_by = None;
            }
            Change::Close => self.state = TenantState::Closed,
        }
        Ok(self)
    }

    /// Whether only an operator may resume it: also when nobody noted who suspended it.
    fn is_held_by_operator(&self) -> bool {
        self.state == TenantState::Suspended && self.suspended_by != Some(SuspendedBy::Partner)
    }

    /// Whether a licence is required to use it: for a client's, from its first licence or its handover on. What is set up,
    /// tried, or the partner's own is used without.
    fn licensing(&self) -> Licensing {
        match self.kind {
            TenantKind::Client if self.licence.is_some() || self.handed_over_ms.is_some() => {
                Licensing::Required(self.licence)
            }
            TenantKind::Client | TenantKind::BusinessFreePartner | TenantKind::Sandbox | TenantKind::Test => {
                Licensing::NotRequired
            }
        }
    }

    /// What describes its licences to the edge. Whoever uses a tenant before its handover sets it up: that is no first use.
    fn licence_use(&self) -> LicenceUse {
        let kept = self.licence_use.clone().unwrap_or_default();
        if self.handed_over_ms.is_some() { kept } else { LicenceUse { unused: Vec::new(), ..kept } }
    }

    /// Whether its client has yet to take it over: whoever uses it before sets it up. With or without a licence, for what is
    /// used before could be taken back (C16).
    #[must_use]
    pub fn awaits_handover(&self) -> bool {
        self.kind == TenantKind::Client && self.handed_over_ms.is_none() && self.state != TenantState::Closed
    }

    /// The tenant as the edge needs to know it.
    #[must_use]
    pub fn at_the_edge(&self) -> tenant::Tenant {
        tenant::Tenant {
            id: self.id,
            application: self.application,
            partner: self.partner,
            account: self.account.clone(),
            state: self.state,
            licence: self.licensing(),
            licence_use: self.licence_use(),
            awaits_handover: self.awaits_handover(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SuspendedBy::{Operator as OPERATOR, Partner as PARTNER};
    use super::*;
    use crate::kernel::tenant::TenantKind;

    fn fresh() -> Tenant {
        Tenant {
            id: TenantId::new(1, &[0; 10]),
            partner: PartnerId::new(1, &[0; 10]),
            application: ApplicationId::new(1, &[0; 10]),
            name: "Boulangerie".into(),
            kind: TenantKind::Client,
            client: None,
            account: None,
            state: TenantState::Provisioning,
            reason: None,
            suspended_by: None,
            handed_over_ms: None,
            licence: None,
            licence_use: None,
            created_ms: 1,
        }
    }

    fn bind(account: &str) -> Change {
        Change::Bind(account.parse().unwrap())
    }

    #[test]
    fn a_tenant_is_active_once_bound_and_keeps_its_account() {
        let tenant = fresh().after(bind("a")).unwrap();
        assert_eq!(tenant.state, TenantState::Active);
        assert_eq!(tenant.clone().after(bind("a")), Ok(tenant.clone()));
        assert_eq!(tenant.after(bind("b")), Err(Unfit::BoundElsewhere));
    }

    #[test]
    fn a_suspended_tenant_stays_so_until_resumed() {
        let suspended = fresh().after(Change::Suspend(OPERATOR, Some("unpaid".into()))).unwrap();
        assert_eq!(suspended.clone().after(Change::Resume(OPERATOR)).unwrap().state, TenantState::Provisioning);
        let bound = suspended.after(bind("a")).unwrap();
        assert_eq!(bound.state, TenantState::Suspended);
        let resumed = bound.after(Change::Resume(OPERATOR)).unwrap();
        assert_eq!((resumed.state, resumed.reason.clone()), (TenantState::Active, None));
        assert_eq!(resumed.after(Change::Resume(OPERATOR)), Err(Unfit::NotSuspended));
    }

    #[test]
    fn an_operators_suspension_goes_before_a_partners() {
        let by_operator = fresh().after(Change::Suspend(OPERATOR, Some("fraud".into()))).unwrap();
        assert_eq!(by_operator.clone().after(Change::Resume(PARTNER)), Err(Unfit::HeldByOperator));
        assert_eq!(by_operator.clone().after(Change::Suspend(PARTNER, None)), Ok(by_operator.clone()));
        let by_partner = fresh().after(Change::Suspend(PARTNER, None)).unwrap();
        assert_eq!(by_partner.clone().after(Change::Resume(PARTNER)), Ok(fresh()));
        assert_eq!(by_partner.clone().after(Change::Resume(OPERATOR)), Ok(fresh()));
        assert_eq!(by_partner.after(Change::Suspend(OPERATOR, Some("fraud".into()))), Ok(by_operator));
    }

    #[test]
    fn what_is_closed_stays_closed() {
        let closed = fresh().after(Change::Close).unwrap();
        assert_eq!(closed.clone().after(Change::Close), Ok(closed.clone()));
        for change in [bind("a"), Change::Suspend(OPERATOR, None), Change::Resume(OPERATOR)] {
            assert_eq!(closed.clone().after(change), Err(Unfit::Closed));
        }
    }

    #[test]
    fn a_licence_is_required_of_a_client_from_its_first_one_or_the_handover_on() {
        let tenant = |kind| Tenant { kind, ..fresh() };
        let licensing = |tenant: Tenant| tenant.at_the_edge().licence;
        let until_ms = Some(1);
        let licence =
            tenant::Licence { state: tenant::LicenceState::Usable, until_ms, when_over: tenant::WhenOver::Block };
        for kind in [TenantKind::BusinessFreePartner, TenantKind::Sandbox, TenantKind::Test] {
            let handed_over = Tenant { handed_over_ms: Some(1), ..tenant(kind) };
            assert_eq!(licensing(handed_over), Licensing::NotRequired, "{kind:?}");
        }
        let client = || tenant(TenantKind::Client);
        assert_eq!(licensing(client()), Licensing::NotRequired);
        let licensed = Tenant { licence: Some(licence), ..client() };
        assert_eq!(licensing(licensed), Licensing::Required(Some(licence)));
        assert_eq!(licensing(Tenant { handed_over_ms: Some(1), ..client() }), Licensing::Required(None));
    }

    #[test]
    fn a_clients_tenant_waits_for_its_handover_with_or_without_a_licence_and_no_other_does() {
        let waits = |tenant: Tenant| tenant.at_the_edge().awaits_handover;
        assert!(waits(fresh()));
        let until_ms = None;
        let (state, when_over) = (tenant::LicenceState::Usable, tenant::WhenOver::Block);
        assert!(waits(Tenant { licence: Some(tenant::Licence { state, until_ms, when_over }), ..fresh() }));
        assert!(!waits(Tenant { handed_over_ms: Some(1), ..fresh() }));
        assert!(!waits(Tenant { state: TenantState::Closed, ..fresh() }));
        for kind in [TenantKind::BusinessFreePartner, TenantKind::Sandbox, TenantKind::Test] {
            assert!(!waits(Tenant { kind, ..fresh() }), "{kind:?}");
        }
    }

    #[test]
    fn what_is_used_before_the_handover_is_no_first_use() {
        let licence_use =
            LicenceUse { grace_from_ms: Some(7), unused: vec![marque_config::LicenceId::new(1, &[0; 10])] };
        let kept = Tenant { licence_use: Some(licence_use.clone()), ..fresh() };
        let before = kept.at_the_edge().licence_use;
        assert_eq!(before, LicenceUse { unused: Vec::new(), ..licence_use.clone() });
        assert_eq!(Tenant { handed_over_ms: Some(1), ..kept }.at_the_edge().licence_use, licence_use);
    }
}
