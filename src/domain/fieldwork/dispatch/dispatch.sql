-- Who was sent, until when to accept, and who helps.

-- @1 offers and helpers

CREATE TABLE dispatch_offer (
	id INTEGER PRIMARY KEY,
	repair_id INTEGER NOT NULL REFERENCES repair (id),
	staff_id INTEGER,                   -- NULL: the team
	team_id INTEGER,
	offered_at INTEGER NOT NULL,
	accept_by INTEGER NOT NULL,
	ended_at INTEGER,
	outcome TEXT CONSTRAINT dispatch_offer_outcome_check
		CHECK (outcome IN ('accepted', 'refused', 'expired', 'reassigned', 'withdrawn'))
) STRICT;
-- An order is offered to one at a time.
CREATE UNIQUE INDEX dispatch_offer_repair_id_key ON dispatch_offer (repair_id) WHERE ended_at IS NULL;
CREATE INDEX dispatch_offer_accept_by ON dispatch_offer (accept_by, id) WHERE ended_at IS NULL;
CREATE INDEX dispatch_offer_repair ON dispatch_offer (repair_id, id);

CREATE TABLE dispatch_helper (
	repair_id INTEGER NOT NULL REFERENCES repair (id),
	staff_id INTEGER NOT NULL,
	reason TEXT NOT NULL,
	asked_by INTEGER,
	asked_at INTEGER NOT NULL,
	PRIMARY KEY (repair_id, staff_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX dispatch_helper_staff_id ON dispatch_helper (staff_id, repair_id);

-- For a technician's own list.
CREATE VIEW dispatch_helps AS SELECT repair_id, staff_id FROM dispatch_helper;

-- @2 who shall not have an order again

-- The customer was not content with this person's work: the second handling is somebody else's.
CREATE TABLE dispatch_recusal (
	repair_id INTEGER NOT NULL REFERENCES repair (id),
	staff_id INTEGER NOT NULL,
	reason TEXT NOT NULL,
	recused_at INTEGER NOT NULL,
	PRIMARY KEY (repair_id, staff_id)
) STRICT, WITHOUT ROWID;
