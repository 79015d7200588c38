-- Expands. What describes a tenant's licences to the edge, beside what decides (tenant.licence, which programs from before
-- read whole and refuse to read with more in it): since when there is grace, and which licences nobody has used yet.
alter table tenant add column licence_use text;
create index tenant_undescribed on tenant (id) where licence is not null and licence_use is null;
