"""Many pipelines in one daemon, half of them in trouble: no one waits for another."""
import json
import time

import generator
import oracle
from checks import check_figures, check_once
from get_watch import GetWatch
from jobs import JOB, spec
from runs import Run
from topics import read_all
from waiting import free_port, wait_until


def test_ten_of_twenty_pipelines_without_a_broker_disturb_neither_the_others_nor_any_get(cluster, new_daemon, unique):
    run = Run(50, JOB, 80, bad=False)
    records = generator.bulk(50, run.base, 4_000, partitions=2)
    expected = oracle.expect(records, JOB, run.started_ms)
    closing = generator.closing(2, run.end + 10 * JOB.size_ms)
    dead = f"127.0.0.1:{free_port()}"
    good = [f"{unique}-good-{n}" for n in range(10)]
    bad = [f"{unique}-bad-{n}" for n in range(10)]
    cluster.create(*[f"{name}-in" for name in good + bad], partitions=2)
    cluster.create(*[f"{name}-out" for name in good], partitions=2)
    daemon = new_daemon(cluster.brokers)
    with GetWatch(daemon, []) as watch:
        for pair in zip(bad, good):
            for name in pair:
                # A busy machine must not make a delivery time out: results would come again.
                changes = {"kafka__brokers": dead} if name in bad else {"kafka__delivery_timeout_ms": 60_000}
                daemon.create(spec(name, JOB, f"{name}-in", f"{name}-out", **changes))
                watch.add(name)
        created = time.monotonic()
        for name in good:
            cluster.produce(f"{name}-in", records)
        for name in good:
            daemon.wait_caught_up(name)
            cluster.produce(f"{name}-in", closing)
        for name in good:
            wait_until(lambda: daemon.stats(name)["messages_produced"] >= len(expected.windows), 60,
                       lambda: f"{name} puts out {len(expected.windows)} results: {json.dumps(daemon.stats(name))}")
            rows = read_all(cluster, f"{name}-out")
            check_figures(rows, expected, JOB)
            check_once(rows)

        for name in bad:
            left = max(1, 15 - (time.monotonic() - created))
            wait_until(lambda: daemon.phase(name) in ("starting", "backoff") and dead in daemon.reasons(name), left,
                       lambda: f"{name} names {dead}: {daemon.phase(name)} {daemon.reasons(name)}")
            wait_until(lambda: daemon.get(f"/v1/pipelines/{name}/health").status == 503, max(1, 15 - (time.monotonic() - created)),
                       lambda: f"{name} is failing: {daemon.get(f'/v1/pipelines/{name}/health')}")
        assert [daemon.phase(name) for name in good] == ["running"] * 10

        stopped, deleted = bad[:4], bad[4:8]
        for name in stopped:
            assert daemon.post(f"/v1/pipelines/{name}/stop").status in (200, 202)
        watch.gone.update(deleted)
        for name in deleted:
            assert daemon.delete(f"/v1/pipelines/{name}").status in (202, 204)
        for name in stopped:
            daemon.wait_phase(name, "stopped", deadline=15)
        for name in deleted:
            wait_until(lambda: daemon.get(f"/v1/pipelines/{name}").status == 404, 15, f"{name} is gone")
        listed = [item["name"] for item in daemon.get("/v1/pipelines?limit=500").body["items"]]
        assert listed == sorted(set(good + bad) - set(deleted))
    watch.check()
    print(f"SIGTERM to exit with 12 running pipelines, two of them without a broker: {daemon.term():.1f} s")
