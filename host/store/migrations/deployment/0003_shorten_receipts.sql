-- As in an organisation's file: terms apart from lines, and where the two chains stand. Heads now sign the ends of both chains: those of
-- before are signed anew with the next line.

create table receipt_terms (
    id integer primary key,
    terms text not null unique
) strict;

alter table receipts add column terms integer references receipt_terms (id);
alter table receipts add column at integer;
-- Calls of the sandbox that the line stands for.
alter table receipts add column calls integer not null default 0;

-- Where the two chains stand: a tail that is cut off does not take this with it.
create table ledger_end (
    one integer primary key check (one = 1),
    seq integer not null,
    link blob not null,
    chain blob not null
) strict;

delete from heads;
alter table heads add column chain blob not null default x'';
