"""Faults of Kafka: a broker that dies, hangs for a minute, moves its leaders, refuses; a topic made anew, records taken by retention, offsets
moved by another tool."""
import os
import pathlib
import subprocess
import time

import pytest

import kafka_tools
import offsets
from chaos_feed import Feed
from chaos_jobs import JOBS, PARTITIONS
from chaos_oracle import Expectation
from kafka_node import KafkaNode
from oracle import differences
from topics import Cluster, last_copies
from waiting import wait_until

GUARANTEES = ["at_least_once", "exactly_once"]
KAFKA_SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/kafka"
HOME = os.environ.get("KAFKA_HOME")
needs_home = pytest.mark.skipif(not HOME, reason="it runs Kafka's own tools, which needs KAFKA_HOME")


@pytest.fixture(scope="module")
def own_cluster(own_node):
    return Cluster(own_node.bootstrap)


def wait_failed(member, name, code, deadline=60):
    """It has given up for that reason, and says what to do. Returns its last error."""
    wait_until(lambda: member.daemon.phase(name) == "failed", deadline,
               lambda: f"{name} fails with {code}: {member.daemon.phase(name)} {member.daemon.reasons(name)}\n{member.daemon.log()[-2000:]}")
    error = member.daemon.pipeline(name)["last_error"]
    assert error["code"] == code and error["message"] and len(error["advice"]) > 20, error
    print(f"{code}: {error['message']} {error['advice']}")
    return error


def start(member, name):
    answer = member.daemon.post(f"/v1/pipelines/{name}/start")
    assert answer.status in (200, 202), answer


def discard(member, name):
    """PUT of the same spec with ?state=discard, and start."""
    answer = member.daemon.put(f"/v1/pipelines/{name}?state=discard", member.daemon.get(f"/v1/pipelines/{name}/spec").body)
    assert answer.status == 200, answer
    if member.daemon.phase(name) in ("failed", "stopped"):
        start(member, name)


# The broker

@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_a_broker_that_is_killed_and_started_again_costs_no_result(guarantee, own_node, own_cluster, new_world):
    world = new_world(own_cluster, guarantee, ("tumbling", "session"))
    world.warm_up()
    for number in range(2):
        own_node.kill()
        time.sleep(2)
        own_node.start()
        world.settle(number)
    print(world.finish())


def test_a_broker_that_hangs_for_a_minute_costs_no_result(own_node, own_cluster, new_world):
    worlds = [new_world(own_cluster, guarantee) for guarantee in GUARANTEES]
    for world in worlds:
        world.warm_up()
    own_node.pause()
    try:
        time.sleep(60)
        for world in worlds:
            world.members[0].check_alive()
            assert world.members[0].daemon.get("/livez").status == 200
    finally:
        own_node.resume()
    since = time.monotonic()
    own_node.wait_ready()
    for world in worlds:
        world.settle(1)
        print(f"{world.guarantee}: caught up {time.monotonic() - since:.1f} s after the broker answered again")
    for world in worlds:
        print(world.finish())


def test_a_stall_longer_than_a_transaction_may_take_costs_no_result(cluster, new_world):
    """The only daemon hangs in the middle of its work; the brokers give up its transaction, and its membership."""
    world = new_world(cluster, "exactly_once", ("tumbling", "session"), changes={"session_timeout_ms": 6_000})
    world.warm_up()
    member = world.members[0]
    member.freeze()
    try:
        time.sleep(25)
    finally:
        member.thaw()
    world.settle(1)
    print(world.finish())


@pytest.fixture(scope="module")
def three_nodes(tmp_path_factory):
    """Three brokers; the first one is the controller too. Returns what runs scripts/kafka on them."""
    if not HOME:
        pytest.skip("it starts three brokers, which needs KAFKA_HOME")
    folder = tmp_path_factory.mktemp("three")

    def kafka(command, *arguments):
        done = subprocess.run([KAFKA_SCRIPT, command, folder, *arguments], capture_output=True, text=True, timeout=120,
                              env={**os.environ, "KAFKA_HEAP": "512m"})
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
    settings = [word for name in ("group.min.session.timeout.ms=500", "transaction.abort.timed.out.transaction.cleanup.interval.ms=500") for word in ("--set", name)]
    try:
        kafka.brokers = kafka("start", "--nodes", "3", *settings)
        yield kafka
    finally:
        kafka("kill")


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_leaders_and_coordinators_that_move_cost_no_result(guarantee, three_nodes, new_world):
    world = new_world(Cluster(three_nodes.brokers), guarantee, replication=3)
    world.warm_up()
    for node in ("2", "3"):
        three_nodes("kill", node)
        world.settle(f"without {node}")
        three_nodes("start")
        world.settle(f"with {node}")
    print(world.finish())


# Topics and records

@needs_home
@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_an_input_topic_that_was_made_anew_stops_the_pipeline_with_a_clear_choice(guarantee, cluster, new_world):
    world = new_world(cluster, guarantee)
    world.warm_up()
    member, name = world.members[0], world.names["tumbling"]
    ends = world.feed.pause()
    wait_until(lambda: world.groups.reached(ends), 30, "all is committed", every=0.1)
    world.check_output("before")
    make_anew(world)
    error = wait_failed(member, name, "kafka.topic_recreated")
    assert world.topic in error["message"] and "state=discard" in error["advice"], error
    discard(member, name)
    member.daemon.wait_phase(name, "running", deadline=30)
    # The new log is another stream; its windows are others.
    world.begin_anew(2)
    world.settle("the new log")
    print(world.finish())


@needs_home
def test_a_new_log_that_is_longer_than_the_old_one_is_noticed_too(cluster, new_world):
    world = new_world(cluster, "exactly_once")
    world.warm_up()
    member, name = world.members[0], world.names["tumbling"]
    ends = world.feed.pause()
    wait_until(lambda: world.groups.reached(ends), 30, "all is committed", every=0.1)
    member.term()
    make_anew(world)
    expectation = Expectation(("tumbling",))
    feed = Feed(cluster, world.topic, 3, world.base, expectation, per_second=2_000).start()
    try:
        wait_until(lambda: all(count > ends[p] + 50 for p, count in expectation.counts().items()), 30, "the new log is longer")
    finally:
        feed.stop()
    member.start()
    error = wait_failed(member, name, "kafka.topic_recreated")
    assert world.topic in error["message"], error


def make_anew(world):
    """Deletes the input topic, and creates it again once it is gone."""
    world.cluster.admin.delete_topics([world.topic], operation_timeout=30)[world.topic].result(timeout=40)
    wait_until(lambda: world.topic not in world.cluster.admin.list_topics(timeout=10).topics, 20, "the topic is gone")

    def made():
        try:
            return world.cluster.create(world.topic, partitions=PARTITIONS)
        except Exception as error:  # noqa: BLE001: the brokers may not have forgotten it yet
            if "TOPIC_ALREADY_EXISTS" in str(error):
                return False
            raise
    wait_until(made, 20, "the topic can be made again", every=0.5)


@needs_home
@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_records_that_retention_took_before_a_rebuild_are_named_until_their_windows_are_gone(guarantee, cluster, new_world, open_output, tmp_path):
    world = new_world(cluster, guarantee, ("sliding",))
    world.warm_up()
    member, name = world.members[0], world.names["sliding"]
    ends = world.feed.pause()
    wait_until(lambda: world.groups.reached(ends), 30, "all is committed", every=0.1)
    # Windows that are gone already were looked at while it warmed up.
    known = {row.identity for row in open_output(cluster, f"{name}-out").read()}
    texts = {p: offsets.parse(found.metadata) for p, found in offsets.committed(cluster.brokers, f"penstock-{name}", world.topic, PARTITIONS).items()}
    cut = {p: ends[p] - 3 for p in (1, 4)}
    assert all(texts[p].replay_from < cut[p] for p in cut), "windows need records that will be gone"
    member.term()
    member.wipe(name)
    kafka_tools.delete_records(HOME, cluster.brokers, world.topic, cut, tmp_path)
    member.start()

    def complete():
        return next(c for c in member.daemon.pipeline(name)["conditions"] if c["type"] == "StateComplete")
    wait_until(lambda: complete()["reason"] == "RecordsGone", 30, lambda: f"it says which records are gone: {complete()}")
    found = complete()
    assert found["status"] is False, found
    for p in cut:
        assert f"{world.topic}/{p}: records {texts[p].replay_from}..<{cut[p]}" in found["message"], found
    assert f"{world.topic}/0:" not in found["message"], found
    print(found["message"])
    assert member.daemon.get(f"/v1/pipelines/{name}/health").body["health"] == "degraded"
    world.feed.go_on()
    wait_until(lambda: complete()["status"] is True, 60, lambda: f"it heals when their windows are gone: {complete()}", every=0.2)
    world.feed.pause()
    end = world.feed.finish(max(stream.largest for stream in world.feed.streams) + 3_600_000)
    wait_until(lambda: world.groups.reached(end), 60, "all is committed", every=0.1)
    rows = open_output(cluster, f"{name}-out").read()
    last, lacking = last_copies(rows), 0
    for gone in world.expectation.take_gone("sliding", end):
        row = last.pop(gone.identity, None)
        wrong = row is None or differences(row.value, gone.window, JOBS["sliding"])
        mayLack = gone.partition in cut and any(texts[gone.partition].replay_from <= e.place[1] < cut[gone.partition] for e in gone.window.events)
        assert not wrong or mayLack, (gone.identity, wrong)
        assert row is None or row.value["count"] <= gone.window.count
        lacking += bool(wrong)
    extra = {identity: row for identity, row in last.items() if identity not in known}
    assert not extra, f"results that no record accounts for: {list(extra.items())[:3]}"
    print(f"{lacking} windows lack records")
    assert lacking > 0


# Offsets

@needs_home
@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_offsets_that_another_tool_moved_stop_the_pipeline_with_a_clear_choice(guarantee, cluster, new_world):
    world = new_world(cluster, guarantee)
    world.warm_up()
    member, name = world.members[0], world.names["tumbling"]
    member.stop_pipelines()
    move_offset(world, name, 3, 1)
    start(member, name)
    error = wait_failed(member, name, "state.offsets_moved_outside")
    assert f"{world.topic}/3" in error["message"], error
    # The one choice: what is stored.
    kafka_tools.delete_group(HOME, cluster.brokers, f"penstock-{name}")
    world.groups.forget()
    start(member, name)
    member.state = "up"
    world.settle("from the checkpoint")
    print(world.finish())


def test_after_offsets_were_moved_the_windows_can_be_given_up_for_them(cluster, new_world):
    world = new_world(cluster, "exactly_once")
    world.warm_up()
    member, name = world.members[0], world.names["tumbling"]
    ends = world.feed.pause()
    wait_until(lambda: world.groups.reached(ends), 30, "all is committed", every=0.1)
    member.stop_pipelines()
    for p in range(PARTITIONS):
        move_offset(world, name, p, ends[p] - 10)
    start(member, name)
    wait_failed(member, name, "state.offsets_moved_outside")
    before = member.daemon.stats(name)["messages_consumed"]
    discard(member, name)
    world.groups.forget()
    wait_until(lambda: world.groups.reached(ends), 30, lambda: f"it goes on: {member.daemon.reasons(name)}", every=0.1)
    # The figures follow a moment after the commit.
    read = lambda: member.daemon.stats(name)["messages_consumed"] - before
    wait_until(lambda: read() >= 10 * PARTITIONS, 10, lambda: f"what it read shows: {read()}", every=0.05)
    assert read() == 10 * PARTITIONS, "from where the other tool had set them"


def move_offset(world, name, partition, offset):
    from confluent_kafka import Consumer, TopicPartition
    consumer = Consumer({"bootstrap.servers": world.cluster.brokers, "group.id": f"penstock-{name}", "enable.auto.commit": False})
    try:
        consumer.commit(offsets=[TopicPartition(world.topic, partition, offset)], asynchronous=False)
    finally:
        consumer.close()


# Refusals

@pytest.fixture(scope="module")
def guarded_node(tmp_path_factory):
    """A broker that asks who may do what. All may, until a rule says otherwise."""
    if not HOME:
        pytest.skip("it starts its own broker and sets its rules, which needs KAFKA_HOME")
    node = KafkaNode(HOME, tmp_path_factory.mktemp("guarded"), settings={
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer", "allow.everyone.if.no.acl.found": "true",
        "super.users": "User:admin"})
    try:
        yield node.start()
    finally:
        node.close()


EVERYONE = "User:ANONYMOUS"
RULES = {
    "writing results": lambda world, name: (["--topic", f"{name}-out"], "Write", ["Read", "Describe"], f"{name}-out"),
    "reading": lambda world, name: (["--topic", world.topic], "Read", ["Write", "Describe"], world.topic),
    "transactions": lambda world, name: (["--transactional-id", "*"], "Write", ["Describe"], ""),
}


@pytest.mark.parametrize("guarantee, what", [(g, w) for g in GUARANTEES for w in RULES if g == "exactly_once" or w != "transactions"])
def test_what_the_brokers_do_not_allow_fails_the_pipeline_and_costs_no_result(guarantee, what, guarded_node, new_world):
    world = new_world(Cluster(guarded_node.bootstrap), guarantee)
    world.warm_up()
    member, name = world.members[0], world.names["tumbling"]
    place, denied, allowed, word = RULES[what](world, name)
    # What stays allowed comes first: with any rule, what no rule allows is denied.
    rules = [["--allow-principal", EVERYONE, *[w for operation in allowed for w in ("--operation", operation)]], ["--deny-principal", EVERYONE, "--operation", denied]]
    for rule in rules:
        kafka_tools.acl(HOME, guarded_node.bootstrap, "--add", *rule, *place)
    try:
        error = wait_failed(member, name, "kafka.not_authorized")
        assert word in error["message"], f"it names {word}: {error}"
    finally:
        for rule in reversed(rules):
            kafka_tools.acl(HOME, guarded_node.bootstrap, "--remove", *rule, *place)
    start(member, name)
    world.settle("allowed again")
    print(world.finish())


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_results_larger_than_the_topic_takes_fail_the_pipeline_and_come_when_it_takes_them(guarantee, cluster, new_world):
    world = new_world(cluster, guarantee)
    world.warm_up()
    member, name = world.members[0], world.names["tumbling"]
    # No batch of results is so small; the marker that ends a transaction (78 bytes) still fits.
    set_limit(world, f"{name}-out", 120)
    error = wait_failed(member, name, "kafka.result_too_large")
    assert f"{name}-out" in error["message"], error
    set_limit(world, f"{name}-out", 1 << 20)
    start_when_mended(member, name)
    world.settle("large enough")
    print(world.finish())


def start_when_mended(member, name):
    """Brokers take a moment to know a new setting; until then it fails again."""
    before = member.daemon.stats(name)["messages_produced"]

    def gets_on():
        if member.daemon.phase(name) == "failed":
            start(member, name)
        return member.daemon.stats(name)["messages_produced"] > before
    wait_until(gets_on, 60, lambda: f"{name} puts out what was refused: {member.daemon.phase(name)} {member.daemon.reasons(name)}")


def set_limit(world, topic, size):
    from confluent_kafka.admin import ConfigResource
    resource = ConfigResource("topic", topic, set_config={"max.message.bytes": str(size), "retention.ms": "-1"})
    world.cluster.admin.alter_configs([resource])[resource].result(timeout=20)
