-- A product is tried once by a mail address, with whatever partner, and once by a client, whatever its address is then.
alter table trial_use add column client_id text;
update trial_use set client_id = (select o.client_id from partner_order o where o.id = trial_use.order_id)
    where order_id = (select min(u.order_id) from trial_use u join partner_order o on o.id = u.order_id
        where u.product_id = trial_use.product_id
        and o.client_id = (select p.client_id from partner_order p where p.id = trial_use.order_id));
insert into trial_use (product_id, email_hash, order_id, client_id)
    select o.product_id, 'client ' || o.client_id, min(o.id), o.client_id from partner_order o
    where o.kind = 'trial' and o.state <> 'voided' and not exists (select 1 from trial_use u
        where u.product_id = o.product_id and u.client_id = o.client_id)
    group by o.product_id, o.client_id;
create unique index trial_use_client on trial_use (product_id, client_id) where client_id is not null;

-- A lost second factor: who asked that it be reset, until another one agrees.
create table factor_reset (
    user_id text not null primary key references app_user (id),
    proposed_by text not null,
    proposed_ms bigint not null
);

create index api_token_made_by on api_token (made_by);
