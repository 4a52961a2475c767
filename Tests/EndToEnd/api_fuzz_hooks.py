"""Loaded by schemathesis: keeps what it makes up on this machine and on few pipelines, so that requests meet each other, and makes
about every second spec that fits the schema fit the rules too that no schema can say, so that some come to run."""
import copy
import json
import re
import zlib

import schemathesis

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
PIPELINES = 6


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    # Before the case is made: what is changed later counts as taken from an earlier answer.
    if "name" in (path_parameters or {}):
        return {**path_parameters, "name": tamed(path_parameters["name"])}
    return path_parameters


@schemathesis.hook
def before_call(context, case, kwargs):
    if "name" in (case.path_parameters or {}) and not is_stateful(case):
        case.path_parameters["name"] = tamed(case.path_parameters["name"])
    if isinstance(case.body, dict) and "/offsets" not in case.path:
        tame(case)
    if is_stateful(case) and case.operation.label == "POST /v1/pipelines" and case.query:
        # What a dry run answers is not there afterwards.
        case.query.pop("dry_run", None)
    if is_positive(case) and case.headers:
        # An ETag that is made up holds nothing; a few of them are enough.
        for name in ("If-Match", "If-None-Match"):
            if name in case.headers and zlib.crc32(str(case.headers[name]).encode()) % 8:
                del case.headers[name]
    if case.path.endswith("/events"):
        # One that is followed never ends.
        query = dict(case.query or {})
        if query.get("follow", True) in (True, "true"):
            case.query = {**query, "follow": "false"}


def tamed(name):
    """Names that are valid become one of a few."""
    if isinstance(name, str) and NAME.fullmatch(name) and not re.fullmatch(f"p[0-{PIPELINES - 1}]", name):
        return f"p{zlib.crc32(name.encode()) % PIPELINES}"
    return name


def is_stateful(case):
    return case.meta is not None and case.meta.phase.name.value == "stateful"


def is_positive(case):
    return case.meta is not None and case.meta.generation.mode.value == "positive"


def tame(case):
    # Cases share parts.
    case.body = body = copy.deepcopy(case.body)
    if is_positive(case) and zlib.crc32(json.dumps(body, sort_keys=True, default=str).encode()) % 2:
        case.body = body = whole_numbers(body)
        repair(body)
    if isinstance(body.get("name"), str) and NAME.fullmatch(body["name"]):
        body["name"] = case.path_parameters["name"] if case.method == "PUT" and case.path_parameters else tamed(body["name"])
    kafka = body.get("kafka")
    if isinstance(kafka, dict):
        # No other machine is asked, not even for its address.
        if isinstance(kafka.get("brokers"), str) and ":" in kafka["brokers"]:
            del kafka["brokers"]
        # Otherwise nearly every second one would be refused for what another has already.
        if isinstance(kafka.get("group_id"), str) and re.fullmatch("[ -~]{1,249}", kafka["group_id"]):
            del kafka["group_id"]


def whole_numbers(value):
    """1.0 is an integer to a schema, and not to the daemon."""
    if isinstance(value, dict):
        return {name: whole_numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def repair(spec):
    """Makes a spec that fits the schema one that is taken."""
    spec.setdefault("name", "p")
    kafka = spec["kafka"]
    kafka["input_topics"] = [f"in-{len(topic) % 3}" for topic in kafka["input_topics"][:1]]
    kafka["output_topic"] = "out"
    kafka["consumer_config"] = kafka["producer_config"] = {}
    kafka.pop("brokers", None)
    spec["event"] = repaired_event(spec.get("event", {}))
    window = spec["window"]
    if window["type"] == "sliding":
        window["slide_ms"] = max(1, window["size_ms"] // (1 + window["slide_ms"] % 100))
    if window["type"] in ("tumbling", "sliding"):
        window["offset_ms"] = window.get("offset_ms", 0) % min(window["size_ms"], window.get("slide_ms", window["size_ms"]))
    if spec.get("watermark", {}).get("strategy") == "ascending":
        spec["watermark"]["max_delay_ms"] = 0
    kept = [item for entry in spec["aggregations"][:20] if (item := repaired_aggregation(entry)) is not None]
    spec["aggregations"] = ["count", *({**item, "as": f"a{index}"} for index, item in enumerate(kept))]
    emit = spec.get("emit", {})
    if emit.get("when") == "early":
        emit.setdefault("every_ms", 1000)
    else:
        emit.pop("every_ms", None)
    spec.get("delivery", {}).pop("guarantee", None)
    errors = spec.get("errors", {})
    errors["dead_letter_topic"] = "dead" if "dead_letter" in errors.values() else None
    spec["errors"] = errors
    spec["parallelism"] = 1
    spec["buffer_size"] = min(spec.get("buffer_size", 100), 1000)
    spec.pop("labels", None)
    spec.pop("description", None)


def repaired_event(event):
    event.pop("columns", None)
    event.pop("delimiter", None)
    event.pop("filter", None)
    if event.get("format") == "csv":
        event["format"] = "json"
    if event.get("format") == "raw":
        return {"format": "raw"}
    if "field" in event.get("timestamp", {}):
        event["timestamp"]["field"] = "at"
    key = event.get("key", {})
    if "field" in key:
        key["field"] = "k"
    if "fields" in key:
        key["fields"] = [f"k{index}" for index in range(len(key["fields"]))]
        if len(key["fields"]) > 1 and key.get("type") not in (None, "plain", "composite"):
            key["type"] = "composite"
    return event


def repaired_aggregation(entry):
    if not isinstance(entry, dict) or "function" not in entry:
        return None
    entry.pop("where", None)
    entry.pop("field", None)
    if entry["function"] not in ("count", "rate"):
        return None if entry["function"] == "percentile" and "p" not in entry else {
            "function": entry["function"], "field": "v", **({"p": entry["p"]} if entry["function"] == "percentile" else {})}
    return {"function": entry["function"]}
