-- What the board shows: counts by day and hour, kept as the journal is written, so that 50,000 past calls cost a page
-- nothing. They say nothing about a person, and outlive the calls that they count.
create table call_count(
  day text not null,
  hour integer not null check(hour between 0 and 23),
  what text not null,
  n integer not null,
  primary key(day, hour, what)
) strict, without rowid;

-- How long callers waited for an answer after they had spoken, to the nearest 50 ms.
create table reply_time(
  day text not null,
  ms integer not null,
  n integer not null,
  primary key(day, ms)
) strict, without rowid;

create trigger call_counted after insert on call_event when new.event in ('answered', 'refused', 'callback')
begin
  insert into call_count values(substr(new.at, 1, 10), cast(substr(new.at, 12, 2) as integer), new.event, 1)
    on conflict do update set n = n + 1;
end;
create trigger outcome_counted after insert on call_event
when new.event = 'outcome' and new.data ->> 'outcome' is not null
begin
  insert into call_count
    values(substr(new.at, 1, 10), cast(substr(new.at, 12, 2) as integer), 'outcome:' || (new.data ->> 'outcome'), 1)
    on conflict do update set n = n + 1;
end;
-- A turn that was spoken: the greeting and keys have nothing to recognise.
create trigger turn_counted after insert on call_event
when new.event = 'turn' and coalesce(new.data ->> 'recognition_ms', 0) > 0
begin
  insert into call_count values(substr(new.at, 1, 10), cast(substr(new.at, 12, 2) as integer), 'turn', 1)
    on conflict do update set n = n + 1;
  insert into reply_time values(
    substr(new.at, 1, 10),
    cast((coalesce(new.data ->> 'silence_ms', 0) + (new.data ->> 'recognition_ms')
      + coalesce(new.data ->> 'dialogue_ms', 0) + coalesce(new.data ->> 'synthesis_ms', 0) + 25) / 50 as integer) * 50,
    1) on conflict do update set n = n + 1;
end;
create trigger missed_counted after insert on call_event when new.event = 'turn' and new.data ->> 'missed' = 1
begin
  insert into call_count values(substr(new.at, 1, 10), cast(substr(new.at, 12, 2) as integer), 'missed', 1)
    on conflict do update set n = n + 1;
end;
-- What a secretary says of a call counts on the day of the call; the last word holds, so an earlier one is taken back.
create trigger review_counted after insert on call_event when new.event = 'reviewed'
begin
  update call_count set n = n - 1 where n > 0 and (day, hour, what) = (
    select substr(a.at, 1, 10), cast(substr(a.at, 12, 2) as integer), 'reviewed:' || (b.data ->> 'verdict')
    from call_event a, call_event b
    where a.id = (select min(id) from call_event where call = new.call and event = 'answered')
      and b.id = (select max(id) from call_event where call = new.call and event = 'reviewed' and id < new.id));
  insert into call_count
    select substr(at, 1, 10), cast(substr(at, 12, 2) as integer), 'reviewed:' || (new.data ->> 'verdict'), 1
    from call_event
    where id = (select min(id) from call_event where call = new.call and event = 'answered')
      and new.data ->> 'verdict' is not null
    on conflict do update set n = n + 1;
end;

-- What was in the journal before this table.
insert into call_count
  select substr(at, 1, 10), cast(substr(at, 12, 2) as integer), event, count(*)
  from call_event where event in ('answered', 'refused', 'callback') group by 1, 2, 3;
insert into call_count
  select substr(at, 1, 10), cast(substr(at, 12, 2) as integer), 'outcome:' || (data ->> 'outcome'), count(*)
  from call_event where event = 'outcome' and data ->> 'outcome' is not null group by 1, 2, 3;
insert into call_count
  select substr(at, 1, 10), cast(substr(at, 12, 2) as integer), 'turn', count(*)
  from call_event where event = 'turn' and coalesce(data ->> 'recognition_ms', 0) > 0 group by 1, 2;
insert into reply_time
  select substr(at, 1, 10), cast((coalesce(data ->> 'silence_ms', 0) + (data ->> 'recognition_ms')
      + coalesce(data ->> 'dialogue_ms', 0) + coalesce(data ->> 'synthesis_ms', 0) + 25) / 50 as integer) * 50, count(*)
  from call_event where event = 'turn' and coalesce(data ->> 'recognition_ms', 0) > 0 group by 1, 2;

-- When each account last looked at the digest.
create table desk_look(
  account_id text primary key,
  at text not null
) strict;
-- What was done since then.
create index act_at on act(at);
create index call_event_outcome on call_event(at) where event = 'outcome';
