"""The committed offsets of the groups, which never go back."""
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

from chaos_jobs import PARTITIONS
from offsets import parse
from topics import QUIET

# Beyond it a lane has gone on from its own checkpoint, and committed.
STALE_S = 20


class Groups:
    def __init__(self, cluster, topic, names):
        self.topic, self.names = topic, names
        # What is committed by now, open transactions or not.
        self._consumers = {name: Consumer({
            "bootstrap.servers": cluster.brokers, "group.id": name, "isolation.level": "read_uncommitted", "socket.timeout.ms": 3_000, **QUIET})
            for name in names}
        self.last = {name: {} for name in names}
        self._behind_since = {}
        self._numbers = {name: {} for name in names}

    def forget(self):
        """The groups were deleted or set elsewhere on purpose: what is committed next is what counts."""
        self.last = {name: {} for name in self.names}
        self._behind_since = {}
        self._numbers = {name: {} for name in self.names}

    def look(self):
        """False if the brokers do not answer."""
        wanted = [TopicPartition(self.topic, partition) for partition in range(PARTITIONS)]
        for name, consumer in self._consumers.items():
            try:
                found = {each.partition: each.offset for each in consumer.committed(wanted, timeout=2) if each.error is None}
            except KafkaException:
                return False
            if len(found) < PARTITIONS:
                return False
            for partition, offset in found.items():
                before = self.last[name].get(partition, -1)
                if offset < 0 and before < 0:
                    continue
                if offset < before:
                    # A broker that has just started may answer with an older one, or none, for a moment.
                    since = self._behind_since.setdefault((name, partition), time.monotonic())
                    assert time.monotonic() - since < STALE_S, f"{name}: the offset of partition {partition} went back from {before} to {offset}"
                    return False
                self._behind_since.pop((name, partition), None)
                self.last[name][partition] = offset
        return True

    def behind(self, marks):
        """{group: {partition: records to go}} of those that have not committed `marks`."""
        found = {name: {p: mark - self.last[name].get(p, 0) for p, mark in marks.items() if self.last[name].get(p, 0) < mark} for name in self.names}
        return {name: partitions for name, partitions in found.items() if partitions}

    def reached(self, marks):
        return self.look() and not self.behind(marks)

    def check_texts(self, name, found):
        """`found`: {partition: offsets.Committed}. The numbers of checkpoints rise, and a rebuild would not start above the offset."""
        for partition, committed in found.items():
            text = parse(committed.metadata)
            assert text.replay_from is None or 0 <= text.replay_from <= committed.offset, (name, partition, committed)
            before = self._numbers[name].get(partition, 0)
            assert text.n >= before, f"{name}: the checkpoint of partition {partition} went back from {before} to {text.n}"
            self._numbers[name][partition] = text.n

    def close(self):
        for consumer in self._consumers.values():
            consumer.close()
