-- Addresses at which networks deliver to a source: a hash of the unguessable part of the path, never the part itself.
create table addresses (
    hash blob primary key,
    org integer not null references organisations (row) on delete cascade,
    source text not null,
    made integer not null,
    unique (org, source)
) strict, without rowid;
