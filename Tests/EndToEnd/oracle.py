"""What a job must put out, from the bytes that went in: every record kept, nothing optimised, exact rational arithmetic.

Written from the description of the format alone (docs and design), apart from the engine and from the record generator."""
import collections
import json
import math
from decimal import Decimal
from fractions import Fraction

INT64 = range(-(1 << 63), 1 << 63)
DAY_MS = 86_400_000
DEEPEST = 1024


class Bad(Exception):
    """A record that must be skipped; the argument is the reason it is counted under."""


class Job:
    """The parts of a pipeline's spec that decide its figures. `timestamp` and `key` are field names; None: the Kafka record's own.
    `aggregations`: (member name, function, field or None)."""

    def __init__(self, aggregations, size_ms, timestamp="timestamp", key="key"):
        self.aggregations = aggregations
        self.size_ms = size_ms
        self.timestamp = timestamp
        self.key = key
        self.fields = sorted({field for _, _, field in aggregations if field is not None})

    def spec_aggregations(self):
        """As a spec writes them."""
        return [{"as": name, "function": function, **({} if field is None else {"field": field})}
                for name, function, field in self.aggregations]


def _deepest(text):
    """Nesting of brackets outside strings."""
    deepest = depth = 0
    inside = escaped = False
    for character in text:
        if inside:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                inside = False
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _no_constant(name):
    raise ValueError(f"{name} is not JSON")


def _document(value):
    if value is None:
        raise Bad("tombstone")
    if value == b"":
        raise Bad("empty")
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("not_utf8") from None
    if value.count(b"[") + value.count(b"{") > 512:
        deepest = _deepest(text)
        if deepest > DEEPEST:
            raise Bad("too_deep")
        if deepest > 512:
            text = _without_deep_member(text)
    try:
        document = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except ValueError:
        raise Bad("not_json") from None
    if not isinstance(document, dict):
        raise Bad("not_json")
    return document


def _without_deep_member(text):
    """Python's parser is recursive and would give up before 1,024: the brackets of a deep but legal member that no field uses are cut out."""
    start, end = text.index("["), text.rindex("]")
    middle = text[start:end + 1]
    assert middle.strip("[]") == "" and middle.count("[") == middle.count("]"), "the oracle knows no other deep records"
    return text[:start] + "[]" + text[end + 1:]


def _number(value, otherwise):
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Bad(otherwise)
    return value


def _key_text(value):
    if value is None:
        raise Bad("missing_key")
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return str(value)
    raise Bad("bad_key")


def decode(record, job, now_ms):
    """(timestamp, key text, {field: int, Fraction or None}), or raises Bad. `record` has value, key, timestamp."""
    document = _document(record.value)
    if job.timestamp is None:
        timestamp = record.timestamp
    else:
        timestamp = document.get(job.timestamp)
        if timestamp is None:
            raise Bad("missing_timestamp")
        timestamp = math.floor(_number(timestamp, "bad_timestamp"))
        if timestamp not in INT64:
            raise Bad("bad_timestamp")
    if timestamp > now_ms + DAY_MS:
        raise Bad("timestamp_in_future")
    if job.key is None:
        if record.key is None:
            raise Bad("missing_key")
        try:
            key = record.key.decode("utf-8")
        except UnicodeDecodeError:
            raise Bad("bad_key") from None
    else:
        key = _key_text(document.get(job.key))
    fields = {}
    for field in job.fields:
        value = document.get(field)
        if value is not None:
            value = _number(value, "bad_field")
            if isinstance(value, Decimal) or value not in INT64:
                try:
                    value = float(value)
                except OverflowError:
                    value = math.inf
                if math.isinf(value):
                    raise Bad("number_out_of_range")
                value = Fraction(value)
        fields[field] = value
    return timestamp, key, fields


class Window:
    """All values of one (key, window)."""

    def __init__(self):
        self.count = 0
        self.values = collections.defaultdict(list)

    def figure(self, function, field):
        if function == "count":
            return self.count if field is None else len(self.values[field])
        values = self.values[field]
        if not values:
            return None
        if function == "sum":
            return sum(values)
        if function == "avg":
            return Fraction(sum(values), len(values)) if all(isinstance(v, int) for v in values) else sum(values) / len(values)
        return {"min": min, "max": max}[function](values)


class Expected:
    """`windows`: {(key, window_start): Window}; `skipped`: {reason: records}; `good`: records in windows."""

    def __init__(self):
        self.windows = collections.defaultdict(Window)
        self.skipped = collections.Counter()
        self.good = 0


def expect(records, job, now_ms):
    """What must come out if no record is late. `now_ms`: about the wall clock, for timestamps in the future."""
    expected = Expected()
    for record in records:
        try:
            timestamp, key, fields = decode(record, job, now_ms)
        except Bad as bad:
            expected.skipped[bad.args[0]] += 1
            continue
        window = expected.windows[(key, timestamp - timestamp % job.size_ms)]
        window.count += 1
        expected.good += 1
        for field, value in fields.items():
            if value is not None:
                window.values[field].append(value)
    return expected


def differences(value, window, job, relative=1e-9):
    """Sentences about each figure of the result object `value` that is not the oracle's; counts, integer sums and extremes exactly."""
    found = []
    for name, function, field in job.aggregations:
        want, have = window.figure(function, field), value.get(name)
        if want is None or isinstance(want, int):
            right = type(have) is type(want) and have == want
        elif have is None or isinstance(have, bool) or not isinstance(have, (int, float)):
            right = False
        elif function in ("min", "max"):
            right = Fraction(have) == want
        else:
            scale = sum(abs(v) for v in window.values[field])
            right = abs(Fraction(have) - want) <= Fraction(relative) * max(scale if function == "sum" else abs(want), Fraction(1, 10**12))
        if not right:
            found.append(f"{name} is {have!r}, expected {want if not isinstance(want, Fraction) else float(want)!r}")
    return found
