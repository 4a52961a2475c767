"""Sends the daemon what no client should, from one seed, and watches that it stays well. See scripts/fuzz; the cases are in fuzz_cases.py."""
import argparse
import collections
import json
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time
import traceback

import fuzz_cases
import process_watch
from daemon import Daemon
from http_answers import Malformed
from probe import Probe
from socket_talk import Talk, Wrong
from waiting import free_port, wait_until

WORKERS = 12
PARKED = 200
# Long enough for the allocator to have seen the worst; in short runs it has not: see `slack_kb`.
WARM_UP_S = 60
SHORT_WARM_UP_S = 8
SETTLE_S = 90
# Of what was resident after the warm-up.
MEMORY_SHARE = 0.05
# Once a minute the daemon gives back what is free.
GIVEN_BACK_S = 70
# Dispatch's workers come and go.
THREAD_SLACK = 8
FAILURES_KEPT = 20
# (seed, case, what it found) of what found a bug once. The test sends them again. They hold as long as nobody changes fuzz_cases.py before
# the case that they choose; what matters has a test of its own beside.
FOUND = [(3, 914, "a query of 2,075 items had no answer")]


class Watch:
    """Counts, from any thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.connections = 0
        # Errors of libmicrohttpd with two heads.
        self.twice = 0
        self.cases = collections.Counter()
        self.statuses = collections.Counter()
        self.failures = []

    def count(self, answer):
        with self.lock:
            self.statuses[(answer.status, answer.is_ours)] += 1

    def fail(self, text):
        with self.lock:
            if len(self.failures) < FAILURES_KEPT:
                self.failures.append(text)

    def __str__(self):
        ours = ", ".join(f"{status}: {count}" for (status, own), count in sorted(self.statuses.items()) if own)
        others = ", ".join(f"{status}: {count}" for (status, own), count in sorted(self.statuses.items()) if not own)
        return f"{sum(self.cases.values())} cases, {self.connections} connections, {sum(self.statuses.values())} answers ({ours}; of libmicrohttpd itself {others or 'none'}, with their head twice {self.twice})"


class Client:
    """What a case has of the world."""

    def __init__(self, fuzz):
        self.fuzz = fuzz
        self.watch = fuzz.watch

    def connect(self, source="127.0.0.2", receive_buffer=None):
        return Talk(self.fuzz.daemon.port, self.watch, source, receive_buffer)

    def park(self, talk, seconds, reads=0, must_end=False):
        self.fuzz.park(talk, seconds, reads, must_end)

    def ensure(self, rng, name):
        """A pipeline of that name is there, unless another case deletes it just now."""
        talk = self.connect()
        talk.ask(fuzz_cases.request("PUT", f"/v1/pipelines/{name}?state=discard", fuzz_cases.body_of(fuzz_cases.spec(rng, name))), "PUT")
        talk.close()


class Fuzz:
    """`say`: where lines go. `only`: names of cases. `pause_s`: of each worker after a case."""

    def __init__(self, daemon, seed, say=print, only=None, workers=WORKERS, pause_s=0):
        self.daemon, self.seed, self.say, self.only, self.workers, self.pause_s = daemon, seed, say, only, workers, pause_s
        self.watch = Watch()
        self.parked = []
        self.parking = threading.Condition()
        self.next = 0
        self.ends_at = 0

    def park(self, talk, seconds, reads, must_end):
        with self.parking:
            self.parked.append((time.monotonic() + seconds, talk, reads, must_end))
            self.parked.sort(key=lambda item: item[0])
            surplus = self.parked.pop(0) if len(self.parked) > PARKED else None
        if surplus:
            surplus[1].close()

    def _keep_parked(self):
        """Closes connections that were left open, when their time has come."""
        while True:
            with self.parking:
                now = time.monotonic()
                if self.parked and self.parked[0][0] <= now:
                    _, talk, reads, must_end = self.parked.pop(0)
                elif self._parking_ends:
                    return
                else:
                    self.parking.wait(min(0.2, self.parked[0][0] - now) if self.parked else 0.2)
                    continue
            try:
                if reads or must_end:
                    talk.read_some(0)
                if must_end and talk.ended is None:
                    self.watch.fail(f"a request that never came whole still holds its connection: {bytes(talk.sent[:200])!r}")
            except (Malformed, Wrong) as error:
                self.watch.fail(f"seed {self.seed}, after {bytes(talk.sent[:200])!r}: {error}")
            talk.close()

    def run_case(self, number):
        rng = fuzz_cases.numbers_of(self.seed, number)
        case = fuzz_cases.choose(rng, self.only)
        with self.watch.lock:
            self.watch.cases[case.__name__] += 1
        try:
            case(Client(self), rng)
        except (Malformed, Wrong) as error:
            self.watch.fail(f"--seed {self.seed} --case {number} ({case.__name__}): {str(error)[:1500]}")
        except OSError as error:
            # Refused at the limit of connections of one address, or reset while it was being opened.
            self.watch.statuses[(0, False)] += 0
            if self.daemon.process.poll() is not None:
                self.watch.fail(f"--seed {self.seed} --case {number} ({case.__name__}): the daemon is gone: {error!r}")
            elif not isinstance(error, (ConnectionError, TimeoutError)):
                self.watch.fail(f"--seed {self.seed} --case {number} ({case.__name__}): {error!r}")
        except Exception:
            self.watch.fail(f"--seed {self.seed} --case {number} ({case.__name__}): {traceback.format_exc()[-1500:]}")

    def _work(self, numbers):
        while time.monotonic() < self.ends_at and self.daemon.process.poll() is None and len(self.watch.failures) < FAILURES_KEPT:
            with self.watch.lock:
                number = next(numbers, None)
            if number is None:
                return
            self.run_case(number)
            time.sleep(self.pause_s)

    def send(self, seconds, numbers):
        """Cases for so long, then all connections closed."""
        self.ends_at = time.monotonic() + seconds
        self._parking_ends = False
        keeper = threading.Thread(target=self._keep_parked)
        threads = [threading.Thread(target=self._work, args=(numbers,)) for _ in range(self.workers)]
        for thread in threads + [keeper]:
            thread.start()
        for thread in threads:
            thread.join()
        with self.parking:
            self._parking_ends = True
            for _, talk, _, _ in self.parked:
                talk.abort()
            self.parked = []
            self.parking.notify()
        keeper.join()
        self.daemon.check_alive()

    def settle(self):
        """Deletes every pipeline and waits until they are gone."""
        def gone():
            names = [item["name"] for item in self.daemon.get("/v1/pipelines?limit=500").body["items"]]
            for name in names:
                self.daemon.delete(f"/v1/pipelines/{name}")
            return not names
        wait_until(gone, SETTLE_S, lambda: f"all pipelines are deleted: {self.daemon.get('/v1/pipelines?limit=500')}", every=0.2)

    def level(self):
        pid = self.daemon.process.pid
        return process_watch.descriptors(pid), process_watch.threads(pid), process_watch.resident_kb(pid)

    def run(self, seconds, slack_kb=0):
        """Raises AssertionError with the seed if anything was wrong. `slack_kb`: for short runs, which do not wait until memory is given back."""
        warm_up = SHORT_WARM_UP_S if slack_kb else WARM_UP_S
        counter = iter(range(1 << 60))
        self.say(f"fuzz sockets: seed {self.seed}, {seconds:.0f} s after {warm_up:.0f} s of warm-up")
        pid = self.daemon.process.pid
        self.send(warm_up, counter)
        self.settle()
        before = self._calm_level(None, not slack_kb)
        begun = time.monotonic()
        with Probe(self.daemon.port) as probe:
            self.send(seconds, counter)
        took = time.monotonic() - begun
        self.settle()
        after = self._calm_level(before, not slack_kb)
        self.say(f"{took:.0f} s: {self.watch}")
        self.say(f"/livez meanwhile: {probe}")
        self.say(f"descriptors {before[0]} -> {after[0]}, threads {before[1]} -> {after[1]}, resident {before[2]} KiB -> {after[2]} KiB ({(after[2] / before[2] - 1) * 100:+.1f} %)")
        failures = list(self.watch.failures) + [f"/livez: {failure}" for failure in probe.failures]
        if after[0] > before[0]:
            failures.append(f"{after[0] - before[0]:+} descriptors: {process_watch.descriptor_targets(pid)}")
        if after[1] > before[1] + THREAD_SLACK:
            failures.append(f"threads pile up: {before[1]} -> {after[1]}")
        if process_watch.children(pid):
            failures.append(f"it has children: {process_watch.children(pid)}")
        if after[2] > before[2] * (1 + MEMORY_SHARE) + slack_kb:
            failures.append(f"resident memory grew: {before[2]} KiB -> {after[2]} KiB")
        assert not failures, f"seed {self.seed}: " + "\n".join(failures)
        return probe

    def _calm_level(self, wanted, rests):
        """`rests`: after free memory was given back. Once it does not change any more (the last client of a pipeline may need a while to end), or is what is wanted."""
        seen = []

        def calm():
            now = self.level()
            seen.append(now[:2])
            if wanted is not None:
                return now[0] == wanted[0] and now[1] <= wanted[1] + THREAD_SLACK
            return len(seen) > 30 and len(set(seen[-30:])) == 1
        try:
            wait_until(calm, SETTLE_S, "", every=0.1)
        except AssertionError:
            pass  # told with the figures
        if rests:
            time.sleep(GIVEN_BACK_S)
        return self.level()

    def replay(self, number):
        """One case alone."""
        self._parking_ends = False
        self.run_case(number)
        for _, talk, _, _ in self.parked:
            talk.close()
        self.parked = []
        self.daemon.check_alive()
        assert not self.watch.failures, "\n".join(self.watch.failures)


def main():
    parser = argparse.ArgumentParser(prog="scripts/fuzz sockets", description="Sends the daemon what no client should, and watches that it stays well.")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=None, help="the same seed sends the same; without it a new one, which is printed")
    parser.add_argument("--case", type=int, default=None, help="only this case of the seed")
    parser.add_argument("--only", type=lambda text: text.split(","), help="only these kinds of cases, with commas")
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    known = {case.__name__ for _, case in fuzz_cases.CASES}
    if set(arguments.only or []) - known:
        parser.error(f"--only takes {', '.join(sorted(known))}")
    seed = random.SystemRandom().randrange(1_000_000) if arguments.seed is None else arguments.seed
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"penstock-fuzz-{seed}."))
    daemon = Daemon(arguments.binary.resolve(), folder / "data", f"127.0.0.1:{free_port()}", folder / "log")
    try:
        fuzz = Fuzz(daemon.start(), seed, lambda text: print(text, flush=True), arguments.only)
        if arguments.case is not None:
            fuzz.replay(arguments.case)
            print(fuzz.watch)
        else:
            fuzz.run(arguments.minutes * 60)
            print(f"SIGTERM to exit: {daemon.term():.1f} s")
            print(json.dumps({case: count for case, count in sorted(fuzz.watch.cases.items())}))
    except AssertionError as error:
        print(error)
        print(daemon.log()[-3_000:])
        print(f"fuzz sockets: FAILED, seed {seed}", flush=True)
        return 1
    finally:
        daemon.close()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
