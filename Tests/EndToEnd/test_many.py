"""Many pipelines in one daemon, half of them in trouble: no one waits for another."""
import collections
import json
import threading
import time

from checks import check_figures, check_once
from jobs import JOB, spec
from runs import Run
from topics import Output, read_all
from waiting import free_port, wait_until
import generator
import oracle

GET_LIMIT_MS = 100
# Moments in which this process itself was not run are not the daemon's: a second thread notes them and they are taken off.
STALL_MS = 10


class GetWatch:
    """Asks one GET after another, on a thread, and keeps how long each took."""

    def __init__(self, daemon, names):
        self.daemon = daemon
        self.paths = ["/livez", "/readyz", "/version", "/v1/health", "/v1/stats", "/v1/pipelines"]
        self.paths += [f"/v1/pipelines/{name}{part}" for name in names for part in ("", "/stats", "/health", "/offsets", "/spec")]
        self.took = collections.defaultdict(list)
        self.failures = []
        self.gone = set()
        self._stalls = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask), threading.Thread(target=self._note_stalls)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _note_stalls(self):
        before = time.monotonic()
        while not self._ended.wait(0.005):
            now = time.monotonic()
            if (now - before) * 1000 > STALL_MS + 5:
                self._stalls.append((before, now))
            before = now

    def _ask(self):
        while not self._ended.is_set():
            for path in self.paths:
                if self._ended.is_set():
                    return
                name = path.split("/")[3] if path.startswith("/v1/pipelines/") else None
                if name in self.gone:
                    continue
                begun = time.monotonic()
                try:
                    answer = self.daemon.get(path, timeout=10)
                except OSError as error:
                    self.failures.append((path, repr(error)))
                    continue
                ended = time.monotonic()
                if answer.status != 200 and not (answer.status == 503 and path.endswith("/health")) and name not in self.gone:
                    self.failures.append((path, answer.status))
                self.took[path].append((begun, ended))
                self._ended.wait(0.003)

    def slow(self):
        """[(path, ms)] over the limit, without the time in which this process did not run."""
        found = []
        for path, times in self.took.items():
            for begun, ended in times:
                stalled = sum(max(0, min(ended, to) - max(begun, since)) for since, to in self._stalls)
                took = (ended - begun - stalled) * 1000
                if took >= GET_LIMIT_MS:
                    found.append((path, round(took)))
        return found


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
                changes = {"kafka__brokers": dead} if name in bad else {}
                daemon.create(spec(name, JOB, f"{name}-in", f"{name}-out", **changes))
                watch.paths += [f"/v1/pipelines/{name}{part}" for part in ("", "/stats", "/health", "/offsets", "/spec")]
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
    took = sorted((ended - begun) * 1000 for times in watch.took.values() for begun, ended in times)
    print(f"{len(took)} GETs: median {took[len(took) // 2]:.1f} ms, p99 {took[len(took) * 99 // 100]:.1f} ms, longest {took[-1]:.1f} ms")
    assert not watch.failures, watch.failures[:10]
    assert not watch.slow(), f"answers over {GET_LIMIT_MS} ms: {watch.slow()[:10]}"
    print(f"SIGTERM to exit with 12 running pipelines, two of them without a broker: {daemon.term():.1f} s")
