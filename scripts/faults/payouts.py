"""Is a transfer ever sent twice, or lost?

usage: payouts.py --settle BINARY --shim SHIM [--kills N] [--share S] [--transfers N] [--seed N] [--markdown FILE]

--kills N      random kills            --share S  of the writing calls at which to kill (1: every one, before and after)
--transfers N  for the four processes and the throughput
"""
import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

RAILS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "rails")
FAULTS = ["429", "500", "500-executed", "502", "503", "504-executed", "drop-before", "drop-after", "409", "delay:0.3"]
TRIVIAL = """
import json, os, sys
book = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for line in sys.stdin:
    call = json.loads(line)
    os.write(book, (call["transfer_id"] + "\\n").encode())
    sys.stdout.write('{"transfer_id":"%s","result":"ok","external_id":"x"}\\n' % call["transfer_id"])
    sys.stdout.flush()
"""


class Stripe:
    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, f"{RAILS}/fake_stripe.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def control(self, what, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}/control/{what}", data, timeout=60) as answer:
            return json.load(answer)


class Night:
    """A settled and scheduled night; user uN is owed N minor units."""

    def __init__(self, settle, path, users):
        self.settle, self.path, self.users = settle, path, users
        os.makedirs(path)
        with open(f"{path}/resolutions.csv", "w") as file:
            file.write("market_id,resolution_id,outcome,currency\nm1,r1,void,USD\n")
        with open(f"{path}/commitments.csv", "w") as file:
            file.write("commitment_id,market_id,user_id,option_id,amount\n")
            file.writelines(f"c{n},m1,u{n},x,{n}\n" for n in range(1, users + 1))
        with open(f"{path}/destinations.csv", "w") as file:
            file.write("user_id,account\n")
            file.writelines(f"u{n},acct_{n}\n" for n in range(1, users + 1))
        with open(f"{path}/key", "w") as file:
            file.write("sk_test_torture\n")
        os.chmod(f"{path}/key", 0o600)
        for words in (["run", "--init-ledger", "-q"], ["destinations", "import", "destinations.csv"], ["payouts", "schedule"]):
            self.run(words)

    def run(self, words, environment=None, check=True):
        result = subprocess.run(
            [self.settle, *words], cwd=self.path, env={**os.environ, **(environment or {})}, capture_output=True,
            text=True, timeout=300, stdin=subprocess.DEVNULL)
        if check and result.returncode != 0:
            raise SystemExit(f"settle {' '.join(words)}: exit {result.returncode}: {result.stderr}")
        return result

    def words(self, *options):
        return ["payouts", "process", "-q", "--rail", "stripe", "--rate", "5000", "--in-flight", "8", "--backoff", "1",
                *options]

    def environment(self, stripe):
        return {"SETTLE_STRIPE_BASE_URL": stripe.url, "SETTLE_STRIPE_KEY_FILE": f"{self.path}/key",
                "SETTLE_STRIPE_TIMEOUT": "20"}

    def finish(self, stripe):
        """Runs until everything is sent; the number of runs that it took."""
        for number in range(1, 60):
            result = self.run(self.words("--wait", "8"), self.environment(stripe), check=False)
            if result.returncode == 0:
                return number
            # After dozens of attempts the pause is minutes: they pass here.
            book = sqlite3.connect(f"{self.path}/outputs/ledger.db", timeout=60)
            with book:
                book.execute("UPDATE payout_transfers SET due_at = 0 WHERE state IN ('retryable', 'unknown')")
            book.close()
        return 0

    def problems(self, sent):
        """What does not fit between the ledger and the rail. sent: transfer id -> how often."""
        book = sqlite3.connect(f"file:{self.path}/outputs/ledger.db?mode=ro", uri=True)
        one = lambda sql: book.execute(sql).fetchone()[0]
        ids = {row[0] for row in book.execute("SELECT id FROM payout_transfers WHERE state = 'completed'")}
        total = self.users * (self.users + 1) // 2
        found = [f"sent twice: {name}" for name, count in sent.items() if count > 1]
        found += [f"completed, but the rail does not know it: {name}" for name in ids - set(sent)]
        found += [f"sent, but not completed: {name}" for name in set(sent) - ids]
        for what, value, wanted in [
            ("transfers", len(ids), self.users),
            ("external", one("SELECT balance FROM accounts WHERE name = 'external'"), total),
            ("in flight", one("SELECT coalesce(sum(balance), 0) FROM accounts WHERE name = 'in_flight'"), 0),
            ("left with users", one("SELECT sum(balance) FROM accounts WHERE name LIKE 'user:%'"), 0),
            ("attempts without an outcome", one("SELECT count(*) FROM payout_attempts WHERE result IS NULL"), 0),
            ("outcomes without an entry", one(
                "SELECT count(*) FROM payout_attempts WHERE NOT EXISTS (SELECT 1 FROM entries WHERE key = "
                "'ledger:payout:' || transfer_id || ':' || attempt)"), 0),
            ("jobs not complete", one("SELECT count(*) FROM payout_jobs WHERE state <> 'complete'"), 0),
        ]:
            if value != wanted:
                found.append(f"{what}: {value}, not {wanted}")
        found += [f"not sent: {row}" for row in book.execute(
            "SELECT id, state, reason, attempt_count, due_at FROM payout_transfers WHERE state <> 'completed'")]
        book.close()
        check = self.run(["ledger", "check"], check=False)
        if check.returncode != 0:
            found.append(f"ledger check: {check.stdout}")
        return found


def copy_of(night, path):
    shutil.copytree(night.path, path)
    copied = object.__new__(Night)
    copied.settle, copied.path, copied.users = night.settle, path, night.users
    return copied


def every_point(options, folder, stripe):
    """Killed before and after each call that writes, of a pass that sends 12 transfers in three batches."""
    model = Night(options.settle, f"{folder}/model", 12)
    probe = copy_of(model, f"{folder}/probe")
    stripe.control("reset", {})
    counter = f"{folder}/count"
    shim = {"LD_PRELOAD": options.shim, "TORTURE_ROOT": f"{probe.path}/outputs", "TORTURE_COUNT": counter}
    probe.run(probe.words("--batch-size", "4"), {**probe.environment(stripe), **shim})
    with open(counter) as file:
        calls = int(file.read())
    points = [(at, mode) for at in range(1, calls + 1) for mode in ("kill", "killafter")]
    chosen = sorted(random.sample(points, max(1, int(len(points) * options.share))))
    bad, kills = [], 0
    for number, (at, mode) in enumerate(chosen):
        night = copy_of(model, f"{folder}/point-{number}")
        stripe.control("reset", {})
        shim = {"LD_PRELOAD": options.shim, "TORTURE_ROOT": f"{night.path}/outputs", "TORTURE_AT": str(at),
                "TORTURE_MODE": mode}
        result = night.run(night.words("--batch-size", "4"), {**night.environment(stripe), **shim}, check=False)
        kills += result.returncode == -signal.SIGKILL
        night.finish(stripe)
        bad += [f"{mode} at {at}: {line}" for line in night.problems(stripe.control("count")["per_transfer"])]
        shutil.rmtree(night.path)
    return kills, bad, f"{len(chosen)} of {len(points)} points, each then finished"


def random_kills(options, folder, stripe):
    """Killed at a random moment, again and again, while the rail drops answers, fails, refuses and delays."""
    bad, kills, nights, transfers = [], 0, 0, 0
    while kills < options.kills:
        nights += 1
        night = Night(options.settle, f"{folder}/random-{nights}", 200)
        stripe.control("reset", {})
        for user in range(1, night.users + 1):
            if random.random() < 0.3:
                stripe.control("script", {"destination": f"acct_{user}",
                                          "replies": random.choices(FAULTS, k=random.randint(1, 2))})
        for _ in range(100):
            if kills >= options.kills:
                break
            process = subprocess.Popen(
                [night.settle, *night.words("--batch-size", str(random.choice([1, 5, 20, 60])))], cwd=night.path,
                env={**os.environ, **night.environment(stripe)}, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                if process.wait(random.uniform(0.01, 0.6)) == 0:
                    break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
        night.finish(stripe)
        bad += [f"night {nights}: {line}" for line in night.problems(stripe.control("count")["per_transfer"])]
        print(f"  night {nights}: {kills} kills so far, {len(bad)} violations", file=sys.stderr, flush=True)
        transfers += night.users
        shutil.rmtree(night.path)
    return kills, bad, f"{transfers} transfers in {nights} nights, 30 % of them with faults at the rail"


def company(options, folder):
    """Four processes share the work over a rail that keeps no keys: a second call would be seen."""
    night = Night(options.settle, f"{folder}/company", options.transfers)
    with open(f"{night.path}/trivial.py", "w") as file:
        file.write(TRIVIAL)
    words = ["payouts", "process", "-q", "--rail", "command", "--rail-name", "t", "--", sys.executable, "trivial.py", "sent"]
    four = [subprocess.Popen([night.settle, *words], cwd=night.path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            for _ in range(4)]
    codes = [process.wait(timeout=500) for process in four]
    sent = {}
    for line in open(f"{night.path}/sent"):
        sent[line.strip()] = sent.get(line.strip(), 0) + 1
    bad = night.problems(sent) + [f"exit {code}" for code in codes if code != 0]
    book = sqlite3.connect(f"file:{night.path}/outputs/ledger.db?mode=ro", uri=True)
    shares = [row[0] for row in book.execute("SELECT count(*) FROM payout_attempts GROUP BY worker ORDER BY 1")]
    book.close()
    return options.transfers, bad, f"shares {', '.join(map(str, shares))}"


def throughput(options, folder):
    night = Night(options.settle, f"{folder}/throughput", options.transfers)
    with open(f"{night.path}/trivial.py", "w") as file:
        file.write(TRIVIAL)
    began = time.monotonic()
    night.run(["payouts", "process", "-q", "--rail", "command", "--rail-name", "t", "--batch-size", "1000", "--",
               sys.executable, "trivial.py", "sent"])
    seconds = time.monotonic() - began
    sent = {}
    for line in open(f"{night.path}/sent"):
        sent[line.strip()] = sent.get(line.strip(), 0) + 1
    rate = int(options.transfers / seconds)
    return options.transfers, night.problems(sent), f"{seconds:.1f} s, {rate} transfers a second, the ledger durable"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settle", required=True)
    parser.add_argument("--shim", required=True)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--share", type=float, default=1)
    parser.add_argument("--transfers", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--markdown")
    options = parser.parse_args()
    options.settle = os.path.abspath(options.settle)
    random.seed(options.seed)
    folder = tempfile.mkdtemp(prefix="settle-payouts-")
    stripe = Stripe()
    stages = [
        ("throughput, one process", lambda: throughput(options, folder)),
        ("four processes", lambda: company(options, folder)),
        ("kills at writing calls", lambda: every_point(options, folder, stripe)),
        ("kills at random moments", lambda: random_kills(options, folder, stripe)),
    ]
    rows, violations = [], 0
    for name, stage in stages:
        if options.only and options.only not in name:
            continue
        count, bad, note = stage()
        violations += len(bad)
        rows.append((name, count, len(bad), note))
        print(f"{name:<24} {count:>6} {len(bad):>4} violations  {note}", flush=True)
        for line in bad[:8]:
            print(f"  {line}", flush=True)
    stripe.process.terminate()
    shutil.rmtree(folder, ignore_errors=True)
    if options.markdown:
        with open(options.markdown, "w") as file:
            file.write("| what | count | sent twice, lost or otherwise | |\n|---|---:|---:|---|\n")
            file.writelines(f"| {name} | {count} | {bad} | {note} |\n" for name, count, bad, note in rows)
    print("no transfer was sent twice or lost" if violations == 0 else f"{violations} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
