//! The lists that are read most, on tables with many rows: each by an index that fits what it is limited to and its order.
//! `MARQUE_TEST_ROWS=1000000` shows a million, and with `--no-capture` each plan and how long the first page took.

use std::time::Instant;

use marque_config::{ApplicationId, PartnerId};

use super::*;
use crate::clients::store::{self as clients, ClientFilter};
use crate::database::statement::Statement;
use crate::domains::store as domains;
use crate::kernel::ids::{ClientId, WalletId};
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::sort_order::SortOrder;
use crate::licences::model::LicenceStatus;
use crate::licences::store::{self as licences, LicenceFilter, subscriptions};
use crate::money::store::transactions::{self, TxFilter};
use crate::notify::model::mail::MailState;
use crate::notify::store::mail;
use crate::orders::model::OrderState;
use crate::orders::store::{self as orders, OrderFilter};
use crate::reports::store::dossiers::{self, DossierFilter};
use crate::reports::store::{self as reports, Due};
use crate::support::model::MessageState;
use crate::support::store::{self as support, MessageFilter};
use crate::tenants::store as tenants;

const FILL: &str = include_str!("lists/fill.sql");
const ROWS: usize = 20_000;

/// Whose rows there are.
struct Cast {
    mine: PartnerId,
    application: ApplicationId,
    tenant: TenantId,
    client: ClientId,
    wallet: WalletId,
}

/// One list as somebody asks for it, with the index that SQLite takes, or none where it may choose.
struct List {
    name: &'static str,
    index: &'static str,
    statement: Statement,
    /// Whether it is put in order after it was found, because what it is sorted by is worked out.
    is_sorted: bool,
}

fn list(name: &'static str, index: &'static str, statement: Statement) -> List {
    List { name, index, statement, is_sorted: false }
}

impl Cast {
    fn new() -> Self {
        Self {
            mine: PartnerId::new(1, &[1; 10]),
            application: ApplicationId::new(1, &[1; 10]),
            tenant: TenantId::new(1, &[1; 10]),
            client: ClientId::new(1, &[1; 10]),
            wallet: WalletId::new(1, &[1; 10]),
        }
    }

    async fn fill(&self, store: &Store, rows: usize) {
        let text = FILL
            .replace("{rows}", &rows.to_string())
            .replace("{mine}", &self.mine.to_string())
            .replace("{other}", &PartnerId::new(1, &[2; 10]).to_string())
            .replace("{application}", &self.application.to_string())
            .replace("{tenant}", &self.tenant.to_string())
            .replace("{client}", &self.client.to_string())
            .replace("{wallet}", &self.wallet.to_string());
        let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
        if store.backend() == Backend::Postgres {
            // What refers to what is right by itself: looking it up takes longer than writing it.
            let hurry = "set local statement_timeout = 0; set local session_replication_role = replica";
            sqlx::raw_sql(hurry).execute(write.connection()).await.unwrap();
        }
        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(write.connection()).await.unwrap();
        write.commit().await.unwrap();
    }

    fn reaches(&self) -> [Reach; 4] {
        let of = |principal| Reach::of(principal, Actor::system("test"));
        let partner = Principal::Partner(self.mine);
        [
            of(Principal::Operator),
            of(partner),
            of(Principal::Application(self.application)),
            of(partner).limited_to(Some([self.tenant].into())),
        ]
    }

    fn lists(&self, page: &Page) -> Vec<List> {
        [self.sales(page), self.spaces(page), self.licences(page), self.traces(page), self.messages(page)]
            .into_iter()
            .flatten()
            .collect()
    }

    fn sales(&self, page: &Page) -> Vec<List> {
        let [operator, partner, ..] = self.reaches();
        let orders = |reach, filter| orders::list(reach, &filter, page);
        let any = OrderFilter::default;
        let clients = |reach, state: Option<&str>, country: Option<&str>| {
            let filter = ClientFilter { state: state.map(Into::into), country: country.map(Into::into) };
            clients::list(reach, &filter, page)
        };
        let voided = || OrderFilter { state: Some(OrderState::Voided), ..any() };
        let used = OrderFilter { state: Some(OrderState::Completed), ..any() };
        let number = OrderFilter { po_number: Some("PO77".into()), ..any() };
        let of_client = OrderFilter { client: Some(self.client), ..any() };
        vec![
            list("orders, all", "sqlite_autoindex_partner_order", orders(&operator, any())),
            list("orders of a partner", "partner_order_partner", orders(&partner, any())),
            list("orders, voided", "partner_order_voided ", orders(&operator, voided())),
            list("orders of a partner, voided", "partner_order_voided_of", orders(&partner, voided())),
            list("orders of a partner, in use", "partner_order_partner", orders(&partner, used)),
            list("orders of a partner, by its number", "partner_order_po_number", orders(&partner, number)),
            list("orders of a partner's client", "partner_order_client", orders(&partner, of_client)),
            list("clients, all", "sqlite_autoindex_client", clients(&operator, None, None)),
            list("clients of a partner", "client_partner ", clients(&partner, None, None)),
            list("clients in a state", "client_state", clients(&operator, Some("former"), None)),
            list("clients of a partner, in a state", "client_partner_state", clients(&partner, Some("former"), None)),
            list("clients of a partner, in a country", "client_partner_in", clients(&partner, None, Some("DE"))),
        ]
    }

    fn spaces(&self, page: &Page) -> Vec<List> {
        let [operator, partner, application, limited] = self.reaches();
        let (tenant, client) = (Some(self.tenant), Some(self.client));
        let files = |filter| dossiers::statements::list(&partner, &filter, page, 0).unwrap();
        vec![
            list("tenants, all", "sqlite_autoindex_tenant", tenants::list(&operator, None, page)),
            list("tenants of a partner", "tenant_partner", tenants::list(&partner, None, page)),
            list("tenants of an application", "tenant_application", tenants::list(&application, None, page)),
            list("tenants of a partner's client", "tenant_of_client", tenants::list(&partner, client, page)),
            list("tenants of a limited token", "sqlite_autoindex_tenant", tenants::list(&limited, None, page)),
            list("domains of a partner", "domain_partner", domains::list(&partner, None, page)),
            list("domains of an application", "domain_application", domains::list(&application, None, page)),
            list("domains of a tenant", "domain_tenant", domains::list(&partner, tenant, page)),
            List { is_sorted: true, ..list("dossiers", "tenant_partner", files(DossierFilter::default())) },
            List {
                is_sorted: true,
                ..list("one dossier", "", files(DossierFilter { tenant, ..DossierFilter::default() }))
            },
        ]
    }

    fn licences(&self, page: &Page) -> Vec<List> {
        let [operator, partner, application, limited] = self.reaches();
        let tenant = Some(self.tenant);
        let licences = |reach, filter: LicenceFilter| licences::statements::list(reach, &filter, page, 0).unwrap();
        let any = LicenceFilter::default;
        let suspended = LicenceFilter { status: Some(LicenceStatus::Suspended), ..any() };
        let of_tenant = LicenceFilter { tenant, ..any() };
        let due = |suspended_too| Due {
            from_ms: 1_000_000,
            before_ms: 1_050_000,
            suspended_too,
            after: (0, String::new()),
            limit: 51,
        };
        let subscriptions = |reach, tenant| subscriptions::list(reach, tenant, page);
        vec![
            list("licences, all", "sqlite_autoindex_licence", licences(&operator, any())),
            list("licences of a partner", "licence_partner ", licences(&partner, any())),
            list("licences of a partner, suspended", "licence_suspended", licences(&partner, suspended)),
            list("licences of a partner's tenant", "licence_tenant", licences(&partner, of_tenant)),
            list("licences of a limited token", "licence_tenant", licences(&limited, any())),
            list("licences of an application", "licence_application", licences(&application, any())),
            list("subscriptions of a partner", "subscription_partner ", subscriptions(&partner, None)),
            list("subscriptions of a tenant", "subscription_tenant", subscriptions(&partner, tenant)),
            list("subscriptions of an application", "subscription_application", subscriptions(&application, None)),
            List { is_sorted: true, ..list("licences due", "", reports::licences(&partner, &due(false))) },
            List {
                is_sorted: true,
                ..list("licences due, suspended too", "", reports::licences(&partner, &due(true)))
            },
            List { is_sorted: true, ..list("subscriptions due", "", reports::subscriptions(&partner, &due(false))) },
        ]
    }

    /// What is expanded: found by their identities, whosever they are.
    fn expanded(&self) -> Vec<List> {
        let page = Page::of((0..100).map(|number| format!("id_{number}")).collect());
        let mut lists = Vec::new();
        for reach in &self.reaches() {
            // Of a tenant by both: its index ends with the identity.
            let licences = licences::statements::list(reach, &LicenceFilter::default(), &page, 0).unwrap();
            lists.push(list("licences by identity", "id=?", licences));
            lists.push(list("subscriptions by identity", "id=?", subscriptions::list(reach, None, &page)));
            lists.push(list("tenants by identity", "id=?", tenants::list(reach, None, &page)));
            lists.push(list("clients by identity", "id=?", clients::list(reach, &ClientFilter::default(), &page)));
        }
        lists
    }

    fn traces(&self, page: &Page) -> Vec<List> {
        let [operator, partner, _, limited] = self.reaches();
        let audit = |reach, object: Option<&str>, action: Option<&str>| {
            let filter = AuditFilter { object: object.map(Into::into), action: action.map(Into::into) };
            audit::list(reach, &filter, page)
        };
        let oldest = audit::list(&partner, &AuditFilter::default(), page);
        let ledger = |reach, wallet| transactions::list(reach, &TxFilter { wallet, ..TxFilter::default() }, page);
        let action = Some("licence.suspended");
        vec![
            list("audit trail, all", "sqlite_autoindex_audit_event", audit(&operator, None, None)),
            list("audit trail of a partner", "audit_event_partner ", audit(&partner, None, None)),
            list("audit trail of a partner, oldest first", "audit_event_partner ", oldest),
            list("audit trail of an object", "audit_event_object", audit(&partner, Some("obj_10"), None)),
            list("audit trail, one action", "audit_event_action", audit(&operator, None, action)),
            list("audit trail of a partner, one action", "audit_event_partner_action", audit(&partner, None, action)),
            list("audit trail of a limited token", "audit_event_tenant", audit(&limited, None, None)),
            list("ledger, all", "sqlite_autoindex_ledger_tx", ledger(&operator, None)),
            list("ledger of a partner", "ledger_tx_partner", ledger(&partner, None)),
            list("ledger of a wallet", "ledger_tx_wallet", ledger(&partner, Some(self.wallet))),
            list("events of a partner", "outbox_event_partner", events::list(&partner, 0, page)),
            list("events of a limited token", "outbox_event_tenant", events::list(&limited, 0, page)),
        ]
    }

    fn messages(&self, page: &Page) -> Vec<List> {
        let [operator, partner, ..] = self.reaches();
        let messages = |reach, state, tenant, shared| {
            support::list(reach, &MessageFilter { state, tenant, shared }, page).unwrap()
        };
        let escalated = Some(MessageState::Escalated);
        let mails = |state| mail::list(state, page).unwrap();
        vec![
            list("messages of a partner", "support_message_partner ", messages(&partner, None, None, false)),
            list(
                "messages of a partner in a state",
                "support_message_partner_state",
                messages(&partner, escalated, None, false),
            ),
            list("messages of a tenant", "support_message_tenant", messages(&partner, None, Some(self.tenant), false)),
            list("messages that the vendor is shown", "support_message_shared", messages(&operator, None, None, true)),
            list(
                "such messages in a state",
                "support_message_shared_state",
                messages(&operator, escalated, None, true),
            ),
            list("mails, all", "sqlite_autoindex_mail", mails(None)),
            list("mails in a state", "mail_state", mails(Some(MailState::Failed))),
        ]
    }
}

async fn plan(store: &Store, list: &List) -> String {
    match store.backend() {
        Backend::Sqlite => {
            let rows: Vec<(i64, i64, i64, String)> =
                list.statement.clone().explained("explain query plan").rows(store.reader()).await.unwrap();
            rows.into_iter().map(|row| row.3 + "\n").collect()
        }
        Backend::Postgres => {
            let rows: Vec<(String,)> = list.statement.clone().explained("explain").rows(store.reader()).await.unwrap();
            rows.into_iter().map(|row| row.0 + "\n").collect()
        }
    }
}

/// Tables with a few rows, which are read at once.
const SMALL: [&str; 4] = [" ledger_wallet", " plan", " payment_method", " tenant_payment"];

/// What of a plan reads a table from end to end, or puts in order what should have come so.
fn faults(list: &List, plan: &str, has_statistics: bool) -> Vec<String> {
    let mut faults: Vec<_> = plan
        .lines()
        .filter(|line| line.contains("Seq Scan on") || line.contains("SCAN "))
        .filter(|line| !SMALL.iter().any(|small| line.contains(small)))
        .map(str::to_owned)
        .collect();
    if plan.contains("USE TEMP B-TREE FOR ORDER BY") && !list.is_sorted {
        faults.push("put in order".into());
    }
    // By statistics it may take another one that is as good for what there happens to be.
    if !has_statistics && !plan.contains(list.index) {
        faults.push(format!("not by {}", list.index));
    }
    faults
}

async fn expect_indexes(store: &Store, lists: &[List], has_statistics: bool) {
    let mut wrong = Vec::new();
    for list in lists {
        let plan = plan(store, list).await;
        let begun = Instant::now();
        let rows = list.statement.clone().bound().fetch_all(store.reader()).await.unwrap().len();
        println!("{}: {rows} rows in {:.1?}\n{plan}", list.name, begun.elapsed());
        let faults = faults(list, &plan, has_statistics);
        if !faults.is_empty() {
            wrong.push(format!("{}: {faults:?}\n{:?}\n{plan}", list.name, list.statement));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_lists_that_are_read_most_are_found_by_indexes_and_in_order() {
    let rows = std::env::var_os("MARQUE_TEST_ROWS").map_or(ROWS, |rows| rows.into_string().unwrap().parse().unwrap());
    let (store, _directory) = store().await;
    let cast = Cast::new();
    let begun = Instant::now();
    cast.fill(&store, rows).await;
    println!("{rows} rows of each in {:.1?}", begun.elapsed());
    let lists = cast.lists(&Page::first(51));
    if store.backend() == Backend::Sqlite {
        // Without statistics, as it serves.
        expect_indexes(&store, &lists, false).await;
        expect_indexes(&store, &cast.expanded(), false).await;
    }
    let mut write = store.begin(&Actor::system("test"), 0).await.unwrap();
    if store.backend() == Backend::Postgres {
        sqlx::raw_sql("set local statement_timeout = 0").execute(write.connection()).await.unwrap();
    }
    sqlx::raw_sql("analyze").execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
    expect_indexes(&store, &lists, true).await;
    // From the middle on, and the other way round, too.
    for page in [
        Page { after: "m".into(), ..Page::first(51) },
        Page { order: SortOrder::Newest, ..Page::first(51) },
        Page { after: "m".into(), order: SortOrder::Newest, ..Page::first(51) },
    ] {
        expect_indexes(&store, &cast.lists(&page), true).await;
    }
    expect_indexes(&store, &cast.expanded(), true).await;
}
