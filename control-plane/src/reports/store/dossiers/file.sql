-- The files of clients, with where the licence stands.
with file as (select tenant.id as id, tenant.partner_id as partner_id, tenant.application_id as application_id,
tenant.name as name, tenant.state as state, tenant.client_id as client_id, client.company as company,
tenant.handed_over_ms as handed_over_ms, tenant.created_ms as created_ms,
licence.id as licence_id, licence.serial as serial, licence.plan_id as plan_id, plan.name as plan_name,
licence.kind as kind, licence.origin as origin, licence.term as term, licence.expires_ms as expires_ms,
subscription.id as subscription_id, subscription.state as subscription_state,
subscription.period_end_ms as period_end_ms, subscription.ends_after_period as ends_after_period,
case when subscription.state <> 'ended' then subscription.period_end_ms else licence.expires_ms end as due_ms,
payment_method.id as method_id, payment_method.name as method_name,
case when licence.id is null then 'none'
    when licence.cancelled_ms <= ?1 then 'cancelled'
    when licence.suspended_ms is not null then 'suspended'
    when licence.expires_ms + licence.grace_days * 86400000 <= ?1 then 'expired'
    when licence.renews = 0 and (licence.expires_ms + licence.grace_days * 86400000
        <= case licence.kind when 'trial' then ?3 else ?2 end
        or licence.cancelled_ms <= case licence.kind when 'trial' then ?3 else ?2 end) then 'expiring'
    when licence.activated_ms is null then 'issued'
    else 'active' end as status,
case when exists (select 1 from assignment where assignment.tenant_id = tenant.id
    and assignment.state = 'active' and (assignment.until_ms is null or assignment.until_ms > ?1))
    then 1 else 0 end as followed
from tenant
left join client on client.id = tenant.client_id
left join licence on licence.id = (select one.id from licence as one
    where one.tenant_id = tenant.id and one.voided_ms is null and one.superseded_ms is null
    order by case when one.cancelled_ms <= ?1 or one.expires_ms + one.grace_days * 86400000 <= ?1 then 1 else 0 end,
    one.id desc limit 1)
left join plan on plan.id = licence.plan_id
left join subscription on subscription.id = licence.subscription_id
left join tenant_payment on tenant_payment.tenant_id = tenant.id
left join payment_method on payment_method.id = tenant_payment.payment_method_id
