-- Expands. Up to which transaction the ledger was added up, when the last of them was reached, and what each wallet came
-- to there: the next sum goes on from here.
create table ledger_checkpoint (
    one bigint not null primary key check (one = 1),
    seq bigint not null,
    reached_ms bigint not null
);
insert into ledger_checkpoint (one, seq, reached_ms) values (1, 0, 0);

create table ledger_checked (
    wallet_id text not null primary key references ledger_wallet (id),
    balance bigint not null,
    pending bigint not null
);
