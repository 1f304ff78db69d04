"""Where does a faulty command work, and is what it leaves whole?"""
import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import threading

RESOLUTIONS = """market_id,resolution_id,winning_option,outcome,house_fee_bps,creator_fee_bps,creator_id
m1,r1,x,,100,50,maker
m2,r2,y,,200,,
m3,r3,,void,,,
"""
COMMITMENTS = """commitment_id,market_id,user_id,option_id,amount
a1,m1,ann,x,200
a2,m1,bob,y,100
b1,m2,ann,y,50
b2,m2,cid,x,70
c1,m3,bob,x,33
"""
SECOND = RESOLUTIONS.replace("m1,r1", "n1,q1").replace("m2,r2", "n2,q2").replace("m3,r3", "n3,q3")
SECOND_COMMITMENTS = COMMITMENTS.replace(",m1,", ",n1,").replace(",m2,", ",n2,").replace(",m3,", ",n3,")
# The key of each is the number of its line.
OPERATIONS = ["operation,account,amount,key,to", "credit,user:ann,50,1,", "transfer,user:ann,20,2,house",
              "credit,user:bob,5,3,", "debit,user:bob,5,4,", "credit,user:ann,50,5,"]
TIMEOUT = 60


class Violation(Exception):
    """A promise that did not hold."""


def book_of(outputs):
    """The ledger, closed behind the `with`: a connection that stays open keeps others from their work."""
    return contextlib.closing(sqlite3.connect(f"file:{outputs}/ledger.db?mode=ro", uri=True))


class Place:
    """A directory with inputs, in which the program is called."""

    def __init__(self, tool, path, shim=None):
        self.tool, self.path, self.shim = tool, path, shim
        self.told, self.marks = [], []

    def fill(self):
        os.makedirs(self.path)
        for name, text in (("resolutions.csv", RESOLUTIONS), ("commitments.csv", COMMITMENTS),
                           ("resolutions-2.csv", SECOND), ("commitments-2.csv", SECOND_COMMITMENTS)):
            with open(f"{self.path}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        return self

    def copy(self, path):
        shutil.copytree(self.path, path, symlinks=True)
        return Place(self.tool, path, self.shim)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)

    def settle(self, *words, faults=None):
        """Exit code (below 0 for a signal) and standard error."""
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "SETTLE_OPERATOR": "night"}
        if faults is not None:
            environment.update(LD_PRELOAD=self.shim, TORTURE_ROOT=f"{self.path}/outputs")
            environment.update({f"TORTURE_{key}": str(value) for key, value in faults.items()})
        if "--follow" in words:
            return self.converse(words, environment)
        done = subprocess.run([self.tool, *words, "--quiet"], cwd=self.path, env=environment, timeout=TIMEOUT,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        return done.returncode, (done.stdout + done.stderr).decode(errors="replace")

    def converse(self, words, environment):
        """Sends OPERATIONS over a pipe, each when the one before it was told.

        `told` holds their results, and `marks` how long the log of calls was when each was told.
        """
        self.told, self.marks = [], []
        with subprocess.Popen([self.tool, *words, "--quiet"], cwd=self.path, env=environment, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as process:
            watch = threading.Timer(TIMEOUT, process.kill)
            watch.start()
            said = b""
            try:
                process.stdin.write((OPERATIONS[0] + "\n").encode())
                for line in OPERATIONS[1:]:
                    process.stdin.write((line + "\n").encode())
                    said = process.stdout.readline()
                    if not said.startswith(b'{"balance_after"'):
                        break
                    self.told.append(json.loads(said)["result"])
                    if "TORTURE_LOG" in environment:
                        self.marks.append(os.path.getsize(environment["TORTURE_LOG"]))
            except BrokenPipeError:
                pass
            try:
                process.stdin.close()
            except BrokenPipeError:
                pass
            rest = said + process.stdout.read() + process.stderr.read()
            code = process.wait()
            watch.cancel()
        return code, rest.decode(errors="replace")

    def must(self, *words, codes=(0,)):
        code, text = self.settle(*words)
        if code not in codes:
            raise Violation(f"settle {' '.join(words)}: exit {code}: {text.strip()}")
        return text

    # What is there.

    def runs(self):
        """Ids in the order they were applied, with their kinds."""
        if not os.path.exists(f"{self.path}/outputs/ledger.db"):
            return []
        with book_of(f"{self.path}/outputs") as book:
            return book.execute("SELECT run_id, kind FROM runs ORDER BY id").fetchall()

    def state(self):
        """Everything that counts: balances, runs, settlements, published files. Clocks stay out."""
        outputs = f"{self.path}/outputs"
        if not os.path.exists(f"{outputs}/ledger.db"):
            return "no ledger"
        with book_of(outputs) as book:
            rows = [book.execute(sql).fetchall() for sql in (
                "SELECT name, currency, balance FROM accounts ORDER BY name, currency",
                "SELECT run_id, kind, manifest_sha256, sequence_after, head_after FROM runs ORDER BY id",
                "SELECT run_id, market_id, rolled_back_by FROM settlements ORDER BY run_id, market_id",
                "SELECT id, hex(chain) FROM entries ORDER BY id",
                "SELECT action, subject, result FROM actions WHERE action IN ('run', 'rollback', 'apply') ORDER BY id",
            )]
            if book.execute("SELECT coalesce(sum(balance), 0) FROM accounts").fetchone()[0] != 0:
                raise Violation("balances do not sum to zero")
        files = []
        names = os.listdir(outputs)
        if ".quarantine" in names:
            names += [f".quarantine/{name}" for name in os.listdir(f"{outputs}/.quarantine")]
        for name in sorted(names):
            directory = f"{outputs}/{name}"
            if name.startswith(".") and "/" not in name or not os.path.isdir(directory):
                continue
            for inner in sorted(os.listdir(directory)):
                if inner == "run-info.json":
                    files.append((name, inner))
                    continue
                with open(f"{directory}/{inner}", "rb") as file:
                    files.append((name, inner, hashlib.sha256(file.read()).hexdigest()))
        return hashlib.sha256(repr((rows, files)).encode()).hexdigest()

    def check(self, mayQuarantine=False):
        """Every run verified, nothing left over."""
        outputs = f"{self.path}/outputs"
        for run, _ in self.runs():
            self.must("verify", run)
        if not os.path.isdir(outputs):
            return
        staged = os.listdir(f"{outputs}/.staging") if os.path.isdir(f"{outputs}/.staging") else []
        left = [name for name in os.listdir(outputs)
                if name == ".quarantine" and not mayQuarantine or ".new-" in name or name.endswith("-wal")]
        # A journal that starts with a zero holds nothing to undo: SQLite leaves it to the next transaction.
        if os.path.exists(f"{outputs}/ledger.db-journal"):
            with open(f"{outputs}/ledger.db-journal", "rb") as file:
                left += ["ledger.db-journal"] if file.read(1) not in (b"", b"\0") else []
        if staged or left:
            raise Violation(f"left over: {staged + left}")


class Scenario:
    """A command, where it starts, and the two states that it may end in."""

    def __init__(self, name, base, words, isRecovery=False, quarantines=False):
        """quarantines: what is done is moving runs aside, and the exit code says so (1)."""
        self.name, self.base, self.words, self.isRecovery = name, base, words, isRecovery
        self.quarantines = quarantines
        self.codes = (0, 1) if quarantines else (0,)
        self.before = base.state()
        done = base.copy(base.path + "-done")
        done.must(*words, codes=self.codes)
        self.after = done.state()
        done.check(quarantines)
        # The count of calls is that of an undisturbed command.
        counted = base.copy(base.path + "-count")
        counted.settle(*words, faults={"COUNT": counted.path + "-calls"})
        with open(counted.path + "-calls", encoding="ascii") as file:
            self.calls = int(file.read())
        if counted.state() != self.after:
            raise Violation(f"{name}: the command does not give the same state twice")
        counted.remove()
        done.remove()

    def judge(self, place, code, mustBeDone=False):
        """All or nothing; then once more, exactly once.

        - mustBeDone: the command had been acknowledged before the power was cut.
        """
        if code == 0 and place.state() != self.after:
            raise Violation("exit 0, but the effect is not complete")
        hasLedger = os.path.exists(f"{place.path}/outputs/ledger.db")
        if hasLedger:
            place.must("recover", codes=self.codes)
        state = place.state()
        if mustBeDone and state != self.after:
            raise Violation("acknowledged, and gone after the power cut")
        if state != self.after and (state != self.before or self.isRecovery and hasLedger):
            raise Violation("neither all nor nothing after recover")
        place.check(self.quarantines)
        # A plan is applied once: it says so.
        place.must(*self.words, codes=(0, 5) if self.words[0] == "apply" and state == self.after else (0,))
        if place.state() != self.after:
            raise Violation("running the command again does not give the effect exactly once")
        place.check(self.quarantines)


class FollowScenario(Scenario):
    """Operations over a pipe: each is durable when it is told; of the others the first may be."""

    def __init__(self, base):
        super().__init__("follow", base, ["ledger", "post", "-", "--format", "csv", "--follow", "--json"])

    @staticmethod
    def posted(place):
        with book_of(f"{place.path}/outputs") as book:
            return [int(key) for key, in book.execute("SELECT key FROM entries WHERE run_id IS NULL ORDER BY id")]

    def judge(self, place, code, mustBeDone=False):
        told = list(place.told)
        place.must("ledger", "check")
        posted = self.posted(place)
        if posted != list(range(1, len(posted) + 1)):
            raise Violation(f"{posted} is not a beginning of what was sent")
        if told != ["created"] * len(told) or len(posted) < len(told):
            raise Violation(f"{len(told)} operations were told as durable, {len(posted)} are there")
        if (code == 0 or mustBeDone) and len(posted) != len(OPERATIONS) - 1:
            raise Violation("acknowledged, but not complete")
        # All of it again: what is there is replayed, and the book is one file in the end.
        place.must(*self.words)
        if place.told != ["replayed"] * len(posted) + ["created"] * (len(OPERATIONS) - 1 - len(posted)):
            raise Violation(f"sent again with {len(posted)} there: {place.told}")
        if place.state() != self.after:
            raise Violation("sending the operations again does not give the effect exactly once")
        place.check()


def scenarios(tool, shim, folder):
    """run into a book that has a run, the first run of all, apply, rollback, recover; operations over a pipe."""
    def fresh(name):
        return Place(tool, f"{folder}/{name}", shim).fill()

    second = ["run", "--resolutions", "resolutions-2.csv", "--commitments", "commitments-2.csv"]
    place = fresh("run")
    place.must("run", "--init-ledger")
    yield Scenario("run", place, second)

    place = fresh("first")
    place.must("ledger", "init")
    yield Scenario("first-run", place, ["run"])

    place = fresh("apply")
    place.must("ledger", "init")
    place.must("plan", "--out", "saved")
    yield Scenario("apply", place, ["apply", "saved"])

    place = fresh("rollback")
    place.must("run", "--init-ledger")
    place.must(*second)
    run = place.runs()[0][0]
    yield Scenario("rollback", place, ["rollback", run, "--reason", "wrong"])

    # Applied, not published, and rubbish of another run beside it.
    place = fresh("recover")
    place.must("run", "--init-ledger")
    place.must(*second)
    run = place.runs()[-1][0]
    outputs = f"{place.path}/outputs"
    os.rename(f"{outputs}/{run}", f"{outputs}/.staging/{run}")
    shutil.copytree(f"{outputs}/.staging/{run}", f"{outputs}/.staging/0123456789abcdef-1")
    yield Scenario("recover", place, ["recover"], isRecovery=True)

    # An older ledger under newer runs: one published, one applied and not published, both moved aside.
    place = fresh("restored")
    place.must("run", "--init-ledger")
    outputs = f"{place.path}/outputs"
    shutil.copy(f"{outputs}/ledger.db", f"{place.path}/older.db")
    place.must(*second)
    with open(f"{place.path}/third.csv", "w", encoding="utf-8") as file:
        file.write(SECOND_COMMITMENTS.replace(",n", ",o"))
    with open(f"{place.path}/third-resolutions.csv", "w", encoding="utf-8") as file:
        file.write(SECOND.replace("n1,q1", "o1,q1").replace("n2,q2", "o2,q2").replace("n3,q3", "o3,q3"))
    place.must("run", "--resolutions", "third-resolutions.csv", "--commitments", "third.csv")
    run = place.runs()[-1][0]
    os.rename(f"{outputs}/{run}", f"{outputs}/.staging/{run}")
    os.replace(f"{place.path}/older.db", f"{outputs}/ledger.db")
    yield Scenario("restored", place, ["recover"], isRecovery=True, quarantines=True)

    # A book that has a run, and operations one by one.
    place = fresh("follow")
    place.must("run", "--init-ledger")
    yield FollowScenario(place)
