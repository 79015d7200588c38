-- Consents, with the name of whom they are about.
select consent.id as id, consent.tenant_id as tenant_id, consent.partner_id as partner_id,
consent.member_id as member_id, app_user.name as name, consent.role as role, consent.scope as scope,
consent.reason as reason, consent.state as state, consent.requested_by as requested_by,
consent.requested_ms as requested_ms, consent.asked_until_ms as asked_until_ms,
consent.granted_by as granted_by, consent.granted_ms as granted_ms, consent.lasting as lasting,
consent.ends_ms as ends_ms, consent.ended_by as ended_by, consent.ended_ms as ended_ms
from consent join tenant on tenant.id = consent.tenant_id
join member on member.id = consent.member_id join app_user on app_user.id = member.user_id
