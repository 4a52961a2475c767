"""What the bytes of a record mean to a job: event time, key, and a value for each aggregation. Part of the oracle, and as plain.

Written from the description of the formats alone (docs and design), apart from the product and from the record generator."""
import datetime
import json
import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

INT64 = range(-(1 << 63), 1 << 63)
DAY_MS = 86_400_000
DEEPEST = 1024


class Bad(Exception):
    """A record that must be skipped; the argument is the reason it is counted under."""


class Filtered(Exception):
    """A record that the filter leaves out; the argument is its timestamp, for it moves event time."""


class Event(NamedTuple):
    timestamp: int
    key: str
    # (partition, offset, line): which of two with the same timestamp is the earlier one.
    place: tuple
    # One value for each of the job's members: None where the record does not count for it.
    cells: tuple


# JSON

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


def _without_deep_member(text):
    """Python's parser is recursive and would give up before 1,024: the brackets of a deep but legal member that no field uses are cut out."""
    start, end = text.index("["), text.rindex("]")
    middle = text[start:end + 1]
    assert middle.strip("[]") == "" and middle.count("[") == middle.count("]"), "the oracle knows no other deep records"
    return text[:start] + "[]" + text[end + 1:]


def _utf8(value):
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("not_utf8") from None


def _object(value):
    if value == b"":
        raise Bad("empty")
    text = _utf8(value)
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


def _at(document, path):
    """The value at a dotted path; None if there is none."""
    for step in path.split("."):
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and re.fullmatch(r"0|[1-9]\d*", step) and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def _without_schema_prefix(value):
    """Five bytes that a Schema Registry's serializer puts in front, the first of them 0."""
    return value[5:] if len(value) >= 5 and value[0] == 0 else value


# CSV

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")


def _csv_word(text):
    """A field without quotes: a number as JSON writes them, a boolean, nothing, or text."""
    if text in ("", "true", "false"):
        return {"": None, "true": True, "false": False}[text]
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    return int(text) if number.group(1) is number.group(2) is None else Decimal(text)


def _csv_fields(text, delimiter):
    """The fields of one line, quoted as in RFC 4180."""
    fields, rest = [], text
    while True:
        if rest.startswith('"'):
            quoted = re.match(r'"((?:[^"]|"")*)"', rest)
            if quoted is None:
                raise Bad("not_csv")
            fields.append(quoted.group(1).replace('""', '"'))
            rest = rest[quoted.end():]
        else:
            word = re.match(r"[^%s\"\r\n]*" % re.escape(delimiter), rest).group()
            fields.append(_csv_word(word))
            rest = rest[len(word):]
        if rest == "":
            return fields
        if rest[0] != delimiter:
            raise Bad("not_csv")
        rest = rest[1:]


def _csv_line(value, columns, delimiter):
    if value == b"":
        raise Bad("empty")
    text = _utf8(value)
    text = re.sub(r"\r?\n\Z", "", text, count=1)
    fields = _csv_fields(text, delimiter)
    if len(fields) != len(columns):
        raise Bad("not_csv")
    return dict(zip(columns, fields))


def _documents(value, job):
    """For each record that a Kafka record's value holds, a function that returns what finds its fields, or raises Bad."""
    if job.format == "raw":
        return [lambda: lambda path: None]
    if value is None:
        def tombstone():
            raise Bad("tombstone")
        return [tombstone]
    if job.format == "csv":
        return [lambda: _csv_line(value, job.columns, job.delimiter).get]

    def finder(text):
        document = _object(text)
        return lambda path: _at(document, path)
    value = _without_schema_prefix(value)
    if job.format == "json":
        return [lambda: finder(value)]
    return [lambda line=line: finder(line) for line in value.split(b"\n") if line.strip(b" \t\r")] or [lambda: finder(b"")]


# Time, key, conditions, values

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?(?:[Zz]|([+-]\d\d:\d\d))")
_PER_MS = {"s": Fraction(1000), "ms": Fraction(1), "us": Fraction(1, 1000), "ns": Fraction(1, 1_000_000)}


def _rfc3339(text):
    found = _RFC3339.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise Bad("bad_timestamp")
    day, clock, fraction, zone = found.groups()
    moment = datetime.datetime.fromisoformat(f"{day}T{clock}{zone or '+00:00'}")
    return math.floor((moment.timestamp() + Fraction(fraction or 0)) * 1000)


def _timestamp(find, record, job, now_ms):
    if job.timestamp is None:
        timestamp = record.timestamp
    else:
        timestamp = find(job.timestamp)
        if timestamp is None:
            raise Bad("missing_timestamp")
        if job.unit == "rfc3339":
            timestamp = _rfc3339(timestamp)
        elif isinstance(timestamp, bool) or not isinstance(timestamp, (int, Decimal)):
            raise Bad("bad_timestamp")
        else:
            timestamp = math.floor(Fraction(timestamp) * _PER_MS[job.unit])
        if timestamp not in INT64:
            raise Bad("bad_timestamp")
    if timestamp > now_ms + DAY_MS:
        raise Bad("timestamp_in_future")
    return timestamp


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


def _key(find, record, job):
    if job.key_fields is None:
        if record.key is None:
            raise Bad("missing_key")
        try:
            return record.key.decode("utf-8")
        except UnicodeDecodeError:
            raise Bad("bad_key") from None
    parts = [(path, _key_text(find(path))) for path in job.key_fields]
    if job.key_type == "composite" or len(parts) > 1:
        parts = [(path, re.sub(r"([|,:\\])", r"\\\1", text)) for path, text in parts]
    if job.key_type == "composite":
        return "composite:" + ",".join(f"{path}:{text}" for path, text in sorted(parts))
    return ("" if job.key_type == "plain" else f"{job.key_type}:") + "|".join(text for _, text in parts)


def _kind(value):
    return "boolean" if isinstance(value, bool) else "number" if isinstance(value, (int, Decimal, float)) else "text" if isinstance(value, str) else "other"


def holds(condition, find):
    """A condition of a spec, or a list of which all must hold."""
    if isinstance(condition, list):
        return all(holds(one, find) for one in condition)
    if "any" in condition:
        return any(holds(one, find) for one in condition["any"])
    if "all" in condition:
        return holds(condition["all"], find)
    if "not" in condition:
        return not holds(condition["not"], find)
    have, op, want = find(condition["field"]), condition["op"], condition.get("value")
    if have is None or op == "exists":
        return have is not None
    if isinstance(have, Decimal):
        have = float(have)
    if op == "in":
        return any(_kind(have) == _kind(one) and have == one for one in want)
    same = _kind(have) == _kind(want)
    if op in ("==", "!="):
        return (same and have == want) == (op == "==")
    if not same:
        return False
    if op == "contains":
        return want in have
    if op == "starts_with":
        return have.startswith(want)
    if _kind(have) == "text":
        have, want = have.encode(), want.encode()
    return {"<": have < want, "<=": have <= want, ">": have > want, ">=": have >= want}[op]


def _numeric(value):
    """int while it is an integer of 64 bits, else the nearest double; exact."""
    if isinstance(value, int) and value in INT64:
        return value
    try:
        value = float(value)
    except OverflowError:
        value = math.inf
    if math.isinf(value):
        raise Bad("number_out_of_range")
    return value


def _cell(member, find):
    """What the record adds to a member: None for nothing; True where only its being there counts."""
    if member.function is None or (member.where is not None and not holds(member.where, find)):
        return None
    if member.field is None:
        return True
    value = find(member.field)
    if value is None:
        return None
    kind = _kind(value)
    if kind == "other" or (kind != "number" and member.function not in ("count", "rate", "distinct", "first", "last")):
        raise Bad("bad_field")
    if member.function in ("count", "rate"):
        return True
    return _numeric(value) if kind == "number" else value


def _decode_one(document, record, job, now_ms, place):
    find = document()
    timestamp = _timestamp(find, record, job, now_ms)
    if job.filter is not None and not holds(job.filter, find):
        raise Filtered(timestamp)
    key = _key(find, record, job)
    cells, faults = [], set()
    for member in job.members:
        try:
            cells.append(_cell(member, find))
        except Bad as bad:
            faults.add(bad.args[0])
    if faults:
        raise Bad(min(faults))  # "bad_field" comes before "number_out_of_range"
    return Event(timestamp, key, place, tuple(cells))


def decode(record, job, now_ms, offset=0):
    """For each record in a Kafka record an Event, a Bad or a Filtered. `record` has value, key, timestamp, partition."""
    found = []
    for line, document in enumerate(_documents(record.value, job)):
        try:
            found.append(_decode_one(document, record, job, now_ms, (record.partition, offset, line)))
        except (Bad, Filtered) as other:
            found.append(other)
    return found
