"""The tests' own parts, without Kafka and daemon: a wrong oracle proves nothing."""
import collections
import time
from fractions import Fraction

import generator
import oracle
from decoding import Bad, Filtered, decode
from generator import Record, event
from jobs import JOB, RECORD_KEY_JOB

NOW = int(time.time() * 1000)
BASE = (NOW - 3 * 3_600_000) // 60_000 * 60_000


def test_generator_and_oracle_agree_on_every_record():
    for job, record_keys in ((JOB, False), (RECORD_KEY_JOB, True)):
        seen = collections.Counter()
        for record in generator.bulk(7, BASE, count=16_000, record_keys=record_keys):
            [found] = decode(record, job, NOW)
            reason = found.args[0] if isinstance(found, Bad) else None
            assert reason == record.reason, record.value and record.value[:300]
            seen[reason] += 1
        assert set(seen) >= {reason for reason, _ in generator.BAD.values()}
        assert all(seen[reason] >= 150 for reason in seen)


def test_no_generated_record_is_as_late_as_max_delay():
    largest = {}
    for record in generator.bulk(8, BASE, count=16_000, max_delay_ms=5_000):
        if record.reason is None:
            timestamp = decode(record, JOB, NOW)[0].timestamp
            assert timestamp > largest.get(record.partition, timestamp) - 5_000
            largest[record.partition] = max(timestamp, largest.get(record.partition, timestamp))


def test_figures_are_those_of_a_small_example_worked_by_hand():
    events = [
        generator.event(0, 0, "a", 1, 0.5), generator.event(1, 59_999, "a", 2, 0.25), generator.event(0, 60_000, "a", 10, 1),
        generator.event(0, -1, "b", -5, 2.0), generator.Record(0, b'{"timestamp":1,"key":"c"}'), generator.Record(0, b"{"),
    ]
    expected = oracle.expect(events, JOB, NOW)
    assert set(expected.windows) == {("a", 0), ("a", 60_000), ("b", -60_000), ("c", 0)}
    assert expected.skipped == {"not_json": 1} and expected.good == 5
    first = expected.windows[("a", 0)]
    assert [first.figure(JOB, f"{f}_value") for f in ("sum", "min", "max", "avg")] == [3, 1, 2, Fraction(3, 2)]
    assert first.figure(JOB, "count") == 2 and first.figure(JOB, "sum_ratio") == Fraction(3, 4)
    nothing = expected.windows[("c", 0)]
    assert nothing.figure(JOB, "sum_value") is None and nothing.figure(JOB, "values") == 0


def test_a_wrong_figure_is_a_difference():
    expected = oracle.expect([generator.event(0, 0, "a", 1, 0.5), generator.event(0, 1, "a", 2, 0.25)], JOB, NOW)
    window = expected.windows[("a", 0)]
    figures = {member.name: window.figure(JOB, member.name) for member in JOB.members}
    right = {"window_start": 0, "window_end": 60_000, **{name: float(f) if isinstance(f, Fraction) else f for name, f in figures.items()}}
    assert oracle.differences(right, window, JOB) == []
    for name in figures:
        for wrong in (right[name] + 1, right[name] * (1 + 1e-6), None, str(right[name]), True):
            assert len(oracle.differences({**right, name: wrong}, window, JOB)) == 1, (name, wrong)


def windows(job, timestamps, **options):
    """{(start or seq, end): timestamps} of events of one key."""
    expected = oracle.expect([event(0, t, "a") for t in timestamps], oracle.Job(["count"], job), NOW, **options)
    return {(identity[1], w.end): sorted(e.timestamp for e in w.events) for identity, w in expected.windows.items()}, expected.records


def test_windows_of_every_kind_are_those_of_small_examples_worked_by_hand():
    sliding = {"type": "sliding", "size_ms": 25, "slide_ms": 10, "offset_ms": 3}
    assert windows(sliding, [13, 22])[0] == {(-7, 18): [13], (3, 28): [13, 22], (13, 38): [13, 22]}
    assert windows({"type": "tumbling", "size_ms": 10, "offset_ms": 4}, [3, 4, -6])[0] == {(-6, 4): [-6, 3], (4, 14): [4]}
    session = {"type": "session", "gap_ms": 10}
    assert windows(session, [20, 0, 31, 10, 42])[0] == {(0, 30): [0, 10, 20], (31, 41): [31], (42, 52): [42]}
    assert windows({"type": "count", "count": 2}, [5, 3, 9, 1, 7])[0] == {(1, 5): [3, 5], (2, 9): [1, 9]}


def test_lateness_is_judged_by_the_records_before():
    late = {"max_delay_ms": 0, "lateness_ms": 5}
    # The watermark: 16, so [0, 10) is gone; 14 is kept to 15.
    assert windows({"type": "tumbling", "size_ms": 10}, [1, 14, 2, 16, 3], **late) == (
        {(0, 10): [1, 2], (10, 20): [14, 16]}, {"on_time": 3, "late_accepted": 1, "late_dropped": 1, "filtered": 0})
    # Alone it is a late session; it joins one that is kept, and one that is gone stays as it was.
    session = {"type": "session", "gap_ms": 10}
    assert windows(session, [0, 17, 8], **late) == ({(0, 10): [0], (8, 27): [8, 17]}, {"on_time": 3, "late_accepted": 0, "late_dropped": 0, "filtered": 0})
    assert windows(session, [0, 14, 5], **late)[0] == {(0, 24): [0, 5, 14]}
    assert windows(session, [0, 30, 5], **late) == ({(0, 10): [0], (30, 40): [30]}, {"on_time": 2, "late_accepted": 0, "late_dropped": 1, "filtered": 0})


def test_each_function_of_a_small_example_worked_by_hand():
    job = oracle.Job([
        "variance(v)", {"as": "all", "function": "variance", "field": "v", "population": True}, "stddev(v)", "p50(v)", "percentile(99.9, v)", "distinct(v)",
        "distinct(w)", "first(w)", "last(w)", "rate", {"as": "large", "function": "count", "where": [{"field": "v", "op": ">", "value": 2}]},
        {"as": "share", "expression": "(large - 1) / `distinct_v`"}, {"as": "none", "expression": "1 / (large - large)"}, "sum(a.b.0)"], 2_000)
    texts = ['{"timestamp":3,"key":"a","v":2,"w":"x"}', '{"timestamp":1,"key":"a","v":4,"w":true,"a":{"b":[7]}}', '{"timestamp":2,"key":"a","v":4.0,"w":1}',
             '{"timestamp":3,"key":"a","v":6,"w":1.0}', '{"timestamp":0,"key":"a"}']
    window = oracle.expect([Record(0, text.encode()) for text in texts], job, NOW).windows[("a", 0)]
    value = {"window_start": 0, "window_end": 2_000, "variance_v": 8 / 3, "all": 2.0, "stddev_v": (8 / 3) ** 0.5, "p50_v": 4.03, "p99_9_v": 4, "distinct_v": 3,
             "distinct_w": 3, "first_w": True, "last_w": 1.0, "rate": 2.5, "large": 3, "share": 2 / 3, "none": None, "sum_a_b_0": 7}
    assert [member.name for member in job.members] == list(value)[2:]
    assert oracle.differences(value, window, job) == []
    for name, wrong in (("variance_v", 2.0), ("all", 8 / 3), ("stddev_v", 1.63), ("p50_v", 4.05), ("p99_9_v", 6), ("distinct_w", 4), ("first_w", 1), ("last_w", "x"),
                        ("last_w", 1), ("rate", 5), ("large", 2), ("share", 1), ("none", 0.0), ("window_end", 1_999)):
        assert oracle.differences({**value, name: wrong}, window, job), (name, wrong)


def decoded(value, event, members=("first(v)",), key=b"k"):
    """The cells, or what the record is skipped for, of each record in a value."""
    found = decode(Record(0, value, key, 5), oracle.Job(list(members), 10, event), NOW)
    return ["filtered" if isinstance(one, Filtered) else one.args[0] if isinstance(one, Bad) else (one.timestamp, one.key, *one.cells) for one in found]


def test_formats_mean_what_the_reference_says():
    assert decoded(b'\0\0\0\0\7{"v":1}', {}) == [(5, "k", 1)]
    assert decoded(b'{"v":1}\r\n\n \n{"v":"x"\n{"v":2}', {"format": "jsonl"}) == [(5, "k", 1), "not_json", (5, "k", 2)]
    assert decoded(b"\n", {"format": "jsonl"}) == ["empty"] and decoded(None, {"format": "jsonl"}) == ["tombstone"]
    assert decoded(b"\xff\0", {"format": "raw"}, ["count"]) == [(5, "k", True)]
    csv = {"format": "csv", "columns": ["t", "v"], "delimiter": ";", "timestamp": {"field": "t", "unit": "s"}}
    lines = {b'1.5;"a;""b"': (1500, "k", 'a;"b'), b"1;2\r\n": (1000, "k", 2), b"1;": (1000, "k", None), b'1;"2"': (1000, "k", "2"), b"1;007": (1000, "k", "007"),
             b"1;true": (1000, "k", True), b"1": "not_csv", b"1;2;3": "not_csv", b'1;"2': "not_csv", b'1;2"': "not_csv", b"1;2\n3;4": "not_csv", b"x;1": "bad_timestamp"}
    assert {line: decoded(line, csv)[0] for line in lines} == lines
    key = {"key": {"fields": ["b", "a"], "type": "composite"}, "timestamp": {"field": "t", "unit": "rfc3339"}}
    assert decoded(b'{"a":"x,y","b":1.50,"t":"1970-01-01T01:00:00.0019+01:00"}', key) == [(1, r"composite:a:x\,y,b:1.50", None)]


def test_conditions_mean_what_the_reference_says():
    text = b'{"v":1,"n":5.0,"s":"atlas-9","f":false,"z":null}'

    def passes(**condition):
        return decoded(text, {"filter": [condition]}) != ["filtered"]
    for field, op, value, holds in (
            ("n", "==", 5, True), ("n", "!=", 5, False), ("n", ">", 4.5, True), ("n", "<", "9", False), ("n", "!=", "5", True), ("s", ">", "atlas-10", True),
            ("s", "starts_with", "atlas", True), ("s", "contains", "x", False), ("f", "==", False, True), ("f", "==", 0, False), ("n", "in", ["5", 5], True),
            ("n", "in", [True, 4], False), ("z", "!=", 1, False), ("y", "!=", 1, False)):
        assert passes(field=field, op=op, value=value) is holds, (field, op, value)
        assert passes(**{"not": {"field": field, "op": op, "value": value}}) is not holds
    assert passes(field="f", op="exists") and not passes(field="z", op="exists")
    assert passes(any=[{"field": "y", "op": "exists"}, {"all": [{"field": "n", "op": ">=", "value": 5}]}])
