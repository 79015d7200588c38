-- What only a mail's recipient may carry: sealed, and forgotten once a server took the mail.
alter table mail add column secret blob;

-- Such links waited in the clear before. They are followed by nobody who waits for a mail that was never sent.
update mail set state = 'failed', facts = '{}', said = 'written before its link was sealed: have a new one sent'
where kind in ('invitation', 'password_reset') and state <> 'sent';
