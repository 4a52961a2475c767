"""What people ask of a pipeline that has run: pause, resume, drain, other offsets, an end with its group."""
import json
import threading
import time
from typing import NamedTuple, Optional

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import NewPartitions

import offsets
from topics import last_copies, read_all
from waiting import wait_until

WINDOW_MS = 2_000


class Record(NamedTuple):
    partition: int
    value: bytes
    key: bytes
    timestamp: Optional[int] = None


def plain_spec(name, **changes):
    """Counts by record key in windows of two seconds, without slack for late records."""
    return {
        "name": name, "kafka": {"input_topics": [f"{name}-in"], "output_topic": f"{name}-out", "auto_commit_interval_ms": 500},
        "event": {"format": "json", "timestamp": {"field": "ts", "unit": "ms"}},
        "window": {"type": "tumbling", "size_ms": WINDOW_MS, "allowed_lateness_ms": 0},
        "watermark": {"max_delay_ms": 0, "idle_timeout_ms": 500}, "aggregations": ["count"], **changes,
    }


def feed(cluster, name, times, key=b"k", partition=0):
    cluster.produce(f"{name}-in", [Record(partition, json.dumps({"ts": ts}).encode(), key) for ts in times])


def make(cluster, daemon, name, partitions=1, **changes):
    cluster.create(f"{name}-in", partitions=partitions)
    cluster.create(f"{name}-out", partitions=1)
    daemon.create(plain_spec(name, **changes))
    daemon.wait_phase(name, "running")


def act(daemon, name, action, status=200):
    answer = daemon.post(f"/v1/pipelines/{name}/{action}", headers={"Prefer": "wait=20"})
    assert answer.status == status, answer
    return answer.body


def read_to(daemon, name, count):
    wait_until(lambda: daemon.stats(name)["messages_consumed"] >= count, 30, lambda: f"{name} has read {count}: {daemon.stats(name)}")


def commit(cluster, group, topic, offset):
    """As another tool would, while the group is empty."""
    consumer = Consumer({"bootstrap.servers": cluster.brokers, "group.id": group, "enable.auto.commit": False})
    try:
        consumer.commit(offsets=[TopicPartition(topic, 0, offset)], asynchronous=False)
    finally:
        consumer.close()


def condition(daemon, name, kind):
    return next(c for c in daemon.pipeline(name)["conditions"] if c["type"] == kind)


def counts(cluster, name):
    """{window_start: count} by the last copies."""
    return {row.value["window_start"]: row.value["count"] for row in last_copies(read_all(cluster, f"{name}-out")).values()}


def test_a_paused_pipeline_reads_nothing_and_loses_nothing_when_it_goes_on(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    make(cluster, daemon, name)
    base = int(time.time() * 1000) // WINDOW_MS * WINDOW_MS - 60_000
    feed(cluster, name, range(base, base + 1_000, 100))
    read_to(daemon, name, 10)
    # Every partition is idle by now, so event time goes on by the clock: while it is paused it must not.
    wait_until(lambda: all(p["idle"] for p in daemon.stats(name, "partitions")["partitions"]), 20, "its partition is idle")
    paused = act(daemon, name, "pause")
    assert (paused["phase"], paused["desired"]) == ("paused", "paused") and "resume" in paused["allowed_actions"]
    health = daemon.get(f"/v1/pipelines/{name}/health")
    assert health.status == 200 and condition(daemon, name, "Progressing")["reason"] == "Paused", health
    watermark = daemon.stats(name)["watermark_ms"]
    wait_until(lambda: cluster.committed(f"penstock-{name}", f"{name}-in").get(0) == 10, 20, "where it stands is committed")
    feed(cluster, name, range(watermark + 1, watermark + 1_000, 100))
    since = time.monotonic()
    wait_until(lambda: time.monotonic() - since > 3, 10, "three seconds have passed")
    stats = daemon.stats(name)
    assert stats["messages_consumed"] == 10 and stats["watermark_ms"] == watermark, stats
    assert act(daemon, name, "resume")["phase"] == "running"
    read_to(daemon, name, 20)
    assert daemon.stats(name)["records"]["late_dropped"] == 0, daemon.stats(name)


def test_a_pause_outlives_the_daemon(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    make(cluster, daemon, name)
    act(daemon, name, "pause")
    daemon.kill9()
    daemon.start()
    daemon.wait_phase(name, "paused")
    feed(cluster, name, [1_000, 2_000])
    act(daemon, name, "start")
    read_to(daemon, name, 2)


def test_a_stop_that_drains_puts_out_open_windows_and_keeps_them(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    make(cluster, daemon, name, watermark={"max_delay_ms": 0})
    feed(cluster, name, [10_000, 10_100, 10_200])
    read_to(daemon, name, 3)
    act(daemon, name, "stop?drain=windows")
    first = read_all(cluster, f"{name}-out")
    assert [(row.value["count"], row.value["final"], row.value["revision"]) for row in first] == [(3, False, 1)], first
    act(daemon, name, "start")
    feed(cluster, name, [10_300, 10_000 + 2 * WINDOW_MS])
    wait_until(lambda: len(read_all(cluster, f"{name}-out")) == 2, 30, "the window comes out again when it closes")
    last = read_all(cluster, f"{name}-out")[-1].value
    assert (last["count"], last["revision"], last.get("final")) == (4, 2, None), last


def test_offsets_go_back_without_the_windows_and_forward_with_them(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    make(cluster, daemon, name)
    feed(cluster, name, [1_000, 1_100, 10_000, 10_100])
    read_to(daemon, name, 4)
    assert daemon.patch(f"/v1/pipelines/{name}/offsets", {"to": "earliest", "windows": "discard"}).body["code"] == "pipeline.not_stopped"
    daemon.stop(name)
    backward = daemon.patch(f"/v1/pipelines/{name}/offsets", {"to": "earliest", "windows": "keep"})
    assert backward.status == 422 and "offsets.backward" in backward.body["detail"], backward
    plan = daemon.patch(f"/v1/pipelines/{name}/offsets?dry_run=true", {"to": "earliest", "windows": "discard"})
    assert plan.status == 200 and plan.body["partitions"] == [{"topic": f"{name}-in", "partition": 0, "from": 4, "to": 0}], plan
    assert cluster.committed(f"penstock-{name}", f"{name}-in")[0] == 4, "a dry run moves nothing"
    assert daemon.patch(f"/v1/pipelines/{name}/offsets", {"to": "earliest", "windows": "discard"}).status == 200
    act(daemon, name, "start")
    read_to(daemon, name, 8)
    wait_until(lambda: counts(cluster, name).get(0) == 2, 20, "what was read again gives the same figures")
    assert condition(daemon, name, "StateComplete")["status"] is True, daemon.pipeline(name)

    # Forward: records 4 and 5 are passed over, and the window that they were for says so until it is gone.
    daemon.stop(name)
    feed(cluster, name, [10_200, 10_300, 10_400])
    moved = daemon.patch(f"/v1/pipelines/{name}/offsets", {"partitions": [{"topic": f"{name}-in", "partition": 0, "offset": 6}], "windows": "keep"})
    assert moved.status == 200 and moved.body["partitions"][0]["to"] == 6, moved
    act(daemon, name, "start")
    read_to(daemon, name, 9)
    wait_until(lambda: condition(daemon, name, "StateComplete")["status"] is False, 20, lambda: f"records are gone: {daemon.pipeline(name)}")
    gap = condition(daemon, name, "StateComplete")
    assert "4..<6" in gap["message"], gap
    feed(cluster, name, [60_000, 70_000])
    wait_until(lambda: counts(cluster, name).get(10_000) == 3, 20, lambda: f"the window has what was kept and what came: {counts(cluster, name)}")
    wait_until(lambda: condition(daemon, name, "StateComplete")["status"] is True, 20, "and is complete again once that window is gone")


def test_what_another_tool_did_to_the_offsets_is_taken_over_or_undone(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    make(cluster, daemon, name)
    feed(cluster, name, [10_000, 10_100, 10_200, 10_300])
    read_to(daemon, name, 4)
    for choice, total in (("checkpoint", 0), ("group", 3)):
        daemon.stop(name)
        commit(cluster, f"penstock-{name}", f"{name}-in", 1)
        daemon.post(f"/v1/pipelines/{name}/start")
        daemon.wait_phase(name, "failed")
        assert daemon.pipeline(name)["last_error"]["code"] == "state.offsets_moved_outside"
        read = daemon.stats(name)["messages_consumed"]
        moved = daemon.patch(f"/v1/pipelines/{name}/offsets", {"from": choice, "windows": "keep" if choice == "checkpoint" else "discard"})
        assert moved.status == 200, moved
        act(daemon, name, "start")
        read_to(daemon, name, read + total)
        daemon.wait_caught_up(name)
        assert daemon.stats(name)["messages_consumed"] == read + total


def test_a_pipeline_can_be_deleted_with_its_group(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    make(cluster, daemon, name)
    feed(cluster, name, [1_000])
    read_to(daemon, name, 1)
    wait_until(lambda: cluster.committed(f"penstock-{name}", f"{name}-in"), 20, "its group has offsets")
    assert daemon.delete(f"/v1/pipelines/{name}?offsets=true").status in (202, 204)
    wait_until(lambda: daemon.get(f"/v1/pipelines/{name}").status == 404, 30, lambda: f"it is gone: {daemon.pipeline(name)}")
    assert f"penstock-{name}" not in {group.id for group in cluster.admin.list_groups(timeout=20)}


def test_a_change_to_topics_that_are_not_there_leaves_what_runs_alone(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    make(cluster, daemon, name)
    before = daemon.get(f"/v1/pipelines/{name}/spec")
    changed = {**before.body, "kafka": {**before.body["kafka"], "output_topic": f"{name}-nowhere"}}
    answer = daemon.put(f"/v1/pipelines/{name}", changed)
    assert answer.status == 422 and answer.body["errors"][0]["pointer"] == "/kafka/output_topic", answer
    after = daemon.get(f"/v1/pipelines/{name}/spec")
    assert daemon.phase(name) == "running" and after.body == before.body and after.headers["etag"] == before.headers["etag"]


def test_the_history_of_a_pipeline_survives_the_daemon(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    make(cluster, daemon, name)
    act(daemon, name, "pause")

    def history():
        text = daemon.get(f"/v1/pipelines/{name}/events?follow=false").body
        return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    before = history()
    assert [e["type"] for e in before[:2]] == ["created", "phase"] and before[-1]["phase"] == "paused"
    wait_until(lambda: len((daemon.data_dir / "pipelines" / name / "history.jsonl").read_text().splitlines()) == len(before), 10, "it is on disk")
    daemon.kill9()
    daemon.start()
    daemon.wait_phase(name, "paused")
    after = history()
    assert after[:len(before)] == before and [e["seq"] for e in after] == list(range(1, len(after) + 1))
    later = daemon.get(f"/v1/pipelines/{name}/events?follow=false&after={len(before)}").body
    assert later.count("data: ") == len(after) - len(before)


def test_a_bounded_run_ends_where_the_log_ended_and_the_next_one_goes_on(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    cluster.create(f"{name}-in", partitions=3)
    cluster.create(f"{name}-out", partitions=1)
    for partition in (0, 1):  # nothing ever comes to the third
        feed(cluster, name, [1_000, 1_500, 10_000 + partition, 10_500], key=b"%d" % partition, partition=partition)
    daemon.create(plain_spec(name, stop_at="end", watermark={"max_delay_ms": 0}))
    daemon.wait_phase(name, "completed")
    body = daemon.pipeline(name)
    assert (body["desired"], body["health"]) == ("stopped", "ok") and daemon.stats(name)["messages_consumed"] == 8, body
    rows = [row.value for row in read_all(cluster, f"{name}-out")]
    assert sorted((row["window_start"], row["key"], row["count"], row.get("final")) for row in rows) == [
        (0, "0", 2, None), (0, "1", 2, None), (10_000, "0", 2, False), (10_000, "1", 2, False)], rows
    daemon.term()
    daemon.start()
    assert daemon.phase(name) in ("stopped", "completed"), "it does not begin again by itself"

    feed(cluster, name, [10_900, 20_000], key=b"0", partition=0)
    feed(cluster, name, [20_000], key=b"1", partition=1)
    act(daemon, name, "start")
    daemon.wait_phase(name, "completed")
    rows = [row.value for row in read_all(cluster, f"{name}-out")][4:]
    assert sorted((row["window_start"], row["key"], row["count"], row["revision"], row.get("final")) for row in rows) == [
        (10_000, "0", 3, 2, None), (10_000, "1", 2, 2, None), (20_000, "0", 1, 1, False), (20_000, "1", 1, 1, False)], rows


def test_a_bounded_run_that_is_killed_ends_where_it_was_to_end_at_first(cluster, new_daemon, unique):
    # A second a record: a test that is held up must not find the run over.
    daemon, name = new_daemon(cluster.brokers, {"PENSTOCK_BENCH_RECORD_DELAY_NS": "1000000000"}), unique
    cluster.create(f"{name}-in", f"{name}-out", partitions=1)
    feed(cluster, name, range(1_000, 1_400, 100))
    daemon.create(plain_spec(name, stop_at="end"))
    ends = daemon.data_dir / "pipelines" / name / "state" / "run-ends.json"
    wait_until(ends.exists, 20, "its ends are stored")
    daemon.kill9()
    daemon.environment = {}
    feed(cluster, name, [1_900])
    daemon.start()
    daemon.wait_phase(name, "completed")
    assert cluster.committed(f"penstock-{name}", f"{name}-in") == {0: 4} and not ends.exists()


def test_a_run_up_to_a_time_takes_no_record_of_that_time(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    cluster.create(f"{name}-in", f"{name}-out", partitions=1)
    now = int(time.time() * 1000)
    for ts in (now - 3_000, now - 2_000, now - 1_000):
        cluster.produce(f"{name}-in", [Record(0, json.dumps({"ts": ts}).encode(), b"k", ts)])
    daemon.create(plain_spec(name, stop_at={"timestamp_ms": now - 1_500}))
    daemon.wait_phase(name, "completed")
    assert daemon.stats(name)["messages_consumed"] == 2


def test_a_run_up_to_a_time_that_is_passed_already_takes_nothing_and_goes_back_nowhere(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    cluster.create(f"{name}-in", f"{name}-out", partitions=1)
    now = int(time.time() * 1000)

    def send(*times):
        cluster.produce(f"{name}-in", [Record(0, json.dumps({"ts": ts}).encode(), b"k", ts) for ts in times])
    send(*range(now - 9_000, now - 3_000, 1_000))
    daemon.create(plain_spec(name))
    daemon.wait_phase(name, "running")
    read_to(daemon, name, 6)
    daemon.stop(name)
    # What is left of the log begins beyond the end that is asked for.
    send(now - 2_000, now - 1_000)
    assert daemon.put(f"/v1/pipelines/{name}", plain_spec(name, stop_at={"timestamp_ms": now - 7_500})).status == 200
    daemon.post(f"/v1/pipelines/{name}/start")
    daemon.wait_phase(name, "completed")
    assert cluster.committed(f"penstock-{name}", f"{name}-in") == {0: 6}


@pytest.mark.parametrize("text", [
    b"ps1;x;9223372036854775807;0;-;-;0;SIGNATURE", b"ps1;x;1;-9223372036854775808;-;-;0;SIGNATURE", b"ps1;x;1;0;-;-;9223372036854775807;SIGNATURE"])
def test_a_text_beside_an_offset_that_nobody_wrote_ends_no_daemon(cluster, new_daemon, unique, text):
    daemon, name = new_daemon(cluster.brokers), unique
    make(cluster, daemon, name)
    feed(cluster, name, [10_000, 10_100])
    read_to(daemon, name, 2)
    daemon.stop(name)
    found = offsets.committed(cluster.brokers, f"penstock-{name}", f"{name}-in", 1)[0]
    text = text.replace(b"SIGNATURE", found.metadata.split(b";")[-1])
    offsets.commit(cluster.brokers, f"penstock-{name}", f"{name}-in", {0: offsets.Committed(1, text)})
    daemon.post(f"/v1/pipelines/{name}/start")
    daemon.wait_phase(name, "failed")
    assert daemon.pipeline(name)["last_error"]["code"] == "state.offsets_moved_outside"


def test_offsets_of_a_partition_that_is_new_are_moved_with_those_that_have_windows(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    make(cluster, daemon, name)
    feed(cluster, name, [10_000, 10_100])
    read_to(daemon, name, 2)
    daemon.stop(name)
    cluster.admin.create_partitions([NewPartitions(f"{name}-in", 2)])[f"{name}-in"].result(timeout=20)
    wait_until(lambda: cluster.partition_count(f"{name}-in") == 2, 20, "the broker knows of it")
    feed(cluster, name, [10_200] * 3, partition=1)
    moved = daemon.patch(f"/v1/pipelines/{name}/offsets", {"to": "latest", "windows": "keep"})
    assert moved.status == 200, moved
    assert {p["partition"]: p["to"] for p in moved.body["partitions"]} == {0: 2, 1: 3}, moved.body
    assert cluster.committed(f"penstock-{name}", f"{name}-in") == {0: 2, 1: 3}
    act(daemon, name, "start")
    feed(cluster, name, [10_300], partition=1)
    read_to(daemon, name, 3)
    wait_until(lambda: cluster.committed(f"penstock-{name}", f"{name}-in") == {0: 2, 1: 4}, 20, "all is committed")
    assert daemon.stats(name)["messages_consumed"] == 3


def windows(daemon, name, query=""):
    answer = daemon.get(f"/v1/pipelines/{name}/windows{query}")
    assert answer.status == 200, answer
    return answer.body


def test_windows_are_shown_as_they_stand_open_and_closed_of_one_key_or_all(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    make(cluster, daemon, name, partitions=2, window={"type": "sliding", "size_ms": 2 * WINDOW_MS, "slide_ms": WINDOW_MS, "allowed_lateness_ms": 60_000},
         watermark={"max_delay_ms": 0})
    assert windows(daemon, name) == {"name": name, "items": [], "truncated": False}
    feed(cluster, name, [10_000, 10_100, 12_000], b"a", 0)
    feed(cluster, name, [10_500, 12_500, 14_100], "ключ".encode(), 1)
    feed(cluster, name, [14_000], b"a", 0)
    read_to(daemon, name, 7)
    wait_until(lambda: daemon.stats(name)["messages_produced"] == 4, 20, lambda: f"two windows are out: {daemon.stats(name)}")
    shown = windows(daemon, name)
    found = sorted((w["window_start"], w["window_end"], w["key"], w["count"], w["final"], w["revision"]) for w in shown["items"])
    assert found == [
        (8_000, 12_000, "a", 2, True, 1), (8_000, 12_000, "ключ", 1, True, 1),
        (10_000, 14_000, "a", 3, True, 1), (10_000, 14_000, "ключ", 2, True, 1),
        (12_000, 16_000, "a", 2, False, 0), (12_000, 16_000, "ключ", 2, False, 0),
        (14_000, 18_000, "a", 1, False, 0), (14_000, 18_000, "ключ", 1, False, 0),
    ], shown
    ends = [w["window_end"] for w in shown["items"]]
    assert ends == sorted(ends) and not shown["truncated"]
    part = windows(daemon, name, "?limit=3")
    assert [w["window_end"] for w in part["items"]] == ends[:3] and part["truncated"]
    assert [w["count"] for w in windows(daemon, name, "?key=%D0%BA%D0%BB%D1%8E%D1%87")["items"]] == [1, 2, 2, 1]
    assert windows(daemon, name, "?key=nobody")["items"] == []

    act(daemon, name, "pause")
    assert windows(daemon, name) == shown
    act(daemon, name, "stop")
    refused = daemon.get(f"/v1/pipelines/{name}/windows")
    assert (refused.status, refused.body["code"]) == (409, "pipeline.not_running") and "start" in refused.body["allowed_actions"], refused
    act(daemon, name, "start")
    assert windows(daemon, name)["items"] == shown["items"], "as they were before the stop"


def test_a_lane_that_works_on_a_batch_says_busy_and_holds_up_nobody(cluster, new_daemon, unique):
    # The lane burns 20 ms a record: a batch of 500 takes 10 s.
    daemon, name = new_daemon(cluster.brokers, {"PENSTOCK_BENCH_RECORD_DELAY_NS": "20000000"}), unique
    make(cluster, daemon, name)
    feed(cluster, name, range(500))
    began = {}

    def is_busy():
        began["at"] = time.monotonic()
        began["answer"] = daemon.get(f"/v1/pipelines/{name}/windows")
        return began["answer"].status == 503
    wait_until(is_busy, 30, lambda: f"it is busy: {began}")
    took = time.monotonic() - began["at"]
    problem = began["answer"].body
    assert problem["code"] == "pipeline.lane_busy" and problem["retryable"] and 1.9 < took < 10, (took, problem)
    # Questions that are waiting are in nobody's way.
    asking = [threading.Thread(target=daemon.get, args=(f"/v1/pipelines/{name}/windows",)) for _ in range(30)]
    for thread in asking:
        thread.start()
    health = daemon.get(f"/v1/pipelines/{name}/health")
    assert health.status in (200, 503) and daemon.get("/v1/pipelines").status == 200
    for thread in asking:
        thread.join(30)
        assert not thread.is_alive()
    read_to(daemon, name, 500)
    wait_until(lambda: windows(daemon, name)["items"], 30, "it answers again")


def test_other_aggregations_keep_what_open_windows_hold_and_are_null_where_they_missed_records(cluster, new_daemon, unique):
    daemon, name = new_daemon(cluster.brokers), unique
    make(cluster, daemon, name, watermark={"max_delay_ms": 0}, aggregations=["count", "sum(v)", "avg(w)"])

    def give(*records):
        cluster.produce(f"{name}-in", [Record(0, json.dumps({"ts": ts, "v": v, "w": 2 * v}).encode(), key) for ts, key, v in records])
    give((10_000, b"a", 1), (10_100, b"a", 2), (10_200, b"b", 3))
    read_to(daemon, name, 3)
    changed = {**plain_spec(name), "watermark": {"max_delay_ms": 0}, "aggregations": ["max(v)", "sum(w)", {"as": "n", "function": "count"}]}
    plan = daemon.put(f"/v1/pipelines/{name}?dry_run=true", changed)
    assert (plan.status, plan.body["effect"], plan.body["would_lose"]) == (200, "restart", None), plan
    assert [(w["pointer"], w["code"]) for w in plan.body["warnings"]] == [("/aggregations/0", "null_in_open_windows")], plan
    answer = daemon.put(f"/v1/pipelines/{name}", changed)
    assert answer.status == 200 and answer.body["effect"] == "restart", answer
    daemon.wait_phase(name, "running")
    give((10_300, b"a", 9), (10_400, b"c", 4))
    read_to(daemon, name, 2)

    def shown(rows):
        return sorted((row["key"], row["window_start"], row["n"], row["max_v"], row["sum_w"]) for row in rows)
    first = [("a", 10_000, 3, None, 24), ("b", 10_000, 1, None, 6), ("c", 10_000, 1, 4, 8)]
    wait_until(lambda: shown(windows(daemon, name)["items"]) == first, 20, lambda: f"windows go on: {windows(daemon, name)}")
    # What it is now survives as it is: also the places where something is missing.
    daemon.kill9()
    daemon.start()
    daemon.wait_phase(name, "running")
    give((12_000, b"a", 5), (14_100, b"a", 1))
    wait_until(lambda: len(read_all(cluster, f"{name}-out")) >= 4, 30, lambda: f"both windows are out: {daemon.stats(name)}")
    results = [row.value for row in last_copies(read_all(cluster, f"{name}-out")).values()]
    assert shown(results) == sorted([*first, ("a", 12_000, 1, 5, 10)])
    assert all("sum_v" not in result and "avg_w" not in result for result in results)
