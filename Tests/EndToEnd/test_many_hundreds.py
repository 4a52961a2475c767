"""500 pipelines in one daemon, 20 of them running: what a look at all of them takes, a restart, and doing nothing."""
import statistics
import time

import process_watch
from waiting import wait_until

STOPPED, RUNNING = 480, 20
ROUNDS = 15
# On a machine that does nothing else. Here other tests run beside, so only ten times as much is wrong.
LIST_MS, STATS_MS, READY_S = 50, 20, 2
SLACK = 10
IDLE_S = 20


def spec(name, **changes):
    return {
        "name": name, "description": "one of many", "labels": {"team": "ml", "tier": "2"},
        "kafka": {"input_topics": [f"{name}-in"], "output_topic": f"{name}-out"},
        "event": {"timestamp": {"field": "ts"}, "key": {"fields": ["user", "model"]}}, "window": {"type": "tumbling", "size_ms": 60_000},
        "aggregations": ["count", "avg(latency_ms)", "p99(latency_ms)", {"function": "max", "field": "latency_ms", "as": "worst"}], **changes,
    }


def median_ms(daemon, path):
    took = []
    for _ in range(ROUNDS):
        answer = daemon.get(path)
        assert answer.status == 200, answer
        took.append(answer.ms)
    return statistics.median(took)


def test_five_hundred_pipelines_are_listed_restarted_and_left_alone_cheaply(cluster, new_daemon, unique):
    daemon = new_daemon(cluster.brokers)
    running = [f"{unique}-run-{n}" for n in range(RUNNING)]
    stopped = [f"{unique}-off-{n}" for n in range(STOPPED)]
    cluster.create(*[f"{name}-{side}" for name in running for side in ("in", "out")], partitions=2)
    begun = time.monotonic()
    for name in stopped:
        daemon.create(spec(name), running=False)
    print(f"{STOPPED} pipelines created in {time.monotonic() - begun:.1f} s")
    for name in running:
        daemon.create(spec(name))
    for name in running:
        daemon.wait_phase(name, "running", deadline=60)

    def look(when):
        lists = median_ms(daemon, "/v1/pipelines?limit=500")
        stats = median_ms(daemon, "/v1/stats")
        health = median_ms(daemon, "/v1/health")
        sizes = {path: len(str(daemon.get(path).body)) // 1024 for path in ("/v1/pipelines?limit=500", "/v1/stats")}
        print(f"{when}: list of 500 {lists:.1f} ms (budget {LIST_MS}), stats {stats:.1f} ms (budget {STATS_MS}), health {health:.1f} ms, /livez "
              f"{median_ms(daemon, '/livez'):.1f} ms; about {sizes} KiB")
        assert lists < LIST_MS * SLACK and stats < STATS_MS * SLACK
    look("with 20 running")
    items = daemon.get("/v1/pipelines?limit=500").body["items"]
    assert len(items) == STOPPED + RUNNING and [item["phase"] for item in items].count("running") == RUNNING

    pid = daemon.process.pid
    before = process_watch.cpu_seconds(pid)
    since = time.monotonic()
    wait_until(lambda: time.monotonic() - since >= IDLE_S, IDLE_S + 10, "it has done nothing for a while", every=0.5)
    print(f"idle: {process_watch.cpu_seconds(pid) - before:.2f} s of CPU in {IDLE_S} s; {process_watch.resident_kb(pid) // 1024} MiB resident, "
          f"{process_watch.threads(pid)} threads, {process_watch.descriptors(pid)} descriptors")

    print(f"SIGTERM to exit: {daemon.term():.1f} s")
    daemon.start()
    ready = time.monotonic() - daemon.launched_at
    print(f"start to /readyz with 500 pipelines: {ready:.2f} s (budget {READY_S})")
    assert ready < READY_S * SLACK
    for name in running:
        daemon.wait_phase(name, "running", deadline=60)
    look("after the restart")
    daemon.kill9()
    daemon.start()
    print(f"start to /readyz after SIGKILL: {time.monotonic() - daemon.launched_at:.2f} s")
    assert len(daemon.get("/v1/pipelines?limit=500").body["items"]) == STOPPED + RUNNING
    print(f"SIGTERM to exit while it starts 20 pipelines: {daemon.term():.1f} s")
