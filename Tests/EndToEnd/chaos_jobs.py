"""The pipelines that chaos is done to: three kinds of windows over one topic, keys by record key, a shard for each partition."""
import jobs
from oracle import Job

PARTITIONS = 8
MAX_DELAY_MS, LATENESS_MS = 3_000, 4_000
AGGREGATIONS = ["count", "sum(value)", "min(value)", "max(value)", "avg(value)"]
TIMESTAMP = {"timestamp": {"field": "timestamp", "unit": "ms"}}
NO_TESTS = {"not": {"field": "test", "op": "==", "value": True}}
# A session that is rebuilt from the log is exact only while no record is further behind the watermark than the lateness.
NO_FAR = {"not": {"field": "far", "op": "==", "value": True}}

JOBS = {
    "tumbling": Job(AGGREGATIONS, {"type": "tumbling", "size_ms": 10_000}, {**TIMESTAMP, "filter": [NO_TESTS]}),
    "sliding": Job(AGGREGATIONS, {"type": "sliding", "size_ms": 12_000, "slide_ms": 4_000}, {**TIMESTAMP, "filter": [NO_TESTS]}),
    "session": Job(AGGREGATIONS, {"type": "session", "gap_ms": 2_500}, {**TIMESTAMP, "filter": [NO_TESTS, NO_FAR]}),
}
# The one whose bad and late records become dead letters.
WITH_DEAD_LETTERS = "tumbling"

# A member that is gone for good holds its partitions for so long.
SESSION_TIMEOUT_MS = 3_000


def spec(name, kind, topic, guarantee, session_timeout_ms=SESSION_TIMEOUT_MS, **changes):
    """The spec of the pipeline `name`; its output is `<name>-out`, its dead letters go to `<name>-dead`."""
    body = jobs.spec(
        name, JOBS[kind], topic, f"{name}-out",
        **{"delivery": {"guarantee": guarantee}, "window__allowed_lateness_ms": LATENESS_MS,
           "watermark": {"max_delay_ms": MAX_DELAY_MS, "idle_timeout_ms": 3_600_000}, "kafka__auto_commit_interval_ms": 300,
           "kafka__consumer_config": {"session.timeout.ms": session_timeout_ms, "heartbeat.interval.ms": 500},
           **changes})
    if kind == WITH_DEAD_LETTERS:
        body["errors"] = {"on_decode_error": "dead_letter", "on_late": "dead_letter", "dead_letter_topic": f"{name}-dead"}
    return body
