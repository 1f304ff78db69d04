#!/usr/bin/env python3
"""How fast is the ledger, against the plainest thing that could be done instead?

usage: ledger.py --settle BINARY [--postings N] [--markdown FILE]

- Bulk: `settle ledger post` of N / 2 transfers with keys (two postings each), against as many plain SQLite inserts of
  N / 2 rows into one table with one unique key, in one transaction with the same durable settings.
- One by one: durable operations over a pipe (`ledger post --follow`), each sent when the one before it was told, against
  a bare loop of write and fsync; and each a process of its own, of which starting and opening are told, too.
- A wallet with N / 2 movements: its balance and the first page of its history, less what `settle version` takes.
- Memory: peak of `ledger post`, `ledger check` and `ledger recalc --dry-run` at a tenth of N and at N.
"""
import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from statistics import median

HERE = os.path.abspath(__file__)


def call(*command):
    """Wall seconds and peak MiB of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command)} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def many(count, *command):
    return median(call(*command)[0] for _ in range(count))


def operations(path, transfers):
    """One wallet that takes part in every transfer, and a thousand others."""
    with open(path, "w", encoding="ascii") as file:
        file.write("operation,account,counterpart,amount,key\n")
        for user in range(1000):
            file.write(f"credit,user:u{user},,{transfers},open-{user}\n")
        file.write(f"credit,user:big,,{transfers},open-big\n")
        for number in range(transfers):
            other = number * 7919 % 1000
            ends = f"user:u{other},user:big" if number % 2 else f"user:big,user:u{other}"
            file.write(f"transfer,{ends},1,order-{number * 2654435761 % (1 << 40)}\n")


def plain_inserts(path, rows):
    """Seconds for as many rows with a unique key in one table, by the same SQLite settings."""
    book = sqlite3.connect(path, isolation_level=None)
    book.execute("PRAGMA journal_mode = DELETE")
    book.execute("PRAGMA synchronous = EXTRA")
    book.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, key TEXT UNIQUE, account TEXT, amount INTEGER)")
    values = [(f"order-{number * 2654435761 % (1 << 40)}", f"user:u{number % 1000}", 1) for number in range(rows)]
    start = time.perf_counter()
    book.execute("BEGIN IMMEDIATE")
    book.executemany("INSERT INTO rows (key, account, amount) VALUES (?, ?, ?)", values)
    book.execute("COMMIT")
    return time.perf_counter() - start


def conversation(count, *command):
    """Median seconds from sending an operation until its result is read."""
    times = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        process.stdin.write(b"operation,account,amount,key\n")
        for number in range(count):
            start = time.perf_counter()
            process.stdin.write(b"credit,user:a,1,one-%d\n" % number)
            told = process.stdout.readline()
            times.append(time.perf_counter() - start)
            if b'"created"' not in told:
                sys.exit(f"{' '.join(command)} failed: {told}")
        process.stdin.close()
        process.stdout.read()
    return median(times)


def flushes(path, count):
    """Median seconds of one write and fsync."""
    times = []
    with open(path, "wb", buffering=0) as file:
        for _ in range(count):
            start = time.perf_counter()
            file.write(b"x" * 512)
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    return median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settle", required=True)
    parser.add_argument("--postings", type=int, default=1_000_000)
    parser.add_argument("--markdown", metavar="FILE")
    parser.add_argument("--plain", nargs=2, metavar=("DB", "ROWS"), help=argparse.SUPPRESS)
    if "--plain" in sys.argv:
        path, rows = sys.argv[-2:]
        print(plain_inserts(path, int(rows)))
        return
    options = parser.parse_args()
    settle = os.path.abspath(options.settle)
    lines = []

    def say(text):
        print(text, flush=True)
        lines.append(text)

    with tempfile.TemporaryDirectory(prefix="settle-ledger-") as work:
        os.chdir(work)
        environment = ["--operator", "ann"]
        say(f"# Ledger\n\nload {os.getloadavg()[0]:.1f} at the start\n")
        peaks = {}
        for postings in (options.postings // 10, options.postings):
            transfers = postings // 2
            ledger = f"{postings}.db"
            operations("operations.csv", transfers)
            call(settle, "ledger", "init", "--ledger", ledger, *environment)
            wall, peak = call(settle, "ledger", "post", "operations.csv", "-q", "--ledger", ledger, *environment)
            posted = 2 * (transfers + 1001)
            # In a process of its own: a child's peak memory begins at its parent's.
            plain = float(subprocess.check_output(
                [sys.executable, HERE, "--plain", f"plain-{postings}.db", str(transfers)]))
            say(f"- {posted:,} postings by {transfers + 1001:,} operations with keys: {wall:.2f} s, "
                f"{posted / wall:,.0f} postings a second; {transfers:,} plain inserts with one unique key: {plain:.2f} s; "
                f"ratio {wall / plain:.1f}")
            check, check_peak = call(settle, "ledger", "check", "--ledger", ledger)
            recalc, recalc_peak = call(settle, "ledger", "recalc", "--dry-run", "--ledger", ledger)
            peaks[postings] = (peak, check_peak, recalc_peak)
            say(f"- of these: check {check:.2f} s, recalc --dry-run {recalc:.2f} s; "
                f"file {os.path.getsize(ledger) / posted:.0f} bytes a posting")
        nothing = many(30, settle, "version")
        for name, words in (("balance", ["balance"]), ("first page of history", ["history", "--limit", "50"])):
            wall = many(30, settle, "ledger", words[0], "user:big", *words[1:], "--ledger", ledger)
            say(f"- {name} of a wallet with {transfers + 1:,} movements: {1000 * (wall - nothing):.1f} ms "
                f"({1000 * wall:.1f} ms with the start of the process)")
        call(settle, "ledger", "init", "--ledger", "one.db", *environment)
        flush = flushes("flush", 300)
        follow = conversation(1000, settle, "ledger", "post", "-", "--format", "csv", "--follow", "--json", "-q",
                              "--ledger", "one.db", *environment)
        flush = (flush + flushes("flush", 300)) / 2
        say(f"- one durable operation over a pipe: {1000 * follow:.2f} ms; a bare write and fsync: {1000 * flush:.2f} ms; "
            f"ratio {follow / flush:.1f}")
        single = many(100, settle, "ledger", "credit", "user:a", "1", "--ledger", "one.db", *environment)
        reading = many(30, settle, "ledger", "balance", "user:a", "--ledger", "one.db")
        say(f"- one durable operation as a process of its own: {1000 * single:.1f} ms, of which starting and opening "
            f"{1000 * reading:.1f} ms; ratio of the rest {(single - reading) / flush:.1f}")
        for index, name in enumerate(("ledger post", "ledger check", "ledger recalc")):
            small, large = (peaks[size][index] for size in sorted(peaks))
            say(f"- peak memory of {name}: {small:.0f} MiB at a tenth, {large:.0f} MiB at all of it")
    if options.markdown:
        with open(options.markdown, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
