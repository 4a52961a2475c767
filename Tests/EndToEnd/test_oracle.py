"""The tests' own parts, without Kafka and daemon: a wrong oracle proves nothing."""
import collections
import json
import time
from fractions import Fraction

import generator
import oracle
from jobs import JOB, RECORD_KEY_JOB

NOW = int(time.time() * 1000)
BASE = (NOW - 3 * 3_600_000) // 60_000 * 60_000


def test_generator_and_oracle_agree_on_every_record():
    for job, record_keys in ((JOB, False), (RECORD_KEY_JOB, True)):
        seen = collections.Counter()
        for record in generator.bulk(7, BASE, count=16_000, record_keys=record_keys):
            try:
                oracle.decode(record, job, NOW)
                reason = None
            except oracle.Bad as bad:
                reason = bad.args[0]
            assert reason == record.reason, record.value and record.value[:300]
            seen[reason] += 1
        assert set(seen) >= {reason for reason, _ in generator.BAD.values()}
        assert all(seen[reason] >= 150 for reason in seen)


def test_no_generated_record_is_as_late_as_max_delay():
    largest = {}
    for record in generator.bulk(8, BASE, count=16_000, max_delay_ms=5_000):
        if record.reason is None:
            timestamp, _, _ = oracle.decode(record, JOB, NOW)
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
    assert [first.figure(f, "value") for f in ("count", "sum", "min", "max", "avg")] == [2, 3, 1, 2, Fraction(3, 2)]
    assert first.figure("sum", "ratio") == Fraction(3, 4)
    assert expected.windows[("c", 0)].figure("sum", "value") is None and expected.windows[("c", 0)].figure("count", "value") == 0


def test_a_wrong_figure_is_a_difference():
    expected = oracle.expect([generator.event(0, 0, "a", 1, 0.5), generator.event(0, 1, "a", 2, 0.25)], JOB, NOW)
    window = expected.windows[("a", 0)]
    right = json.loads(json.dumps({name: (lambda v: float(v) if isinstance(v, Fraction) else v)(window.figure(function, field))
                                   for name, function, field in JOB.aggregations}))
    assert oracle.differences(right, window, JOB) == []
    for name in right:
        for wrong in (right[name] + 1, right[name] * (1 + 1e-6), None, str(right[name]), True):
            assert len(oracle.differences({**right, name: wrong}, window, JOB)) == 1, (name, wrong)
