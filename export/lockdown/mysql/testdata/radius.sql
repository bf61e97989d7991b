-- Lockdown of a MySQL 8 or MariaDB database for writ. Read it, then run it in the
-- database of the tables, as an administrator of the server, with a client that
-- stops at the first error:
--   mariadb --database=THE_TABLES < lockdown.sql
-- It may be run again at any time. It takes every right from the account and the
-- role below before it gives them those that they need: another store on this
-- server needs others (--role, --approver).
SET NAMES utf8mb4;
CREATE DATABASE IF NOT EXISTS `writ_radius` CHARACTER SET utf8mb4;

-- The account that writ exports with. It can't log in yet, which is yours to
-- decide: ALTER USER … IDENTIFIED … ACCOUNT UNLOCK. Its connection string names
-- the database `writ_radius`.
CREATE USER IF NOT EXISTS `writ_export`@`%` ACCOUNT LOCK;
REVOKE ALL PRIVILEGES, GRANT OPTION FROM `writ_export`@`%`;
ALTER USER `writ_export`@`%` WITH MAX_USER_CONNECTIONS 50 /*M! MAX_STATEMENT_TIME 3600 */;
-- The role that reviewers approve with: a default role of each reviewer's own
-- account, as which writ approve connects to the database of the tables. Nobody
-- should have both.
CREATE ROLE IF NOT EXISTS `writ_approver`;
REVOKE ALL PRIVILEGES, GRANT OPTION FROM `writ_approver`;
-- The account whose rights the views have. Nobody ever logs in as it.
CREATE USER IF NOT EXISTS `writ_radius`@`localhost` ACCOUNT LOCK;
REVOKE ALL PRIVILEGES, GRANT OPTION FROM `writ_radius`@`localhost`;

-- What was approved, by whom, until when. The approver's role adds rows and can
-- neither read, change nor remove them; who approved is whoever connected. A row
-- without an account says that the order's targets were looked up, all of them.
-- To end an approval early, its rows are deleted, by the owner.
CREATE TABLE IF NOT EXISTS `writ_radius`.`approved` (
	account_kind varchar(64) CHARACTER SET ascii COLLATE ascii_bin,
	account_key  varbinary(3072) CHECK (account_key <> ''),
	order_digest char(71) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (order_digest REGEXP '^sha256:[0-9a-f]{64}$'),
	approved_by  varchar(288) NOT NULL DEFAULT (USER()),
	approved_at  timestamp(6) NOT NULL DEFAULT (SYSDATE(6)),
	expires_at   timestamp(6) NOT NULL,
	CHECK (expires_at > approved_at),
	CHECK ((account_kind IS NULL) = (account_key IS NULL)),
	INDEX (account_kind, expires_at)
) ENGINE = InnoDB;
GRANT INSERT (account_kind, account_key, order_digest, expires_at) ON `writ_radius`.`approved` TO `writ_approver`;
GRANT SELECT ON `writ_radius`.`approved` TO `writ_radius`@`localhost`;

-- Until when an order is approved: without it, writ could not tell accounts that
-- are not there from accounts that nobody approved.
CREATE OR REPLACE ALGORITHM = TEMPTABLE DEFINER = `writ_radius`@`localhost` SQL SECURITY DEFINER VIEW `writ_radius`.`approved_orders` AS
	SELECT order_digest, MAX(expires_at) AS approved_until FROM `writ_radius`.`approved` WHERE account_key IS NULL AND expires_at > SYSDATE(6) GROUP BY order_digest LIMIT 18446744073709551615;
GRANT SELECT ON `writ_radius`.`approved_orders` TO `writ_export`@`%`;

-- How a column is compared with an approved key: by its index, in its own type,
-- character set and collation, and besides by its letters. A column of another
-- type has nothing here, and the script stops where it is needed.
CREATE TEMPORARY TABLE `writ_radius`.`approved_matches` AS SELECT
	CONVERT(TABLE_NAME USING utf8mb4) COLLATE utf8mb4_bin AS table_name,
	CONVERT(COLUMN_NAME USING utf8mb4) COLLATE utf8mb4_bin AS column_name,
	CONCAT('t.`', REPLACE(COLUMN_NAME, '`', '``'), '` = ', CASE
		WHEN COLLATION_NAME IS NOT NULL THEN CONCAT('CONVERT(CONVERT(a.account_key USING utf8mb4) USING ', CHARACTER_SET_NAME, ') COLLATE ', COLLATION_NAME)
		WHEN DATA_TYPE IN ('binary', 'varbinary') THEN 'a.account_key'
		WHEN DATA_TYPE IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint') THEN
			CONCAT('CAST(a.account_key AS ', IF(COLUMN_TYPE LIKE '%unsigned%', 'UNSIGNED', 'SIGNED'), ')')
		WHEN DATA_TYPE = 'decimal' AND NUMERIC_SCALE = 0 THEN 'CAST(a.account_key AS DECIMAL(65))'
		WHEN DATA_TYPE IN ('uuid', 'inet4', 'inet6') THEN CONCAT('CAST(CONVERT(a.account_key USING utf8mb4) AS ', DATA_TYPE, ')')
	END) AS by_index,
	CONCAT('CAST(CONVERT(t.`', REPLACE(COLUMN_NAME, '`', '``'), '`', IF(NUMERIC_SCALE IS NULL, '', ' + 0'), ' USING utf8mb4) AS BINARY)') AS letters
	FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE();

-- `radacct`: the columns that some rule could grant, and those by which records are
-- found and sorted; of rows of approved accounts, whoever asks.
GRANT SELECT (`acctinputoctets`, `acctoutputoctets`, `acctsessiontime`, `acctstarttime`, `acctstoptime`, `callingstationid`, `framedipaddress`, `nasportid`, `radacctid`, `username`) ON `radacct` TO `writ_radius`@`localhost`;
GRANT SELECT (`acctstarttime`, `acctstoptime`, `framedipaddress`, `username`) ON `radacct` TO `writ_approver`;
SET @by_index0 = (SELECT by_index FROM `writ_radius`.`approved_matches` WHERE table_name = 'radacct' AND column_name = 'username');
SET @letters0 = (SELECT letters FROM `writ_radius`.`approved_matches` WHERE table_name = 'radacct' AND column_name = 'username');
SET @view = CONCAT('CREATE OR REPLACE ALGORITHM = TEMPTABLE DEFINER = `writ_radius`@`localhost` SQL SECURITY DEFINER VIEW `writ_radius`.`radacct` AS (SELECT t.`acctinputoctets`, t.`acctoutputoctets`, t.`acctsessiontime`, t.`acctstarttime`, t.`acctstoptime`, t.`callingstationid`, t.`framedipaddress`, t.`nasportid`, t.`radacctid`, t.`username` FROM (SELECT DISTINCT account_key FROM `writ_radius`.`approved` WHERE account_kind = ''subscriber'' AND expires_at > SYSDATE(6)) a STRAIGHT_JOIN `', REPLACE(DATABASE(), '`', '``'), '`.`radacct` t ON ', @by_index0, ' AND ', @letters0, ' = a.account_key LIMIT 18446744073709551615)');
PREPARE make_view FROM @view;
EXECUTE make_view;
DEALLOCATE PREPARE make_view;
GRANT SELECT ON `writ_radius`.`radacct` TO `writ_export`@`%`;

-- `radcheck`: the columns that some rule could grant, and those by which records are
-- found and sorted; of rows of approved accounts, whoever asks.
GRANT SELECT (`id`, `username`) ON `radcheck` TO `writ_radius`@`localhost`;
GRANT SELECT (`username`) ON `radcheck` TO `writ_approver`;
SET @by_index0 = (SELECT by_index FROM `writ_radius`.`approved_matches` WHERE table_name = 'radcheck' AND column_name = 'username');
SET @letters0 = (SELECT letters FROM `writ_radius`.`approved_matches` WHERE table_name = 'radcheck' AND column_name = 'username');
SET @view = CONCAT('CREATE OR REPLACE ALGORITHM = TEMPTABLE DEFINER = `writ_radius`@`localhost` SQL SECURITY DEFINER VIEW `writ_radius`.`radcheck` AS (SELECT t.`id`, t.`username` FROM (SELECT DISTINCT account_key FROM `writ_radius`.`approved` WHERE account_kind = ''subscriber'' AND expires_at > SYSDATE(6)) a STRAIGHT_JOIN `', REPLACE(DATABASE(), '`', '``'), '`.`radcheck` t ON ', @by_index0, ' AND ', @letters0, ' = a.account_key LIMIT 18446744073709551615)');
PREPARE make_view FROM @view;
EXECUTE make_view;
DEALLOCATE PREPARE make_view;
GRANT SELECT ON `writ_radius`.`radcheck` TO `writ_export`@`%`;

DROP TEMPORARY TABLE `writ_radius`.`approved_matches`;
