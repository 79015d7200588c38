-- Names the stream that a proxy opened last: one that was opened before under the same name is ended.
alter table edge_proxy add column stream text;
