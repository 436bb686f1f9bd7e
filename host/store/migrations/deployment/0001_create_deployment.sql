-- The deployment's own file: who the organisations are, how their keys are wrapped, what is due, what is shared by all.
-- Nothing here says what an organisation looks for or has found: names of posts and authors are keyed hashes.

create table organisations (
    row integer primary key autoincrement,
    id text not null unique,
    slug text not null unique,
    name text not null,
    region text not null,
    created integer not null,
    wrapped_key blob not null
) strict;

-- Keyed hashes of every slug that was ever given out: none is given out twice.
create table slugs (hash blob primary key) strict, without rowid;

-- Folders of deleted organisations that are still to be removed; written in the transaction that destroys the key.
create table removals (folder text primary key) strict, without rowid;

create table operator_tokens (
    row integer primary key autoincrement,
    hash blob not null unique,
    created integer not null
) strict;

create table packages (
    id text not null,
    version text not null,
    digest text not null,
    kind text not null,
    manifest text not null,
    interface text not null,
    kept integer not null,
    primary key (id, version)
) strict, without rowid;

create table components (digest text primary key, bytes blob not null) strict;

create table jobs (
    job text primary key,
    org integer not null references organisations (row) on delete cascade,
    kind text not null,
    subject text not null,
    due integer not null,
    -- An earlier due time that came while the job was leased.
    wake integer,
    lease_owner text,
    lease_epoch integer not null default 0,
    lease_until integer,
    seal blob not null,
    unique (org, kind, subject)
) strict;
create index jobs_due on jobs (due);

create table stream_monitors (
    stream text not null,
    org integer not null references organisations (row) on delete cascade,
    monitor text not null,
    primary key (stream, org, monitor)
) strict, without rowid;

create table stream_cursors (
    stream text primary key,
    cursor blob not null,
    version integer not null
) strict, without rowid;

-- Which organisation may hold a post or an author: may say too much, never too little.
create table postings (
    hash blob not null,
    org integer not null references organisations (row) on delete cascade,
    primary key (hash, org)
) strict, without rowid;
create index postings_org on postings (org);

create table receipts (
    seq integer primary key,
    line text not null,
    link blob not null
) strict;

-- Signed heads of ledgers, outside the files whose tails they guard. The organisation is absent for the deployment's own.
create table heads (
    ledger text primary key,
    org integer references organisations (row) on delete cascade,
    seq integer not null,
    link blob not null,
    at integer not null,
    signature blob not null
) strict;

create table runs (
    number integer primary key autoincrement,
    began integer not null,
    ended integer
) strict;
