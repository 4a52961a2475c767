"""Records and results that cannot be used: counted by reason, and sent to the dead letter topic or the end of the pipeline, as the
spec says, under both guarantees."""
import json
import time
from collections import namedtuple

import pytest
from confluent_kafka import Consumer, TopicPartition

from checks import check_ledger
from jobs import spec
from oracle import Job
from topics import QUIET, log_ends, read_all
from waiting import wait_until

Record = namedtuple("Record", "partition value key timestamp")
JOB = Job(["count", "sum(value)"], {"type": "tumbling", "size_ms": 1_000}, {"timestamp": {"field": "at", "unit": "ms"}, "key": {"fields": ["key"]}})
GUARANTEES = ["at_least_once", "exactly_once"]
START = 1_700_000_000_000


def good(at, key="a", value=1, padding=0):
    return Record(0, json.dumps({"at": START + at, "key": key, "value": value, "pad": "x" * padding}).encode(), b"the key", START)


class Letter:
    def __init__(self, message):
        self.key, self.value, self.timestamp = message.key(), message.value(), message.timestamp()[1]
        self.headers = {name: value.decode() for name, value in message.headers() or []}


def letters(cluster, topic):
    """All that a read_committed reader sees."""
    consumer = Consumer({"bootstrap.servers": cluster.brokers, "group.id": "penstock-tests-reader", "isolation.level": "read_committed", **QUIET})
    try:
        end = log_ends(consumer, [(topic, 0)])[(topic, 0)]
        consumer.assign([TopicPartition(topic, 0, 0)])
        found, deadline = [], time.monotonic() + 20
        while consumer.position([TopicPartition(topic, 0)])[0].offset < end and time.monotonic() < deadline:
            batch = consumer.consume(1_000, timeout=0.2)
            found += [Letter(message) for message in batch if message.error() is None]
            if not batch and found:
                break
        return found
    finally:
        consumer.close()


@pytest.fixture
def started(cluster, new_daemon, unique):
    """A pipeline over one partition: `started(errors, guarantee, **changes)` gives its daemon and the topics in, out and dead."""
    def start(errors, guarantee, output_settings=None, **changes):
        topic = cluster.create(unique, partitions=1)
        result_topic = cluster.create(f"{unique}-out", partitions=1, settings=output_settings)
        dead = cluster.create(f"{unique}-dead", partitions=1)
        wants_topic = "dead_letter" in errors.values()
        daemon = new_daemon(cluster.brokers)
        daemon.create(spec(unique, JOB, topic, result_topic, errors={**errors, **({"dead_letter_topic": dead} if wants_topic else {})},
                           delivery={"guarantee": guarantee}, kafka__auto_commit_interval_ms=200, window__allowed_lateness_ms=0,
                           watermark__max_delay_ms=0, **changes))
        return daemon, topic, result_topic, dead
    return start


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_records_that_cannot_be_decoded_and_late_ones_go_to_the_dead_letter_topic_as_they_came(cluster, started, unique, guarantee):
    daemon, topic, result_topic, dead = started({"on_decode_error": "dead_letter", "on_late": "dead_letter"}, guarantee)
    bad = [Record(0, b"no json", b"k1", START), Record(0, b"", None, START + 1), Record(0, b'{"at": "x", "key": "a"}', b"k3", START + 2)]
    late = good(100, "late")
    cluster.produce(topic, [good(0), bad[0], good(5_000), bad[1], late, bad[2], good(9_000)])
    wait_until(lambda: len(letters(cluster, dead)) == 4, 30, lambda: f"four dead letters: {[l.headers for l in letters(cluster, dead)]}; {daemon.stats(unique)}")
    found = {letter.headers["error.code"]: letter for letter in letters(cluster, dead)}
    assert set(found) == {"not_json", "empty", "bad_timestamp", "late"}
    for code, record, offset in (("not_json", bad[0], 1), ("empty", bad[1], 3), ("late", late, 4), ("bad_timestamp", bad[2], 5)):
        letter = found[code]
        assert (letter.key, letter.value, letter.timestamp) == (record.key, record.value, record.timestamp), code
        assert {name: letter.headers[name] for name in ("source.topic", "source.partition", "source.offset", "pipeline")} == {
            "source.topic": topic, "source.partition": "0", "source.offset": str(offset), "pipeline": unique}
        assert letter.headers["error.message"]
    # The figures follow a moment after what they count.
    daemon.wait_read(unique, 7)
    wait_until(lambda: daemon.stats(unique)["messages_produced"] >= 2, 20, lambda: f"both windows that closed are out: {daemon.stats(unique)}")
    stats = daemon.stats(unique)
    check_ledger(stats, 7)
    assert stats["records"]["dead_lettered"] == {"not_json": 1, "empty": 1, "bad_timestamp": 1, "late": 1}
    assert stats["records"]["skipped"] == {} and stats["records"]["late_dropped"] == 0
    assert stats["messages_produced"] == len(read_all(cluster, result_topic)), "dead letters are no results"
    # Nothing comes twice after a restart.
    daemon.term()
    daemon.start()
    daemon.wait_caught_up(unique)
    assert len(letters(cluster, dead)) == 4


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_a_result_that_is_too_large_goes_to_the_dead_letter_topic_and_the_others_come_out(cluster, started, unique, guarantee):
    daemon, topic, result_topic, dead = started({"on_produce_error": "dead_letter"}, guarantee, output_settings={"max.message.bytes": "2000"})
    long_key = "k" * 4_000
    cluster.produce(topic, [good(0, "a"), good(1, long_key), good(2, "b"), good(5_000, "c"), good(9_000, "d")])
    wait_until(lambda: {row.value["key"] for row in read_all(cluster, result_topic)} >= {"a", "b", "c"}, 40,
               lambda: f"results of the other keys: {daemon.stats(unique)} {daemon.reasons(unique)}")
    wait_until(lambda: letters(cluster, dead), 20, "a dead letter")
    found = letters(cluster, dead)
    assert {letter.headers["error.code"] for letter in found} == {"MSG_SIZE_TOO_LARGE"}
    assert all(letter.key == long_key.encode() and letter.headers["source.topic"] == result_topic for letter in found)
    if guarantee == "exactly_once":
        assert len(found) == 1
        keys = [row.value["key"] for row in read_all(cluster, result_topic)]
        assert len(keys) == len(set(keys)), keys
    daemon.wait_caught_up(unique)
    assert daemon.pipeline(unique)["phase"] == "running"


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_fail_stops_the_pipeline_at_the_first_bad_record_and_says_where(cluster, started, unique, guarantee):
    daemon, topic, _, _ = started({"on_decode_error": "fail"}, guarantee)
    cluster.produce(topic, [good(0), good(1), Record(0, b"{", None, START)])
    daemon.wait_phase(unique, "failed")
    error = daemon.pipeline(unique)["last_error"]
    assert error["code"] == "kafka.record_refused" and error["fault"] == "user" and not error["retryable"]
    assert f"{topic}/0 offset 2" in error["message"] and "not_json" in error["message"]


def test_a_result_that_is_too_large_stops_the_pipeline_where_the_spec_wants_that(cluster, started, unique):
    daemon, topic, _, _ = started({"on_produce_error": "fail"}, "at_least_once", output_settings={"max.message.bytes": "2000"})
    cluster.produce(topic, [good(0, "k" * 4_000), good(9_000)])
    daemon.wait_phase(unique, "failed")
    assert daemon.pipeline(unique)["last_error"]["code"] == "kafka.result_refused"


def test_a_dead_letter_too_large_for_its_topic_comes_without_its_value(cluster, started, unique):
    daemon, topic, _, dead = started({"on_decode_error": "dead_letter", "on_produce_error": "dead_letter"}, "at_least_once")
    bad = Record(0, b"x" * 1_200_000, b"large", START)
    cluster.produce(topic, [bad, good(9_000)])
    wait_until(lambda: letters(cluster, dead), 30, lambda: f"a dead letter: {daemon.reasons(unique)}")
    (letter,) = letters(cluster, dead)
    assert letter.key == b"large" and not letter.value and "1200000 bytes" in letter.headers["error.value"]


def test_many_bad_records_make_few_log_lines(cluster, started, unique):
    daemon, topic, _, _ = started({}, "at_least_once")
    cluster.produce(topic, [Record(0, b"bad", None, START)] * 5_000 + [good(0)])
    daemon.wait_caught_up(unique)
    wait_until(lambda: "not_json" in daemon.log(), 20, "a line about bad records")
    assert daemon.log().count("not_json") == 1
    assert daemon.stats(unique)["records"]["skipped"] == {"not_json": 5_000}


def test_a_missing_dead_letter_topic_is_waited_for_and_named(cluster, new_daemon, unique):
    topic, result_topic = cluster.create(unique, partitions=1), cluster.create(f"{unique}-out", partitions=1)
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, JOB, topic, result_topic, errors={"on_late": "dead_letter", "dead_letter_topic": f"{unique}-dead"}))
    wait_until(lambda: f"{unique}-dead" in daemon.reasons(unique), 15, lambda: f"the missing topic is named: {daemon.reasons(unique)}")
    cluster.create(f"{unique}-dead", partitions=1)
    daemon.wait_phase(unique, "running", deadline=30)
