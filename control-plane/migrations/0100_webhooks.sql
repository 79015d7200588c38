-- How long an answer to a request with an idempotency key is kept: longer where it was about money.
alter table idempotency add column kept_until_ms bigint not null default 0;
create index idempotency_kept_until on idempotency (kept_until_ms);

-- Where a partner, or the vendor, is told of what happens.
create table webhook_endpoint (
    id text not null primary key,
    -- None: the vendor's own, which is told of everything.
    partner_id text references partner (id),
    url text not null,
    description text not null,
    -- Kinds of events, one space between; empty for all. A kind may end in a star.
    kinds text not null,
    -- enabled or disabled.
    state text not null,
    disabled_reason text,
    -- Sealed with the store key, as is the one before, which signs too until it ends.
    secret blob not null,
    previous_secret blob,
    previous_until_ms bigint,
    -- Events up to this number have their deliveries.
    seen_seq bigint not null,
    created_ms bigint not null
);
create index webhook_endpoint_partner on webhook_endpoint (partner_id, id);

create table webhook_delivery (
    id text not null primary key,
    endpoint_id text not null references webhook_endpoint (id),
    event_seq bigint not null references outbox_event (seq),
    object text not null,
    -- pending, delivered or failed.
    state text not null,
    attempts bigint not null,
    next_ms bigint not null,
    -- What came of the last attempt.
    last_status bigint,
    last_error text,
    created_ms bigint not null,
    done_ms bigint
);
create unique index webhook_delivery_event on webhook_delivery (endpoint_id, event_seq);
create index webhook_delivery_due on webhook_delivery (state, next_ms);
create index webhook_delivery_object on webhook_delivery (endpoint_id, object, state, event_seq);
create index webhook_delivery_endpoint on webhook_delivery (endpoint_id, id);
