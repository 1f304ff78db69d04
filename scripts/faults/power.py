"""The power is cut: what was not flushed may be lost, out of order, or torn. Does every such state recover?

The shim logs each call that writes. A state is what a disk may hold after a prefix of these calls: what was flushed is
there; of the rest any part may be. A file's bytes are durable once it is flushed, a name once its directory is.
"""
import hashlib
import os
import random

from place import Place, Violation


def operations(path):
    """The log as tuples (operation, inode, offset, bytes, path, other), and where in it each of them ends."""
    with open(path, "rb") as file:
        log = file.read()
    found, ends, position = [], [], 0
    while position < len(log):
        fields = []
        for _ in range(6):
            end = log.index(b"\0", position)
            fields.append(log[position:end])
            position = end + 1
        operation, inode, offset, length = fields[0].decode(), int(fields[1]), int(fields[2]), int(fields[3])
        found.append((operation, inode, offset, log[position:position + length], os.fsdecode(fields[4]),
                      os.fsdecode(fields[5])))
        position += length
        ends.append(position)
    return found, ends


class Disk:
    """What is durable, and what is only in memory."""

    def __init__(self, root):
        self.root = root
        self.contents = {}  # object -> durable bytes
        self.data = []  # (serial, object, kind, offset, bytes), not durable
        self.names = {}  # path -> object, durable; a directory's object is "dir"
        self.moves = []  # (serial, directories, operation, path, other, object), not durable
        self.objects = {}  # inode -> object
        self.serial = 0
        for directory, _, files in os.walk(root):
            self.names[directory] = "dir"
            for name in files:
                path = f"{directory}/{name}"
                number = self.new(os.lstat(path).st_ino)
                with open(path, "rb") as file:
                    self.contents[number] = file.read()
                self.names[path] = number

    def new(self, inode):
        number = len(self.contents)
        self.contents[number] = b""
        self.objects[inode] = number
        return number

    def apply(self, operation):
        kind, inode, offset, content, path, other = operation
        self.serial += 1
        if kind in ("write", "truncate"):
            if inode in self.objects:
                self.data.append((self.serial, self.objects[inode], kind, offset, content))
        elif kind == "create":
            self.moves.append((self.serial, {os.path.dirname(path)}, "create", path, "", self.new(inode)))
        elif kind == "mkdir":
            self.moves.append((self.serial, {os.path.dirname(path)}, "create", path, "", "dir"))
        elif kind in ("rename", "link"):
            self.moves.append((self.serial, {os.path.dirname(other)}, kind, path, other, self.objects.get(inode, "dir")))
        elif kind in ("unlink", "rmdir"):
            self.moves.append((self.serial, {os.path.dirname(path)}, "unlink", path, "", None))
        elif kind == "sync":
            self.sync(inode, path)

    def sync(self, inode, path):
        if inode not in self.objects or self.current().get(path) == "dir" or os.path.isdir(path):
            self.syncDirectory(path)
            return
        number = self.objects[inode]
        self.contents[number] = written(self.contents[number], [d for d in self.data if d[1] == number])
        self.data = [d for d in self.data if d[1] != number]

    def syncDirectory(self, path):
        made = next((m for m in self.moves if m[2] == "create" and m[3] == path), None)
        kept = []
        for move in self.moves:
            if path not in move[1]:
                kept.append(move)
            elif made:
                # The directory's own name is not durable yet: what is in it comes and goes with it.
                kept.append((made[0], made[1], *move[2:]))
            else:
                rename(self.names, move)
        self.moves = kept

    def current(self):
        names = dict(self.names)
        for move in self.moves:
            rename(names, move)
        return names

    def states(self, rng):
        """What a disk may hold now: (why, names, contents)."""
        data, moves = self.data, self.moves
        yield "all", self.state(data, moves)
        yield "only what was flushed", self.state([], [])
        if not data and not moves:
            return
        yield "names alone", self.state([], moves)
        yield "bytes alone", self.state(data, [])
        both = sorted([(d[0], d) for d in data] + [(m[0], m) for m in moves], key=lambda pair: pair[0])
        for why, dropped in (("without the first", {both[0][0]}), ("without the last", {both[-1][0]})):
            yield why, self.state([d for d in data if d[0] not in dropped], [m for m in moves if m[0] not in dropped])
        for _ in range(3):
            kept = {serial for serial, _ in both if rng.random() < 0.5}
            yield "any part", self.state([d for d in data if d[0] in kept], [m for m in moves if m[0] in kept])
        if data and data[-1][2] == "write" and len(data[-1][4]) > 1:
            last = data[-1]
            torn = (*last[:4], last[4][:len(last[4]) // 2])
            yield "torn", self.state([*data[:-1], torn], moves)

    def state(self, data, moves):
        names = dict(self.names)
        for move in moves:
            rename(names, move)
        contents = {}
        for number in {n for n in names.values() if n != "dir"}:
            contents[number] = written(self.contents[number], [d for d in data if d[1] == number])
        return names, contents


def rename(names, move):
    """Changes names as one call does; where what it needs is not there, nothing happens."""
    _, _, kind, path, other, number = move
    if kind == "create":
        if names.get(os.path.dirname(path)) == "dir":
            names[path] = number
    elif kind == "unlink":
        names.pop(path, None)
    elif kind == "link":
        if path in names and names.get(os.path.dirname(other)) == "dir":
            names[other] = names[path]
    elif path in names and names.get(os.path.dirname(other)) == "dir":
        for name in [n for n in names if n == path or n.startswith(path + "/")]:
            names[other + name[len(path):]] = names.pop(name)


def written(content, changes):
    result = bytearray(content)
    for _, _, kind, offset, new in changes:
        if kind == "truncate":
            del result[offset:]
            result.extend(bytes(offset - len(result)))
        else:
            result.extend(bytes(max(0, offset - len(result))))
            result[offset:offset + len(new)] = new
    return bytes(result)


def record(scenario, path, flushes=True):
    """Runs the command with its calls logged."""
    place = scenario.base.copy(path)
    disk = Disk(f"{place.path}/outputs")
    log = f"{path}.log"
    faults = {"LOG": log}
    if not flushes:
        faults["NOSYNC"] = 1
    code, text = place.settle(*scenario.words, faults=faults)
    if code not in scenario.codes:
        raise Violation(f"{scenario.name}: the recorded command failed: {text}")
    calls, ends = operations(log)
    # What had been told when so many calls were made.
    told = [0] + [sum(mark <= end for mark in place.marks) for end in ends]
    return disk, calls, told, place


def crashes(scenario, path, seed, flushes=True):
    """Distinct states, each with why, how much had been told, and whether the command had been acknowledged."""
    disk, log, told, place = record(scenario, path, flushes)
    rng = random.Random(seed)
    seen, found = set(), []
    for number in range(len(log) + 1):
        isEnd = number == len(log)
        for why, (names, contents) in disk.states(rng):
            shape = sorted((n, o if o == "dir" else contents[o]) for n, o in names.items())
            key = hashlib.sha256(repr((shape, told[number])).encode())
            if key.digest() in seen and not isEnd:
                continue
            seen.add(key.digest())
            found.append((f"{scenario.name}: after call {number} of {len(log)}, {why}", names, contents, told[number], isEnd))
        if not isEnd:
            disk.apply(log[number])
    place.remove()
    return disk.root, found


def one(scenario, root, crash, path):
    """What is wrong with what a power cut left, or nothing."""
    why, names, contents, told, isEnd = crash
    place = scenario.base.copy(path)
    place.told = ["created"] * told
    try:
        outputs = f"{place.path}/outputs"
        Place(place.tool, outputs).remove()
        for name, number in sorted(names.items()):
            target = outputs + name[len(root):]
            if number == "dir":
                os.makedirs(target, exist_ok=True)
            elif os.path.isdir(os.path.dirname(target)):
                with open(target, "wb") as file:
                    file.write(contents[number])
        scenario.judge(place, None, mustBeDone=isEnd)
        return None
    except Violation as violation:
        return f"{why}: {violation}"
    except Exception as error:
        return f"{why}: {type(error).__name__}: {error}"
    finally:
        place.remove()
