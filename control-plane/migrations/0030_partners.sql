-- Partners as a business: what they are, who approved them, whose region they are in; white label; what they sell in
-- their own name; what their people see first.

create table region (
    code text not null primary key,
    name_en text not null,
    name_fr text not null,
    -- The order in which regions are shown.
    position bigint not null
);
insert into region (code, name_en, name_fr, position) values
    ('uk', 'United Kingdom', 'Royaume-Uni', 10),
    ('au', 'Australia', 'Australie', 20),
    ('fr', 'France', 'France', 30),
    ('nordics', 'Nordic countries', 'Pays nordiques', 40),
    ('emea', 'Europe, Middle East and Africa', 'Europe, Moyen-Orient et Afrique', 50),
    ('north_america', 'North America', 'Amérique du Nord', 60),
    ('apac', 'Asia-Pacific', 'Asie-Pacifique', 70),
    ('japan', 'Japan', 'Japon', 80),
    ('south_america', 'South America', 'Amérique du Sud', 90),
    ('brazil', 'Brazil', 'Brésil', 100);

create table account_manager (
    id text not null primary key,
    name text not null,
    email text not null,
    phone text,
    -- Another way to reach them, in words: a messenger and a name there.
    other text,
    created_ms bigint not null,
    -- From when on they look after nobody.
    removed_ms bigint
);

-- Who looks after a region.
create table region_contact (
    region text not null references region (code),
    account_manager_id text not null references account_manager (id),
    primary key (region, account_manager_id)
);

-- reseller, integrator, it_provider, accounting_firm or oem.
alter table partner add column kind text not null default 'reseller';
alter table partner add column region text references region (code);
alter table partner add column account_manager_id text references account_manager (id);
-- integrated or no_code.
alter table partner add column distribution_mode text not null default 'no_code';
alter table partner add column support_level1 bigint not null default 0;
-- What proves its professional status, JSON; null until it was shown.
alter table partner add column legal text;
alter table partner add column tax_id text;
alter table partner add column auto_licence_plan text;
-- How it shows itself beyond its name, JSON.
alter table partner add column look text not null default '{}';
alter table partner add column settings text not null default '{}';
alter table partner add column state_reason text;
alter table partner add column approved_ms bigint;

create table white_label (
    tenant_id text not null primary key references tenant (id),
    -- off, configured or live.
    state text not null,
    owner_user_id text,
    primary_domain_id text references domain (id),
    app_lock bigint not null,
    -- Who gets what the client writes: partner or owner.
    contact_route text not null,
    -- The tenant's own brand, JSON; null where it is the partner's.
    brand text,
    live_since_ms bigint,
    changed_ms bigint not null
);
-- A name is the primary address of one white label.
create unique index white_label_primary on white_label (primary_domain_id) where primary_domain_id is not null;

-- What a partner sells in its own name, at its own price.
create table retail_offer (
    id text not null primary key,
    partner_id text not null references partner (id),
    -- subscription, installation, training, support, hardware or other.
    kind text not null,
    name text not null,
    description text,
    amount bigint not null,
    currency text not null,
    -- once, monthly or yearly.
    billed text not null,
    plan_id text,
    -- listed or unlisted.
    state text not null,
    created_ms bigint not null
);
create index retail_offer_partner on retail_offer (partner_id, id);

-- How a partner is paid by its clients.
create table payment_method (
    id text not null primary key,
    partner_id text not null references partner (id),
    -- card, transfer, direct_debit, cheque, cash or other.
    kind text not null,
    name text not null,
    instructions text,
    created_ms bigint not null,
    removed_ms bigint
);
create index payment_method_partner on payment_method (partner_id, id);

-- How the client of a tenant pays the partner.
create table tenant_payment (
    tenant_id text not null primary key references tenant (id),
    payment_method_id text not null references payment_method (id)
);
create index tenant_payment_method on tenant_payment (payment_method_id);

-- What somebody sees first: a person, or the holder of a token.
create table home_layout (
    owner text not null primary key,
    partner_id text,
    -- Blocks in their order, a JSON array.
    blocks text not null,
    changed_ms bigint not null
);

-- Guides, videos and what helps to sell.
create table help_link (
    id text not null primary key,
    -- guide, video or marketing.
    kind text not null,
    title_en text not null,
    title_fr text not null,
    url text not null,
    position bigint not null,
    created_ms bigint not null
);

-- How partners reach the vendor.
create table support_contact (
    one bigint not null primary key check (one = 1),
    email text,
    phone text,
    hours text,
    -- For active partners only.
    partner_email text
);
insert into support_contact (one) values (1);
