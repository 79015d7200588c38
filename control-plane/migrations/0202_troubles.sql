-- What a task can't do for one object, which keeps no other: it waits ever longer, for operators to see.
create table task_trouble (
    task text not null,
    object text not null,
    attempts bigint not null,
    -- Why, as the log has it.
    said text not null,
    since_ms bigint not null,
    last_ms bigint not null,
    next_ms bigint not null,
    primary key (task, object)
);
create index task_trouble_next on task_trouble (next_ms);
