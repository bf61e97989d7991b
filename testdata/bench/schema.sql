-- A provider's sign-ins. Account 1 has every other row, evenly over March and
-- April 2026; the others share the rest in turn.
create extension pg_prewarm;

create table accounts (id bigint primary key, email text not null unique);
insert into accounts select n, 'user' || n || '@example.com' from generate_series(1, 1 + :accounts) n;

create unlogged table signins (
	id        bigint not null,
	account   bigint not null,
	at        timestamptz not null,
	ended     timestamptz,
	ip        inet not null,
	port      integer not null,
	device    text not null,
	agent     text not null,
	succeeded boolean not null
);
