-- From when on it is said that an uploaded certificate ends. It is its owner's until it has ended: only then is another
-- one got, so what was noted as the time to renew it is the time to say so.
alter table hostname add column ends_soon_ms bigint;
update hostname set ends_soon_ms = renew_at_ms, renew_at_ms = certificate_not_after_ms
where certificate_source = 'uploaded';

drop view claimed_name;
create view claimed_name as
select
    hostname.host as host,
    hostname.domain_id as domain_id,
    domain.tenant_id as tenant_id,
    domain.kind as kind,
    hostname.role as role,
    domain.host as main,
    domain.target_label as target_label,
    domain.txt_token as txt_token,
    domain.created_ms as created_ms,
    hostname.dns_state as dns_state,
    hostname.dns_reason as dns_reason,
    hostname.dns_checked_ms as dns_checked_ms,
    hostname.dns_next_ms as dns_next_ms,
    hostname.lost_since_ms as lost_since_ms,
    hostname.certificate_state as certificate_state,
    hostname.certificate_source as certificate_source,
    hostname.certificate_reason as certificate_reason,
    hostname.certificate_not_after_ms as certificate_not_after_ms,
    hostname.renew_at_ms as renew_at_ms,
    hostname.ends_soon_ms as ends_soon_ms,
    hostname.attempts as attempts,
    hostname.next_attempt_ms as next_attempt_ms
from hostname
join domain on domain.id = hostname.domain_id;
