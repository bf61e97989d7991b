-- Rows :first to :last of :table, with any of :devices each, the same in every run.
select setseed(0.42 / (1 + :first)) \g /dev/null
insert into :table
select n,
	case when n % 2 = 0 or :accounts = 0 then 1 else 2 + n / 2 % greatest(:accounts, 1) end,
	timestamptz '2026-03-01 00:00:00+00' + n::bigint * :step * interval '1 microsecond',
	case when random() < 0.9 then timestamptz '2026-03-01 00:00:00+00' + n::bigint * :step * interval '1 microsecond' + random() * interval '8 hours' end,
	inet '198.18.0.0' + floor(random() * 131072)::bigint,
	1024 + floor(random() * 64000),
	md5((floor(random() * :devices))::text),
	(array['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
		'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15',
		'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36',
		'Thunderbird/140.2 "Nebula" \ Linux'])[1 + floor(random() * 4)],
	random() < 0.97
from generate_series(:first, :last) n;
