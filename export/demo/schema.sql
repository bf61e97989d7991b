CREATE TABLE tenants (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  tenant_id TEXT REFERENCES tenants (id),
  full_name TEXT NOT NULL,
  postal_address TEXT,
  birth_date TEXT,
  phone TEXT,
  recovery_email TEXT,
  created_at INTEGER NOT NULL,
  closed_at INTEGER,
  plan TEXT NOT NULL,
  password_hash TEXT NOT NULL
) STRICT;
CREATE TABLE addresses (address TEXT PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES accounts (id)) STRICT;
CREATE TABLE logins (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  at INTEGER NOT NULL,
  duration_s INTEGER,
  ip TEXT NOT NULL,
  port INTEGER NOT NULL,
  device_id TEXT,
  user_agent TEXT NOT NULL,
  succeeded INTEGER NOT NULL
) STRICT;
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  at INTEGER NOT NULL,
  date_header TEXT NOT NULL,
  from_address TEXT NOT NULL,
  to_address TEXT NOT NULL,
  folder TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE TABLE payments (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  at INTEGER NOT NULL,
  method TEXT NOT NULL,
  number TEXT,
  amount TEXT NOT NULL,
  currency TEXT NOT NULL
) STRICT;
