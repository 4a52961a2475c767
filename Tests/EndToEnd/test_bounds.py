"""What bounds the memory of a pipeline: partitions that wait for one another, and limits that end it alone."""
import json
import time

import pytest

from checks import check_figures, check_ledger, check_once, wait_committed, wait_results
from generator import Record, closing, event
from jobs import JOB, spec
from oracle import Job, expect
from waiting import wait_until

MINUTE = 60_000
BASE = (int(time.time() * 1000) - 10 * 60 * MINUTE) // MINUTE * MINUTE
# The lane burns this long per record, so that it does not read all of a backlog between two looks at the partitions.
SLOWED = {"PENSTOCK_BENCH_RECORD_DELAY_NS": "100000"}


def test_partitions_that_are_ahead_wait_so_that_a_backlog_does_not_open_every_window(cluster, new_daemon, unique, open_output):
    count, job = 6_000, Job(["count", "sum(value)"], 10_000)
    topic = cluster.create(unique, partitions=2)
    small = [event(0, BASE + 1_000 * n, f"k{n % 3}", n) for n in range(count)]
    # So large that a fetch brings a hundred of them, where it brings all of the others.
    large = [Record(1, json.dumps({"timestamp": BASE + 1_000 * n, "key": f"k{n % 3}", "value": n, "pad": "x" * 10_000}).encode()) for n in range(count)]
    last = closing(2, BASE + 1_000 * count + MINUTE)
    cluster.produce(topic, small + large + last)
    expected = expect(small + large, job, BASE)
    daemon = new_daemon(cluster.brokers, SLOWED)
    most = {}
    for name, drift in (("waits", 100_000), ("runs-away", 3_156_192_000_000)):
        name = f"{unique}-{name}"
        result_topic = cluster.create(f"{name}-out", partitions=2)
        daemon.create(spec(name, job, topic, result_topic, watermark__max_drift_ms=drift, buffer_size=100,
                           kafka__consumer_config={"fetch.message.max.bytes": 4_000, "fetch.wait.max.ms": 10}))
        seen = []

        def read():
            stats = daemon.stats(name)
            seen.append(stats["open_windows"])
            return stats["messages_consumed"] >= 2 * count + len(last)
        wait_until(read, 60, lambda: f"{name} has read all: {daemon.stats(name)}", every=0.01)
        most[drift] = max(seen)
        output = open_output(cluster, result_topic)
        wait_results(daemon, output, expected, name)
        check_figures(output.read(), expected, job)
        check_once(output.rows)
        stats = daemon.stats(name)
        check_ledger(stats, 2 * count + len(last))
        assert stats["records"]["on_time"] == 2 * count + len(last)
        daemon.stop(name)
    print(f"most windows that were open: {most}")
    bounded, unbounded = most.values()
    # Ten by the limit, and what the lane reads between two looks.
    assert bounded <= 120 and unbounded >= 2 * bounded, most


@pytest.mark.parametrize("limit, low, high, keys, key_bytes", [
    ("max_keys", 60, 1_000, 100, 1), ("max_state_bytes", 1 << 20, 64 << 20, 4_000, 400)], ids=["max_keys", "max_state_bytes"])
def test_pipeline_beyond_a_limit_fails_alone_and_goes_on_from_its_checkpoint_with_a_higher_one(
        cluster, new_daemon, unique, open_output, limit, low, high, keys, key_bytes):
    names = [f"{unique}-limited", f"{unique}-other"]
    topic = cluster.create(unique, partitions=2)
    daemon = new_daemon(cluster.brokers)
    bodies = {name: spec(name, JOB, topic, cluster.create(f"{name}-out", partitions=2), kafka__auto_commit_interval_ms=100) for name in names}
    limited = names[0]
    bodies[limited]["limits"] = {limit: low}
    # Its checkpoint comes from a pause: by time, one could hold a part of what comes after, short of the limit.
    bodies[limited]["kafka"]["auto_commit_interval_ms"] = 3_600_000
    for body in bodies.values():
        daemon.create(body)

    def of(window, numbers):
        return [event(n % 2, BASE + window * MINUTE + n % MINUTE, f"key-{n}-".ljust(key_bytes, "x"), n) for n in numbers]
    few = [record for window in range(3) for record in of(window, range(40))]
    cluster.produce(topic, few)
    daemon.wait_caught_up(limited)
    assert daemon.post(f"/v1/pipelines/{limited}/pause", headers={"Prefer": "wait=20"}).body["phase"] == "paused"
    for name in names:
        wait_committed(daemon, cluster, name, topic)
    assert daemon.post(f"/v1/pipelines/{limited}/resume", headers={"Prefer": "wait=20"}).body["phase"] == "running"
    before = cluster.committed(f"penstock-{limited}", topic)
    # They close no window, so that no result comes again for what is read again.
    many = of(2, range(40, 40 + keys))
    cluster.produce(topic, many)
    failed_at = []
    for _ in range(2):  # a start alone does not help, and harms nothing
        if failed_at:
            assert daemon.post(f"/v1/pipelines/{limited}/start").status in (200, 202)
        wait_until(lambda: daemon.phase(limited) == "failed" and daemon.pipeline(limited)["last_error"]["at"] not in failed_at, 20,
                   lambda: f"it fails: {daemon.reasons(limited)}")
        error = daemon.pipeline(limited)["last_error"]
        failed_at.append(error["at"])
        assert (error["code"], error["fault"], error["retryable"]) == ("state.limit_exceeded", "user", False), error
        assert f"limits.{limit}" in error["message"] and str(low) in error["message"], error
        assert daemon.get(f"/v1/pipelines/{limited}/health").status == 503
        assert cluster.committed(f"penstock-{limited}", topic) == before, "its checkpoint is intact"
    wait_committed(daemon, cluster, names[1], topic)
    assert daemon.phase(names[1]) == "running" and daemon.get(f"/v1/pipelines/{names[1]}/health").status == 200

    bodies[limited]["limits"] = {limit: high}
    answer = daemon.put(f"/v1/pipelines/{limited}", {**bodies[limited], "desired": "running"})
    assert answer.status == 200 and answer.body["changed"], answer
    last = closing(2, BASE + 10 * MINUTE)
    cluster.produce(topic, last)
    expected = expect(few + many, JOB, BASE)
    for name in names:
        output = open_output(cluster, f"{name}-out")
        wait_results(daemon, output, expected, name)
        check_figures(output.read(), expected, JOB)
        check_once(output.rows)


def test_beyond_the_memory_limit_of_the_daemon_the_pipeline_that_takes_most_fails_and_the_others_go_on(cluster, new_daemon, unique):
    daemon = new_daemon(cluster.brokers, arguments=("--memory-limit", "4"))
    large, small = f"{unique}-large", f"{unique}-small"
    for name in (large, small):
        topic, output = cluster.create(name, partitions=1), cluster.create(f"{name}-out", partitions=1)
        daemon.create(spec(name, JOB, topic, output, kafka__auto_commit_interval_ms=100))
        cluster.produce(topic, [event(0, BASE + n, f"key-{n}", n) for n in range(10)])
        wait_committed(daemon, cluster, name, topic)
    cluster.produce(large, [event(0, BASE + n % MINUTE, f"key-{n}-".ljust(400, "x"), n) for n in range(20_000)])
    wait_until(lambda: daemon.phase(large) == "failed", 30, lambda: f"it fails: {daemon.reasons(large)}")
    error = daemon.pipeline(large)["last_error"]
    assert (error["code"], error["fault"], error["retryable"]) == ("state.limit_exceeded", "user", False), error
    assert "--memory-limit" in error["message"] and str(4 << 20) in error["message"], error
    cluster.produce(small, [event(0, BASE + n, f"key-{n}", n) for n in range(10)])
    wait_until(lambda: daemon.stats(small)["messages_consumed"] == 20, 20, lambda: f"the other goes on: {daemon.stats(small)}")
    assert daemon.phase(small) == "running" and daemon.get(f"/v1/pipelines/{small}/health").status == 200
    daemon.term()
    roomy = new_daemon(cluster.brokers, data_dir=daemon.data_dir, arguments=("--memory-limit", "1024"))
    assert roomy.post(f"/v1/pipelines/{large}/start", headers={"Prefer": "wait=20"}).body["phase"] == "running"
    wait_committed(roomy, cluster, large, large)
    assert roomy.stats(large)["keys"] == 20_010, "it went on from its checkpoint"
