"""Formats, keys and filters as users have them: figures, and every record in the ledger under what became of it."""
import datetime
import json
import time

import pytest

import generator
from checks import check_figures, check_ledger, check_once, check_wire, wait_committed, wait_results
from daemon import Daemon
from generator import Record
from jobs import spec
from oracle import Job, expect
from topics import Output

MINUTE = 60_000
BASE = (int(time.time() * 1000) - 3 * 60 * MINUTE) // MINUTE * MINUTE
SPAN = 6 * MINUTE
CLOSING = BASE + 10 * SPAN
PARTITIONS = 3
SCHEMA_PREFIX = b"\0\0\0\1\2"
AGGREGATIONS = ["count", "sum(latency_ms)", "avg(latency_ms)", "p95(latency_ms)", "distinct(user)", "first(version)", "last(version)",
                {"as": "failed", "function": "rate", "where": [{"field": "status", "op": "in", "value": [500, 503]}]}]


def rfc3339(ms):
    """With an offset now and then, and finer than ms."""
    zone = datetime.timezone(datetime.timedelta(hours=ms % 5 - 2))
    moment = datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc if ms % 5 == 2 else zone)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}9" + ("Z" if ms % 5 == 2 else moment.isoformat()[-6:])


def gateway_json(documents):
    """Members in members, times as text, half of it behind a schema id."""
    def render(number, d):
        text = json.dumps({"at": rfc3339(d["timestamp"]), "request": {"model": d["model"] + "|a,b:c\\" * (number % 3 == 0), "hops": [{"region": d["region"]}]},
                           **{name: d[name] for name in ("status", "latency_ms", "user", "version", "test") if name in d}})
        return SCHEMA_PREFIX * (number % 2) + text.encode()
    good = [Record(number % PARTITIONS, render(number, d)) for number, d in enumerate(documents)]
    bad = [SCHEMA_PREFIX, SCHEMA_PREFIX + b"{", b"\0{}", b'{"at":"yesterday"}', b'{"at":"2026-01-01T00:00:00Z","request":{"model":"m"}}', None,
           b'{"at":"2026-01-01T00:00:00Z","request":{"model":{},"hops":[{"region":1}]}}',
           json.dumps({"at": rfc3339(BASE), "request": {"model": "m", "hops": [{"region": "eu"}]}, "latency_ms": "12"}).encode()]
    return good[:100] + [Record(0, value) for value in bad] + good[100:]


def json_lines(documents):
    """Up to seven lines a record, with blank ones, line ends of both kinds, and lines that are no JSON among good ones."""
    records, number, last = [], 0, documents[-PARTITIONS:]
    while number < len(documents) - len(last):
        lines = [json.dumps(d).encode() for d in documents[number:min(number + 1 + len(records) % 7, len(documents) - len(last))]]
        number += len(lines)
        if len(records) % 5 == 0:
            lines[1:1] = [b"", b" \t", b"{oops", b"[1]"]
        text = (b"\r\n" if len(records) % 2 else b"\n").join(lines) + b"\n" * (len(records) % 3)
        records.append(Record(len(records) % PARTITIONS, SCHEMA_PREFIX * (len(records) % 4 == 0) + text))
    records += [Record(1, b""), Record(1, b" \n\n"), Record(1, None), Record(1, b'{"timestamp":1,"region":"eu"}\n{"model":"m","region":"eu"}')]
    return records + generator.over(PARTITIONS, last)


COLUMNS = ["time", "region", "model", "status", "latency.ms", "user", "version", "comment"]


def semicolons(documents):
    """Quoted where it must be, and elsewhere now and then; seconds with fractions; nothing in a column is a missing field."""
    def quoted(text):
        return '"' + str(text).replace('"', '""') + '"'

    def render(number, d):
        latency = d.get("latency_ms")
        fields = [f"{d['timestamp'] // 1000}.{d['timestamp'] % 1000:03d}", quoted(d["region"]) if number % 4 == 0 else d["region"], d["model"],
                  "" if number % 50 == 0 else d["status"], "" if latency is None else latency, d["user"], quoted("a;b") if number % 3 == 0 else d["version"],
                  quoted('said "no";\nwent') if number % 7 == 0 else ""]
        return (";".join(map(str, fields)) + ("", "\n", "\r\n")[number % 3]).replace(";True;", ";true;").encode()
    time = BASE // 1000
    bad = [b"", b"\n", b"1;2", f"{time};eu;m;1;2;u;v;c;more".encode(), f'{time};eu;m;1;2;u;v;"open'.encode(), f'{time};eu;m;1;2;u;v;a"b'.encode(), b"\xff;eu;m;1;2;u;v;c",
           f'"{time}";eu;m;1;2;u;v;c'.encode(), f";eu;m;1;2;u;v;c".encode(), f"{time};;m;1;2;u;v;c".encode(), f"{time};eu;m;1;fast;u;v;c".encode(),
           f"{time};eu;m;1;1e999;u;v;c".encode(), b"99999999999;eu;m;1;2;u;v;c", None]
    good = [Record(number % PARTITIONS, render(number, d)) for number, d in enumerate(documents)]
    return good[:50] + [Record(2, value) for value in bad] + good[50:]


def anything(documents):
    """Values that nobody could read; key and time are Kafka's."""
    values = [b"\xff\xfe", b"", None, b"{", b'{"a":1}']
    good = [Record(number % PARTITIONS, values[number % 5], d["model"].encode(), d["timestamp"]) for number, d in enumerate(documents)]
    return good + [Record(0, b"x", None, BASE), Record(0, b"x", b"\xff", BASE)]


NO_TESTS = [{"not": {"field": "test", "op": "==", "value": True}}]
# name: (event, aggregations, what makes the records, a key that must be among the results, reasons of skipped records)
FORMATS = {
    "json": ({"format": "json", "timestamp": {"field": "at", "unit": "rfc3339"}, "filter": NO_TESTS,
              "key": {"fields": ["request.model", "request.hops.0.region"], "type": "composite"}},
             AGGREGATIONS, gateway_json, r"composite:request.hops.0.region:eu,request.model:atlas-0\|a\,b\:c\\",
             {"empty": 1, "not_json": 2, "bad_timestamp": 1, "missing_key": 1, "tombstone": 1, "bad_key": 1, "bad_field": 1}),
    "jsonl": ({"format": "jsonl", "timestamp": {"field": "timestamp"}, "key": {"fields": ["region", "model"], "type": "user"},
               "filter": [*NO_TESTS, {"any": [{"field": "model", "op": "contains", "value": "-0"}, {"field": "region", "op": "!=", "value": "ap"}]}]},
              AGGREGATIONS, json_lines, "user:eu|atlas-3", {"not_json": 122, "empty": 2, "tombstone": 1, "missing_key": 1, "missing_timestamp": 1}),
    "csv": ({"format": "csv", "columns": COLUMNS, "delimiter": ";", "timestamp": {"field": "time", "unit": "s"}, "key": {"fields": ["region", "model"], "type": "session"},
             "filter": [{"field": "status", "op": "exists"}, {"any": [{"field": "comment", "op": "starts_with", "value": "said"}, {"field": "status", "op": "<", "value": 503}]}]},
            ["count", "sum(latency.ms)", "max(latency.ms)", "distinct(user)", "last(version)", "first(comment)", {"as": "said", "expression": "sum_latency_ms / count"}],
            semicolons, "session:us|atlas-0", {"empty": 1, "not_csv": 5, "not_utf8": 1, "bad_timestamp": 1, "missing_timestamp": 1, "missing_key": 1, "bad_field": 1,
                                               "number_out_of_range": 1, "timestamp_in_future": 1, "tombstone": 1}),
    "raw": ({"format": "raw", "key": {"from": "kafka", "scope": "global"}}, ["count", "rate"], anything, "atlas-0", {"missing_key": 1, "bad_key": 1}),
}


@pytest.fixture(scope="module")
def daemon(binary, cluster, tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats")
    daemon = Daemon(binary, folder / "data", cluster.brokers, folder / "log").start()
    yield daemon
    try:
        daemon.term()
    finally:
        daemon.close()


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_has_the_oracles_figures_and_every_record_is_in_the_ledger(daemon, cluster, request, unique, open_output, format):
    request.node.daemons = [daemon]
    event, aggregations, records_of, key, skipped = FORMATS[format]
    job = Job(aggregations, {"type": "tumbling", "size_ms": MINUTE}, event)
    documents = generator.requests(63, BASE, 1_200, SPAN)
    documents += [{**documents[0], "timestamp": CLOSING, "model": "closing"} for _ in range(PARTITIONS)]
    records = records_of(documents)
    topic, result_topic = cluster.create(unique, partitions=PARTITIONS), cluster.create(f"{unique}-out", partitions=2)
    started_ms = int(time.time() * 1000)
    daemon.create(spec(unique, job, topic, result_topic, kafka__auto_commit_interval_ms=200, buffer_size=5))
    cluster.produce(topic, records)
    expected = expect(records, job, started_ms)
    assert expected.skipped == skipped
    assert key in {name for name, _ in expected.windows}
    for identity in [identity for identity in expected.windows if identity[1] >= CLOSING]:
        del expected.windows[identity]
    output = open_output(cluster, result_topic)
    wait_results(daemon, output, expected, unique)
    check_figures(output.read(), expected, job)
    check_once(output.rows)
    for row in output.rows:
        check_wire(row, job, unique, started_ms)
    wait_committed(daemon, cluster, unique, topic)
    stats = daemon.stats(unique)
    check_ledger(stats, sum(expected.records.values()) + sum(skipped.values()))
    assert stats["records"] == {**expected.records, "skipped": skipped, "dead_lettered": {}}
    assert (stats["records"]["filtered"] > 50) == ("filter" in event)
    assert daemon.delete(f"/v1/pipelines/{unique}").status == 204
