-- Members, with the roles that they have.
select member.id as id, member.partner_id as partner_id, member.user_id as user_id,
app_user.email_written as email,
case when member.state = 'invited' then member.name else app_user.name end as name,
app_user.language as language, member.state as state, member.created_ms as created_ms,
case when exists (select 1 from role_grant where role_grant.member_id = member.id
    and role_grant.role = 'accountant') then 1 else 0 end as accountant,
case when exists (select 1 from role_grant where role_grant.member_id = member.id
    and role_grant.role = 'technical_support') then 1 else 0 end as technical_support
from member join app_user on app_user.id = member.user_id
