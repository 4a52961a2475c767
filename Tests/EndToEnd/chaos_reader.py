"""Reads several topics to their present ends, read_committed, again and again."""
from confluent_kafka import Consumer, KafkaError, TopicPartition

from topics import QUIET, log_ends
from waiting import wait_until


class Reader:
    def __init__(self, cluster, topics):
        self._consumer = Consumer({
            "bootstrap.servers": cluster.brokers, "group.id": "penstock-tests-reader", "enable.auto.commit": False,
            "isolation.level": "read_committed", "enable.partition.eof": True, "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20, **QUIET})
        self._partitions = [TopicPartition(topic, p, 0) for topic in topics for p in range(cluster.partition_count(topic))]
        self._consumer.assign(self._partitions)

    def read(self, timeout=30):
        """The new messages of all topics, those of a partition in the order of its log. What an open transaction hides is not waited for."""
        found, left = [], log_ends(self._consumer, [(each.topic, each.partition) for each in self._partitions], timeout)
        for each in self._consumer.position(self._partitions):
            if each.offset >= left[(each.topic, each.partition)] or left[(each.topic, each.partition)] == 0:
                del left[(each.topic, each.partition)]

        def reached():
            for message in self._consumer.consume(5_000, timeout=0.05):
                place = (message.topic(), message.partition())
                if message.error() is None:
                    found.append(message)
                    if message.offset() + 1 >= left.get(place, 0):
                        left.pop(place, None)
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    if message.offset() >= left.get(place, 0):
                        left.pop(place, None)
            return not left
        wait_until(reached, timeout, lambda: f"the ends of the output are read: {left}", every=0)
        return found

    def close(self):
        self._consumer.close()
