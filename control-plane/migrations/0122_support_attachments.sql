-- What goes along with a support message, in the order in which it was given.
create table support_attachment (
    message_id text not null references support_message (id),
    -- From 1 on.
    number bigint not null,
    -- As it is saved by who downloads it: cleaned.
    name text not null,
    -- image/png and others of a closed list.
    media_type text not null,
    size bigint not null,
    content blob not null,
    primary key (message_id, number)
);
