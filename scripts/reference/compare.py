"""Do the program and a slow reading of the rules write the same bytes, night after random night?

usage: compare.py --settle BINARY [--nights N] [--seed N]

Each night has a few markets under every policy, ids of many shapes (long ones that differ late, letters beyond ASCII,
commas and quotes), positions, options and both, late and withdrawn stakes, commitments given twice. It is handed to the
program as CSV, JSON or NDJSON, in one file or several, and its three data files are compared byte by byte. Every fourth
night is posted too: the balances are compared, the run verified and rolled back, and every balance must be 0 again.
"""
import argparse
import csv
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

import reference

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
ODD = ["ä", "é", "e\u0301", "Ω", "字", "𝐀", " x", ",y", '"q', "-", ".", ":", "%", "'", "=", "/"]


def identifier(r, shape):
    """An id of one shape; those of a shape tend to have a beginning in common."""
    if shape == 0:
        return "u" + str(r.randrange(10 ** 6)).zfill(6)
    if shape == 1:
        return r.choice("ab") + "0000000" + "".join(r.choice("xyz") for _ in range(r.randint(1, 4)))
    if shape == 2:
        return "tenant-" + r.choice("12") + "-" + "".join(r.choice(LETTERS) for _ in range(r.randint(8, 14)))
    if shape == 3:
        return r.choice("ab_Z9") + "".join(r.choice(ODD) if r.random() < 0.3 else r.choice(LETTERS) for _ in range(r.randint(0, 12)))
    if shape == 4:
        return "".join(r.choice("ab") for _ in range(r.randint(1, 40)))
    return r.choice(LETTERS) * r.choice([1, 7, 8, 9, 15, 16, 17, 63, 128])


def bps(r):
    return str(r.choice([0, 0, 1, 50, 100, 250, 333, 2000, 5000]))


def night(r):
    """Rows of resolutions and commitments."""
    resolutions, commitments = [], []
    shape, user_shape = r.randrange(6), r.randrange(6)
    ids = set()
    while len(ids) < r.randint(1, 5):
        ids.add(identifier(r, r.randrange(6)))
    for number, market in enumerate(sorted(ids)):
        binary = r.random() < 0.4
        names = ["yes", "no"] if binary else r.sample(["a", "b", "opt3", "Yes", "ja", "Ende, gut", "z" * 20], r.randint(2, 5))
        row = {"market_id": market, "resolution_id": f"r-{number}"}
        if not binary and r.random() < 0.5:
            row["options"] = "|".join(names)
        words = list(names)
        if binary and r.random() < 0.4:
            row["yes_option"], row["no_option"] = r.sample(["up", "down", "ja", "nein"], 2)
            words += [row["yes_option"], row["no_option"]]
        resolve = reference.Market({**row, "resolution_id": ""}, []).resolve
        if r.random() < 0.1:
            row["outcome"] = "void"
        else:
            distinct = {}
            for word in words:
                distinct.setdefault(resolve(word), word)
            winning = r.sample(sorted(distinct.values()), min(len(distinct), r.choice([1, 1, 1, 2, 3])))
            row["winning_option"] = "|".join(winning)
            if r.random() < 0.2:
                row["winning_weights"] = "|".join(str(r.choice([1, 1, 2, 3, 7, 10 ** 9])) for _ in winning)
            rest = [w for w in distinct.values() if w not in winning]
            if rest and r.random() < 0.15:
                row["void_options"] = r.choice(rest)
            if r.random() < 0.2:
                row["closes_at"] = r.choice(["2026-03-01T12:00:00Z", "2026-03-01T13:00:00.5+01:00", "2026-03-01T06:59:59.999-05:00"])
        fees = bps(r), bps(r)
        row["house_fee_bps"], row["creator_fee_bps"] = fees
        if fees[1] != "0" or r.random() < 0.3:
            row["creator_id"] = identifier(r, 0)
        for name, values in (("fee_base", ["pool", "losing_pool"]), ("fee_rounding", ["down", "up"]),
                             ("winner_split", ["pooled", "equal", "profit"]), ("remainder", ["largest", "house", "first"]),
                             ("minus_pool", ["allow", "cap_fees"]), ("no_winner", ["refund", "refund_net", "house"]),
                             ("position_check", ["strict", "ignore"])):
            if r.random() < 0.5:
                row[name] = r.choice(values)
        if r.random() < 0.3:
            row["refund_bps"] = str(r.choice([0, 1, 5000, 9999, 10000]))
        if r.random() < 0.1:
            row["currency"] = r.choice(["USD", "EUR", "POINTS"])
        resolutions.append(row)
        users = [identifier(r, user_shape) for _ in range(r.choice([1, 3, 12, 40]))]
        scale = r.choice([3, 10, 1000, 10 ** 6, 10 ** 12])
        seen = set()
        for _ in range(r.choice([0, 1, 2, 5, 20, 60, 150])):
            name = identifier(r, shape)
            if name in seen and r.random() < 0.98:
                continue
            seen.add(name)
            c = {"commitment_id": name, "market_id": market, "user_id": r.choice(users), "amount": str(r.randint(1, scale))}
            word = r.choice(words)
            kind = r.random()
            if binary and kind < 0.4:
                c["position"] = r.choice(["yes", "no", "YES", "No"])
            elif binary and kind < 0.6:
                c["option_id"] = word
                yes = resolve(word) == resolve("yes")
                if resolve(word) in (resolve("yes"), resolve("no")):
                    c["position"] = r.choice(["yes", "Yes"] if yes else ["no", "NO"])
            else:
                c["option_id"] = word
                if r.random() < 0.1:
                    c["position"] = "yes"
            if "closes_at" in row:
                c["committed_at"] = r.choice(
                    ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00.000001Z", "2026-03-01T11:59:59Z", "2026-03-01T12:00:01+00:00",
                     "2026-02-28T23:00:00-12:00", "2026-03-01T13:00:00.50+01:00"])
            if r.random() < 0.05:
                c["status"] = r.choice(["active", "cancelled", "withdrawn"])
            commitments.append(c)
        if r.random() < 0.03:
            commitments.append({"commitment_id": "stray", "market_id": "nobody-resolved-this", "user_id": "u", "amount": "5",
                                "option_id": "a"})
    r.shuffle(resolutions)
    r.shuffle(commitments)
    return resolutions, commitments


def write(r, path, rows):
    """Writes rows in a random format, with its columns in a random order; gives the path."""
    kind = r.choice(["csv", "csv", "json", "ndjson"])
    path = f"{path}.{kind}"
    if kind == "csv":
        columns = sorted({name for row in rows for name in row} | {"commitment_id", "market_id", "user_id", "amount", "option_id"}
                         if "commitments" in path else {name for row in rows for name in row} | {"winning_option"})
        r.shuffle(columns)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator=r.choice(["\n", "\r\n"]))
        writer.writerow(columns)
        writer.writerows([[row.get(name, "") for name in columns] for row in rows])
        body = text.getvalue()
    elif kind == "json":
        body = json.dumps(rows, ensure_ascii=r.random() < 0.5, indent=r.choice([None, 2]))
    else:
        body = "".join(json.dumps(row, ensure_ascii=r.random() < 0.5) + "\n" for row in rows)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(body)
    return path


def posted(settle, work, words, expected, status):
    """What is wrong with a night in its ledger."""
    def call(*words):
        environment = {**os.environ, "SETTLE_OUTPUTS": f"{work}/outputs", "SETTLE_OPERATOR": "ann"}
        return subprocess.run([settle, *words], env=environment, capture_output=True, text=True, timeout=60)

    def book():
        found = call("ledger", "accounts", "--json")
        if found.returncode != 0:
            raise RuntimeError(f"ledger accounts ended with {found.returncode}: {found.stdout}")
        found = json.loads(found.stdout)["accounts"]
        return {(a["account"], a["currency"]): a["balance"] for a in found if a["balance"]}

    run = call("run", "-q", *words, "--init-ledger")
    if run.returncode != status:
        return [f"run ended with {run.returncode}: {run.stderr.strip()}"]
    if book() != expected:
        return [f"balances: expected and found differ in {sorted(set(book().items()) ^ set(expected.items()))[:6]}"]
    if not expected:
        return []
    for words in (["verify"], ["rollback", "latest", "--reason", "comparison"]):
        done = call(*words, "-q")
        if done.returncode != 0:
            return [f"{words[0]} ended with {done.returncode}: {done.stderr.strip()}"]
    return [f"behind the rollback: {book()}"] if book() else []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settle", required=True)
    parser.add_argument("--nights", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    settle = os.path.abspath(options.settle)
    markets = rows = 0
    for number in range(options.nights):
        seed = options.seed * 1_000_003 + number
        r = random.Random(seed)
        resolutions, commitments = night(r)
        with tempfile.TemporaryDirectory(prefix="settle-compare-") as work:
            words = ["--resolutions", write(r, f"{work}/resolutions", resolutions)]
            pieces = r.choice([1, 1, 3])
            for piece in range(pieces):
                words += ["--commitments", write(r, f"{work}/commitments-{piece}", commitments[piece::pieces])]
            call = subprocess.run(
                [settle, "plan", "-q", *words, "--threads", str(r.choice([1, 2])), "--outputs", f"{work}/none", "--out",
                 f"{work}/plan"], capture_output=True, text=True, timeout=60)
            expected = reference.files(resolutions, commitments)
            wrong = []
            if call.returncode != (3 if b",held," in expected["markets.csv"] else 0):
                wrong.append(f"exit {call.returncode}: {call.stderr.strip()}")
            else:
                for name, content in expected.items():
                    with open(f"{work}/plan/{name}", "rb") as file:
                        found = file.read()
                    if found != content:
                        pair = next((pair for pair in zip(content.split(b"\n"), found.split(b"\n")) if pair[0] != pair[1]), None)
                        wrong.append(f"{name}: expected and found: {pair}")
            if not wrong and number % 4 == 0:
                wrong = posted(settle, work, words, reference.balances(resolutions, commitments), call.returncode)
            if wrong:
                print(f"night of seed {seed}: " + "; ".join(wrong), file=sys.stderr)
                kept = tempfile.mkdtemp(prefix=f"settle-night-{seed}-")
                shutil.copytree(work, kept, dirs_exist_ok=True)
                print(f"its inputs and the plan are kept in {kept}", file=sys.stderr)
                sys.exit(1)
            markets += len(resolutions)
            rows += len(commitments)
    print(f"{options.nights:,} random nights, {markets:,} markets, {rows:,} commitments: every byte agrees with the reference, "
          f"seed {options.seed}")


if __name__ == "__main__":
    main()
