-- What people look for by name or number: one row for each thing and each partner that may find it.
create table search_entry (
    id bigint not null primary key,
    -- client, licence, order, partner, tenant or user.
    kind text not null,
    object text not null,
    -- Whose it is; empty for the vendor's own.
    partner_id text not null,
    tenant_id text,
    -- What is shown of it.
    label text not null
);
create unique index search_entry_object on search_entry (kind, object, partner_id);

-- The words of each, folded. They are bytes, so that every database puts them in the same order.
create table search_token (
    partner_id text not null,
    token blob not null,
    entry bigint not null references search_entry (id),
    primary key (partner_id, token, entry)
);
create index search_token_token on search_token (token, entry);
create index search_token_entry on search_token (entry, token);
