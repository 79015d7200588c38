-- What is sold, for how much, and with which promo codes. Countries and partners are JSON lists; null is all of them.

create table product (
    id text not null primary key,
    application_id text not null references application (id),
    code text not null unique,
    name text not null,
    -- draft, listed or unlisted.
    state text not null,
    created_ms bigint not null
);

create table plan (
    id text not null primary key,
    product_id text not null references product (id),
    code text not null,
    name text not null,
    -- sold or free.
    kind text not null,
    state text not null,
    -- A JSON list: for how long it is sold, and where.
    terms text not null,
    -- block or read_only.
    at_suspension text not null,
    grace_days bigint not null,
    trial_days bigint not null,
    trial_extension_days bigint not null,
    max_activations bigint not null,
    created_ms bigint not null
);
create unique index plan_code on plan (product_id, code);

create table component (
    id text not null primary key,
    product_id text not null references product (id),
    code text not null,
    name text not null,
    -- device or service.
    kind text not null,
    state text not null,
    countries text,
    -- JSON lists of components.
    requires text not null,
    excludes text not null,
    max_quantity bigint not null,
    created_ms bigint not null
);
create unique index component_code on component (product_id, code);

create table price_list (
    id text not null primary key,
    name text not null unique,
    currency text not null,
    -- Where the clients are that it is for.
    countries text,
    -- Whom it is for.
    partners text,
    -- open or closed.
    state text not null,
    created_ms bigint not null
);

create table price_version (
    id text not null primary key,
    price_list_id text not null references price_list (id),
    number bigint not null,
    -- draft, published or retired; what is published never changes.
    state text not null,
    effective_ms bigint,
    published_ms bigint,
    created_ms bigint not null
);
create unique index price_version_number on price_version (price_list_id, number);
create unique index price_version_effective on price_version (price_list_id, effective_ms) where state = 'published';

create table price (
    price_version_id text not null references price_version (id),
    plan_id text not null references plan (id),
    term text not null,
    -- Empty for the plan itself.
    component_id text not null,
    -- From this quantity on, all of them cost so much each.
    from_quantity bigint not null,
    minor bigint not null check (minor >= 0),
    primary key (price_version_id, plan_id, term, component_id, from_quantity)
);

create table promo_code (
    id text not null primary key,
    -- In capitals.
    code text not null unique,
    -- What it gives and to whom, JSON; never changes.
    terms text not null,
    from_ms bigint not null,
    until_ms bigint,
    max_uses bigint,
    max_uses_per_partner bigint,
    -- How many redemptions are reserved or consumed.
    used bigint not null check (used >= 0 and (max_uses is null or used <= max_uses)),
    revoked_ms bigint,
    created_ms bigint not null
);

create table promo_redemption (
    id text not null primary key,
    promo_code_id text not null references promo_code (id),
    order_id text not null unique,
    partner_id text not null references partner (id),
    client_id text,
    -- reserved, consumed or released.
    state text not null,
    discount_minor bigint not null,
    currency text not null,
    created_ms bigint not null,
    changed_ms bigint not null
);
create index promo_redemption_code on promo_redemption (promo_code_id, partner_id);
