#!/usr/bin/env python3
"""Which data is the benchmark about? A seeded night of markets; the same arguments give the same bytes.

usage: generate.py OUT_DIR COMMITMENTS MARKETS [SEED] [--json]

Writes resolutions.csv and commitments.csv, with --json also commitments.json (one array) and
commitments.ndjson. It is meant to be hard in the ways a real night is:
- market sizes follow Zipf: the largest of 10,000 markets holds a tenth of all rows;
- rows come in time order, so markets are interleaved and commitment ids (a permutation) are not sorted;
- two-way markets carry a legacy position, the others an option id (3 to 8 options);
- three stakes in ten are round, so remainders tie; in 5 % of the markets the unit is 10,000 times
  finer, so net pool times stake leaves 64 bits;
- in 1 % of the markets nobody holds the winning option.
"""
import os
import sys

import numpy as np
import polars as pl

CHUNK = 500_000


def ids(prefix, column, digits):
    return pl.concat_str(pl.lit(prefix), pl.col(column).cast(pl.String).str.zfill(digits))


def draw_markets(rng, count, users):
    options = rng.integers(2, 9, count)
    return {
        "share": rng.permutation(1.0 / np.arange(1, count + 1)),
        "options": options,
        "winner": (rng.random(count) * options).astype(np.int64),
        "unbacked": (rng.random(count) < 0.01) & (options > 2),
        "favourite": (rng.random(count) * options).astype(np.int64),
        "fine": rng.random(count) < 0.05,
        "house_fee_bps": rng.choice([0, 100, 200, 250, 500, 1000], count),
        "creator_fee_bps": rng.choice([0, 50, 100, 250], count),
        "creator": rng.integers(0, users, count),
    }


def write_resolutions(path, markets):
    table = pl.DataFrame({k: markets[k] for k in ("options", "winner", "house_fee_bps", "creator_fee_bps", "creator")})
    table.with_row_index("market").select(
        ids("m", "market", 6).alias("market_id"),
        ids("r", "market", 6).alias("resolution_id"),
        option_name("winner").alias("winning_option"),
        "house_fee_bps", "creator_fee_bps",
        ids("u", "creator", 7).alias("creator_id"),
    ).write_csv(path)


def option_name(column):
    legacy = pl.when(pl.col(column) == 0).then(pl.lit("yes")).otherwise(pl.lit("no"))
    return pl.when(pl.col("options") == 2).then(legacy).otherwise(ids("opt", column, 1))


def draw_commitments(rng, markets, start, stop, total, users, permuted):
    count = stop - start
    share = np.cumsum(markets["share"])
    market = np.searchsorted(share, rng.random(count) * share[-1], side="right").clip(0, len(share) - 1)
    options = markets["options"][market]
    # A crowd favours one option, then its neighbours: the square bends the draw towards 0.
    option = (markets["favourite"][market] + (rng.random(count) ** 2 * options).astype(np.int64)) % options
    avoided = markets["unbacked"][market] & (option == markets["winner"][market])
    option = np.where(avoided, (option + 1) % options, option)
    amount = np.exp(rng.normal(8.5, 1.5, count)).astype(np.int64).clip(1, 50_000_000)
    amount = np.where(markets["fine"][market], amount * 10_000 + rng.integers(0, 10_000, count), amount)
    amount = np.where(rng.random(count) < 0.3, (amount // 100 + 1) * 100, amount)
    frame = pl.DataFrame({
        "commitment": permuted[start:stop], "market": market,
        "user": (rng.random(count) ** 2 * users).astype(np.int64),
        "options": options, "option": option, "amount": amount,
        "second": np.arange(start, stop) * (90 * 86_400) // total,
    })
    legacy = pl.col("options") == 2
    return frame.select(
        ids("c", "commitment", 9).alias("commitment_id"),
        ids("m", "market", 6).alias("market_id"),
        ids("u", "user", 7).alias("user_id"),
        pl.when(~legacy).then(option_name("option")).alias("option_id"),
        pl.when(legacy).then(option_name("option")).alias("position"),
        "amount",
        (pl.datetime(2025, 1, 1) + pl.duration(seconds="second"))
        .dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("committed_at"),
    )


def main(out, total, count, seed=20250101, json=False):
    os.makedirs(out, exist_ok=True)
    rng = np.random.default_rng(seed)
    users = max(1, total // 20)
    markets = draw_markets(rng, count, users)
    write_resolutions(f"{out}/resolutions.csv", markets)
    permuted = rng.permutation(total)
    files = [open(f"{out}/commitments.{kind}", "wb") for kind in ("csv", *(("ndjson", "json") if json else ()))]
    for start in range(0, total, CHUNK):
        rows = draw_commitments(rng, markets, start, min(total, start + CHUNK), total, users, permuted)
        rows.write_csv(files[0], include_header=start == 0)
        if json:
            lines = rows.write_ndjson().encode()
            files[1].write(lines)
            files[2].write((b"[" if start == 0 else b",") + b"\n" + lines.rstrip().replace(b"\n", b",\n"))
    if json:
        files[2].write(b"\n]\n")
    for file in files:
        file.close()


if __name__ == "__main__":
    plain = [a for a in sys.argv[1:] if a != "--json"]
    main(plain[0], *map(int, plain[1:]), json="--json" in sys.argv)
