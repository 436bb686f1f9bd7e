-- A line of the ledger was 700 bytes, most of them the same in every call of one function: package, contract, purposes, fields. These now
-- lie in a table of terms, and a line holds its own numbers. The chains are still computed over the whole line, so a change of either
-- is found. A line without terms is kept whole.

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
