"""What has come out of one pipeline, held against rules that need no oracle and, for windows that are closed for good, against the oracle."""
import json

from oracle import differences

EXACTLY_ONCE = "exactly_once"


def figures(value):
    """All that a reader uses: a copy that is the same in this is the same result."""
    return tuple(item for item in value.items() if item[0] != "revision")


class Results:
    """Rows are taken in the order of their partition's log; a key is in one partition."""

    def __init__(self, kind, job, guarantee):
        self.kind, self.job = kind, job
        self.once = guarantee == EXACTLY_ONCE
        self.rows = self.repeated = self.compared = 0
        # {(key, window_start): ...}: the last row until it is compared with the oracle, then its figures.
        self._last, self._right = {}, {}
        self._revision, self._places = {}, {}
        # Compared, and followed by another copy that is not the oracle's.
        self._wrong_since = {}
        # Closed for good, and not seen right yet: {identity: (Gone, mark)}
        self._due = {}

    def take(self, message, mark):
        """`mark`: (time, round)."""
        value = json.loads(message.value())
        identity = (value["key"], value["window_start"])
        revision = value["revision"]
        self.rows += 1
        assert self._places.setdefault(value["key"], message.partition()) == message.partition(), f"{identity} is in two partitions"
        before = self._revision.get(identity, 0)
        where = f"{self.kind} {identity}, offset {message.offset()} of {message.topic()}/{message.partition()}"
        if revision <= before:
            assert not self.once, f"{where}: revision {revision} came after {before}: {message.value()}"
            self.repeated += 1
        self._revision[identity] = revision if self.once else max(before, revision)
        if identity in self._right:
            same = figures(value) == self._right[identity]
            assert same or not self.once, f"{where}: came again after no record could change it any more, as {message.value()}"
            if same:
                self._wrong_since.pop(identity, None)
            else:
                self._wrong_since[identity] = (mark, value)
            return
        last = self._last.get(identity)
        if self.once and last is not None and not last.get("retracted") and self.kind != "session":
            assert value["count"] > last["count"], f"{where}: revision {revision} says {value}, after {last}"
        self._last[identity] = value

    def expect(self, gone, mark):
        """`gone`: windows that must be in the output for good, as soon as it can be read."""
        for each in gone:
            self._due[each.identity] = (each, mark)

    def compare(self):
        """Compares what is due and there. Returns the mark of the first round that still misses something, or None."""
        for identity, (gone, _) in list(self._due.items()):
            value = self._last.get(identity)
            if value is None or value.get("retracted") or differences(value, gone.window, self.job):
                continue
            self._right[identity] = figures(value)
            del self._last[identity], self._due[identity]
            self.compared += 1
        return min([mark for _, mark in self._due.values()] + [mark for mark, _ in self._wrong_since.values()], default=None)

    def complaint(self):
        """What is missing or wrong, in words."""
        missing = [(identity, *due) for identity, due in self._due.items() if identity not in self._last]
        wrong = [(identity, differences(self._last[identity], gone.window, self.job), self._last[identity], mark)
                 for identity, (gone, mark) in self._due.items() if identity in self._last]
        later = [(identity, value, mark) for identity, (mark, value) in self._wrong_since.items()]
        words = [f"{self.kind}: "]
        for title, found, show in (
                ("missing", missing, lambda m: f"{m[0]} of partition {m[1].partition}, due from offset {m[1].offset} on, "
                                               f"{m[1].window.count} records at offsets {[e.place[1] for e in m[1].window.events]}, round {m[2][1]}"),
                ("wrong", wrong, lambda w: f"{w[0]}: {w[1]} in {w[2]}, round {w[3][1]}"),
                ("wrong later", later, lambda w: f"{w[0]}: {w[1]}, round {w[2][1]}")):
            if found:
                words.append(f"{len(found)} {title}, such as " + "; ".join(show(each) for each in found[:3]))
        return " ".join(words)

    def begin_anew(self):
        """Of a log that is gone nothing more is expected; windows that were open are given up."""
        self._last, self._due = {}, {}

    def check_end(self):
        """After the last comparison: nothing is missing, nothing wrong, and nothing there that should not be."""
        assert self.compare() is None, self.complaint()
        extra = [value for value in self._last.values() if not value.get("retracted")]
        # After a crash an at_least_once pipeline may leave a session unretracted that a later record joined to another one.
        if not self.once and self.kind == "session":
            return len(extra)
        assert not extra, f"{self.kind}: {len(extra)} results that no record accounts for, such as {extra[:3]}"
        return 0


class DeadLetters:
    """The dead letter topic: each bad or late record once, or at least once."""

    def __init__(self, topic, guarantee):
        self.topic, self.once = topic, guarantee == EXACTLY_ONCE
        self.rows = self.repeated = 0
        self._seen, self._expected, self._due = {}, {}, {}

    def take(self, message, _mark):
        headers = {name: value.decode() for name, value in message.headers() or []}
        where = (int(headers["source.partition"]), int(headers["source.offset"]))
        self.rows += 1
        if where in self._seen:
            assert not self.once, f"the dead letter of {where} came twice: {headers}"
            self.repeated += 1
        assert self._seen.setdefault(where, headers["error.code"]) == headers["error.code"], f"{where}: {headers}, before {self._seen[where]}"

    def expect(self, dead, mark):
        for partition, offset, reason in dead:
            self._expected[(partition, offset)] = reason
            self._due[(partition, offset)] = mark

    def compare(self):
        for where in list(self._due):
            if where in self._seen:
                assert self._seen[where] == self._expected[where], f"the dead letter of {where} says {self._seen[where]}, it is {self._expected[where]}"
                del self._due[where]
        return min(self._due.values(), default=None)

    def complaint(self):
        return f"dead letters: {len(self._due)} missing, such as {[(w, self._expected[w], m[1]) for w, m in list(self._due.items())[:5]]}"

    def begin_anew(self):
        """Offsets of a log that is gone say nothing any more."""
        self._seen, self._expected, self._due = {}, {}, {}

    def check_end(self):
        assert self.compare() is None, self.complaint()
        extra = set(self._seen) - set(self._expected)
        assert not extra, f"dead letters of records that are fine: {[(where, self._seen[where]) for where in sorted(extra)[:5]]}"
        return 0
