// What came with version 3: destinations, payout jobs, transfers, and every call that was made for one.

extension LedgerSchema {
  static let payouts = """
    -- Where a user's money goes. An empty currency stands for all that have no row of their own.
    CREATE TABLE destinations (
      user_id TEXT NOT NULL,
      currency TEXT NOT NULL,
      account TEXT NOT NULL CHECK (length(account) > 0),
      status TEXT NOT NULL CHECK (status IN ('active', 'inactive')),
      imported_by TEXT NOT NULL,
      at TEXT NOT NULL,
      PRIMARY KEY (user_id, currency)
    ) STRICT, WITHOUT ROWID;

    -- One job for each run.
    CREATE TABLE payout_jobs (
      run_id TEXT PRIMARY KEY REFERENCES runs (run_id),
      state TEXT NOT NULL CHECK (state IN ('pending', 'processing', 'paused', 'complete')),
      -- The rail of its first claim: what one rail may have executed is never sent over another.
      rail TEXT,
      pause_reason TEXT,
      created_by TEXT NOT NULL,
      created_at TEXT NOT NULL,
      completed_at TEXT,
      CHECK ((state = 'paused') = (pause_reason IS NOT NULL))
    ) STRICT, WITHOUT ROWID;

    -- Processes that send. host is the boot and the process namespace: there a pid and its start name one process.
    CREATE TABLE payout_workers (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      host TEXT NOT NULL,
      pid INTEGER NOT NULL,
      started TEXT NOT NULL,
      -- Milliseconds since 1970; asked only about processes of other hosts.
      lease_until INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE payout_transfers (
      id TEXT PRIMARY KEY,
      run_id TEXT NOT NULL REFERENCES payout_jobs (run_id),
      user_id TEXT NOT NULL,
      currency TEXT NOT NULL,
      amount INTEGER NOT NULL CHECK (amount >= 0),
      destination TEXT,
      state TEXT NOT NULL CHECK (state IN ('held', 'pending', 'processing', 'retryable', 'unknown', 'completed',
                                           'failed_terminal', 'cancelled', 'reversing', 'reversed')),
      reason TEXT,
      attempt_count INTEGER NOT NULL DEFAULT 0 CHECK (attempt_count >= 0),
      failure_count INTEGER NOT NULL DEFAULT 0 CHECK (failure_count >= 0),
      generation INTEGER NOT NULL DEFAULT 1,
      reversal_generation INTEGER NOT NULL DEFAULT 1,
      -- Times of this row are milliseconds since 1970.
      first_sent_at INTEGER,
      absent_at INTEGER,
      due_at INTEGER NOT NULL DEFAULT 0,
      is_uncertain INTEGER NOT NULL DEFAULT 0 CHECK (is_uncertain IN (0, 1)),
      must_look_up INTEGER NOT NULL DEFAULT 0 CHECK (must_look_up IN (0, 1)),
      can_look_up INTEGER NOT NULL DEFAULT 1 CHECK (can_look_up IN (0, 1)),
      is_refused INTEGER NOT NULL DEFAULT 0 CHECK (is_refused IN (0, 1)),
      is_key_spent INTEGER NOT NULL DEFAULT 0 CHECK (is_key_spent IN (0, 1)),
      is_in_flight INTEGER NOT NULL DEFAULT 0 CHECK (is_in_flight IN (0, 1)),
      external_id TEXT,
      -- Who makes a call for it now.
      worker INTEGER REFERENCES payout_workers (id),
      -- A second transfer for the same money cannot exist, whatever the programs above believe.
      UNIQUE (run_id, user_id, currency),
      CHECK (is_in_flight = (state IN ('processing', 'unknown'))),
      CHECK (state NOT IN ('completed', 'reversing', 'reversed') OR external_id IS NOT NULL),
      CHECK (state NOT IN ('pending', 'processing', 'retryable', 'unknown') OR destination IS NOT NULL AND amount > 0),
      CHECK (worker IS NULL OR state IN ('processing', 'reversing')),
      CHECK (worker IS NOT NULL OR state <> 'processing')
    ) STRICT;
    CREATE INDEX payouts_due ON payout_transfers (due_at, id)
      WHERE worker IS NULL AND state IN ('pending', 'retryable', 'unknown', 'reversing');
    CREATE INDEX payouts_open ON payout_transfers (run_id)
      WHERE state IN ('held', 'pending', 'processing', 'retryable', 'unknown');
    CREATE INDEX payouts_claimed ON payout_transfers (worker) WHERE worker IS NOT NULL;
    CREATE INDEX payouts_sent ON payout_transfers (external_id) WHERE external_id IS NOT NULL;

    -- Every call: the row is there before the call is made.
    CREATE TABLE payout_attempts (
      transfer_id TEXT NOT NULL REFERENCES payout_transfers (id),
      attempt INTEGER NOT NULL CHECK (attempt > 0),
      operation TEXT NOT NULL CHECK (operation IN ('transfer', 'lookup', 'reverse', 'decision')),
      rail_key TEXT NOT NULL,
      worker INTEGER,
      started_at TEXT NOT NULL,
      finished_at TEXT,
      -- NULL: started, and nobody has told how it ended.
      result TEXT CHECK (result IN ('ok', 'transient', 'permanent', 'pause', 'unknown', 'abandoned', 'not_sent')),
      code TEXT,
      external_id TEXT,
      PRIMARY KEY (transfer_id, attempt)
    ) STRICT, WITHOUT ROWID;

    CREATE TRIGGER payout_transfers_remain BEFORE DELETE ON payout_transfers
    BEGIN SELECT RAISE(ABORT, 'transfers are kept'); END;
    -- What was promised to a rail stays what it is.
    CREATE TRIGGER payout_transfers_stay BEFORE UPDATE ON payout_transfers
    WHEN NEW.id IS NOT OLD.id OR NEW.run_id IS NOT OLD.run_id OR NEW.user_id IS NOT OLD.user_id
      OR NEW.currency IS NOT OLD.currency OR NEW.attempt_count < OLD.attempt_count
      OR (NEW.amount IS NOT OLD.amount AND OLD.state <> 'held')
      OR (OLD.state = 'completed' AND NEW.state NOT IN ('completed', 'reversing', 'reversed'))
      OR (OLD.state = 'reversed' AND NEW.state <> 'reversed')
    BEGIN SELECT RAISE(ABORT, 'a transfer keeps its money, and what has left has left'); END;
    CREATE TRIGGER payout_attempts_remain BEFORE DELETE ON payout_attempts
    BEGIN SELECT RAISE(ABORT, 'attempts are kept'); END;
    CREATE TRIGGER payout_attempts_stay BEFORE UPDATE ON payout_attempts
    WHEN OLD.result IS NOT NULL OR NEW.transfer_id IS NOT OLD.transfer_id OR NEW.attempt IS NOT OLD.attempt
      OR NEW.operation IS NOT OLD.operation OR NEW.rail_key IS NOT OLD.rail_key
    BEGIN SELECT RAISE(ABORT, 'an attempt ends once'); END;
    """
}
