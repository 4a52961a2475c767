"""An hour of mixed load on one daemon, and whether it stays well: answers in time, nothing grows. See scripts/fuzz.

A saturated pipeline, ten that fail at every start, two that wait for what is not there, two whose brokers hang, some that are stopped; wrk,
slow clients and broken requests beside it."""
import argparse
import bisect
import itertools
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from confluent_kafka import Producer

import load_feed
import process_watch
from daemon import Daemon
from kafka_node import KafkaNode
from load_clients import SlowClients
from load_feed import SaturatingFeed
from load_probe import HealthProbe
from socket_fuzz import Fuzz
from topics import QUIET, Cluster
from waiting import die_with_parent, free_port, wait_until

SATURATED = "saturated"
# Both hang in calls, and lose their partitions after a while; the second one has a transaction open.
BLOCKED = {"blocked": "at_least_once", "blocked-exactly": "exactly_once"}
BLOCKED_IN = "blocked-in"
FAILING = [f"failing-{number}" for number in range(10)]
WAITING = ["no-broker", "no-topic"]
STOPPED = [f"stopped-{number}" for number in range(5)]
# Those that fail are never `running` and never `failed`. The blocked ones ran before their brokers hung.
PHASES = {
    SATURATED: {"running"}, **{name: {"running", "starting", "backoff"} for name in BLOCKED}, **{name: {"starting", "backoff"} for name in FAILING},
    **{name: {"starting"} for name in WAITING}, **{name: {"stopped"} for name in STOPPED}}
SAMPLE_S = 10
LIMIT_MS = 10
MEMORY_SHARE = 0.05
# Pipelines that fail hold sockets while they try.
DESCRIPTOR_SLACK = 6
LEVEL_S, SETTLE_S = 15, 120
# Wrk's connections, and how long each waits between two requests: about 200 a second together.
CONNECTIONS, BETWEEN_MS, ROUND_S = 8, 40, 30
WORKERS, PAUSE_S = 2, 1
# A drain gives up what hangs after 30 s, and the daemon waits no longer than 6 s more.
DRAIN_S = 38
BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]
# Retention is looked after more often than every 5 minutes.
NODE_SETTINGS = {"log.retention.check.interval.ms": "10000", "log.segment.delete.delay.ms": "1000"}
# So many that a lane has enough to do with what one Python writes.
AGGREGATIONS = ["count", "avg(latency_ms)", "p50(latency_ms)", "p95(latency_ms)", "p99(latency_ms)", "stddev(latency_ms)", "min(latency_ms)",
                "max(latency_ms)", "sum(tokens)", "avg(tokens)", "p99(tokens)", "distinct(user)", "last(user)", *[
                    {"as": f"{name}_over_{bound}", "function": function, **({"field": field} if field else {}),
                     "where": [{"field": "latency_ms", "op": ">", "value": bound}, {"field": "user", "op": "exists"}]}
                    for bound in (25, 50, 75, 100, 150, 200, 400, 800) for name, function, field in (
                        ("count", "count", None), ("p90_latency", "p90", "latency_ms"), ("p99_tokens", "p99", "tokens"), ("users", "distinct", "user"))],
                {"as": "slow_share", "expression": "count_over_200 / count"}]
WRK = """\
local paths, turn = {%s}, 0
request = function()
  turn = turn + 1
  return wrk.format("GET", paths[turn %% #paths + 1])
end
delay = function() return %d end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('{"answers":%%d,"refused":%%d,"errors":%%d,"p99_us":%%d,"longest_us":%%d}\\n', summary.requests, e.status,
    e.connect + e.read + e.write + e.timeout, latency:percentile(99), latency.max))
end
"""


def spec(name, brokers, input_topic, output_topic, **changes):
    return {
        "name": name, "description": "under load", "labels": {"team": "ml"},
        "kafka": {"brokers": brokers, "input_topics": [input_topic], "output_topic": output_topic, "auto_commit_interval_ms": 1000},
        "event": {"format": "jsonl", "timestamp": {"field": "ts"}, "key": {"fields": ["key"]}},
        "window": {"type": "tumbling", "size_ms": 1_000}, "watermark": {"max_delay_ms": 500},
        "aggregations": AGGREGATIONS, **changes,
    }


class Wrk(threading.Thread):
    """Rounds of wrk on the paths, paced."""

    def __init__(self, port, paths, script):
        super().__init__()
        script.write_text(WRK % (", ".join(f'"{path}"' for path in paths), BETWEEN_MS))
        self.arguments = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{ROUND_S}s", "--timeout", "10s", "-s", str(script), f"http://127.0.0.1:{port}"]
        self.rounds, self.fault = [], None
        self.process = None
        self.ended = threading.Event()

    def run(self):
        while not self.ended.is_set() and self.fault is None:
            self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                            start_new_session=True, preexec_fn=die_with_parent)
            text, _ = self.process.communicate()
            if self.ended.is_set():
                return
            try:
                self.rounds.append(json.loads(text.strip().splitlines()[-1]))
            except (ValueError, IndexError):
                self.fault = f"wrk ended with {self.process.returncode}: {text[-500:]}"

    def finish(self):
        self.ended.set()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
        self.join(ROUND_S + 20)

    def total(self, what):
        return sum(done[what] for done in self.rounds)

    def __str__(self):
        return (f"{self.total('answers')} answers in {len(self.rounds)} rounds, {self.total('refused')} not 2xx, {self.total('errors')} errors of sockets; "
                f"p99 of the worst round {max((done['p99_us'] for done in self.rounds), default=0) / 1000:.1f} ms")


class Trickle(threading.Thread):
    """A hundred records a second to what is to be blocked, until `finish`: it has work in hand then."""

    def __init__(self, brokers, topic):
        super().__init__()
        self.producer, self.topic = Producer({"bootstrap.servers": brokers, "linger.ms": 5, **QUIET}), topic
        self.ended = threading.Event()

    def run(self):
        for number in itertools.count():
            if self.ended.wait(0.01):
                break
            line = json.dumps({"ts": int(time.time() * 1000), "key": f"key-{number % 50}", "user": "u1", "latency_ms": 1.5, "tokens": number % 100})
            self.producer.produce(self.topic, line.encode(), partition=number % load_feed.PARTITIONS)
            self.producer.poll(0)

    def finish(self):
        self.ended.set()
        self.join()
        self.producer.purge()


class Figures:
    """Times of one thing, ms."""

    def __init__(self, took=()):
        self.took = sorted(took)

    def add(self, took):
        self.took = sorted(self.took + list(took))

    def quantile(self, share):
        return self.took[min(len(self.took) - 1, int(len(self.took) * share))] if self.took else float("inf")

    def __str__(self):
        return f"p50 {self.quantile(.5):.2f} ms, p99 {self.quantile(.99):.2f} ms, longest {self.quantile(1):.1f} ms"

    def histogram(self):
        words = [f"to {bound}" for bound in BOUNDS_MS] + ["more"]
        places = [bisect.bisect_right(self.took, bound) for bound in BOUNDS_MS] + [len(self.took)]
        return ", ".join(f"{word}: {to - since}" for word, since, to in zip(words, [0] + places, places) if to > since)


def disk_mib(folder):
    """What it takes: Kafka's indexes are longer than that."""
    return sum(file.stat().st_blocks for file in folder.rglob("*") if file.is_file()) * 512 >> 20


class Sample:
    def __init__(self, daemon):
        pid = daemon.process.pid
        self.at = time.monotonic()
        self.resident = process_watch.resident_kb(pid)
        self.descriptors, self.threads, self.cpu = process_watch.descriptors(pid), process_watch.threads(pid), process_watch.cpu_seconds(pid)
        stats = daemon.stats(SATURATED)
        self.consumed, self.produced, self.lag = stats["messages_consumed"], stats["messages_produced"], stats["consumer_lag"]
        self.phases = {item["name"]: item["phase"] for item in daemon.get("/v1/pipelines?limit=500").body["items"]}


class Load:
    def __init__(self, binary, kafka_home, folder, seconds, seed, say):
        self.seconds, self.seed, self.say, self.folder = seconds, seed, say, folder
        self.nodes = [KafkaNode(kafka_home, folder / f"kafka-{letter}", settings=NODE_SETTINGS) for letter in "ab"]
        # Broken requests make pipelines too; these find no broker. Ours name theirs.
        self.nowhere = f"127.0.0.1:{free_port()}"
        self.daemon = Daemon(binary, folder / "data", self.nowhere, folder / "log")
        self.is_paused = False
        self.samples, self.failures = [], []
        self.probes, self.late, self.by_path = Figures(), Figures(), {}

    # -- setting up

    def set_up(self):
        a, b = (Cluster(node.start().bootstrap) for node in self.nodes)
        a.create(f"{SATURATED}-in", f"{SATURATED}-out", partitions=load_feed.PARTITIONS, settings=load_feed.TOPIC_SETTINGS)
        b.create(BLOCKED_IN, *[f"{name}-out" for name in BLOCKED], partitions=load_feed.PARTITIONS)
        for name in [*FAILING, "no-broker"]:
            a.create(f"{name}-in", f"{name}-out", partitions=2)
        a.create("no-topic-out", partitions=2)
        self.daemon.start()
        for name in STOPPED:
            self.daemon.create(spec(name, a.brokers, f"{name}-in", f"{name}-out"), running=False)
        self.daemon.create(spec("no-broker", self.nowhere, "no-broker-in", "no-broker-out"))
        self.daemon.create(spec("no-topic", a.brokers, "no-topic-in", "no-topic-out"))
        for name in FAILING:
            # Each start makes its clients, asks the brokers, and finds that its folder cannot be used.
            self.daemon.create(spec(name, a.brokers, f"{name}-in", f"{name}-out"), running=False)
            (self.daemon.data_dir / "pipelines" / name / "state").write_text("in the way")
            answer = self.daemon.post(f"/v1/pipelines/{name}/start")
            assert answer.status in (200, 202), answer
        self.daemon.create(spec(SATURATED, a.brokers, f"{SATURATED}-in", f"{SATURATED}-out"))
        for name, guarantee in BLOCKED.items():
            self.daemon.create(spec(name, b.brokers, BLOCKED_IN, f"{name}-out", delivery={"guarantee": guarantee}))
        self.daemon.wait_phase(SATURATED, "running")
        self._block(b)
        for name in FAILING:
            self.daemon.wait_phase(name, "backoff")

    def _block(self, cluster):
        trickle = Trickle(cluster.brokers, BLOCKED_IN)
        trickle.start()
        try:
            for name in BLOCKED:
                self.daemon.wait_phase(name, "running")
                wait_until(lambda: self.daemon.stats(name)["messages_produced"] > 0 and self.daemon.stats(name)["offsets_committed"] > 0, 30,
                           lambda: f"{name} works: {self.daemon.stats(name)}")
            self.nodes[1].pause()
            self.is_paused = True
        finally:
            trickle.finish()
        for name in BLOCKED:
            wait_until(lambda: self.daemon.get(f"/v1/pipelines/{name}/health").status == 503, 60, f"{name} is failing")

    # -- the load

    def run(self):
        """Raises AssertionError if anything was wrong."""
        self.say(f"load: seed {self.seed}, {self.seconds / 60:.0f} minutes")
        self.set_up()
        paths = ["/livez", "/readyz", f"/v1/pipelines/{SATURATED}/health"]
        with SaturatingFeed(self.nodes[0].bootstrap, f"{SATURATED}-in", self.daemon.port, SATURATED) as feed:
            wait_until(lambda: (self.daemon.stats(SATURATED)["consumer_lag"] or 0) > 0 and self.daemon.stats(SATURATED)["messages_produced"] > 0, 60,
                       lambda: f"{SATURATED} has enough to do: {self.daemon.stats(SATURATED)}")
            before = self._level(LEVEL_S)
            self.say(f"before: {self._words(before)}")
            wrk = Wrk(self.daemon.port, ["/v1/pipelines", "/v1/stats", f"/v1/pipelines/{SATURATED}/stats"], self.folder / "wrk.lua")
            fuzz = Fuzz(self.daemon, self.seed, workers=WORKERS, pause_s=PAUSE_S)
            broken = threading.Thread(target=self._send_broken, args=(fuzz,))
            wrk.start()
            broken.start()
            try:
                with SlowClients(self.daemon.port, fuzz.watch, SATURATED) as slow, HealthProbe(self.daemon.port, paths) as probe:
                    self._watch(feed, wrk, fuzz, probe)
            finally:
                fuzz.ends_at = 0
                wrk.finish()
                broken.join()
            self._forget_others()
            after = self._settle(before)
            self.say(f"after: {self._words(after)}")
            fed = feed.finish()
        self._judge(before, after, wrk, fuzz, slow, fed)

    def _send_broken(self, fuzz):
        try:
            fuzz.send(self.seconds + 60, itertools.count())
        except AssertionError as error:
            self.failures.append(str(error))

    def _watch(self, feed, wrk, fuzz, probe):
        begun = time.monotonic()
        minute = [Sample(self.daemon)]
        for number in range(1, int(self.seconds // SAMPLE_S) + 1):
            time.sleep(max(0, begun + number * SAMPLE_S - time.monotonic()))
            self.daemon.check_alive()
            feed.check()
            self.samples.append(Sample(self.daemon))
            minute.append(self.samples[-1])
            self._check(minute[-2], minute[-1])
            if len(minute) > 60 / SAMPLE_S:
                self._tell(minute, probe.take(), wrk, fuzz, begun)
                minute = minute[-1:]

    def _check(self, before, now):
        minute = f"sample {len(self.samples)}"
        if now.consumed <= before.consumed and now.at - before.at > 1:
            self._fail(f"{minute}: {SATURATED} read nothing in {now.at - before.at:.0f} s")
        if not now.lag:
            self._fail(f"{minute}: the lag of {SATURATED} is {now.lag}: it is not saturated")
        for name, allowed in PHASES.items():
            if now.phases.get(name) not in allowed:
                self._fail(f"{minute}: {name} is {now.phases.get(name)}: {self.daemon.reasons(name)[:600]}")

    def _fail(self, text):
        if len(self.failures) < 50:
            self.failures.append(text)

    def _tell(self, minute, taken, wrk, fuzz, begun):
        took = Figures(itertools.chain(*taken["took"].values()))
        self.probes.add(took.took)
        for path, times in taken["took"].items():
            self.by_path.setdefault(path, Figures()).add(times)
        late = Figures(taken["late"])
        self.late.add(late.took)
        self.failures += [f"minute {(minute[-1].at - begun) / 60:.0f}: health: {failure}" for failure in taken["failures"][:5]]
        first, last = minute[0], minute[-1]
        seconds = last.at - first.at
        self.say(f"minute {(last.at - begun) / 60:.0f}: {len(took.took)} probes, {took} (the probe's own start was late by p99 {late.quantile(.99):.1f} ms); "
                 f"resident {last.resident} KiB, {last.descriptors} descriptors, {last.threads} threads; {(last.cpu - first.cpu) / seconds:.2f} processors; "
                 f"{(last.consumed - first.consumed) / seconds:.0f} records/s, lag {last.lag}; wrk {wrk.total('answers')}, "
                 f"broken {sum(fuzz.watch.cases.values())}")

    # -- before and after

    def _level(self, seconds):
        """The least of each for a while: pipelines that fail come and go with their sockets."""
        pid, end, looks = self.daemon.process.pid, time.monotonic() + seconds, []
        while time.monotonic() < end:
            looks.append((process_watch.descriptors(pid), process_watch.threads(pid), process_watch.resident_kb(pid)))
            time.sleep(0.2)
        return [min(column) for column in zip(*looks)]

    def _settle(self, before):
        """As soon as the descriptors are those of before, or as they are when the time is up."""
        end = time.monotonic() + SETTLE_S
        while (level := self._level(LEVEL_S))[0] > before[0] and time.monotonic() < end:
            pass
        return level

    @staticmethod
    def _words(level):
        return f"{level[0]} descriptors, {level[1]} threads, {level[2]} KiB resident"

    def _forget_others(self):
        """What the broken requests made."""
        def gone():
            others = [item["name"] for item in self.daemon.get("/v1/pipelines?limit=500").body["items"] if item["name"] not in PHASES]
            for name in others:
                self.daemon.delete(f"/v1/pipelines/{name}")
            return not others
        wait_until(gone, SETTLE_S, lambda: f"all other pipelines are deleted: {self.daemon.get('/v1/pipelines?limit=500')}", every=0.2)

    def _past_phases(self, name):
        """All phases that its events tell of; the newest thousand are kept."""
        text = self.daemon.get(f"/v1/pipelines/{name}/events?follow=false").body
        events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
        return {event["phase"] for event in events if event["type"] == "phase"}

    # -- what is wrong

    def _judge(self, before, after, wrk, fuzz, slow, fed):
        pid = self.daemon.process.pid
        failures = self.failures + fuzz.watch.failures
        attempts = {name: self.daemon.pipeline(name)["attempt"] for name in FAILING}
        self.say(f"probes, each on a new connection: {len(self.probes.took)}, {self.probes}; ms {self.probes.histogram()}")
        for path, figures in self.by_path.items():
            self.say(f"  {path}: {figures}")
        self.say(f"  the probe's own starts were late by: {self.late}")
        self.say(f"wrk: {wrk}")
        self.say(f"broken requests: {fuzz.watch}")
        self.say(f"slow clients: {slow}")
        self.say(f"{SATURATED}: {self.samples[-1].consumed} records read of {fed['records']}, {self.samples[-1].produced} results; records of the log unread: "
                 f"least {fed['least']}, median {fed['median']:.0f}, none in {fed['without_lag']} of {fed['looks']} looks")
        self.say(f"{FAILING[0]} and the others: attempts {sorted(attempts.values())}")
        for name in BLOCKED:
            body, leaked = self.daemon.pipeline(name), self.daemon.stats(name)["leaked_clients"]
            self.say(f"{name}: {body['phase']}, {body['health']}, attempt {body['attempt']}, {leaked} clients left to a call that hangs")
            if body["health"] != "failing":
                failures.append(f"{name} is {body['health']}, and its brokers hang")
        for node, letter in zip(self.nodes, "ab"):
            self.say(f"log of Kafka {letter}: {disk_mib(node.folder / 'data')} MiB")

        p99 = self.probes.quantile(.99)
        if p99 >= LIMIT_MS:
            failures.append(f"p99 of the probes is {p99:.2f} ms")
        fifth = len(self.samples) // 5
        second, last = (statistics.median(sample.resident for sample in part) for part in (self.samples[fifth:2 * fifth], self.samples[-fifth:]))
        self.say(f"resident: first fifth {statistics.median(s.resident for s in self.samples[:fifth]):.0f} KiB, second {second:.0f} KiB, last {last:.0f} KiB "
                 f"({(last / second - 1) * 100:+.1f} %); at most {max(s.resident for s in self.samples)} KiB")
        if last > second * (1 + MEMORY_SHARE):
            failures.append(f"resident memory grew: {second:.0f} KiB -> {last:.0f} KiB")
        if after[0] > before[0] + DESCRIPTOR_SLACK:
            failures.append(f"{after[0] - before[0]:+} descriptors: {process_watch.descriptor_targets(pid)}")
        if process_watch.children(pid):
            failures.append(f"it has children: {process_watch.children(pid)}")
        for name in FAILING:
            past = self._past_phases(name)
            if "backoff" not in past or past - {"starting", "backoff"}:
                failures.append(f"{name} was {sorted(past)}")
        if self._past_phases(SATURATED) - {"starting", "running"}:
            failures.append(f"{SATURATED} was {sorted(self._past_phases(SATURATED))}")
        if wrk.fault or wrk.total("refused") or wrk.total("errors") or not wrk.rounds:
            failures.append(f"wrk: {wrk.fault or wrk}")
        failures += self._end()
        assert not failures, "\n".join(failures)

    def _end(self):
        """SIGTERM, with the brokers of two pipelines still hanging: what is under way with them then is left, and said with code 1."""
        process = self.daemon.process
        begun = time.monotonic()
        process.terminate()
        try:
            code = process.wait(timeout=DRAIN_S)
        except subprocess.TimeoutExpired:
            return [f"not ended {DRAIN_S} s after SIGTERM"]
        self.daemon.process = None
        forced = "had to be stopped by force" in self.daemon.log()
        self.say(f"SIGTERM to exit: {time.monotonic() - begun:.1f} s, code {code}" + (", a pipeline was stopped by force" if forced else ""))
        return [] if code == 0 or (code == 1 and forced) else [f"exit code {code} after SIGTERM"]

    def close(self):
        self.daemon.close()
        if self.is_paused:
            self.nodes[1].resume()
        for node in self.nodes:
            node.close()


def main():
    parser = argparse.ArgumentParser(prog="scripts/fuzz load", description="An hour of mixed load on one daemon, and whether it stays well.")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None, help="of the broken requests; without it a new one, which is printed")
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    home = os.environ.get("KAFKA_HOME")
    if not home:
        parser.error("KAFKA_HOME must name a Kafka distribution (a folder with libs/)")
    seed = random.SystemRandom().randrange(1_000_000) if arguments.seed is None else arguments.seed
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"penstock-load-{seed}."))
    load = None
    try:
        load = Load(arguments.binary.resolve(), home, folder, arguments.minutes * 60, seed, lambda text: print(text, flush=True))
        load.run()
    except AssertionError as error:
        print(load.daemon.log()[-5_000:] if load else "")
        print(error)
        print(f"fuzz load: FAILED, seed {seed}", flush=True)
        return 1
    finally:
        if load:
            load.close()
        shutil.rmtree(folder, ignore_errors=True)
    print("fuzz load: all is well", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
