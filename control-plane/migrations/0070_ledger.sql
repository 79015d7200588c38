-- The ledger: what partners owe and are owed, in minor units of one currency each. Rows of ledger_tx and ledger_entry
-- are added and never changed. An entry takes an amount from one account and gives it to another, so that every
-- transaction adds up to nothing by its form.

-- One wallet for each partner and currency. Balance and pending are what the entries add up to: a task looks nightly.
create table ledger_wallet (
    id text not null primary key,
    partner_id text not null references partner (id),
    currency text not null,
    balance bigint not null,
    -- What is held and not yet posted.
    pending bigint not null,
    credit_limit bigint not null check (credit_limit >= 0),
    -- Who is told when less than this can be spent.
    warn_below bigint,
    is_low bigint not null,
    created_ms bigint not null,
    check (balance + credit_limit >= 0),
    check (pending >= 0)
);
create unique index ledger_wallet_partner on ledger_wallet (partner_id, currency);

-- What was charged for, once each.
create table ledger_source (
    -- order, renewal, change, take, adjustment or payment.
    kind text not null,
    id text not null,
    partner_id text not null references partner (id),
    currency text not null,
    -- Below zero when the partner is given something back.
    amount bigint not null,
    -- pending, posted, voided or reversed.
    state text not null,
    created_ms bigint not null,
    primary key (kind, id)
);

create table ledger_tx (
    -- 1 for the first, in the order in which they happened.
    seq bigint not null primary key,
    id text not null unique,
    wallet_id text not null references ledger_wallet (id),
    -- Whose the wallet is.
    partner_id text not null,
    source_kind text not null,
    source_id text not null,
    -- hold, post, cancel, reverse, credit, pay or adjust.
    step text not null,
    -- What it did to the wallet, and what was in it then.
    change bigint not null,
    balance bigint not null,
    at_ms bigint not null,
    -- As a person put it: a payment's reference, an adjustment's reason.
    note text,
    foreign key (source_kind, source_id) references ledger_source (kind, id)
);
-- A step is taken at most once.
create unique index ledger_tx_source on ledger_tx (source_kind, source_id, step);
create index ledger_tx_partner on ledger_tx (partner_id, seq);
create index ledger_tx_wallet on ledger_tx (wallet_id, seq);
create index ledger_tx_wallet_at on ledger_tx (wallet_id, at_ms);

create table ledger_entry (
    tx bigint not null references ledger_tx (seq),
    line bigint not null,
    -- wallet, pending, revenue, cash or adjustment: of the partner and currency of the transaction's wallet.
    from_account text not null,
    to_account text not null,
    amount bigint not null check (amount >= 0),
    primary key (tx, line),
    check (from_account <> to_account)
);

create table ledger_payment (
    id text not null primary key,
    partner_id text not null references partner (id),
    currency text not null,
    amount bigint not null check (amount > 0),
    reference text not null,
    recorded_by text not null,
    created_ms bigint not null
);
create index ledger_payment_partner on ledger_payment (partner_id, id);

create table ledger_adjustment (
    id text not null primary key,
    partner_id text not null references partner (id),
    currency text not null,
    amount bigint not null,
    reason text not null,
    -- proposed, confirmed or rejected.
    state text not null,
    proposed_by text not null,
    decided_by text,
    created_ms bigint not null,
    decided_ms bigint,
    check (decided_by is null or decided_by <> proposed_by or state = 'rejected')
);
create index ledger_adjustment_partner on ledger_adjustment (partner_id, id);
