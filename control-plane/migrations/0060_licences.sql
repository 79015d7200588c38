-- Licences are facts, not states: where one stands is worked out from what happened to it and what time it is.

create table subscription (
    id text not null primary key,
    tenant_id text not null references tenant (id),
    partner_id text not null references partner (id),
    application_id text not null references application (id),
    client_id text,
    plan_id text not null,
    product_id text not null,
    -- monthly or yearly.
    term text not null,
    -- A JSON array of component and quantity.
    components text not null,
    -- trialing, active, past_due, suspended or ended.
    state text not null,
    -- 1 when nothing follows the period that runs.
    ends_after_period bigint not null,
    -- Periods are counted in calendar months from here, where the period `anchor_no` began.
    anchor_ms bigint not null,
    anchor_no bigint not null,
    -- The number of the period that runs: 0 for a trial, 1 for the first one.
    period_no bigint not null,
    period_start_ms bigint not null,
    period_end_ms bigint not null,
    grace_days bigint not null,
    -- What a period costs, as JSON.
    priced text,
    -- What becomes of it when the period ends, as JSON.
    scheduled text,
    -- When the task looks at it.
    next_ms bigint,
    created_ms bigint not null,
    ended_ms bigint
);
create index subscription_partner on subscription (partner_id, id);
create index subscription_tenant on subscription (tenant_id, id);
create index subscription_next on subscription (next_ms);
create index subscription_period_end on subscription (period_end_ms, id);

create table licence (
    id text not null primary key,
    -- Without dashes; it is kept when a licence follows another.
    serial text not null,
    tenant_id text not null references tenant (id),
    partner_id text not null references partner (id),
    application_id text not null references application (id),
    client_id text,
    plan_id text not null,
    product_id text not null,
    subscription_id text references subscription (id),
    order_id text,
    -- trial, paid or free.
    kind text not null,
    -- order, automatic or manual.
    origin text not null,
    -- monthly, yearly or perpetual.
    term text not null,
    components text not null,
    max_activations bigint not null,
    trial_days bigint not null,
    extension_days bigint not null,
    grace_days bigint not null,
    -- block or read_only: what becomes of the tenant when the licence is over.
    when_over text not null,
    -- 1 when another period follows by itself.
    renews bigint not null,
    issued_ms bigint not null,
    -- Written once.
    activated_ms bigint,
    -- Null for what has no end; the grace comes on top.
    expires_ms bigint,
    extended_ms bigint,
    suspended_ms bigint,
    -- operator, partner or billing.
    suspended_by text,
    suspended_reason text,
    -- From when on it is cancelled: perhaps not yet.
    cancelled_ms bigint,
    voided_ms bigint,
    superseded_ms bigint,
    superseded_by text,
    -- When the task looks at it, to tell that it ends soon or has ended.
    next_ms bigint
);
create unique index licence_serial on licence (serial) where superseded_ms is null;
create index licence_partner on licence (partner_id, id);
create index licence_tenant on licence (tenant_id, id);
create index licence_order on licence (order_id);
create index licence_subscription on licence (subscription_id);
create index licence_next on licence (next_ms);
create index licence_expires on licence (expires_ms, id);

create table activation (
    id text not null primary key,
    -- The licence that counts now: it moves when one licence follows another.
    licence_id text not null references licence (id),
    tenant_id text not null references tenant (id),
    partner_id text not null references partner (id),
    application_id text not null references application (id),
    -- What names the device or the installation.
    fingerprint text not null,
    name text,
    -- installation or oem.
    how text not null,
    activated_ms bigint not null,
    deactivated_ms bigint
);
create unique index activation_fingerprint on activation (licence_id, fingerprint);
create index activation_tenant on activation (tenant_id, id);
create index activation_partner on activation (partner_id, id);

-- The keys that sign licence files; the newest signs, all are published.
create table licence_key (
    id text not null primary key,
    -- Base64.
    public_key text not null,
    -- Sealed under the store key.
    seed blob not null,
    created_ms bigint not null
);

-- What the edge was last told of the tenant's licences, as JSON; null where none is asked for.
alter table tenant add column licence text;
