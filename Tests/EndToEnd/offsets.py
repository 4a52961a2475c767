"""The metadata text of committed offsets, which Kafka's tools and confluent_kafka 1.7 hide: asked from librdkafka itself."""
import contextlib
import ctypes
import ctypes.util
import re
from typing import NamedTuple, Optional


class _Partition(ctypes.Structure):
    _fields_ = [("topic", ctypes.c_char_p), ("partition", ctypes.c_int32), ("offset", ctypes.c_int64), ("metadata", ctypes.c_void_p),
                ("metadata_size", ctypes.c_size_t), ("opaque", ctypes.c_void_p), ("error", ctypes.c_int), ("private", ctypes.c_void_p)]


class _List(ctypes.Structure):
    _fields_ = [("count", ctypes.c_int), ("size", ctypes.c_int), ("elements", ctypes.POINTER(_Partition))]


class Committed(NamedTuple):
    offset: int
    metadata: bytes


class Metadata(NamedTuple):
    store_id: str
    n: int
    replay_from: Optional[int]
    partition_watermark: Optional[int]
    shard_watermark: Optional[int]
    largest_revision: int
    signature: str


def _library():
    library = ctypes.CDLL(ctypes.util.find_library("rdkafka") or "librdkafka.so.1")
    for name, result, arguments in [
        ("rd_kafka_conf_new", ctypes.c_void_p, []),
        ("rd_kafka_conf_set", ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t]),
        ("rd_kafka_new", ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]),
        ("rd_kafka_destroy", None, [ctypes.c_void_p]),
        ("rd_kafka_topic_partition_list_new", ctypes.POINTER(_List), [ctypes.c_int]),
        ("rd_kafka_topic_partition_list_add", ctypes.c_void_p, [ctypes.POINTER(_List), ctypes.c_char_p, ctypes.c_int32]),
        ("rd_kafka_topic_partition_list_destroy", None, [ctypes.POINTER(_List)]),
        ("rd_kafka_committed", ctypes.c_int, [ctypes.c_void_p, ctypes.POINTER(_List), ctypes.c_int]),
        ("rd_kafka_commit", ctypes.c_int, [ctypes.c_void_p, ctypes.POINTER(_List), ctypes.c_int]),
    ]:
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


@contextlib.contextmanager
def _client(library, brokers, group, partitions):
    """A client of the group, and an empty list for so many partitions."""
    error = ctypes.create_string_buffer(512)
    conf = library.rd_kafka_conf_new()
    for name, value in (("bootstrap.servers", brokers), ("group.id", group), ("log_level", "2")):
        assert library.rd_kafka_conf_set(conf, name.encode(), value.encode(), error, 512) == 0, error.value
    handle = library.rd_kafka_new(1, conf, error, 512)
    assert handle, error.value
    wanted = library.rd_kafka_topic_partition_list_new(partitions)
    try:
        yield handle, wanted
    finally:
        library.rd_kafka_topic_partition_list_destroy(wanted)
        library.rd_kafka_destroy(handle)


def committed(brokers, group, topic, partitions):
    """{partition: Committed} of the partitions that have an offset."""
    library = _library()
    with _client(library, brokers, group, partitions) as (handle, wanted):
        for partition in range(partitions):
            library.rd_kafka_topic_partition_list_add(wanted, topic.encode(), partition)
        code = library.rd_kafka_committed(handle, wanted, 10_000)
        assert code == 0, f"rd_kafka_committed: error {code}"
        found = {}
        for index in range(wanted.contents.count):
            element = wanted.contents.elements[index]
            if element.offset >= 0:
                text = ctypes.string_at(element.metadata, element.metadata_size) if element.metadata else b""
                found[element.partition] = Committed(element.offset, text)
        return found


def commit(brokers, group, topic, found):
    """Sets an empty group to {partition: Committed}."""
    library, libc = _library(), ctypes.CDLL(None)
    libc.strdup.restype, libc.strdup.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    with _client(library, brokers, group, len(found)) as (handle, wanted):
        for index, (partition, each) in enumerate(found.items()):
            library.rd_kafka_topic_partition_list_add(wanted, topic.encode(), partition)
            element = wanted.contents.elements[index]
            element.offset = each.offset
            # The list frees it.
            element.metadata, element.metadata_size = libc.strdup(each.metadata), len(each.metadata)
        code = library.rd_kafka_commit(handle, wanted, 0)
        assert code == 0, f"rd_kafka_commit: error {code}"


def parse(text):
    """`ps1;<store id>;<n>;<replay_from>;<partition watermark>;<shard watermark>;<largest revision>;<signature>`"""
    parts = text.decode("ascii").split(";")
    assert len(parts) == 8 and parts[0] == "ps1", text
    _, store_id, n, replay_from, partition_watermark, shard_watermark, revision, signature = parts
    assert store_id and signature, text
    number = re.compile(r"-?\d+")
    assert number.fullmatch(n) and int(n) >= 0, text
    assert number.fullmatch(replay_from) or replay_from == "x", text
    assert all(number.fullmatch(w) or w == "-" for w in (partition_watermark, shard_watermark)), text
    assert re.fullmatch(r"\d+", revision), text

    def watermark(word):
        return None if word == "-" else int(word)
    return Metadata(store_id, int(n), None if replay_from == "x" else int(replay_from), watermark(partition_watermark),
                    watermark(shard_watermark), int(revision), signature)


def check_metadata(found):
    """Every offset has the text, from one store, and replays from no later than itself. Returns {partition: Metadata}."""
    assert found
    parsed = {partition: parse(each.metadata) for partition, each in found.items()}
    assert len({m.store_id for m in parsed.values()}) == 1
    for partition, metadata in parsed.items():
        assert metadata.replay_from is None or 0 <= metadata.replay_from <= found[partition].offset, (partition, metadata)
    return parsed
