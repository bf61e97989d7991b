CREATE INDEX accounts_phone ON accounts (phone);
CREATE INDEX logins_account ON logins (account_id, at, id);
CREATE INDEX messages_account ON messages (account_id, at, id);
CREATE INDEX payments_account ON payments (account_id, at, id);
