#!/usr/bin/env bash
# How fast is the same settlement in the SQLite shell? Plain SQL over an in-memory database.
#
# usage: peer_sqlite.sh IN_DIR OUT_DIR
#
# SQLite's integers end at 63 bits. Where net pool times stake would pass them, the quotient is made digit
# by digit in base 4096, as on paper; that is exact for amounts below 2^48 in pools below 2^50, which is checked.
set -eu
source=$1 target=$2
mkdir -p "$target"
sqlite3 -bail :memory: >/dev/null <<SQL
PRAGMA temp_store = MEMORY;
CREATE TABLE resolutions (market_id TEXT, resolution_id TEXT, winning_option TEXT,
  house_fee_bps INTEGER, creator_fee_bps INTEGER, creator_id TEXT);
CREATE TABLE commitments (commitment_id TEXT, market_id TEXT, user_id TEXT, option_id TEXT, position TEXT,
  amount INTEGER, committed_at TEXT);
.mode csv
.import --skip 1 '$source/resolutions.csv' resolutions
.import --skip 1 '$source/commitments.csv' commitments

-- A market becomes a small integer; the order of the integers is the order of the ids, and so is that of the rows.
CREATE TABLE market (market INTEGER PRIMARY KEY, market_id TEXT UNIQUE, winning_option TEXT,
  house_fee_bps INTEGER, creator_fee_bps INTEGER);
INSERT INTO market (market_id, winning_option, house_fee_bps, creator_fee_bps)
SELECT market_id, winning_option, house_fee_bps, creator_fee_bps FROM resolutions ORDER BY market_id;
CREATE TABLE stake (id INTEGER PRIMARY KEY, market INTEGER, commitment_id TEXT, user_id TEXT, option_id TEXT,
  amount INTEGER, won INTEGER);
INSERT INTO stake (market, commitment_id, user_id, option_id, amount, won)
SELECT market, commitment_id, user_id, iif(option_id = '', position, option_id), amount,
  iif(option_id = '', position, option_id) = winning_option
FROM commitments CROSS JOIN market USING (market_id) ORDER BY market, commitment_id;
DROP TABLE commitments;

CREATE TABLE total (market INTEGER PRIMARY KEY, gross INTEGER CHECK (gross < 1 << 50), stake INTEGER,
  winners INTEGER, rows INTEGER, largest INTEGER CHECK (largest < 1 << 48));
INSERT INTO total
SELECT market, sum(amount), sum(amount * won), sum(won), count(*), max(amount) FROM stake GROUP BY market;
CREATE TABLE markets (market INTEGER PRIMARY KEY, market_id TEXT, gross_pool INTEGER, winning_stake INTEGER,
  house_fee INTEGER, creator_fee INTEGER, net_pool INTEGER, winners INTEGER, losers INTEGER);
INSERT INTO markets
SELECT market, market_id, gross, stake, house, creator, iif(stake, gross - house - creator, 0), winners, losers
FROM (SELECT market, market_id, ifnull(gross, 0) AS gross, ifnull(stake, 0) AS stake,
    iif(stake > 0, gross / 10000 * house_fee_bps + gross % 10000 * house_fee_bps / 10000, 0) AS house,
    iif(stake > 0, gross / 10000 * creator_fee_bps + gross % 10000 * creator_fee_bps / 10000, 0) AS creator,
    ifnull(winners, 0) AS winners, iif(stake > 0, rows - winners, 0) AS losers
  FROM market LEFT JOIN total USING (market));

-- Floor and remainder of net pool times amount by winning stake.
CREATE TABLE winner (id INTEGER PRIMARY KEY, market INTEGER, floor INTEGER, remainder INTEGER);
INSERT INTO winner
SELECT id, market, net_pool * amount / winning_stake, net_pool * amount % winning_stake
FROM stake JOIN markets USING (market) WHERE won AND net_pool <= 0x7fffffffffffffff / amount;
INSERT INTO winner
SELECT id, market, whole + ((d3 / w * 4096 + d2 / w) * 4096 + d1 / w) * 4096 + d0 / w, d0 % w FROM (
SELECT *, d1 % w * 4096 + rest * (amount & 4095) AS d0 FROM (
SELECT *, d2 % w * 4096 + rest * (amount >> 12 & 4095) AS d1 FROM (
SELECT *, d3 % w * 4096 + rest * (amount >> 24 & 4095) AS d2 FROM (
SELECT id, market, amount, winning_stake AS w, net_pool / winning_stake * amount AS whole,
  net_pool % winning_stake AS rest, net_pool % winning_stake * (amount >> 36) AS d3
FROM stake JOIN markets USING (market) WHERE won AND net_pool > 0x7fffffffffffffff / amount))));

-- Largest remainder: floors first, then one unit each in the order of falling remainders, ties by commitment id.
CREATE TABLE paid (id INTEGER PRIMARY KEY, payout INTEGER);
INSERT INTO paid
SELECT id, floor + (row_number() OVER (PARTITION BY market ORDER BY remainder DESC, id)
  <= net_pool - sum(floor) OVER (PARTITION BY market))
FROM winner JOIN markets USING (market);

CREATE TEMP VIEW audit AS
SELECT id, market, market_id, commitment_id, user_id, option_id, amount,
  iif(won, 'won', iif(winning_stake, 'lost', 'refunded')) AS result,
  iif(won, payout, iif(winning_stake, 0, amount)) AS payout
FROM stake CROSS JOIN markets USING (market) LEFT JOIN paid USING (id);
.headers on
.separator , \n
.once '$target/audit.csv'
SELECT commitment_id, market_id, user_id, option_id, amount, result, payout, payout - amount AS profit
FROM audit ORDER BY id;
.once '$target/distributions.csv'
SELECT market_id, user_id, sum(amount) AS total_committed, sum(payout) AS total_payout,
  sum(iif(result = 'won', payout - amount, 0)) AS total_profit, sum(iif(result = 'lost', amount, 0)) AS total_lost
FROM audit GROUP BY market, user_id ORDER BY market, user_id;
.once '$target/markets.csv'
SELECT market_id, gross_pool, winning_stake, house_fee, creator_fee, net_pool, winners, losers
FROM markets ORDER BY market;
SQL
(cd "$target" && sha256sum audit.csv distributions.csv markets.csv > SHA256SUMS)
