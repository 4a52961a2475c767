"""Keeps a pipeline saturated, in a process of its own: writes to its input so that there is always more to read, but never so much that the
topic's retention would overtake it.

`with SaturatingFeed(brokers, topic, port, pipeline) as feed`. As a program: `load_feed.py BROKERS TOPIC PORT PIPELINE`; ends when its input does,
and prints {"records": lines sent, "looks": ..., "without_lag": ..., "least": ..., "median": records of the log not read yet}."""
import http.client
import json
import pathlib
import random
import select
import statistics
import subprocess
import sys
import time

from confluent_kafka import Producer

from topics import QUIET
from waiting import die_with_parent

PARTITIONS = 4
KEYS = 1_000
# Many events in one record of the log (JSON Lines): one at a time no Python keeps up with a lane.
LINES = 100
# Kept unread, in records of the log: a few seconds of work.
AHEAD = 16_000
LOOK_EVERY_S = 0.05
# Unread is a tenth of it at most.
TOPIC_SETTINGS = {"retention.bytes": str(128 << 20), "segment.bytes": str(32 << 20)}
_TIME = "0000000000000"


class SaturatingFeed:
    def __init__(self, brokers, topic, port, pipeline):
        self.arguments = [sys.executable, "-B", str(pathlib.Path(__file__)), brokers, topic, str(port), pipeline]
        self.said = None

    def __enter__(self):
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
                                        preexec_fn=die_with_parent)
        return self

    def check(self):
        assert self.process.poll() is None, f"the test's own producer ended with {self.process.returncode}"

    def finish(self):
        """What it says at its end."""
        if self.said is None:
            text, _ = self.process.communicate(timeout=90)
            self.said = json.loads(text)
        return self.said

    def __exit__(self, *_):
        if self.process.poll() is None and self.said is None:
            self.process.kill()
            self.process.wait()


def templates(rng):
    """Values with every key in one of `KEYS // LINES` of them, several times over with other figures."""
    made = []
    for _ in range(5):
        for first in range(0, KEYS, LINES):
            lines = [f'{{"ts":{_TIME},"key":"key-{key:04d}","user":"u{rng.randrange(5_000)}","latency_ms":{rng.lognormvariate(5, 1):.2f},'
                     f'"tokens":{rng.randrange(1, 4_000)}}}'
                     for key in range(first, first + LINES)]
            made.append("\n".join(lines).encode())
    return made


class Reader:
    """How far the pipeline has read, as its stats say."""

    def __init__(self, port, pipeline):
        self.port, self.path, self.connection = port, f"/v1/pipelines/{pipeline}/stats?detail=partitions", None

    def position(self):
        """The sum over all partitions; None while it is not known."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            self.connection.request("GET", self.path)
            answer = self.connection.getresponse()
            body = json.loads(answer.read())
            places = [partition["position"] for partition in body.get("partitions") or []]
            return sum(places) if len(places) == PARTITIONS and None not in places else None
        except (OSError, http.client.HTTPException):
            self.connection = None
            return None


def main():
    brokers, topic, port, pipeline = sys.argv[1:]
    values, reader, refused = templates(random.Random(1)), Reader(int(port), pipeline), []
    producer = Producer({"bootstrap.servers": brokers, "enable.idempotence": True, "linger.ms": 10, "compression.type": "lz4", "batch.size": 1 << 20, **QUIET})
    sent, stored, lags = 0, 0, []

    def delivered(error, _message):
        nonlocal stored
        stored += 1
        if error is not None:
            refused.append(str(error))

    while not select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
        position = reader.position()
        if position is None:
            continue
        producer.poll(0)
        assert not refused, refused[:3]
        # What is in the log; those on their way there come on top.
        if stored:
            lags.append(stored - position)
        now = str(int(time.time() * 1000)).encode()
        for _ in range(AHEAD - (sent - position)):
            producer.produce(topic, values[sent % len(values)].replace(_TIME.encode(), now), partition=sent % PARTITIONS, on_delivery=delivered)
            sent += 1
            if sent % 1_000 == 0:
                producer.poll(0)
    producer.flush(30)
    print(json.dumps({"records": sent * LINES, "looks": len(lags), "without_lag": sum(lag <= 0 for lag in lags), "least": min(lags, default=0),
                      "median": statistics.median(lags or [0])}))


if __name__ == "__main__":
    main()
