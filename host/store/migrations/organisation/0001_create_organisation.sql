-- One organisation's own file. What names a person or a post at its network lives in `identities`, sealed; every other row holds keyed
-- hashes. Whatever can be counted anew from the rows says so.

create table workspaces (
    id text primary key,
    name text not null,
    created integer not null
) strict;

create table monitors (
    row integer primary key autoincrement,
    id text not null unique,
    workspace text not null references workspaces (id),
    name text not null,
    query text not null,
    sources text not null,
    settings text not null,
    enabled integer not null,
    created integer not null
) strict;

create table installations (
    id text primary key,
    workspace text not null references workspaces (id),
    package_id text not null,
    package_version text not null,
    package_digest text not null,
    kind text not null,
    config blob not null,
    consent text not null,
    enabled integer not null,
    created integer not null
) strict;

create table credentials (
    installation text not null references installations (id) on delete cascade,
    slot text not null,
    sealed blob not null,
    primary key (installation, slot)
) strict, without rowid;

create table accounts (
    id text primary key,
    installation text not null references installations (id) on delete cascade,
    config blob not null,
    state blob,
    every_seconds integer not null,
    status text not null,
    fault text,
    last_step integer,
    created integer not null
) strict;

-- Where a job stands. The version goes up with each commit.
create table places (
    job text primary key,
    account text references accounts (id) on delete cascade,
    cursor blob,
    cursor_version integer not null,
    lease_epoch integer not null
) strict, without rowid;

create table tasks (
    account text not null references accounts (id) on delete cascade,
    key_hash blob not null,
    sealed blob not null,
    due integer not null,
    primary key (account, key_hash)
) strict, without rowid;
create index tasks_due on tasks (account, due);

create table posts (
    id integer primary key,
    post_hash blob not null unique,
    network text not null,
    kind text not null,
    text text,
    title text,
    content_warning text,
    language text,
    created integer,
    edited integer,
    ingested integer not null,
    at integer not null,
    author_ref blob,
    adult integer not null,
    likes integer,
    reposts integer,
    replies integer,
    quotes integer,
    views integer,
    rating real,
    country text,
    sensitive integer,
    hashtags text,
    links text,
    media text,
    attributes text,
    hidden integer not null default 0,
    author_hidden integer not null default 0,
    content_hash blob,
    text_hash blob not null,
    collected_by integer,
    analysed_by integer,
    recheck_at integer
) strict;
create index posts_author on posts (author_ref) where author_ref is not null;
create index posts_recheck on posts (network, recheck_at) where recheck_at is not null;

create table identities (
    post integer primary key references posts (id) on delete cascade,
    author_ref blob,
    sealed blob not null
) strict;

create table analyses (
    post integer primary key references posts (id) on delete cascade,
    pack text not null,
    language text,
    language_confidence real,
    sentiment text,
    negative real,
    neutral real,
    positive real,
    score real,
    detail text,
    hash blob not null
) strict;

create table mentions (
    monitor integer not null references monitors (row) on delete cascade,
    post integer not null references posts (id) on delete cascade,
    id text not null unique,
    at integer not null,
    primary key (monitor, post)
) strict, without rowid;
create index mentions_at on mentions (monitor, at, post);
create index mentions_all on mentions (at, post, monitor);
create index mentions_post on mentions (post);

-- Our own token stream, cut at spaces only: every other ASCII character belongs to its token.
create virtual table tokens using fts5 (
    stream,
    tokenize = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[\]^_`{|}~'"
);
-- A deleted post's words leave the index at once, not at the next merge.
insert into tokens (tokens, rank) values ('secure-delete', 1);

-- Visible mentions a monitor; can be counted anew from the rows.
create table counts (
    monitor integer not null references monitors (row) on delete cascade,
    unit integer not null,
    start integer not null,
    total integer not null,
    negative integer not null,
    neutral integer not null,
    positive integer not null,
    unknown integer not null,
    primary key (monitor, unit, start)
) strict, without rowid;
create index counts_empty on counts (monitor) where total = 0;

create table counters (
    account text not null,
    name text not null,
    day integer not null,
    n integer not null,
    primary key (account, name, day)
) strict, without rowid;

create table coverage (
    account text not null references accounts (id) on delete cascade,
    start integer not null,
    finish integer not null,
    complete integer not null,
    receipt integer,
    primary key (account, start, finish)
) strict, without rowid;

create table tombstones (
    hash blob primary key,
    reason text not null,
    at integer not null
) strict, without rowid;

create table receipts (
    seq integer primary key,
    line text not null,
    link blob not null
) strict;

create table rules (
    id text primary key,
    monitor integer not null references monitors (row) on delete cascade,
    name text not null,
    spec text not null,
    severity text not null,
    channels text not null,
    enabled integer not null,
    created integer not null
) strict;

create table incidents (
    id text primary key,
    rule text not null,
    monitor integer not null references monitors (row) on delete cascade,
    start integer not null,
    finish integer not null,
    n integer not null,
    expected real,
    severity text not null,
    closed integer not null,
    unique (rule, start)
) strict;

create table notices (
    id text primary key,
    subject text not null,
    channel text not null references installations (id) on delete cascade,
    body blob not null,
    status text not null,
    attempts integer not null default 0,
    next_at integer,
    lease_owner text,
    lease_epoch integer not null default 0,
    lease_until integer,
    problem text,
    created integer not null,
    settled integer,
    unique (subject, channel)
) strict;
create index notices_due on notices (next_at) where status = 'pending';

create table exports (
    id text primary key,
    format text not null,
    title text not null,
    spec text not null,
    state text not null,
    file text,
    n integer not null default 0,
    bytes integer not null default 0,
    sha256 text,
    problem text,
    created integer not null,
    ended integer
) strict;

create table audit (
    seq integer primary key autoincrement,
    at integer not null,
    who text not null,
    what text not null,
    detail text not null
) strict;
