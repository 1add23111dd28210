-- People who work here: records, logins, sessions, grants, keys of programs, skills and certificates.

-- @1 people and their access

CREATE TABLE staff (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL REFERENCES org (id),
	number TEXT NOT NULL,           -- 工号
	login TEXT NOT NULL,            -- lower case
	name TEXT NOT NULL,
	phone TEXT,
	mail TEXT,
	post TEXT,
	photo_digest TEXT,
	has_left INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX staff_login_key ON staff (login);
CREATE UNIQUE INDEX staff_number_key ON staff (number);
CREATE INDEX staff_org_id ON staff (org_id, id);

-- Apart from the record, so that no reading of a person can ever carry a hash along.
CREATE TABLE staff_secret (
	staff_id INTEGER PRIMARY KEY REFERENCES staff (id),
	hash TEXT NOT NULL,             -- argon2id
	set_at INTEGER NOT NULL,
	must_change INTEGER NOT NULL
) STRICT;

-- Earlier passwords, so that the last few are not taken again.
CREATE TABLE staff_old_secret (
	id INTEGER PRIMARY KEY,
	staff_id INTEGER NOT NULL REFERENCES staff (id),
	hash TEXT NOT NULL
) STRICT;
CREATE INDEX staff_old_secret_staff_id ON staff_old_secret (staff_id, id);

CREATE TABLE staff_session (
	id INTEGER PRIMARY KEY,
	staff_id INTEGER NOT NULL REFERENCES staff (id),
	token_digest TEXT NOT NULL,     -- SHA-256; the token itself is only in the browser
	csrf TEXT NOT NULL,
	address TEXT,
	agent TEXT,
	opened_at INTEGER NOT NULL,
	seen_at INTEGER NOT NULL,       -- may lag up to a minute; the node that saw the person knows better
	expires_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX staff_session_token_digest_key ON staff_session (token_digest);
CREATE INDEX staff_session_staff_id ON staff_session (staff_id, id);
CREATE INDEX staff_session_seen_at ON staff_session (seen_at);

-- By what was typed, whether such a person exists or not: the answer must not tell.
CREATE TABLE staff_lock (
	login TEXT PRIMARY KEY,
	locked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE staff_login_failure (
	id INTEGER PRIMARY KEY,
	login TEXT NOT NULL,
	address TEXT,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX staff_login_failure_login ON staff_login_failure (login, at);
CREATE INDEX staff_login_failure_address ON staff_login_failure (address, at);
CREATE INDEX staff_login_failure_at ON staff_login_failure (at);

CREATE TABLE staff_grant (
	id INTEGER PRIMARY KEY,
	staff_id INTEGER NOT NULL REFERENCES staff (id),
	role TEXT NOT NULL,             -- code in rulebook/roles.json
	org_id INTEGER NOT NULL REFERENCES org (id),
	granted_by INTEGER,             -- NULL: the system
	granted_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX staff_grant_staff_id_role_org_id_key ON staff_grant (staff_id, role, org_id);
CREATE INDEX staff_grant_role ON staff_grant (role, org_id, staff_id);

CREATE TABLE staff_key (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	org_id INTEGER NOT NULL REFERENCES org (id),
	scopes TEXT NOT NULL,           -- permission codes, a comma between
	secret_digest TEXT NOT NULL,    -- SHA-256
	created_by INTEGER,
	created_at INTEGER NOT NULL,
	expires_on INTEGER,             -- the last day on which it is good
	used_at INTEGER,
	revoked_at INTEGER
) STRICT;
CREATE INDEX staff_key_org_id ON staff_key (org_id, id);

CREATE TABLE staff_skill (
	staff_id INTEGER NOT NULL REFERENCES staff (id),
	skill TEXT NOT NULL,
	PRIMARY KEY (staff_id, skill)
) STRICT, WITHOUT ROWID;

CREATE TABLE staff_certificate (
	id INTEGER PRIMARY KEY,
	staff_id INTEGER NOT NULL REFERENCES staff (id),
	kind TEXT NOT NULL,
	number TEXT NOT NULL,
	issuer TEXT,
	issued_on INTEGER,
	expires_on INTEGER NOT NULL     -- still good on that day
) STRICT;
CREATE INDEX staff_certificate_staff_id ON staff_certificate (staff_id, kind, expires_on);
CREATE UNIQUE INDEX staff_certificate_kind_number_key ON staff_certificate (kind, number);

-- For modules of other floors: whom to reach, and who holds which role where. Only people who still work here.
CREATE VIEW staff_contact AS
	SELECT id AS staff_id, org_id, name, phone, mail, number, post FROM staff WHERE has_left = 0;
CREATE VIEW staff_role AS
	SELECT g.staff_id, g.role, g.org_id, g.id AS grant_id FROM staff_grant g JOIN staff s ON s.id = g.staff_id WHERE s.has_left = 0;
CREATE VIEW staff_ability AS
	SELECT k.staff_id, k.skill FROM staff_skill k JOIN staff s ON s.id = k.staff_id WHERE s.has_left = 0;
