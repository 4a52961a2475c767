"""Every (key, window) once, with the right figures: undisturbed, over a clean restart, with lanes."""
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

import offsets
from checks import check_ledger, check_once
from jobs import JOB, RECORD_KEY_JOB, spec
from runs import PARTITIONS, SLOWED, Run, wait_lag_below
from waiting import wait_until


@pytest.fixture(scope="module")
def run():
    return Run(41, JOB)


def test_each_key_and_window_comes_out_exactly_once_with_the_oracles_figures(run, cluster, new_daemon, unique, open_output):
    topic, result_topic = cluster.create(unique), cluster.create(f"{unique}-out", partitions=4)
    cluster.produce(topic, run.records)
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, JOB, topic, result_topic))
    output = open_output(cluster, result_topic)
    stats = run.finish(daemon, cluster, unique, topic, output)

    check_once(output.rows)
    check_ledger(stats, len(run.records) + len(run.late) + len(run.closing))
    assert stats["records"]["skipped"] == dict(run.expected.skipped)
    assert stats["records"]["on_time"] == run.expected.good + len(run.closing)
    assert stats["records"]["late_dropped"] == len(run.late)
    assert stats["records"]["late_accepted"] == stats["records"]["filtered"] == 0
    assert stats["messages_produced"] == len(run.expected.windows) == len(output.rows)
    assert stats["consumer_lag"] == 0
    assert stats["consume_errors"] == sum(run.expected.skipped.values())
    assert stats["produce_errors"] == stats["commit_errors"] == 0
    assert stats["offsets_committed"] >= PARTITIONS


def test_each_comes_out_exactly_once_over_sigterm_and_a_new_start(run, cluster, new_daemon, unique, open_output):
    topic, result_topic = cluster.create(unique), cluster.create(f"{unique}-out", partitions=4)
    total = len(run.records)
    first = total * 3 // 5
    cluster.produce(topic, run.records[:first])
    daemon = new_daemon(cluster.brokers, SLOWED)
    # So seldom that what the second start finds is the checkpoint of the stop.
    daemon.create(spec(unique, JOB, topic, result_topic, kafka__auto_commit_interval_ms=8000))
    output = open_output(cluster, result_topic)
    wait_until(output.read, 20, "windows come out before the stop")
    left = wait_lag_below(daemon, unique, total // 5)
    took = daemon.term()
    print(f"SIGTERM to exit: {took:.2f} s, with {left} records to read")
    resumed_at = cluster.committed(f"penstock-{unique}", topic)
    assert len(resumed_at) == PARTITIONS
    assert 0 < sum(resumed_at.values()) <= first
    before = len(output.read())

    daemon.start()
    cluster.produce(topic, run.records[first:])
    stats = run.finish(daemon, cluster, unique, topic, output)
    check_once(output.rows)
    assert before < len(output.rows)
    check_ledger(stats, total + len(run.late) + len(run.closing) - sum(resumed_at.values()))
    assert stats["records"]["late_dropped"] == len(run.late)
    daemon.term()


@pytest.mark.parametrize("guarantee", ["at_least_once", "exactly_once"])
def test_offsets_that_the_brokers_forgot_cost_no_result(run, cluster, new_daemon, unique, open_output, guarantee):
    topic, result_topic, group = cluster.create(unique), cluster.create(f"{unique}-out", partitions=4), f"penstock-{unique}"
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, JOB, topic, result_topic, delivery={"guarantee": guarantee}, kafka__auto_commit_interval_ms=300))
    output = open_output(cluster, result_topic)
    third = len(run.records) // 3
    cluster.produce(topic, run.records[:third])
    wait_until(lambda: daemon.stats(unique)["messages_consumed"] == third and daemon.stats(unique)["consumer_lag"] == 0, 30, "the first third is read")
    wait_until(lambda: sum(cluster.committed(group, topic).values()) == third, 20, "and committed")
    before = offsets.committed(cluster.brokers, group, topic, PARTITIONS)
    cluster.produce(topic, run.records[third:2 * third])
    wait_until(lambda: sum(cluster.committed(group, topic).values()) == 2 * third, 30, "the second third is committed")
    daemon.stop(unique)
    offsets.commit(cluster.brokers, group, topic, before)

    daemon.post(f"/v1/pipelines/{unique}/start")
    cluster.produce(topic, run.records[2 * third:])
    run.finish(daemon, cluster, unique, topic, output)
    if guarantee == "exactly_once":
        check_once(output.rows)


def test_a_transaction_that_holds_the_groups_offsets_is_named_and_waited_for(cluster, new_daemon, unique):
    topic, result_topic = cluster.create(unique, partitions=1), cluster.create(f"{unique}-out", partitions=1)
    member = Consumer({"bootstrap.servers": cluster.brokers, "group.id": f"penstock-{unique}"})
    producer = Producer({"bootstrap.servers": cluster.brokers, "transactional.id": f"{unique}-other"})
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.send_offsets_to_transaction([TopicPartition(topic, 0, 0)], member.consumer_group_metadata(), 20)
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, JOB, topic, result_topic))

    def said():
        error = daemon.pipeline(unique)["last_error"] or {}
        return error.get("code") == "kafka.transaction_open" and "find-hanging" in error["advice"]
    wait_until(said, 30, lambda: f"it says what it waits for: {daemon.pipeline(unique)['last_error']}")
    assert daemon.phase(unique) == "starting"
    producer.abort_transaction(20)
    daemon.wait_phase(unique, "running", deadline=30)
    member.close()


@pytest.mark.parametrize("guarantee", ["at_least_once", "exactly_once"])
def test_record_keys_give_exact_figures_over_three_lanes(cluster, new_daemon, unique, open_output, guarantee):
    run = Run(43, RECORD_KEY_JOB, 48_000, record_keys=True)
    topic, result_topic = cluster.create(unique), cluster.create(f"{unique}-out", partitions=4)
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, RECORD_KEY_JOB, topic, result_topic, parallelism=3, delivery__guarantee=guarantee))
    output = open_output(cluster, result_topic)
    half = len(run.records) // 2
    cluster.produce(topic, run.records[:half])
    wait_until(lambda: daemon.stats(unique)["messages_consumed"] >= half, 60, "the first half is read")

    def shared_out():
        lanes = daemon.pipeline(unique)["lanes"]
        held = sorted((p["topic"], p["partition"]) for lane in lanes for p in lane["partitions"])
        return len(lanes) == 3 and all(lane["partitions"] for lane in lanes) and held == [(topic, p) for p in range(PARTITIONS)]
    wait_until(shared_out, 20, lambda: f"each partition is in one of three lanes: {daemon.pipeline(unique)['lanes']}")

    answer = daemon.post(f"/v1/pipelines/{unique}/restart", headers={"Prefer": "wait=30"})
    assert answer.status == 200, answer
    daemon.wait_phase(unique, "running")
    cluster.produce(topic, run.records[half:])
    stats = run.finish(daemon, cluster, unique, topic, output, late=False)
    check_once(output.rows)
    # Counters go on over a restart of the lanes.
    check_ledger(stats, len(run.records) + len(run.closing))
    assert stats["records"]["skipped"] == dict(run.expected.skipped)

    found = offsets.committed(cluster.brokers, f"penstock-{unique}", topic, PARTITIONS)
    assert {p: o.offset for p, o in found.items()} == cluster.ends(topic)
    offsets.check_metadata(found)


def test_committed_offsets_carry_the_shards_state_for_every_partition_read_or_not(cluster, new_daemon, unique):
    run = Run(44, JOB, 800, bad=False)
    topic, result_topic = cluster.create(unique), cluster.create(f"{unique}-out", partitions=1)
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, JOB, topic, result_topic))
    cluster.produce(topic, [r for r in run.records if r.partition < 5])
    group = f"penstock-{unique}"
    ends = cluster.ends(topic)
    wait_until(lambda: cluster.committed(group, topic) == ends, 30, lambda: f"all committed: {cluster.committed(group, topic)}", every=0.2)
    found = offsets.committed(cluster.brokers, group, topic, PARTITIONS)
    parsed = offsets.check_metadata(found)
    assert len({(m.store_id, m.n, m.shard_watermark, m.signature) for m in parsed.values()}) == 1, "one shard, one commit"
    assert all(parsed[p].partition_watermark is not None for p in range(5))
    assert all(parsed[p].partition_watermark is None for p in range(5, 8)), "nothing was read there"
    assert all(parsed[p].replay_from == found[p].offset == 0 for p in range(5, 8))
    # No window closed, so each partition is needed from its first record on.
    assert all(parsed[p].replay_from == 0 for p in range(5))
