-- What the organisation withholds from every plugin: one row, or none where it withholds nothing.
create table restrictions (
    one integer primary key check (one = 1),
    spec text not null,
    changed integer not null
) strict;
