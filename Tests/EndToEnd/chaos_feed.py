"""Sends the streams to the input topic all the time, through broker crashes, and tells the oracle of each record."""
import threading
import time

from confluent_kafka import Producer

from chaos_jobs import PARTITIONS
from chaos_records import Stream
from topics import LARGEST_MESSAGE, QUIET

TICK_S = 0.05


class Feed:
    """A thread of its own between `start` and `finish`. Records of a partition arrive in the order of its stream, each once: `finish`
    holds that against the log."""

    def __init__(self, cluster, topic, seed, base, expectation, per_second=200):
        self.cluster, self.topic, self.expectation = cluster, topic, expectation
        self.streams = [Stream(seed, partition, base) for partition in range(PARTITIONS)]
        self.per_second = per_second
        self.refused = []
        self._turn, self._paused, self._sent = threading.Lock(), False, 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._error = None
        self._producer = Producer({
            "bootstrap.servers": cluster.brokers, "enable.idempotence": True, "linger.ms": 5, "message.timeout.ms": 0,
            "message.max.bytes": LARGEST_MESSAGE, "queue.buffering.max.messages": 1_000_000, "socket.timeout.ms": 5_000,
            "socket.nagle.disable": True, "request.timeout.ms": 5_000,
            # More than one in flight, and a leader that moves makes its sequence numbers out of order (librdkafka 2.0.2).
            "max.in.flight.requests.per.connection": 1, **QUIET})

    def start(self):
        self._thread.start()
        return self

    def check(self):
        """The feed itself is all right."""
        assert self._error is None, self._error
        assert not self.refused, f"the test's own producer failed: {self.refused[:3]}"

    def _run(self):
        try:
            owed, looked = 0.0, time.monotonic()
            while not self._ended.wait(TICK_S):
                now = time.monotonic()
                with self._turn:
                    owed += 0 if self._paused else (now - looked) * self.per_second
                    while owed >= 1:
                        self._send(self.streams[self._sent % PARTITIONS].next())
                        self._sent += 1
                        owed -= 1
                looked = now
                self._producer.poll(0)
        except Exception as error:  # noqa: BLE001: told to the main thread by `check`
            self._error = error

    def pause(self):
        """Sends no more, until `go_on`. Returns {partition: log end}."""
        with self._turn:
            self._paused = True
        assert self._producer.flush(60) == 0, "the test's own producer is stuck"
        return self.expectation.counts()

    def go_on(self):
        with self._turn:
            self._paused = False

    def _send(self, record):
        self.expectation.add(record)
        while True:
            try:
                self._producer.produce(self.topic, record.value, record.key, partition=record.partition, on_delivery=self._delivered)
                return
            except BufferError:
                self._producer.poll(0.1)

    def _delivered(self, error, _message):
        if error is not None:
            self.refused.append(str(error))

    def finish(self, ts):
        """Ends the stream, with one record a partition that pushes event time to `ts`. Returns {partition: log end}."""
        self._ended.set()
        self._thread.join()
        self.check()
        for stream in self.streams:
            self._send(stream.closing(ts))
        assert self._producer.flush(60) == 0, "the test's own producer is stuck"
        self.check()
        ends = self.cluster.ends(self.topic)
        assert ends == self.expectation.counts(), f"the test's own producer lost or repeated records: {ends}, {self.expectation.counts()}"
        return ends

    def stop(self):
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(20)
