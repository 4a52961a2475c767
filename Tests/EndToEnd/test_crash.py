"""SIGKILL in the middle: nothing is lost, and the last copy of every result is right."""
import time

from checks import check_ledger, check_once
from jobs import JOB, RECORD_KEY_JOB, spec
from runs import PARTITIONS, SLOWED, Run, wait_lag_below
from topics import last_copies
from waiting import wait_until

RESTART_SECONDS = 3.0


def test_after_sigkill_twice_in_the_middle_each_result_is_there_and_its_last_copy_is_right(cluster, new_daemon, unique, open_output):
    run = Run(42, JOB)
    total = len(run.records)
    topic, result_topic = cluster.create(unique), cluster.create(f"{unique}-out", partitions=4)
    daemon = new_daemon(cluster.brokers, SLOWED)
    daemon.create(spec(unique, JOB, topic, result_topic))
    output = open_output(cluster, result_topic)
    sent = 0
    for share in (0.5, 0.75):
        until = int(total * share)
        cluster.produce(topic, run.records[sent:until])
        sent = until
        before = len(output.rows)
        wait_until(lambda: len(output.read()) > before, 20, "windows come out before the crash")
        wait_lag_below(daemon, unique, total // 5)
        daemon.kill9()
        daemon.start()
    resumed_at = sum(cluster.committed(f"penstock-{unique}", topic).values())
    assert 0 < resumed_at < total
    cluster.produce(topic, run.records[sent:])
    stats = run.finish(daemon, cluster, unique, topic, output)
    check_ledger(stats)
    # At least once: what was read after the last checkpoint is read again, and nothing else.
    assert stats["messages_consumed"] >= total + len(run.late) + len(run.closing) - resumed_at
    print(f"{len(output.rows)} records for {len(last_copies(output.rows))} (key, window)")


def test_after_sigkill_twice_under_exactly_once_each_result_is_there_once(cluster, new_daemon, unique, open_output):
    run = Run(46, RECORD_KEY_JOB, 60_000, record_keys=True)
    topic, result_topic = cluster.create(unique), cluster.create(f"{unique}-out", partitions=4)
    daemon = new_daemon(cluster.brokers, SLOWED)
    daemon.create(spec(unique, RECORD_KEY_JOB, topic, result_topic, parallelism=2, delivery__guarantee="exactly_once"))
    output = open_output(cluster, result_topic)
    third = len(run.records) // 3
    for part in range(3):
        cluster.produce(topic, run.records[part * third:(part + 1) * third if part < 2 else None])
        if part < 2:
            before = len(output.rows)
            wait_until(lambda: len(output.read()) > before, 20, "windows come out before the crash")
            daemon.kill9()
            daemon.start()
    run.finish(daemon, cluster, unique, topic, output, late=False)
    check_once(output.rows)


def test_after_sigkill_and_a_new_start_records_are_processed_within_three_seconds(cluster, new_daemon, unique):
    run = Run(45, JOB, 8_000, bad=False)
    topic, result_topic = cluster.create(unique), cluster.create(f"{unique}-out", partitions=4)
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, JOB, topic, result_topic))
    took = []
    quarter = len(run.records) // 4
    cluster.produce(topic, run.records[:quarter])
    daemon.wait_caught_up(unique)
    for part in (1, 2, 3):
        wait_until(lambda: sum(cluster.committed(f"penstock-{unique}", topic).values()) == part * quarter, 20, "a checkpoint of all that was read")
        daemon.kill9()
        cluster.produce(topic, run.records[part * quarter:(part + 1) * quarter])
        daemon.start()
        wait_until(lambda: daemon.stats(unique)["messages_consumed"] > 0, 60, lambda: f"records are processed: {daemon.reasons(unique)}", every=0.01)
        took.append(time.monotonic() - daemon.launched_at)
        daemon.wait_caught_up(unique)
        lanes = daemon.pipeline(unique)["lanes"]
        assert sum(len(lane["partitions"]) for lane in lanes) == PARTITIONS
        assert daemon.stats(unique)["messages_consumed"] == quarter, "nothing that was committed is read again"
    print("from the start of the process to the first record: " + ", ".join(f"{t:.2f} s" for t in took))
    assert max(took) < RESTART_SECONDS, took


def test_what_ran_runs_again_and_what_was_stopped_stays_stopped(cluster, new_daemon, unique):
    names = [f"{unique}-{word}" for word in ("ran", "never", "halted")]
    ran, never, halted = names
    for name in names:
        cluster.create(f"{name}-in", f"{name}-out", partitions=2)
    daemon = new_daemon(cluster.brokers)
    for name in names:
        daemon.create(spec(name, JOB, f"{name}-in", f"{name}-out"), running=name != never)
    assert daemon.phase(never) == "stopped"
    for name in (ran, halted):
        daemon.wait_phase(name, "running")
    daemon.stop(halted)
    before = {name: daemon.get(f"/v1/pipelines/{name}/spec").body for name in names}

    for end in (daemon.term, daemon.kill9):
        end()
        daemon.start()
        daemon.wait_phase(ran, "running")
        assert [daemon.phase(name) for name in names] == ["running", "stopped", "stopped"]
        assert [daemon.pipeline(name)["desired"] for name in names] == ["running", "stopped", "stopped"]
        assert {name: daemon.get(f"/v1/pipelines/{name}/spec").body for name in names} == before

    answer = daemon.delete(f"/v1/pipelines/{halted}")
    assert answer.status == 204, answer
    daemon.kill9()
    daemon.start()
    assert daemon.get(f"/v1/pipelines/{halted}").status == 404, "what was deleted stays deleted"
