-- Every state of practice.toml that the desk wrote or found, whole, so that any of them can be brought back byte for byte.
create table practice_version(
  id integer primary key,
  at text not null,
  author text not null,
  what text not null,
  text blob not null,
  digest text not null
) strict;
