-- Versions that the operator has taken back: nobody is moved to them any more, and who ran on them goes back to an earlier one.
create table withdrawn (
    id text not null,
    version text not null,
    at integer not null,
    primary key (id, version)
) strict, without rowid;
