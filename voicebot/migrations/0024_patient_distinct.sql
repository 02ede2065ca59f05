-- Two files that a person found to be two different people: the desk does not ask about them again. The lower id first.
create table patient_distinct(
  one text not null,
  other text not null,
  at text not null,
  author text not null,
  primary key(one, other),
  check(one < other)
) strict, without rowid;
create index patient_distinct_other on patient_distinct(other);
