-- A provider's sign-ins, the same in every run: accounts 2 to 9,999 share a
-- fifth of the rows, account 1 has the rest, spread over March 2026.
create table accounts (id bigint primary key, email text not null unique);
insert into accounts select n, 'user' || n || '@example.com' from generate_series(1, 9999) n;

create table signins (
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
select setseed(0.42);
insert into signins
select n,
	case when random() < 0.8 then 1 else 2 + floor(random() * 9998) end,
	timestamptz '2026-03-01 00:00:00+00' + n * (interval '31 days' / (:rows + 1)),
	case when random() < 0.9 then timestamptz '2026-03-01 00:00:00+00' + n * (interval '31 days' / (:rows + 1)) + random() * interval '8 hours' end,
	inet '198.18.0.0' + floor(random() * 131072)::bigint,
	1024 + floor(random() * 64000),
	md5((floor(random() * 5000))::text),
	(array['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
		'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15',
		'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36',
		'Thunderbird/140.2 "Nebula" \ Linux'])[1 + floor(random() * 4)],
	random() < 0.97
from generate_series(1, :rows) n;
alter table signins add primary key (id);
create index on signins (account, at, id);
vacuum analyze;
