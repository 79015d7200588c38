//! The statements about dossiers. Where a licence stands is worked out as in `licences/statements.rs`.

pub(super) const PAGE: &str = concat!(
    include_str!("file.sql"),
    "select id, partner_id, application_id, name, state, client_id, company, handed_over_ms, created_ms,
    licence_id, serial, plan_id, plan_name, kind, origin, term, expires_ms, subscription_id, subscription_state,
    period_end_ms, ends_after_period, method_id, method_name, status
    from file where ($7 is null or status = $7)
    and ($8 is null or (due_ms >= $4 and due_ms < $8))
    and ($9 is null or status = 'none' or status = 'expired' or status = 'cancelled')
    and ($10 is null or followed = 0) and ($11 is null or id = $11)
    and id > $12 order by id limit $13"
);

pub(super) const COUNT: &str = concat!(
    include_str!("file.sql"),
    "select count(*) as files,
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
    from file"
);
