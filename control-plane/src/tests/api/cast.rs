//! People who have accepted, without the way there: that way has tests of its own.

use super::desk::Desk;
use crate::kernel::email::Email;
use crate::kernel::ids::UserId;
use crate::kernel::language::Language;
use crate::kernel::person::TenantRole;
use crate::kernel::principal::Reach;
use crate::kernel::right::Right;
use crate::partners::operations::members::NewMember;
use crate::tenants::operations::tenant_users::NewTenantUser;

/// A member of a partner with these rights, who has accepted.
pub(super) async fn member(desk: &Desk, partner: &str, email: &str, rights: &[Right]) -> UserId {
    let reach = Reach::command("test");
    let mut write = desk.store.begin(reach.actor(), desk.store.now_ms()).await.unwrap();
    let new = NewMember {
        email: email.parse().unwrap(),
        name: "Member".into(),
        rights: rights.iter().copied().collect(),
        language: Language::French,
    };
    let member = crate::partners::operations::members::invite_member(&mut write, &reach, partner.parse().unwrap(), new)
        .await
        .unwrap();
    accept(&mut write, "update member set state = 'active' where id = $1", &member.id.to_string()).await;
    accept(&mut write, "update app_user set state = 'active' where id = $1", &member.user.to_string()).await;
    write.commit().await.unwrap();
    member.user
}

/// An administrator of a tenant's client, who has accepted.
pub(super) async fn administrator(desk: &Desk, tenant: &str, email: &str) -> UserId {
    let reach = Reach::command("test");
    let mut write = desk.store.begin(reach.actor(), desk.store.now_ms()).await.unwrap();
    let email: Email = email.parse().unwrap();
    let new =
        NewTenantUser { email, name: "Client".into(), role: TenantRole::Administrator, language: Language::French };
    let user =
        crate::tenants::operations::tenant_users::invite_tenant_user(&mut write, &reach, tenant.parse().unwrap(), new)
            .await
            .unwrap();
    accept(&mut write, "update tenant_user set state = 'active' where id = $1", &user.id.to_string()).await;
    accept(&mut write, "update app_user set state = 'active' where id = $1", &user.user.to_string()).await;
    write.commit().await.unwrap();
    user.user
}

async fn accept(write: &mut crate::database::Write, statement: &'static str, id: &str) {
    sqlx::query(statement).bind(id).execute(write.connection()).await.unwrap();
}
