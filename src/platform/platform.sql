-- The platform's own tables. schema_version is made by the migrations themselves.

-- @1 ids, numbers, retry keys, audit

-- Where the next block of ids begins. SQLite; PostgreSQL has a sequence, which no transaction holds up.
-- only sqlite
CREATE TABLE id_block (
	id INTEGER PRIMARY KEY CONSTRAINT id_block_id_check CHECK (id = 1),
	next INTEGER NOT NULL
) STRICT;
INSERT INTO id_block (id, next) VALUES (1, 1);
-- only postgres
CREATE SEQUENCE id_sequence AS BIGINT START WITH 1 INCREMENT BY 1000;
-- both

-- Business numbers without gaps: the row is counted up in the transaction that uses the number.
CREATE TABLE number_sequence (
	sequence TEXT NOT NULL,
	org_id INTEGER NOT NULL,
	year INTEGER NOT NULL,
	last INTEGER NOT NULL,
	PRIMARY KEY (sequence, org_id, year)
) STRICT, WITHOUT ROWID;

-- Idempotency-Key: the reply that was given, for a client that asks again because it did not hear it.
CREATE TABLE idempotency (
	key TEXT NOT NULL,            -- as the client sent it
	actor TEXT NOT NULL,          -- whose key it is: "staff:17", "key:3"
	request_digest TEXT NOT NULL, -- method, path and body: another request under the same key is refused
	status INTEGER NOT NULL,
	location TEXT,
	reply TEXT,
	created_at INTEGER NOT NULL,
	PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_created_at ON idempotency (created_at);

-- Who did and who looked at what. Rows are only ever added. `sequence` and `hash` chain them: on SQLite at once, on
-- PostgreSQL within a second by a job, the only change that its trigger lets through.
CREATE TABLE audit (
	id INTEGER PRIMARY KEY,
	sequence INTEGER,
	hash TEXT,
	at INTEGER NOT NULL,
	actor_kind INTEGER NOT NULL,
	actor_id INTEGER NOT NULL,
	actor_name TEXT,
	address TEXT,
	action TEXT NOT NULL,
	module TEXT,
	subject_id INTEGER,
	org_id INTEGER,
	detail TEXT,
	reason TEXT,
	request_id TEXT
) STRICT;
CREATE UNIQUE INDEX audit_sequence_key ON audit (sequence);
CREATE INDEX audit_open ON audit (id) WHERE sequence IS NULL;
CREATE INDEX audit_subject ON audit (module, subject_id, id);
CREATE INDEX audit_actor ON audit (actor_id, id);
CREATE INDEX audit_at ON audit (at, id);

-- only sqlite
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN
	SELECT RAISE(ABORT, '审计记录只能追加，不能修改或删除');
END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN
	SELECT RAISE(ABORT, '审计记录只能追加，不能修改或删除');
END;
-- only postgres
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
	IF TG_OP = 'UPDATE' THEN
		IF OLD.sequence IS NULL AND OLD.hash IS NULL AND NEW.sequence IS NOT NULL AND NEW.hash IS NOT NULL
			AND (to_jsonb(NEW) - 'sequence' - 'hash') = (to_jsonb(OLD) - 'sequence' - 'hash') THEN
			RETURN NEW;
		END IF;
	END IF;
	RAISE EXCEPTION '审计记录只能追加，不能修改或删除';
END $body$;
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
-- both
