"""Brokers that die, hang or are not there yet, and topics that are missing."""
import time

import pytest

from checks import check_ledger
from get_watch import GetWatch
from jobs import JOB, spec
from runs import SLOWED, Run, wait_lag_below
from topics import Cluster
from waiting import free_port, wait_until

TELLS_WITHIN = 15


@pytest.fixture(scope="module")
def own_cluster(own_node):
    return Cluster(own_node.bootstrap)


def wait_failing(daemon, name, since):
    """Health says that the brokers are gone, at most 15 s after `since` (monotonic)."""
    def tells():
        health = daemon.get(f"/v1/pipelines/{name}/health")
        if health.body["health"] != "failing":
            return False
        assert health.status == 503, health
        return [c for c in health.body["conditions"] if c["type"] == "BrokersReachable" and c["status"] is False]
    found = wait_until(tells, TELLS_WITHIN + 5, lambda: f"health is failing: {daemon.get(f'/v1/pipelines/{name}/health')}")
    took = time.monotonic() - since
    print(f"failing after {took:.1f} s: {found[0]['message']}")
    assert took <= TELLS_WITHIN, f"it took {took:.1f} s to tell that the brokers are gone"


def wait_healthy(daemon, name, deadline=60):
    def healthy():
        health = daemon.get(f"/v1/pipelines/{name}/health")
        return health.status == 200 and health.body["health"] == "ok"
    wait_until(healthy, deadline, lambda: f"health is ok again: {daemon.get(f'/v1/pipelines/{name}/health')}")


def test_broker_killed_and_started_again_in_the_middle_ends_with_the_oracles_figures(own_node, own_cluster, new_daemon, unique, open_output):
    run = Run(46, JOB)
    total = len(run.records)
    topic, result_topic = own_cluster.create(unique), own_cluster.create(f"{unique}-out", partitions=4)
    own_cluster.produce(topic, run.records[:total // 2])
    daemon = new_daemon(own_node.bootstrap, SLOWED)
    daemon.create(spec(unique, JOB, topic, result_topic))
    output = open_output(own_cluster, result_topic)
    wait_until(output.read, 20, "windows come out before the crash")
    wait_lag_below(daemon, unique, total // 4)
    own_node.kill()
    wait_failing(daemon, unique, time.monotonic())
    own_node.start()
    own_cluster.produce(topic, run.records[total // 2:])
    stats = run.finish(daemon, own_cluster, unique, topic, output, deadline=120)
    check_ledger(stats)


def test_broker_that_hangs_shows_as_failing_and_the_rest_comes_out_when_it_answers_again(own_node, own_cluster, new_daemon, unique, open_output):
    run = Run(47, JOB, 16_000)
    topic, result_topic = own_cluster.create(unique), own_cluster.create(f"{unique}-out", partitions=4)
    half = len(run.records) // 2
    own_cluster.produce(topic, run.records[:half])
    daemon = new_daemon(own_node.bootstrap)
    daemon.create(spec(unique, JOB, topic, result_topic))
    output = open_output(own_cluster, result_topic)
    daemon.wait_caught_up(unique)
    own_node.pause()
    try:
        with GetWatch(daemon, [unique]) as watch:
            wait_failing(daemon, unique, time.monotonic())
        assert daemon.get("/livez").status == daemon.get("/readyz").status == 200, "a pipeline's trouble is not the daemon's"
    finally:
        own_node.resume()
    watch.check()
    own_node.wait_ready()
    wait_healthy(daemon, unique)
    own_cluster.produce(topic, run.records[half:])
    run.finish(daemon, own_cluster, unique, topic, output, deadline=120)


def test_broker_that_is_not_there_at_start_is_named_and_the_pipeline_goes_on_when_it_comes(unstarted_node, new_daemon, unique, open_output):
    run = Run(48, JOB, 16_000)
    daemon = new_daemon(unstarted_node.bootstrap)
    daemon.create(spec(unique, JOB, unique, f"{unique}-out"))
    wait_until(lambda: daemon.phase(unique) in ("starting", "backoff") and str(unstarted_node.port) in daemon.reasons(unique), TELLS_WITHIN,
               lambda: f"the reason names {unstarted_node.bootstrap}: {daemon.phase(unique)} {daemon.reasons(unique)}")
    unstarted_node.start()
    cluster = Cluster(unstarted_node.bootstrap)
    cluster.create(unique)
    cluster.create(f"{unique}-out", partitions=4)
    cluster.produce(unique, run.records)
    output = open_output(cluster, f"{unique}-out")
    daemon.wait_phase(unique, "running", deadline=70)
    run.finish(daemon, cluster, unique, unique, output)


@pytest.mark.parametrize("missing", ["input", "output"])
def test_topic_that_is_missing_is_named_and_the_pipeline_goes_on_when_it_is_made(missing, cluster, new_daemon, unique, open_output):
    run = Run(49, JOB, 16_000)
    topic, result_topic = f"{unique}-in", f"{unique}-out"
    if missing == "input":
        cluster.create(result_topic, partitions=4)
    else:
        cluster.create(topic)
        cluster.produce(topic, run.records)
    wanted = topic if missing == "input" else result_topic
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, JOB, topic, result_topic))
    wait_until(lambda: wanted in daemon.reasons(unique), TELLS_WITHIN,
               lambda: f"the reason names {wanted}: {daemon.phase(unique)} {daemon.reasons(unique)}")
    assert daemon.phase(unique) in ("starting", "backoff")
    if missing == "input":
        cluster.create(topic)
        cluster.produce(topic, run.records)
    else:
        cluster.create(result_topic, partitions=4)
    output = open_output(cluster, result_topic)
    daemon.wait_phase(unique, "running", deadline=70)
    run.finish(daemon, cluster, unique, topic, output)


def test_pipeline_whose_broker_never_comes_can_be_stopped_started_and_deleted(new_daemon, unique):
    daemon = new_daemon(f"127.0.0.1:{free_port()}")
    daemon.create(spec(unique, JOB, "in", "out"))
    for _ in range(2):
        daemon.stop(unique)
        assert daemon.pipeline(unique)["desired"] == "stopped"
        answer = daemon.post(f"/v1/pipelines/{unique}/start")
        assert answer.status == 202, answer
        daemon.wait_phase(unique, "starting", "backoff")
    answer = daemon.delete(f"/v1/pipelines/{unique}")
    assert answer.status in (202, 204), answer
    wait_until(lambda: daemon.get(f"/v1/pipelines/{unique}").status == 404, 30, "it is gone")
    assert daemon.term() < 10
