"""What a right and a wrong request get. One daemon for the file; each test uses names of its own."""
import copy
import http.client
import json
import shutil
import socket
import subprocess

import pytest

from daemon import Daemon
from jobs import JOB, spec
from problems import check_problem
from waiting import free_port, wait_until


@pytest.fixture(scope="module")
def daemon(binary, cluster, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rest")
    daemon = Daemon(binary, folder / "data", cluster.brokers, folder / "log").start()
    yield daemon
    try:
        daemon.term()
    finally:
        daemon.close()


@pytest.fixture(autouse=True)
def still_lives(daemon, request):
    request.node.daemons = [daemon]
    yield
    daemon.check_alive()
    assert daemon.get("/livez").status == 200


@pytest.fixture
def good(unique):
    return spec(unique, JOB, f"{unique}-in", f"{unique}-out")


REMOVED = object()


def changed(body, path, value):
    """`body` with the member at `path` set, or removed."""
    body = copy.deepcopy(body)
    place = body
    for step in path[:-1]:
        place = place.setdefault(step, {}) if isinstance(step, str) else place[step]
    if value is REMOVED:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return body


WRONG_SPECS = [
    # path to change, value, pointer of the fault
    (["wndow"], {}, "/wndow"),
    (["kafka", "brokerz"], "x:1", "/kafka/brokerz"),
    (["window", "size"], 5, "/window/size"),
    (["a~/b"], 1, "/a~0~1b"),
    (["name"], "Bad", "/name"),
    (["name"], "", "/name"),
    (["name"], "-x", "/name"),
    (["name"], "x" * 64, "/name"),
    (["name"], "a/b", "/name"),
    (["name"], "../x", "/name"),
    (["name"], "a b", "/name"),
    (["name"], 7, "/name"),
    (["name"], REMOVED, "/name"),
    (["kafka"], REMOVED, "/kafka"),
    (["kafka"], [], "/kafka"),
    (["kafka", "input_topics"], [], "/kafka/input_topics"),
    (["kafka", "input_topics"], "in", "/kafka/input_topics"),
    (["kafka", "input_topics"], [1], "/kafka/input_topics/0"),
    (["kafka", "input_topics"], ["bad topic"], "/kafka/input_topics/0"),
    (["kafka", "output_topic"], REMOVED, "/kafka/output_topic"),
    (["kafka", "output_topic"], "..", "/kafka/output_topic"),
    (["kafka", "auto_commit_interval_ms"], 0, "/kafka/auto_commit_interval_ms"),
    (["kafka", "auto_commit_interval_ms"], 1e300, "/kafka/auto_commit_interval_ms"),
    (["window"], REMOVED, "/window"),
    (["window", "size_ms"], "60000", "/window/size_ms"),
    (["window", "size_ms"], 0, "/window/size_ms"),
    (["window", "size_ms"], -1, "/window/size_ms"),
    (["window", "size_ms"], 1.5, "/window/size_ms"),
    (["window", "size_ms"], None, "/window/size_ms"),
    (["window", "size_ms"], 2**63, "/window/size_ms"),
    (["window", "size_ms"], REMOVED, "/window/size_ms"),
    (["window", "offset_ms"], 60_000, "/window/offset_ms"),
    (["window", "type"], "tumblin", "/window/type"),
    (["window", "type"], "session", "/window/gap_ms"),
    (["window", "type"], "sliding", "/window/slide_ms"),
    (["window"], {"type": "count", "count": 10, "allowed_lateness_ms": 1}, "/window/allowed_lateness_ms"),
    (["window"], {"type": "session", "gap_ms": 999_999_999_999_999}, "/window/gap_ms"),
    (["watermark", "max_delay_ms"], -1, "/watermark/max_delay_ms"),
    (["watermark", "strategy"], "none", "/watermark/strategy"),
    (["aggregations"], [], "/aggregations"),
    (["aggregations"], REMOVED, "/aggregations"),
    (["aggregations"], ["avg"], "/aggregations/0"),
    (["aggregations"], ["percentile(100, x)"], "/aggregations/0"),
    (["aggregations"], ["count", {"as": "share", "expression": "errors / count"}], "/aggregations/1/expression"),
    (["aggregations"], ["count", {"as": "share", "expression": "(1 + count"}], "/aggregations/1/expression"),
    (["aggregations"], [{"function": "count", "where": []}], "/aggregations/0/where"),
    (["event", "filter"], [{"field": "x", "op": "=", "value": 1}], "/event/filter/0/op"),
    (["event", "filter"], [{"field": "x", "op": ">", "value": None}], "/event/filter/0/value"),
    (["event", "columns"], ["timestamp", "key", "value"], "/event/columns"),
    (["event", "format"], "csv", "/event/columns"),
    (["event"], {"format": "csv", "columns": ["timestamp", "key", "value"], "key": {"field": "kye"}}, "/event/key/field"),
    (["event"], {"format": "raw", "key": {"field": "key"}}, "/event/key/field"),
    (["emit"], {"when": "early"}, "/emit/every_ms"),
    (["aggregations"], ["nonsense(x)"], "/aggregations/0"),
    (["aggregations"], ["count", "count"], "/aggregations/1"),
    (["event", "format"], "xml", "/event/format"),
    (["event", "key", "fields"], [], "/event/key/fields"),
    (["event", "timestamp", "unit"], "minutes", "/event/timestamp/unit"),
    (["parallelism"], 3, "/parallelism"),
    (["parallelism"], 0, "/parallelism"),
    (["buffer_size"], 0, "/buffer_size"),
    (["start_at"], "yesterday", "/start_at"),
    (["delivery"], {"guarantee": "at_most_once"}, "/delivery/guarantee"),
    (["labels"], {"team": 1}, "/labels/team"),
    (["kafka", "consumer_config"], {"enable.auto.commit": "true"}, "/kafka/consumer_config/enable.auto.commit"),
    (["kafka", "consumer_config"], {"group.instance.id": "x"}, "/kafka/consumer_config/group.instance.id"),
    (["kafka", "consumer_config"], {"plugin.library.paths": "/tmp/x.so"}, "/kafka/consumer_config/plugin.library.paths"),
    (["kafka", "consumer_config"], {"sasl.password": "hunter2"}, "/kafka/consumer_config/sasl.password"),
    (["kafka", "consumer_config"], {"fetch.min.byts": 1}, "/kafka/consumer_config/fetch.min.byts"),
    (["kafka", "producer_config"], {"acks": "0"}, "/kafka/producer_config/acks"),
]


def _id(case):
    path, value, _ = case
    shown = "removed" if value is REMOVED else json.dumps(value)
    return f"{'.'.join(map(str, path))}={shown[:30]}"


@pytest.mark.parametrize("case", WRONG_SPECS, ids=_id)
def test_wrong_member_is_refused_at_its_pointer_and_nothing_is_made(daemon, good, unique, case):
    path, value, pointer = case
    body = changed(good, path, value)
    problem = check_problem(daemon.post("/v1/pipelines", body), 422)
    pointers = [error["pointer"] for error in problem["errors"]]
    # The fault may be named at the member or at the part of it that is wrong, such as /aggregations/0/function.
    assert any(p == pointer or p.startswith(pointer + "/") for p in pointers), problem
    assert "hunter2" not in json.dumps(problem), "a secret comes back"
    assert problem["retryable"] is False
    assert daemon.get(f"/v1/pipelines/{unique}").status == 404


def test_all_faults_of_a_spec_come_at_once_with_the_nearest_known_name(daemon, good):
    body = changed(changed(good, ["kafka", "output_topics"], "x"), ["window", "size_ms"], "60000")
    problem = check_problem(daemon.post("/v1/pipelines", body), 422)
    by_pointer = {error["pointer"]: error for error in problem["errors"]}
    assert {"/kafka/output_topics", "/window/size_ms"} <= set(by_pointer)
    assert "output_topic" in by_pointer["/kafka/output_topics"]["suggestion"]


def test_output_that_is_also_an_input_is_refused(daemon, good, unique):
    check_problem(daemon.post("/v1/pipelines", changed(good, ["kafka", "output_topic"], f"{unique}-in")), 422)


def test_member_that_is_there_twice_is_refused(daemon, good, unique):
    text = json.dumps(good)[:-1] + f', "name": "{unique}-2"}}'
    check_problem(daemon.post("/v1/pipelines", text.encode()), 422, pointer="/name")


@pytest.mark.parametrize("body", [b"{", b"hello", b"{'name': 1}", b'{"name": "x",}', b'{"a": NaN}', b"\xff\xfe", b'{"a": 1} {"b": 2}', b"[" * 100_000],
                         ids=["open brace", "word", "single quotes", "comma", "NaN", "not UTF-8", "two documents", "deep"])
def test_body_that_is_not_json_is_a_400(daemon, body):
    check_problem(daemon.post("/v1/pipelines", body), 400)


@pytest.mark.parametrize("body", [b"[]", b"null", b"7", b'"x"', b"{}"], ids=str)
def test_json_that_is_no_spec_is_refused(daemon, body):
    answer = daemon.post("/v1/pipelines", body)
    check_problem(answer, answer.status if answer.status in (400, 422) else 422)


def test_empty_body_is_refused(daemon):
    answer = daemon.post("/v1/pipelines", b"")
    check_problem(answer, answer.status if answer.status in (400, 422) else 400)


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "in chunks"])
def test_body_of_two_mebibytes_is_a_413(daemon, good, chunked):
    body = json.dumps({**good, "description": "x" * (2 << 20)}).encode()
    if not chunked:
        check_problem(daemon.post("/v1/pipelines", body), 413)
        return
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=30)
    try:
        try:
            connection.request("POST", "/v1/pipelines", body=(body[i:i + 65536] for i in range(0, len(body), 65536)), encode_chunked=True,
                               headers={"Transfer-Encoding": "chunked", "Content-Type": "application/json"})
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert connection.getresponse().status == 413
    finally:
        connection.close()


@pytest.mark.parametrize("content_type, status", [
    (None, 201), ("application/json", 201), ("application/json; charset=utf-8", 201), ("Application/JSON", 201), ("application/x-www-form-urlencoded", 201),
    ("text/plain", 415), ("application/xml", 415), ("multipart/form-data; boundary=x", 415), ("application/yaml", 415)])
def test_content_types(daemon, good, unique, content_type, status):
    answer = daemon.post("/v1/pipelines", json.dumps(good).encode(), headers={"Content-Type": content_type} if content_type else {})
    if status == 201:
        assert answer.status == 201, answer
        assert answer.headers["location"] == f"/v1/pipelines/{unique}"
        assert answer.body["phase"] == "stopped" and answer.body["desired"] == "stopped", "nothing runs unasked"
    else:
        check_problem(answer, 415)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_plain_curl_d_creates_a_pipeline(daemon, good):
    done = subprocess.run(["curl", "-sS", "-w", "%{http_code}", "-o", "/dev/null", "-d", json.dumps(good), f"http://127.0.0.1:{daemon.port}/v1/pipelines"],
                          capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (0, "201"), done


@pytest.mark.parametrize("method, path", [
    ("GET", "/nothing"), ("GET", "/v1"), ("GET", "/v1/nothing"), ("GET", "/v1/pipelines/"), ("POST", "/v1/pipelines/x/explode"), ("GET", "/v1/pipelines/x/stats/more"),
    ("GET", "/%2e%2e/etc/passwd")])
def test_unknown_route_is_a_404(daemon, method, path):
    check_problem(daemon.request(method, path), 404)


@pytest.mark.parametrize("method, part", [("GET", ""), ("GET", "/stats"), ("GET", "/health"), ("GET", "/spec"), ("GET", "/offsets"),
                                          ("POST", "/start"), ("POST", "/stop"), ("POST", "/restart"), ("DELETE", "")])
def test_unknown_pipeline_is_a_404(daemon, unique, method, part):
    check_problem(daemon.request(method, f"/v1/pipelines/{unique}{part}"), 404, "not_found")


@pytest.mark.parametrize("method, path, allowed", [
    ("DELETE", "/v1/pipelines", {"GET", "POST"}), ("PATCH", "/v1/pipelines/x", {"GET", "PUT", "DELETE"}), ("POST", "/livez", {"GET"}),
    ("GET", "/v1/pipelines/x/start", {"POST"}), ("PUT", "/v1/pipelines/x/stats", {"GET"}), ("BREW", "/version", {"GET"})])
def test_wrong_method_is_a_405_that_says_what_is_allowed(daemon, method, path, allowed):
    answer = daemon.request(method, path)
    check_problem(answer, 405)
    assert {word.strip() for word in answer.headers["allow"].split(",")} - {"HEAD", "OPTIONS"} == allowed


@pytest.mark.parametrize("query", ["?nonsense=1", "?limit=0", "?limit=x", "?limit=-1", "?limit=99999999999999999999", "?cursor=%ff", "?phase=flying"])
def test_wrong_query_is_refused(daemon, query):
    answer = daemon.get("/v1/pipelines" + query)
    check_problem(answer, answer.status if answer.status in (400, 422) else 422)


def test_write_from_another_site_is_refused(daemon, good, unique):
    body = json.dumps(good).encode()
    check_problem(daemon.post("/v1/pipelines", body, headers={"Origin": "https://evil.example"}), 403)
    check_problem(daemon.post("/v1/pipelines", body, headers={"Sec-Fetch-Site": "cross-site"}), 403)
    assert daemon.get(f"/v1/pipelines/{unique}").status == 404


def test_second_pipeline_of_a_name_or_a_group_is_a_409(daemon, good, unique):
    daemon.create(good, running=False)
    check_problem(daemon.post("/v1/pipelines", good), 409, "name_exists")
    same_group = changed(changed(good, ["name"], f"{unique}-2"), ["kafka", "group_id"], f"penstock-{unique}")
    check_problem(daemon.post("/v1/pipelines", same_group), 409, "group_id_in_use")
    check_problem(daemon.put(f"/v1/pipelines/{unique}-2", same_group), 409, "group_id_in_use")
    assert daemon.delete(f"/v1/pipelines/{unique}").status == 204
    assert daemon.post("/v1/pipelines", same_group).status == 201, "the group is free again"


def test_put_makes_keeps_changes_and_guards_state(daemon, good, unique):
    path = f"/v1/pipelines/{unique}"
    assert daemon.put(path, good).status == 201
    same = daemon.put(path, good)
    assert same.status == 200 and same.body["changed"] is False, same
    described = changed(good, ["description"], "now with words")
    answer = daemon.put(path, described)
    assert answer.status == 200 and answer.body["changed"] is True, answer
    assert daemon.get(f"{path}/spec").body["description"] == "now with words"
    again = daemon.put(path, daemon.get(f"{path}/spec").body)
    assert again.status == 200 and again.body["changed"] is False, "GET spec is exactly what PUT takes"
    wider = changed(described, ["window", "size_ms"], 120_000)
    check_problem(daemon.put(path, wider), 409, "state_incompatible")
    assert daemon.get(f"{path}/spec").body["window"]["size_ms"] == 60_000
    assert daemon.put(f"{path}?state=discard", wider).status == 200
    check_problem(daemon.put(path, changed(wider, ["name"], f"{unique}-other")), 422, pointer="/name")
    check_problem(daemon.put(path, b"{"), 400)
    check_problem(daemon.put("/v1/pipelines/Bad%20Name", changed(good, ["name"], REMOVED)), 422)
    nameless = changed(wider, ["name"], REMOVED)
    answer = daemon.put(path, nameless)
    assert answer.status == 200 and answer.body["changed"] is False, "the URL names it"


def test_list_is_in_name_order_and_comes_in_pages(daemon, good, unique):
    names = sorted(f"{unique}-{n}" for n in range(7))
    for name in reversed(names):
        daemon.create(changed(changed(good, ["name"], name), ["labels"], {"run": unique}), running=False)
    seen, cursor = [], None
    for _ in range(10):
        page = daemon.get(f"/v1/pipelines?limit=3&label=run:{unique}" + (f"&cursor={cursor}" if cursor else ""))
        if page.status != 200:  # the other common way to write a label
            page = daemon.get(f"/v1/pipelines?limit=3&label=run%3D{unique}" + (f"&cursor={cursor}" if cursor else ""))
        assert page.status == 200, page
        assert len(page.body["items"]) <= 3
        seen += [item["name"] for item in page.body["items"]]
        cursor = page.body["next_cursor"]
        if cursor is None:
            break
    assert seen == names
    for item in page.body["items"]:
        assert item["phase"] == "stopped" and item["desired"] == "stopped" and item["health"] in ("ok", "unknown")


def test_start_stop_and_restart_when_already_there_are_200(daemon, cluster, good, unique):
    cluster.create(f"{unique}-in", f"{unique}-out", partitions=1)
    path = f"/v1/pipelines/{unique}"
    daemon.create(good, running=False)
    assert daemon.post(f"{path}/stop").status == 200, "it is stopped already"
    answer = daemon.post(f"{path}/start", headers={"Prefer": "wait=20"})
    assert answer.status == 200 and daemon.phase(unique) == "running", answer
    answer = daemon.post(f"{path}/start")
    assert answer.status == 200, answer
    assert daemon.get(f"{path}/health").status == 200
    answer = daemon.post(f"{path}/restart", headers={"Prefer": "wait=20"})
    assert answer.status == 200 and daemon.phase(unique) == "running", answer
    check_problem(daemon.post(f"{path}/start", {"now": True}), 422)
    answer = daemon.post(f"{path}/stop", headers={"Prefer": "wait=20"})
    assert answer.status == 200 and daemon.phase(unique) == "stopped", answer
    health = daemon.get(f"{path}/health")
    assert health.status == 200, "stopped by wish is no failure"


def test_stop_right_after_start_ends_stopped(daemon, cluster, good, unique):
    cluster.create(f"{unique}-in", f"{unique}-out", partitions=1)
    path = f"/v1/pipelines/{unique}"
    daemon.create(good, running=False)
    for _ in range(5):
        assert daemon.post(f"{path}/start").status in (200, 202)
        answer = daemon.post(f"{path}/stop", headers={"Prefer": "wait=20"})
        assert answer.status == 200, answer
        assert daemon.phase(unique) == "stopped" and daemon.pipeline(unique)["desired"] == "stopped"
    assert daemon.post(f"{path}/start", headers={"Prefer": "wait=20"}).status == 200
    assert daemon.phase(unique) == "running"


def test_delete_of_a_running_pipeline_stops_and_removes_it(daemon, cluster, good, unique):
    cluster.create(f"{unique}-in", f"{unique}-out", partitions=1)
    path = f"/v1/pipelines/{unique}"
    for _ in range(2):  # the name is free again afterwards
        daemon.create(good)
        daemon.wait_phase(unique, "running")
        answer = daemon.delete(path)
        assert answer.status in (202, 204), answer
        wait_until(lambda: daemon.get(path).status == 404, 30, "it is gone")
        assert not (daemon.data_dir / "pipelines" / unique).exists()


def test_pipeline_says_what_it_is(daemon, cluster, good, unique):
    cluster.create(f"{unique}-in", f"{unique}-out", partitions=3)
    daemon.create(good)
    daemon.wait_phase(unique, "running")
    body = daemon.pipeline(unique)
    assert {"name", "spec", "desired", "phase", "health", "conditions", "lanes", "last_error", "checkpoint", "allowed_actions"} <= set(body)
    assert {c["type"] for c in body["conditions"]} >= {"BrokersReachable", "PartitionsAssigned", "Progressing", "SinkDelivering", "CheckpointFresh"}
    assert all({"type", "status", "reason", "message", "since"} <= set(c) and c["status"] in (True, False, None) for c in body["conditions"])
    stats = daemon.stats(unique)
    assert {"messages_consumed", "messages_produced", "consumer_lag", "consume_errors", "produce_errors", "offsets_committed", "commit_errors",
            "committed_offsets", "records", "watermark_ms", "partitions", "open_windows", "keys"} <= set(stats)
    assert {"on_time", "late_accepted", "late_dropped", "filtered", "skipped", "dead_lettered"} <= set(stats["records"])
    offsets = daemon.get(f"/v1/pipelines/{unique}/offsets")
    assert offsets.status == 200 and f"{unique}-in" in json.dumps(offsets.body)
    assert unique in json.dumps(daemon.get("/v1/health").body) and unique in json.dumps(daemon.get("/v1/stats").body)


@pytest.mark.parametrize("garbage", [b"\x00" * 1000, b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET /livez HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
                                     b"POST /v1/pipelines HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n",
                                     b"POST /v1/pipelines HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                                     b"POST /v1/pipelines HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n"],
                         ids=["zeros", "no version", "TLS hello", "huge header", "two lengths", "length and chunks", "negative length"])
def test_bytes_that_are_no_request_harm_nobody(daemon, garbage):
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=10) as connection:
        connection.settimeout(10)
        try:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65536)
        except OSError:  # the daemon closed it while we were still writing
            answer = b""
    assert answer == b"" or answer.split(b" ")[1][:1] in (b"4", b"5"), answer[:200]


@pytest.mark.parametrize("arguments, code", [
    (["serve", "--nonsense"], 2), (["serve", "--listen"], 2), (["nonsense"], 2), (["serve", "--workers", "x"], 2)])
def test_wrong_command_line_is_a_usage_error(binary, tmp_path, arguments, code):
    done = subprocess.run([str(binary), *arguments], capture_output=True, text=True, timeout=20, cwd=tmp_path)
    assert done.returncode == code, done
    assert done.stderr.strip()


def test_port_in_use_and_open_bind_without_consent_end_with_1_and_a_reason(binary, daemon, tmp_path):
    for listen, word in ((f"127.0.0.1:{daemon.port}", str(daemon.port)), (f"0.0.0.0:{free_port()}", "insecure")):
        done = subprocess.run([str(binary), "serve", "--listen", listen, "--data-dir", str(tmp_path / "data")], capture_output=True, text=True, timeout=20)
        assert done.returncode == 1 and word in done.stderr, done
