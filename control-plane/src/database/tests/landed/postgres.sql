-- The database of the first version, with one tenant and one order (pg_dump --inserts --column-inserts).
SELECT pg_catalog.set_config('search_path', '', false);
CREATE DOMAIN public.blob AS bytea;
CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);
CREATE TABLE public.account_manager (
    id text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    phone text,
    other text,
    created_ms bigint NOT NULL,
    removed_ms bigint
);
CREATE TABLE public.acme_account (
    directory text NOT NULL,
    credentials public.blob NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.activation (
    id text NOT NULL,
    licence_id text NOT NULL,
    tenant_id text NOT NULL,
    partner_id text NOT NULL,
    application_id text NOT NULL,
    fingerprint text NOT NULL,
    name text,
    how text NOT NULL,
    activated_ms bigint NOT NULL,
    deactivated_ms bigint
);
CREATE TABLE public.api_token (
    id text NOT NULL,
    name text NOT NULL,
    principal text NOT NULL,
    scopes text NOT NULL,
    hash text NOT NULL,
    created_ms bigint NOT NULL,
    expires_ms bigint,
    revoked_ms bigint,
    networks text DEFAULT ''::text NOT NULL,
    tenants text DEFAULT ''::text NOT NULL,
    not_before_ms bigint,
    mode text DEFAULT 'live'::text NOT NULL,
    rolled_to text
);
CREATE TABLE public.app_user (
    id text NOT NULL,
    email_compared text NOT NULL,
    email_written text NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    state text NOT NULL,
    password_hash text,
    totp_sealed public.blob,
    totp_since_ms bigint,
    totp_step bigint DEFAULT 0 NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.application (
    id text NOT NULL,
    name text NOT NULL,
    policy text NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.assignment (
    id text NOT NULL,
    partner_id text NOT NULL,
    member_id text NOT NULL,
    tenant_id text NOT NULL,
    role text NOT NULL,
    state text NOT NULL,
    consent_id text,
    created_ms bigint NOT NULL,
    since_ms bigint,
    until_ms bigint,
    ended_ms bigint
);
CREATE TABLE public.audit_event (
    seq bigint NOT NULL,
    id text NOT NULL,
    at_ms bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    partner_id text,
    tenant_id text,
    request_id text,
    ip text,
    detail text NOT NULL,
    prev_hash text NOT NULL,
    hash text NOT NULL
);
CREATE TABLE public.audit_head (
    one bigint NOT NULL,
    seq bigint NOT NULL,
    hash text NOT NULL,
    CONSTRAINT audit_head_one_check CHECK ((one = 1))
);
CREATE TABLE public.blocked_collaborator (
    tenant_id text NOT NULL,
    member_id text NOT NULL,
    blocked_by text NOT NULL,
    blocked_ms bigint NOT NULL
);
CREATE TABLE public.claim_challenge (
    client_id text NOT NULL,
    challenger_id text NOT NULL,
    at_ms bigint NOT NULL
);
CREATE TABLE public.domain (
    id text NOT NULL,
    tenant_id text NOT NULL,
    kind text NOT NULL,
    host text NOT NULL,
    target_label text NOT NULL,
    txt_token text NOT NULL,
    created_ms bigint NOT NULL,
    removed_ms bigint
);
CREATE TABLE public.hostname (
    host text NOT NULL,
    domain_id text NOT NULL,
    role text NOT NULL,
    dns_state text NOT NULL,
    dns_reason text,
    dns_checked_ms bigint,
    dns_next_ms bigint,
    lost_since_ms bigint,
    certificate_state text NOT NULL,
    certificate_source text,
    certificate_reason text,
    certificate_not_after_ms bigint,
    certificate_chain text,
    certificate_key public.blob,
    renew_at_ms bigint,
    ends_soon_ms bigint,
    attempts bigint NOT NULL,
    next_attempt_ms bigint
);
CREATE VIEW public.claimed_name AS
 SELECT hostname.host,
    hostname.domain_id,
    domain.tenant_id,
    domain.kind,
    hostname.role,
    domain.host AS main,
    domain.target_label,
    domain.txt_token,
    domain.created_ms,
    hostname.dns_state,
    hostname.dns_reason,
    hostname.dns_checked_ms,
    hostname.dns_next_ms,
    hostname.lost_since_ms,
    hostname.certificate_state,
    hostname.certificate_source,
    hostname.certificate_reason,
    hostname.certificate_not_after_ms,
    hostname.renew_at_ms,
    hostname.ends_soon_ms,
    hostname.attempts,
    hostname.next_attempt_ms
   FROM (public.hostname
     JOIN public.domain ON ((domain.id = hostname.domain_id)));
CREATE TABLE public.client (
    id text NOT NULL,
    partner_id text NOT NULL,
    company text NOT NULL,
    email_written text,
    email_compared text,
    phone text,
    address text,
    postal_code text,
    city text,
    country text NOT NULL,
    tax_id text,
    region_rule_version bigint NOT NULL,
    language text NOT NULL,
    contacts text NOT NULL,
    state text NOT NULL,
    created_ms bigint NOT NULL,
    anonymised_ms bigint
);
CREATE TABLE public.client_place (
    client_id text NOT NULL,
    partner_id text NOT NULL,
    latitude bigint NOT NULL,
    longitude bigint NOT NULL,
    found_by text NOT NULL
);
CREATE TABLE public.component (
    id text NOT NULL,
    product_id text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    countries text,
    requires text NOT NULL,
    excludes text NOT NULL,
    max_quantity bigint NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.consent (
    id text NOT NULL,
    tenant_id text NOT NULL,
    partner_id text NOT NULL,
    member_id text NOT NULL,
    role text NOT NULL,
    scope text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL,
    requested_by text NOT NULL,
    requested_ms bigint NOT NULL,
    asked_until_ms bigint,
    granted_by text,
    granted_ms bigint,
    lasting bigint NOT NULL,
    ends_ms bigint NOT NULL,
    ended_by text,
    ended_ms bigint
);
CREATE TABLE public.consent_session (
    id text NOT NULL,
    consent_id text NOT NULL,
    opened_by text NOT NULL,
    opened_ms bigint NOT NULL,
    ip text
);
CREATE TABLE public.edge_proxy (
    name text NOT NULL,
    acked_revision bigint NOT NULL,
    live_until_ms bigint NOT NULL,
    stream text
);
CREATE TABLE public.feed_counter (
    one bigint NOT NULL,
    epoch text NOT NULL,
    revision bigint NOT NULL,
    floor bigint NOT NULL,
    CONSTRAINT feed_counter_one_check CHECK ((one = 1))
);
CREATE TABLE public.feed_record (
    kind text NOT NULL,
    name text NOT NULL,
    revision bigint NOT NULL,
    body text,
    changed_ms bigint NOT NULL
);
CREATE TABLE public.help_link (
    id text NOT NULL,
    kind text NOT NULL,
    title_en text NOT NULL,
    title_fr text NOT NULL,
    url text NOT NULL,
    "position" bigint NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.home_layout (
    owner text NOT NULL,
    partner_id text,
    blocks text NOT NULL,
    changed_ms bigint NOT NULL
);
CREATE TABLE public.idempotency (
    principal text NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    status bigint NOT NULL,
    body text NOT NULL,
    created_ms bigint NOT NULL,
    kept_until_ms bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.invitation (
    id text NOT NULL,
    user_id text NOT NULL,
    place text NOT NULL,
    partner_id text,
    tenant_id text,
    hash text NOT NULL,
    state text NOT NULL,
    created_ms bigint NOT NULL,
    sent_ms bigint NOT NULL,
    expires_ms bigint NOT NULL
);
CREATE TABLE public.issuance (
    id text NOT NULL,
    domain_id text NOT NULL,
    host text NOT NULL,
    state text NOT NULL,
    order_url text,
    csr public.blob,
    key_sealed public.blob,
    reason text,
    detail text,
    lease_owner text,
    lease_until_ms bigint,
    created_ms bigint NOT NULL,
    updated_ms bigint NOT NULL
);
CREATE TABLE public.ledger_adjustment (
    id text NOT NULL,
    partner_id text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    reason text NOT NULL,
    state text NOT NULL,
    proposed_by text NOT NULL,
    decided_by text,
    created_ms bigint NOT NULL,
    decided_ms bigint,
    CONSTRAINT ledger_adjustment_check CHECK (((decided_by IS NULL) OR (decided_by <> proposed_by) OR (state = 'rejected'::text)))
);
CREATE TABLE public.ledger_entry (
    tx bigint NOT NULL,
    line bigint NOT NULL,
    from_account text NOT NULL,
    to_account text NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT ledger_entry_amount_check CHECK ((amount >= 0)),
    CONSTRAINT ledger_entry_check CHECK ((from_account <> to_account))
);
CREATE TABLE public.ledger_payment (
    id text NOT NULL,
    partner_id text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    reference text NOT NULL,
    recorded_by text NOT NULL,
    created_ms bigint NOT NULL,
    CONSTRAINT ledger_payment_amount_check CHECK ((amount > 0))
);
CREATE TABLE public.ledger_source (
    kind text NOT NULL,
    id text NOT NULL,
    partner_id text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    state text NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.ledger_tx (
    seq bigint NOT NULL,
    id text NOT NULL,
    wallet_id text NOT NULL,
    partner_id text NOT NULL,
    source_kind text NOT NULL,
    source_id text NOT NULL,
    step text NOT NULL,
    change bigint NOT NULL,
    balance bigint NOT NULL,
    at_ms bigint NOT NULL,
    note text
);
CREATE TABLE public.ledger_wallet (
    id text NOT NULL,
    partner_id text NOT NULL,
    currency text NOT NULL,
    balance bigint NOT NULL,
    pending bigint NOT NULL,
    credit_limit bigint NOT NULL,
    warn_below bigint,
    is_low bigint NOT NULL,
    created_ms bigint NOT NULL,
    CONSTRAINT ledger_wallet_check CHECK (((balance + credit_limit) >= 0)),
    CONSTRAINT ledger_wallet_credit_limit_check CHECK ((credit_limit >= 0)),
    CONSTRAINT ledger_wallet_pending_check CHECK ((pending >= 0))
);
CREATE TABLE public.licence (
    id text NOT NULL,
    serial text NOT NULL,
    tenant_id text NOT NULL,
    partner_id text NOT NULL,
    application_id text NOT NULL,
    client_id text,
    plan_id text NOT NULL,
    product_id text NOT NULL,
    subscription_id text,
    order_id text,
    kind text NOT NULL,
    origin text NOT NULL,
    term text NOT NULL,
    components text NOT NULL,
    max_activations bigint NOT NULL,
    trial_days bigint NOT NULL,
    extension_days bigint NOT NULL,
    grace_days bigint NOT NULL,
    when_over text NOT NULL,
    renews bigint NOT NULL,
    issued_ms bigint NOT NULL,
    activated_ms bigint,
    expires_ms bigint,
    extended_ms bigint,
    suspended_ms bigint,
    suspended_by text,
    suspended_reason text,
    cancelled_ms bigint,
    voided_ms bigint,
    superseded_ms bigint,
    superseded_by text,
    next_ms bigint
);
CREATE TABLE public.licence_key (
    id text NOT NULL,
    public_key text NOT NULL,
    seed public.blob NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.mail (
    id text NOT NULL,
    to_address text NOT NULL,
    kind text NOT NULL,
    language text NOT NULL,
    partner_id text,
    facts text NOT NULL,
    state text NOT NULL,
    attempts bigint NOT NULL,
    next_ms bigint NOT NULL,
    said text,
    created_ms bigint NOT NULL,
    sent_ms bigint,
    secret public.blob
);
CREATE TABLE public.member (
    id text NOT NULL,
    partner_id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    rights text NOT NULL,
    state text NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.operator_user (
    user_id text NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.order_policy (
    version bigint NOT NULL,
    void_days bigint NOT NULL,
    claim_days bigint NOT NULL,
    since_ms bigint NOT NULL
);
CREATE TABLE public.outbox_event (
    seq bigint NOT NULL,
    id text NOT NULL,
    at_ms bigint NOT NULL,
    kind text NOT NULL,
    object text NOT NULL,
    object_seq bigint NOT NULL,
    partner_id text,
    tenant_id text,
    payload text NOT NULL
);
CREATE TABLE public.partner (
    id text NOT NULL,
    name text NOT NULL,
    brand text NOT NULL,
    state text NOT NULL,
    created_ms bigint NOT NULL,
    kind text DEFAULT 'reseller'::text NOT NULL,
    region text,
    account_manager_id text,
    distribution_mode text DEFAULT 'no_code'::text NOT NULL,
    support_level1 bigint DEFAULT 0 NOT NULL,
    legal text,
    tax_id text,
    auto_licence_plan text,
    look text DEFAULT '{}'::text NOT NULL,
    settings text DEFAULT '{}'::text NOT NULL,
    state_reason text,
    approved_ms bigint
);
CREATE TABLE public.partner_order (
    id text NOT NULL,
    number text NOT NULL,
    partner_id text NOT NULL,
    client_id text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    po_number text,
    product_id text NOT NULL,
    plan_id text NOT NULL,
    term text NOT NULL,
    basket text NOT NULL,
    priced text NOT NULL,
    currency text NOT NULL,
    total_minor bigint NOT NULL,
    tenant_id text NOT NULL,
    opened_tenant bigint NOT NULL,
    serial text NOT NULL,
    subscription_id text,
    replaces_id text,
    replaced_by_id text,
    told bigint NOT NULL,
    policy_version bigint NOT NULL,
    placed_ms bigint NOT NULL,
    voided_ms bigint
);
CREATE TABLE public.password_reset (
    hash text NOT NULL,
    user_id text NOT NULL,
    created_ms bigint NOT NULL,
    expires_ms bigint NOT NULL,
    used_ms bigint
);
CREATE TABLE public.payment_method (
    id text NOT NULL,
    partner_id text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    instructions text,
    created_ms bigint NOT NULL,
    removed_ms bigint
);
CREATE TABLE public.plan (
    id text NOT NULL,
    product_id text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    terms text NOT NULL,
    at_suspension text NOT NULL,
    grace_days bigint NOT NULL,
    trial_days bigint NOT NULL,
    trial_extension_days bigint NOT NULL,
    max_activations bigint NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.price (
    price_version_id text NOT NULL,
    plan_id text NOT NULL,
    term text NOT NULL,
    component_id text NOT NULL,
    from_quantity bigint NOT NULL,
    minor bigint NOT NULL,
    CONSTRAINT price_minor_check CHECK ((minor >= 0))
);
CREATE TABLE public.price_list (
    id text NOT NULL,
    name text NOT NULL,
    currency text NOT NULL,
    countries text,
    partners text,
    state text NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.price_version (
    id text NOT NULL,
    price_list_id text NOT NULL,
    number bigint NOT NULL,
    state text NOT NULL,
    effective_ms bigint,
    published_ms bigint,
    created_ms bigint NOT NULL
);
CREATE TABLE public.product (
    id text NOT NULL,
    application_id text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.promo_code (
    id text NOT NULL,
    code text NOT NULL,
    terms text NOT NULL,
    from_ms bigint NOT NULL,
    until_ms bigint,
    max_uses bigint,
    max_uses_per_partner bigint,
    used bigint NOT NULL,
    revoked_ms bigint,
    created_ms bigint NOT NULL,
    CONSTRAINT promo_code_check CHECK (((used >= 0) AND ((max_uses IS NULL) OR (used <= max_uses))))
);
CREATE TABLE public.promo_redemption (
    id text NOT NULL,
    promo_code_id text NOT NULL,
    order_id text NOT NULL,
    partner_id text NOT NULL,
    client_id text,
    state text NOT NULL,
    discount_minor bigint NOT NULL,
    currency text NOT NULL,
    created_ms bigint NOT NULL,
    changed_ms bigint NOT NULL
);
CREATE TABLE public.recovery_code (
    user_id text NOT NULL,
    hash text NOT NULL,
    used_ms bigint
);
CREATE TABLE public.region (
    code text NOT NULL,
    name_en text NOT NULL,
    name_fr text NOT NULL,
    "position" bigint NOT NULL
);
CREATE TABLE public.region_contact (
    region text NOT NULL,
    account_manager_id text NOT NULL
);
CREATE TABLE public.region_rule (
    country text NOT NULL,
    version bigint NOT NULL,
    tax_id text NOT NULL,
    since_ms bigint NOT NULL
);
CREATE TABLE public.released_name (
    host text NOT NULL,
    partner_id text NOT NULL,
    until_ms bigint NOT NULL
);
CREATE TABLE public.retail_offer (
    id text NOT NULL,
    partner_id text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    description text,
    amount bigint NOT NULL,
    currency text NOT NULL,
    billed text NOT NULL,
    plan_id text,
    state text NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.role_grant (
    member_id text NOT NULL,
    role text NOT NULL,
    granted_ms bigint NOT NULL
);
CREATE TABLE public.search_entry (
    id bigint NOT NULL,
    kind text NOT NULL,
    object text NOT NULL,
    partner_id text NOT NULL,
    tenant_id text,
    label text NOT NULL
);
CREATE TABLE public.search_token (
    partner_id text NOT NULL,
    token public.blob NOT NULL,
    entry bigint NOT NULL
);
CREATE TABLE public.session (
    id text NOT NULL,
    hash text NOT NULL,
    user_id text NOT NULL,
    principal text NOT NULL,
    stage text NOT NULL,
    ip text,
    created_ms bigint NOT NULL,
    seen_ms bigint NOT NULL,
    expires_ms bigint NOT NULL,
    ended_ms bigint
);
CREATE TABLE public.shared_key (
    id text NOT NULL,
    purpose text NOT NULL,
    use_from_ms bigint NOT NULL,
    secret public.blob NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.subscription (
    id text NOT NULL,
    tenant_id text NOT NULL,
    partner_id text NOT NULL,
    application_id text NOT NULL,
    client_id text,
    plan_id text NOT NULL,
    product_id text NOT NULL,
    term text NOT NULL,
    components text NOT NULL,
    state text NOT NULL,
    ends_after_period bigint NOT NULL,
    anchor_ms bigint NOT NULL,
    anchor_no bigint NOT NULL,
    period_no bigint NOT NULL,
    period_start_ms bigint NOT NULL,
    period_end_ms bigint NOT NULL,
    grace_days bigint NOT NULL,
    priced text,
    scheduled text,
    next_ms bigint,
    created_ms bigint NOT NULL,
    ended_ms bigint,
    told_period_no bigint DEFAULT '-1'::integer NOT NULL
);
CREATE TABLE public.support_attachment (
    message_id text NOT NULL,
    number bigint NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL,
    content public.blob NOT NULL
);
CREATE TABLE public.support_contact (
    one bigint NOT NULL,
    email text,
    phone text,
    hours text,
    partner_email text,
    CONSTRAINT support_contact_one_check CHECK ((one = 1))
);
CREATE TABLE public.support_message (
    id text NOT NULL,
    tenant_id text NOT NULL,
    partner_id text NOT NULL,
    channel text NOT NULL,
    sender text NOT NULL,
    sender_email text,
    language text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    state text NOT NULL,
    routed_to text,
    ip text,
    shared text,
    received_ms bigint NOT NULL,
    changed_ms bigint NOT NULL
);
CREATE TABLE public.support_reply (
    id text NOT NULL,
    message_id text NOT NULL,
    side text NOT NULL,
    author text NOT NULL,
    body text NOT NULL,
    at_ms bigint NOT NULL
);
CREATE TABLE public.tenant (
    id text NOT NULL,
    partner_id text NOT NULL,
    application_id text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    client_id text,
    account text,
    state text NOT NULL,
    state_reason text,
    suspended_by text,
    handed_over_ms bigint,
    created_ms bigint NOT NULL,
    licence text
);
CREATE TABLE public.tenant_payment (
    tenant_id text NOT NULL,
    payment_method_id text NOT NULL
);
CREATE TABLE public.tenant_user (
    id text NOT NULL,
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    side text NOT NULL,
    state text NOT NULL,
    until_ms bigint,
    created_ms bigint NOT NULL
);
CREATE TABLE public.trial_use (
    product_id text NOT NULL,
    email_hash text NOT NULL,
    order_id text NOT NULL
);
CREATE TABLE public.webhook_delivery (
    id text NOT NULL,
    endpoint_id text NOT NULL,
    event_seq bigint NOT NULL,
    object text NOT NULL,
    state text NOT NULL,
    attempts bigint NOT NULL,
    next_ms bigint NOT NULL,
    last_status bigint,
    last_error text,
    created_ms bigint NOT NULL,
    done_ms bigint
);
CREATE TABLE public.webhook_endpoint (
    id text NOT NULL,
    partner_id text,
    url text NOT NULL,
    description text NOT NULL,
    kinds text NOT NULL,
    state text NOT NULL,
    disabled_reason text,
    secret public.blob NOT NULL,
    previous_secret public.blob,
    previous_until_ms bigint,
    seen_seq bigint NOT NULL,
    created_ms bigint NOT NULL
);
CREATE TABLE public.white_label (
    tenant_id text NOT NULL,
    state text NOT NULL,
    owner_user_id text,
    primary_domain_id text,
    app_lock bigint NOT NULL,
    contact_route text NOT NULL,
    brand text,
    live_since_ms bigint,
    changed_ms bigint NOT NULL
);
CREATE TABLE public.write_gate (
    one bigint NOT NULL,
    CONSTRAINT write_gate_one_check CHECK ((one = 1))
);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (1, 'foundation', '2026-11-28 09:02:22.452414+00', true, '\x51bc9982a1286b6400d3f6266c9c9a93213a9ed7058b46dcbd1bbae0ea7dffd0b22f229b087bdf4f160e9a9166f85275', 91259711);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (10, 'people', '2026-11-28 09:02:22.544804+00', true, '\x0171362a9ea646fddb731e5b838bf27ab261fa61ab90f49d2106f4fd8771ee089c73fca4701fc7c967c0bc122a920191', 44665245);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (20, 'clients', '2026-11-28 09:02:22.590045+00', true, '\xc96e73d327c7767f975577447dd86a066498544b98fab4a25959d630f75718276e54eec378a0446707ed32f34ef42c37', 10315921);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (30, 'partners', '2026-11-28 09:02:22.600807+00', true, '\x86908508d0c653bbaaba60b8ad0619dfb438622f460e687ca2181cfd0cfe223aa6daf871507ab53b5778b4269c5d0f86', 47984722);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (40, 'catalogue', '2026-11-28 09:02:22.649473+00', true, '\x1d7e515db087187f5eae61cab2ff261c90e71fc1281b0138fbb366931411108821a1aea902ec46f1e6586f62fcdb1f8c', 35057263);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (50, 'orders', '2026-11-28 09:02:22.685121+00', true, '\x2cb757980e0c22e0570f301a0612b37d6a55275ee945571431c5327ee01d79bd92b932447c6e881a1b3bb5b4a33674d6', 24285656);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (60, 'licences', '2026-11-28 09:02:22.710053+00', true, '\xe1586cffedb32ce5ddc50741c9094e98da50e2ccd68131514f2dfefd9718d29b748620e54a6b7fb65f257b2510251f77', 33911403);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (70, 'ledger', '2026-11-28 09:02:22.744512+00', true, '\x2779e83e99b68fa065581f6c51a3952a494176a8946964bc999d269168dfd0ded756c097e3c86e2cfa6e7967d547cedf', 34444042);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (80, 'collaborators', '2026-11-28 09:02:22.779406+00', true, '\x8ace4aed302802525b1c7d4394a78358f1fb13eaef6ff9ae32e1f6d6d7dce219a7ef2ace4da96595f7d262f8ac0a4d73', 33973509);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (85, 'mail', '2026-11-28 09:02:22.813831+00', true, '\x422501435c0d41da6ee0c73ac37142db450d36f7a5c1d1d54e712a26ea02968edecad79bad5342f473c897f3688ab8ad', 9020882);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (90, 'messages', '2026-11-28 09:02:22.82317+00', true, '\x91b7a6ad8764e34ebb78523ae167019c3223fd198fb85c6902b863a31d5eacdc66b5dd3c71db15cdd2c39e1ef738e5e1', 13416256);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (100, 'webhooks', '2026-11-28 09:02:22.836941+00', true, '\x49dddfcdfe3e95edb3d08998e2c5e7d420cd87f53cdd2dd8299f5ede9e46f1837519598587a15657ae7c34c4bfbee2bd', 15562022);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (110, 'search', '2026-11-28 09:02:22.853034+00', true, '\xa39a16fc65a75dd2ae69b779da113cc821c57f6e774f08a2aa86e4f5c10304fef26d1cc6d2e566ea79b54f5a18156fb5', 19620314);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (120, 'places', '2026-11-28 09:02:22.873072+00', true, '\xf226f7cdc063a3f6c08c9c2d869638ae20c346c6a6d3e534bb146abd9fb23786972d8ed74dd49b2f15a81ba9c649fa9c', 4993377);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (121, 'ending', '2026-11-28 09:02:22.878355+00', true, '\x1ef05bb8dd11464d7ece9e52dee957029fdb103367c66eb46e0815b6c3d30fa6a68e5fa57b8d25e34af32320e1d53129', 1785800);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (122, 'support attachments', '2026-11-28 09:02:22.880378+00', true, '\x0c4b2a69d0c021ad9f208f42c1a1aca55073e9368a42ec07e1901601ba95fe37b49ad7fc124a04122520a617baca1f1e', 6514521);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (130, 'client licences', '2026-11-28 09:02:22.887269+00', true, '\xa8631ddd0fb1b85fed8a98d3832c1a6f4cd79ecf784ec3af0be4c8b44ef5fa822065cadcc0a095709317069327eb67d7', 1679099);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (140, 'mail secret', '2026-11-28 09:02:22.889185+00', true, '\x92a66393a3771e812eddf6f94f7bf4d4a2fe57ed1b70334b19f8e551a4169c5a9caafd0b034d0a5d23de7c456b6be662', 1263660);
INSERT INTO public.account_manager (id, name, email, phone, other, created_ms, removed_ms) VALUES ('amg_01m8gp8ckyfbzsrte82sjjpd8g', 'Camille', 'camille@marque.example', NULL, NULL, 1795856544382, NULL);
INSERT INTO public.api_token (id, name, principal, scopes, hash, created_ms, expires_ms, revoked_ms, networks, tenants, not_before_ms, mode, rolled_to) VALUES ('tok_01m8gp8batf40897yhwsfv7xcs', 'first-operator', 'operator', 'partners:read partners:write members:read members:write users:read users:write clients:read clients:write applications:read applications:write tenants:read tenants:write domains:read domains:write white_label:read white_label:write retail:read retail:write catalog:read catalog:write prices:read prices:write promos:read promos:write orders:read orders:write licences:read licences:write activations:read activations:write collaborators:read collaborators:write consents:read consents:write balance:read balance:write support:read support:write search:read audit:read webhooks:read webhooks:write tokens:read tokens:write tenants:bind orders:void licences:activate_oem ledger:adjust', '469e827ce09d3674f5c16ddcf069f03b68663229d3fc3ce21bb0f12b481f3373', 1795856543066, NULL, NULL, '', '', NULL, 'live', NULL);
INSERT INTO public.api_token (id, name, principal, scopes, hash, created_ms, expires_ms, revoked_ms, networks, tenants, not_before_ms, mode, rolled_to) VALUES ('tok_01m8gp8bdxfndrj555sxb0mmeg', 'edge-1', 'edge', 'edge:sync', '4da2b873cec32f3a9df317546cc2ec23d95a997eea0110c01ad74e157bcbcc5c', 1795856543165, NULL, NULL, '', '', NULL, 'live', NULL);
INSERT INTO public.api_token (id, name, principal, scopes, hash, created_ms, expires_ms, revoked_ms, networks, tenants, not_before_ms, mode, rolled_to) VALUES ('tok_01m8gp8dk5enmt57xe4kdrb3ej', 'shop', 'partner:ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'clients:read clients:write tenants:read orders:read orders:write licences:read licences:write balance:read search:read orders:void', '3dcc40e7f98169057923938d6839a0b8d0218a285408533fa6173177785d135c', 1795856545381, 1827478945381, NULL, '', '', NULL, 'live', NULL);
INSERT INTO public.api_token (id, name, principal, scopes, hash, created_ms, expires_ms, revoked_ms, networks, tenants, not_before_ms, mode, rolled_to) VALUES ('tok_01m8gp8dw2f2r9dba2vtx0h1gb', 'till', 'application:app_01m8gp8ceeeatrwdqvzpx1q0x6', 'tenants:read activations:read activations:write support:write', '926e2ce609b7b87cb24d1b29d678339635eaad67bb8eeb1f4d8814b64261945b', 1795856545666, 1827478945666, NULL, '', '', NULL, 'live', NULL);
INSERT INTO public.application (id, name, policy, created_ms) VALUES ('app_01m8gp8ceeeatrwdqvzpx1q0x6', 'till', '{"upstreams":["http://127.0.0.1:9"],"health_path":null,"own_hosts":[],"public_https_port":443,"websocket":false,"selectors":[{"path":"/accounts/{account}"},{"query":"account"}],"session_cookies":["till"],"logins":[{"path":"/login","request":[],"answer":[{"header":"x-account"}]}]}', 1795856544206);
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (1, 'aud_01m8gp8batfk5rvka8zhr01yg8', 1795856543066, 'command:admin token', 'token.created', 'tok_01m8gp8batf40897yhwsfv7xcs', NULL, NULL, NULL, NULL, '{"principal":"operator","scopes":["partners:read","partners:write","members:read","members:write","users:read","users:write","clients:read","clients:write","applications:read","applications:write","tenants:read","tenants:write","domains:read","domains:write","white_label:read","white_label:write","retail:read","retail:write","catalog:read","catalog:write","prices:read","prices:write","promos:read","promos:write","orders:read","orders:write","licences:read","licences:write","activations:read","activations:write","collaborators:read","collaborators:write","consents:read","consents:write","balance:read","balance:write","support:read","support:write","search:read","audit:read","webhooks:read","webhooks:write","tokens:read","tokens:write","tenants:bind","orders:void","licences:activate_oem","ledger:adjust"]}', '', '5fe78abb2ade2b77898a9706d21c9d25b52322b3001c76d91e944fd3974e74f7');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (2, 'aud_01m8gp8bdxe4jrcz83wjqz6326', 1795856543165, 'command:admin token', 'token.created', 'tok_01m8gp8bdxfndrj555sxb0mmeg', NULL, NULL, NULL, NULL, '{"principal":"edge","scopes":["edge:sync"]}', '5fe78abb2ade2b77898a9706d21c9d25b52322b3001c76d91e944fd3974e74f7', 'dc0fa66ef50d74d1cf7df7ff0facfb1186e69b1c3cd6ea7d440cde7c11b1c36b');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (3, 'aud_01m8gp8ceeepqa53dj13061f03', 1795856544206, 'tok_01m8gp8batf40897yhwsfv7xcs', 'application.created', 'app_01m8gp8ceeeatrwdqvzpx1q0x6', NULL, NULL, 'b7cc1aefaf3f94d576330603', '127.0.0.1', '{"name":"till"}', 'dc0fa66ef50d74d1cf7df7ff0facfb1186e69b1c3cd6ea7d440cde7c11b1c36b', '9c85ace474fbea213e56daec5ee147b890c486cd886f7ce4a7f05d3734638943');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (4, 'aud_01m8gp8cgven0adkg4pzm5jevr', 1795856544283, 'tok_01m8gp8batf40897yhwsfv7xcs', 'partner.created', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '699861c283c8d2137f5b64bb', '127.0.0.1', '{"kind":"reseller","name":"Comptoir"}', '9c85ace474fbea213e56daec5ee147b890c486cd886f7ce4a7f05d3734638943', '04415fd1a5b17cc78183e339242ffadeadf39174664afbd73ebd7c6a71995cf2');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (5, 'aud_01m8gp8ckye2dt4mb79grpxskk', 1795856544382, 'tok_01m8gp8batf40897yhwsfv7xcs', 'account_manager.created', 'amg_01m8gp8ckyfbzsrte82sjjpd8g', NULL, NULL, '6b5e94a7cfb08c1a42a940bf', '127.0.0.1', '{"name":"Camille"}', '04415fd1a5b17cc78183e339242ffadeadf39174664afbd73ebd7c6a71995cf2', '9ef5550a842f6434241fa68e33ac6bd219cde6ee07833dad52070fc9f57eb6cb');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (6, 'aud_01m8gp8cp4eq4bcma7vbta68cv', 1795856544452, 'tok_01m8gp8batf40897yhwsfv7xcs', 'partner.approved', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '7fa5ca73de61fb7deb75dbb2', '127.0.0.1', '{"account_manager":"amg_01m8gp8ckyfbzsrte82sjjpd8g","legal":{"evidence":"extract of the register","registration":"RCS 1","status":"company"}}', '9ef5550a842f6434241fa68e33ac6bd219cde6ee07833dad52070fc9f57eb6cb', '670277dcf64874815ad685e14d2e7ffdad8057ccc6e98264896e79ebed2da998');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (7, 'aud_01m8gp8cp4fp78ksznkpxq1rvy', 1795856544452, 'tok_01m8gp8batf40897yhwsfv7xcs', 'tenant.created', 'ten_01m8gp8cp4fx2rxw8xeetfs6ca', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8cp4fx2rxw8xeetfs6ca', '7fa5ca73de61fb7deb75dbb2', '127.0.0.1', '{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"business_free_partner","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}', '670277dcf64874815ad685e14d2e7ffdad8057ccc6e98264896e79ebed2da998', '676fc25f6924e4b456f33659fb3f7bfea1763192b60758ce4908b6b5ddd39ba6');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (8, 'aud_01m8gp8cp4efgbwzw65kh8xn21', 1795856544452, 'tok_01m8gp8batf40897yhwsfv7xcs', 'tenant.created', 'ten_01m8gp8cp4fxnr6c5djxkev2s1', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8cp4fxnr6c5djxkev2s1', '7fa5ca73de61fb7deb75dbb2', '127.0.0.1', '{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"sandbox","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}', '676fc25f6924e4b456f33659fb3f7bfea1763192b60758ce4908b6b5ddd39ba6', '9457c210640990afadd6589cd8ed4b2bac847fc9cffd0daacc2d17aa73d2dff3');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (9, 'aud_01m8gp8cs9fbjt913gbjdwcngj', 1795856544553, 'tok_01m8gp8batf40897yhwsfv7xcs', 'product.created', 'prd_01m8gp8cs9ehjb7mf744pvycjj', NULL, NULL, '04453e516aec043dcef917ab', '127.0.0.1', '{"code":"till","name":"Cash register","state":"listed"}', '9457c210640990afadd6589cd8ed4b2bac847fc9cffd0daacc2d17aa73d2dff3', 'be639fd9a8fe9d4995d942c7464daba570b278f0127d4ab0fc663fc173e43485');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (10, 'aud_01m8gp8cvhe27bag58qn553k30', 1795856544625, 'tok_01m8gp8batf40897yhwsfv7xcs', 'plan.created', 'pln_01m8gp8cvhfwsretfgde24cd45', NULL, NULL, '7521eaf3dbaecc946e340e31', '127.0.0.1', '{"at_suspension":"block","code":"Production","grace_days":14,"max_activations":2,"name":"Production","state":"listed","terms":[{"countries":null,"term":"monthly"},{"countries":null,"term":"yearly"}],"trial_days":14,"trial_extension_days":7}', 'be639fd9a8fe9d4995d942c7464daba570b278f0127d4ab0fc663fc173e43485', '6ddf0de6d6ddf6fa541936a3c6018c7abf40b551f56b1b970d419ab406383a64');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (11, 'aud_01m8gp8cxqfrq9ttwhfc2k125k', 1795856544695, 'tok_01m8gp8batf40897yhwsfv7xcs', 'price_list.created', 'prl_01m8gp8cxqfaqb53xf1vxa2xch', NULL, NULL, '9aa1a6389838458f5d8b2682', '127.0.0.1', '{"countries":null,"currency":"EUR","name":"Europe","partners":null,"state":"open"}', '6ddf0de6d6ddf6fa541936a3c6018c7abf40b551f56b1b970d419ab406383a64', '4253fd8f0fd87db4b6b9756f5e80dec891fa644b4fa542ff513a55c58c921a58');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (12, 'aud_01m8gp8czkez98hjd8177erfge', 1795856544755, 'tok_01m8gp8batf40897yhwsfv7xcs', 'price_version.drafted', 'plv_01m8gp8czke90brhca4b650swx', NULL, NULL, '72d93b95f3482f4960c9d78e', '127.0.0.1', '{"effective_ms":null,"number":1,"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","state":"draft"}', '4253fd8f0fd87db4b6b9756f5e80dec891fa644b4fa542ff513a55c58c921a58', 'a509d5b4eb49c5ca6f5b66876152c6210eb9926bb444a5cb9a1a0ed8e6c7f829');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (13, 'aud_01m8gp8d1tf0cr7jgbzrvs2hv8', 1795856544826, 'tok_01m8gp8batf40897yhwsfv7xcs', 'price_version.published', 'plv_01m8gp8czke90brhca4b650swx', NULL, NULL, '841a858044a7266ced48ddb7', '127.0.0.1', '{"effective_ms":1795856544826,"number":1,"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","state":"published"}', 'a509d5b4eb49c5ca6f5b66876152c6210eb9926bb444a5cb9a1a0ed8e6c7f829', '077b8582398630e87ac512e8688638736403785aea3410798147bd81e82fcb55');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (14, 'aud_01m8gp8d3yezt9xzg2ew0b3m5p', 1795856544894, 'tok_01m8gp8batf40897yhwsfv7xcs', 'payment.recorded', 'pay_01m8gp8d3ye8ytgr89bzww73ha', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '7bc20aa582c416b7e56a701e', '127.0.0.1', '{"amount":{"amount":100000,"currency":"EUR"},"reference":"in advance"}', '077b8582398630e87ac512e8688638736403785aea3410798147bd81e82fcb55', '5833dd2c1b9cc78754c26349a5f2a02b84874bce6bc72d0a2e3f58227ea45af1');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (15, 'aud_01m8gp8d6ffxyaxdcgpecd1rxr', 1795856544975, 'tok_01m8gp8batf40897yhwsfv7xcs', 'tenant.created', 'ten_01m8gp8d6ff1zrktm3s4xwca97', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8d6ff1zrktm3s4xwca97', 'e0da8579b7c5c932335b7cb9', '127.0.0.1', '{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"client","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}', '5833dd2c1b9cc78754c26349a5f2a02b84874bce6bc72d0a2e3f58227ea45af1', '8affbe47ffb453be7d2977dc2194ff998abc3be427c010ec087b227cf4ac05c3');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (16, 'aud_01m8gp8d8sfr8shwqwz483w37r', 1795856545049, 'tok_01m8gp8batf40897yhwsfv7xcs', 'tenant.bound', 'ten_01m8gp8d6ff1zrktm3s4xwca97', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8d6ff1zrktm3s4xwca97', 'd8520a83ebf421929ef183ad', '127.0.0.1', '{"after":{"account":"fournil","state":"active","suspended_by":null},"before":{"account":null,"state":"provisioning","suspended_by":null},"reason":null}', '8affbe47ffb453be7d2977dc2194ff998abc3be427c010ec087b227cf4ac05c3', '9401e313ff8d01a3b2eadc498264b581a8be92d4407d0e1a86b1f3ae9a2d9c46');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (17, 'aud_01m8gp8db3f16v2gs6c03y4b9v', 1795856545123, 'tok_01m8gp8batf40897yhwsfv7xcs', 'domain.created', 'dom_01m8gp8db3faht6bq2aaev600k', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8d6ff1zrktm3s4xwca97', '21ef7a8304b098590b6bf9dd', '127.0.0.1', '{"host":"d000000.bench.test","kind":"platform","tenant":"ten_01m8gp8d6ff1zrktm3s4xwca97"}', '9401e313ff8d01a3b2eadc498264b581a8be92d4407d0e1a86b1f3ae9a2d9c46', 'f04e2298be8f12635d711b101c83402dbb9e63c51ba8806e700bd7d880d4fc80');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (18, 'aud_01m8gp8deke2gt20a2pjsq20ng', 1795856545235, 'tok_01m8gp8batf40897yhwsfv7xcs', 'domain.certificate_uploaded', 'dom_01m8gp8db3faht6bq2aaev600k', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8d6ff1zrktm3s4xwca97', '9ad7e051a626ce42950a5590', '127.0.0.1', '{"hosts":["d000000.bench.test"],"not_after_ms":2082758400000}', 'f04e2298be8f12635d711b101c83402dbb9e63c51ba8806e700bd7d880d4fc80', 'e5c893e35d4e7035af20a77517fba984dfc5829e2721f192b4607d37a74b48ac');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (19, 'aud_01m8gp8dk5f12b7pnkparhv741', 1795856545381, 'tok_01m8gp8batf40897yhwsfv7xcs', 'token.created', 'tok_01m8gp8dk5enmt57xe4kdrb3ej', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '8536bf2dc011555b17496ba0', '127.0.0.1', '{"principal":"partner:ptr_01m8gp8cgvfhdbcnsqgdfehbkb","scopes":["clients:read","clients:write","tenants:read","orders:read","orders:write","licences:read","licences:write","balance:read","search:read","orders:void"]}', 'e5c893e35d4e7035af20a77517fba984dfc5829e2721f192b4607d37a74b48ac', 'dadb1c8b89463a23fddfbbb89ae5d13e1574e83c3a413e0db782fe6e77c7172c');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (20, 'aud_01m8gp8dnnfnb84ezv5zbzdmbz', 1795856545461, 'tok_01m8gp8dk5enmt57xe4kdrb3ej', 'client.created', 'cli_01m8gp8dnnfg4vakjkhkc4kdrq', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '211b8926e128fdc90a585175', '127.0.0.1', '{"country":"FR","rule_version":0}', 'dadb1c8b89463a23fddfbbb89ae5d13e1574e83c3a413e0db782fe6e77c7172c', '34e3c5b1b531a4e8f432aa4d65f88ffd14f14c9d1f135a971d41a291ce3838ba');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (21, 'aud_01m8gp8dnneev9eq28ygc4dm37', 1795856545461, 'tok_01m8gp8dk5enmt57xe4kdrb3ej', 'tenant.created', 'ten_01m8gp8dnnepv9kc5h277psphm', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8dnnepv9kc5h277psphm', '211b8926e128fdc90a585175', '127.0.0.1', '{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"client","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}', '34e3c5b1b531a4e8f432aa4d65f88ffd14f14c9d1f135a971d41a291ce3838ba', 'e6ab25a317026ff872fd39b8c7be84460a8bf63cb0b8323623bebe01d36c6a62');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (22, 'aud_01m8gp8dnnepevsmbdmjt6smgb', 1795856545461, 'tok_01m8gp8dk5enmt57xe4kdrb3ej', 'licence.issued', 'lic_01m8gp8dnnej3br3hngbjjrbz4', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8dnnepv9kc5h277psphm', '211b8926e128fdc90a585175', '127.0.0.1', '{"expires_ms":1798448545461,"kind":"paid","order":"ord_01m8gp8dnne9nr2sg93g5rmt6e","origin":"order","plan":"pln_01m8gp8cvhfwsretfgde24cd45","serial":"5XRT-Z8J2-K9DT-J11T","subscription":"sub_01m8gp8dnne4tradpmsk14tgwh","tenant":"ten_01m8gp8dnnepv9kc5h277psphm","term":"monthly"}', 'e6ab25a317026ff872fd39b8c7be84460a8bf63cb0b8323623bebe01d36c6a62', '67a25b5409e513915f1de7428158cb2908e0efeb1a11a1a7e4f5bf8a202d923b');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (23, 'aud_01m8gp8dnne0xayhrzdpgxe4ze', 1795856545461, 'tok_01m8gp8dk5enmt57xe4kdrb3ej', 'order.placed', 'ord_01m8gp8dnne9nr2sg93g5rmt6e', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '211b8926e128fdc90a585175', '127.0.0.1', '{"charged":{"amount":4900,"currency":"EUR"},"client":"cli_01m8gp8dnnfg4vakjkhkc4kdrq","kind":"order","number":"2026-WE30-EZQW","replaces":null,"tenant":"ten_01m8gp8dnnepv9kc5h277psphm"}', '67a25b5409e513915f1de7428158cb2908e0efeb1a11a1a7e4f5bf8a202d923b', '394052edf3748915e889422dbb954f61b586103182499c60dcff9fc7d4d46a87');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (24, 'aud_01m8gp8dnnf12t8jtngzjb2hnf', 1795856545461, 'tok_01m8gp8dk5enmt57xe4kdrb3ej', 'order.fulfilled', 'ord_01m8gp8dnne9nr2sg93g5rmt6e', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '211b8926e128fdc90a585175', '127.0.0.1', '{"client":"cli_01m8gp8dnnfg4vakjkhkc4kdrq","kind":"order","licence":"lic_01m8gp8dnnej3br3hngbjjrbz4","number":"2026-WE30-EZQW","subscription":"sub_01m8gp8dnne4tradpmsk14tgwh","tenant":"ten_01m8gp8dnnepv9kc5h277psphm"}', '394052edf3748915e889422dbb954f61b586103182499c60dcff9fc7d4d46a87', '5770100d4e5a8c41a73fa2372707094958e4d8fff1c4721c3d3f1936a4b984c1');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (25, 'aud_01m8gp8dnnekba40ragv7t3qyn', 1795856545461, 'tok_01m8gp8dk5enmt57xe4kdrb3ej', 'client.changed', 'cli_01m8gp8dnnfg4vakjkhkc4kdrq', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '211b8926e128fdc90a585175', '127.0.0.1', '{"after":"customer","before":"prospect"}', '5770100d4e5a8c41a73fa2372707094958e4d8fff1c4721c3d3f1936a4b984c1', 'cf31bdfcca82a8750e4b909523bb75aba39be2c9d8d1bf8f8b1bd94f7858184b');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (26, 'aud_01m8gp8dw2e1cs6ah85ydgdt1b', 1795856545666, 'tok_01m8gp8batf40897yhwsfv7xcs', 'token.created', 'tok_01m8gp8dw2f2r9dba2vtx0h1gb', NULL, NULL, 'd75f406ba985ff08902d74bb', '127.0.0.1', '{"principal":"application:app_01m8gp8ceeeatrwdqvzpx1q0x6","scopes":["tenants:read","activations:read","activations:write","support:write"]}', 'cf31bdfcca82a8750e4b909523bb75aba39be2c9d8d1bf8f8b1bd94f7858184b', 'ed99879e4098b560540658719e185356eecb9feff1ca4620fa55a9aab8960a42');
INSERT INTO public.audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, request_id, ip, detail, prev_hash, hash) VALUES (27, 'aud_01m8gp8dyfem7tpyxh5tcytnr5', 1795856545743, 'tok_01m8gp8batf40897yhwsfv7xcs', 'licence_key.made', '69837630204d98e7', NULL, NULL, '65610d829b2498071d8d76aa', '127.0.0.1', '{"before":null,"public":"2sOjzmSCA2KGmXY80EtEW2Yfxis3DGPTlyCMZGjJeVw="}', 'ed99879e4098b560540658719e185356eecb9feff1ca4620fa55a9aab8960a42', 'ea9243b9b4d1d99f4c5a82354c43003f206fe84a3ad26e30f030123686c23d5a');
INSERT INTO public.audit_head (one, seq, hash) VALUES (1, 27, 'ea9243b9b4d1d99f4c5a82354c43003f206fe84a3ad26e30f030123686c23d5a');
INSERT INTO public.client (id, partner_id, company, email_written, email_compared, phone, address, postal_code, city, country, tax_id, region_rule_version, language, contacts, state, created_ms, anonymised_ms) VALUES ('cli_01m8gp8dnnfg4vakjkhkc4kdrq', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'Le Fournil', 'anne@fournil.example', 'anne@fournil.example', NULL, NULL, NULL, NULL, 'FR', NULL, 0, 'fr', '[]', 'customer', 1795856545461, NULL);
INSERT INTO public.client_place (client_id, partner_id, latitude, longitude, found_by) VALUES ('cli_01m8gp8dnnfg4vakjkhkc4kdrq', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 46000000, 2000000, 'country');
INSERT INTO public.domain (id, tenant_id, kind, host, target_label, txt_token, created_ms, removed_ms) VALUES ('dom_01m8gp8db3faht6bq2aaev600k', 'ten_01m8gp8d6ff1zrktm3s4xwca97', 'platform', 'd000000.bench.test', '', '', 1795856545123, NULL);
INSERT INTO public.feed_counter (one, epoch, revision, floor) VALUES (1, '6df3d1796870ae9b', 9, 0);
INSERT INTO public.feed_record (kind, name, revision, body, changed_ms) VALUES ('shared_key', '197a28484de4d087', 1, '{"shared_key":{"id":"197a28484de4d087","use_":"cookie","use_from_ms":1795856543345,"secret":"nT+jcBbL1neAQd56tLgkRz1HIOJ5kT3CUK18n6Tc2ZaDlhwrRRjTmxMahtgVJOTp2J/W9mIcvvFhOvqpBHIfsLtnMiE="}}', 1795856543345);
INSERT INTO public.feed_record (kind, name, revision, body, changed_ms) VALUES ('shared_key', '4dcbc7273c0f439b', 1, '{"shared_key":{"id":"4dcbc7273c0f439b","use_":"assertion","use_from_ms":1795856543345,"secret":"nT+jcBbL1neNccYk7dX7EZpnXxgQ5857otZ7ROzTCgNkqGxSmogIARnMT+LrKT0dqKii0QqI6kxV0SnPk2uk3R0pCPE="}}', 1795856543345);
INSERT INTO public.feed_record (kind, name, revision, body, changed_ms) VALUES ('shared_key', 'c5d1cd171ff94a53', 1, '{"shared_key":{"id":"c5d1cd171ff94a53","use_":"ticket","use_from_ms":1795856543345,"secret":"nT+jcBbL1neXna5V5nISQMPRZSs2gHDODr2SlVlTAQx2xf0fOcnEsGO2eUJAaj6Z285f53lbPPggL5aCRZjTBrb/qCQ="}}', 1795856543345);
INSERT INTO public.feed_record (kind, name, revision, body, changed_ms) VALUES ('application', 'app_01m8gp8ceeeatrwdqvzpx1q0x6', 2, '{"application":{"id":"app_01m8gp8ceeeatrwdqvzpx1q0x6","name":"till","policy":{"upstreams":["http://127.0.0.1:9"],"health_path":null,"own_hosts":[],"public_https_port":443,"websocket":false,"selectors":[{"path":"/accounts/{account}"},{"query":"account"}],"session_cookies":["till"],"logins":[{"path":"/login","request":[],"answer":[{"header":"x-account"}]}]}}}', 1795856544206);
INSERT INTO public.feed_record (kind, name, revision, body, changed_ms) VALUES ('partner', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 3, '{"partner":{"id":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","brand":{"name":"Comptoir","support":"aide@comptoir.example"}}}', 1795856544283);
INSERT INTO public.feed_record (kind, name, revision, body, changed_ms) VALUES ('tenant', 'ten_01m8gp8cp4fx2rxw8xeetfs6ca', 4, '{"tenant":{"id":"ten_01m8gp8cp4fx2rxw8xeetfs6ca","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","account":null,"state":"provisioning"}}', 1795856544452);
INSERT INTO public.feed_record (kind, name, revision, body, changed_ms) VALUES ('tenant', 'ten_01m8gp8cp4fxnr6c5djxkev2s1', 4, '{"tenant":{"id":"ten_01m8gp8cp4fxnr6c5djxkev2s1","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","account":null,"state":"provisioning"}}', 1795856544452);
INSERT INTO public.feed_record (kind, name, revision, body, changed_ms) VALUES ('tenant', 'ten_01m8gp8d6ff1zrktm3s4xwca97', 6, '{"tenant":{"id":"ten_01m8gp8d6ff1zrktm3s4xwca97","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","account":"fournil","state":"active"}}', 1795856545049);
INSERT INTO public.feed_record (kind, name, revision, body, changed_ms) VALUES ('address', 'd000000.bench.test', 7, '{"address":{"host":"d000000.bench.test","tenant":"ten_01m8gp8d6ff1zrktm3s4xwca97","kind":"platform","hsts":true}}', 1795856545123);
INSERT INTO public.feed_record (kind, name, revision, body, changed_ms) VALUES ('certificate', 'd000000.bench.test', 8, '{"certificate":{"host":"d000000.bench.test","tenant":"ten_01m8gp8d6ff1zrktm3s4xwca97","chain":["MIIBgjCCASigAwIBAgIUVBhQHIPmzDqh3mWlVi0ShgZkvCIwCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIYmVuY2ggQ0EwHhcNMjYwMTAxMDAwMDAwWhcNMzYwMTAxMDAwMDAwWjAdMRswGQYDVQQDDBJkMDAwMDAwLmJlbmNoLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARJ9mDpdRQVWYckh37mGEDD+xkFD7UdPZx1hJ34flpI10ea0UujHPVMkudCJ52Gqi3aYJxvI1COhgkbrkI0Fm0go1AwTjAdBgNVHREEFjAUghJkMDAwMDAwLmJlbmNoLnRlc3QwHwYDVR0jBBgwFoAUIrZK3C537KCMxCaTgx4Jx9tBCyUwDAYDVR0TAQH/BAIwADAKBggqhkjOPQQDAgNIADBFAiEA+34MVgcE8B4p37uOddGStNB+LbD9Yn7lOdlYLiHCgZUCIGLrwRgr8DkX7HNwkcATC+faUs866ppmMCImD8RGeKdN"],"key":"nT+jcBbL1nd8PWMkeI4638aG9llbV7DOHBHEx01CaEbYLVau3XQfPj7BO3Cvc8VkAjlZPZSa/J8I8+6z1gF3Sq7vX9Z19Syz8Sr8tb9hzpllHBT6VrOTqX1+9VfImqBaAcaZ2WYPzMKr5w9H+0hdNA8lAdOUxjGwxK9+8feQXz6Ub49WdaltS6dZZKCXBEMPu7r2c6boccmVhqwC8u3Xnr4qUmsY5xzNyGBTQbfc","not_after_ms":2082758400000}}', 1795856545235);
INSERT INTO public.feed_record (kind, name, revision, body, changed_ms) VALUES ('tenant', 'ten_01m8gp8dnnepv9kc5h277psphm', 9, '{"tenant":{"id":"ten_01m8gp8dnnepv9kc5h277psphm","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","account":null,"state":"provisioning","licence":{"state":"usable","until_ms":1799658145461,"when_over":"block"}}}', 1795856545461);
INSERT INTO public.hostname (host, domain_id, role, dns_state, dns_reason, dns_checked_ms, dns_next_ms, lost_since_ms, certificate_state, certificate_source, certificate_reason, certificate_not_after_ms, certificate_chain, certificate_key, renew_at_ms, ends_soon_ms, attempts, next_attempt_ms) VALUES ('d000000.bench.test', 'dom_01m8gp8db3faht6bq2aaev600k', 'main', 'verified', NULL, NULL, NULL, NULL, 'active', 'uploaded', NULL, 2082758400000, '["MIIBgjCCASigAwIBAgIUVBhQHIPmzDqh3mWlVi0ShgZkvCIwCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIYmVuY2ggQ0EwHhcNMjYwMTAxMDAwMDAwWhcNMzYwMTAxMDAwMDAwWjAdMRswGQYDVQQDDBJkMDAwMDAwLmJlbmNoLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARJ9mDpdRQVWYckh37mGEDD+xkFD7UdPZx1hJ34flpI10ea0UujHPVMkudCJ52Gqi3aYJxvI1COhgkbrkI0Fm0go1AwTjAdBgNVHREEFjAUghJkMDAwMDAwLmJlbmNoLnRlc3QwHwYDVR0jBBgwFoAUIrZK3C537KCMxCaTgx4Jx9tBCyUwDAYDVR0TAQH/BAIwADAKBggqhkjOPQQDAgNIADBFAiEA+34MVgcE8B4p37uOddGStNB+LbD9Yn7lOdlYLiHCgZUCIGLrwRgr8DkX7HNwkcATC+faUs866ppmMCImD8RGeKdN"]', '\x9d3fa37016cbd6777c3d6324788e3adfc686f6595b57b0ce1c11c4c74d426846d82d56aedd741f3e3ec13b70af73c5640239593d949afc9f08f3eeb3d601774aaeef5fd675f52cb3f12afcb5bf61ce99651c14fa56b393a97d7ef557c89aa05a01c699d9660fccc2abe70f47fb485d340f2501d394c631b0c4af7ef1f7905f3e946f8f5675a96d4ba75964a09704430fbbbaf673a6e871c99586ac02f2edd79ebe2a526b18e71ccdc8605341b7dc', 2082758400000, 1987124448412, 0, NULL);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', '69980ddd-cce8-4c8d-aa75-abd9a300bafe', 'a18e4510cbe68ff7695d03fe970c709174793794a5d8e0b3a7349ab217000e6e', 201, '{"id":"app_01m8gp8ceeeatrwdqvzpx1q0x6","name":"till","policy":{"upstreams":["http://127.0.0.1:9"],"health_path":null,"own_hosts":[],"public_https_port":443,"websocket":false,"selectors":[{"path":"/accounts/{account}"},{"query":"account"}],"session_cookies":["till"],"logins":[{"path":"/login","request":[],"answer":[{"header":"x-account"}]}]},"created_at":"2026-11-28T09:02:24.206Z"}', 1795856544206, 1795942944206);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', 'd8a259f5-8bc9-4f7f-8eca-0f81c4842434', 'b0013b18c2a737da47da0a95082c5096cdea90c4e07a10a2a7451c594d73335c', 201, '{"id":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","name":"Comptoir","brand":{"name":"Comptoir","support":"aide@comptoir.example"},"kind":"reseller","state":"applied","region":null,"account_manager":null,"distribution_mode":"no_code","support_level1":false,"legal":{"status":"company","registration":"RCS 1","evidence":"extract of the register"},"tax_id":null,"auto_licence_plan":null,"hidden":[],"approved_at":null,"created_at":"2026-11-28T09:02:24.283Z"}', 1795856544283, 1795942944283);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', '1f36e110-8ffe-4852-9d5b-366b27866421', '856f217f884c225df25d14ef45b6c2264618d957c1ec36883baaf333ef676b5f', 201, '{"id":"amg_01m8gp8ckyfbzsrte82sjjpd8g","name":"Camille","email":"camille@marque.example","phone":null,"other":null,"created_at":"2026-11-28T09:02:24.382Z"}', 1795856544382, 1795942944382);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', 'cab5332e-97a1-4f92-b4e6-00ebdda9288b', '31f2479043e0024ed4ab1613d9e15d0efb9a611c01e06ecafaff11cf044207ba', 200, '{"id":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","name":"Comptoir","brand":{"name":"Comptoir","support":"aide@comptoir.example"},"kind":"reseller","state":"active","region":null,"account_manager":"amg_01m8gp8ckyfbzsrte82sjjpd8g","distribution_mode":"no_code","support_level1":false,"legal":{"status":"company","registration":"RCS 1","evidence":"extract of the register"},"tax_id":null,"auto_licence_plan":null,"hidden":[],"approved_at":"2026-11-28T09:02:24.452Z","created_at":"2026-11-28T09:02:24.283Z"}', 1795856544452, 1795942944452);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', '7fdc40e3-566d-4d80-b3c0-b308a0a462a8', 'cd360f79e40deab98fa435f39bade64a3802565e6ab2f2b9371f5cabe576ebea', 201, '{"id":"prd_01m8gp8cs9ehjb7mf744pvycjj","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","code":"till","name":"Cash register","state":"listed","created_at":"2026-11-28T09:02:24.553Z"}', 1795856544553, 1795942944553);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', '5bfd3990-1064-48bb-8f97-85eda5bc616e', '85b40987d99030cd533c9c45a00fc7b111430354378475f73f0d37784e1fe034', 201, '{"id":"pln_01m8gp8cvhfwsretfgde24cd45","product":"prd_01m8gp8cs9ehjb7mf744pvycjj","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","code":"Production","name":"Production","kind":"sold","state":"listed","terms":[{"term":"monthly","countries":[]},{"term":"yearly","countries":[]}],"at_suspension":"block","grace_days":14,"trial_days":14,"trial_extension_days":7,"max_activations":2,"created_at":"2026-11-28T09:02:24.625Z"}', 1795856544625, 1795942944625);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', '3c3b05b9-cd3d-4e5d-8b67-13e8f74fd422', '739316d4e9b439d99b852d021b82fa18bb6df3a00b75f057c11116bafd552ce9', 201, '{"id":"prl_01m8gp8cxqfaqb53xf1vxa2xch","name":"Europe","currency":"EUR","countries":[],"partners":[],"state":"open","created_at":"2026-11-28T09:02:24.695Z"}', 1795856544695, 1795942944695);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', 'a0f3d775-3409-45d9-91a2-98df404bbf13', '2650073fddadbbf0b405bafa52d8e62c5f7938aca16353fb2831266fc7e3e1cb', 201, '{"id":"plv_01m8gp8czke90brhca4b650swx","price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","number":1,"state":"draft","created_at":"2026-11-28T09:02:24.755Z"}', 1795856544755, 1795942944755);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', 'b949a535-fdc2-415b-9b96-fafd7fb02740', '22caaf58b4c159736130fe902634d808bd6de06f0f36c4d7a5e7e3ce41695d25', 200, '{"id":"plv_01m8gp8czke90brhca4b650swx","price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","number":1,"state":"in_force","effective_from":"2026-11-28T09:02:24.826Z","published_at":"2026-11-28T09:02:24.826Z","created_at":"2026-11-28T09:02:24.755Z"}', 1795856544826, 1795942944826);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', '0fba42de-8f28-4d16-b218-76aaeb5f3b78', '35ad830457c96e4452e867fd1acc530b39ae6f12d56de62dfe4442d13e099eb7', 201, '{"id":"pay_01m8gp8d3ye8ytgr89bzww73ha","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","amount":{"amount":100000,"currency":"EUR"},"reference":"in advance","created_at":"2026-11-28T09:02:24.894Z"}', 1795856544894, 1798448544894);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', '3c75caa8-b3fb-4f6c-abb5-7a33eb9683ef', '554e096c48b847c9ffa2667b8250dc5b644a1e6263576d030ba7a5be8ba8e91e', 201, '{"id":"ten_01m8gp8d6ff1zrktm3s4xwca97","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","name":"Le Fournil","kind":"client","account":null,"state":"provisioning","created_at":"2026-11-28T09:02:24.975Z"}', 1795856544975, 1795942944975);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', 'b416f58e-6f2e-4f63-8a54-59e216b9ca62', 'b5a74616e799b0cc69d38ca3f1f16899648bf81632610730b6ec055065f8103f', 200, '{"id":"ten_01m8gp8d6ff1zrktm3s4xwca97","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","name":"Le Fournil","kind":"client","account":"fournil","state":"active","created_at":"2026-11-28T09:02:24.975Z"}', 1795856545049, 1795942945049);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', '0297098c-d924-4f48-95aa-c2c723958790', '544de5497eea06a7518c9acd4bcc20a0e4be40478b1224f14f6754d3846972cf', 201, '{"id":"dom_01m8gp8db3faht6bq2aaev600k","tenant":"ten_01m8gp8d6ff1zrktm3s4xwca97","kind":"platform","host":"d000000.bench.test","hostnames":[{"host":"d000000.bench.test","role":"main","live":false,"dns":{"state":"verified","checked_at":null,"next_check_at":null,"records":[]},"certificate":{"state":"none","source":null,"not_after":null}}],"created_at":"2026-11-28T09:02:25.123Z"}', 1795856545123, 1795942945123);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', '95985f80-7de1-4a37-9bdf-2715ec4884c1', '1468407ba646d41e8e548fb77dfe86c3ae29fe5aa9abbe6de9fada5d61920078', 201, '{"id":"tok_01m8gp8dk5enmt57xe4kdrb3ej","name":"shop","principal":"partner:ptr_01m8gp8cgvfhdbcnsqgdfehbkb","scopes":["clients:read","clients:write","tenants:read","orders:read","orders:write","licences:read","licences:write","balance:read","search:read","orders:void"],"created_at":"2026-11-28T09:02:25.381Z","expires_at":"2027-11-29T09:02:25.381Z","networks":[],"tenants":[],"mode":"live"}', 1795856545381, 1795942945381);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('partner:ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '893713c5-2816-4f08-92aa-cf62527225af', 'f47b403696a5fabb31efb4dcd79f13678b336879c44a4c13d054ee0070da9336', 201, '{"id":"ord_01m8gp8dnne9nr2sg93g5rmt6e","number":"2026-WE30-EZQW","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","client":"cli_01m8gp8dnnfg4vakjkhkc4kdrq","kind":"order","state":"fulfilled","po_number":null,"plan":"pln_01m8gp8cvhfwsretfgde24cd45","term":"monthly","components":[],"price":{"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","version":"plv_01m8gp8czke90brhca4b650swx","currency":"EUR","lines":[{"code":"Production","label":"Production","quantity":1,"unit":{"amount":4900,"currency":"EUR"},"total":{"amount":4900,"currency":"EUR"}}],"net":{"amount":4900,"currency":"EUR"},"discount":{"amount":0,"currency":"EUR"},"total":{"amount":4900,"currency":"EUR"},"explanation":[{"code":"version","text":"The prices are of version 1 of the price list “Europe”."},{"code":"lines","text":"The lines add up.","amount":{"amount":4900,"currency":"EUR"}}]},"charged":{"amount":4900,"currency":"EUR"},"tenant":"ten_01m8gp8dnnepv9kc5h277psphm","opened_tenant":true,"licence":"lic_01m8gp8dnnej3br3hngbjjrbz4","serial":"5XRT-Z8J2-K9DT-J11T","subscription":"sub_01m8gp8dnne4tradpmsk14tgwh","activation_link":"https://portal.bench.test/activate#5XRT-Z8J2-K9DT-J11T","replaces":null,"replaced_by":null,"policy_version":1,"placed_at":"2026-11-28T09:02:25.461Z","activated_at":null,"voided_at":null,"warnings":[]}', 1795856545461, 1798448545461);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', '9c73005f-cfac-4994-89a2-a4aa51d2e357', '5e1847081611d496cf38b99d313714c44670700e2d6ae5e2f4d77feccbc92385', 201, '{"id":"tok_01m8gp8dw2f2r9dba2vtx0h1gb","name":"till","principal":"application:app_01m8gp8ceeeatrwdqvzpx1q0x6","scopes":["tenants:read","activations:read","activations:write","support:write"],"created_at":"2026-11-28T09:02:25.666Z","expires_at":"2027-11-29T09:02:25.666Z","networks":[],"tenants":[],"mode":"live"}', 1795856545666, 1795942945666);
INSERT INTO public.idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms) VALUES ('operator', '8ce42120-3008-4ef0-8e11-7928d05af250', '276ae06ce8182fabca4eee92c60b911e4651eb1fe4da060e103dd16333461f07', 201, '{"name":"69837630204d98e7","public":"2sOjzmSCA2KGmXY80EtEW2Yfxis3DGPTlyCMZGjJeVw=","created_at":"2026-11-28T09:02:25.743Z"}', 1795856545743, 1795942945743);
INSERT INTO public.ledger_entry (tx, line, from_account, to_account, amount) VALUES (1, 1, 'cash', 'wallet', 100000);
INSERT INTO public.ledger_entry (tx, line, from_account, to_account, amount) VALUES (2, 1, 'wallet', 'pending', 4900);
INSERT INTO public.ledger_entry (tx, line, from_account, to_account, amount) VALUES (3, 1, 'pending', 'revenue', 4900);
INSERT INTO public.ledger_payment (id, partner_id, currency, amount, reference, recorded_by, created_ms) VALUES ('pay_01m8gp8d3ye8ytgr89bzww73ha', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'EUR', 100000, 'in advance', 'tok_01m8gp8batf40897yhwsfv7xcs', 1795856544894);
INSERT INTO public.ledger_source (kind, id, partner_id, currency, amount, state, created_ms) VALUES ('payment', 'pay_01m8gp8d3ye8ytgr89bzww73ha', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'EUR', 100000, 'posted', 1795856544894);
INSERT INTO public.ledger_source (kind, id, partner_id, currency, amount, state, created_ms) VALUES ('order', 'ord_01m8gp8dnne9nr2sg93g5rmt6e', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'EUR', 4900, 'posted', 1795856545461);
INSERT INTO public.ledger_tx (seq, id, wallet_id, partner_id, source_kind, source_id, step, change, balance, at_ms, note) VALUES (1, 'ltx_01m8gp8d3yexmvd5jdmsday1q5', 'wal_01m8gp8cp4fpsrgm8k3yfqvytf', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'payment', 'pay_01m8gp8d3ye8ytgr89bzww73ha', 'pay', 100000, 100000, 1795856544894, 'in advance');
INSERT INTO public.ledger_tx (seq, id, wallet_id, partner_id, source_kind, source_id, step, change, balance, at_ms, note) VALUES (2, 'ltx_01m8gp8dnne4a8r6qmmhb457wf', 'wal_01m8gp8cp4fpsrgm8k3yfqvytf', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'order', 'ord_01m8gp8dnne9nr2sg93g5rmt6e', 'hold', -4900, 95100, 1795856545461, NULL);
INSERT INTO public.ledger_tx (seq, id, wallet_id, partner_id, source_kind, source_id, step, change, balance, at_ms, note) VALUES (3, 'ltx_01m8gp8dnne2ardw9mkrd92t6a', 'wal_01m8gp8cp4fpsrgm8k3yfqvytf', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'order', 'ord_01m8gp8dnne9nr2sg93g5rmt6e', 'post', 0, 95100, 1795856545461, NULL);
INSERT INTO public.ledger_wallet (id, partner_id, currency, balance, pending, credit_limit, warn_below, is_low, created_ms) VALUES ('wal_01m8gp8cp4fpsrgm8k3yfqvytf', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'EUR', 95100, 0, 0, NULL, 0, 1795856544452);
INSERT INTO public.licence (id, serial, tenant_id, partner_id, application_id, client_id, plan_id, product_id, subscription_id, order_id, kind, origin, term, components, max_activations, trial_days, extension_days, grace_days, when_over, renews, issued_ms, activated_ms, expires_ms, extended_ms, suspended_ms, suspended_by, suspended_reason, cancelled_ms, voided_ms, superseded_ms, superseded_by, next_ms) VALUES ('lic_01m8gp8dnnej3br3hngbjjrbz4', '5XRTZ8J2K9DTJ11T', 'ten_01m8gp8dnnepv9kc5h277psphm', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'app_01m8gp8ceeeatrwdqvzpx1q0x6', 'cli_01m8gp8dnnfg4vakjkhkc4kdrq', 'pln_01m8gp8cvhfwsretfgde24cd45', 'prd_01m8gp8cs9ehjb7mf744pvycjj', 'sub_01m8gp8dnne4tradpmsk14tgwh', 'ord_01m8gp8dnne9nr2sg93g5rmt6e', 'paid', 'order', 'monthly', '[]', 2, 14, 7, 14, 'block', 1, 1795856545461, NULL, 1798448545461, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1799658145461);
INSERT INTO public.licence_key (id, public_key, seed, created_ms) VALUES ('69837630204d98e7', '2sOjzmSCA2KGmXY80EtEW2Yfxis3DGPTlyCMZGjJeVw=', '\xb6bed85515b08d14e990bd60051b1581dc2bc6f78c14007167cdc01991143a31101c17c5949ada7e3537b89a803f150b1cc7fc5de5db51a43e4b8160c55068edb69eb5a9', 1795856545743);
INSERT INTO public.mail (id, to_address, kind, language, partner_id, facts, state, attempts, next_ms, said, created_ms, sent_ms, secret) VALUES ('mal_01m8gp8dnnfpqvr3rvm37gt6qg', 'anne@fournil.example', 'activation_instructions', 'fr', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '{"company":"Le Fournil","name":"Le Fournil","order":"2026-WE30-EZQW","path":"/activate#5XRT-Z8J2-K9DT-J11T","product":"Cash register","serial":"5XRT-Z8J2-K9DT-J11T"}', 'waiting', 0, 1795856545461, NULL, 1795856545461, NULL, NULL);
INSERT INTO public.order_policy (version, void_days, claim_days, since_ms) VALUES (1, 30, 90, 0);
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (1, 'evt_01m8gp8batfy3ayh96c34rzg85', 1795856543066, 'token.created', 'tok_01m8gp8batf40897yhwsfv7xcs', 1, NULL, NULL, '{"principal":"operator","scopes":["partners:read","partners:write","members:read","members:write","users:read","users:write","clients:read","clients:write","applications:read","applications:write","tenants:read","tenants:write","domains:read","domains:write","white_label:read","white_label:write","retail:read","retail:write","catalog:read","catalog:write","prices:read","prices:write","promos:read","promos:write","orders:read","orders:write","licences:read","licences:write","activations:read","activations:write","collaborators:read","collaborators:write","consents:read","consents:write","balance:read","balance:write","support:read","support:write","search:read","audit:read","webhooks:read","webhooks:write","tokens:read","tokens:write","tenants:bind","orders:void","licences:activate_oem","ledger:adjust"]}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (2, 'evt_01m8gp8bdxet1tkbcthhyrxbme', 1795856543165, 'token.created', 'tok_01m8gp8bdxfndrj555sxb0mmeg', 1, NULL, NULL, '{"principal":"edge","scopes":["edge:sync"]}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (3, 'evt_01m8gp8ceef4arhn6dz79cfz8w', 1795856544206, 'application.created', 'app_01m8gp8ceeeatrwdqvzpx1q0x6', 1, NULL, NULL, '{"name":"till"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (4, 'evt_01m8gp8cgvex98m3rskq66b071', 1795856544283, 'partner.created', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 1, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '{"kind":"reseller","name":"Comptoir"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (5, 'evt_01m8gp8ckyeeztrms80h7ejpys', 1795856544382, 'account_manager.created', 'amg_01m8gp8ckyfbzsrte82sjjpd8g', 1, NULL, NULL, '{"name":"Camille"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (6, 'evt_01m8gp8cp4e2erm2mgbzrdmw3m', 1795856544452, 'partner.approved', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 2, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '{"account_manager":"amg_01m8gp8ckyfbzsrte82sjjpd8g","legal":{"evidence":"extract of the register","registration":"RCS 1","status":"company"}}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (7, 'evt_01m8gp8cp4e4ftmw6999bdp3mc', 1795856544452, 'tenant.created', 'ten_01m8gp8cp4fx2rxw8xeetfs6ca', 1, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8cp4fx2rxw8xeetfs6ca', '{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"business_free_partner","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (8, 'evt_01m8gp8cp4fg1rpf6dc4x3s1ms', 1795856544452, 'tenant.created', 'ten_01m8gp8cp4fxnr6c5djxkev2s1', 1, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8cp4fxnr6c5djxkev2s1', '{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"sandbox","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (9, 'evt_01m8gp8cs9fenasjcmgazaz0bz', 1795856544553, 'product.created', 'prd_01m8gp8cs9ehjb7mf744pvycjj', 1, NULL, NULL, '{"code":"till","name":"Cash register","state":"listed"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (10, 'evt_01m8gp8cvhe2srny590vmdkmj4', 1795856544625, 'plan.created', 'pln_01m8gp8cvhfwsretfgde24cd45', 1, NULL, NULL, '{"at_suspension":"block","code":"Production","grace_days":14,"max_activations":2,"name":"Production","state":"listed","terms":[{"countries":null,"term":"monthly"},{"countries":null,"term":"yearly"}],"trial_days":14,"trial_extension_days":7}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (11, 'evt_01m8gp8cxqey9rps6kmk0dtg41', 1795856544695, 'price_list.created', 'prl_01m8gp8cxqfaqb53xf1vxa2xch', 1, NULL, NULL, '{"countries":null,"currency":"EUR","name":"Europe","partners":null,"state":"open"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (12, 'evt_01m8gp8czke9w9wd0eq5yakrca', 1795856544755, 'price_version.drafted', 'plv_01m8gp8czke90brhca4b650swx', 1, NULL, NULL, '{"effective_ms":null,"number":1,"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","state":"draft"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (13, 'evt_01m8gp8d1tfcqr5xjga76qvn3j', 1795856544826, 'price_version.published', 'plv_01m8gp8czke90brhca4b650swx', 2, NULL, NULL, '{"effective_ms":1795856544826,"number":1,"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","state":"published"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (14, 'evt_01m8gp8d3ye2eb7j5n6m4k0kwd', 1795856544894, 'payment.recorded', 'pay_01m8gp8d3ye8ytgr89bzww73ha', 1, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '{"amount":{"amount":100000,"currency":"EUR"},"reference":"in advance"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (15, 'evt_01m8gp8d6fedr9nz0q4phn1b11', 1795856544975, 'tenant.created', 'ten_01m8gp8d6ff1zrktm3s4xwca97', 1, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8d6ff1zrktm3s4xwca97', '{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"client","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (16, 'evt_01m8gp8d8sf66tjqm6j3gk8xgv', 1795856545049, 'tenant.bound', 'ten_01m8gp8d6ff1zrktm3s4xwca97', 2, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8d6ff1zrktm3s4xwca97', '{"after":{"account":"fournil","state":"active","suspended_by":null},"before":{"account":null,"state":"provisioning","suspended_by":null},"reason":null}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (17, 'evt_01m8gp8db3f9grkwg66gpvw0fd', 1795856545123, 'domain.created', 'dom_01m8gp8db3faht6bq2aaev600k', 1, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8d6ff1zrktm3s4xwca97', '{"host":"d000000.bench.test","kind":"platform","tenant":"ten_01m8gp8d6ff1zrktm3s4xwca97"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (18, 'evt_01m8gp8dekf558azr8tfgp15v7', 1795856545235, 'domain.certificate_uploaded', 'dom_01m8gp8db3faht6bq2aaev600k', 2, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8d6ff1zrktm3s4xwca97', '{"hosts":["d000000.bench.test"],"not_after_ms":2082758400000}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (19, 'evt_01m8gp8dk5fp4b55hg7c5c0pra', 1795856545381, 'token.created', 'tok_01m8gp8dk5enmt57xe4kdrb3ej', 1, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '{"principal":"partner:ptr_01m8gp8cgvfhdbcnsqgdfehbkb","scopes":["clients:read","clients:write","tenants:read","orders:read","orders:write","licences:read","licences:write","balance:read","search:read","orders:void"]}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (20, 'evt_01m8gp8dnne4nsn2tynpfpc4er', 1795856545461, 'client.created', 'cli_01m8gp8dnnfg4vakjkhkc4kdrq', 1, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '{"country":"FR","rule_version":0}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (21, 'evt_01m8gp8dnnemyv4mxtgset0a44', 1795856545461, 'tenant.created', 'ten_01m8gp8dnnepv9kc5h277psphm', 1, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8dnnepv9kc5h277psphm', '{"application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","kind":"client","partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (22, 'evt_01m8gp8dnnfnab5zmw142b08hx', 1795856545461, 'licence.issued', 'lic_01m8gp8dnnej3br3hngbjjrbz4', 1, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8dnnepv9kc5h277psphm', '{"expires_ms":1798448545461,"kind":"paid","order":"ord_01m8gp8dnne9nr2sg93g5rmt6e","origin":"order","plan":"pln_01m8gp8cvhfwsretfgde24cd45","serial":"5XRT-Z8J2-K9DT-J11T","subscription":"sub_01m8gp8dnne4tradpmsk14tgwh","tenant":"ten_01m8gp8dnnepv9kc5h277psphm","term":"monthly"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (23, 'evt_01m8gp8dnneg192d40cde82hbd', 1795856545461, 'order.placed', 'ord_01m8gp8dnne9nr2sg93g5rmt6e', 1, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '{"charged":{"amount":4900,"currency":"EUR"},"client":"cli_01m8gp8dnnfg4vakjkhkc4kdrq","kind":"order","number":"2026-WE30-EZQW","replaces":null,"tenant":"ten_01m8gp8dnnepv9kc5h277psphm"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (24, 'evt_01m8gp8dnnf3tvk0m744rcfjn0', 1795856545461, 'order.fulfilled', 'ord_01m8gp8dnne9nr2sg93g5rmt6e', 2, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '{"client":"cli_01m8gp8dnnfg4vakjkhkc4kdrq","kind":"order","licence":"lic_01m8gp8dnnej3br3hngbjjrbz4","number":"2026-WE30-EZQW","subscription":"sub_01m8gp8dnne4tradpmsk14tgwh","tenant":"ten_01m8gp8dnnepv9kc5h277psphm"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (25, 'evt_01m8gp8dnnfykvvbx8jnng9kn5', 1795856545461, 'client.changed', 'cli_01m8gp8dnnfg4vakjkhkc4kdrq', 2, 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '{"after":"customer","before":"prospect"}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (26, 'evt_01m8gp8dw2ekjtfbtg7zscsyzk', 1795856545666, 'token.created', 'tok_01m8gp8dw2f2r9dba2vtx0h1gb', 1, NULL, NULL, '{"principal":"application:app_01m8gp8ceeeatrwdqvzpx1q0x6","scopes":["tenants:read","activations:read","activations:write","support:write"]}');
INSERT INTO public.outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload) VALUES (27, 'evt_01m8gp8dyff719g63weg8wne4w', 1795856545743, 'licence_key.made', '69837630204d98e7', 1, NULL, NULL, '{"before":null,"public":"2sOjzmSCA2KGmXY80EtEW2Yfxis3DGPTlyCMZGjJeVw="}');
INSERT INTO public.partner (id, name, brand, state, created_ms, kind, region, account_manager_id, distribution_mode, support_level1, legal, tax_id, auto_licence_plan, look, settings, state_reason, approved_ms) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'Comptoir', '{"name":"Comptoir","support":"aide@comptoir.example"}', 'active', 1795856544283, 'reseller', NULL, 'amg_01m8gp8ckyfbzsrte82sjjpd8g', 'no_code', 0, '{"status":"company","registration":"RCS 1","evidence":"extract of the register"}', NULL, NULL, '{}', '{"hidden":[]}', NULL, 1795856544452);
INSERT INTO public.partner_order (id, number, partner_id, client_id, kind, state, po_number, product_id, plan_id, term, basket, priced, currency, total_minor, tenant_id, opened_tenant, serial, subscription_id, replaces_id, replaced_by_id, told, policy_version, placed_ms, voided_ms) VALUES ('ord_01m8gp8dnne9nr2sg93g5rmt6e', '2026-WE30-EZQW', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'cli_01m8gp8dnnfg4vakjkhkc4kdrq', 'order', 'fulfilled', NULL, 'prd_01m8gp8cs9ehjb7mf744pvycjj', 'pln_01m8gp8cvhfwsretfgde24cd45', 'monthly', '{"partner":"ptr_01m8gp8cgvfhdbcnsqgdfehbkb","client":"cli_01m8gp8dnnfg4vakjkhkc4kdrq","country":"FR","price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","plan":"pln_01m8gp8cvhfwsretfgde24cd45","term":"monthly","components":[],"promo":null}', '{"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","version":"plv_01m8gp8czke90brhca4b650swx","currency":"EUR","product":"prd_01m8gp8cs9ehjb7mf744pvycjj","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","plan":"pln_01m8gp8cvhfwsretfgde24cd45","term":"monthly","lines":[{"code":"Production","label":"Production","quantity":1,"unit":{"amount":4900,"currency":"EUR"},"total":{"amount":4900,"currency":"EUR"}}],"net":{"amount":4900,"currency":"EUR"},"discount":{"amount":0,"currency":"EUR"},"total":{"amount":4900,"currency":"EUR"},"promo":null,"explanation":[{"code":"version","english":"The prices are of version 1 of the price list “Europe”.","french":"Les prix sont ceux de la version 1 de la liste de prix « Europe ».","amount":null},{"code":"lines","english":"The lines add up.","french":"Les lignes s’additionnent.","amount":{"amount":4900,"currency":"EUR"}}]}', 'EUR', 4900, 'ten_01m8gp8dnnepv9kc5h277psphm', 1, '5XRTZ8J2K9DTJ11T', 'sub_01m8gp8dnne4tradpmsk14tgwh', NULL, NULL, 1, 1, 1795856545461, NULL);
INSERT INTO public.plan (id, product_id, code, name, kind, state, terms, at_suspension, grace_days, trial_days, trial_extension_days, max_activations, created_ms) VALUES ('pln_01m8gp8cvhfwsretfgde24cd45', 'prd_01m8gp8cs9ehjb7mf744pvycjj', 'Production', 'Production', 'sold', 'listed', '[{"term":"monthly","countries":null},{"term":"yearly","countries":null}]', 'block', 14, 14, 7, 2, 1795856544625);
INSERT INTO public.price (price_version_id, plan_id, term, component_id, from_quantity, minor) VALUES ('plv_01m8gp8czke90brhca4b650swx', 'pln_01m8gp8cvhfwsretfgde24cd45', 'monthly', '', 1, 4900);
INSERT INTO public.price_list (id, name, currency, countries, partners, state, created_ms) VALUES ('prl_01m8gp8cxqfaqb53xf1vxa2xch', 'Europe', 'EUR', NULL, NULL, 'open', 1795856544695);
INSERT INTO public.price_version (id, price_list_id, number, state, effective_ms, published_ms, created_ms) VALUES ('plv_01m8gp8czke90brhca4b650swx', 'prl_01m8gp8cxqfaqb53xf1vxa2xch', 1, 'published', 1795856544826, 1795856544826, 1795856544755);
INSERT INTO public.product (id, application_id, code, name, state, created_ms) VALUES ('prd_01m8gp8cs9ehjb7mf744pvycjj', 'app_01m8gp8ceeeatrwdqvzpx1q0x6', 'till', 'Cash register', 'listed', 1795856544553);
INSERT INTO public.region (code, name_en, name_fr, "position") VALUES ('uk', 'United Kingdom', 'Royaume-Uni', 10);
INSERT INTO public.region (code, name_en, name_fr, "position") VALUES ('au', 'Australia', 'Australie', 20);
INSERT INTO public.region (code, name_en, name_fr, "position") VALUES ('fr', 'France', 'France', 30);
INSERT INTO public.region (code, name_en, name_fr, "position") VALUES ('nordics', 'Nordic countries', 'Pays nordiques', 40);
INSERT INTO public.region (code, name_en, name_fr, "position") VALUES ('emea', 'Europe, Middle East and Africa', 'Europe, Moyen-Orient et Afrique', 50);
INSERT INTO public.region (code, name_en, name_fr, "position") VALUES ('north_america', 'North America', 'Amérique du Nord', 60);
INSERT INTO public.region (code, name_en, name_fr, "position") VALUES ('apac', 'Asia-Pacific', 'Asie-Pacifique', 70);
INSERT INTO public.region (code, name_en, name_fr, "position") VALUES ('japan', 'Japan', 'Japon', 80);
INSERT INTO public.region (code, name_en, name_fr, "position") VALUES ('south_america', 'South America', 'Amérique du Sud', 90);
INSERT INTO public.region (code, name_en, name_fr, "position") VALUES ('brazil', 'Brazil', 'Brésil', 100);
INSERT INTO public.region_rule (country, version, tax_id, since_ms) VALUES ('AR', 1, 'required', 0);
INSERT INTO public.region_rule (country, version, tax_id, since_ms) VALUES ('BR', 1, 'required', 0);
INSERT INTO public.region_rule (country, version, tax_id, since_ms) VALUES ('CL', 1, 'required', 0);
INSERT INTO public.region_rule (country, version, tax_id, since_ms) VALUES ('CO', 1, 'required', 0);
INSERT INTO public.region_rule (country, version, tax_id, since_ms) VALUES ('ES', 1, 'required', 0);
INSERT INTO public.region_rule (country, version, tax_id, since_ms) VALUES ('IT', 1, 'required', 0);
INSERT INTO public.region_rule (country, version, tax_id, since_ms) VALUES ('MX', 1, 'required', 0);
INSERT INTO public.region_rule (country, version, tax_id, since_ms) VALUES ('PE', 1, 'required', 0);
INSERT INTO public.region_rule (country, version, tax_id, since_ms) VALUES ('PT', 1, 'required', 0);
INSERT INTO public.search_entry (id, kind, object, partner_id, tenant_id, label) VALUES (1, 'partner', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, 'Comptoir');
INSERT INTO public.search_entry (id, kind, object, partner_id, tenant_id, label) VALUES (2, 'tenant', 'ten_01m8gp8cp4fx2rxw8xeetfs6ca', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8cp4fx2rxw8xeetfs6ca', 'BUSINESS-FREE-PARTNER');
INSERT INTO public.search_entry (id, kind, object, partner_id, tenant_id, label) VALUES (3, 'tenant', 'ten_01m8gp8cp4fxnr6c5djxkev2s1', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8cp4fxnr6c5djxkev2s1', 'SANDBOX');
INSERT INTO public.search_entry (id, kind, object, partner_id, tenant_id, label) VALUES (4, 'tenant', 'ten_01m8gp8d6ff1zrktm3s4xwca97', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8d6ff1zrktm3s4xwca97', 'Le Fournil');
INSERT INTO public.search_entry (id, kind, object, partner_id, tenant_id, label) VALUES (5, 'client', 'cli_01m8gp8dnnfg4vakjkhkc4kdrq', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, 'Le Fournil');
INSERT INTO public.search_entry (id, kind, object, partner_id, tenant_id, label) VALUES (6, 'tenant', 'ten_01m8gp8dnnepv9kc5h277psphm', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8dnnepv9kc5h277psphm', 'Le Fournil');
INSERT INTO public.search_entry (id, kind, object, partner_id, tenant_id, label) VALUES (7, 'licence', 'lic_01m8gp8dnnej3br3hngbjjrbz4', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'ten_01m8gp8dnnepv9kc5h277psphm', '5XRT-Z8J2-K9DT-J11T');
INSERT INTO public.search_entry (id, kind, object, partner_id, tenant_id, label) VALUES (8, 'order', 'ord_01m8gp8dnne9nr2sg93g5rmt6e', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', NULL, '2026-WE30-EZQW');
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x636f6d70746f6972', 1);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x627573696e657373', 2);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x627573696e65737366726565706172746e6572', 2);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x66726565', 2);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x706172746e6572', 2);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x73616e64626f78', 3);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x666f75726e696c', 4);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x6c65', 4);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x616e6e65', 5);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x616e6e65666f75726e696c6578616d706c65', 5);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x6578616d706c65', 5);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x666f75726e696c', 5);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x6c65', 5);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x666f75726e696c', 6);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x6c65', 6);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x35787274', 7);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x357872747a386a326b3964746a313174', 7);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x6a313174', 7);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x6b396474', 7);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x7a386a32', 7);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x32303236', 8);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x3230323677653330657a7177', 8);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x657a7177', 8);
INSERT INTO public.search_token (partner_id, token, entry) VALUES ('ptr_01m8gp8cgvfhdbcnsqgdfehbkb', '\x77653330', 8);
INSERT INTO public.shared_key (id, purpose, use_from_ms, secret, created_ms) VALUES ('c5d1cd171ff94a53', 'ticket', 1795856543345, '\x9d3fa37016cbd677979dae55e6721240c3d1652b368070ce0ebd92955953010c76c5fd1f39c9c4b063b67942406a3e99dbce5fe7795b3cf8202f96824598d306b6ffa824', 1795856543345);
INSERT INTO public.shared_key (id, purpose, use_from_ms, secret, created_ms) VALUES ('197a28484de4d087', 'cookie', 1795856543345, '\x9d3fa37016cbd6778041de7ab4b824473d4720e279913dc250ad7c9fa4dcd99683961c2b4518d39b131a86d81524e4e9d89fd6f6621cbef1613afaa904721fb0bb673221', 1795856543345);
INSERT INTO public.shared_key (id, purpose, use_from_ms, secret, created_ms) VALUES ('4dcbc7273c0f439b', 'assertion', 1795856543345, '\x9d3fa37016cbd6778d71c624edd5fb119a675f1810e7ce7ba2d67b44ecd30a0364a86c529a88080119cc4fe2eb293d1da8a8a2d10a88ea4c55d129cf936ba4dd1d2908f1', 1795856543345);
INSERT INTO public.subscription (id, tenant_id, partner_id, application_id, client_id, plan_id, product_id, term, components, state, ends_after_period, anchor_ms, anchor_no, period_no, period_start_ms, period_end_ms, grace_days, priced, scheduled, next_ms, created_ms, ended_ms, told_period_no) VALUES ('sub_01m8gp8dnne4tradpmsk14tgwh', 'ten_01m8gp8dnnepv9kc5h277psphm', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'app_01m8gp8ceeeatrwdqvzpx1q0x6', 'cli_01m8gp8dnnfg4vakjkhkc4kdrq', 'pln_01m8gp8cvhfwsretfgde24cd45', 'prd_01m8gp8cs9ehjb7mf744pvycjj', 'monthly', '[]', 'active', 0, 1795856545461, 1, 1, 1795856545461, 1798448545461, 14, '{"price_list":"prl_01m8gp8cxqfaqb53xf1vxa2xch","version":"plv_01m8gp8czke90brhca4b650swx","currency":"EUR","product":"prd_01m8gp8cs9ehjb7mf744pvycjj","application":"app_01m8gp8ceeeatrwdqvzpx1q0x6","plan":"pln_01m8gp8cvhfwsretfgde24cd45","term":"monthly","lines":[{"code":"Production","label":"Production","quantity":1,"unit":{"amount":4900,"currency":"EUR"},"total":{"amount":4900,"currency":"EUR"}}],"net":{"amount":4900,"currency":"EUR"},"discount":{"amount":0,"currency":"EUR"},"total":{"amount":4900,"currency":"EUR"},"promo":null,"explanation":[{"code":"version","english":"The prices are of version 1 of the price list “Europe”.","french":"Les prix sont ceux de la version 1 de la liste de prix « Europe ».","amount":null},{"code":"lines","english":"The lines add up.","french":"Les lignes s’additionnent.","amount":{"amount":4900,"currency":"EUR"}}]}', NULL, 1798448545461, 1795856545461, NULL, -1);
INSERT INTO public.support_contact (one, email, phone, hours, partner_email) VALUES (1, NULL, NULL, NULL, NULL);
INSERT INTO public.tenant (id, partner_id, application_id, name, kind, client_id, account, state, state_reason, suspended_by, handed_over_ms, created_ms, licence) VALUES ('ten_01m8gp8cp4fx2rxw8xeetfs6ca', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'app_01m8gp8ceeeatrwdqvzpx1q0x6', 'BUSINESS-FREE-PARTNER', 'business_free_partner', NULL, NULL, 'provisioning', NULL, NULL, NULL, 1795856544452, NULL);
INSERT INTO public.tenant (id, partner_id, application_id, name, kind, client_id, account, state, state_reason, suspended_by, handed_over_ms, created_ms, licence) VALUES ('ten_01m8gp8cp4fxnr6c5djxkev2s1', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'app_01m8gp8ceeeatrwdqvzpx1q0x6', 'SANDBOX', 'sandbox', NULL, NULL, 'provisioning', NULL, NULL, NULL, 1795856544452, NULL);
INSERT INTO public.tenant (id, partner_id, application_id, name, kind, client_id, account, state, state_reason, suspended_by, handed_over_ms, created_ms, licence) VALUES ('ten_01m8gp8d6ff1zrktm3s4xwca97', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'app_01m8gp8ceeeatrwdqvzpx1q0x6', 'Le Fournil', 'client', NULL, 'fournil', 'active', NULL, NULL, NULL, 1795856544975, NULL);
INSERT INTO public.tenant (id, partner_id, application_id, name, kind, client_id, account, state, state_reason, suspended_by, handed_over_ms, created_ms, licence) VALUES ('ten_01m8gp8dnnepv9kc5h277psphm', 'ptr_01m8gp8cgvfhdbcnsqgdfehbkb', 'app_01m8gp8ceeeatrwdqvzpx1q0x6', 'Le Fournil', 'client', 'cli_01m8gp8dnnfg4vakjkhkc4kdrq', NULL, 'provisioning', NULL, NULL, NULL, 1795856545461, '{"state":"usable","until_ms":1799658145461,"when_over":"block"}');
INSERT INTO public.write_gate (one) VALUES (1);
ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.account_manager
    ADD CONSTRAINT account_manager_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.acme_account
    ADD CONSTRAINT acme_account_pkey PRIMARY KEY (directory);
ALTER TABLE ONLY public.activation
    ADD CONSTRAINT activation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_hash_key UNIQUE (hash);
ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.app_user
    ADD CONSTRAINT app_user_email_compared_key UNIQUE (email_compared);
ALTER TABLE ONLY public.app_user
    ADD CONSTRAINT app_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.application
    ADD CONSTRAINT application_name_key UNIQUE (name);
ALTER TABLE ONLY public.application
    ADD CONSTRAINT application_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_id_key UNIQUE (id);
ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (one);
ALTER TABLE ONLY public.blocked_collaborator
    ADD CONSTRAINT blocked_collaborator_pkey PRIMARY KEY (tenant_id, member_id);
ALTER TABLE ONLY public.claim_challenge
    ADD CONSTRAINT claim_challenge_pkey PRIMARY KEY (client_id, challenger_id);
ALTER TABLE ONLY public.client
    ADD CONSTRAINT client_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.client_place
    ADD CONSTRAINT client_place_pkey PRIMARY KEY (client_id);
ALTER TABLE ONLY public.component
    ADD CONSTRAINT component_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.consent
    ADD CONSTRAINT consent_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.consent_session
    ADD CONSTRAINT consent_session_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.domain
    ADD CONSTRAINT domain_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.edge_proxy
    ADD CONSTRAINT edge_proxy_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.feed_counter
    ADD CONSTRAINT feed_counter_pkey PRIMARY KEY (one);
ALTER TABLE ONLY public.feed_record
    ADD CONSTRAINT feed_record_pkey PRIMARY KEY (kind, name);
ALTER TABLE ONLY public.help_link
    ADD CONSTRAINT help_link_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.home_layout
    ADD CONSTRAINT home_layout_pkey PRIMARY KEY (owner);
ALTER TABLE ONLY public.hostname
    ADD CONSTRAINT hostname_pkey PRIMARY KEY (host);
ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (principal, key);
ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_hash_key UNIQUE (hash);
ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.issuance
    ADD CONSTRAINT issuance_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ledger_adjustment
    ADD CONSTRAINT ledger_adjustment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ledger_entry
    ADD CONSTRAINT ledger_entry_pkey PRIMARY KEY (tx, line);
ALTER TABLE ONLY public.ledger_payment
    ADD CONSTRAINT ledger_payment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ledger_source
    ADD CONSTRAINT ledger_source_pkey PRIMARY KEY (kind, id);
ALTER TABLE ONLY public.ledger_tx
    ADD CONSTRAINT ledger_tx_id_key UNIQUE (id);
ALTER TABLE ONLY public.ledger_tx
    ADD CONSTRAINT ledger_tx_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.ledger_wallet
    ADD CONSTRAINT ledger_wallet_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.licence_key
    ADD CONSTRAINT licence_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.licence
    ADD CONSTRAINT licence_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.mail
    ADD CONSTRAINT mail_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.operator_user
    ADD CONSTRAINT operator_user_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.order_policy
    ADD CONSTRAINT order_policy_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.outbox_event
    ADD CONSTRAINT outbox_event_id_key UNIQUE (id);
ALTER TABLE ONLY public.outbox_event
    ADD CONSTRAINT outbox_event_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.partner_order
    ADD CONSTRAINT partner_order_number_key UNIQUE (number);
ALTER TABLE ONLY public.partner_order
    ADD CONSTRAINT partner_order_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partner
    ADD CONSTRAINT partner_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.password_reset
    ADD CONSTRAINT password_reset_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.payment_method
    ADD CONSTRAINT payment_method_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.plan
    ADD CONSTRAINT plan_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.price_list
    ADD CONSTRAINT price_list_name_key UNIQUE (name);
ALTER TABLE ONLY public.price_list
    ADD CONSTRAINT price_list_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.price
    ADD CONSTRAINT price_pkey PRIMARY KEY (price_version_id, plan_id, term, component_id, from_quantity);
ALTER TABLE ONLY public.price_version
    ADD CONSTRAINT price_version_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.product
    ADD CONSTRAINT product_code_key UNIQUE (code);
ALTER TABLE ONLY public.product
    ADD CONSTRAINT product_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promo_code
    ADD CONSTRAINT promo_code_code_key UNIQUE (code);
ALTER TABLE ONLY public.promo_code
    ADD CONSTRAINT promo_code_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promo_redemption
    ADD CONSTRAINT promo_redemption_order_id_key UNIQUE (order_id);
ALTER TABLE ONLY public.promo_redemption
    ADD CONSTRAINT promo_redemption_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.recovery_code
    ADD CONSTRAINT recovery_code_pkey PRIMARY KEY (user_id, hash);
ALTER TABLE ONLY public.region_contact
    ADD CONSTRAINT region_contact_pkey PRIMARY KEY (region, account_manager_id);
ALTER TABLE ONLY public.region
    ADD CONSTRAINT region_pkey PRIMARY KEY (code);
ALTER TABLE ONLY public.region_rule
    ADD CONSTRAINT region_rule_pkey PRIMARY KEY (country, version);
ALTER TABLE ONLY public.released_name
    ADD CONSTRAINT released_name_pkey PRIMARY KEY (host);
ALTER TABLE ONLY public.retail_offer
    ADD CONSTRAINT retail_offer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.role_grant
    ADD CONSTRAINT role_grant_pkey PRIMARY KEY (member_id, role);
ALTER TABLE ONLY public.search_entry
    ADD CONSTRAINT search_entry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.search_token
    ADD CONSTRAINT search_token_pkey PRIMARY KEY (partner_id, token, entry);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_hash_key UNIQUE (hash);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.shared_key
    ADD CONSTRAINT shared_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.support_attachment
    ADD CONSTRAINT support_attachment_pkey PRIMARY KEY (message_id, number);
ALTER TABLE ONLY public.support_contact
    ADD CONSTRAINT support_contact_pkey PRIMARY KEY (one);
ALTER TABLE ONLY public.support_message
    ADD CONSTRAINT support_message_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.support_reply
    ADD CONSTRAINT support_reply_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tenant_payment
    ADD CONSTRAINT tenant_payment_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.tenant
    ADD CONSTRAINT tenant_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tenant_user
    ADD CONSTRAINT tenant_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.trial_use
    ADD CONSTRAINT trial_use_order_id_key UNIQUE (order_id);
ALTER TABLE ONLY public.trial_use
    ADD CONSTRAINT trial_use_pkey PRIMARY KEY (product_id, email_hash);
ALTER TABLE ONLY public.webhook_delivery
    ADD CONSTRAINT webhook_delivery_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.webhook_endpoint
    ADD CONSTRAINT webhook_endpoint_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.white_label
    ADD CONSTRAINT white_label_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.write_gate
    ADD CONSTRAINT write_gate_pkey PRIMARY KEY (one);
CREATE UNIQUE INDEX activation_fingerprint ON public.activation USING btree (licence_id, fingerprint);
CREATE INDEX activation_partner ON public.activation USING btree (partner_id, id);
CREATE INDEX activation_tenant ON public.activation USING btree (tenant_id, id);
CREATE INDEX api_token_principal ON public.api_token USING btree (principal, id);
CREATE INDEX assignment_member ON public.assignment USING btree (member_id, id);
CREATE UNIQUE INDEX assignment_open ON public.assignment USING btree (member_id, tenant_id, role) WHERE ((state = 'pending_consent'::text) OR (state = 'active'::text));
CREATE INDEX assignment_partner ON public.assignment USING btree (partner_id, id);
CREATE INDEX assignment_tenant ON public.assignment USING btree (tenant_id, id);
CREATE INDEX audit_event_object ON public.audit_event USING btree (object, seq);
CREATE INDEX audit_event_partner ON public.audit_event USING btree (partner_id, seq);
CREATE INDEX audit_event_tenant ON public.audit_event USING btree (tenant_id, seq);
CREATE INDEX client_any_email ON public.client USING btree (email_compared) WHERE (email_compared IS NOT NULL);
CREATE INDEX client_country ON public.client USING btree (partner_id, country, postal_code);
CREATE UNIQUE INDEX client_email ON public.client USING btree (partner_id, email_compared) WHERE (email_compared IS NOT NULL);
CREATE INDEX client_partner ON public.client USING btree (partner_id, id);
CREATE INDEX client_place_partner ON public.client_place USING btree (partner_id, latitude, longitude);
CREATE UNIQUE INDEX component_code ON public.component USING btree (product_id, code);
CREATE INDEX consent_ends ON public.consent USING btree (state, ends_ms);
CREATE INDEX consent_partner ON public.consent USING btree (partner_id, id);
CREATE INDEX consent_session_consent ON public.consent_session USING btree (consent_id, id);
CREATE INDEX consent_tenant ON public.consent USING btree (tenant_id, id);
CREATE UNIQUE INDEX domain_target_label ON public.domain USING btree (target_label) WHERE (target_label <> ''::text);
CREATE INDEX domain_tenant ON public.domain USING btree (tenant_id, id);
CREATE INDEX feed_record_revision ON public.feed_record USING btree (revision, kind, name);
CREATE INDEX hostname_certificate_state ON public.hostname USING btree (certificate_state);
CREATE INDEX hostname_dns_next ON public.hostname USING btree (dns_next_ms);
CREATE INDEX hostname_domain ON public.hostname USING btree (domain_id, role);
CREATE INDEX hostname_next_attempt ON public.hostname USING btree (next_attempt_ms);
CREATE INDEX hostname_renew_at ON public.hostname USING btree (renew_at_ms);
CREATE INDEX idempotency_created ON public.idempotency USING btree (created_ms);
CREATE INDEX idempotency_kept_until ON public.idempotency USING btree (kept_until_ms);
CREATE INDEX invitation_partner ON public.invitation USING btree (partner_id, id);
CREATE INDEX invitation_place ON public.invitation USING btree (place);
CREATE INDEX issuance_domain ON public.issuance USING btree (domain_id, id);
CREATE UNIQUE INDEX issuance_open ON public.issuance USING btree (host) WHERE ((state <> 'issued'::text) AND (state <> 'failed'::text));
CREATE INDEX ledger_adjustment_partner ON public.ledger_adjustment USING btree (partner_id, id);
CREATE INDEX ledger_payment_partner ON public.ledger_payment USING btree (partner_id, id);
CREATE INDEX ledger_tx_partner ON public.ledger_tx USING btree (partner_id, seq);
CREATE UNIQUE INDEX ledger_tx_source ON public.ledger_tx USING btree (source_kind, source_id, step);
CREATE INDEX ledger_tx_wallet ON public.ledger_tx USING btree (wallet_id, seq);
CREATE INDEX ledger_tx_wallet_at ON public.ledger_tx USING btree (wallet_id, at_ms);
CREATE UNIQUE INDEX ledger_wallet_partner ON public.ledger_wallet USING btree (partner_id, currency);
CREATE INDEX licence_client ON public.licence USING btree (client_id) WHERE ((superseded_ms IS NULL) AND (voided_ms IS NULL));
CREATE INDEX licence_expires ON public.licence USING btree (expires_ms, id);
CREATE INDEX licence_next ON public.licence USING btree (next_ms);
CREATE INDEX licence_order ON public.licence USING btree (order_id);
CREATE INDEX licence_partner ON public.licence USING btree (partner_id, id);
CREATE UNIQUE INDEX licence_serial ON public.licence USING btree (serial) WHERE (superseded_ms IS NULL);
CREATE INDEX licence_subscription ON public.licence USING btree (subscription_id);
CREATE INDEX licence_tenant ON public.licence USING btree (tenant_id, id);
CREATE INDEX mail_next ON public.mail USING btree (state, next_ms);
CREATE INDEX mail_partner ON public.mail USING btree (partner_id, id);
CREATE UNIQUE INDEX member_once ON public.member USING btree (partner_id, user_id);
CREATE INDEX member_user ON public.member USING btree (user_id);
CREATE UNIQUE INDEX outbox_event_object ON public.outbox_event USING btree (object, object_seq);
CREATE INDEX outbox_event_partner ON public.outbox_event USING btree (partner_id, seq);
CREATE INDEX partner_order_client ON public.partner_order USING btree (client_id, id);
CREATE INDEX partner_order_partner ON public.partner_order USING btree (partner_id, id);
CREATE INDEX partner_order_po ON public.partner_order USING btree (partner_id, po_number) WHERE (po_number IS NOT NULL);
CREATE INDEX partner_order_tenant ON public.partner_order USING btree (tenant_id, id);
CREATE INDEX password_reset_user ON public.password_reset USING btree (user_id);
CREATE INDEX payment_method_partner ON public.payment_method USING btree (partner_id, id);
CREATE UNIQUE INDEX plan_code ON public.plan USING btree (product_id, code);
CREATE UNIQUE INDEX price_version_effective ON public.price_version USING btree (price_list_id, effective_ms) WHERE (state = 'published'::text);
CREATE UNIQUE INDEX price_version_number ON public.price_version USING btree (price_list_id, number);
CREATE INDEX promo_redemption_code ON public.promo_redemption USING btree (promo_code_id, partner_id);
CREATE INDEX retail_offer_partner ON public.retail_offer USING btree (partner_id, id);
CREATE UNIQUE INDEX search_entry_object ON public.search_entry USING btree (kind, object, partner_id);
CREATE INDEX search_token_entry ON public.search_token USING btree (entry, token);
CREATE INDEX search_token_token ON public.search_token USING btree (token, entry);
CREATE INDEX session_of_user ON public.session USING btree (user_id, id);
CREATE INDEX shared_key_purpose ON public.shared_key USING btree (purpose, use_from_ms);
CREATE INDEX subscription_next ON public.subscription USING btree (next_ms);
CREATE INDEX subscription_partner ON public.subscription USING btree (partner_id, id);
CREATE INDEX subscription_period_end ON public.subscription USING btree (period_end_ms, id);
CREATE INDEX subscription_tenant ON public.subscription USING btree (tenant_id, id);
CREATE INDEX subscription_to_tell ON public.subscription USING btree (period_end_ms, id) WHERE ((ends_after_period = 1) AND (state = 'active'::text) AND (told_period_no < period_no));
CREATE INDEX support_message_ip ON public.support_message USING btree (ip, received_ms);
CREATE INDEX support_message_partner ON public.support_message USING btree (partner_id, id);
CREATE INDEX support_message_state ON public.support_message USING btree (state, id);
CREATE INDEX support_message_tenant ON public.support_message USING btree (tenant_id, id);
CREATE INDEX support_reply_message ON public.support_reply USING btree (message_id, id);
CREATE UNIQUE INDEX tenant_account ON public.tenant USING btree (application_id, account) WHERE ((account IS NOT NULL) AND (state <> 'closed'::text));
CREATE INDEX tenant_application ON public.tenant USING btree (application_id, id);
CREATE INDEX tenant_client ON public.tenant USING btree (client_id);
CREATE INDEX tenant_partner ON public.tenant USING btree (partner_id, id);
CREATE INDEX tenant_payment_method ON public.tenant_payment USING btree (payment_method_id);
CREATE UNIQUE INDEX tenant_user_once ON public.tenant_user USING btree (tenant_id, user_id);
CREATE INDEX tenant_user_user ON public.tenant_user USING btree (user_id);
CREATE INDEX webhook_delivery_due ON public.webhook_delivery USING btree (state, next_ms);
CREATE INDEX webhook_delivery_endpoint ON public.webhook_delivery USING btree (endpoint_id, id);
CREATE UNIQUE INDEX webhook_delivery_event ON public.webhook_delivery USING btree (endpoint_id, event_seq);
CREATE INDEX webhook_delivery_object ON public.webhook_delivery USING btree (endpoint_id, object, state, event_seq);
CREATE INDEX webhook_endpoint_partner ON public.webhook_endpoint USING btree (partner_id, id);
CREATE UNIQUE INDEX white_label_primary ON public.white_label USING btree (primary_domain_id) WHERE (primary_domain_id IS NOT NULL);
ALTER TABLE ONLY public.activation
    ADD CONSTRAINT activation_application_id_fkey FOREIGN KEY (application_id) REFERENCES public.application(id);
ALTER TABLE ONLY public.activation
    ADD CONSTRAINT activation_licence_id_fkey FOREIGN KEY (licence_id) REFERENCES public.licence(id);
ALTER TABLE ONLY public.activation
    ADD CONSTRAINT activation_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.activation
    ADD CONSTRAINT activation_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_consent_id_fkey FOREIGN KEY (consent_id) REFERENCES public.consent(id);
ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.member(id);
ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.blocked_collaborator
    ADD CONSTRAINT blocked_collaborator_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.member(id);
ALTER TABLE ONLY public.blocked_collaborator
    ADD CONSTRAINT blocked_collaborator_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.claim_challenge
    ADD CONSTRAINT claim_challenge_challenger_id_fkey FOREIGN KEY (challenger_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.claim_challenge
    ADD CONSTRAINT claim_challenge_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(id);
ALTER TABLE ONLY public.client
    ADD CONSTRAINT client_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.client_place
    ADD CONSTRAINT client_place_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(id);
ALTER TABLE ONLY public.client_place
    ADD CONSTRAINT client_place_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.component
    ADD CONSTRAINT component_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.product(id);
ALTER TABLE ONLY public.consent
    ADD CONSTRAINT consent_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.member(id);
ALTER TABLE ONLY public.consent
    ADD CONSTRAINT consent_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.consent_session
    ADD CONSTRAINT consent_session_consent_id_fkey FOREIGN KEY (consent_id) REFERENCES public.consent(id);
ALTER TABLE ONLY public.consent
    ADD CONSTRAINT consent_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.domain
    ADD CONSTRAINT domain_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.hostname
    ADD CONSTRAINT hostname_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES public.domain(id);
ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.app_user(id);
ALTER TABLE ONLY public.issuance
    ADD CONSTRAINT issuance_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES public.domain(id);
ALTER TABLE ONLY public.ledger_adjustment
    ADD CONSTRAINT ledger_adjustment_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.ledger_entry
    ADD CONSTRAINT ledger_entry_tx_fkey FOREIGN KEY (tx) REFERENCES public.ledger_tx(seq);
ALTER TABLE ONLY public.ledger_payment
    ADD CONSTRAINT ledger_payment_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.ledger_source
    ADD CONSTRAINT ledger_source_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.ledger_tx
    ADD CONSTRAINT ledger_tx_source_kind_source_id_fkey FOREIGN KEY (source_kind, source_id) REFERENCES public.ledger_source(kind, id);
ALTER TABLE ONLY public.ledger_tx
    ADD CONSTRAINT ledger_tx_wallet_id_fkey FOREIGN KEY (wallet_id) REFERENCES public.ledger_wallet(id);
ALTER TABLE ONLY public.ledger_wallet
    ADD CONSTRAINT ledger_wallet_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.licence
    ADD CONSTRAINT licence_application_id_fkey FOREIGN KEY (application_id) REFERENCES public.application(id);
ALTER TABLE ONLY public.licence
    ADD CONSTRAINT licence_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.licence
    ADD CONSTRAINT licence_subscription_id_fkey FOREIGN KEY (subscription_id) REFERENCES public.subscription(id);
ALTER TABLE ONLY public.licence
    ADD CONSTRAINT licence_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.mail
    ADD CONSTRAINT mail_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.app_user(id);
ALTER TABLE ONLY public.operator_user
    ADD CONSTRAINT operator_user_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.app_user(id);
ALTER TABLE ONLY public.partner
    ADD CONSTRAINT partner_account_manager_id_fkey FOREIGN KEY (account_manager_id) REFERENCES public.account_manager(id);
ALTER TABLE ONLY public.partner_order
    ADD CONSTRAINT partner_order_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.client(id);
ALTER TABLE ONLY public.partner_order
    ADD CONSTRAINT partner_order_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.partner_order
    ADD CONSTRAINT partner_order_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.partner
    ADD CONSTRAINT partner_region_fkey FOREIGN KEY (region) REFERENCES public.region(code);
ALTER TABLE ONLY public.password_reset
    ADD CONSTRAINT password_reset_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.app_user(id);
ALTER TABLE ONLY public.payment_method
    ADD CONSTRAINT payment_method_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.plan
    ADD CONSTRAINT plan_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.product(id);
ALTER TABLE ONLY public.price
    ADD CONSTRAINT price_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES public.plan(id);
ALTER TABLE ONLY public.price
    ADD CONSTRAINT price_price_version_id_fkey FOREIGN KEY (price_version_id) REFERENCES public.price_version(id);
ALTER TABLE ONLY public.price_version
    ADD CONSTRAINT price_version_price_list_id_fkey FOREIGN KEY (price_list_id) REFERENCES public.price_list(id);
ALTER TABLE ONLY public.product
    ADD CONSTRAINT product_application_id_fkey FOREIGN KEY (application_id) REFERENCES public.application(id);
ALTER TABLE ONLY public.promo_redemption
    ADD CONSTRAINT promo_redemption_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.promo_redemption
    ADD CONSTRAINT promo_redemption_promo_code_id_fkey FOREIGN KEY (promo_code_id) REFERENCES public.promo_code(id);
ALTER TABLE ONLY public.recovery_code
    ADD CONSTRAINT recovery_code_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.app_user(id);
ALTER TABLE ONLY public.region_contact
    ADD CONSTRAINT region_contact_account_manager_id_fkey FOREIGN KEY (account_manager_id) REFERENCES public.account_manager(id);
ALTER TABLE ONLY public.region_contact
    ADD CONSTRAINT region_contact_region_fkey FOREIGN KEY (region) REFERENCES public.region(code);
ALTER TABLE ONLY public.retail_offer
    ADD CONSTRAINT retail_offer_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.role_grant
    ADD CONSTRAINT role_grant_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.member(id);
ALTER TABLE ONLY public.search_token
    ADD CONSTRAINT search_token_entry_fkey FOREIGN KEY (entry) REFERENCES public.search_entry(id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.app_user(id);
ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT subscription_application_id_fkey FOREIGN KEY (application_id) REFERENCES public.application(id);
ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT subscription_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT subscription_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.support_attachment
    ADD CONSTRAINT support_attachment_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.support_message(id);
ALTER TABLE ONLY public.support_message
    ADD CONSTRAINT support_message_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.support_message
    ADD CONSTRAINT support_message_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.support_reply
    ADD CONSTRAINT support_reply_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.support_message(id);
ALTER TABLE ONLY public.tenant
    ADD CONSTRAINT tenant_application_id_fkey FOREIGN KEY (application_id) REFERENCES public.application(id);
ALTER TABLE ONLY public.tenant
    ADD CONSTRAINT tenant_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.tenant_payment
    ADD CONSTRAINT tenant_payment_payment_method_id_fkey FOREIGN KEY (payment_method_id) REFERENCES public.payment_method(id);
ALTER TABLE ONLY public.tenant_payment
    ADD CONSTRAINT tenant_payment_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.tenant_user
    ADD CONSTRAINT tenant_user_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.tenant_user
    ADD CONSTRAINT tenant_user_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.app_user(id);
ALTER TABLE ONLY public.webhook_delivery
    ADD CONSTRAINT webhook_delivery_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES public.webhook_endpoint(id);
ALTER TABLE ONLY public.webhook_delivery
    ADD CONSTRAINT webhook_delivery_event_seq_fkey FOREIGN KEY (event_seq) REFERENCES public.outbox_event(seq);
ALTER TABLE ONLY public.webhook_endpoint
    ADD CONSTRAINT webhook_endpoint_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.white_label
    ADD CONSTRAINT white_label_primary_domain_id_fkey FOREIGN KEY (primary_domain_id) REFERENCES public.domain(id);
ALTER TABLE ONLY public.white_label
    ADD CONSTRAINT white_label_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenant(id);
