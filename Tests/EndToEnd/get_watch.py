"""Asks the daemon's GETs all along, beside a test, and keeps how long each took."""
import collections
import threading
import time

# Whoever waits for a broker, a disk or a lane waits for seconds. How fast the answers are is for benchmarks to say: here other tests take
# the processors too.
GET_LIMIT_MS = 1_000
# Moments in which this process itself was not run are not the daemon's: a second thread notes them and they are taken off.
STALL_MS = 10


class GetWatch:
    """`with GetWatch(daemon, names) as watch`; more pipelines by `watch.add`. Names in `gone` are not asked any more."""

    def __init__(self, daemon, names):
        self.daemon = daemon
        self.paths = ["/livez", "/readyz", "/version", "/v1/health", "/v1/stats", "/v1/pipelines"]
        for name in names:
            self.add(name)
        self.took = collections.defaultdict(list)
        self.failures = []
        self.gone = set()
        self._stalls = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask), threading.Thread(target=self._note_stalls)]

    def add(self, name):
        self.paths += [f"/v1/pipelines/{name}{part}" for part in ("", "/stats", "/health", "/offsets", "/spec")]

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

    def check(self):
        """After the `with`: every GET was answered in time."""
        took = sorted((ended - begun) * 1000 for times in self.took.values() for begun, ended in times)
        print(f"{len(took)} GETs: median {took[len(took) // 2]:.1f} ms, p99 {took[len(took) * 99 // 100]:.1f} ms, longest {took[-1]:.1f} ms")
        assert not self.failures, self.failures[:10]
        assert not self.slow(), f"answers over {GET_LIMIT_MS} ms: {self.slow()[:10]}"
