"""The programs in Examples, as their users run them, against figures computed here from the records."""
import collections
import json
import os
import random
import re
import signal
import subprocess

import pytest

from generator import Record
from topics import last_copies
from waiting import die_with_parent, wait_until

MINUTE = 60_000
BASE = 1_700_000_040_000  # the start of a minute
PARTITIONS = 4


class Example:
    """An example as a process with its own checkpoints; `start` after an end goes on with them."""

    def __init__(self, folder, name, cluster, topics, tmp_path):
        self.arguments = [str(folder / name), cluster.brokers, *topics]
        self.log_path = tmp_path / f"{name}.log"
        self.environment = {"STATE_DIR": str(tmp_path / "state")}
        self.process = None

    def start(self, **environment):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment, **environment}, preexec_fn=die_with_parent)
        return self

    def log(self):
        return self.log_path.read_text()

    def wait(self, seconds):
        """Its end by itself, in good order."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end within {seconds} s:\n{self.log()}") from None
        assert code == 0, f"it ended with code {code}:\n{self.log()}"

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def example(examples, cluster, unique, tmp_path):
    """Makes an example with topics of its own: (the example, its input topic, its output topic)."""
    made = []

    def make(name):
        topics = [cluster.create(unique, partitions=PARTITIONS), cluster.create(f"{unique}-out", partitions=2)]
        made.append(Example(examples, name, cluster, topics, tmp_path))
        return made[-1], *topics
    yield make
    for one in made:
        one.close()


def record(partition, value):
    return Record(partition=partition, key=None, value=json.dumps(value).encode(), timestamp=None)


def final_figures(output):
    """{(key, window_start): value} of the last copies, each of which came once."""
    rows = output.read()
    assert len({row.identity for row in rows}) == len(rows), f"something came twice: {[r.value for r in rows]}"
    return {identity: row.value for identity, row in last_copies(rows).items()}


def nearly(a, b, relative=1e-12):
    return a is not None and abs(a - b) <= relative * max(abs(a), abs(b))


def test_typed_pipeline(cluster, example, open_output):
    program, topic, result_topic = example("TypedPipeline")
    chance = random.Random(7)
    readings = [
        {"timestamp": BASE + second * 100 + chance.randrange(5_000), "sensor": f"s{chance.randrange(10)}",
         "value": round(chance.uniform(0, 100), 3), **({"battery": chance.randrange(100)} if chance.random() < 0.3 else {})}
        for second in range(3_000)]
    closing = [record(partition, {"timestamp": BASE + 60 * MINUTE, "sensor": "closing", "value": 0}) for partition in range(PARTITIONS)]
    bad = [record(0, {"timestamp": BASE, "sensor": "no value"}), Record(partition=1, key=None, value=b"no json", timestamp=None)]
    cluster.produce(topic, [record(chance.randrange(PARTITIONS), reading) for reading in readings] + bad + closing)

    windows = collections.defaultdict(list)
    for reading in readings:
        windows[f"session:{reading['sensor']}", reading["timestamp"] // MINUTE * MINUTE].append(reading)
    program.start(RESULTS=str(len(windows))).wait(60)
    assert f"read {len(readings) + len(bad) + len(closing)} records, wrote {len(windows)} results" in program.log()
    found = final_figures(open_output(cluster, result_topic))
    assert found.keys() == windows.keys()
    for identity, members in windows.items():
        figures, values = found[identity], [m["value"] for m in members]
        hot = sum(value > 90 for value in values)
        assert figures["window_end"] == identity[1] + MINUTE and figures["revision"] == 1
        assert figures["count"] == len(members) and figures["hot"] == hot and figures["max"] == max(values)
        assert nearly(figures["avg"], sum(values) / len(values), 1e-9) and nearly(figures["hot_share"], hot / len(members))
        assert figures["battery"] == min((m["battery"] for m in members if "battery" in m), default=None)


def test_custom_aggregation(cluster, example, open_output):
    program, topic, result_topic = example("CustomAggregation")
    chance = random.Random(8)
    requests = [
        {"time": BASE + number * 60 + chance.randrange(2_000), "service": chance.choice(["api", "web:2"]), "region": chance.choice(["eu", "us"]),
         "path": chance.choice(["/search", "/login", "/cart", "/health"]), "milliseconds": chance.randrange(1, 500), "status": chance.choice([200, 200, 200, 503])}
        for number in range(2_000)]
    closing = [
        record(partition, {"time": BASE + 60 * MINUTE, "service": "closing", "region": "-", "path": "/health", "milliseconds": 0, "status": 200})
        for partition in range(PARTITIONS)]
    cluster.produce(topic, [record(chance.randrange(PARTITIONS), request) for request in requests] + closing)

    windows = collections.defaultdict(list)
    for request in requests:
        if request["path"].startswith("/health"):
            continue
        key = f"composite:region:{request['region']},service:{request['service']}".replace("web:2", "web\\:2")
        last = request["time"] // 10_000 * 10_000
        for start in range(last - 50_000, last + 1, 10_000):
            windows[key, start].append(request)
    program.start(RESULTS=str(len(windows))).wait(60)
    found = final_figures(open_output(cluster, result_topic))
    assert found.keys() == windows.keys()
    for identity, members in windows.items():
        figures = found[identity]
        slowest = sorted(members, key=lambda m: (-m["milliseconds"], m["path"]))[:3]
        ranked = sorted(m["milliseconds"] for m in members)
        failed = sum(m["status"] >= 500 for m in members)
        assert figures["slowest"] == ", ".join(f"{m['path']} {m['milliseconds']} ms" for m in slowest)
        assert nearly(figures["p99"], ranked[int(0.99 * (len(ranked) - 1))], 0.01)
        assert figures["count"] == len(members) and figures["failed"] == failed
        assert nearly(figures["failed_share"], failed / len(members))


def clicks_of(user, *times):
    return [{"at": BASE + minute * MINUTE, "user": user, "page": page} for minute, page in times]


def test_embedding(cluster, example, open_output):
    program, topic, result_topic = example("Embedding")
    first = clicks_of("ann", (0, "/a"), (29, "/b"), (59, "/a"), (100, "/c")) + clicks_of("bob", (3, "/x")) + clicks_of("eve", (240, "/late"))
    closing = [record(partition, {"at": BASE + 240 * MINUTE, "user": f"closing-{partition}", "page": "/"}) for partition in range(PARTITIONS)]
    cluster.produce(topic, [record(0, click) for click in first] + closing)
    output = open_output(cluster, result_topic)
    program.start(STATS_MS="100")
    wait_until(lambda: len(output.read()) == 3, 60, lambda: f"three visits are over: {[r.value for r in output.rows]}\n{program.log()}")
    wait_until(lambda: re.search(r"^ok: every record is read; 10 read, 3 written, lag 0, 5 open visits$", program.log(), re.M), 20,
               lambda: f"the figures are told:\n{program.log()}")
    program.process.send_signal(signal.SIGTERM)
    program.wait(20)
    assert "ok: it was shut down; 10 read, 3 written" in program.log().splitlines()[-1]

    # Eve's visit was open while the program was not there.
    second = clicks_of("eve", (250, "/late"), (260, "/end"))
    closing = [record(partition, {"at": BASE + 480 * MINUTE, "user": f"closing-{partition}", "page": "/"}) for partition in range(PARTITIONS)]
    cluster.produce(topic, [record(0, click) for click in second] + closing)
    program.start(RESULTS="5").wait(60)
    found = final_figures(output)
    visits = {(key, start): (v["window_end"], v["clicks"], v["pages"], v["entry"], v["exit"]) for (key, start), v in found.items()}
    half = 30 * MINUTE
    at = lambda minute: BASE + minute * MINUTE
    assert visits == {
        ("user:ann", at(0)): (at(59) + half, 3, 2, "/a", "/a"),
        ("user:ann", at(100)): (at(100) + half, 1, 1, "/c", "/c"),
        ("user:bob", at(3)): (at(3) + half, 1, 1, "/x", "/x"),
        ("user:eve", at(240)): (at(260) + half, 3, 2, "/late", "/end"),
        **{(f"user:closing-{p}", at(240)): (at(240) + half, 1, 1, "/", "/") for p in range(PARTITIONS)},
    }
