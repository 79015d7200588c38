//! Tells anew of what a control plane of the version before wrote last: it never said whether a tenant requires a licence, or
//! whether its client has yet to take it over, how a partner looks, or that there is a white label. Says of its domains whose
//! they are. To be deleted with that version.

use crate::database::Store;
use crate::database::task::{Pass, PassError};
use crate::kernel::actor::Actor;

/// So many are told of at a time: others want the gate, too.
const MOST: i64 = 200;

pub(crate) async fn pass(store: Store) -> Result<Pass, PassError> {
    let tenants = store.tenants_told_as_before(MOST).await?;
    let (partners, labels) = (store.partners_untold(MOST).await?, store.labels_untold(MOST).await?);
    let has_domains = store.has_unowned_domains().await?;
    if tenants.is_empty() && partners.is_empty() && labels.is_empty() && !has_domains {
        return Ok(Pass::Idle);
    }
    let mut write = store.begin(&Actor::system("retell"), store.now_ms()).await?;
    for tenant in tenants {
        write.republish_tenant(tenant).await?;
    }
    for partner in partners {
        write.republish_partner(partner).await?;
    }
    for label in labels {
        write.republish_label(label).await?;
    }
    if has_domains {
        write.own_domains(MOST).await?;
    }
    write.commit().await?;
    Ok(Pass::Worked)
}

#[cfg(test)]
mod tests {
    use axum::http::{Method, StatusCode};
    use serde_json::{Value, json};

    use super::*;
    use crate::database::Page;
    use crate::domains::model::white_label::{WhiteLabel, WhiteLabelState};
    use crate::domains::store::Domain;
    use crate::kernel::principal::{Principal, Reach};
    use crate::tests::api::desk::Desk;
    use marque_config::tenant::AddressKind;

    #[tokio::test]
    async fn tenants_that_were_told_of_before_formats_are_told_of_anew() {
        let desk = Desk::open().await;
        desk.world().await;
        assert_eq!(pass(desk.store.clone()).await.unwrap(), Pass::Idle);
        let mut write = desk.store.begin(&Actor::system("test"), 0).await.unwrap();
        // As the version before leaves them: one that it added, and one that it changed.
        for statement in [
            "update feed_record set line = null, line_revision = null where kind = 'tenant'",
            "update feed_record set line = '{}', line_revision = revision - 1 where kind = 'tenant'
                and name = (select min(name) from feed_record where kind = 'tenant')",
        ] {
            sqlx::query(statement).execute(write.connection()).await.unwrap();
        }
        write.commit().await.unwrap();
        assert_eq!(pass(desk.store.clone()).await.unwrap(), Pass::Worked);
        assert_eq!(pass(desk.store.clone()).await.unwrap(), Pass::Idle);
        let untold: i64 = sqlx::query_scalar(
            "select count(*) from feed_record where kind = 'tenant'
             and (line is null or line not like '%\"licence\":\"not_required\"%' or line_revision <> revision)",
        )
        .fetch_one(desk.store.reader())
        .await
        .unwrap();
        assert_eq!(untold, 0);
    }

    #[tokio::test]
    async fn tenants_of_which_nobody_said_that_they_wait_for_their_handover_are_told_of_anew() {
        let desk = Desk::open().await;
        desk.world().await;
        let waiting = async || {
            let line =
                "select count(*) from feed_record where kind = 'tenant' and line like '%\"awaits_handover\":true%'";
            sqlx::query_scalar::<_, i64>(line).fetch_one(desk.store.reader()).await.unwrap()
        };
        assert_eq!(waiting().await, 2);
        let mut write = desk.store.begin(&Actor::system("test"), 0).await.unwrap();
        let before =
            "update feed_record set line = replace(line, ',\"awaits_handover\":true', '') where kind = 'tenant'";
        sqlx::query(before).execute(write.connection()).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!((waiting().await, pass(desk.store.clone()).await.unwrap()), (0, Pass::Worked));
        assert_eq!((waiting().await, pass(desk.store.clone()).await.unwrap()), (2, Pass::Idle));
    }

    #[tokio::test]
    async fn a_domain_that_the_version_before_added_is_listed_once_its_owner_is_known() {
        let desk = Desk::open().await;
        let world = desk.world().await;
        let [mine, other] = [0, 1].map(|party: usize| {
            let partner = Principal::Partner(world.partners[party].id.parse().unwrap());
            Reach::of(partner, Actor::system("test"))
        });
        let mut write = desk.store.begin(&Actor::system("test"), 0).await.unwrap();
        let domain = Domain {
            id: write.id(),
            tenant: world.partners[0].tenant.parse().unwrap(),
            kind: AddressKind::Platform,
            host: "fournil.p.marque.fr".parse().unwrap(),
            target_label: String::new(),
            txt_token: String::new(),
            created_ms: 0,
        };
        write.add_domain(&domain).await.unwrap();
        let unknown = "update domain set partner_id = null, application_id = null";
        sqlx::query(unknown).execute(write.connection()).await.unwrap();
        write.commit().await.unwrap();
        let listed = async |reach| {
            let page = Page::first(10);
            desk.store.domains(reach, None, &page).await.unwrap()
        };
        assert_eq!(listed(&mine).await, []);
        assert_eq!(desk.store.domain(&mine, domain.id).await.unwrap().as_ref(), Some(&domain));
        assert_eq!(desk.store.domain(&other, domain.id).await.unwrap(), None);
        assert_eq!(pass(desk.store.clone()).await.unwrap(), Pass::Worked);
        assert_eq!(pass(desk.store.clone()).await.unwrap(), Pass::Idle);
        assert_eq!(listed(&mine).await, [domain]);
        assert_eq!(listed(&other).await, []);
    }

    #[tokio::test]
    async fn what_the_version_before_left_out_of_partners_and_white_labels_is_told() {
        let desk = Desk::open().await;
        let world = desk.world().await;
        let partner = format!("/v1/partners/{}", world.partners[0].id);
        let change = json!({ "hidden": ["news"], "brand": { "name": "Nord", "colour": "#123456" } });
        let changed = desk.ask(Method::PATCH, &world.partners[0].token, &partner, Some(change)).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        let mut write = desk.store.begin(&Actor::system("test"), 0).await.unwrap();
        let live =
            WhiteLabel { state: WhiteLabelState::Live, ..WhiteLabel::off(world.partners[0].tenant.parse().unwrap()) };
        write.upsert(&live).await.unwrap();
        let known: String = sqlx::query_scalar("select line from feed_record where kind = 'partner' and name = $1")
            .bind(&world.partners[0].id)
            .fetch_one(write.connection())
            .await
            .unwrap();
        let mut before: Value = serde_json::from_str(&known).unwrap();
        before["body"].as_object_mut().unwrap().retain(|field, _| field == "id" || field == "brand");
        sqlx::query("update feed_record set line = $1 where kind = 'partner' and name = $2")
            .bind(before.to_string())
            .bind(&world.partners[0].id)
            .execute(write.connection())
            .await
            .unwrap();
        write.commit().await.unwrap();
        assert_eq!(pass(desk.store.clone()).await.unwrap(), Pass::Worked);
        assert_eq!(pass(desk.store.clone()).await.unwrap(), Pass::Idle);
        let lines: Vec<String> = sqlx::query_scalar(
            "select line from feed_record where (kind = 'partner' and name = $1) or kind = 'white_label' order by kind",
        )
        .bind(&world.partners[0].id)
        .fetch_all(desk.store.reader())
        .await
        .unwrap();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(lines[0], known);
    }
}
