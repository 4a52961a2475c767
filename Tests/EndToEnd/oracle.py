"""What a job must put out, from the bytes that went in: every record kept, nothing optimised, exact rational arithmetic.

Written from the description of the format alone (docs and design), apart from the engine and from the record generator."""
import collections
import math
import re
from fractions import Fraction
from typing import NamedTuple, Optional

from decoding import Bad, Filtered, decode

SHORT = {"p50": 50, "p90": 90, "p95": 95, "p99": 99}
# A DDSketch of 1 % relative error, and what doubles round off that: 0.99 stands for 1.0.
QUANTILE_ERROR = Fraction(1, 100) + Fraction(1, 10**12)
# A HyperLogLog of 2^12 registers: its standard error is 1.04 / sqrt(2^12); four of them. Up to 256 values it is exact.
DISTINCT_EXACT, DISTINCT_ERROR = 256, 4 * 1.04 / 64


class Member(NamedTuple):
    """One member of a result. `function` is None for an expression."""
    name: str
    function: Optional[str]
    field: Optional[str]
    p: Optional[float] = None
    population: bool = False
    where: Optional[list] = None
    expression: Optional[str] = None


def _member(item):
    """An entry of `aggregations` as a spec writes it, or (name, function, field)."""
    if isinstance(item, tuple):
        return Member(*item)
    if isinstance(item, dict) and "expression" in item:
        return Member(item["as"], None, None, expression=item["expression"])
    if isinstance(item, str):
        function, _, argument = item.rstrip(")").partition("(")
        p, _, field = argument.rpartition(",")
        item = {"function": function, **({"field": field.strip()} if field else {}), **({"p": float(p)} if p else {})}
    function, field, p = item["function"], item.get("field"), SHORT.get(item["function"], item.get("p"))
    name = function if function != "percentile" else "p" + re.sub(r"\.0$", "", str(p)).replace(".", "_")
    name = item.get("as", "_".join([name, *(field.split(".") if field else [])]))
    return Member(name, "percentile" if p is not None else function, field, p, item.get("population", False), item.get("where"))


class Job:
    """The parts of a spec that decide its figures: its `aggregations`, its `window` (a number: tumbling windows of so many ms) and its
    `event` (else: JSON with the fields `timestamp`, in ms, and `key`)."""

    def __init__(self, aggregations, window, event=None):
        self.aggregations = [{"as": i[0], "function": i[1], **({} if i[2] is None else {"field": i[2]})} if isinstance(i, tuple) else i
                             for i in aggregations]
        self.members = [_member(item) for item in aggregations]
        self.window = {"type": "tumbling", "size_ms": window} if isinstance(window, int) else window
        self.event = {"timestamp": {"field": "timestamp", "unit": "ms"}, "key": {"fields": ["key"]}} if event is None else event
        self.format = self.event.get("format", "json")
        self.columns, self.delimiter = self.event.get("columns"), self.event.get("delimiter", ",")
        time, key = self.event.get("timestamp", {}), self.event.get("key", {})
        self.timestamp, self.unit = time.get("field"), time.get("unit", "ms")
        self.key_fields = [key["field"]] if "field" in key else key.get("fields")
        self.key_type = key.get("type", "plain")
        self.filter = self.event.get("filter")
        self.type = self.window["type"]

    @property
    def size_ms(self):
        return self.window["size_ms"]

    @property
    def slide_ms(self):
        return self.window.get("slide_ms", self.size_ms)

    def starts(self, timestamp):
        """The starts of the tumbling or sliding windows that a timestamp is in."""
        last = timestamp - (timestamp - self.window.get("offset_ms", 0)) % self.slide_ms
        return range(last, timestamp - self.size_ms, -self.slide_ms)


class Window:
    """All that one key has in one window."""

    def __init__(self, start, end, events=()):
        self.start, self.end = start, end
        self.events = list(events)

    @property
    def count(self):
        return len(self.events)

    def values(self, index):
        """What the records add to the member of that number."""
        return [event.cells[index] for event in self.events if event.cells[index] is not None]

    def figure(self, job, name):
        """A member's figure, exact; an expression has none of its own."""
        index = [member.name for member in job.members].index(name)
        member = job.members[index]
        values = self.values(index)
        if member.function == "count":
            return len(values)
        if member.function == "rate":
            length = Fraction(self.end - self.start, 1000)
            return Fraction(len(values)) / length if length else None
        if member.function == "distinct":
            return len({(isinstance(value, bool), value) for value in values})
        if not values:
            return None
        if member.function in ("first", "last"):
            choose = min if member.function == "first" else max
            return choose((e for e in self.events if e.cells[index] is not None), key=lambda e: (e.timestamp, e.place)).cells[index]
        if member.function == "percentile":
            return Fraction(sorted(values)[math.floor(member.p / 100 * (len(values) - 1))])
        whole = all(isinstance(value, int) for value in values)
        if member.function in ("min", "max"):
            value = {"min": min, "max": max}[member.function](values)
            return value if whole else Fraction(value)
        total = sum(values) if whole else sum(Fraction(value) for value in values)
        if member.function == "sum":
            return total
        mean = Fraction(total, len(values))
        if member.function == "avg":
            return mean
        free = len(values) - (0 if member.population else 1)
        if free < 1:
            return None
        variance = sum((Fraction(value) - mean) ** 2 for value in values) / free
        return variance if member.function == "variance" else Fraction(math.sqrt(variance))


class Expected:
    """`windows`: {(key, window_start, or seq of a count window): Window}; `skipped`: {reason: records}; `records`: the rest of the ledger."""

    def __init__(self):
        self.windows = {}
        self.skipped = collections.Counter()
        self.records = collections.Counter(on_time=0, late_accepted=0, late_dropped=0, filtered=0)

    @property
    def good(self):
        """Records in windows."""
        return self.records["on_time"] + self.records["late_accepted"]


def decoded(records, job, now_ms):
    """What each record of the log means to the job. `now_ms`: about the wall clock, for timestamps in the future."""
    offsets, found = collections.Counter(), []
    for record in records:
        found += decode(record, job, now_ms, offsets[record.partition])
        offsets[record.partition] += 1
    return found


def expect(records, job, now_ms, max_delay_ms=None, lateness_ms=5_000):
    """What must come out at the end; see `arrange`."""
    return arrange(decoded(records, job, now_ms), job, max_delay_ms, lateness_ms)


def arrange(found, job, max_delay_ms=None, lateness_ms=5_000):
    """Puts what was decoded into windows. Without `max_delay_ms` no record is late; with it each one is judged by the watermark that
    those before it in the list, which must be of one partition, have left."""
    arrangement = Arrangement(job, max_delay_ms, lateness_ms)
    for event in found:
        arrangement.add(event)
    return arrangement.finish()


class Arrangement:
    """Windows of a list of decoded records that grows; see `arrange`."""

    def __init__(self, job, max_delay_ms=None, lateness_ms=5_000):
        self.job, self.max_delay_ms, self.lateness_ms = job, max_delay_ms, lateness_ms
        self.expected = Expected()
        self.watermark = -math.inf
        self._sessions = collections.defaultdict(list)
        self._sequences = collections.Counter()

    def add(self, event):
        """Returns what becomes of the record: a member of the ledger, or the reason why it is skipped."""
        expected, job = self.expected, self.job
        if isinstance(event, Bad):
            expected.skipped[event.args[0]] += 1
            return event.args[0]
        if isinstance(event, Filtered):
            outcome, timestamp = "filtered", event.args[0]
        else:
            timestamp = event.timestamp
            if job.type == "session":
                outcome = _into_session(self._sessions[event.key], event, job.window["gap_ms"], self.watermark, self.lateness_ms)
            elif job.type == "count":
                outcome = _into_count(expected.windows, self._sequences, event, job.window["count"])
            else:
                outcome = _into_windows(expected.windows, event, job, self.watermark, self.lateness_ms)
        expected.records[outcome] += 1
        if self.max_delay_ms is not None:
            self.watermark = max(self.watermark, timestamp - self.max_delay_ms)
        return outcome

    def take_gone(self):
        """[((key, window_start), Window)] of the windows that no later record can change; they are forgotten here. Not for count windows."""
        def is_gone(window):
            return _outcome(window.end, self.watermark, self.lateness_ms) == "late_dropped"
        gone = [(identity, window) for identity, window in self.expected.windows.items() if is_gone(window)]
        for identity, _ in gone:
            del self.expected.windows[identity]
        for key, sessions in list(self._sessions.items()):
            gone += [((key, session.start), session) for session in sessions if is_gone(session)]
            sessions[:] = [session for session in sessions if not is_gone(session)]
            if not sessions:
                del self._sessions[key]
        return gone

    def finish(self):
        expected = self.expected
        if self.job.type == "count":
            expected.windows = {identity: window for identity, window in expected.windows.items() if window.count == self.job.window["count"]}
        for key, sessions in self._sessions.items():
            expected.windows.update({(key, session.start): session for session in sessions})
        return expected


def _outcome(end, watermark, lateness_ms):
    return "on_time" if end > watermark else "late_accepted" if end + lateness_ms > watermark else "late_dropped"


def _into_windows(windows, event, job, watermark, lateness_ms):
    outcomes = set()
    for start in job.starts(event.timestamp):
        outcome = _outcome(start + job.size_ms, watermark, lateness_ms)
        outcomes.add(outcome)
        if outcome != "late_dropped":
            windows.setdefault((event.key, start), Window(start, start + job.size_ms)).events.append(event)
    return next(outcome for outcome in ("on_time", "late_accepted", "late_dropped") if outcome in outcomes)


def _into_session(sessions, event, gap, watermark, lateness_ms):
    joined = [s for s in sessions if s.start - gap <= event.timestamp <= s.end and _outcome(s.end, watermark, lateness_ms) != "late_dropped"]
    events = [event, *(e for session in joined for e in session.events)]
    merged = Window(min(e.timestamp for e in events), max(e.timestamp for e in events) + gap, events)
    outcome = _outcome(merged.end, watermark, lateness_ms)
    if outcome != "late_dropped":
        sessions[:] = [s for s in sessions if s not in joined] + [merged]
    return outcome


def _into_count(windows, sequences, event, count):
    window = windows.get((event.key, sequences[event.key]))
    if window is None or window.count == count:
        sequences[event.key] += 1
        window = windows[(event.key, sequences[event.key])] = Window(event.timestamp, event.timestamp)
    window.events.append(event)
    window.start, window.end = min(window.start, event.timestamp), max(window.end, event.timestamp)
    return "on_time"


def _tolerance(member, want, values, relative):
    """How far a figure may be off; 0: not at all."""
    if member.function is None:
        return Fraction(1, 10**12) * max(abs(want), Fraction(1, 10**12))
    if member.function in ("count", "min", "max", "first", "last"):
        return 0
    if member.function == "distinct":
        return 0 if want <= DISTINCT_EXACT else want * DISTINCT_ERROR
    if member.function == "percentile":
        return abs(want) * QUANTILE_ERROR
    if member.function == "sum" and isinstance(want, int):
        return 0
    scale = abs(want)
    if member.function == "sum":
        scale = sum(abs(Fraction(value)) for value in values)
    elif member.function in ("stddev", "variance"):
        scale = max(scale, max(abs(Fraction(value)) for value in values) * Fraction(relative))
    return Fraction(relative) * max(scale, Fraction(1, 10**12))


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TOKEN = re.compile(r"`([^`]*)`|([A-Za-z_]\w*)|(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([-+*/()])")


def evaluate(expression, value):
    """An expression over the members of the result `value`, exactly; None: null."""
    pieces, members = [], []
    for quoted, name, number, sign in _TOKEN.findall(expression):
        if quoted or name:
            members.append(value[quoted or name])
        pieces.append(sign or (f'Fraction("{number}")' if number else f"Fraction(members[{len(members) - 1}])"))
    if not all(_is_number(member) for member in members):
        return None
    try:
        return eval("".join(pieces), {"Fraction": Fraction, "members": members})
    except ZeroDivisionError:
        return None


def differences(value, window, job, relative=1e-9):
    """Sentences about each figure of the result object `value` that is not the oracle's; counts, integer sums and extremes exactly."""
    found = [f"{name} is {value[name]!r}, expected {want!r}" for name, want in (("window_start", window.start), ("window_end", window.end))
             if value[name] != want]
    for index, member in enumerate(job.members):
        have = value.get(member.name)
        want = evaluate(member.expression, value) if member.function is None else window.figure(job, member.name)
        if want is None or isinstance(want, (str, bool)):
            right = type(have) is type(want) and have == want
        else:
            same_type = isinstance(want, Fraction) or type(have) is type(want)
            right = _is_number(have) and same_type and abs(Fraction(have) - Fraction(want)) <= _tolerance(member, want, window.values(index), relative)
        if not right:
            found.append(f"{member.name} is {have!r}, expected {want if not isinstance(want, Fraction) else float(want)!r}")
    return found
