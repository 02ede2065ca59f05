-- Two files of one patient that were put together, and what it takes to part them again.
create table patient_merge(
  id text primary key,
  kept text not null,
  dropped text not null,
  dropped_row text not null,
  before text not null,
  moved text not null,
  at text not null,
  author text not null
) strict;
create index patient_merge_kept on patient_merge(kept);
