"""Topics, records in, records out: what a test does with a Kafka itself."""
import json

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from waiting import wait_until

LARGEST_MESSAGE = 4 * 1024 * 1024
# The clients of the tests say nothing by themselves: a broker that is killed on purpose fills pages otherwise.
QUIET = {"log_level": 2, "reconnect.backoff.max.ms": 1000}


def log_ends(consumer, places, timeout=20):
    """{(topic, partition): the end of its log as the consumer may read it}, of such pairs. Asked as for times: the client's own query for
    it (librdkafka 2.0.2) can wait far beyond its timeout where a leader is away."""
    wanted = [TopicPartition(topic, partition, OFFSET_END) for topic, partition in places]
    why = []

    def ends():
        try:
            found = consumer.offsets_for_times(wanted, timeout=5)
        except KafkaException as error:
            why[:] = [error]
            return None
        why[:] = [each.error for each in found if each.error is not None]
        return None if why else {(each.topic, each.partition): each.offset for each in found}
    return wait_until(ends, timeout, lambda: f"the ends of {places} are told: {why}") if wanted else {}


class Cluster:
    """A broker list with the admin calls the tests need."""

    def __init__(self, brokers):
        self.brokers = brokers
        self.admin = AdminClient({"bootstrap.servers": brokers, **QUIET})
        self.created = []

    def create(self, *names, partitions=8, settings=None, replication=1):
        """Makes the topics and waits until every partition has a leader. Returns the one name, or the list."""
        config = {"max.message.bytes": str(LARGEST_MESSAGE), "retention.ms": "-1", **(settings or {})}
        made = self.admin.create_topics([NewTopic(n, partitions, replication, config=config) for n in names], operation_timeout=30)
        for name, future in made.items():
            future.result(timeout=40)
        self.created.extend(names)

        def led():
            for name in names:
                topic = self.admin.list_topics(name, timeout=10).topics[name]
                if topic.error is not None or len(topic.partitions) != partitions:
                    return False
                if any(p.leader < 0 for p in topic.partitions.values()):
                    return False
            return True
        wait_until(led, 30, f"topics {names} have leaders")
        return names[0] if len(names) == 1 else list(names)

    def partition_count(self, topic):
        """Of several brokers, one that is asked next may not know a new topic yet."""
        found = []

        def known():
            description = self.admin.list_topics(topic, timeout=10).topics.get(topic)
            if description is not None and description.error is None:
                found[:] = [len(description.partitions)]
            return bool(found and found[0])
        wait_until(known, 30, f"{topic} is known to every broker")
        return found[0]

    def delete_created(self):
        if self.created:
            for future in self.admin.delete_topics(self.created, operation_timeout=10).values():
                try:
                    future.result(timeout=20)
                except KafkaException:
                    pass  # best effort: the names are unique, nothing else uses them
            self.created = []

    def produce(self, topic, records):
        """Sends `records` (anything with partition, value, and optionally key, timestamp) in order per partition; every one
        is acknowledged when this returns."""
        refused = []

        def delivered(error, _message):
            if error is not None:
                refused.append(str(error))
        producer = Producer({
            "bootstrap.servers": self.brokers, "enable.idempotence": True, "linger.ms": 20, "compression.type": "lz4",
            "message.max.bytes": LARGEST_MESSAGE, "queue.buffering.max.messages": 1_000_000, **QUIET,
        })
        for record in records:
            arguments = {"partition": record.partition, "callback": delivered}
            if record.key is not None:
                arguments["key"] = record.key
            if record.timestamp is not None:
                arguments["timestamp"] = record.timestamp
            while True:
                try:
                    producer.produce(topic, record.value, **arguments)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        left = producer.flush(60)
        assert left == 0 and not refused, f"{left} records unsent, refused: {refused[:3]}"

    def ends(self, topic):
        """{partition: log end}"""
        consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": "penstock-tests-reader", **QUIET})
        try:
            partitions = self.admin.list_topics(topic, timeout=10).topics[topic].partitions
            return {p: end for (_, p), end in log_ends(consumer, [(topic, p) for p in partitions]).items()}
        finally:
            consumer.close()

    def committed(self, group, topic):
        """{partition: committed offset}, without partitions that have none."""
        consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": group, **QUIET})
        try:
            partitions = self.admin.list_topics(topic, timeout=10).topics[topic].partitions
            found = wait_until(lambda: self._ask_committed(consumer, topic, partitions), 20, f"the coordinator of {group} answers")
            return {t.partition: t.offset for t in found if t.offset >= 0}
        finally:
            consumer.close()

    @staticmethod
    def _ask_committed(consumer, topic, partitions):
        try:
            return consumer.committed([TopicPartition(topic, p) for p in partitions], timeout=10)
        except KafkaException as error:
            # A node that has just started still makes its coordinators.
            if error.args[0].code() in (KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS):
                return None
            raise


class Row:
    """One record of an output topic."""
    __slots__ = ("key", "text", "value", "headers", "timestamp", "partition", "offset")

    def __init__(self, message):
        self.key = message.key()
        self.text = message.value()
        self.value = json.loads(self.text, object_pairs_hook=_without_duplicates)
        self.headers = message.headers() or []
        self.timestamp = message.timestamp()[1]
        self.partition = message.partition()
        self.offset = message.offset()

    @property
    def identity(self):
        """What readers keep the last record of."""
        return (self.value["key"], self.value.get("seq", self.value["window_start"]))


def _without_duplicates(pairs):
    assert len({name for name, _ in pairs}) == len(pairs), f"a member twice: {pairs}"
    return dict(pairs)


class Output:
    """Reads an output topic from its start, read_committed; `read` goes on where the last call ended."""

    def __init__(self, cluster, topic):
        self.topic = topic
        self.rows = []
        self._consumer = Consumer({
            "bootstrap.servers": cluster.brokers, "group.id": "penstock-tests-reader", "enable.auto.commit": False,
            "isolation.level": "read_committed", "enable.partition.eof": True, "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 50, **QUIET,
        })
        partitions = cluster.admin.list_topics(topic, timeout=10).topics[topic].partitions
        self._partitions = set(partitions)
        self._consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
        self._at_end = set()

    def read(self, timeout=20):
        """Everything up to the present end. Returns all rows so far."""
        self._at_end = set()
        ends = {p: end for (_, p), end in log_ends(self._consumer, [(self.topic, p) for p in self._partitions], timeout).items()}

        def reached():
            for message in self._consumer.consume(10_000, timeout=0.1):
                if message.error() is None:
                    self.rows.append(Row(message))
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    self._at_end.add(message.partition())
            position = {t.partition: t.offset for t in self._consumer.position([TopicPartition(self.topic, p) for p in self._partitions])}
            return all(p in self._at_end or position[p] >= end or end == 0 for p, end in ends.items())
        wait_until(reached, timeout, f"the end of {self.topic} is read", every=0)
        return self.rows

    def close(self):
        self._consumer.close()


def read_all(cluster, topic):
    output = Output(cluster, topic)
    try:
        return output.read()
    finally:
        output.close()


def last_copies(rows):
    """{(key, window_start): row}: the last in the log. A key is always in one partition, so offsets order its copies."""
    last = {}
    for row in rows:
        before = last.get(row.identity)
        assert before is None or before.partition == row.partition, f"{row.identity} is in two partitions"
        if before is None or row.offset > before.offset:
            last[row.identity] = row
    return last
