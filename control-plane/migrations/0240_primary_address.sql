-- Expands. Whether visitors of a tenant's other names are sent to the primary address of its white label (S1.8).
alter table white_label add column redirect_to_primary bigint not null default 1;
