// What do dashboards read: transactions in their older shape, and totals?
//
// Views of what stands in the book already. Nothing is added to what a posting costs: markets, creators and the house are
// found by the lists of their own postings (a handful for each market), never by looking through the wallets'.

extension LedgerSchema {
  static let views = """
    DROP VIEW transactions;

    -- The shape of transactions that older dashboards read: one row for each movement of a user's wallet, and for each
    -- fee. What somebody lost never was in the wallet: losses stand in the files of the run, and in `export --sqlite`.
    CREATE VIEW transactions AS
    SELECT postings.id AS id,
           CASE WHEN accounts.name >= 'user:' AND accounts.name < 'user;'
                THEN replace(replace(substr(accounts.name, 6), '%3A', ':'), '%25', '%')
                ELSE accounts.name END AS user_id,
           CASE entries.kind WHEN 'payouts' THEN 'win' WHEN 'refunds' THEN 'refund' WHEN 'fees' THEN 'fee'
                ELSE entries.kind END AS type,
           abs(postings.amount) AS amount,
           postings.balance_after - postings.amount AS balance_before,
           postings.balance_after AS balance_after,
           entries.market_id AS market_id,
           entries.currency AS currency,
           entries.run_id AS run_id,
           'completed' AS status,
           entries.at AS timestamp,
           entries.id AS entry_id,
           accounts.name AS account
    FROM postings
    CROSS JOIN accounts ON accounts.id = postings.account_id
    CROSS JOIN entries ON entries.id = postings.entry_id
    LEFT JOIN entries AS reversed ON reversed.id = entries.reverses
    WHERE (accounts.name >= 'user:' AND accounts.name < 'user;')
       OR (coalesce(reversed.kind, entries.kind) = 'fees'
           AND (accounts.name = 'house' OR (accounts.name >= 'creator:' AND accounts.name < 'creator;')));

    -- Each movement of escrows, creators and the house, with what its entry did (`effect`: of a reversal, what the
    -- reversed entry did; amounts have the other sign then).
    CREATE VIEW settlement_movements AS
    WITH RECURSIVE chain (posting) AS (
      SELECT last_posting FROM accounts
      WHERE last_posting IS NOT NULL
        AND (name = 'house' OR (name >= 'escrow:' AND name < 'escrow;') OR (name >= 'creator:' AND name < 'creator;'))
      UNION ALL
      SELECT postings.previous FROM chain JOIN postings ON postings.id = chain.posting
      WHERE postings.previous IS NOT NULL
    )
    SELECT postings.id AS posting_id,
           accounts.name AS account,
           CASE accounts.name WHEN 'house' THEN 'house' ELSE substr(accounts.name, 1, instr(accounts.name, ':') - 1) END
             AS account_kind,
           entries.currency AS currency,
           entries.kind AS kind,
           coalesce(reversed.kind, entries.kind) AS effect,
           postings.amount AS amount,
           entries.market_id AS market_id,
           entries.run_id AS run_id,
           entries.at AS at
    FROM chain
    CROSS JOIN postings ON postings.id = chain.posting
    CROSS JOIN accounts ON accounts.id = postings.account_id
    CROSS JOIN entries ON entries.id = postings.entry_id
    LEFT JOIN entries AS reversed ON reversed.id = entries.reverses;

    -- Markets whose settlement is in force and that had stakes.
    -- staked = paid + refunded + house_fee + creator_fee + retained + breakage
    CREATE VIEW market_totals AS
    SELECT settlements.market_id AS market_id,
           movements.currency AS currency,
           settlements.run_id AS run_id,
           settlements.resolution_id AS resolution_id,
           sum(CASE WHEN account_kind = 'escrow' AND movements.kind = 'stakes' THEN amount ELSE 0 END) AS staked,
           sum(CASE WHEN account_kind = 'escrow' AND movements.kind = 'payouts' THEN -amount ELSE 0 END) AS paid,
           sum(CASE WHEN account_kind = 'escrow' AND movements.kind = 'refunds' THEN -amount ELSE 0 END) AS refunded,
           sum(CASE WHEN account_kind = 'house' AND movements.kind = 'fees' THEN amount ELSE 0 END) AS house_fee,
           sum(CASE WHEN account_kind = 'creator' AND movements.kind = 'fees' THEN amount ELSE 0 END) AS creator_fee,
           sum(CASE WHEN account_kind = 'escrow' AND movements.kind = 'retained' THEN -amount ELSE 0 END) AS retained,
           sum(CASE WHEN account_kind = 'escrow' AND movements.kind = 'breakage' THEN -amount ELSE 0 END) AS breakage,
           min(movements.at) AS settled_at
    FROM settlement_movements AS movements
    CROSS JOIN settlements ON settlements.run_id = movements.run_id AND settlements.market_id = movements.market_id
    WHERE settlements.kind = 'market' AND settlements.rolled_back_by IS NULL
    GROUP BY settlements.market_id, movements.currency;

    -- Everything that ever was settled in a currency and is in force, and what stands on the accounts now.
    CREATE VIEW currency_totals AS
    SELECT wallets.currency AS currency,
           coalesce(settled.markets, 0) AS markets,
           coalesce(settled.staked, 0) AS staked,
           coalesce(settled.paid, 0) AS paid,
           coalesce(settled.refunded, 0) AS refunded,
           coalesce(settled.house_fee, 0) AS house_fee,
           coalesce(settled.creator_fee, 0) AS creator_fee,
           coalesce(settled.retained, 0) AS retained,
           coalesce(settled.breakage, 0) AS breakage,
           wallets.wallets AS wallets,
           wallets.wallet_balance AS wallet_balance,
           wallets.creator_balance AS creator_balance,
           wallets.house_balance AS house_balance
    FROM (SELECT currency,
                 sum(name >= 'user:' AND name < 'user;') AS wallets,
                 sum(CASE WHEN name >= 'user:' AND name < 'user;' THEN balance ELSE 0 END) AS wallet_balance,
                 sum(CASE WHEN name >= 'creator:' AND name < 'creator;' THEN balance ELSE 0 END) AS creator_balance,
                 sum(CASE WHEN name = 'house' THEN balance ELSE 0 END) AS house_balance
          FROM accounts GROUP BY currency) AS wallets
    LEFT JOIN (SELECT currency, count(*) AS markets, sum(staked) AS staked, sum(paid) AS paid,
                      sum(refunded) AS refunded, sum(house_fee) AS house_fee, sum(creator_fee) AS creator_fee,
                      sum(retained) AS retained, sum(breakage) AS breakage
               FROM market_totals GROUP BY currency) AS settled ON settled.currency = wallets.currency;

    -- fees + rolled_back + other = balance
    CREATE VIEW creator_totals AS
    SELECT replace(replace(substr(account, 9), '%3A', ':'), '%25', '%') AS creator_id,
           currency,
           count(DISTINCT CASE WHEN kind = 'fees' THEN market_id END) AS markets,
           sum(CASE WHEN kind = 'fees' THEN amount ELSE 0 END) AS fees,
           sum(CASE WHEN kind = 'rollback' THEN amount ELSE 0 END) AS rolled_back,
           sum(CASE WHEN kind NOT IN ('fees', 'rollback') THEN amount ELSE 0 END) AS other,
           sum(amount) AS balance
    FROM settlement_movements WHERE account_kind = 'creator' GROUP BY account, currency;

    -- fees + retained + breakage + rolled_back + other = balance
    CREATE VIEW house_totals AS
    SELECT currency,
           sum(CASE WHEN kind = 'fees' THEN amount ELSE 0 END) AS fees,
           sum(CASE WHEN kind = 'retained' THEN amount ELSE 0 END) AS retained,
           sum(CASE WHEN kind = 'breakage' THEN amount ELSE 0 END) AS breakage,
           sum(CASE WHEN kind = 'rollback' THEN amount ELSE 0 END) AS rolled_back,
           sum(CASE WHEN kind NOT IN ('fees', 'retained', 'breakage', 'rollback') THEN amount ELSE 0 END) AS other,
           sum(amount) AS balance
    FROM settlement_movements WHERE account_kind = 'house' GROUP BY currency;

    -- won + refunded + rolled_back + other = balance. This one reads every posting.
    CREATE VIEW user_totals AS
    SELECT replace(replace(substr(accounts.name, 6), '%3A', ':'), '%25', '%') AS user_id,
           accounts.currency AS currency,
           sums.movements AS movements,
           sums.won AS won,
           sums.refunded AS refunded,
           sums.rolled_back AS rolled_back,
           sums.balance - sums.won - sums.refunded - sums.rolled_back AS other,
           sums.balance AS balance
    FROM (SELECT postings.account_id AS account_id,
                 count(*) AS movements,
                 sum(CASE entries.kind WHEN 'payouts' THEN postings.amount ELSE 0 END) AS won,
                 sum(CASE entries.kind WHEN 'refunds' THEN postings.amount ELSE 0 END) AS refunded,
                 sum(CASE entries.kind WHEN 'rollback' THEN postings.amount ELSE 0 END) AS rolled_back,
                 sum(postings.amount) AS balance
          FROM postings CROSS JOIN entries ON entries.id = postings.entry_id
          GROUP BY postings.account_id) AS sums
    CROSS JOIN accounts ON accounts.id = sums.account_id
    WHERE accounts.name >= 'user:' AND accounts.name < 'user;';

    -- What each run moved through escrows; a rollback takes away, so that the sum over all runs is what is in force.
    -- staked = paid + refunded + fees + retained + breakage + other
    CREATE VIEW run_totals AS
    SELECT runs.id AS number,
           runs.run_id AS run_id,
           runs.kind AS kind,
           coalesce(substr(runs.as_of, 1, 10), substr(runs.at, 1, 10)) AS day,
           runs.at AS at,
           runs.operator AS operator,
           runs.reverses AS reverses,
           (SELECT count(*) FROM settlements WHERE settlements.run_id = runs.run_id) AS settled,
           (SELECT count(*) FROM settlements WHERE settlements.run_id = runs.run_id AND rolled_back_by IS NOT NULL)
             AS rolled_back,
           sums.currency AS currency,
           coalesce(sums.staked, 0) AS staked,
           coalesce(sums.paid, 0) AS paid,
           coalesce(sums.refunded, 0) AS refunded,
           coalesce(sums.fees, 0) AS fees,
           coalesce(sums.retained, 0) AS retained,
           coalesce(sums.breakage, 0) AS breakage,
           coalesce(sums.staked - sums.paid - sums.refunded - sums.fees - sums.retained - sums.breakage, 0) AS other
    FROM runs
    LEFT JOIN (SELECT run_id, currency,
                      sum(CASE effect WHEN 'stakes' THEN amount ELSE 0 END) AS staked,
                      sum(CASE effect WHEN 'payouts' THEN -amount ELSE 0 END) AS paid,
                      sum(CASE effect WHEN 'refunds' THEN -amount ELSE 0 END) AS refunded,
                      sum(CASE effect WHEN 'fees' THEN -amount ELSE 0 END) AS fees,
                      sum(CASE effect WHEN 'retained' THEN -amount ELSE 0 END) AS retained,
                      sum(CASE effect WHEN 'breakage' THEN -amount ELSE 0 END) AS breakage
               FROM settlement_movements WHERE account_kind = 'escrow' AND run_id IS NOT NULL
               GROUP BY run_id, currency) AS sums ON sums.run_id = runs.run_id;

    -- By the night's date (--as-of), else the day (UTC) on which the run was applied.
    CREATE VIEW day_totals AS
    SELECT day, currency, count(*) AS runs, sum(staked) AS staked, sum(paid) AS paid, sum(refunded) AS refunded,
           sum(fees) AS fees, sum(retained) AS retained, sum(breakage) AS breakage, sum(other) AS other
    FROM run_totals GROUP BY day, currency;
    """
}
