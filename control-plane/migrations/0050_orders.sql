-- Orders and trials. What was chosen and what it cost are kept whole, as they were when it was placed.
create table partner_order (
    id text not null primary key,
    -- What people say; drawn at random, so that it tells nothing of how much is sold.
    number text not null unique,
    partner_id text not null references partner (id),
    client_id text not null references client (id),
    -- order or trial.
    kind text not null,
    -- fulfilled or voided; completed is a fulfilled one whose licence was activated.
    state text not null,
    -- The partner's own number for it.
    po_number text,
    product_id text not null,
    plan_id text not null,
    term text not null,
    -- JSON.
    basket text not null,
    priced text not null,
    currency text not null,
    total_minor bigint not null,
    tenant_id text not null references tenant (id),
    -- 1 when the tenant was opened for it.
    opened_tenant bigint not null,
    -- The serial number of its licence, which whatever licence follows keeps.
    serial text not null,
    subscription_id text,
    -- The order that this one took the place of: switched, or converted.
    replaces_id text,
    -- The order that took the place of this one.
    replaced_by_id text,
    -- How often the client was told how to activate.
    told bigint not null,
    -- The version of the rules that it was placed under.
    policy_version bigint not null,
    placed_ms bigint not null,
    voided_ms bigint
);
create index partner_order_partner on partner_order (partner_id, id);
create index partner_order_client on partner_order (client_id, id);
create index partner_order_tenant on partner_order (tenant_id, id);
create index partner_order_po on partner_order (partner_id, po_number) where po_number is not null;

-- A mail address tries a product once, with whatever partner; a voided trial leaves no row.
create table trial_use (
    product_id text not null,
    -- SHA-256 of the address as it is compared, hexadecimal.
    email_hash text not null,
    order_id text not null unique,
    primary key (product_id, email_hash)
);

-- How long something may be taken back, and how long a trial protects its client. The newest version counts.
create table order_policy (
    version bigint not null primary key,
    void_days bigint not null,
    claim_days bigint not null,
    since_ms bigint not null
);
insert into order_policy (version, void_days, claim_days, since_ms) values (1, 30, 90, 0);

-- When a holder was last told that another partner wanted its client.
create table claim_challenge (
    client_id text not null references client (id),
    challenger_id text not null references partner (id),
    at_ms bigint not null,
    primary key (client_id, challenger_id)
);
