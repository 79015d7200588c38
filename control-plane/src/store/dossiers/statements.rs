//! The statements about dossiers. Where a licence stands is worked out as in `licences/statements.rs`.

pub(super) const PAGE: &str =
    "with file as (select tenant.id as id, tenant.partner_id as partner_id, tenant.application_id as application_id,
    tenant.name as name, tenant.state as state, tenant.client_id as client_id, client.company as company,
    tenant.handed_over_ms as handed_over_ms, tenant.created_ms as created_ms,
    licence.id as licence_id, licence.serial as serial, licence.plan_id as plan_id, plan.name as plan_name,
    licence.kind as kind, licence.origin as origin, licence.term as term, licence.expires_ms as expires_ms,
    subscription.id as subscription_id, subscription.state as subscription_state,
    subscription.period_end_ms as period_end_ms, subscription.ends_after_period as ends_after_period,
    case when subscription.state <> 'ended' then subscription.period_end_ms else licence.expires_ms end as due_ms,
    payment_method.id as method_id, payment_method.name as method_name,
    case when licence.id is null then 'none'
        when licence.cancelled_ms <= $4 then 'cancelled'
        when licence.suspended_ms is not null then 'suspended'
        when licence.expires_ms + licence.grace_days * 86400000 <= $4 then 'expired'
        when licence.renews = 0 and (licence.expires_ms + licence.grace_days * 86400000
            <= case licence.kind when 'trial' then $6 else $5 end
            or licence.cancelled_ms <= case licence.kind when 'trial' then $6 else $5 end) then 'expiring'
        when licence.activated_ms is null then 'issued'
        else 'active' end as status,
    case when exists (select 1 from assignment where assignment.tenant_id = tenant.id
        and assignment.state = 'active' and (assignment.until_ms is null or assignment.until_ms > $4))
        then 1 else 0 end as followed
    from tenant
    left join client on client.id = tenant.client_id
    left join licence on licence.id = (select one.id from licence as one
        where one.tenant_id = tenant.id and one.voided_ms is null and one.superseded_ms is null
        order by case when one.cancelled_ms <= $4 or one.expires_ms + one.grace_days * 86400000 <= $4 then 1 else 0 end,
        one.id desc limit 1)
    left join plan on plan.id = licence.plan_id
    left join subscription on subscription.id = licence.subscription_id
    left join tenant_payment on tenant_payment.tenant_id = tenant.id
    left join payment_method on payment_method.id = tenant_payment.payment_method_id
    where tenant.kind = 'client' and tenant.state <> 'closed' and ($1 is null or tenant.partner_id = $1)
    and ($2 is null or tenant.application_id = $2) and ($3 is null or $3 like '%' || tenant.id || '%'))
    select id, partner_id, application_id, name, state, client_id, company, handed_over_ms, created_ms,
    licence_id, serial, plan_id, plan_name, kind, origin, term, expires_ms, subscription_id, subscription_state,
    period_end_ms, ends_after_period, method_id, method_name, status
    from file where ($7 is null or status = $7)
    and ($8 is null or (due_ms >= $4 and due_ms < $8))
    and ($9 is null or status = 'none' or status = 'expired' or status = 'cancelled')
    and ($10 is null or followed = 0) and ($11 is null or id = $11)
    and id > $12 order by id limit $13";

pub(super) const COUNT: &str =
    "with file as (select tenant.id as id, tenant.partner_id as partner_id, tenant.application_id as application_id,
    tenant.name as name, tenant.state as state, tenant.client_id as client_id, client.company as company,
    tenant.handed_over_ms as handed_over_ms, tenant.created_ms as created_ms,
    licence.id as licence_id, licence.serial as serial, licence.plan_id as plan_id, plan.name as plan_name,
    licence.kind as kind, licence.origin as origin, licence.term as term, licence.expires_ms as expires_ms,
    subscription.id as subscription_id, subscription.state as subscription_state,
    subscription.period_end_ms as period_end_ms, subscription.ends_after_period as ends_after_period,
    case when subscription.state <> 'ended' then subscription.period_end_ms else licence.expires_ms end as due_ms,
    payment_method.id as method_id, payment_method.name as method_name,
    case when licence.id is null then 'none'
        when licence.cancelled_ms <= $4 then 'cancelled'
        when licence.suspended_ms is not null then 'suspended'
        when licence.expires_ms + licence.grace_days * 86400000 <= $4 then 'expired'
        when licence.renews = 0 and (licence.expires_ms + licence.grace_days * 86400000
            <= case licence.kind when 'trial' then $6 else $5 end
            or licence.cancelled_ms <= case licence.kind when 'trial' then $6 else $5 end) then 'expiring'
        when licence.activated_ms is null then 'issued'
        else 'active' end as status,
    case when exists (select 1 from assignment where assignment.tenant_id = tenant.id
        and assignment.state = 'active' and (assignment.until_ms is null or assignment.until_ms > $4))
        then 1 else 0 end as followed
    from tenant
    left join client on client.id = tenant.client_id
    left join licence on licence.id = (select one.id from licence as one
        where one.tenant_id = tenant.id and one.voided_ms is null and one.superseded_ms is null
        order by case when one.cancelled_ms <= $4 or one.expires_ms + one.grace_days * 86400000 <= $4 then 1 else 0 end,
        one.id desc limit 1)
    left join plan on plan.id = licence.plan_id
    left join subscription on subscription.id = licence.subscription_id
    left join tenant_payment on tenant_payment.tenant_id = tenant.id
    left join payment_method on payment_method.id = tenant_payment.payment_method_id
    where tenant.kind = 'client' and tenant.state <> 'closed' and ($1 is null or tenant.partner_id = $1)
    and ($2 is null or tenant.application_id = $2) and ($3 is null or $3 like '%' || tenant.id || '%'))
    select count(*) as files,
    cast(coalesce(sum(case when status = 'issued' then 1 else 0 end), 0) as bigint) as issued,
    cast(coalesce(sum(case when status = 'active' then 1 else 0 end), 0) as bigint) as active,
    cast(coalesce(sum(case when status = 'expiring' then 1 else 0 end), 0) as bigint) as expiring,
    cast(coalesce(sum(case when status = 'expired' then 1 else 0 end), 0) as bigint) as expired,
    cast(coalesce(sum(case when status = 'suspended' then 1 else 0 end), 0) as bigint) as suspended,
    cast(coalesce(sum(case when status = 'cancelled' then 1 else 0 end), 0) as bigint) as cancelled,
    cast(coalesce(sum(case when status = 'none' then 1 else 0 end), 0) as bigint) as without_licence,
    cast(coalesce(sum(case when status = 'none' or status = 'expired' or status = 'cancelled'
        then 1 else 0 end), 0) as bigint) as licence_needed,
    cast(coalesce(sum(case when followed = 0 then 1 else 0 end), 0) as bigint) as without_collaborator
    from file";
