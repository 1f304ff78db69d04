#!/usr/bin/env python3
"""How fast is the same settlement in DuckDB? Plain SQL, exact in HUGEINT, all cores.

usage: peer_duckdb.py IN_DIR OUT_DIR
"""
import os
import sys

import duckdb

from reference import write_sums

source, target = sys.argv[1:]
os.makedirs(target, exist_ok=True)
duckdb.execute(f"""
SET preserve_insertion_order = false;
CREATE TEMP TABLE resolutions AS
SELECT market_id, winning_option, house_fee_bps, creator_fee_bps
FROM read_csv('{source}/resolutions.csv', header = true, auto_detect = false, delim = ',', quote = '"', columns = {{
  'market_id': 'VARCHAR', 'resolution_id': 'VARCHAR', 'winning_option': 'VARCHAR',
  'house_fee_bps': 'BIGINT', 'creator_fee_bps': 'BIGINT', 'creator_id': 'VARCHAR'}});

-- As an ENUM in id order a market id sorts, joins and groups as a small integer.
CREATE TYPE market AS ENUM (SELECT market_id FROM resolutions ORDER BY market_id);
CREATE TYPE result AS ENUM ('won', 'lost', 'refunded');
ALTER TABLE resolutions ALTER market_id TYPE market;

CREATE TEMP TABLE stakes AS
SELECT commitment_id, market_id, user_id, option_id, amount, option_id = winning_option AS won
FROM (
  SELECT commitment_id, market_id::market AS market_id, user_id, coalesce(option_id, position) AS option_id, amount
  FROM read_csv('{source}/commitments.csv', header = true, auto_detect = false, delim = ',', quote = '"', columns = {{
    'commitment_id': 'VARCHAR', 'market_id': 'VARCHAR', 'user_id': 'VARCHAR', 'option_id': 'VARCHAR',
    'position': 'VARCHAR', 'amount': 'BIGINT', 'committed_at': 'VARCHAR'}}))
JOIN resolutions USING (market_id);

CREATE TEMP TABLE markets AS
SELECT market_id, gross_pool, winning_stake,
  CASE WHEN winning_stake > 0 THEN gross_pool::HUGEINT * house_fee_bps // 10000 ELSE 0 END::BIGINT AS house_fee,
  CASE WHEN winning_stake > 0 THEN gross_pool::HUGEINT * creator_fee_bps // 10000 ELSE 0 END::BIGINT AS creator_fee,
  CASE WHEN winning_stake > 0 THEN gross_pool - house_fee - creator_fee ELSE 0 END AS net_pool,
  winners, CASE WHEN winning_stake > 0 THEN losers ELSE 0 END AS losers
FROM (
  SELECT market_id, any_value(house_fee_bps) AS house_fee_bps, any_value(creator_fee_bps) AS creator_fee_bps,
    coalesce(sum(amount), 0)::BIGINT AS gross_pool,
    coalesce(sum(amount) FILTER (won), 0)::BIGINT AS winning_stake,
    count(*) FILTER (won) AS winners, count(*) FILTER (NOT won) AS losers
  FROM resolutions LEFT JOIN stakes USING (market_id) GROUP BY market_id);

-- Largest remainder: floors first, then one unit each in the order of falling remainders, ties by commitment id.
CREATE TEMP TABLE rows AS
SELECT commitment_id, market_id, user_id, option_id, amount, 'won'::result AS result,
  floor + (row_number() OVER (PARTITION BY market_id ORDER BY remainder DESC, commitment_id)
           <= net_pool - sum(floor) OVER (PARTITION BY market_id))::BIGINT AS payout
FROM (
  SELECT stakes.*, net_pool,
    (net_pool::HUGEINT * amount // winning_stake)::BIGINT AS floor,
    (net_pool::HUGEINT * amount % winning_stake)::BIGINT AS remainder
  FROM stakes JOIN markets USING (market_id) WHERE won)
UNION ALL
SELECT commitment_id, market_id, user_id, option_id, amount,
  CASE WHEN winning_stake > 0 THEN 'lost' ELSE 'refunded' END::result,
  CASE WHEN winning_stake > 0 THEN 0 ELSE amount END
FROM stakes JOIN markets USING (market_id) WHERE NOT won;

COPY (SELECT *, payout - amount AS profit FROM rows ORDER BY market_id, commitment_id)
TO '{target}/audit.csv' (HEADER);
COPY (SELECT market_id, user_id,
    sum(amount)::BIGINT AS total_committed, sum(payout)::BIGINT AS total_payout,
    sum(CASE WHEN result = 'won' THEN payout - amount ELSE 0 END)::BIGINT AS total_profit,
    sum(CASE WHEN result = 'lost' THEN amount ELSE 0 END)::BIGINT AS total_lost
  FROM rows GROUP BY market_id, user_id ORDER BY market_id, user_id)
TO '{target}/distributions.csv' (HEADER);
COPY (SELECT market_id, gross_pool, winning_stake, house_fee, creator_fee, net_pool, winners, losers
  FROM markets ORDER BY market_id) TO '{target}/markets.csv' (HEADER);
""")
write_sums(target)
