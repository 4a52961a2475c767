"""The jobs that most tests run: all five functions over an integer and a double field, one-minute windows."""
from oracle import Job

AGGREGATIONS = [
    ("count", "count", None), ("values", "count", "value"),
    ("sum_value", "sum", "value"), ("min_value", "min", "value"), ("max_value", "max", "value"), ("avg_value", "avg", "value"),
    ("sum_ratio", "sum", "ratio"), ("min_ratio", "min", "ratio"), ("max_ratio", "max", "ratio"), ("avg_ratio", "avg", "ratio"),
]
JOB = Job(AGGREGATIONS, 60_000)
RECORD_KEY_JOB = Job(AGGREGATIONS, 60_000, {"timestamp": {"field": "timestamp", "unit": "ms"}})
MAX_DELAY_MS = 5_000
LATENESS_MS = 5_000


def spec(name, job, input_topic, output_topic, **changes):
    """A spec for `job`. `changes`: whole top-level members, or dotted paths with `__` for the dot (`kafka__brokers`)."""
    body = {
        "name": name,
        "kafka": {"input_topics": [input_topic], "output_topic": output_topic, "auto_commit_interval_ms": 1000},
        "event": {"format": "json", **job.event},
        "window": {**job.window, **({} if job.type == "count" else {"allowed_lateness_ms": LATENESS_MS})},
        "watermark": {"strategy": "bounded_out_of_orderness", "max_delay_ms": MAX_DELAY_MS},
        "aggregations": job.aggregations,
    }
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = body
        for parent in parents:
            place[parent] = dict(place.get(parent, {}))  # a copy: it may be the job's own
            place = place[parent]
        place[last] = value
    return body
