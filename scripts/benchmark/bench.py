#!/usr/bin/env python3
"""How fast, how lean, and right? settle beside Polars, DuckDB, pandas and SQLite on the same night.

Every process is timed whole, from start to exit with its files written and hashed. settle and a peer run in
turn (A B A B …), so that a busy moment of the machine hits both; the disk is synced before each run, so that
nobody pays for another's unwritten pages. Wall, CPU and peak memory come from wait4, children included; a peak
below this program's own 20 MiB cannot be seen, since a child starts as a copy of it.
Four parts, chosen by --only: compute (all sizes, all peers), json (JSON and NDJSON against CSV), posting
(run with a fresh ledger against plan) and diff (two runs compared, against verify of one of them). Run it through
scripts/bench.
"""
import argparse
import contextlib
import csv
import filecmp
import glob
import importlib.metadata
import itertools
import math
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from operator import itemgetter
from statistics import median
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ("polars", "duckdb", "pandas", "sqlite")
TARGET_PEERS = ("polars", "duckdb")  # the only ones run by default where the others take minutes
MARKETS = {100_000: 300, 1_000_000: 1_000, 10_000_000: 10_000}
SMALL = 1_000_000  # up to here: a warm-up, all peers, more pairs
SAME = {"commitments.csv": "audit.csv", "distributions.csv": "distributions.csv", "markets.csv": "markets.csv"}
# What settle is to keep: the key of a measured value, its bound, and the words for it.
N_LOG_N = 1 + math.log(math.log(10_000_000) / math.log(100_000)) / math.log(100)
TARGETS = (
    (("polars", 1_000_000), ">=", 2.5, "times as fast as Polars at 1,000,000"),
    (("duckdb", 1_000_000), ">=", 4, "times as fast as DuckDB at 1,000,000"),
    (("polars", 10_000_000), ">=", 2.5, "times as fast as Polars at 10,000,000"),
    (("duckdb", 10_000_000), ">=", 4, "times as fast as DuckDB at 10,000,000"),
    (("peak", 10_000_000), "<=", 110, "bytes of peak memory per commitment at 10,000,000"),
    (("growth",), "<=", N_LOG_N, "exponent of time from 100,000 to 10,000,000 (that of n log n)"),
    (("json", 1_000_000), "<=", 1.5, "times the time of CSV from JSON at 1,000,000"),
    (("ndjson", 1_000_000), "<=", 1.5, "times the time of CSV from NDJSON at 1,000,000"),
    (("postings", 1_000_000), ">=", 150_000, "postings per second at 1,000,000"),
    (("diff", 1_000_000), "<=", 1, "of the time of verify is what diff takes at most, at 1,000,000"),
    (("diff peak", 1_000_000), "<=", 48, "MiB of peak memory is what diff takes at most, at 1,000,000"),
)
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Run(NamedTuple):
    wall: float
    cpu: float
    peak: int  # bytes


class Failed(Exception):
    pass


def say(text):
    print(text, file=sys.stderr, flush=True)


def label(rows):
    return f"{rows:,}"


def table(title, header, rows):
    """A section of the report: a Markdown table that reads well as plain text too."""
    cells = [header, *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = ["| " + " | ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) + " |" for row in cells]
    rule = "|" + "|".join("-" * (width + 1) + ("-" if i == 0 else ":") for i, width in enumerate(widths)) + "|"
    return ["", f"## {title}", "", lines[0], rule, *lines[1:]]


def measure(command, cwd, exits=(0,)):
    env = {k: v for k, v in os.environ.items() if not k.startswith("SETTLE_")}
    env |= {"SETTLE_OPERATOR": "bench", "PYTHONDONTWRITEBYTECODE": "1"}
    os.sync()
    with tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in exits:
            errors.seek(0)
            text = errors.read().decode(errors="replace").strip()
            raise Failed(f"exit {process.returncode}: {' '.join(command)}\n{text}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * RSS_UNIT)


class Bench:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.settle = os.path.abspath(options.settle) if options.settle else ""
        if not os.access(self.settle, os.X_OK):
            say("no settle binary: the peers are measured alone")
            self.settle = ""
        self.out = os.path.join(work, "out")
        self.differences = []
        self.lines = []  # of the main table
        self.details = []  # sections on JSON and posting
        self.walls = {}  # (rows, tool) -> median wall
        self.measured = {}  # what TARGETS look at
        # JSON and posting are measured at one size.
        self.detail_rows = max((rows for rows in options.rows if rows <= SMALL), default=min(options.rows))

    # Data and commands

    def data(self, rows):
        """The inputs of one size; kept ones are used again."""
        json = self.settle and rows == self.detail_rows and self.wants("json")
        directory = os.path.join(self.work, str(rows))
        if not os.path.exists(os.path.join(directory, "commitments.json" if json else "commitments.csv")):
            say(f"generating {label(rows)} commitments")
            markets = MARKETS.get(rows, max(100, rows // 1000))
            fresh = directory + ".part"
            subprocess.run([sys.executable, f"{HERE}/generate.py", fresh, str(rows), str(markets),
                            *(["--json"] if json else [])], check=True)
            shutil.rmtree(directory, ignore_errors=True)
            os.rename(fresh, directory)
        return directory

    def wants(self, part):
        return self.options.only in (None, part)

    def fresh(self, name):
        path = os.path.join(self.out, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(self.out, exist_ok=True)
        return path

    def inputs(self, data, kind="csv"):
        return ["--resolutions", f"{data}/resolutions.csv", "--commitments", f"{data}/commitments.{kind}"]

    def plan(self, data, kind="csv"):
        out = self.fresh(f"settle-{kind}")
        return measure([self.settle, "plan", *self.inputs(data, kind), "--out", out, "-q"], self.out)

    def peer(self, name, data):
        script = f"{HERE}/peer_{name}.sh" if name == "sqlite" else f"{HERE}/peer_{name}.py"
        command = [script] if name == "sqlite" else [sys.executable, script]
        return measure([*command, data, self.fresh(name)], self.out)

    def rounds(self, rows):
        """Round numbers; a negative one is the warm-up and is not counted."""
        pairs = self.options.pairs or (7 if rows < SMALL else 5 if rows == SMALL else 3)
        return range(-1 if rows <= SMALL else 0, pairs)

    # Are the answers the same?

    def differ(self, text):
        say(f"WRONG: {text}")
        self.differences.append(text)

    def check(self, rows, data, peers):
        """All peers byte for byte alike, and like the plain-Python reference where that is quick; settle in every
        column that a peer writes too."""
        answers = list(peers)
        if rows < SMALL or not answers:
            subprocess.run([sys.executable, f"{HERE}/reference.py", data, self.fresh("reference")], check=True)
            answers.insert(0, "reference")
        for name in answers[1:]:
            if not filecmp.cmp(f"{self.out}/{answers[0]}/SHA256SUMS", f"{self.out}/{name}/SHA256SUMS", shallow=False):
                self.differ(f"{label(rows)}: {name} and {answers[0]} do not agree")
        if self.settle:
            for ours, theirs in SAME.items():
                self.check_columns(rows, ours, f"{self.out}/settle-csv/{ours}", f"{self.out}/{answers[0]}/{theirs}")
            answers.append("settle")
        say(f"{label(rows)}: compared {', '.join(answers)}")

    def check_columns(self, rows, name, ours, theirs):
        if not os.path.exists(ours):
            return self.differ(f"{label(rows)}: settle wrote no {name}")
        with open(ours, newline="") as a, open(theirs, newline="") as b:
            left, right = csv.reader(a), csv.reader(b)
            have, want = next(left), next(right)
            if missing := [column for column in want if column not in have]:
                return self.differ(f"{label(rows)}: settle's {name} has no {', '.join(missing)}")
            pick = itemgetter(*(have.index(column) for column in want))
            for number, (row, expected) in enumerate(itertools.zip_longest(left, right), 2):
                if row is None or expected is None or pick(row) != tuple(expected):
                    got = row and ",".join(pick(row))
                    return self.differ(f"{label(rows)}: {name} line {number}: settle {got}, "
                                       f"expected {expected and ','.join(expected)}")

    # The three parts

    def compute(self, rows, data):
        peers = self.options.peers
        if peers is None:
            peers = PEERS if rows <= SMALL else TARGET_PEERS
        if "sqlite" in peers and not shutil.which("sqlite3"):
            say("no sqlite3: left out")
            peers = [name for name in peers if name != "sqlite"]
        ours, theirs = [], {name: [] for name in peers}
        for turn in self.rounds(rows):
            for name in peers or [None]:
                pair = self.plan(data) if self.settle else None, self.peer(name, data) if name else None
                say(f"{label(rows)} {'warm-up' if turn < 0 else turn + 1}: "
                    + ", ".join(f"{who} {run.wall:.2f} s" for who, run in zip(("settle", name), pair) if run))
                if turn >= 0:
                    if pair[0]:
                        ours.append(pair[0])
                    if name:
                        theirs[name].append(pair)
            if turn == self.rounds(rows)[0]:
                self.check(rows, data, peers)
        if ours:
            self.line(rows, "settle", ours)
            self.measured["peak", rows] = max(run.peak for run in ours) / rows
        for name, pairs in theirs.items():
            ratio = median(b.wall / a.wall for a, b in pairs) if self.settle else None
            self.line(rows, name, [run for _, run in pairs], ratio)
            self.measured[name, rows] = ratio

    def line(self, rows, tool, runs, ratio=None):
        wall = self.walls[rows, tool] = median(run.wall for run in runs)
        ratios = (f"{wall / self.walls[rows, 'settle']:.2f}", f"{ratio:.2f}") if ratio else ("", "")
        each = max(run.peak for run in runs) / rows
        self.lines.append((label(rows), tool, len(runs), *self.cells(runs), f"{each:.0f}", *ratios))

    def cells(self, runs):
        return (f"{median(run.wall for run in runs):.2f}", f"{median(run.cpu for run in runs):.2f}",
                f"{max(run.peak for run in runs) / 2**20:.0f}")

    def growth(self):
        """The exponent k of time ~ n^k; n log n itself stands in the first line."""
        sizes = sorted({rows for rows, _ in self.walls})
        steps = list(itertools.pairwise(sizes)) + ([(sizes[0], sizes[-1])] if len(sizes) > 2 else [])

        def exponents(wall):
            return [math.log(wall(b) / wall(a)) / math.log(b / a) if wall(a) and wall(b) else None for a, b in steps]

        def cells(values):
            return ["" if value is None else f"{value:.2f}" for value in values]

        low, high = self.walls.get((100_000, "settle")), self.walls.get((10_000_000, "settle"))
        self.measured["growth",] = math.log(high / low) / math.log(100) if low and high else None
        if not steps:
            return []
        tools = dict.fromkeys(tool for _, tool in self.walls)
        return table("Growth of time with size", ["exponent", *(f"{label(a)} → {label(b)}" for a, b in steps)], [
            ("n log n", *cells(exponents(lambda n: n * math.log(n)))),
            *((tool, *cells(exponents(lambda n: self.walls.get((n, tool))))) for tool in tools)])

    def json(self, rows, data):
        runs = {kind: [] for kind in ("csv", "json", "ndjson")}
        for turn in self.rounds(rows):
            for kind in runs:
                run = self.plan(data, kind)
                say(f"{label(rows)} {kind}: {run.wall:.2f} s")
                if turn >= 0:
                    runs[kind].append(run)
        lines = []
        for kind, measured in runs.items():
            ratio = median(run.wall / base.wall for run, base in zip(measured, runs["csv"]))
            lines.append((kind, f"{os.path.getsize(f'{data}/commitments.{kind}') / 1e6:.1f}",
                          *self.cells(measured), f"{ratio:.2f}"))
            if kind != "csv":
                for name in SAME:
                    a, b = f"{self.out}/settle-csv/{name}", f"{self.out}/settle-{kind}/{name}"
                    if not filecmp.cmp(a, b, shallow=False):
                        self.differ(f"{label(rows)}: {name} from {kind} and from csv do not agree")
                self.measured[kind, rows] = ratio
        self.details += table(f"Formats, {label(rows)} commitments", [
            "commitments", "input MB", "wall s", "CPU s", "peak MiB", "time to csv"], lines)

    def posting(self, rows, data):
        plans, runs = [], []
        ledger, outputs = f"{self.out}/ledger/ledger.db", f"{self.out}/ledger/outputs"
        for turn in self.rounds(rows):
            plan = self.plan(data)
            os.makedirs(self.fresh("ledger"))
            measure([self.settle, "ledger", "init", "--ledger", ledger], self.out)
            run = measure([self.settle, "run", *self.inputs(data), "--ledger", ledger, "--outputs", outputs, "-q"],
                          self.out)
            say(f"{label(rows)}: plan {plan.wall:.2f} s, run {run.wall:.2f} s")
            if turn >= 0:
                plans.append(plan)
                runs.append(run)
        try:
            with contextlib.closing(sqlite3.connect(ledger)) as database:
                postings, = database.execute("select count(*) from postings").fetchone()
        except sqlite3.Error as error:
            raise Failed(f"the ledger's postings cannot be counted: {error}") from error
        if not glob.glob(f"{outputs}/*/distributions.csv"):
            self.differ(f"{label(rows)}: run left no distributions.csv under its outputs")
        added = median(run.wall - plan.wall for plan, run in zip(plans, runs))
        rate = self.measured["postings", rows] = postings / added if added > 0.01 else None  # less is noise
        self.details += table(f"Posting, {label(rows)} commitments, a fresh ledger each time", [
            "", "wall s", "CPU s", "peak MiB"], [
            ("plan", *self.cells(plans)), ("run", *self.cells(runs)),
            ("posting adds", f"{added:.2f}", f"{median(r.cpu - p.cpu for p, r in zip(plans, runs)):.2f}", "")])
        self.details += ["", f"{postings:,} postings" + (f", {rate:,.0f} per second of added time" if rate else "")]

    def diff(self, rows, data):
        """A run against itself with another fee in one market of a hundred, and in all: diff beside verify, in turn."""
        outputs = self.fresh("verified")
        ledger = f"{outputs}/ledger.db"
        measure([self.settle, "run", "--init-ledger", *self.inputs(data), "--outputs", outputs, "-q"], self.out)
        a, = glob.glob(f"{outputs}/*-1")
        sides = {"one market of 100": 100, "every market": 1}
        for name, step in sides.items():
            with open(f"{data}/resolutions.csv", newline="") as file:
                header, *lines = csv.reader(file)
            fee = header.index("house_fee_bps")
            for line in lines[::step]:
                line[fee] = str(int(line[fee] or 0) + 10)
            path = f"{self.out}/resolutions-{step}.csv"
            with open(path, "w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([header, *lines])
            sides[name] = self.fresh(f"side-{step}")
            measure([self.settle, "plan", "--resolutions", path, "--commitments", f"{data}/commitments.csv",
                     "--out", sides[name], "-q"], self.out)
        runs = {("verify", ""): []}
        runs |= {(f"diff, {name} differs", form): [] for name in sides for form in ("text", "csv", "json")}
        for turn in self.rounds(rows):
            for (name, form), measured in runs.items():
                if form:
                    b = sides[name.removeprefix("diff, ").removesuffix(" differs")]
                    run = measure([self.settle, "diff", a, b, "--format", form], self.out, exits=(1,))
                else:
                    run = measure([self.settle, "verify", a, "--ledger", ledger, "-q"], self.out)
                say(f"{label(rows)} {name} {form}: {run.wall:.2f} s")
                if turn >= 0:
                    measured.append(run)
        base = runs["verify", ""]
        lines, worst = [], 0
        for (name, form), measured in runs.items():
            ratio = median(run.wall / other.wall for run, other in zip(measured, base))
            if form:
                worst = max(worst, ratio)
            lines.append((name, form, *self.cells(measured), f"{ratio:.2f}"))
        self.measured["diff", rows] = worst
        self.measured["diff peak", rows] = max(
            run.peak for (_, form), measured in runs.items() if form for run in measured) / 2**20
        self.details += table(f"Two runs of {label(rows)} commitments compared", [
            "command", "answer", "wall s", "CPU s", "peak MiB", "time to verify"], lines)

    def run(self):
        for rows in self.options.rows:
            detail = self.settle and rows == self.detail_rows
            if not detail and not self.wants("compute"):
                continue
            data = self.data(rows)
            if self.wants("compute"):
                self.compute(rows, data)
            if detail and self.wants("json"):
                self.json(rows, data)
            if detail and self.wants("posting"):
                self.posting(rows, data)
            if detail and self.wants("diff"):
                self.diff(rows, data)
            if not self.options.keep:
                shutil.rmtree(data)
            shutil.rmtree(self.out, ignore_errors=True)

    def finish(self):
        """The report, and whether nothing is amiss in it."""
        report = []
        if self.lines:
            report += table("Whole job: read, settle, write, hash", [
                "commitments", "tool", "runs", "wall s", "CPU s", "peak MiB", "bytes each", "of medians", "of pairs"],
                self.lines)
            report += ["", "Wall and CPU are medians, the peak is the highest. The last two are time to settle's: "
                       "ratio of the medians, and median of the ratios in turn."]
            report += self.growth()
        results = []
        for key, relation, bound, words in TARGETS:
            value = self.measured.get(key)
            met = value is not None and (value >= bound if relation == ">=" else value <= bound)
            results.append((f"{relation} {round(bound, 2):,} {words}", "" if value is None else f"{value:,.2f}",
                            "not measured" if value is None else "pass" if met else "FAIL"))
        report += self.details + table("Targets", ["target", "measured", "result"], results)
        report += ["", *(f"WRONG: {text}" for text in self.differences)]
        return report, not self.differences and all(result != "FAIL" for *_, result in results)


def conditions():
    model = ""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            model = next((line.split(":")[1].strip() + ", " for line in file if line.startswith("model name")), "")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("polars", "duckdb", "pandas"))
    if shutil.which("sqlite3"):
        versions += ", sqlite " + subprocess.check_output(["sqlite3", "--version"], text=True).split()[0]
    return f"{model}{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; {versions}"


def arguments():
    def sizes(text):
        return sorted({int(part) for part in text.split(",")})

    def names(text):
        chosen = [part for part in text.split(",") if part]
        if unknown := set(chosen) - set(PEERS):
            raise argparse.ArgumentTypeError(f"unknown peer {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
        return chosen

    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=sizes, default=sorted(MARKETS), metavar="N,…", help="default 1e5, 1e6 and 1e7")
    parser.add_argument("--pairs", type=int, help="counted runs of each pair (default 7, 5 and 3)")
    parser.add_argument("--peers", type=names, help="default: all four; beyond 1e6 polars and duckdb")
    parser.add_argument("--only", choices=("compute", "posting", "json", "diff"), help="one part")
    parser.add_argument("--keep", metavar="DIR", help="keep the generated data in DIR and use what is there")
    parser.add_argument("--markdown", metavar="FILE", help="write the report to FILE too")
    parser.add_argument("--settle", metavar="BINARY", help="this binary; where it is missing the peers run alone")
    return parser.parse_args()


def main():
    options = arguments()
    header = f"# Benchmark\n\n{conditions()}"
    with tempfile.TemporaryDirectory(prefix="settle-bench-") as temporary:
        if options.keep:
            os.makedirs(options.keep, exist_ok=True)
        bench = Bench(options, os.path.abspath(options.keep or temporary))
        try:
            bench.run()
        except Failed as failure:
            say(str(failure))
            bench.differences.append("a command failed, see above; the rest was not measured")
        report, good = bench.finish()
    text = "\n".join([header, *report]).rstrip() + "\n"
    print(text, end="")
    if options.markdown:
        with open(options.markdown, "w") as file:
            file.write(text)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
