-- Expands: without it a token has the limit of the settings.
alter table api_token add column requests_per_minute bigint;
