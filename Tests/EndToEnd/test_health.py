"""Health never lies: one row for each fault, on a real Kafka. All rows run at the same time, in one daemon and on two clusters (the full disk has
a daemon of its own), and each test looks at what became of its row."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import threading
import time

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import ConfigResource, NewPartitions

import kafka_tools
from conftest import KAFKA_HOME, NO_KAFKA
from daemon import Daemon
from kafka_node import KafkaNode
from topics import QUIET, Cluster
from waiting import wait_until

# Seconds until a fault shows, and until it shows that it is over; from when it is there, since what makes it may be a program of its own, which
# takes a busy machine some seconds to run.
LIMIT = 15
WINDOW_MS = 1_000
KAFKA_SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/kafka"
GIVEN_UP = 240


class Feed:
    """Good and bad records, about 20 a second for each partition that wants some, with the present as their time."""
    PAUSE_S = 0.05

    def __init__(self, brokers):
        self.producer = Producer({"bootstrap.servers": brokers, "linger.ms": 5, "message.timeout.ms": 3_000, "topic.metadata.refresh.interval.ms": 2_000, **QUIET})
        self.wanted = {}
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def set(self, topic, *partitions, bad=False):
        """Without partitions nothing comes any more."""
        with self.lock:
            self.wanted[topic] = (partitions, bad)

    def run(self):
        number = 0
        while not self.ended.wait(self.PAUSE_S):
            number += 1
            with self.lock:
                wanted = dict(self.wanted)
            for topic, (partitions, bad) in wanted.items():
                value = b"not JSON" if bad else json.dumps({"ts": int(time.time() * 1000), "n": number}).encode()
                for partition in partitions:
                    try:
                        self.producer.produce(topic, value, key=f"key-{number % 3}", partition=partition)
                    except Exception:  # noqa: BLE001: a broker that is down, a topic that is gone: that is what is tested
                        pass
            self.producer.poll(0)

    def close(self):
        self.ended.set()
        self.thread.join()
        self.producer.purge()


class Watch:
    """Looks all the time whether the daemon is alive and ready, and whether a pipeline without any fault is well."""

    def __init__(self, daemon, bystander=None):
        self.daemon = daemon
        self.bystander = bystander
        self.lies = []
        self.looks = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.wait(0.25):
            try:
                for path in ("/livez", "/readyz"):
                    answer = self.daemon.get(path, timeout=5)
                    if answer.status != 200:
                        self.lies.append(f"{path}: {answer}")
                if self.bystander:
                    answer = self.daemon.get(f"/v1/pipelines/{self.bystander}/health", timeout=5)
                    if answer.status != 200 or answer.body["health"] != "ok":
                        self.lies.append(f"{self.bystander}: {answer}")
                self.looks += 1
            except OSError as error:
                self.lies.append(str(error))

    def close(self):
        self.ended.set()
        self.thread.join()


class Pair:
    """Two brokers that may be killed, both or the second alone; the first one is the controller too."""

    def __init__(self, folder):
        self.folder = folder
        self.bootstrap = None

    def __call__(self, command, *arguments):
        done = subprocess.run([KAFKA_SCRIPT, command, self.folder, *arguments], capture_output=True, text=True, timeout=120, env={**os.environ, "KAFKA_HEAP": "512m"})
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self):
        self.bootstrap = self("start", "--nodes", "2")

    def close(self):
        self("kill")


class Place:
    """What the rows share: a broker that asks who may do what, two that may be killed, a daemon, a feed for each cluster."""

    def __init__(self, folder, binary):
        self.folder = folder
        self.binary = binary
        self.steady = KafkaNode(KAFKA_HOME, folder / "steady", users={"reader": "secret", "writer": "secret"}, settings={
            "auto.create.topics.enable": "false", "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS"})
        self.victim = Pair(folder / "victim")
        self.steady.launch()
        self.victim.start()
        self.steady.wait_ready()
        self.cluster, self.other = Cluster(self.steady.bootstrap), Cluster(self.victim.bootstrap)
        self.daemon = Daemon(binary, folder / "data", self.steady.bootstrap, folder / "daemon.log", {"PENSTOCK_TEST_PASSWORD": "secret"}).start()
        self.feed, self.other_feed = Feed(self.steady.bootstrap), Feed(self.victim.bootstrap)
        self.watch = None

    def close(self):
        for thing in (self.watch, self.feed, self.other_feed, self.daemon, self.steady, self.victim):
            if thing is not None:
                thing.close()


class Row:
    """One pipeline and what is done to it."""

    def __init__(self, place, name, partitions=2, feeds=None, daemon=None, cluster=None, **changes):
        self.place = place
        self.name = name
        self.daemon = daemon or place.daemon
        self.cluster = cluster or place.cluster
        self.feed = place.other_feed if self.cluster is place.other else place.feed
        self.input, self.output = f"{name}-in", f"{name}-out"
        self.partitions = partitions
        self.cluster.create(self.input, partitions=partitions)
        self.cluster.create(self.output, partitions=1, replication=2 if self.cluster is place.other else 1)
        kafka = {"brokers": self.cluster.brokers, "input_topics": [self.input], "output_topic": self.output, "auto_commit_interval_ms": 500,
                 **changes.pop("kafka", {})}
        self.spec = {
            "name": name, "kafka": kafka, "event": {"format": "json", "timestamp": {"field": "ts", "unit": "ms"}},
            "window": {"type": "tumbling", "size_ms": WINDOW_MS, "allowed_lateness_ms": 0}, "watermark": {"max_delay_ms": 0}, "aggregations": ["count"], **changes}
        self.feeds = range(partitions) if feeds is None else feeds
        self.seconds = {}

    def run(self):
        """Creates the pipeline and waits until it is well."""
        self.feed.set(self.input, *self.feeds)
        self.daemon.create(self.spec)
        self.well(time.monotonic(), "first", limit=40)
        if self.feeds:
            wait_until(lambda: self.daemon.stats(self.name)["messages_consumed"] > 20 * len(self.feeds), 30, lambda: f"{self.name} reads")
        return self

    def health(self):
        answer = self.daemon.get(f"/v1/pipelines/{self.name}/health")
        assert answer.status == (503 if answer.body["health"] == "failing" else 200), f"the code agrees with the body: {answer}"
        return answer.body

    def condition(self, kind):
        return next(c for c in self.health()["conditions"] if c["type"] == kind)

    def explain(self):
        answer = self.daemon.get(f"/v1/pipelines/{self.name}/explain")
        assert answer.status == 200, answer
        return answer.body

    def turned(self, since, kind, status, reason, level, *words):
        """The condition turns in time, as does the health as a whole, and its message names the cause. Returns it."""
        def found():
            body = self.health()
            condition = next(c for c in body["conditions"] if c["type"] == kind)
            return body["health"] == level and (condition["status"], condition["reason"]) == (status, reason) and condition
        condition = wait_until(found, LIMIT - (time.monotonic() - since), lambda: f"{self.name}: {kind} {reason} {level}: {json.dumps(self.health())}")
        self.seconds["shown"] = time.monotonic() - since
        missing = [word for word in words if word not in condition["message"]]
        assert not missing, f"{missing} not in: {condition['message']}"
        print(f"\n{self.name}: {kind} {reason}, {level} after {self.seconds['shown']:.1f} s: {condition['message']}")
        return condition

    def failed(self, since, code, *words):
        """It has given up in time, and says why."""
        def found():
            body = self.health()
            return body["phase"] == "failed" and body["health"] == "failing" and body
        body = wait_until(found, LIMIT - (time.monotonic() - since), lambda: f"{self.name} fails with {code}: {json.dumps(self.health())}")
        self.seconds["shown"] = time.monotonic() - since
        error = body["last_error"]
        missing = [word for word in words if word not in error["message"]]
        assert error["code"] == code and not missing, (missing, error)
        assert all(error["message"] in c["message"] for c in body["conditions"] if c["type"] in ("Progressing", "SinkDelivering")), body
        assert error["message"] in self.explain()["summary"], self.explain()
        print(f"\n{self.name}: failed, {code} after {self.seconds['shown']:.1f} s: {error['message']} {error['advice']}")

    def explained(self, *words):
        """It says so at the time the condition does, or a moment later."""
        wait_until(lambda: all(word in json.dumps(self.explain()) for word in words), LIMIT, lambda: f"{self.name} explains {words}: {self.explain()}")
        print(f"{self.name}: explain: {self.explain()['summary']}")

    def well(self, since, word="repaired", limit=LIMIT):
        def found():
            body = self.health()
            return body["phase"] == "running" and body["health"] == "ok"
        wait_until(found, limit, lambda: f"{self.name} is well: {json.dumps(self.health())}")
        self.seconds[word] = time.monotonic() - since

    def start(self):
        answer = self.daemon.post(f"/v1/pipelines/{self.name}/start")
        assert answer.status in (200, 202), answer


# The rows

def broker_killed(place):
    row = Row(place, "broker-killed", cluster=place.other).run()
    place.victim("kill")
    begun = time.monotonic()
    row.turned(begun, "BrokersReachable", False, "NoAnswer", "failing", place.victim.bootstrap)
    row.explained(place.victim.bootstrap)
    place.victim.start()
    row.well(time.monotonic())
    return row


def broker_paused(place):
    row = Row(place, "broker-paused", cluster=place.other).run()
    place.victim("pause")
    begun = time.monotonic()
    try:
        row.turned(begun, "BrokersReachable", False, "NoAnswer", "failing", place.victim.bootstrap)
        row.explained(place.victim.bootstrap)
    finally:
        place.victim("resume")
    row.well(time.monotonic())
    return row


def leader_away(place):
    row = Row(place, "leader-away", cluster=place.other).run()
    partitions = place.other.admin.list_topics(row.input, timeout=10).topics[row.input].partitions
    there = next(p for p, partition in partitions.items() if partition.leader == 2)
    place.victim("kill", "2")
    begun = time.monotonic()
    try:
        row.turned(begun, "Progressing", False, "NoLeader", "failing", f"{row.input}/{there} ")
        assert row.condition("BrokersReachable")["status"] is True, row.health()
        row.explained(f"{row.input}/{there}", "the return of the brokers")
    finally:
        place.victim.start()
    row.well(time.monotonic())
    return row


def delete_topic(row, topic):
    row.cluster.admin.delete_topics([topic], operation_timeout=30)[topic].result(timeout=40)


def create_again(row, topic, partitions):
    def made():
        try:
            return row.cluster.create(topic, partitions=partitions)
        except Exception as error:  # noqa: BLE001: the brokers may not have forgotten it yet
            if "TOPIC_ALREADY_EXISTS" in str(error):
                return False
            raise
    wait_until(made, 20, f"{topic} can be made again", every=0.2)


def input_deleted(place):
    row = Row(place, "input-deleted").run()
    row.feed.set(row.input)
    delete_topic(row, row.input)
    begun = time.monotonic()
    row.turned(begun, "InputComplete", False, "TopicMissing", "failing", row.input, row.cluster.brokers)
    row.explained(row.input)
    create_again(row, row.input, row.partitions)
    row.feed.set(row.input, *row.feeds)
    # Another log under the same name needs a choice. The brokers may have thrown away the group's offsets with the topic, or not yet.
    wait_until(lambda: row.daemon.phase(row.name) == "failed", 30, lambda: f"it asks for a choice: {json.dumps(row.health())}")
    assert row.health()["last_error"]["code"] in ("kafka.topic_recreated", "state.offsets_moved_outside"), row.health()
    answer = row.daemon.put(f"/v1/pipelines/{row.name}?state=discard", row.daemon.get(f"/v1/pipelines/{row.name}/spec").body)
    assert answer.status == 200, answer
    row.start()
    row.well(time.monotonic())
    return row


def output_deleted(place):
    row = Row(place, "output-deleted").run()
    delete_topic(row, row.output)
    begun = time.monotonic()
    row.turned(begun, "SinkDelivering", False, "TopicMissing", "failing", row.output, row.cluster.brokers)
    row.explained(row.output)
    create_again(row, row.output, 1)
    row.well(time.monotonic())
    return row


def connection(user):
    return {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": user, "sasl.password": "${env:PENSTOCK_TEST_PASSWORD}"}


def change_rules(place, action, row, user, *rules):
    for rule in rules:
        kafka_tools.acl(KAFKA_HOME, place.steady.bootstrap, action, "--allow-principal", f"User:{user}", *rule)


def guarded(place, name, user):
    """A pipeline of a user who may do just what it needs. Returns the row, and the rules for reading and for writing."""
    row = Row(place, name, kafka={"brokers": place.steady.users_bootstrap, "consumer_config": connection(user), "producer_config": connection(user)})
    reading = ["--operation", "Read", "--topic", row.input]
    writing = ["--operation", "Write", "--topic", row.output]
    seeing = ["--operation", "Describe", "--operation", "DescribeConfigs", "--topic", row.input, "--topic", row.output]
    group = ["--operation", "All", "--group", f"penstock-{name}"]
    change_rules(place, "--add", row, user, reading, writing, seeing, group)
    return row.run(), reading, writing


def read_revoked(place):
    row, reading, _ = guarded(place, "read-revoked", "reader")
    change_rules(place, "--remove", row, "reader", reading)
    begun = time.monotonic()
    row.failed(begun, "kafka.not_authorized", row.input)
    change_rules(place, "--add", row, "reader", reading)
    row.start()
    row.well(time.monotonic())
    return row


def write_revoked(place):
    row, _, writing = guarded(place, "write-revoked", "writer")
    change_rules(place, "--remove", row, "writer", writing)
    begun = time.monotonic()
    row.failed(begun, "kafka.not_authorized", row.output)
    change_rules(place, "--add", row, "writer", writing)
    row.start()
    row.well(time.monotonic())
    return row


def limit_records(row, size):
    resource = ConfigResource("topic", row.output, set_config={"max.message.bytes": str(size), "retention.ms": "-1"})
    row.cluster.admin.alter_configs([resource])[resource].result(timeout=20)


def output_refused(place):
    row = Row(place, "output-refused").run()
    limit_records(row, 120)
    begun = time.monotonic()
    row.failed(begun, "kafka.result_too_large", row.output)
    limit_records(row, 1 << 20)
    begun = time.monotonic()

    def delivers():
        # Brokers take a moment to know a new setting; until then it fails again.
        if row.daemon.phase(row.name) == "failed":
            row.start()
        return row.health()["health"] == "ok" and row.daemon.stats(row.name)["messages_produced"] > produced
    produced = row.daemon.stats(row.name)["messages_produced"]
    wait_until(delivers, LIMIT, lambda: f"{row.name} delivers: {json.dumps(row.health())}")
    row.well(begun)
    return row


def disk_full(place):
    disk = place.folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(disk)], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"a small file system needs root and mount: {mounted.stderr.strip()}")
    daemon = Daemon(place.binary, disk / "data", place.steady.bootstrap, place.folder / "disk-daemon.log")
    try:
        row = Row(place, "disk-full", daemon=daemon.start()).run()
        with open(disk / "filler", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass
        begun = time.monotonic()
        row.turned(begun, "CheckpointFresh", False, "CheckpointFailed", "degraded", "full")
        assert daemon.get("/livez").status == 200
        (disk / "filler").unlink()
        row.well(time.monotonic())
        return row
    finally:
        daemon.close()
        subprocess.run(["umount", "-l", str(disk)], check=False)


def stays_well(row, seconds):
    since = time.monotonic()

    def over():
        assert row.health()["health"] == "ok", row.health()
        return time.monotonic() - since > seconds
    wait_until(over, seconds + 5, "the time is over", every=0.2)
    row.seconds["well for"] = time.monotonic() - since


def no_input(place):
    row = Row(place, "no-input", feeds=()).run()
    stays_well(row, 20)
    condition = row.condition("Progressing")
    assert (condition["status"], condition["reason"]) == (True, "CaughtUp"), condition
    row.explained("no record has come")
    return row


# Longer than a row of a busy machine takes to begin: the partition must not be idle before it is looked at.
IDLE_MS = 30_000


def idle_partition(place):
    row = Row(place, "one-idle", feeds=(0,), watermark={"max_delay_ms": 0, "idle_timeout_ms": IDLE_MS}, event={
        "format": "json", "timestamp": {"field": "ts", "unit": "ms"}, "key": {"from": "kafka", "scope": "global"}}).run()
    holder, = row.explain()["held_by"]
    assert (holder["topic"], holder["partition"], holder["reason"]) == (row.input, 1, "no_record_yet"), row.explain()
    row.explained(f"{row.input}/1", "idle_timeout_ms")
    begun = time.monotonic()

    def released():
        assert row.health()["health"] == "ok", row.health()
        return row.daemon.stats(row.name)["messages_produced"] > 0
    wait_until(released, IDLE_MS / 1000 + LIMIT, lambda: f"the idle partition holds nothing back: {row.explain()}", every=0.2)
    row.seconds["released"] = time.monotonic() - begun
    assert all(holder["partition"] == 0 for holder in row.explain()["held_by"]), row.explain()
    return row


def open_transaction(place):
    row = Row(place, "open-transaction", feeds=(0,)).run()
    producer = Producer({"bootstrap.servers": place.steady.bootstrap, "transactional.id": "never-ends", "transaction.timeout.ms": 300_000, **QUIET})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(row.input, json.dumps({"ts": int(time.time() * 1000)}).encode(), key="k", partition=1)
    assert producer.flush(10) == 0
    begun = time.monotonic()
    row.turned(begun, "Progressing", False, "TransactionOpen", "degraded", f"{row.input}/1", "offset 0")
    lag = row.daemon.stats(row.name)["consumer_lag"]
    assert lag >= 1, f"it is counted as unread: {lag}"
    begun = time.monotonic()
    producer.commit_transaction(10)
    row.well(begun)
    return row


def open_transaction_global(place):
    """Here the one partition holds every window, and explain says which and why."""
    row = Row(place, "open-transaction-global", event={
        "format": "json", "timestamp": {"field": "ts", "unit": "ms"}, "key": {"from": "kafka", "scope": "global"}}).run()
    row.feed.set(row.input, 0)
    producer = Producer({"bootstrap.servers": place.steady.bootstrap, "transactional.id": "never-ends-either", "transaction.timeout.ms": 300_000, **QUIET})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(row.input, json.dumps({"ts": int(time.time() * 1000)}).encode(), key="k", partition=1)
    assert producer.flush(10) == 0
    begun = time.monotonic()
    row.turned(begun, "Progressing", False, "TransactionOpen", "degraded", f"{row.input}/1")
    row.explained(f"{row.input}/1", "open_transaction", "the end of the open transaction")
    row.feed.set(row.input, 0, 1)
    begun = time.monotonic()
    producer.abort_transaction(10)
    row.well(begun)
    return row


def steal(row, wait):
    """A consumer of somebody else in the group. Returns what ends it."""
    consumer = Consumer({"bootstrap.servers": row.cluster.brokers, "group.id": f"penstock-{row.name}", "partition.assignment.strategy": "range",
                         "enable.auto.commit": False, "session.timeout.ms": 6_000, **QUIET})
    ended = threading.Event()
    consumer.subscribe([row.input])

    def run():
        while not ended.is_set():
            consumer.poll(0.1)
        consumer.close()
    thread = threading.Thread(target=run)
    thread.start()

    def end():
        ended.set()
        thread.join()
    try:
        wait()
    finally:
        begun = time.monotonic()
        end()
    return begun


def group_stolen(place):
    row = Row(place, "group-stolen", event={
        "format": "json", "timestamp": {"field": "ts", "unit": "ms"}, "key": {"from": "kafka", "scope": "global"}}).run()
    begun = time.monotonic()

    def shown():
        row.turned(begun, "InputComplete", False, "PartitionsElsewhere", "failing", "1 of 2 partitions", f"penstock-{row.name}")
        row.explained("stop the other members of the group")
    row.well(steal(row, shown))
    return row


def group_shared(place):
    """Keys that stay in their partitions: the rest of the input is right, and what is missing is said."""
    row = Row(place, "group-shared").run()
    begun = time.monotonic()

    def shown():
        row.turned(begun, "PartitionsAssigned", True, "AssignedInPart", "ok", "1 of 2 partitions", "other members")
    ended = steal(row, shown)
    wait_until(lambda: row.condition("PartitionsAssigned")["reason"] == "Assigned", LIMIT, "all partitions are back")
    row.well(ended)
    return row


def partitions_added(place):
    row = Row(place, "partitions-added").run()
    row.cluster.admin.create_partitions([NewPartitions(row.input, 4)])[row.input].result(timeout=20)
    begun = time.monotonic()
    row.turned(begun, "PartitionsChanged", True, "MorePartitions", "degraded", row.input, "4 partitions", "Restart")
    begun = time.monotonic()
    answer = row.daemon.post(f"/v1/pipelines/{row.name}/restart", headers={"Prefer": "wait=20"})
    assert answer.status == 200, answer
    row.well(begun)
    assert sum(len(lane["partitions"]) for lane in row.daemon.pipeline(row.name)["lanes"]) == 4
    return row


def every_record_bad(place):
    row = Row(place, "every-record-bad").run()
    row.feed.set(row.input, *row.feeds, bad=True)
    # Good ones may still be on their way.
    wait_until(lambda: row.daemon.stats(row.name)["records"]["skipped"].get("not_json", 0) >= 10, 30, "bad records come")
    begun = time.monotonic()
    row.turned(begun, "Progressing", False, "EveryRecordBad", "degraded", "not_json")
    row.explained("not_json", "records that can be decoded")
    row.feed.set(row.input, *row.feeds)
    row.well(time.monotonic())
    return row


ROWS = {
    "a broker that was killed is failing and named": broker_killed,
    "a broker that hangs is failing and named": broker_paused,
    "a partition whose leader is away is failing and named": leader_away,
    "an input topic that was deleted is failing and named": input_deleted,
    "an output topic that was deleted is failing and named": output_deleted,
    "a right to read that was taken fails the pipeline with the topic's name": read_revoked,
    "a right to write that was taken fails the pipeline with the topic's name": write_revoked,
    "results that the topic refuses fail the pipeline with the topic's name": output_refused,
    "a full disk is degraded, and results still come out": disk_full,
    "no input at all is fine, and explain says that none came": no_input,
    "an idle partition is fine, and explain names it for as long as it holds the window": idle_partition,
    "a partition behind a transaction that never ends is degraded and named": open_transaction,
    "a window behind a transaction that never ends is explained by its partition": open_transaction_global,
    "a foreign consumer in the group of a global key is failing": group_stolen,
    "a foreign consumer in the group of a key by partition is said": group_shared,
    "partitions that were added are degraded until a restart": partitions_added,
    "nothing but bad records is degraded": every_record_bad,
}


@pytest.fixture(scope="module")
def table(request, binary, tmp_path_factory):
    """Runs the rows that were asked for, and those of the other cluster one after the other. Yields {row: future}."""
    if not KAFKA_HOME:
        pytest.skip(f"its brokers are killed and have rules of their own, which needs KAFKA_HOME; {NO_KAFKA}")
    wanted = {item.callspec.params["row"] for item in request.session.items if getattr(item, "originalname", "") == test_health.__name__}
    place = Place(tmp_path_factory.mktemp("health"), binary)
    pool = concurrent.futures.ThreadPoolExecutor(len(ROWS))
    futures = {}
    try:
        Row(place, "bystander").run()
        place.watch = Watch(place.daemon, "bystander")
        before = None
        for title, run in ROWS.items():
            if title not in wanted:
                continue
            if run in (broker_killed, broker_paused, leader_away):
                futures[title] = before = pool.submit(after, before, run, place)
            else:
                futures[title] = pool.submit(run, place)
        yield place, futures
    finally:
        for future in futures.values():
            future.cancel()
        pool.shutdown(wait=True)
        place.close()


def after(earlier, run, place):
    if earlier is not None:
        concurrent.futures.wait([earlier])
    return run(place)


@pytest.mark.parametrize("row", ROWS)
def test_health(row, table, request):
    """`row`: what must be so."""
    place, futures = table
    request.node.daemons = [place.daemon]
    done = futures[row].result(timeout=GIVEN_UP)
    print("; ".join(f"{word} {seconds:.1f} s" for word, seconds in done.seconds.items()))
    # Of rows that run at the same time each sees what happened to any of them.
    assert place.watch.lies == [], f"the daemon stays alive and ready, and another pipeline well: {place.watch.lies[:5]}"
