"""Records for a job: out of order within a bound, with keys and values of every kind, and a share of each kind of bad record."""
import json
import random
from typing import NamedTuple, Optional

YEAR_9999 = 253_370_764_800_000
CLOSING_KEY = "closing"
NO_VALUE_KEY = "no-value"

ODD_KEYS = [
    "", "ключ", "鍵", "clé", "emoji \U0001F600", 'quote"s', "back\\slash", "tab\there", "new\nline", "nul\u0000inside", "a|b", "a:b,c",
    "\u007f", "line\u2028separator", "/slash/", "x" * 500, "{}", "null", "12", " spaces ",
]
KEYS = [f"key-{number:03d}" for number in range(100 - len(ODD_KEYS))] + ODD_KEYS


class Record(NamedTuple):
    """One record to produce. `timestamp`: Kafka's own, ms; None: the time of producing. `reason`: what it must be skipped under; None: it counts."""
    partition: int
    value: Optional[bytes]
    key: Optional[bytes] = None
    timestamp: Optional[int] = None
    reason: Optional[str] = None


def text_of(rng, text):
    """A JSON string: escaped, raw UTF-8, or with `/` escaped too. All mean the same."""
    form = rng.randrange(3)
    if form == 0:
        return json.dumps(text)
    if form == 1:
        return json.dumps(text, ensure_ascii=False)
    return json.dumps(text).replace("/", "\\/")


def plain(rng, ts, key, extra=""):
    value, ratio = rng.randrange(-1000, 100_000), rng.random() * 10 ** rng.randrange(-8, 9)
    members = [f'"timestamp":{ts}', f'"key":{text_of(rng, key)}', f'"value":{value}', f'"ratio":{ratio!r}']
    if rng.randrange(8) == 0:
        rng.shuffle(members)
    separator = rng.choice([",", ",", ",", " , \n\t"])
    return "{" + separator.join(members) + extra + "}"


def _nested(levels):
    return "[" * levels + "]" * levels


def _pad(length):
    return ',"pad":"' + "x" * length + '"'


MIB = 1 << 20

# name: (reason, maker(rng, ts, key) -> str, bytes or None)
BAD = {
    "tombstone": ("tombstone", lambda rng, ts, key: None),
    "empty value": ("empty", lambda rng, ts, key: b""),
    "not JSON": ("not_json", lambda rng, ts, key: rng.choice([
        "hello", "12", "null", '"text"', "[1,2]", "{'timestamp':1}", plain(rng, ts, key) + plain(rng, ts, key), plain(rng, ts, key) + " x",
        plain(rng, ts, key, ","), plain(rng, ts, key, ',"z":NaN'), plain(rng, ts, key, ',"z":01'), plain(rng, ts, key, ',"z":"a\nb"'),
        plain(rng, ts, key, ',"z":[1,}'), "," + plain(rng, ts, key), "<a/>"])),
    "not UTF-8": ("not_utf8", lambda rng, ts, key: plain(rng, ts, "key-000", ',"z":"@"').encode().replace(
        b"@", rng.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x28\xa1", b"\x80"]))),
    "truncated": ("not_json", lambda rng, ts, key: (lambda whole: whole[:rng.randrange(1, len(whole))])(plain(rng, ts, "key-000"))),
    "deep nesting": ("too_deep", lambda rng, ts, key: plain(rng, ts, key, ',"z":' + _nested(rng.choice([1_024, 1_100, 3_000])))),
    "timestamp absent": ("missing_timestamp", lambda rng, ts, key: rng.choice(
        [f'{{"key":{text_of(rng, key)},"value":1}}', f'{{"timestamp":null,"key":{text_of(rng, key)},"value":1}}'])),
    "timestamp of a wrong type": ("bad_timestamp", lambda rng, ts, key: plain(rng, rng.choice(
        [f'"{ts}"', "true", "{}", f"[{ts}]", '"2026-01-01T00:00:00Z"']), key)),
    "timestamp in the year 9999": ("timestamp_in_future", lambda rng, ts, key: plain(rng, YEAR_9999 + rng.randrange(10**9), key)),
    "key absent": ("missing_key", lambda rng, ts, key: rng.choice([f'{{"timestamp":{ts},"value":1}}', f'{{"timestamp":{ts},"key":null,"value":1}}'])),
    "key of a wrong type": ("bad_key", lambda rng, ts, key: f'{{"timestamp":{ts},"key":{rng.choice(["{}", "[1]", "[]"])},"value":1}}'),
    "field of a wrong type": ("bad_field", lambda rng, ts, key: f'{{"timestamp":{ts},"key":{text_of(rng, key)},"value":'
                              + rng.choice(['"12"', "true", "{}", "[1]", '""']) + ',"ratio":1.5}'),
    "number out of range": ("number_out_of_range", lambda rng, ts, key: f'{{"timestamp":{ts},"key":{text_of(rng, key)},"value":'
                            + rng.choice(["1e400", "-1e400", "1" + "0" * 400]) + ',"ratio":1.5}'),
}

GOOD = {
    "field absent": lambda rng, ts, key: f'{{"timestamp":{ts},"key":{text_of(rng, rng.choice([key, NO_VALUE_KEY]))}}}',
    "field null": lambda rng, ts, key: f'{{"timestamp":{ts},"key":{text_of(rng, rng.choice([key, NO_VALUE_KEY]))},"value":null,"ratio":null}}',
    "duplicate members": lambda rng, ts, key: plain(rng, ts, key, f',"timestamp":{ts},"z":1,"z":"two"'),
    "unused number out of range": lambda rng, ts, key: plain(rng, ts, key, ',"z":1e400'),
    "unused members of every type": lambda rng, ts, key: plain(rng, ts, key, ',"a":{"timestamp":1,"key":[{"value":"x"}]},"b":"}{][\\"\\\\","c":[true,null,-0.0e-3]'),
    "deep but legal": lambda rng, ts, key: plain(rng, ts, key, ',"z":' + _nested(rng.choice([1_000, 1_023]))),
    "timestamp with a fraction": lambda rng, ts, key: plain(rng, f"{ts}.75", key),
    "an odd key": lambda rng, ts, key: plain(rng, ts, rng.choice(ODD_KEYS)),
}


def bulk(seed, base, count=200_000, partitions=8, windows=30, size_ms=60_000, max_delay_ms=5_000, keys=KEYS, record_keys=False, bad=True):
    """`count` records over `windows` windows from `base` on (a window's start, ms), round robin over the partitions. In each partition
    no record is `max_delay_ms` or more behind the largest timestamp before it. With `bad`, 1 % of each kind of BAD and GOOD, 1 % with
    negative timestamps (a partition's first records, so that nothing makes them late) and two of 1 MiB per partition.
    `record_keys`: the Kafka record key is the key, and each key is in one partition; the payload has one that means nothing."""
    rng = random.Random(seed)
    each = count // partitions
    columns = []
    for partition in range(partitions):
        own = [key for number, key in enumerate(keys) if number % partitions == partition] if record_keys else keys
        kinds = []
        share = each // 100
        if bad:
            for name, (reason, make) in BAD.items():
                if not (record_keys and "key" in name):
                    kinds += [(reason, make)] * share
            for make in GOOD.values():
                kinds += [(None, make)] * share
            if record_keys:
                kinds += [("missing_key", None), ("bad_key", None)] * share
        negative = share if bad else 0
        kinds += [(None, plain)] * (each - negative - len(kinds))
        rng.shuffle(kinds)
        if bad:
            kinds[each // 3] = (None, lambda rng, ts, key: plain(rng, ts, key, _pad(MIB)))
            kinds[each // 2] = ("not_json", lambda rng, ts, key: plain(rng, ts, key, _pad(MIB))[:-1])
            kinds[each // 4] = ("too_deep", lambda rng, ts, key: plain(rng, ts, key, ',"z":' + _nested(200_000)))
        span = windows * size_ms
        column = []
        for number in range(negative):
            ts = -3 * size_ms + (3 * size_ms * number) // negative - rng.randrange(max_delay_ms)
            column.append(_record(rng, partition, None, plain, ts, rng.choice(own), record_keys))
        for number, (reason, make) in enumerate(kinds):
            arrival = base + (span * number) // len(kinds)
            ts = max(base, arrival - rng.randrange(max_delay_ms))
            column.append(_record(rng, partition, reason, make, ts, rng.choice(own), record_keys))
        columns.append(column)
    return [record for row in zip(*columns) for record in row]


def _record(rng, partition, reason, make, ts, key, record_keys):
    record_key = key.encode() if record_keys else rng.choice([None, b"anything"])
    if make is None:
        record_key = None if reason == "missing_key" else b"\xff\xfe"
        make = plain
    value = make(rng, ts, key)
    if isinstance(value, str):
        value = value.encode()
    return Record(partition, value, record_key, None, reason)


def event(partition, ts, key, value=1, ratio=1.5, record_key=None, kafka_timestamp=None):
    """One plain record."""
    text = json.dumps({"timestamp": ts, "key": key, "value": value, "ratio": ratio})
    return Record(partition, text.encode(), record_key, kafka_timestamp)


def closing(partitions, ts, record_keys=False):
    """One record a partition, so much later that every window before `ts` minus the delay closes. Its own stays open."""
    return [event(p, ts, CLOSING_KEY, record_key=f"{CLOSING_KEY}-{p}".encode() if record_keys else None) for p in range(partitions)]


def late(seed, base, partitions, each=25, size_ms=60_000):
    """Records of windows that closed long ago: the first windows of a bulk, and before the epoch."""
    rng = random.Random(seed)
    return [event(p, rng.choice([-1, -size_ms, base + rng.randrange(size_ms)]), rng.choice(KEYS[:80])) for _ in range(each) for p in range(partitions)]


def requests(seed, base, count, span_ms, models=8, max_delay_ms=5_000):
    """`count` documents over `span_ms` as a gateway in front of models might write them, each less than `max_delay_ms` behind the largest
    timestamp before it. All models but the first fall silent now and then, for sessions to end. `latency_ms` is an integer, a fraction,
    null or not there; `version` is of every scalar type."""
    rng = random.Random(seed)
    documents = []
    for number in range(count):
        ts = max(base, base + span_ms * number // count - rng.randrange(max_delay_ms))
        awake = [m for m in range(1, models) if (ts // 40_000 + m) % 3]
        document = {
            "timestamp": ts, "model": f"atlas-{rng.choice(awake) if rng.random() < 0.7 else 0}", "region": rng.choice(["eu", "us", "ap"]),
            "status": rng.choice([200, 200, 200, 404, 500, 503]), "user": f"u{rng.randrange(5_000)}", "test": rng.random() < 0.1,
            "version": rng.choice(["1.0", "1.1", "clé \U0001F600", 2, 2.5, True]), "usage": {"total_tokens": rng.randrange(1, 1_000)}}
        latency = rng.choice([rng.randrange(1, 5_000), round(rng.lognormvariate(5, 2), 3), None, ...] if number % 4 == 0 else [rng.randrange(1, 5_000)])
        documents.append(document if latency is ... else {**document, "latency_ms": latency})
    return documents


def over(partitions, documents, render=json.dumps):
    """A record for each document, round robin over the partitions."""
    return [Record(number % partitions, render(document).encode()) for number, document in enumerate(documents)]
