-- What is owed on a subject, by when, and whether it was kept.

-- @1 promises, pauses, results, escalations, overrides

-- The facts of a subject that decide which rules apply.
CREATE TABLE promise_subject (
	module TEXT NOT NULL,
	subject_id INTEGER NOT NULL,
	org_id INTEGER NOT NULL,
	user_class TEXT,
	kind TEXT,
	level TEXT,
	title TEXT,
	assignee_id INTEGER,
	appointment_from INTEGER,
	appointment_to INTEGER,
	PRIMARY KEY (module, subject_id)
) STRICT, WITHOUT ROWID;

-- What happened when: a rule that comes to apply later (a raised level) starts at the event itself, not at the change.
CREATE TABLE promise_happened (
	module TEXT NOT NULL,
	subject_id INTEGER NOT NULL,
	event TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (module, subject_id, event, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE promise (
	id INTEGER PRIMARY KEY,
	module TEXT NOT NULL,
	subject_id INTEGER NOT NULL,
	org_id INTEGER NOT NULL,
	code TEXT NOT NULL,
	attempt INTEGER NOT NULL,      -- 1; more when the rule starts again (a second dispatch)
	rule_version INTEGER NOT NULL, -- of the book, or the id of the override
	state INTEGER NOT NULL CONSTRAINT promise_state_check CHECK (state BETWEEN 1 AND 5), -- running paused met broken cancelled
	round INTEGER NOT NULL,        -- 1; more after reopening
	started_at INTEGER NOT NULL,
	due_at INTEGER,                -- NULL: its year has no calendar yet
	warn_at INTEGER,
	next_at INTEGER,               -- when the next warning or escalation is due
	stopped_at INTEGER
) STRICT;
CREATE UNIQUE INDEX promise_module_subject_id_code_attempt_key ON promise (module, subject_id, code, attempt);
CREATE INDEX promise_next_at ON promise (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX promise_open ON promise (org_id, module, subject_id) WHERE state <= 2;

-- Pauses belong to the subject: a changed level or rule keeps them.
CREATE TABLE promise_pause (
	module TEXT NOT NULL,
	subject_id INTEGER NOT NULL,
	number INTEGER NOT NULL,
	state TEXT NOT NULL,
	from_at INTEGER NOT NULL,
	to_at INTEGER,                 -- NULL: still paused
	PRIMARY KEY (module, subject_id, number)
) STRICT, WITHOUT ROWID;

-- How each round ended. Written once.
CREATE TABLE promise_result (
	promise_id INTEGER NOT NULL,
	round INTEGER NOT NULL,
	stopped_at INTEGER NOT NULL,
	due_at INTEGER,
	kept INTEGER NOT NULL,
	running_ms INTEGER NOT NULL,
	paused_ms INTEGER NOT NULL,
	solved_ms INTEGER NOT NULL,
	event TEXT NOT NULL,
	PRIMARY KEY (promise_id, round)
) STRICT, WITHOUT ROWID;

-- Time between the end of a round and its reopening: it did not run.
CREATE TABLE promise_solved (
	promise_id INTEGER NOT NULL,
	round INTEGER NOT NULL,
	from_at INTEGER NOT NULL,
	to_at INTEGER NOT NULL,
	PRIMARY KEY (promise_id, round)
) STRICT, WITHOUT ROWID;

-- A warning or escalation fires once: whoever inserts the row tells the people.
CREATE TABLE promise_escalation (
	promise_id INTEGER NOT NULL,
	rule_version INTEGER NOT NULL,
	step INTEGER NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (promise_id, rule_version, step)
) STRICT, WITHOUT ROWID;

-- What a company promises instead of the book's number, within its subtree, for what starts from that day on.
CREATE TABLE promise_override (
	id INTEGER PRIMARY KEY,
	code TEXT NOT NULL,
	org_id INTEGER NOT NULL,
	amount INTEGER NOT NULL CONSTRAINT promise_override_amount_check CHECK (amount > 0), -- in the rule's unit
	due_clock TEXT,
	basis TEXT NOT NULL,
	effective_from INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	created_by TEXT
) STRICT;
CREATE UNIQUE INDEX promise_override_code_org_id_effective_from_key ON promise_override (code, org_id, effective_from);

-- only sqlite
CREATE TRIGGER promise_result_no_update BEFORE UPDATE ON promise_result BEGIN
	SELECT RAISE(ABORT, '承诺的履行结果只能记录一次，不能修改或删除');
END;
CREATE TRIGGER promise_result_no_delete BEFORE DELETE ON promise_result BEGIN
	SELECT RAISE(ABORT, '承诺的履行结果只能记录一次，不能修改或删除');
END;
-- only postgres
CREATE FUNCTION promise_result_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
	RAISE EXCEPTION '承诺的履行结果只能记录一次，不能修改或删除';
END $body$;
CREATE TRIGGER promise_result_no_change BEFORE UPDATE OR DELETE ON promise_result FOR EACH ROW EXECUTE FUNCTION promise_result_refuse();
-- both

-- For measures. `kept` is NULL while it runs; `round_one_kept` is the first answer, which reopening does not change.
CREATE VIEW promise_measure AS
	SELECT p.id, p.module, p.subject_id, p.org_id, p.code, p.state, p.started_at, p.due_at, p.stopped_at,
		r.kept, f.kept AS round_one_kept, r.running_ms
	FROM promise p
	LEFT JOIN promise_result r ON r.promise_id = p.id AND r.round = p.round
	LEFT JOIN promise_result f ON f.promise_id = p.id AND f.round = 1;
