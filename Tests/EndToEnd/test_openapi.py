"""The API's description against the API: it is valid, each of its examples is true, and what schemathesis makes up from it gets the answers
that it promises. No Kafka is needed."""
import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import time

import pytest
from confluent_kafka import Producer

from daemon import EmbeddedDaemon
from schemas import ROOT, described, events
from waiting import die_with_parent, wait_until

DESCRIPTION = described()
OPERATIONS = DESCRIPTION.operations
PIPELINE = "/v1/pipelines/latency"
FUZZ_SECONDS = 60
FUZZ_SEED = 1
TOOLS = os.environ.get("PENSTOCK_PYTHON_TOOLS")
needs_tools = pytest.mark.skipif(not TOOLS, reason="PENSTOCK_PYTHON_TOOLS is not set: the bin folder of a Python environment with what is in "
                                                   "tools.txt (scripts/test makes one, if PyPI can be reached)")


@pytest.fixture(scope="module")
def daemon(program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("openapi")
    daemon = EmbeddedDaemon(program, folder / "data", folder / "log").start()
    yield daemon
    try:
        daemon.term()
    finally:
        daemon.close()


@pytest.fixture(autouse=True)
def log_of_failures(request):
    request.node.daemons = [request.getfixturevalue(name) for name in ("daemon", "running") if name in request.fixturenames]


def delete(daemon):
    assert daemon.delete(PIPELINE).status in (204, 404)


def produce(daemon, count=300, topic="requests", step_ms=1000):
    """Records of the last minutes, all in one partition."""
    producer = Producer({"bootstrap.servers": daemon.broker(), "log_level": 0})
    begin = int(time.time() * 1000) - count * step_ms
    for number in range(count):
        value = {"timestamp": begin + number * step_ms, "model": f"atlas-{number % 2}", "latency_ms": 100 + number, "status": 200}
        producer.produce(topic, json.dumps(value).encode(), partition=0)
    assert producer.flush(20) == 0


@pytest.fixture
def stopped(daemon, unique):
    """The pipeline `latency` that never ran, over a topic with records. The embedded broker, unlike Kafka, lets nobody move the offsets of a
    group that has had members, so each has a group of its own."""
    delete(daemon)
    least = OPERATIONS["createPipeline"].request_examples()["least"]
    daemon.create({**least, "kafka": {**least["kafka"], "group_id": unique}}, running=False)
    produce(daemon)
    return daemon


@pytest.fixture(scope="module")
def running(program, tmp_path_factory):
    """A daemon whose pipeline `latency` runs and has had results; tests leave it so."""
    folder = tmp_path_factory.mktemp("running")
    daemon = EmbeddedDaemon(program, folder / "data", folder / "log").start()
    try:
        produce(daemon)
        daemon.create(OPERATIONS["createPipeline"].request_examples()["fields"])
        wait_until(lambda: daemon.stats("latency")["messages_produced"] > 0, 40, lambda: f"results come out: {daemon.stats('latency')}")
        yield daemon
        daemon.term()
    finally:
        daemon.close()


def examples(operation):
    return pytest.mark.parametrize("name", OPERATIONS[operation].request_examples())


# The document


@needs_tools
def test_it_is_valid_openapi():
    done = subprocess.run([pathlib.Path(TOOLS) / "openapi-spec-validator", "api/openapi.yaml"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert DESCRIPTION.document["openapi"].startswith("3.1.")


def test_the_embedded_copy_is_what_the_file_says(daemon):
    done = subprocess.run([ROOT / "scripts/openapi", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = daemon.get("/openapi.json")
    OPERATIONS["getOpenAPI"].check_answer(answer, 200)
    assert answer.body == DESCRIPTION.document


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_body_and_every_good_answer_has_an_example(operation):
    if "requestBody" in operation.body:
        assert operation.request_examples()
    have = {(status, kind) for status, kind, *_ in operation.response_examples()}
    for status, response in operation.responses().items():
        for kind in response.get("content", {}):
            assert status >= 300 or (status, kind) in have, f"no example of {status} {kind}"


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_examples_fit_their_schemas(operation):
    for body in operation.request_examples().values():
        DESCRIPTION.check(body, operation.body["requestBody"]["content"]["application/json"]["schema"])
    for _, kind, _, value, schema in operation.response_examples():
        DESCRIPTION.check(value, schema)
        if kind == "text/event-stream":
            check_events(operation, value)


def check_events(operation, text):
    """Each event is what the schema of the stream says."""
    stream = operation.responses()[200]["content"]["text/event-stream"]["schema"]["properties"]
    found = events(text)
    assert found
    for event, data in found:
        DESCRIPTION.check(event, stream["event"])
        DESCRIPTION.check(data, stream["data"]["contentSchema"])
    return found


# Requests


@examples("createPipeline")
def test_an_example_of_a_spec_is_created(daemon, name):
    operation, body = OPERATIONS["createPipeline"], OPERATIONS["createPipeline"].request_examples()[name]
    delete(daemon)
    operation.check_answer(daemon.post("/v1/pipelines?dry_run=true", body), 200)
    answer = daemon.post("/v1/pipelines", body)
    operation.check_answer(answer, 201)
    assert answer.headers["location"] == PIPELINE
    operation.check_answer(daemon.post("/v1/pipelines", body), 409)


@examples("putPipeline")
def test_an_example_of_a_spec_is_put(daemon, name):
    operation, body = OPERATIONS["putPipeline"], OPERATIONS["putPipeline"].request_examples()[name]
    delete(daemon)
    operation.check_answer(daemon.put(f"{PIPELINE}?dry_run=true", body), 200)
    created = daemon.put(PIPELINE, body, headers={"If-None-Match": "*"})
    operation.check_answer(created, 201)
    again = daemon.put(PIPELINE, body, headers={"If-Match": created.headers["etag"]})
    operation.check_answer(again, 200)
    assert again.body["changed"] is False
    operation.check_answer(daemon.put(PIPELINE, body, headers={"If-Match": '"other"'}), 412)


def test_the_examples_of_moves_are_planned_after_a_run(running):
    operation = OPERATIONS["movePipelineOffsets"]
    moves = operation.request_examples()
    operation.check_answer(running.request("PATCH", f"{PIPELINE}/offsets", moves["earliest"]), 409)
    running.stop("latency")
    for body in moves.values():
        operation.check_answer(running.request("PATCH", f"{PIPELINE}/offsets?dry_run=true", body), 200)
    OPERATIONS["startPipeline"].check_answer(running.post(f"{PIPELINE}/start", headers={"Prefer": "wait=30"}), 200)


@pytest.mark.parametrize("name", sorted(set(OPERATIONS["movePipelineOffsets"].request_examples()) - {"checkpoint"}))
def test_an_example_of_a_move_is_done_before_a_run(stopped, name):
    operation = OPERATIONS["movePipelineOffsets"]
    if name == "group":
        operation.check_answer(stopped.request("PATCH", f"{PIPELINE}/offsets", {"to": "earliest", "windows": "discard"}), 200)
    answer = stopped.request("PATCH", f"{PIPELINE}/offsets", operation.request_examples()[name])
    operation.check_answer(answer, 200)
    assert answer.body["dry_run"] is False


def with_examples(operation):
    """The path and headers that the examples of the parameters make."""
    values = {(p["in"], p["name"]): p["example"] for p in operation.parameters if "example" in p}
    path = operation.path.replace("{name}", values.get(("path", "name"), "{name}"))
    query = "&".join(f"{name}={value}" for (place, name), value in values.items() if place == "query")
    return path + ("?" + query if query else ""), {name: value for (place, name), value in values.items() if place == "header"}


READS = [operation for operation in OPERATIONS.values() if operation.method == "GET" and operation.id not in ("getPipelineEvents", "getPipelineResults")]


def test_every_read_of_a_pipeline_that_runs_is_as_described(running):
    for operation in READS:
        path, headers = with_examples(operation)
        operation.check_answer(running.get(path, headers=headers), 200)
    OPERATIONS["getPipelineStats"].check_answer(running.get(f"{PIPELINE}/stats?detail=partitions"), 200)
    assert running.get(f"{PIPELINE}/stats?detail=partitions").body["partitions"]
    spec = running.get(f"{PIPELINE}/spec")
    OPERATIONS["getPipelineSpec"].check_answer(running.get(f"{PIPELINE}/spec", headers={"If-None-Match": spec.headers["etag"]}), 304)


def test_every_operation_says_what_a_missing_pipeline_and_a_wrong_query_get(daemon):
    for operation in OPERATIONS.values():
        path, headers = with_examples(operation)
        body = next(iter(operation.request_examples().values()), None)
        operation.check_answer(daemon.request(operation.method, path.split("?")[0] + "?nonsense=1", body, headers=headers), 400)
        if "{name}" in operation.path and operation.method != "PUT":
            missing = path.replace("/latency", "/missing").split("?")[0]
            operation.check_answer(daemon.request(operation.method, missing, body, headers=headers), 404)
        if body is None:
            operation.check_answer(daemon.request(operation.method, path, {"a": 1}, headers=headers), 422)
            operation.check_answer(daemon.request(operation.method, path, b"a", headers={**headers, "Content-Type": "text/plain"}), 415)
        else:
            operation.check_answer(daemon.request(operation.method, path, {"a": 1}, headers=headers), 422)
            operation.check_answer(daemon.request(operation.method, path, b"{", headers=headers), 400)
        operation.check_answer(daemon.request(operation.method, path.split("?")[0] + "?" + "x" * 9000, headers=headers), 414)
        operation.check_answer(daemon.request(operation.method, path, headers={**headers, "X-Long": "x" * 33_000}), 431)
        operation.check_answer(daemon.request(operation.method, path, headers={**headers, "Host": "example.org"}), 403)


def test_every_operation_says_what_a_missing_token_gets(program, tmp_path):
    (tmp_path / "tokens").write_text("read:reader-token\n")
    daemon = EmbeddedDaemon(program, tmp_path / "data", tmp_path / "log", ["--token-file", str(tmp_path / "tokens")]).start()
    try:
        for operation in OPERATIONS.values():
            path, headers = with_examples(operation)
            if operation.body.get("security") == []:
                operation.check_answer(daemon.request(operation.method, path, headers=headers), 200)
                continue
            operation.check_answer(daemon.request(operation.method, path, headers=headers), 401)
            if operation.method != "GET":
                operation.check_answer(daemon.request(operation.method, path, headers={**headers, "Authorization": "Bearer reader-token"}), 403)
    finally:
        daemon.close()


def test_lifecycle_operations_do_what_is_described(stopped):
    for word, phase in [("start", "running"), ("pause", "paused"), ("resume", "running"), ("restart", "running"), ("stop", "stopped")]:
        operation = OPERATIONS[f"{word}Pipeline"]
        path, headers = with_examples(operation)
        assert headers["Prefer"] == "wait=20"
        answer = stopped.post(path, headers=headers)
        operation.check_answer(answer, 200)
        assert answer.body["phase"] == phase, answer
    OPERATIONS["startPipeline"].check_answer(stopped.post(f"{PIPELINE}/start"), 202)
    OPERATIONS["stopPipeline"].check_answer(stopped.post(f"{PIPELINE}/stop?drain=windows", headers={"Prefer": "wait=20"}), 200)
    OPERATIONS["pausePipeline"].check_answer(stopped.post(f"{PIPELINE}/pause"), 409)
    OPERATIONS["deletePipeline"].check_answer(stopped.delete(f"{PIPELINE}?offsets=true"), 204)


def test_a_preference_that_makes_no_sense_is_passed_over(stopped):
    for value in (";", "; wait=5", ",", "wait", "wait=-1", "wait=;"):
        OPERATIONS["stopPipeline"].check_answer(stopped.post(f"{PIPELINE}/stop", headers={"Prefer": value}), 200)


def test_events_are_as_described(running):
    operation = OPERATIONS["getPipelineEvents"]
    answer = running.get(f"{PIPELINE}/events?follow=false")
    operation.check_answer(answer, 200)
    found = check_events(operation, answer.body)
    last = found[-1][1]["seq"]
    # A client that connects again sends both: the URL is the one of before.
    again = running.get(f"{PIPELINE}/events?follow=false&after=0", headers={"Last-Event-ID": str(last - 1)})
    assert [data["seq"] for _, data in events(again.body)] == [last]
    operation.check_answer(running.get(f"{PIPELINE}/events?follow=false", headers={"Last-Event-ID": "x"}), 400)


def test_results_are_as_described(running):
    operation = OPERATIONS["getPipelineResults"]
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    try:
        connection.request("GET", f"{PIPELINE}/results")
        answer = connection.getresponse()
        assert answer.status == 200 and answer.headers["Content-Type"] == "text/event-stream"
        running.put(PIPELINE, {**OPERATIONS["createPipeline"].request_examples()["fields"], "emit": {"when": "early", "every_ms": 100}})
        running.wait_phase("latency", "running")
        produce(running, 30)
        text = ""
        while "event: result" not in text or not text.endswith("\n\n"):
            piece = answer.read1(65536)
            assert piece, f"the stream ended after {text}"
            text += piece.decode()
        check_events(operation, text)
    finally:
        connection.close()


# Requests that are made up


@needs_tools
@pytest.mark.parametrize("seed", [FUZZ_SEED, random.SystemRandom().randrange(2**32)], ids=["fixed_seed", "fresh_seed"])
def test_what_schemathesis_makes_up_gets_the_answers_that_are_described(program, seed, capfd):
    here = pathlib.Path(__file__).parent
    done = subprocess.run([sys.executable, here / "api_fuzz.py", "--seconds", str(FUZZ_SECONDS // 2), "--seed", str(seed), "--binary", program, "--tools", TOOLS],
                          capture_output=True, text=True, check=False, timeout=FUZZ_SECONDS + 300, preexec_fn=die_with_parent)
    assert done.returncode == 0, f"scripts/fuzz api --seed {seed}\n{done.stdout[-12_000:]}\n{done.stderr[-4000:]}"
    print(f"seed {seed}: " + " ".join(line.strip() for line in done.stdout.splitlines() if "generated" in line))
