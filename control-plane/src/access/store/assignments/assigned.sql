-- Assignments, with the names of who and where.
select assignment.id as id, assignment.partner_id as partner_id,
assignment.member_id as member_id, app_user.name as name, app_user.email_written as email,
assignment.tenant_id as tenant_id, tenant.name as tenant_name, assignment.role as role,
assignment.state as state, assignment.consent_id as consent_id, assignment.created_ms as created_ms,
assignment.since_ms as since_ms, assignment.until_ms as until_ms, assignment.ended_ms as ended_ms
from assignment join tenant on tenant.id = assignment.tenant_id
join member on member.id = assignment.member_id join app_user on app_user.id = member.user_id
