//! Entries to clients' spaces end with what they rest on, in the same transaction, whatever ends that: a consent, an
//! assignment, a role, a membership, a setup access, a partner, a space, or a person. It is looked at once, at the commit of
//! whatever may end one, so that nobody who changes one of these has to think of it.

use marque_config::feed::{Key, RecordKind};
use marque_config::{PartnerId, TenantId};
use serde_json::json;

use super::{StoreError, Whose, Write, parsed};

/// What something is called that an entry rests on, as actions begin.
const BASES: [&str; 9] =
    ["assignment", "collaborator", "consent", "member", "partner", "setup_access", "tenant", "tenant_user", "user"];

/// What only adds to what there is.
const ADDS: [&str; 6] = ["created", "requested", "granted", "activated", "opened", "given"];

const END_BASELESS: &str = "update entry set state = 'ended', ended_ms = $1, ended_by = 'revoked'
    where state = 'open' and not (
        exists (select 1 from app_user where app_user.id = entry.user_id and app_user.state = 'active')
        and exists (select 1 from member join partner on partner.id = member.partner_id
            where member.id = entry.member_id and member.state = 'active' and partner.state = 'active')
        and exists (select 1 from tenant where tenant.id = entry.tenant_id and tenant.state = 'active'
            and ((entry.kind = 'setup' and tenant.handed_over_ms is null)
                or (entry.kind <> 'setup' and tenant.handed_over_ms is not null)))
        and (exists (select 1 from tenant_user where tenant_user.id = entry.basis and tenant_user.side = 'setup'
                and tenant_user.state = 'active')
            or exists (select 1 from assignment
                join role_grant on role_grant.member_id = assignment.member_id and role_grant.role = assignment.role
                left join consent on consent.id = assignment.consent_id
                where assignment.id = entry.basis and assignment.state = 'active'
                and (assignment.consent_id is null or consent.state = 'granted'))))
    returning id, partner_id, tenant_id, user_id, kind, role, consent_id";

const END_ALL: &str = "update entry set state = 'ended', ended_ms = $1, ended_by = 'revoked' where state = 'open'
    returning id, partner_id, tenant_id, user_id, kind, role, consent_id";

/// What is done to a database that was restored.
const PUT_BACK: &str = "database.put_back";

type Row = (String, String, String, String, String, String, Option<String>);

impl Write {
    /// Ends the open entries that rest on nothing any more, where what is done here may have ended something.
    pub(crate) async fn end_baseless_entries(&mut self) -> Result<(), StoreError> {
        let statement = if self.actions().any(|action| action == PUT_BACK) {
            // What ended since the copy was made is alive in it again.
            END_ALL
        } else if self.actions().any(may_end) {
            END_BASELESS
        } else {
            return Ok(());
        };
        let now_ms = self.now_ms();
        let ended: Vec<Row> = sqlx::query_as(statement).bind(now_ms).fetch_all(self.connection()).await?;
        for (id, partner, tenant, user, kind, role, consent) in ended {
            let partner: PartnerId = parsed("entry.partner_id", &partner)?;
            let tenant: TenantId = parsed("entry.tenant_id", &tenant)?;
            let detail = json!({ "user": user, "kind": kind, "role": role, "consent": consent, "ended_by": "revoked" });
            self.audit("entry.ended", &id, Whose::tenant(partner, tenant), detail);
            self.feed_delete(Key { kind: RecordKind::Entry, name: id });
        }
        Ok(())
    }
}

/// Whether an action may end what an entry rests on.
fn may_end(action: &str) -> bool {
    let Some((object, verb)) = action.split_once('.') else { return false };
    BASES.contains(&object) && !ADDS.contains(&verb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_adds_ends_nothing() {
        for action in ["consent.revoked", "member.removed", "tenant.handed_over", "user.locked", "partner.suspended"] {
            assert!(may_end(action), "{action}");
        }
        for action in ["order.placed", "tenant.created", "consent.requested", "entry.ended", "licence.issued"] {
            assert!(!may_end(action), "{action}");
        }
    }
}
