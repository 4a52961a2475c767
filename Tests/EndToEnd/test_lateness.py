"""Late records in windows of every kind: who counts, who is dropped, what is retracted. One partition, so that the order is one."""
import json
import time

import generator
from checks import check_figures, check_ledger, check_wire, unix_ms, wait_results
from generator import Record
from jobs import LATENESS_MS, MAX_DELAY_MS, spec
from oracle import Job, arrange, decoded
from waiting import wait_until

MINUTE = 60_000
BASE = (int(time.time() * 1000) - 3 * 60 * MINUTE) // MINUTE * MINUTE
EVENT = {"timestamp": {"field": "timestamp"}, "key": {"fields": ["model", "region"]}, "filter": [{"field": "test", "op": "!=", "value": True}]}
AGGREGATIONS = ["count", "sum(usage.total_tokens)", "avg(latency_ms)", "p90(latency_ms)", "distinct(user)", "first(version)", "last(version)", "rate"]
WINDOWS = {
    "tumbling": {"type": "tumbling", "size_ms": 10_000},
    "sliding": {"type": "sliding", "size_ms": 15_000, "slide_ms": 6_000},
    "session": {"type": "session", "gap_ms": 1_000},
}


def test_late_records_of_every_kind_of_window_count_or_not_as_the_oracle_judges_them_one_by_one(cluster, new_daemon, unique, open_output):
    # Far more out of order than the watermark and the lateness forgive.
    documents = generator.requests(62, BASE, 4_000, 10 * MINUTE, max_delay_ms=6 * MAX_DELAY_MS)
    documents.append({**documents[0], "timestamp": BASE + 20 * MINUTE, "test": True})
    records = generator.over(1, documents)
    topic = cluster.create(unique, partitions=1)
    daemon = new_daemon(cluster.brokers)
    started_ms = int(time.time() * 1000)
    names = {kind: f"{unique}-{kind}" for kind in WINDOWS}
    for kind, window in WINDOWS.items():
        daemon.create(spec(names[kind], Job(AGGREGATIONS, window, EVENT), topic, cluster.create(f"{names[kind]}-out", partitions=2)))
    cluster.produce(topic, records)
    found = decoded(records, Job(AGGREGATIONS, MINUTE, EVENT), started_ms)
    for kind, window in WINDOWS.items():
        job, name = Job(AGGREGATIONS, window, EVENT), names[kind]
        expected = arrange(found, job, MAX_DELAY_MS, LATENESS_MS)
        assert min(expected.records.values()) > 50, "the records are of every kind"
        output = open_output(cluster, f"{name}-out")
        wait_results(daemon, output, expected, name)
        daemon.wait_caught_up(name)
        stats = daemon.stats(name)
        daemon.stop(name)
        check_figures(output.read(), expected, job)
        for row in output.rows:
            check_wire(row, job, name, started_ms)
        check_ledger(stats, len(records))
        assert {outcome: stats["records"][outcome] for outcome in expected.records} == expected.records, kind
        assert any(row.value["revision"] > 1 for row in output.rows), "some came out again"
        assert any(row.value.get("retracted") for row in output.rows) == (kind == "session")


def at(base, seconds, n):
    return Record(0, json.dumps({"timestamp": base + 1000 * seconds, "model": "a", "n": n}).encode())


def test_a_late_record_that_joins_two_sessions_retracts_the_one_that_is_gone(cluster, new_daemon, unique, open_output):
    topic = cluster.create(unique, partitions=1)
    job = Job(["count", "sum(n)", "last(n)"], {"type": "session", "gap_ms": 10_000}, {"timestamp": {"field": "timestamp"}, "key": {"field": "model"}})
    daemon = new_daemon(cluster.brokers)
    daemon.create({**spec(unique, job, topic, cluster.create(f"{unique}-out", partitions=1), window__allowed_lateness_ms=60_000), "watermark": {"strategy": "ascending"}})
    output = open_output(cluster, f"{unique}-out")

    def step(records, *rows):
        """(start, end in seconds, revision, retracted, count, sum, last) of the rows that the records make."""
        seen = len(output.rows)
        cluster.produce(topic, records)
        wait_until(lambda: len(output.read()) >= seen + len(rows), 20, lambda: f"{rows}: {[row.text for row in output.rows[seen:]]}")
        assert [((v["window_start"] - BASE) // 1000, (v["window_end"] - BASE) // 1000, v["revision"], v.get("retracted", False), v["count"], v["sum_n"], v["last_n"])
                for v in (row.value for row in output.rows[seen:])] == list(rows)

    # [0, 10] and [15, 30] came out; 20 and 15 came out of order. The one at 50 moves event time.
    step([at(BASE, 0, 1), at(BASE, 20, 4), at(BASE, 15, 2), at(BASE, 50, 99)], (0, 10, 1, False, 1, 1, 1), (15, 30, 1, False, 2, 6, 4))
    # 8 joins them: the second is gone, the first one's start stays.
    step([at(BASE, 8, 8)], (15, 30, 2, True, 2, 6, 4), (0, 30, 2, False, 4, 15, 4))
    # An earlier start is another window.
    step([at(BASE, -4, 16)], (0, 30, 3, True, 4, 15, 4), (-4, 30, 3, False, 5, 31, 4))
    # Later records extend it without a word: its end is past.
    step([at(BASE, 26, 32)], (-4, 36, 4, False, 6, 63, 32))
    wait_until(lambda: daemon.stats(unique)["records"]["late_accepted"] == 3, 10, lambda: f"three came late: {daemon.stats(unique)['records']}")
    expected = arrange([e for e in decoded([at(BASE, s, n) for s, n in ((0, 1), (20, 4), (15, 2), (8, 8), (-4, 16), (26, 32))], job, BASE)], job)
    check_figures(output.rows, expected, job)


def test_a_count_window_that_is_too_old_comes_out_with_what_it_has(cluster, new_daemon, unique, open_output):
    topic = cluster.create(unique, partitions=1)
    job = Job(["count", "sum(n)"], {"type": "count", "count": 3, "max_age_ms": 1_500}, {"timestamp": {"field": "timestamp"}, "key": {"field": "model"}})
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, job, topic, cluster.create(f"{unique}-out", partitions=1)))
    daemon.wait_phase(unique, "running")
    output = open_output(cluster, f"{unique}-out")
    cluster.produce(topic, [at(BASE, s, n) for n, s in enumerate((5, 0, 9, 7, 8))])
    wait_until(lambda: len(output.read()) == 2, 10, "the full window comes out, and the other one when it is too old")
    full, old = (unix_ms(dict(row.headers)["processing_time"].decode()) for row in output.rows)
    assert old - full >= 1_400, "both began with the same batch, or the second one later"
    cluster.produce(topic, [at(BASE, s, n) for n, s in enumerate((1, 2, 3))])
    wait_until(lambda: len(output.read()) == 3, 10, "the numbers go on")
    assert [(v["seq"], (v["window_start"] - BASE) // 1000, (v["window_end"] - BASE) // 1000, v["revision"], v["count"], v["sum_n"])
            for v in (row.value for row in output.rows)] == [(1, 0, 9, 1, 3, 3), (2, 7, 8, 1, 2, 7), (3, 1, 3, 1, 3, 3)]
    for row in output.rows:
        check_wire(row, job, unique, BASE)
    wait_until(lambda: daemon.stats(unique)["records"]["on_time"] == 8, 10, lambda: f"all were in time: {daemon.stats(unique)['records']}")
