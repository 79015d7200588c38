-- The feed speaks more than one format, and a token belongs to one proxy. Each change only adds: a control plane of the
-- version before goes on beside this one.

-- The record as readers of format 1 and later get it. `body` stays as the version before wrote it, so that it still
-- serves its proxies; when that version changes a row it writes `body` and `revision` alone. So `line` counts only where
-- `line_revision` is `revision`; elsewhere `body` is the truth. Both columns take the place of `body` in a later version,
-- once none of the version before is left.
alter table feed_record add column line text;
alter table feed_record add column line_revision bigint;

-- The format that a proxy reads, as the stream `format_stream` was opened with. A control plane of the version before
-- opens a stream without saying one: then it is 0.
alter table edge_proxy add column format bigint;
alter table edge_proxy add column format_stream text;

-- The one proxy that may use a token with `edge:sync`; none until the first one has.
alter table api_token add column proxy text;

-- What a record closes for readers that don't understand it. While a row is here, the record (kind, name) is told closed to
-- readers of format 0, in its `body`.
create table feed_governed (
    kind text not null,
    name text not null,
    by_kind text not null,
    by_name text not null,
    primary key (kind, name, by_kind, by_name)
);
create index feed_governed_by on feed_governed (by_kind, by_name);
