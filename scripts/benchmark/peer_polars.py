#!/usr/bin/env python3
"""How fast is the same settlement in Polars? Streaming where it helps, exact in Int128.

usage: peer_polars.py IN_DIR OUT_DIR
"""
import os
import sys

import polars as pl

from reference import write_sums

source, target = sys.argv[1:]
os.makedirs(target, exist_ok=True)

# As an Enum in id order a market id sorts, joins and groups as a small integer.
resolutions = pl.read_csv(f"{source}/resolutions.csv").sort("market_id")
market_id = pl.col("market_id").cast(pl.Enum(resolutions["market_id"]))
resolutions = resolutions.select(market_id, "winning_option", "house_fee_bps", "creator_fee_bps")
stakes = (
    pl.scan_csv(f"{source}/commitments.csv", schema={
        "commitment_id": pl.String, "market_id": pl.String, "user_id": pl.String, "option_id": pl.String,
        "position": pl.String, "amount": pl.Int64, "committed_at": pl.String})
    .select("commitment_id", market_id, "user_id", pl.coalesce("option_id", "position").alias("option_id"), "amount")
    .sort("market_id", "commitment_id")
    .join(resolutions.lazy().select("market_id", "winning_option"), on="market_id", how="left", maintain_order="left")
    .with_columns((pl.col("option_id") == pl.col("winning_option")).alias("won")).drop("winning_option")
    .collect(engine="streaming"))

gross, stake = pl.col("gross_pool"), pl.col("winning_stake")


def fee(bps):
    return pl.when(stake > 0).then((gross.cast(pl.Int128) * pl.col(bps) // 10000).cast(pl.Int64)).otherwise(0)


pools = stakes.lazy().group_by("market_id").agg(
    pl.col("amount").sum().alias("gross_pool"),
    pl.col("amount").filter("won").sum().alias("winning_stake"),
    pl.col("won").sum().cast(pl.Int64).alias("winners"),
    (~pl.col("won")).sum().cast(pl.Int64).alias("losers"))
markets = (
    resolutions.lazy().join(pools, on="market_id", how="left").fill_null(0)
    .with_columns(fee("house_fee_bps").alias("house_fee"), fee("creator_fee_bps").alias("creator_fee"),
                  pl.when(stake > 0).then("losers").otherwise(0).alias("losers"))
    .with_columns(pl.when(stake > 0).then(gross - pl.col("house_fee") - pl.col("creator_fee"))
                  .otherwise(0).alias("net_pool"))
    .sort("market_id").collect())

# Largest remainder: floors first, then one unit each in the order of falling remainders, ties by commitment id.
product = pl.col("net_pool").cast(pl.Int128) * pl.col("amount")
winners = (
    stakes.lazy().select("market_id", "amount", "won").with_row_index().filter("won")
    .join(markets.lazy().select("market_id", "net_pool", "winning_stake"), on="market_id")
    .with_columns((product // stake).cast(pl.Int64).alias("floor"), (product % stake).cast(pl.Int64).alias("remainder"))
    .sort("market_id", "remainder", "index", descending=[False, True, False])
    .select("index", pl.col("floor") + (
        pl.int_range(pl.len()).over("market_id") < (pl.col("net_pool") - pl.col("floor").sum()).over("market_id")))
    .collect())
unbacked = pl.col("market_id").is_in(markets.filter(stake == 0)["market_id"].implode())
paid = pl.zeros(len(stakes), dtype=pl.Int64, eager=True).scatter(winners["index"], winners["floor"]).alias("payout")
rows = stakes.with_columns(paid).lazy().select(
    "commitment_id", "market_id", "user_id", "option_id", "amount",
    pl.when("won").then(pl.lit("won")).when(unbacked).then(pl.lit("refunded")).otherwise(pl.lit("lost"))
    .alias("result"),
    pl.when(unbacked).then("amount").otherwise("payout").alias("payout"),
).with_columns((pl.col("payout") - pl.col("amount")).alias("profit")).collect()
del stakes
rows.write_csv(f"{target}/audit.csv")
(rows.lazy().group_by("market_id", "user_id").agg(
    pl.col("amount").sum().alias("total_committed"),
    pl.col("payout").sum().alias("total_payout"),
    (pl.col("profit") * (pl.col("result") == "won")).sum().alias("total_profit"),
    (pl.col("amount") * (pl.col("result") == "lost")).sum().alias("total_lost"))
 .sort("market_id", "user_id").collect(engine="streaming").write_csv(f"{target}/distributions.csv"))
markets.select("market_id", "gross_pool", "winning_stake", "house_fee", "creator_fee", "net_pool",
               "winners", "losers").write_csv(f"{target}/markets.csv")
write_sums(target)
