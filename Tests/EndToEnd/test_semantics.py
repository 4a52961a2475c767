"""Event time and values in small: lateness, idleness, skew, odd but valid records, the least spec."""
import json
import time

from checks import check_figures, check_ledger, check_once, check_wire, unix_ms, wait_results
from generator import Record, closing, event
from jobs import JOB, RECORD_KEY_JOB, spec
from oracle import Job, expect
from waiting import wait_until

HOUR = 3_600_000


def now_ms():
    return int(time.time() * 1000)


def past_base(size_ms=60_000):
    """The start of a window three hours ago."""
    return (now_ms() - 3 * HOUR) // size_ms * size_ms


def started(cluster, new_daemon, unique, open_output, job, partitions=2, **changes):
    """A running pipeline on topics of its own: (daemon, topic, output)."""
    topic, result_topic = cluster.create(unique, partitions=partitions), cluster.create(f"{unique}-out", partitions=2)
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, job, topic, result_topic, **changes))
    daemon.wait_phase(unique, "running")
    return daemon, topic, open_output(cluster, result_topic)


def test_record_late_within_the_allowed_lateness_comes_out_again_as_revision_two(cluster, new_daemon, unique, open_output):
    daemon, topic, output = started(cluster, new_daemon, unique, open_output, JOB, partitions=1)
    base = past_base()
    # The watermark stands 2 s past the window's end: max_delay_ms is 5 s, allowed_lateness_ms 5 s.
    sent = [event(0, base, "a", 1), event(0, base + 59_999, "b", 2), event(0, base + 67_000, "a", 3)]
    cluster.produce(topic, sent)
    wait_until(lambda: len(output.read()) == 2, 20, lambda: f"the first window comes out: {[r.value for r in output.rows]}")
    sent += [event(0, base + 5, "a", 10), event(0, base + 6, "c", 20)]
    cluster.produce(topic, sent[-2:])
    wait_until(lambda: len(output.read()) == 4, 20, lambda: f"late records come out: {[r.value for r in output.rows]}")
    # Now 5 s past the end: too late, and not in the figures.
    cluster.produce(topic, [event(0, base + 70_000, "closing"), event(0, base + 7, "a", 100)])
    wait_until(lambda: daemon.stats(unique)["records"]["late_dropped"] == 1, 20, lambda: f"one is dropped: {daemon.stats(unique)}")
    stats = daemon.stats(unique)
    check_ledger(stats, 7)
    assert stats["records"]["late_accepted"] == 2
    expected = expect(sent, JOB, now_ms())
    for key in ("a", "closing"):
        expected.windows.pop((key, base + 60_000), None)
    check_figures(output.read(), expected, JOB)
    revisions = {(row.value["key"], row.value["revision"]): row.value["sum_value"] for row in output.rows}
    assert revisions == {("a", 1): 1, ("b", 1): 2, ("a", 2): 11, ("c", 1): 20}


def test_last_window_comes_out_by_itself_when_all_partitions_are_idle_and_not_before_its_end(cluster, new_daemon, unique, open_output):
    job = Job(JOB.aggregations, 2_000)
    daemon, topic, output = started(cluster, new_daemon, unique, open_output, job, partitions=3, watermark={
        "strategy": "bounded_out_of_orderness", "max_delay_ms": 1_000, "idle_timeout_ms": 2_000})
    base = past_base(2_000)
    # Partition 2 stays empty: it must not hold the others back.
    sent = [event(p, base + 100 * n, f"k{n % 3}", n) for p in (0, 1) for n in range(60)]
    produced_at = now_ms()
    cluster.produce(topic, sent)
    expected = expect(sent, job, now_ms())
    last = max(start for _, start in expected.windows)
    wait_results(daemon, output, expected, unique, deadline=25)
    check_figures(output.read(), expected, job)
    check_once(output.rows)
    watermark = base + 100 * 59 - 1_000
    for row in output.rows:
        check_wire(row, job, unique, produced_at)
        if row.value["window_start"] == last:
            # Event time goes on from the watermark at the speed of the wall clock.
            processed = dict(row.headers)["processing_time"].decode()
            earliest = produced_at + (row.value["window_end"] - watermark)
            assert unix_ms(processed) >= earliest, f"{processed} is before the window's end"
    # A partition that comes back goes on, and its new window comes out too.
    later = [event(0, base + 60_000 + 100 * n, "again", n) for n in range(10)]
    cluster.produce(topic, later)
    expected = expect(sent + later, job, now_ms())
    wait_results(daemon, output, expected, unique, deadline=25)
    check_figures(output.read(), expected, job)
    stats = daemon.wait_read(unique, len(sent) + len(later))
    check_ledger(stats, len(sent) + len(later))
    assert stats["records"]["late_dropped"] == 0


def test_quiet_partition_holds_the_windows_back_until_its_idle_timeout_and_no_longer(cluster, new_daemon, unique, open_output):
    daemon, topic, output = started(cluster, new_daemon, unique, open_output, JOB, partitions=2, watermark={
        "strategy": "bounded_out_of_orderness", "max_delay_ms": 1_000, "idle_timeout_ms": 3_000})
    base = past_base()
    # Before the record that is waited for is there: a test that is held up must not take the pipeline for too early.
    begun = time.monotonic()
    cluster.produce(topic, [event(0, base, "a"), event(1, base, "a")])
    daemon.wait_caught_up(unique)
    step = 0
    while not output.read():
        step += 1
        cluster.produce(topic, [event(0, base + 120_000 + step, "b")])  # partition 0 is busy all the time
        assert time.monotonic() - begun < 40, f"nothing came out: {daemon.stats(unique)}"
    took = time.monotonic() - begun
    assert [row.identity for row in output.rows] == [("a", base)] and output.rows[0].value["count"] == 2
    assert took >= 2.5, f"after {took:.1f} s, before partition 1 was idle"


def test_one_record_an_hour_ahead_counts_in_its_window_and_closes_no_other(cluster, new_daemon, unique, open_output):
    daemon, topic, output = started(cluster, new_daemon, unique, open_output, JOB, partitions=1)
    base = past_base()
    sent = [event(0, base, "a", 1), event(0, now_ms() + HOUR, "clock", 5), event(0, base + 100, "a", 2)]
    cluster.produce(topic, sent)
    daemon.wait_caught_up(unique)
    assert output.read() == []
    cluster.produce(topic, [event(0, base + 70_000, "closing")])
    wait_until(output.read, 20, "the window comes out")
    assert [(row.identity, row.value["sum_value"]) for row in output.rows] == [(("a", base), 3)]
    stats = daemon.wait_read(unique, 4)
    assert stats["records"]["on_time"] == 4 and stats["records"]["late_dropped"] == 0


def test_odd_but_valid_records_count_as_json_means_them(cluster, new_daemon, unique, open_output):
    daemon, topic, output = started(cluster, new_daemon, unique, open_output, JOB, partitions=1)
    base = past_base()
    large, beyond = 9_007_199_254_740_993, 9_223_372_036_854_775_807

    def raw(text):
        return Record(0, text.encode())
    sent = [
        # Before the epoch, with fractions: they floor to the smaller ms and window. First, so that nothing makes them late.
        raw('{"timestamp":-60000.5,"key":"floor","value":1}'), raw('{"timestamp":-0.25,"key":"floor","value":2}'),
        raw(f'{{"timestamp":{base},"key":12,"value":1}}'), raw(f'{{"timestamp":{base},"key":1.50,"value":1}}'),
        raw(f'{{"timestamp":{base},"key":true,"value":1}}'), raw(f'{{"timestamp":{base},"key":false,"value":1}}'),
        raw(f'{{"timestamp":{base},"key":"\\u0065scaped \\ud83d\\ude00","value":1}}'), raw(f'{{"timestamp":{base},"key":"escaped \U0001F600","value":2}}'),
        # Beyond what a double holds exactly.
        raw(f'{{"timestamp":{base},"key":"large","value":{large}}}'), raw(f'{{"timestamp":{base},"key":"large","value":2}}'),
        raw(f'{{"timestamp":{base},"key":"smallest","value":{-beyond - 1}}}'),
        raw(f'{{"timestamp":{base},"key":"zero","value":-0.0,"ratio":0}}'),
        raw(f'{{"timestamp":{base},"key":"mixed","value":1}}'), raw(f'{{"timestamp":{base},"key":"mixed","value":0.5}}'),
        raw(f'{{"timestamp":{base},"key":"exponent","value":1e3,"ratio":2.5E-3}}'),
        raw(f' \t\r\n{{ "timestamp" : {base} , "key" : "spaces" , "value" : 1 }}\n'),
    ]
    cluster.produce(topic, sent)
    cluster.produce(topic, closing(1, base + 70_000))
    expected = expect(sent, JOB, now_ms())
    assert not expected.skipped
    wait_results(daemon, output, expected, unique)
    check_figures(output.read(), expected, JOB)
    check_once(output.rows)
    stats = daemon.wait_read(unique, len(sent) + 1)
    check_ledger(stats, len(sent) + 1)
    assert stats["records"]["skipped"] == {}


def test_duplicate_members_count_once_whichever_it_is(cluster, new_daemon, unique, open_output):
    daemon, topic, output = started(cluster, new_daemon, unique, open_output, JOB, partitions=1)
    base = past_base()
    cluster.produce(topic, [Record(0, f'{{"timestamp":{base},"key":"one","value":1,"key":"two","value":2,"timestamp":{base + 1}}}'.encode())])
    cluster.produce(topic, closing(1, base + 70_000))
    wait_until(output.read, 20, "the window comes out")
    assert len(output.rows) == 1
    value = output.rows[0].value
    assert value["key"] in ("one", "two") and value["sum_value"] in (1, 2) and value["count"] == value["values"] == 1


def test_the_least_spec_uses_the_records_own_key_and_timestamp(cluster, new_daemon, unique, open_output):
    job = Job([("count", "count", None), ("avg_latency_ms", "avg", "latency_ms")], 60_000, {})
    topic, result_topic = cluster.create(unique, partitions=2), cluster.create(f"{unique}-out", partitions=2)
    base = past_base()

    def record(key, timestamp, value):
        return Record(key % 2, value if isinstance(value, bytes) else json.dumps({"latency_ms": value}).encode(), f"model-{key}".encode(), timestamp)
    sent = [record(n % 10, base + 400 * n, n) for n in range(450)]
    sent += [Record(0, b"{}", None, base + 180_000), Record(1, b"{}", b"\xff", base + 180_000), Record(0, b"nonsense", b"model-0", base + 180_000)]
    last = [Record(p, b"{}", f"closing-{p}".encode(), base + 600_000) for p in range(2)]
    daemon = new_daemon(cluster.brokers)
    answer = daemon.post("/v1/pipelines", {
        "name": unique, "desired": "running", "kafka": {"input_topics": [topic], "output_topic": result_topic},
        "window": {"type": "tumbling", "size_ms": 60000}, "aggregations": ["count", "avg(latency_ms)"]})
    assert answer.status == 201, answer
    cluster.produce(topic, sent + last)
    expected = expect(sent, job, now_ms())
    assert expected.skipped == {"missing_key": 1, "bad_key": 1, "not_json": 1}
    output = open_output(cluster, result_topic)
    wait_results(daemon, output, expected, unique)
    check_figures(output.read(), expected, job)
    check_once(output.rows)
    stats = daemon.wait_read(unique, len(sent) + 2)
    check_ledger(stats, len(sent) + 2)
    assert stats["records"]["skipped"] == dict(expected.skipped)


def test_two_input_topics_with_the_same_keys_give_one_figure(cluster, new_daemon, unique, open_output):
    first, second = cluster.create(f"{unique}-a", partitions=3), cluster.create(f"{unique}-b", partitions=3)
    result_topic = cluster.create(f"{unique}-out", partitions=2)
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, RECORD_KEY_JOB, first, result_topic, kafka__input_topics=[first, second], parallelism=2))
    base = past_base()
    halves = [[event(n % 3, base + 600 * n, "ignored", n, record_key=f"k{n % 3}".encode()) for n in range(100)] for _ in range(2)]
    for topic, half in zip((first, second), halves):
        cluster.produce(topic, half + closing(3, base + 120_000, record_keys=True))
    expected = expect(halves[0] + halves[1], RECORD_KEY_JOB, now_ms())
    output = open_output(cluster, result_topic)
    wait_results(daemon, output, expected, unique)
    check_figures(output.read(), expected, RECORD_KEY_JOB)
    check_once(output.rows)
    assert set(daemon.stats(unique)["committed_offsets"]) <= {first, second}
