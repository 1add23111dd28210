-- What was said and done, per subject. Rows are only ever added; each carries the hash of the one before it.

-- @1 entries

CREATE TABLE timeline (
	id INTEGER PRIMARY KEY,
	module TEXT NOT NULL,
	subject_id INTEGER NOT NULL,
	sequence INTEGER NOT NULL,     -- 1, 2, 3 … within the subject
	at INTEGER NOT NULL,           -- when it happened
	recorded_at INTEGER NOT NULL,  -- when the system learned of it
	kind TEXT NOT NULL,
	text TEXT NOT NULL,
	data TEXT,
	actor_kind INTEGER NOT NULL,
	actor_id INTEGER NOT NULL,
	actor TEXT NOT NULL,
	title TEXT,
	hash BLOB NOT NULL             -- SM3 over the content and the hash before it
) STRICT;
CREATE UNIQUE INDEX timeline_module_subject_id_sequence_key ON timeline (module, subject_id, sequence);

-- only sqlite
CREATE TRIGGER timeline_no_update BEFORE UPDATE ON timeline BEGIN
	SELECT RAISE(ABORT, '时间轴只能追加，不能修改或删除');
END;
CREATE TRIGGER timeline_no_delete BEFORE DELETE ON timeline BEGIN
	SELECT RAISE(ABORT, '时间轴只能追加，不能修改或删除');
END;
-- only postgres
CREATE FUNCTION timeline_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
	RAISE EXCEPTION '时间轴只能追加，不能修改或删除';
END $body$;
CREATE TRIGGER timeline_no_change BEFORE UPDATE OR DELETE ON timeline FOR EACH ROW EXECUTE FUNCTION timeline_refuse();
CREATE TRIGGER timeline_no_truncate BEFORE TRUNCATE ON timeline FOR EACH STATEMENT EXECUTE FUNCTION timeline_refuse();
-- both
