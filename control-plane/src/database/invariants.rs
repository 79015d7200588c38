//! What must hold in every database at every moment, whatever was done and whenever the process was killed: one
//! statement each, which lists what breaks it. Suites ask after every history; an operator asks by a command.

use super::{Store, StoreError};

/// Something that breaks an invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub invariant: &'static str,
    /// The object that breaks it.
    pub object: String,
}

/// At most so many are listed of each: one is enough to know.
const LISTED: i64 = 20;

const INVARIANTS: &[(&str, &str)] = &[
    (
        "an active partner has its own business and its sandbox",
        "select p.id from partner p where p.state = 'active' and (
            (select count(*) from tenant t where t.partner_id = p.id and t.kind = 'business_free_partner'
                and t.state <> 'closed') <> 1
            or (select count(*) from tenant t where t.partner_id = p.id and t.kind = 'sandbox'
                and t.state <> 'closed') <> 1) limit $1",
    ),
    (
        "a tenant that was handed over has an active administrator of the client",
        "select t.id from tenant t where t.handed_over_ms is not null and t.state <> 'closed' and not exists (
            select 1 from tenant_user u where u.tenant_id = t.id and u.side = 'client' and u.role = 'administrator'
            and u.state = 'active') limit $1",
    ),
    (
        "what is live has a primary address of its own",
        "select w.tenant_id from white_label w left join domain d on d.id = w.primary_domain_id
        where w.state = 'live' and (d.id is null or d.tenant_id <> w.tenant_id or d.removed_ms is not null) limit $1",
    ),
    (
        "a voided licence was never activated",
        "select id from licence where voided_ms is not null and activated_ms is not null limit $1",
    ),
    (
        "a serial number has one licence that counts",
        "select serial from licence where superseded_ms is null group by serial having count(*) > 1 limit $1",
    ),
    (
        "a wallet's balance is what its entries add up to",
        "select w.id from ledger_wallet w where w.balance <>
            (select cast(coalesce(sum(case when e.to_account = 'wallet' then e.amount else 0 end)
                - sum(case when e.from_account = 'wallet' then e.amount else 0 end), 0) as bigint)
            from ledger_tx x join ledger_entry e on e.tx = x.seq where x.wallet_id = w.id) limit $1",
    ),
    (
        "what is pending is what its entries add up to",
        "select w.id from ledger_wallet w where w.pending <>
            (select cast(coalesce(sum(case when e.to_account = 'pending' then e.amount else 0 end)
                - sum(case when e.from_account = 'pending' then e.amount else 0 end), 0) as bigint)
            from ledger_tx x join ledger_entry e on e.tx = x.seq where x.wallet_id = w.id) limit $1",
    ),
    ("a wallet is never below its credit", "select id from ledger_wallet where balance + credit_limit < 0 limit $1"),
    (
        "a subscription is of its plan's product",
        "select s.id from subscription s left join plan p on p.id = s.plan_id
        where p.product_id is null or p.product_id <> s.product_id limit $1",
    ),
    (
        "a subscription's promo code is one",
        "select s.id from subscription s left join promo_code p on p.id = s.promo_id
        where s.promo_id is not null and p.id is null limit $1",
    ),
    (
        "what isn't paid has its day",
        "select id from subscription where (state = 'past_due' or state = 'suspended') and next_ms is null limit $1",
    ),
    (
        "an order that stands was charged once, whole",
        "select o.id from partner_order o where o.kind = 'order' and o.state <> 'voided' and not exists (
            select 1 from ledger_source s where s.kind = 'order' and s.id = o.id and s.partner_id = o.partner_id
            and s.currency = o.currency and s.amount = o.total_minor and s.state = 'posted') limit $1",
    ),
    (
        "an order that was taken back costs nothing",
        "select o.id from partner_order o join ledger_source s on s.kind = 'order' and s.id = o.id
        where o.state = 'voided' and s.state <> 'voided' and s.state <> 'reversed' limit $1",
    ),
    (
        "a trial costs nothing",
        "select o.id from partner_order o join ledger_source s on s.kind = 'order' and s.id = o.id
        where o.kind = 'trial' and s.amount <> 0 limit $1",
    ),
    (
        "a voided order has no licence that counts",
        "select o.id from partner_order o join licence l on l.order_id = o.id
        where o.state = 'voided' and l.voided_ms is null and l.superseded_ms is null limit $1",
    ),
    (
        "a promo code is used as often as it says",
        "select p.id from promo_code p where p.used <> (select count(*) from promo_redemption r
            where r.promo_code_id = p.id and r.state <> 'released') or p.used > p.max_uses limit $1",
    ),
    (
        "a mail address is one client of a partner",
        "select min(id) from client where email_compared is not null group by partner_id, email_compared
        having count(*) > 1 limit $1",
    ),
    (
        "the audit trail has no gap, and each event is told of once",
        "select a.id from audit_event a left join outbox_event o on o.seq = a.seq
        where (o.seq is null and a.seq >= (select coalesce(min(seq), 0) from outbox_event))
        or a.seq > (select count(*) from audit_event) limit $1",
    ),
    (
        "what an object's events are numbered by has no gap",
        "select object from outbox_event group by object having max(object_seq) - min(object_seq) + 1 <> count(*)
        limit $1",
    ),
];

impl Store {
    /// Everything that breaks an invariant; nothing, as long as all is well. Reads every table once.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn broken(&self) -> Result<Vec<Broken>, StoreError> {
        let mut broken = Vec::new();
        for (invariant, statement) in INVARIANTS {
            let objects: Vec<String> = sqlx::query_scalar(*statement).bind(LISTED).fetch_all(self.reader()).await?;
            broken.extend(objects.into_iter().map(|object| Broken { invariant, object }));
        }
        Ok(broken)
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.invariant, self.object)
    }
}
