-- Expands: what the first version writes stays as it is.

-- With which keys the database is sealed and its feed signed: looked at before anything is served or written.
create table key_check (
    -- store_key, edge_key or feed_key.
    name text not null primary key,
    -- Sealed with the key; of the feed's key its public half.
    value blob not null
);

-- Which programs can still use the tables. A migration that takes something away from them (contracts) writes its own
-- number here: a program that doesn't know that number refuses to start.
create table schema_floor (
    one bigint not null primary key check (one = 1),
    needs bigint not null
);
insert into schema_floor (one, needs) values (1, 0);
