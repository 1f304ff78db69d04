// What came with version 2: money set aside, other subjects than markets, disputes, and tighter triggers.

extension LedgerSchema {
  static let reservationsAndDisputes = """
    -- Sum of the account's pending reservations: available = balance - reserved.
    ALTER TABLE accounts ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0);

    -- Money set aside. The entry of kind reserve that made it has no postings; posting it is an entry that has.
    CREATE TABLE reservations (
      entry_id INTEGER PRIMARY KEY REFERENCES entries (id),
      account_id INTEGER NOT NULL REFERENCES accounts (id),
      counterpart TEXT NOT NULL,
      amount INTEGER NOT NULL CHECK (amount > 0),
      state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'posted', 'voided')),
      closed_by INTEGER REFERENCES entries (id)
    ) STRICT;
    CREATE INDEX pending_reservations ON reservations (account_id) WHERE state = 'pending';

    -- What is settled: market, prizes, refund, award-participation, award-placement. market_id holds the subject's id.
    ALTER TABLE settlements ADD COLUMN kind TEXT NOT NULL DEFAULT 'market';
    DROP INDEX settled_markets;
    CREATE UNIQUE INDEX settled_subjects ON settlements (kind, market_id) WHERE rolled_back_by IS NULL;
    CREATE INDEX rolled_back_subjects ON settlements (rolled_back_by) WHERE rolled_back_by IS NOT NULL;

    -- One user's part of a settlement where it is not what the settlement says: completed is not written down.
    CREATE TABLE distribution_states (
      run_id TEXT NOT NULL,
      market_id TEXT NOT NULL,
      user_id TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('failed', 'disputed', 'rolled_back')),
      -- The rollback's run or the dispute that says so.
      by TEXT NOT NULL,
      at TEXT NOT NULL,
      PRIMARY KEY (run_id, market_id, user_id),
      FOREIGN KEY (run_id, market_id) REFERENCES settlements (run_id, market_id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE disputes (
      id INTEGER PRIMARY KEY,
      run_id TEXT NOT NULL,
      market_id TEXT NOT NULL,
      -- NULL: the whole market is disputed.
      user_id TEXT,
      state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'upheld', 'released')),
      reason TEXT NOT NULL,
      opened_by TEXT NOT NULL,
      opened_at TEXT NOT NULL,
      closed_by TEXT,
      closed_at TEXT,
      -- Why it was released, or the rollback that upholding it made.
      outcome TEXT,
      FOREIGN KEY (run_id, market_id) REFERENCES settlements (run_id, market_id)
    ) STRICT;
    CREATE UNIQUE INDEX open_disputes ON disputes (run_id, market_id, coalesce(user_id, '')) WHERE state = 'open';

    -- Administrative actions are chained like entries, clocks and all: what may be done by whom rests on them.
    ALTER TABLE actions ADD COLUMN detail TEXT;
    ALTER TABLE actions ADD COLUMN chain BLOB CHECK (length(chain) = 32);
    DROP TRIGGER actions_stay;
    CREATE TRIGGER actions_stay BEFORE UPDATE ON actions WHEN OLD.chain IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'actions are immutable'); END;

    -- INSERT OR REPLACE deletes without a DELETE trigger: numbers rise and keys are new, or the row is refused.
    CREATE TRIGGER entries_rise BEFORE INSERT ON entries
    WHEN NEW.id <= (SELECT max(id) FROM entries) OR EXISTS (SELECT 1 FROM entries WHERE key = NEW.key)
    BEGIN SELECT RAISE(ABORT, 'entries are immutable: their ids rise and their keys are new'); END;
    CREATE TRIGGER postings_rise BEFORE INSERT ON postings WHEN NEW.id <= (SELECT max(id) FROM postings)
    BEGIN SELECT RAISE(ABORT, 'postings are immutable: their ids rise'); END;
    CREATE TRIGGER runs_rise BEFORE INSERT ON runs WHEN EXISTS (SELECT 1 FROM runs WHERE run_id = NEW.run_id)
    BEGIN SELECT RAISE(ABORT, 'runs are immutable'); END;
    CREATE TRIGGER actions_rise BEFORE INSERT ON actions WHEN EXISTS (SELECT 1 FROM actions WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'actions are immutable'); END;
    CREATE TRIGGER settlements_remain BEFORE DELETE ON settlements
    BEGIN SELECT RAISE(ABORT, 'settlements are immutable'); END;
    -- A settlement changes once: when it is rolled back.
    CREATE TRIGGER settlements_stay BEFORE UPDATE ON settlements
    WHEN OLD.rolled_back_by IS NOT NULL OR NEW.rolled_back_by IS NULL OR NEW.run_id IS NOT OLD.run_id
      OR NEW.market_id IS NOT OLD.market_id OR NEW.resolution_id IS NOT OLD.resolution_id
      OR NEW.facts IS NOT OLD.facts OR NEW.kind IS NOT OLD.kind
    BEGIN SELECT RAISE(ABORT, 'settlements are immutable'); END;
    """
}
