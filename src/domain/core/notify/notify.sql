-- The outbox: written with the act that it tells of, delivered by a job.

-- @1 outbox and suppression

CREATE TABLE outbox (
	id INTEGER PRIMARY KEY,        -- handed to the gateway, which recognises a retry by it
	org_id INTEGER NOT NULL,
	module TEXT,
	subject_id INTEGER,
	staff_id INTEGER,              -- a member of staff; NULL: a customer
	channel TEXT NOT NULL CONSTRAINT outbox_channel_check CHECK (channel IN ('in_app', 'mail', 'sms')),
	address TEXT,                  -- phone or mail; NULL in-app
	template_code TEXT NOT NULL,
	title TEXT NOT NULL,
	body TEXT NOT NULL,            -- as people may read it: codes are not in it
	parameters TEXT,               -- JSON, with codes; taken away once delivered
	urgent INTEGER NOT NULL,
	state TEXT NOT NULL CONSTRAINT outbox_state_check
		CHECK (state IN ('waiting', 'sending', 'delivered', 'failed', 'suppressed', 'unconfigured')),
	attempts INTEGER NOT NULL,
	next_at INTEGER,
	lease_until INTEGER,
	answer TEXT,                   -- what the server said
	once_key TEXT,
	recipient TEXT NOT NULL,       -- 'staff:17' or the address: a key is once for each
	created_at INTEGER NOT NULL,
	delivered_at INTEGER,
	read_at INTEGER
) STRICT;
CREATE UNIQUE INDEX outbox_once_key_channel_recipient_key ON outbox (once_key, channel, recipient);
CREATE INDEX outbox_ripe ON outbox (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX outbox_staff_id ON outbox (staff_id, id) WHERE channel = 'in_app';
CREATE INDEX outbox_org_id ON outbox (org_id, id);
CREATE INDEX outbox_subject ON outbox (module, subject_id, id);

-- Addresses that a server has refused for good.
CREATE TABLE suppression (
	id INTEGER PRIMARY KEY,
	channel TEXT NOT NULL CONSTRAINT suppression_channel_check CHECK (channel IN ('in_app', 'mail', 'sms')),
	address TEXT NOT NULL,
	reason TEXT,
	outbox_id INTEGER NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX suppression_channel_address_key ON suppression (channel, address);
