-- The promo code belongs to the subscription, not to one of its prices: it holds through changes, and through a period
-- that it couldn't be applied to.
alter table subscription add column promo_id text;
update subscription set promo_id = (select max(r.promo_code_id) from partner_order o
    join promo_redemption r on r.order_id = o.id
    where o.subscription_id = subscription.id and r.state <> 'released')
    where state <> 'ended';
-- Since when it is suspended for want of payment. The task writes it down for those that were before.
alter table subscription add column suspended_ms bigint;
update subscription set next_ms = period_end_ms where state = 'suspended';
-- A change of plan wrote neither.
update subscription set product_id = (select p.product_id from plan p where p.id = subscription.plan_id)
    where exists (select 1 from plan p where p.id = subscription.plan_id);
update subscription set grace_days = (select max(l.grace_days) from licence l
        where l.subscription_id = subscription.id and l.superseded_ms is null)
    where state <> 'ended' and period_no > 0 and exists (select 1 from licence l
        where l.subscription_id = subscription.id and l.superseded_ms is null);
create index subscription_unpaid on subscription (partner_id, period_end_ms)
    where state = 'past_due' or state = 'suspended';

-- A payment's reference as it is compared: one transfer isn't recorded twice.
alter table ledger_payment add column compared text not null default '';
update ledger_payment set compared = lower(trim(reference));
create index ledger_payment_compared on ledger_payment (partner_id, currency, amount, compared);

-- Who made a token: a token, a person, or the machine itself.
alter table api_token add column made_by text;
update api_token set made_by = coalesce(
    (select a.actor from audit_event a where a.object = api_token.id and a.action = 'token.created'
        order by a.seq limit 1),
    (select a.actor from api_token b join audit_event a on a.object = b.id and a.action = 'token.rolled'
        where b.rolled_to = api_token.id order by a.seq desc limit 1));
