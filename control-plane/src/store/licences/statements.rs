//! The statements about licences. Where a licence stands is worked out here as in the model: a test holds both
//! against each other.

pub(super) const ONE: &str = "select id, serial, tenant_id, partner_id, application_id, client_id, plan_id, product_id,
    subscription_id, order_id, kind, origin, term, components, max_activations, trial_days, extension_days,
    grace_days, when_over, renews, issued_ms, activated_ms, expires_ms, extended_ms, suspended_ms, suspended_by,
    suspended_reason, cancelled_ms, voided_ms, superseded_ms, superseded_by
    from licence where id = $1 and ($2 is null or partner_id = $2) and ($3 is null or application_id = $3)
    and ($4 is null or $4 like '%' || tenant_id || '%')";

pub(super) const BY_SERIAL: &str = "select id, serial, tenant_id, partner_id, application_id, client_id, plan_id, product_id,
    subscription_id, order_id, kind, origin, term, components, max_activations, trial_days, extension_days,
    grace_days, when_over, renews, issued_ms, activated_ms, expires_ms, extended_ms, suspended_ms, suspended_by,
    suspended_reason, cancelled_ms, voided_ms, superseded_ms, superseded_by
    from licence where serial = $1 and superseded_ms is null and ($2 is null or partner_id = $2) and ($3 is null or application_id = $3)
    and ($4 is null or $4 like '%' || tenant_id || '%')";

pub(super) const OF_TENANT: &str =
    "select id, serial, tenant_id, partner_id, application_id, client_id, plan_id, product_id,
    subscription_id, order_id, kind, origin, term, components, max_activations, trial_days, extension_days,
    grace_days, when_over, renews, issued_ms, activated_ms, expires_ms, extended_ms, suspended_ms, suspended_by,
    suspended_reason, cancelled_ms, voided_ms, superseded_ms, superseded_by
    from licence where tenant_id = $1 order by id";

pub(super) const OF_ORDER: &str =
    "select id, serial, tenant_id, partner_id, application_id, client_id, plan_id, product_id,
    subscription_id, order_id, kind, origin, term, components, max_activations, trial_days, extension_days,
    grace_days, when_over, renews, issued_ms, activated_ms, expires_ms, extended_ms, suspended_ms, suspended_by,
    suspended_reason, cancelled_ms, voided_ms, superseded_ms, superseded_by
    from licence where order_id = $1 order by id desc limit 1";

pub(super) const OF_SUBSCRIPTION: &str =
    "select id, serial, tenant_id, partner_id, application_id, client_id, plan_id, product_id,
    subscription_id, order_id, kind, origin, term, components, max_activations, trial_days, extension_days,
    grace_days, when_over, renews, issued_ms, activated_ms, expires_ms, extended_ms, suspended_ms, suspended_by,
    suspended_reason, cancelled_ms, voided_ms, superseded_ms, superseded_by
    from licence where subscription_id = $1 and superseded_ms is null order by id desc limit 1";

pub(super) const PAGE: &str =
    "select id, serial, tenant_id, partner_id, application_id, client_id, plan_id, product_id,
    subscription_id, order_id, kind, origin, term, components, max_activations, trial_days, extension_days,
    grace_days, when_over, renews, issued_ms, activated_ms, expires_ms, extended_ms, suspended_ms, suspended_by,
    suspended_reason, cancelled_ms, voided_ms, superseded_ms, superseded_by
    from licence where ($1 is null or partner_id = $1) and ($2 is null or application_id = $2)
    and ($3 is null or $3 like '%' || tenant_id || '%')
    and ($4 is null or tenant_id = $4) and ($5 is null or kind = $5) and ($6 is null or origin = $6)
    and ($7 is null or $7 = case
        when voided_ms is not null then 'voided'
        when superseded_ms is not null then 'superseded'
        when cancelled_ms <= $8 then 'cancelled'
        when suspended_ms is not null then 'suspended'
        when expires_ms + grace_days * 86400000 <= $8 then 'expired'
        when renews = 0 and (expires_ms + grace_days * 86400000 <= case kind when 'trial' then $10 else $9 end
            or cancelled_ms <= case kind when 'trial' then $10 else $9 end) then 'expiring'
        when activated_ms is null then 'issued'
        else 'active' end)
    and id > $11 order by id limit $12";

/// Decision 7 leaves out what isn't used yet, and decision 8 what is no client's.
pub(super) const COUNT: &str = "select
    cast(coalesce(sum(case when licence.kind <> 'trial' then 1 else 0 end), 0) as bigint) as current,
    cast(coalesce(sum(case when licence.kind = 'trial' then 1 else 0 end), 0) as bigint) as trials
    from licence join tenant on tenant.id = licence.tenant_id
    where ($1 is null or licence.partner_id = $1) and ($2 is null or licence.application_id = $2)
    and ($3 is null or $3 like '%' || licence.tenant_id || '%')
    and tenant.kind = 'client' and licence.voided_ms is null and licence.superseded_ms is null
    and (licence.cancelled_ms is null or licence.cancelled_ms > $4)
    and (licence.suspended_ms is not null or ((licence.expires_ms is null
        or licence.expires_ms + licence.grace_days * 86400000 > $4) and licence.activated_ms is not null))";

pub(super) const DUE: &str = "select id from licence where next_ms <= $1
    and not exists (select 1 from task_trouble where task_trouble.task = 'renew'
        and task_trouble.object = licence.id and task_trouble.next_ms > $1)
    order by next_ms, id limit $2";

pub(super) const ADD: &str = "insert into licence (id, serial, tenant_id, partner_id, application_id, client_id,
    plan_id, product_id, subscription_id, order_id, kind, origin, term, components, max_activations, trial_days,
    extension_days, grace_days, when_over, renews, issued_ms, activated_ms, expires_ms, extended_ms, next_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
    $24, $25)";

/// What was activated stays so, and what it was activated at: whatever is given here.
pub(super) const UPDATE: &str = "update licence set renews = $2, activated_ms = coalesce(activated_ms, $3),
    expires_ms = $4, extended_ms = $5, trial_days = $6, suspended_ms = $7, suspended_by = $8, suspended_reason = $9,
    cancelled_ms = $10, voided_ms = $11, superseded_ms = $12, superseded_by = $13, next_ms = $14 where id = $1";
