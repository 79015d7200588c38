-- Of which period it was told that nothing follows it: once each.
alter table subscription add column told_period_no bigint not null default -1;
-- The task looks every minute, at what is still to be told and at nothing else.
create index subscription_to_tell on subscription (period_end_ms, id)
    where ends_after_period = 1 and state = 'active' and told_period_no < period_no;
