-- Return visits: who is asked whether the work was good, and what was answered.

-- @1 visits and calls

-- One row for each order that was finished, and each time that it was. not_due: the rule did not draw it; next_at is then when
-- the order is closed without a call. cancelled: the order was reopened before anybody had called.
CREATE TABLE revisit (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL REFERENCES org (id),
	module TEXT NOT NULL,
	subject_id INTEGER NOT NULL,
	round INTEGER NOT NULL,         -- 1; more after reopening
	number TEXT NOT NULL,
	title TEXT NOT NULL,
	level TEXT,
	address TEXT,
	phone TEXT,
	rule TEXT NOT NULL,             -- code in rulebook/revisit.json
	status TEXT NOT NULL CONSTRAINT revisit_status_check
		CHECK (status IN ('not_due', 'due', 'done', 'unreachable', 'cancelled')),
	due_at INTEGER,
	next_at INTEGER,                -- the next call; NULL: nothing more to do
	attempts INTEGER NOT NULL,
	outcome TEXT,
	satisfaction INTEGER NOT NULL CONSTRAINT revisit_satisfaction_check CHECK (satisfaction BETWEEN 0 AND 5), -- 0: not told
	reason TEXT,
	second_handling INTEGER NOT NULL,
	done_at INTEGER,
	staff_id INTEGER,
	created_at INTEGER NOT NULL,
	version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX revisit_module_subject_id_round_key ON revisit (module, subject_id, round);
CREATE INDEX revisit_due ON revisit (org_id, due_at, id) WHERE status = 'due';
CREATE INDEX revisit_not_due ON revisit (next_at, id) WHERE status = 'not_due' AND next_at IS NOT NULL;
CREATE INDEX revisit_done_at ON revisit (done_at, id) WHERE done_at IS NOT NULL;

CREATE TABLE revisit_call (
	id INTEGER PRIMARY KEY,
	revisit_id INTEGER NOT NULL REFERENCES revisit (id),
	at INTEGER NOT NULL,
	on_day INTEGER NOT NULL,        -- of Shanghai
	outcome TEXT NOT NULL,
	satisfaction INTEGER NOT NULL,
	reason TEXT,
	note TEXT,
	next_at INTEGER,
	staff_id INTEGER
) STRICT;
CREATE INDEX revisit_call_revisit_id ON revisit_call (revisit_id, id);

-- How many were finished under a sampling rule and how many of them drawn, so that the share is never below what is due.
CREATE TABLE revisit_sample (
	org_id INTEGER NOT NULL,
	rule TEXT NOT NULL,
	finished INTEGER NOT NULL,
	drawn INTEGER NOT NULL,
	PRIMARY KEY (org_id, rule)
) STRICT, WITHOUT ROWID;

-- For the figures.
CREATE VIEW revisit_measure AS
	SELECT id, org_id, module, subject_id, round, rule, status, due_at, done_at, attempts, outcome, satisfaction,
		second_handling, created_at
	FROM revisit;
