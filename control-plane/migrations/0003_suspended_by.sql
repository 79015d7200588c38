-- Who holds a suspended tenant: operator or partner. What was suspended before this was kept is an operator's to resume.
alter table tenant add column suspended_by text;
update tenant set suspended_by = 'operator' where state = 'suspended';
