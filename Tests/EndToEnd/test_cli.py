"""The client verbs of the command line: against a server that answers what the test says, and against a daemon with its embedded
broker. No Kafka is needed."""
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import time

import pytest

from cli_server import Answer, Server, events, problem
from daemon import EmbeddedDaemon
from waiting import die_with_parent, free_port, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = """\
# Latency per model and minute.
name: latency
kafka: {input_topics: [requests], output_topic: latency-1m}
window:
  type: tumbling
  size_ms: 60000
aggregations: [count, avg(latency_ms)]
"""
DOCUMENT = {"name": "latency", "kafka": {"input_topics": ["requests"], "output_topic": "latency-1m"},
            "window": {"type": "tumbling", "size_ms": 60000}, "aggregations": ["count", "avg(latency_ms)"]}
ITEM = {"name": "latency", "description": "", "labels": {"team": "ml"}, "desired": "running", "phase": "running",
        "phase_since": "2026-01-01T00:00:00.000Z", "health": "ok", "attempt": 0, "next_retry_at": None, "last_error": None,
        "messages_consumed": 1200000, "messages_produced": 12, "consumer_lag": 1234567, "watermark_ms": 1700000000000,
        "rates": {"consumed_per_s_10s": 1234.5, "consumed_per_s_1m": None, "produced_per_s_10s": 0.5, "produced_per_s_1m": None},
        "generation": 1, "created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-01T00:00:00.000Z"}
PLAN = {"dry_run": True, "valid": True, "name": "latency", "exists": True, "changed": True, "effect": "restart", "changes": ["/window/size_ms"],
        "would_lose": None, "warnings": [], "normalized_spec": {}}
PUT = "/v1/pipelines/latency"


class Outcome:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"code {self.code}\n-- out\n{self.out}\n-- err\n{self.err}"


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def environment(server):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PENSTOCK_") and name not in ("COLUMNS", "NO_COLOR")}
    # A proxy of the environment is not for this machine.
    return {**kept, "PENSTOCK_SERVER": server.url, "http_proxy": "http://127.0.0.1:9", "COLUMNS": "120"}


@pytest.fixture
def run(program, environment, tmp_path):
    """run("list", "--phase", "running", input=..., env=...)"""
    def run(*words, input="", env=None, timeout=30):
        done = subprocess.run([program, *words], input=input, capture_output=True, text=True, timeout=timeout, cwd=tmp_path,
                              env={**environment, **(env or {})}, preexec_fn=die_with_parent)
        return Outcome(done.returncode, done.stdout, done.stderr)
    return run


@pytest.fixture
def at_terminal(program, environment, tmp_path):
    """Runs at a terminal of 100 columns: at_terminal("delete", "x", keys="y\\n"). Returns the code and all that was shown."""
    def run(*words, keys="", until=None, interrupt=False, env=None, timeout=20):
        mine, theirs = pty.openpty()
        import fcntl
        import struct
        import termios
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        child = subprocess.Popen([program, *words], stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path, start_new_session=True,
                                 env={**environment, "TERM": "xterm", **(env or {})})
        os.close(theirs)
        shown, end = b"", time.monotonic() + timeout
        if keys:
            os.write(mine, keys.encode())
        try:
            while time.monotonic() < end:
                if interrupt and until in shown.decode(errors="replace"):
                    child.send_signal(signal.SIGINT)
                    interrupt = False
                if select.select([mine], [], [], 0.05)[0]:
                    try:
                        piece = os.read(mine, 65536)
                    except OSError:
                        piece = b""
                    if not piece:
                        break
                    shown += piece
            return child.wait(timeout=20), shown.decode().replace("\r\n", "\n")
        finally:
            child.kill()
            os.close(mine)
    return run


def write(folder, name, text=SPEC):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


# Usage and reachability


@pytest.mark.parametrize("words, said", [
    ([], "no command"), (["lst"], "did you mean list?"), (["show"], "NAME"), (["list", "--server", "localhost:8080"], "http://localhost:8080"),
    (["stop", "a", "--wait", "61"], "0 to 60"), (["tail", "a", "--limit", "0"], "from 1"), (["offsets", "a", "--to", "earliest"], "--windows"),
    (["list", "--token-file", "/nowhere"], "No such file"), (["list", "--server", "https://h", "--ca-file", "/nowhere"], "No such file"),
])
def test_wrong_usage_is_2_and_sends_nothing(run, server, words, said):
    done = run(*words)
    assert done.code == 2 and said in done.err and "Try: penstock help" in done.err and done.out == "", done
    assert server.requests == []


def test_nobody_there_is_3_with_the_address_and_what_to_try(run):
    port = free_port()
    done = run("list", "--server", f"http://127.0.0.1:{port}")
    assert done.code == 3 and f"127.0.0.1:{port}" in done.err and "penstock serve" in done.err and "--server" in done.err, done
    done = run("list", "--server", "http://no-such-host.invalid")
    assert done.code == 3 and "no-such-host.invalid" in done.err, done


def test_a_connection_without_an_answer_is_3(run, server):
    server.on("GET", "/v1/pipelines/x", None)
    done = run("show", "x")
    assert done.code == 3 and server.url in done.err, done


def test_another_program_at_the_address_is_told_from_penstock(run, server):
    server.on("GET", "/v1/pipelines/x", Answer(200, "<html>hello</html>", type="text/html"), Answer(500, "<html>", type="text/html"))
    server.on("GET", "/v1/pipelines/x/results", Answer(200, "<html>hello</html>", type="text/html"))
    for words in [["show", "x"], ["show", "x"], ["tail", "x"]]:
        done = run(*words)
        assert done.code == 1 and "not as penstock does" in done.err, done


def test_a_redirect_is_not_followed(run, server):
    server.on("GET", "/v1/pipelines/x", Answer(302, "", headers={"Location": "/v1/pipelines/y"}))
    assert run("show", "x").code == 1
    assert server.asked() == ["GET /v1/pipelines/x"]


def test_https_trusts_only_the_file_that_is_named(run, tmp_path):
    pem = tmp_path / "server.pem"
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                           "subjectAltName=IP:127.0.0.1", "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "ca.pem")], capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip("openssl makes no certificate")
    pem.write_text((tmp_path / "key").read_text() + (tmp_path / "ca.pem").read_text())
    server = Server(str(pem))
    try:
        server.on("GET", "/v1/pipelines/x", Answer(200, ITEM))
        done = run("show", "x", "--server", server.url)
        assert done.code == 3 and "--ca-file" in done.err, done
        assert run("show", "x", "--server", server.url, "--ca-file", str(tmp_path / "ca.pem")).code == 0
        done = run("show", "x", "--server", server.url.replace("https", "http"))
        assert done.code == 3 and "https://" in done.err, done
    finally:
        server.close()


def test_the_token_goes_with_every_request_and_is_never_shown(run, server, tmp_path):
    tokens = write(tmp_path, "tokens", "# ours\nread:weak\nadmin:strong-secret\n")
    server.on("GET", "/v1/pipelines/x", problem(401, "auth.unknown_token"))
    for words, env in [(["--token-file", tokens], {}), ([], {"PENSTOCK_TOKEN_FILE": tokens})]:
        done = run("show", "x", *words, env=env)
        assert done.code == 1 and "does not know this token" in done.err and "strong-secret" not in done.err + done.out, done
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer strong-secret"] * 2
    done = run("show", "x")
    assert "--token-file" in done.err and "authorization" not in server.requests[-1].headers, done


# Looking


def test_list_reads_all_pages_and_passes_the_filters_on(run, server):
    first = "/v1/pipelines?phase=running&health=ok&label=team%3Dml&label=x&limit=500"
    server.on("GET", first, Answer(200, {"items": [ITEM], "next_cursor": "a b"}))
    server.on("GET", first + "&cursor=a%20b", Answer(200, {"items": [{**ITEM, "name": "second"}], "next_cursor": None}))
    words = ["list", "--phase", "running", "--health", "ok", "--label", "team=ml", "--label", "x"]
    done = run(*words)
    lines = done.out.splitlines()
    assert done.code == 0 and len(lines) == 3 and lines[0].startswith("NAME") and lines[2].startswith("second"), done
    assert "1.2 k" in lines[1] and "1.2 M" in lines[1] and "\x1b" not in done.out, done
    assert [item["name"] for item in json.loads(run(*words, "--output", "json").out)["items"]] == ["latency", "second"]


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_tables_fit_the_width(run, server, columns):
    server.on("GET", "/v1/pipelines?limit=500", Answer(200, {"items": [ITEM, {**ITEM, "name": "n" * 63, "labels": {"a": "b" * 200}}], "next_cursor": None}))
    lines = run("list", env={"COLUMNS": str(columns)}).out.splitlines()
    assert len(lines) == 3 and max(map(len, lines)) <= max(columns, 30)


def test_text_of_the_server_does_not_reach_the_terminal_raw(run, server):
    evil = "\x1b[2J\x9b31m\u202e"
    server.on("GET", "/v1/pipelines/x", Answer(200, {**ITEM, "name": evil, "description": evil, "labels": {evil: evil}, "warnings": [
        {"pointer": evil, "detail": evil, "suggestion": evil, "code": "x"}]}), problem(404, evil, evil, evil, allowed_actions=[evil]))
    server.on("GET", "/v1/pipelines/x/events?follow=false", events("data: " + json.dumps({"type": evil, "message": evil}) + "\n\n"))
    for words in [["show", "x"], ["show", "x"], ["show", "x", "--output", "json"], ["events", "x"], ["show", evil], ["show", "x", "--server", "http://" + evil]]:
        done = run(*words)
        assert not [c for c in done.out + done.err if c in "\x1b\x9b\u202e"], (words, done)


def test_show_explain_stats_and_offsets_print_the_documents(run, server):
    for part, document in [("", ITEM), ("/stats", {"name": "latency", "messages_consumed": 5}), ("/offsets", {"group_id": "g", "partitions": []}),
                           ("/explain", {"name": "latency", "phase": "running", "summary": "It waits."})]:
        server.on("GET", PUT + part, Answer(200, document))
        verb = part[1:] or "show"
        done = run(verb, "latency")
        assert done.code == 0 and ("latency" in done.out or "group g" in done.out) and done.err == "", done
        done = run(verb, "latency", "--output=json")
        assert done.code == 0 and json.loads(done.out) == document, done


def test_a_problem_says_what_is_wrong_and_what_to_do(run, server):
    server.on("GET", PUT, problem(404, "pipeline.not_found", "There is no such pipeline", "no pipeline is called latency"))
    done = run("show", "latency")
    assert done.code == 1 and done.out == "" and "There is no such pipeline (404 pipeline.not_found)" in done.err and "penstock list" in done.err, done
    done = run("show", "latency", "--output", "json")
    assert done.code == 1 and json.loads(done.out)["code"] == "pipeline.not_found" and done.err, done


def test_watch_shows_again_until_interrupted(at_terminal, server):
    server.on("GET", PUT + "/stats", Answer(200, {"name": "first", "phase": "running"}), Answer(200, {"name": "second"}))
    code, shown = at_terminal("stats", "latency", "--watch", until="second", interrupt=True)
    assert code == 0 and "first" in shown and "\x1b[H" in shown and "\x1b[32mrunning" in shown, shown


def test_colours_are_for_terminals_that_want_them(at_terminal, server):
    server.on("GET", PUT, Answer(200, ITEM))
    assert "\x1b[32m" in at_terminal("show", "latency")[1]
    assert "\x1b" not in at_terminal("show", "latency", env={"NO_COLOR": "1"})[1]
    assert "\x1b" not in at_terminal("show", "latency", env={"TERM": "dumb"})[1]


# Acting


def test_lifecycle_waits_as_long_as_asked(run, server):
    for verb in ["start", "stop", "pause", "resume", "restart"]:
        server.on("POST", f"{PUT}/{verb}", Answer(200, ITEM))
        done = run(verb, "latency")
        assert done.code == 0 and done.out == "latency: running\n", done
        request = server.requests[-1]
        assert request.headers["prefer"] == "wait=30" and request.body == b"" and request.headers["content-length"] == "0"
        assert "content-type" not in request.headers
    server.on("POST", f"{PUT}/stop?drain=windows", Answer(202, {**ITEM, "phase": "stopping"}))
    done = run("stop", "latency", "--drain-windows", "--wait", "2")
    assert done.code == 1 and "not done after 2 s" in done.out and server.requests[-1].headers["prefer"] == "wait=2", done
    done = run("stop", "latency", "--drain-windows", "--wait=0")
    assert done.code == 0 and "under way" in done.out and "prefer" not in server.requests[-1].headers, done


def test_one_of_several_names_that_fails_does_not_hold_up_the_others(run, server):
    server.on("POST", "/v1/pipelines/a/start", Answer(200, {**ITEM, "name": "a"}))
    server.on("POST", "/v1/pipelines/b/start", problem(409, "pipeline.conflict", allowed_actions=["stop"]))
    server.on("POST", "/v1/pipelines/c/start", Answer(200, {**ITEM, "name": "c"}))
    done = run("start", "a", "b", "c")
    assert done.code == 1 and done.out == "a: running\nc: running\n" and "b: A title (409 pipeline.conflict)" in done.err and "allowed now: stop" in done.err, done


def test_delete_asks_on_a_terminal_only(run, at_terminal, server):
    server.on("DELETE", PUT, Answer(204))
    server.on("DELETE", PUT + "?offsets=true", Answer(202, {**ITEM, "phase": "deleting"}))
    assert run("delete", "latency").out == "latency: deleted\n"
    assert "still stopping" in run("delete", "latency", "--offsets").out
    asked = len(server.requests)
    code, shown = at_terminal("delete", "latency", keys="n\n")
    assert code == 1 and "[y/N]" in shown and "nothing was deleted" in shown and len(server.requests) == asked
    assert at_terminal("delete", "latency", keys="y\n")[0] == 0 and at_terminal("delete", "latency", "--yes")[0] == 0
    assert len(server.requests) == asked + 2


def test_offsets_moves_by_patch(run, server):
    change = {"dry_run": True, "windows": "discard", "would_lose": {"open_windows": 2, "keys": 5, "state_bytes": 1},
              "partitions": [{"topic": "requests", "partition": 0, "from": 1500, "to": 0}]}
    server.on("PATCH", PUT + "/offsets?dry_run=true", Answer(200, change))
    done = run("offsets", "latency", "--to", "timestamp:5", "--windows", "discard", "--dry-run")
    assert done.code == 0 and "1 500 again" in done.out and "would lose 2 open windows" in done.out and "nothing was changed" in done.out, done
    assert server.requests[-1].json == {"to": {"timestamp_ms": 5}, "windows": "discard"}
    assert server.requests[-1].headers["content-type"] == "application/json"
    server.on("PATCH", PUT + "/offsets", problem(409, "pipeline.not_stopped"))
    done = run("offsets", "latency", "--set", "requests/0=7", "--set", "requests/1=8", "--windows", "keep")
    assert done.code == 1 and "penstock stop" in done.err and len(server.requests[-1].json["partitions"]) == 2, done


# Specs


def test_validate_prints_every_fault_with_its_file_and_place(run, server, tmp_path):
    good = write(tmp_path, "good.yaml")
    bad = write(tmp_path, "bad.yaml", SPEC.replace("size_ms: 60000", "size_ms: 0\n  slide: 1").replace("count,", "cuont,"))
    broken = write(tmp_path, "broken.yaml", SPEC + "name: again\n")
    done = run("validate", good, bad, broken, "/nowhere.yaml")
    assert done.code == 1 and f"{good}: latency: valid\n" in done.out, done
    for place in ["/window/size_ms: ", "/window/slide: ", "/aggregations/0: "]:
        assert f"{bad}: {place}" in done.out, done
    assert f"{broken}: line 8, column 1: " in done.out and "/nowhere.yaml: No such file" in done.out, done
    assert run("validate", good).code == 0 and run("validate", "-", input=SPEC).code == 0 and server.requests == []
    outcome = json.loads(run("validate", bad, "--output", "json").out)
    assert outcome["valid"] is False and {fault["pointer"] for fault in outcome["errors"]} >= {"/window/size_ms", "/aggregations/0"}


def test_apply_shows_the_plan_and_then_puts(run, server, tmp_path):
    path = write(tmp_path, "latency.yaml")
    server.on("PUT", PUT + "?dry_run=true", Answer(200, PLAN))
    server.on("PUT", PUT, Answer(200, {**ITEM, "changed": True, "effect": "restart"}))
    done = run("apply", path, "--dry-run")
    assert done.code == 0 and done.out == f"{path}: latency: restart: /window/size_ms\n" and len(server.requests) == 1, done
    done = run("apply", path)
    assert done.code == 0 and done.out.endswith("latency: changed, running\n"), done
    assert server.asked()[1:] == [f"PUT {PUT}?dry_run=true", f"PUT {PUT}"] and server.requests[-1].json == DOCUMENT
    done = run("apply", "-", "--output", "json", input=json.dumps(DOCUMENT))
    assert done.code == 0 and json.loads(done.out)["effect"] == "restart" and "standard input" in done.err, done


def test_apply_does_nothing_where_nothing_changes(run, server, tmp_path):
    server.on("PUT", PUT + "?dry_run=true", Answer(200, {**PLAN, "effect": "none", "changed": False, "changes": []}))
    path = write(tmp_path, "latency.yaml")
    done = run("apply", path)
    assert done.code == 0 and done.out == f"{path}: latency: no change\n" and len(server.requests) == 1, done


def test_apply_stops_before_state_is_lost(run, server, tmp_path):
    lost = {"open_windows": 12, "keys": 3, "state_bytes": 4096}
    server.on("PUT", PUT + "?dry_run=true", Answer(200, {**PLAN, "effect": "state_incompatible", "would_lose": lost}))
    path = write(tmp_path, "latency.yaml")
    for words in [["apply", path], ["apply", path, "--dry-run"]]:
        done = run(*words)
        assert done.code == 1 and "would lose 12 open windows" in done.out and "--discard-state" in done.err, done
    server.on("PUT", PUT + "?dry_run=true&state=discard", Answer(200, {**PLAN, "effect": "state_discarded", "would_lose": lost}))
    server.on("PUT", PUT + "?state=discard", Answer(200, {**ITEM, "changed": True, "effect": "state_discarded"}))
    done = run("apply", path, "--discard-state")
    assert done.code == 0 and done.out.endswith("latency: changed, running\n"), done


def test_apply_does_nothing_if_any_spec_is_refused(run, server, tmp_path):
    files = [write(tmp_path, "a.yaml"), write(tmp_path, "b.yaml", SPEC.replace("latency\n", "other\n", 1)), write(tmp_path, "c.yaml", "a: *x\n"),
             write(tmp_path, "d.yaml", "[1]"), write(tmp_path, "e.yaml"), write(tmp_path, "f.yaml", "window: {}\n")]
    server.on("PUT", PUT + "?dry_run=true", Answer(200, PLAN))
    server.on("PUT", "/v1/pipelines/other?dry_run=true", problem(422, "spec.invalid", errors=[
        {"pointer": "/window", "code": "missing", "detail": "required", "suggestion": None}]))
    done = run("apply", *files)
    assert done.code == 1 and "nothing was applied" in done.err and server.asked() == [f"PUT {PUT}?dry_run=true", "PUT /v1/pipelines/other?dry_run=true"], done
    for said in ["b.yaml: A title (422 spec.invalid)", "/window: required", "c.yaml: line 1, column 4", "d.yaml: the document is not a mapping",
                 "e.yaml: has the same name as", "f.yaml: /name: required"]:
        assert said in done.err, (said, done)


def test_apply_asks_on_a_terminal_unless_told_not_to(at_terminal, server, tmp_path):
    path = write(tmp_path, "latency.yaml")
    server.on("PUT", PUT + "?dry_run=true", Answer(200, {**PLAN, "effect": "create", "exists": False}))
    server.on("PUT", PUT, Answer(201, ITEM))
    code, shown = at_terminal("apply", path, keys="\n")
    assert code == 1 and "create" in shown and "[y/N]" in shown and "nothing was applied" in shown and len(server.requests) == 1
    assert at_terminal("apply", path, keys="yes\n")[0] == 0 and at_terminal("apply", path, "--yes")[0] == 0
    assert server.asked().count(f"PUT {PUT}") == 2


# Streams


def result(number):
    return "event: result\ndata: " + json.dumps({"key": f"k{number}", "value": {"key": f"k{number}", "window_start": 0, "window_end": 60000, "count": number}}) + "\n\n"


def test_tail_prints_a_line_for_each_result(run, server):
    server.on("GET", PUT + "/results", events(": hello\n\n", result(1), "event: dropped\ndata: {\"count\": 1500}\n\n", ": heartbeat\n\n", result(2), result(3)))
    done = run("tail", "latency", "--limit", "3")
    lines = done.out.splitlines()
    assert done.code == 0 and [line.split()[-1] for line in lines] == ["count=1", "count=2", "count=3"] and "1 500 results" in done.err, done
    done = run("tail", "latency", "--limit", "1", "--output", "json")
    assert json.loads(done.out)["value"]["count"] == 1 and len(done.out.splitlines()) == 1, done


def test_tail_ends_well_when_interrupted(at_terminal, server):
    server.on("GET", PUT + "/results", events(result(1), lambda: time.sleep(20)))
    code, shown = at_terminal("tail", "latency", until="count=1", interrupt=True)
    assert code == 0 and "k1" in shown, shown


def test_a_stream_that_breaks_is_taken_up_again_where_it_was(run, server):
    first, second = "id: 1\ndata: {\"seq\": 1, \"type\": \"phase\"}\n\n", "id: 2\ndata: {\"seq\": 2, \"type\": \"phase\"}\n\n"
    server.on("GET", PUT + "/events", events(first), events(first, second), problem(404, "pipeline.not_found"))
    done = run("events", "latency", "--follow", "--output", "json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 1 and [line.get("seq") for line in lines] == [1, 2, None] and lines[2]["code"] == "pipeline.not_found", done
    assert [request.headers.get("last-event-id") for request in server.requests] == [None, "1", "2"] and "connecting again" in done.err


def test_a_stream_that_only_breaks_is_given_up(run, server):
    server.on("GET", PUT + "/results", events(": nothing\n\n"))
    done = run("tail", "latency")
    assert done.code == 3 and len(server.requests) == 6, done


def test_a_stream_outlives_a_restart_of_the_daemon(run, server):
    server.on("GET", PUT + "/results", events(result(1)), problem(503, "daemon.loading"), None, events(result(2)))
    done = run("tail", "latency", "--limit", "2")
    assert done.code == 0 and "count=1" in done.out and "count=2" in done.out and "not ready" in done.err, done


def test_a_reader_that_leaves_ends_tail_quietly(program, environment, server):
    server.on("GET", PUT + "/results", events(*[result(number) for number in range(20000)]))
    tail = subprocess.Popen([program, "tail", "latency"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    assert b"count=0" in tail.stdout.readline()
    tail.stdout.close()
    assert tail.wait(timeout=20) in (141, -signal.SIGPIPE) and tail.stderr.read() == b""


def test_events_ends_with_the_history(run, server):
    server.on("GET", PUT + "/events?follow=false", events("data: {\"seq\": 1, \"at\": \"T\", \"type\": \"phase\", \"from\": \"starting\", \"phase\": \"running\"}\n\n"))
    done = run("events", "latency")
    assert done.code == 0 and done.out == "T  starting -> running\n" and done.err == "" and len(server.requests) == 1, done
    server.on("GET", PUT + "/events?follow=false", problem(404, "pipeline.not_found"))
    assert run("events", "latency").code == 1


# Shells


@pytest.mark.parametrize("shell, words", [("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["-n"])])
def test_completion_scripts_are_good_shell(run, shell, words, tmp_path):
    done = run("completions", shell)
    assert done.code == 0 and done.err == ""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not here")
    path = write(tmp_path, "script", done.out)
    checked = subprocess.run([shell, *words, path], capture_output=True, text=True)
    assert checked.returncode == 0 and checked.stderr == "", checked


@pytest.mark.parametrize("line, expected", [
    (["penstock", "st"], {"start", "stop", "stats"}), (["penstock", "list", "--phase", "st"], {"stopped", "starting", "stopping"}),
    (["penstock", "stop", "--dr"], {"--drain-windows"}), (["penstock", "completions", ""], {"bash", "zsh", "fish"}),
    (["penstock", "tail", ""], set()), (["penstock", "validate", "some"], {"some.yaml"}),
])
def test_bash_completes(run, tmp_path, line, expected):
    write(tmp_path, "some.yaml")
    script = run("completions", "bash").out
    words = " ".join(f"'{word}'" for word in line)
    # compopt works in an interactive completion only.
    call = f"compopt() {{ :; }}\nCOMP_WORDS=({words}); COMP_CWORD={len(line) - 1}; _penstock; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", script + call], capture_output=True, text=True, cwd=tmp_path)
    assert set(done.stdout.split()) == expected and done.stderr == "", done


# A daemon


@pytest.fixture
def daemon(program, tmp_path):
    daemon = EmbeddedDaemon(program, tmp_path / "data", tmp_path / "daemon.log").start()
    yield daemon
    daemon.close()


def test_a_pipeline_from_its_spec_to_its_end_on_a_real_daemon(run, daemon, tmp_path):
    server = ["--server", f"http://127.0.0.1:{daemon.port}"]
    daemon.create(DOCUMENT, running=False)
    done = run("list", *server)
    assert done.code == 0 and "latency" in done.out and "stopped" in done.out, done
    done = run("start", "latency", *server)
    assert done.code in (0, 1) and done.out.startswith("latency: "), done
    wait_until(lambda: "latency" in run("list", "--phase", daemon.phase("latency"), *server).out, 10, "the list has it in its phase")
    for verb in ["show", "stats", "offsets"]:
        done = run(verb, "latency", *server)
        assert done.code == 0 and done.out and done.err == "", done
        assert run(verb, "latency", *server, "--output", "json").out.startswith("{")
    done = run("stop", "latency", *server)
    assert done.code == 0 and done.out == "latency: stopped\n", done
    done = run("show", "nothing", *server)
    assert done.code == 1 and "404 pipeline.not_found" in done.err, done
    assert run("delete", "latency", *server).code == 0 and "no pipelines" in run("list", *server).out
