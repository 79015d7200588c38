-- As many rows of everything as are asked for. A tenth are the partner's whose lists are read, one in a thousand are of
-- one tenant and one client.
create table numbers (i bigint not null primary key);
insert into numbers (i)
    with recursive n (i) as (select 1 union all select i + 1 from n where i < {rows}) select i from n;

insert into application (id, name, policy, created_ms) values
    ('{application}', 'one', '{}', 0), ('app_other', 'other', '{}', 0);
insert into partner (id, name, brand, state, created_ms) values
    ('{mine}', 'mine', '{}', 'active', 0), ('{other}', 'other', '{}', 'active', 0);
insert into client (id, partner_id, company, country, region_rule_version, language, contacts, state, created_ms)
    select '{client}', '{mine}', 'One', 'FR', 0, 'fr', '[]', 'customer', 0
    union all select 'cli_' || cast(10000000 + i as text), case i % 10 when 0 then '{mine}' else '{other}' end,
        'Company', case i % 7 when 0 then 'DE' else 'FR' end, 0, 'fr', '[]',
        case i % 7 when 1 then 'former' else 'customer' end, i from numbers;
insert into tenant (id, partner_id, application_id, name, kind, client_id, state, created_ms)
    select '{tenant}', '{mine}', '{application}', 'One', 'client', '{client}', 'active', 0
    union all select 'ten_' || cast(10000000 + i as text), case i % 10 when 0 then '{mine}' else '{other}' end,
        case i % 10 when 1 then '{application}' else 'app_other' end, 'Tenant', 'client',
        case i % 1000 when 0 then '{client}' else 'cli_' || cast(10000000 + i as text) end, 'active', i from numbers;
insert into domain (id, tenant_id, kind, host, target_label, txt_token, created_ms, partner_id, application_id)
    select 'dom_' || cast(10000000 + i as text),
        case i % 1000 when 0 then '{tenant}' else 'ten_' || cast(10000000 + i as text) end,
        'platform', 'h' || cast(i as text) || '.example', '', '', i,
        case i % 10 when 0 then '{mine}' else '{other}' end,
        case i % 10 when 1 then '{application}' else 'app_other' end from numbers;
insert into subscription (id, tenant_id, partner_id, application_id, client_id, plan_id, product_id, term, components,
    state, ends_after_period, anchor_ms, anchor_no, period_no, period_start_ms, period_end_ms, grace_days, created_ms)
    select 'sub_' || cast(10000000 + i as text),
        case i % 1000 when 0 then '{tenant}' else 'ten_' || cast(10000000 + i as text) end,
        case i % 10 when 0 then '{mine}' else '{other}' end,
        case i % 10 when 1 then '{application}' else 'app_other' end, null, 'pln', 'prd', 'monthly', '[]', 'active',
        0, 0, 0, 1, 0, i * 1000, 0, i from numbers;
insert into licence (id, serial, tenant_id, partner_id, application_id, client_id, plan_id, product_id, subscription_id,
    kind, origin, term, components, max_activations, trial_days, extension_days, grace_days, when_over, renews,
    issued_ms, activated_ms, expires_ms, suspended_ms, cancelled_ms)
    select 'lic_' || cast(10000000 + i as text), 'S' || cast(i as text),
        case i % 1000 when 0 then '{tenant}' else 'ten_' || cast(10000000 + i as text) end,
        case i % 10 when 0 then '{mine}' else '{other}' end,
        case i % 10 when 1 then '{application}' else 'app_other' end, null, 'pln', 'prd',
        'sub_' || cast(10000000 + i as text), 'paid', 'order', 'monthly', '[]', 1, 0, 0, 0, 'block', 1, i, i, i * 1000,
        case i % 500 when 0 then i end, case i % 700 when 0 then i end from numbers;
insert into partner_order (id, number, partner_id, client_id, kind, state, po_number, product_id, plan_id, term, basket,
    priced, currency, total_minor, tenant_id, opened_tenant, serial, told, policy_version, placed_ms)
    select 'ord_' || cast(10000000 + i as text), 'N' || cast(i as text),
        case i % 10 when 0 then '{mine}' else '{other}' end,
        case i % 1000 when 0 then '{client}' else 'cli_' || cast(10000000 + i as text) end, 'order',
        case i % 500 when 0 then 'voided' else 'fulfilled' end, 'PO' || cast(i / 10 as text), 'prd', 'pln', 'monthly',
        '{}', '{}', 'EUR', 100, case i % 1000 when 0 then '{tenant}' else 'ten_' || cast(10000000 + i as text) end, 0,
        'S' || cast(i as text), 0, 1, i from numbers;
insert into ledger_wallet (id, partner_id, currency, balance, pending, credit_limit, is_low, created_ms) values
    ('{wallet}', '{mine}', 'EUR', 0, 0, 0, 0, 0), ('wal_second', '{mine}', 'CHF', 0, 0, 0, 0, 0),
    ('wal_other', '{other}', 'EUR', 0, 0, 0, 0, 0);
insert into ledger_source (kind, id, partner_id, currency, amount, state, created_ms)
    select 'order', cast(i as text), case i % 10 when 0 then '{mine}' else '{other}' end, 'EUR', 1, 'posted', i
    from numbers;
insert into ledger_tx (seq, id, wallet_id, partner_id, source_kind, source_id, step, change, balance, at_ms)
    select i, 'ltx_' || cast(10000000 + i as text),
        case when i % 1000 = 0 then '{wallet}' when i % 10 = 0 then 'wal_second' else 'wal_other' end,
        case i % 10 when 0 then '{mine}' else '{other}' end, 'order', cast(i as text), 'post', -1, 0, i from numbers;
insert into ledger_entry (tx, line, from_account, to_account, amount)
    select i, 1, 'wallet', 'revenue', 1 from numbers;
insert into audit_event (seq, id, at_ms, actor, action, object, partner_id, tenant_id, detail, prev_hash, hash)
    select 1000 + i, 'aud_' || cast(10000000 + i as text), i, 'operator',
        case i % 500 when 0 then 'licence.suspended' else 'order.placed' end, 'obj_' || cast(i % ({rows} / 20) as text),
        case i % 10 when 0 then '{mine}' else '{other}' end,
        case i % 1000 when 0 then '{tenant}' else 'ten_' || cast(10000000 + i as text) end, '{}', '', '' from numbers;
insert into outbox_event (seq, id, at_ms, kind, object, object_seq, partner_id, tenant_id, payload)
    select 1000 + i, 'evt_' || cast(10000000 + i as text), i, 'order.placed', 'obj_' || cast(i as text), 1,
        case i % 10 when 0 then '{mine}' else '{other}' end,
        case i % 1000 when 0 then '{tenant}' else 'ten_' || cast(10000000 + i as text) end, '{}' from numbers;
insert into support_message (id, tenant_id, partner_id, channel, sender, language, subject, body, state, shared,
    received_ms, changed_ms)
    select 'msg_' || cast(10000000 + i as text),
        case i % 1000 when 0 then '{tenant}' else 'ten_' || cast(10000000 + i as text) end,
        case i % 10 when 0 then '{mine}' else '{other}' end, 'edge', 'Ana', 'fr', 'Help', 'Help',
        case i % 500 when 0 then 'escalated' else 'closed' end, case i % 500 when 0 then 'subject' end, i, i from numbers;
insert into mail (id, to_address, kind, language, partner_id, facts, state, attempts, next_ms, created_ms)
    select 'mal_' || cast(10000000 + i as text), 'ana@example.com', 'invitation', 'fr', null, '{}',
        case i % 500 when 0 then 'failed' else 'sent' end, 1, 0, i from numbers;
