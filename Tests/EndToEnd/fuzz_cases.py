"""What the socket fuzzer sends. Each case takes a `Client` (socket_fuzz.py) and random numbers of its own, and raises `Wrong` on what must not be.

The names are in `CASES` with their weights. Specs never name a broker beyond loopback."""
import copy
import json
import random

from socket_talk import Wrong

NAMES = [f"fz-{n}" for n in range(4)]
PARTS = ["", "/stats", "/health", "/offsets", "/spec", "/explain", "/stats/history", "/events?follow=false"]
PATHS = ["/livez", "/readyz", "/version", "/v1/health", "/v1/stats", "/v1/pipelines"] + [f"/v1/pipelines/{name}{part}" for name in NAMES[:2] for part in PARTS]
ACTIONS = ["start", "stop", "pause", "resume", "restart"]
TLS_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(32)) + bytes.fromhex("20") + bytes(32) + bytes.fromhex("0004130113020100") + bytes(120)
H2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000012040000000000000300000064000400a00000000200000000")
GREETINGS = [TLS_HELLO, H2_PREFACE, b"SSH-2.0-OpenSSH_9.2\r\n", b"EHLO x\r\n", b"*1\r\n$4\r\nPING\r\n", b"\x00\x00\x00\x17\x00\x12\x00\x03\x00\x00\x00\x01\x00\x04test\x00\x00\x00",
             b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00", b"\x05\x01\x00", b"GET / SIP/2.0\r\n\r\n", b"\r\n\r\n\r\n\r\n", b"\x80\x2e\x01\x00\x02"]


def request(method, path, body=None, fields=(), version="HTTP/1.1", host="127.0.0.1"):
    lines = [f"{method} {path} {version}".encode("latin-1")] + ([f"Host: {host}".encode("latin-1")] if host is not None else [])
    lines += [field if isinstance(field, bytes) else field.encode("latin-1") for field in fields]
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def spec(rng, name=None, **changes):
    name = name or rng.choice(NAMES)
    return {
        "name": name, "description": f"d{rng.randrange(1000)}", "kafka": {"input_topics": [f"{name}-in"], "output_topic": f"{name}-out"},
        "window": rng.choice([{"type": "tumbling", "size_ms": 60_000}, {"type": "sliding", "size_ms": 60_000, "slide_ms": 10_000},
                              {"type": "session", "gap_ms": 1_000}, {"type": "count", "count": 10}]),
        "event": {"timestamp": {"field": "ts"}, "filter": [{"field": "a.b", "op": ">", "value": 1}, {"any": [{"field": "c", "op": "exists"}]}]},
        "aggregations": ["count", "avg(x)", {"function": "percentile", "field": "x", "p": 99.5}, {"as": "r", "expression": "count / 2"}], **changes,
    }


def body_of(value):
    return json.dumps(value).encode()


def write(rng, body, name=None):
    """A request with that body to one of the resources that read one."""
    name = name or rng.choice(NAMES)
    kind = rng.randrange(6)
    if kind < 2:
        return "POST", request("POST", "/v1/pipelines" + rng.choice(["", "", "?dry_run=true"]), body)
    if kind < 4:
        return "PUT", request("PUT", f"/v1/pipelines/{name}" + rng.choice(["", "?state=discard", "?dry_run=true"]), body)
    if kind == 4:
        return "PATCH", request("PATCH", f"/v1/pipelines/{name}/offsets", body)
    return "POST", request("POST", f"/v1/pipelines/{name}/{rng.choice(ACTIONS)}", body)


def valid(rng):
    """(method, bytes) of a request that is in order."""
    kind = rng.randrange(10)
    if kind < 6:
        method = rng.choice(["GET", "GET", "GET", "HEAD"])
        return method, request(method, rng.choice(PATHS))
    if kind < 8:
        return "POST", request("POST", "/v1/pipelines", body_of(spec(rng)), ["Content-Type: application/json"])
    name = rng.choice(NAMES)
    if kind == 8:
        return "PUT", request("PUT", f"/v1/pipelines/{name}?state=discard", body_of(spec(rng, name)))
    return "DELETE", request("DELETE", f"/v1/pipelines/{name}")


def must_be(answer, statuses, why):
    if answer is not None and answer.status not in statuses:
        raise Wrong(f"{why}: {answer}")


def refused(answer, why):
    if answer is not None and not 400 <= answer.status < 500:
        raise Wrong(f"{why} is let pass: {answer}")


# -- bytes

def random_bytes(client, rng):
    talk = client.connect()
    talk.send(rng.randbytes(rng.choice([1, 7, 60, 500, 4_000, 70_000])) + rng.choice([b"", b"\r\n", b"\r\n\r\n"]))
    finish(client, talk, rng)


def finish(client, talk, rng):
    """Leaves a connection whose request may be whole or not."""
    way = rng.randrange(6)
    if way < 3:
        talk.end(client)
    elif way == 3:
        talk.read_some(0.05)
        talk.close()
    elif way == 4:
        talk.abort()
    else:
        client.park(talk, rng.uniform(0.2, 6))


def mutated_bytes(client, rng):
    method, data = valid(rng)
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        at = rng.randrange(len(data))
        way = rng.randrange(5)
        if way == 0:
            data[at] = rng.randrange(256)
        elif way == 1:
            data[at:at] = rng.choice([b"\x00", b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"%", b"\xff", b"\x80", rng.randbytes(3), b"A" * 9_000])
        elif way == 2:
            del data[at:at + rng.randrange(1, 20)]
        elif way == 3:
            data[at:at] = data[at:at + rng.randrange(1, 60)]
        else:
            data[at] ^= 1 << rng.randrange(8)
        if not data:
            data = bytearray(b"\n")
    talk = client.connect()
    talk.maybe_head = method == "HEAD"
    talk.send(bytes(data), ["HEAD"] if talk.maybe_head else [])
    finish(client, talk, rng)


def half_requests(client, rng):
    _, data = valid(rng)
    talk = client.connect()
    talk.send(data[:rng.randrange(len(data))])
    if rng.random() < 0.4:
        client.park(talk, rng.uniform(0.5, 45))
    else:
        finish(client, talk, rng)


def dripped_requests(client, rng):
    method, data = valid(rng)
    talk = client.connect()
    step = rng.choice([1, 3, 40])
    for at in range(0, len(data), step):
        talk.send(data[at:at + step], [method] if at + step >= len(data) else [])
    answers = talk.read()
    if len(answers) != 1:
        raise Wrong(f"{len(answers)} answers to one request in pieces of {step}")
    talk.close()


def greetings_of_others(client, rng):
    talk = client.connect()
    talk.send(rng.choice(GREETINGS) * rng.choice([1, 1, 3]))
    finish(client, talk, rng)


# -- heads

def many_headers(client, rng):
    count = rng.choice([99, 101, 500, 3_000, 10_000])
    fields = [f"X-{n}: {'v' * rng.choice([0, 1, 10])}" for n in range(count)]
    talk = client.connect()
    answer = talk.ask(request("GET", "/livez", fields=fields))
    if count > 100:
        refused(answer, f"{count} headers")
    talk.close()


def huge_headers(client, rng):
    size = rng.choice([1_000, 30_000, 33_000, 60_000, 66_000, 200_000, 2_000_000])
    field = rng.choice([b"X: " + b"v" * size, b"N" * size + b": v", b"X:" + b" " * size + b"v", b"X: " + b"\xff" * size, b"Cookie: " + b"a=b; " * (size // 5)])
    talk = client.connect()
    answer = talk.ask(request("GET", "/livez", fields=[field]))
    if size > 33_000 and not field.startswith(b"X:  "):
        refused(answer, f"a header of {size} bytes")
    talk.close()


def odd_headers(client, rng):
    fields = rng.sample([
        "Host: evil.example", "Host:", "Host: 127.0.0.1", "Host: [::1]:1", "Origin: null", "Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "If-Match: \"x\"",
        "If-Match: *", "If-None-Match: *", "If-None-Match: W/\"\", \"a", "If-Match: " + "\"a\"," * 500, "Prefer: wait=1", "Prefer: wait=99999999999999999999", "Prefer: ,;=,;,wait",
        "Prefer: ;", "Prefer: wait=;;=", "Authorization: Bearer", "Authorization: Basic eA==", "Last-Event-ID: -1", "Last-Event-ID: 99999999999999999999", "Upgrade: h2c", "Upgrade: websocket",
        "Connection: upgrade", "Connection: close", "Connection: keep-alive", "Connection: close, keep-alive", "Expect: 100-continue", "Expect: banana", "Content-Type: ;;;", "Content-Type:",
        "Content-Type: application/json;charset=\"", "Accept: application/xml", "Accept-Encoding: gzip;q=nan", "Range: bytes=0-0,-1", "X-Request-Id: mine", "X: \xe9\xff", " folded: yes", ": none",
        "NoColon", "Sp ace: 1", "Tab\t: 1", "X: a\x01b", "Transfer-Encoding: identity", "Content-Encoding: gzip", "X-HTTP-Method-Override: DELETE", "TE: trailers", "Trailer: X"],
        rng.randrange(1, 5))
    method = rng.choice(["GET", "GET", "POST", "PUT", "DELETE"])
    name = rng.choice(NAMES)
    path = "/v1/pipelines" if method == "POST" else f"/v1/pipelines/{name}" if method in ("PUT", "DELETE") else rng.choice(PATHS)
    body = body_of(spec(rng, name)) if method in ("POST", "PUT") else None
    talk = client.connect()
    talk.send(request(method, path, body, fields))
    talk.end(client)


def long_targets(client, rng):
    size = rng.choice([4_000, 8_300, 30_000, 66_000, 300_000])
    path = rng.choice(["/" + "a" * size, "/v1/pipelines?" + "a=b&" * (size // 4), "/v1/pipelines/" + "%41" * (size // 3), "/" * size, "/v1/pipelines?limit=" + "9" * size, "/" + "é" * size])
    talk = client.connect()
    refused(talk.ask(request("GET", path)), f"a target of {len(path)} bytes")
    talk.close()


def traversal(client, rng):
    step = rng.choice(["..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "%u002e%u002e", "..%00", "..;", "%ff%fe", "..%5c", "%2e%2e%2f", "%F0%82%82%AE"])
    path = rng.choice(["/", "/v1/", "/v1/pipelines/", f"/v1/pipelines/{NAMES[0]}/", "/v1/pipelines/%2F", "//", "http://127.0.0.1/", "/./", "/v1/pipelines/%00"]) + "/".join(
        [step] * rng.randrange(1, 9)) + rng.choice(["", "/etc/passwd", "%2Fetc%2Fpasswd", "/store-id", "/state", "%00", "%", "%4", "%zz", "\\..\\x", "?a=%00", "#frag"])
    method = rng.choice(["GET", "GET", "PUT", "DELETE", "POST"])
    body = body_of(spec(rng, window={"type": "count", "count": 1})) if method in ("PUT", "POST") else None
    talk = client.connect()
    refused(talk.ask(request(method, path, body), method), f"{method} {path}")
    talk.close()


def odd_queries(client, rng):
    pieces = ["limit=1", "limit=500", "limit=501", "limit=-1", "limit=1e3", "limit=%31", "limit=+5", "limit", "cursor=%ff", "cursor=fz-0", "cursor=..", "phase=running", "phase=x", "health=ok", "label=",
              "label=a=b", "label=a:b", "label=%00", "label==", "label=%F0%9F%92%A9", "detail=partitions", "detail=", "window=1h", "window=99999999999999999999h", "window=-1s", "window=s", "after=0",
              "after=-1", "after=9223372036854775807", "after=9223372036854775808", "follow=false", "follow=false", "follow=maybe", "drain=windows", "state=discard", "dry_run=true", "offsets=true", "=", "&&",
              "a" * 3_000, "%", "%2", "a=b=c", "limit=1&limit=2"]
    query = "&".join(rng.sample(pieces, rng.randrange(1, 4)))
    # A stream is only begun where it is meant to.
    path = rng.choice([path.partition("?")[0] for path in PATHS if "events" not in path])
    talk = client.connect()
    talk.ask(request("GET", f"{path}?{query}"))
    talk.close()


def odd_methods(client, rng):
    method = rng.choice(["HEAD", "OPTIONS", "TRACE", "CONNECT", "PATCH", "BREW", "get", "DELETE", "PROPFIND", "X" * 300, "X" * 40_000, "G\x00T", "GE T", "é", "!#$%&'*+", "PRI"])
    target = rng.choice(PATHS + ["*", "127.0.0.1:80", "http://127.0.0.1/livez", "livez", ""])
    talk = client.connect()
    talk.send(request(method, target, rng.choice([None, None, b"{}"]), ["Connection: close"]), [method])
    for answer in talk.read_to_end():
        if answer.status == 200 and method not in ("HEAD", "OPTIONS", "GET", "DELETE") and method != "get":
            raise Wrong(f"{method[:40]} {target} is let pass: {answer}")
    talk.close()


def odd_versions(client, rng):
    method, path = rng.choice(["GET", "GET", "HEAD"]), rng.choice(PATHS)
    line = rng.choice([
        f"{method} {path} HTTP/1.0\r\n\r\n", f"{method} {path} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", f"{method} {path}\r\n", f"{method} {path}\r\n\r\n", f"{method} {path} HTTP/0.9\r\n\r\n",
        f"{method} {path} HTTP/1.2\r\nHost: x\r\n\r\n", f"{method} {path} HTTP/2.0\r\nHost: x\r\n\r\n", f"{method} {path} HTTP/3\r\n\r\n", f"{method} {path} HTTP/9999999999.1\r\n\r\n",
        f"{method} {path} http/1.1\r\nHost: x\r\n\r\n", f"{method} {path} HTTP/1.1\nHost: 127.0.0.1\n\n", f"{method} {path} HTTP/1.1\r\n\r\n", f"\r\n\r\n{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        f"{method}  {path}  HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", f"{method}\t{path}\tHTTP/1.1\r\n\r\n", f"{method} {path} HTTP/1.1 \r\n\r\n", f"{method} {path} HTTP/1.\r\n\r\n", f"{method} {path} XTTP/1.1\r\n\r\n"])
    talk = client.connect()
    talk.send(line.encode(), [method])
    talk.end(client)


# -- lengths

CHUNK_LIES = [
    (b"5\r\nhello", "no end"), (b"5\r\nhel", "a short chunk"), (b"zz\r\nhello\r\n0\r\n\r\n", "a bad size"), (b"-5\r\nhello\r\n0\r\n\r\n", "a negative size"),
    (b"ffffffffffffffff\r\nhello", "an overflow"), (b"8000000000000000\r\nhello", "the sign bit"), (b"fffffffffffffffffff\r\nhello\r\n0\r\n\r\n", "a long overflow"),
    (b"10000000000000005\r\nhello\r\n0\r\n\r\n", "a size that wraps to 5"), (b"0000000000000000000000005\r\nhello\r\n0\r\n\r\n", None), (b"5;a=b;c=\"d\"\r\nhello\r\n0\r\n\r\n", None),
    (b"5;" + b"e" * 5_000 + b"\r\nhello\r\n0\r\n\r\n", None), (b"5\r\nhelloX\r\n0\r\n\r\n", "bytes after a chunk"), (b"5\nhello\n0\n\n", None), (b"\r\nhello\r\n0\r\n\r\n", "no size"), (b"0x5\r\nhello\r\n0\r\n\r\n", "0x"),
    (b" 5\r\nhello\r\n0\r\n\r\n", None), (b"5 \r\nhello\r\n0\r\n\r\n", None), (b"+5\r\nhello\r\n0\r\n\r\n", "a plus"), (b"5\r\nhello\r\n0\r\nX-Trailer: 1\r\nHost: evil\r\n\r\n", None),
    (b"0\r\n" + b"T: v\r\n" * 20_000 + b"\r\n", None), (b"0\r\nContent-Length: 5\r\n\r\nGET /version HTTP/1.1\r\n\r\n", None), (b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", None), (b"1\r\n{\r\n" * 3_000, "no end")]


def lying_chunks(client, rng):
    body, _ = rng.choice(CHUNK_LIES)
    fields = rng.choice([["Transfer-Encoding: chunked"], ["Transfer-Encoding: Chunked"], ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], ["Transfer-Encoding: gzip, chunked"],
                         ["Transfer-Encoding: chunked, identity"], ["Transfer-Encoding:\tchunked"], ["Transfer-Encoding: xchunked"], ["Transfer-Encoding: chunked", "Content-Length: 5"],
                         ["Transfer-Encoding: chunked", "Expect: 100-continue"]])
    method, path = rng.choice([("POST", "/v1/pipelines"), ("PUT", f"/v1/pipelines/{NAMES[0]}"), ("GET", "/livez"), ("DELETE", "/v1/pipelines/none"), ("POST", "/nothing")])
    talk = client.connect()
    talk.send(request(method, path, fields=fields) + body)
    finish(client, talk, rng)


def lying_lengths(client, rng):
    body = body_of(spec(rng))
    length = rng.choice([str(len(body) + rng.randrange(1, 1000)), str(rng.randrange(len(body))), "0", "-1", "+5", "0x10", "5, 5", "5,6", "", " ", "1e3", "18446744073709551615", "18446744073709551616", "9223372036854775808",
                         "4294967296", "0" * 50 + str(len(body)), f"{len(body)} ", "٣", "99999999999999999999999999", "1048577", "2097152", "9999999"])
    fields = [f"Content-Length: {length}".encode()]
    both = rng.random()
    if both < 0.15:
        fields.append(b"Transfer-Encoding: chunked")
    elif both < 0.3:
        fields.append(b"Content-Length: %d" % rng.randrange(100))
    if rng.random() < 0.2:
        fields.append(b"Expect: 100-continue")
    talk = client.connect()
    talk.send(request("POST", "/v1/pipelines", fields=fields) + body)
    finish(client, talk, rng)


def smuggled_requests(client, rng):
    """Two lengths that disagree: one answer at most, a 400, and no second request."""
    inner = b"GET /version HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    fields = rng.choice([[b"Content-Length: %d" % (5 + len(inner)), b"Transfer-Encoding: chunked"], [b"Transfer-Encoding: chunked", b"Content-Length: 5"], [b"Content-Length: 5", b"Content-Length: 6"],
                         [b"Content-Length: 0", b"Content-Length: %d" % len(inner)], [b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"], [b"Transfer-Encoding: xchunked"],
                         [b"Transfer-Encoding: chunked, gzip"], [b"Content-Length: 5, 5"], [b"Content-Length: +5"]])
    talk = client.connect()
    talk.send(request("POST", "/v1/pipelines", fields=fields) + b"0\r\n\r\n" + inner)
    talk.half_close()
    answers = talk.read_to_end()
    if len(answers) > 1 or (answers and answers[0].status != 400):
        raise Wrong(f"{fields} gets {answers}")
    talk.close()


def large_bodies(client, rng):
    size = rng.choice([900_000, (1 << 20) + 1, 2 << 20, 9 << 20, 12 << 20])
    talk = client.connect()
    data = b'{"description": "' + b"x" * size
    if rng.random() < 0.5:
        talk.send(request("POST", "/v1/pipelines", data), ["POST"])
    else:
        pieces = b"".join(b"%x\r\n%s\r\n" % (len(data[at:at + 60_000]), data[at:at + 60_000]) for at in range(0, len(data), 60_000))
        talk.send(request("POST", "/v1/pipelines", fields=["Transfer-Encoding: chunked"]) + pieces + b"0\r\n\r\n", ["POST"])
    for answer in talk.read():
        must_be(answer, (400, 413), f"a body of {size} bytes")
    talk.close()


# -- connections

def pipelined(client, rng):
    count = rng.choice([2, 5, 30, 200])
    requests = [valid(rng) if rng.random() < 0.15 else (method := rng.choice(["GET", "HEAD"]), request(method, rng.choice(PATHS))) for _ in range(count)]
    talk = client.connect()
    talk.send(b"".join(data for _, data in requests), [method for method, _ in requests])
    answers = talk.read(40)
    if len(answers) != count:
        raise Wrong(f"{len(answers)} answers to {count} requests in one piece; ended: {talk.ended}; rest: {talk.received[:300]!r}")
    talk.close()


def long_connections(client, rng):
    talk = client.connect()
    for _ in range(rng.choice([5, 40, 200])):
        method, data = ("GET", request("GET", rng.choice(PATHS))) if rng.random() < 0.8 else valid(rng)
        if talk.ask(data, method) is None:
            raise Wrong(f"no answer to {data[:200]!r}; ended: {talk.ended}")
        if talk.ended:
            raise Wrong(f"closed after {data[:200]!r}")
    if rng.random() < 0.3:
        client.park(talk, rng.uniform(0, 40))
    else:
        talk.close()


def slow_readers(client, rng):
    talk = client.connect(receive_buffer=2_048)
    path = rng.choice(["/v1/stats", "/v1/pipelines", "/v1/health", f"/v1/pipelines/{NAMES[0]}"])
    try:
        talk.socket.settimeout(0.5)
        talk.socket.sendall(request("GET", path) * rng.choice([20, 400]))
    except OSError:
        pass
    client.park(talk, rng.uniform(1, 45), reads=rng.choice([0, 0, 100]))


def closed_in_mid_answer(client, rng):
    talk = client.connect(receive_buffer=2_048)
    talk.send(request("GET", rng.choice(["/v1/stats", "/v1/pipelines", f"/v1/pipelines/{NAMES[0]}", "/v1/health"])) * rng.choice([1, 1, 20]))
    try:
        talk.socket.settimeout(2)
        talk.socket.recv(rng.choice([1, 20, 300]))
    except OSError:
        pass
    talk.abort() if rng.random() < 0.7 else talk.close()


def streams(client, rng):
    name = rng.choice(NAMES)
    client.ensure(rng, name)
    talk = client.connect(receive_buffer=rng.choice([None, 2_048]))
    method = rng.choice(["GET"] * 8 + ["HEAD"])
    talk.send(request(method, f"/v1/pipelines/{name}/{rng.choice(['events', 'results', 'events?after=1', 'events?follow=true'])}", version=rng.choice(["HTTP/1.1"] * 5 + ["HTTP/1.0"])))
    if method == "HEAD":
        talk.unread.append("HEAD")
        talk.read_to_end()
        talk.close()
        return
    way = rng.randrange(4)
    if way == 0:
        client.park(talk, rng.uniform(1, 20))
    elif way == 1:
        talk.read_some(0.1)
        talk.abort()
    elif way == 2:
        talk.send(request("GET", "/livez") * 3)  # they must wait, and never be answered inside the stream
        talk.read_some(0.2)
        talk.close()
    else:
        client.park(talk, rng.uniform(1, 20), reads=10_000)


def floods(client, rng):
    """Many connections from one address; the daemon may close what is too many, and nobody else is to feel it."""
    source = f"127.0.0.{rng.randrange(20, 250)}"
    talks = []
    for _ in range(rng.choice([40, 150])):
        try:
            talks.append(client.connect(source=source))
        except OSError:
            break
    data = rng.choice([b"", b"GET", request("GET", "/livez"), b"POST /v1/pipelines HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{"])
    for talk in talks:
        talk.send(data, ["GET"] if data.endswith(b"\r\n\r\n") else [])
    for talk in talks:
        if rng.random() < 0.5:
            talk.abort()
        else:
            talk.close()


# -- documents

def nested(rng):
    depth = rng.choice([60, 64, 65, 513, 1_000, 100_000])
    way = rng.randrange(4)
    if way == 0:
        return b"[" * depth + b"]" * depth
    if way == 1:
        return b'{"a":' * depth + b"1" + b"}" * depth
    if way == 2:
        return b"[" * depth
    inner = b'{"not":' * depth + b'{"field":"a","op":"exists"}' + b"}" * depth
    return b'{"name":"fz-0","kafka":{"input_topics":["a"],"output_topic":"b"},"window":{"type":"count","count":1},"aggregations":["count"],"event":{"filter":[' + inner + b"]}}"


def odd_texts(rng):
    return rng.choice([
        b'{"name":"\xff\xfe"}', b'{"name":"\xed\xa0\x80"}', b'{"name":"\xc0\xaf"}', b'{"name":"\xf4\x90\x80\x80"}', b'{"\xff":1}', b'\xef\xbb\xbf{}', b'{"name":"\\ud800"}', b'{"name":"\\udc00\\ud800"}', b'{"name":"\\u0000"}',
        b'{"name":"a\x00b"}', b'{"name":"a\nb"}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-}', b'{"a":01}', b'{"a":1.}', b'{"a":.5}', b'{"a":1e}', b'{"a":+1}', b'{"a":0x10}', b"{'a':1}", b'{"a":1,}', b'{"a":1}x', b"{}{}", b"\x00",
        b"nul", b"true", b'"', b'{"a":"\\x41"}', b'{"a":"\\u12"}', b"{" + b'"a":1,' * 100_000 + b'"b":2}', b"[" + b"0," * 200_000 + b"0]", b'{"a":' + b"9" * 300_000 + b"}", b'{"' + b"k" * 500_000 + b'":1}', b" " * 900_000 + b"{}",
        b'{"a":"' + b"\\u0041" * 100_000 + b'"}', b'{"description":"' + "💩".encode() * 100_000 + b'"}', b"", b"   ", b"\x1f\x8b\x08\x00\x00\x00\x00\x00"])


NUMBERS = ["9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e400", "-1e400", "1e-400", "1e308", "0.1", "-0", "-0.0", "1E2", "1.0", "60000.0", "123456789012345678901234567890", "4294967296", "2147483648",
           "1" + "0" * 400, "0." + "0" * 400 + "1", "-1", "null", "true", '"60000"', "[]", "{}"]


def bad_documents(client, rng):
    way = rng.randrange(4)
    if way == 0:
        body = nested(rng)
    elif way == 1:
        body = odd_texts(rng)
    elif way == 2:
        text = json.dumps(spec(rng))[:-1]
        body = (text + ", " + rng.choice(['"name":"fz-1"', '"window":{}', '"kafka":null', '"\\u006eame":"fz-2"', '"labels":{"a":"b","a":"c"}', '"labels":{"a":"b"},"labels":{"a":"b"}']) + "}").encode()
    else:
        place = rng.choice(['"window":{"type":"tumbling","size_ms":@}', '"window":{"type":"session","gap_ms":@}', '"parallelism":@', '"buffer_size":@', '"watermark":{"max_delay_ms":@}', '"start_at":{"timestamp_ms":@}',
                            '"limits":{"max_keys":@,"max_state_bytes":@}', '"event":{"filter":[{"field":"a","op":"<","value":@}]}', '"aggregations":[{"function":"percentile","field":"x","p":@}]',
                            '"kafka":{"input_topics":["a"],"output_topic":"b","consumer_config":{"fetch.min.bytes":@}}', '"aggregations":["count",{"as":"e","expression":"count * @"}]'])
        members = {"kafka": '"kafka":{"input_topics":["a"],"output_topic":"b"}', "window": '"window":{"type":"count","count":1}', "aggregations": '"aggregations":["count"]'}
        rest = [text for member, text in members.items() if not place.startswith(f'"{member}"')]
        number = rng.choice(NUMBERS)
        if "expression" in place:
            number = number.replace('"', '\\"')
        body = ('{"name":"' + rng.choice(NAMES) + '",' + ",".join(rest + [place.replace("@", number)]) + "}").encode()
    method, data = write(rng, body)
    talk = client.connect()
    if talk.ask(data, method) is None:
        raise Wrong(f"no answer to a body of {len(body)} bytes: {body[:200]!r}")
    talk.close()


def places(value, path=()):
    yield path
    if isinstance(value, dict):
        for name in value:
            yield from places(value[name], path + (name,))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from places(value[index], path + (index,))


WORDS = ["", "x", "..", "\x00", "é", "a" * 300, "a" * 5_000, "count(", "count(a.b..c)", "avg()", "percentile(1e400, x)", "1/0", "((((", "(" * 4_000, "-" * 4_000 + "1", "1" + "+1" * 2_000, "a.b." * 300, "`", "null", "127.0.0.1:1", "[::1]:1", ":", "127.0.0.1:99999",
         "💩" * 60, "fz-1", "percentile(99.9, latency_ms)", "distinct( a )", "\t count ", "%s%n", "$" + "{file:../../etc/passwd}", "$" + "{env:HOME}", "${"]


def strange_value(rng, depth=0):
    way = rng.randrange(11 if depth < 3 else 7)
    if way < 3:
        return rng.choice(WORDS)
    if way < 5:
        return rng.choice([0, -1, 1, 2**31, 2**53, 2**63 - 1, 1e300, 0.1, 60_000, 100])
    if way < 7:
        return rng.choice([None, True, False, [], {}])
    if way < 9:
        return [strange_value(rng, depth + 1) for _ in range(rng.choice([1, 3, 20, 1_200 if depth == 0 else 2]))]
    return {rng.choice(WORDS): strange_value(rng, depth + 1) for _ in range(rng.choice([1, 4, 300 if depth == 0 else 2]))}


MORE = {
    "watermark": {"strategy": "ascending", "idle_timeout_ms": 5}, "emit": {"when": "early", "every_ms": 500}, "delivery": {"guarantee": "exactly_once"}, "errors": {"on_late": "dead_letter", "dead_letter_topic": "dl"},
    "labels": {"a": "b"}, "start_at": "latest", "limits": {"max_keys": 5}, "parallelism": 4, "buffer_size": 10, "description": "d" * 4_000, "desired": "stopped",
}


def mutated_specs(client, rng):
    value = spec(rng)
    for name in rng.sample(sorted(MORE), rng.randrange(4)):
        value[name] = copy.deepcopy(MORE[name])
    value["kafka"].update(rng.choice([{}, {"consumer_config": {"fetch.min.bytes": 1}}, {"producer_config": {"linger.ms": 5}}, {"group_id": "g"}, {"auto_commit_interval_ms": 100}]))
    for _ in range(rng.choice([1, 1, 2, 5])):
        path = rng.choice([path for path in places(value) if path] or [()])
        if not path:
            continue
        place = value
        for step in path[:-1]:
            place = place[step]
        way = rng.randrange(4)
        if way == 0:
            del place[path[-1]]
        elif way == 1 and isinstance(place, dict):
            place[rng.choice(WORDS)] = place.pop(path[-1])
        else:
            place[path[-1]] = strange_value(rng)
    # Nothing that was made up here is ever run.
    if isinstance(value, dict) and value.get("desired") in ("running", "paused"):
        value["desired"] = "stopped"
    method, data = write(rng, body_of(value))
    talk = client.connect()
    if talk.ask(data, method) is None:
        raise Wrong(f"no answer to {data[:300]!r}")
    talk.close()


# -- writes

def racing_writes(client, rng):
    """Writes to few names, one after the other here and at the same time in other threads, some running against a broker that is not there."""
    talk = client.connect()
    for _ in range(rng.choice([3, 10])):
        name = f"race-{rng.randrange(4)}"
        way = rng.randrange(8)
        if way < 2:
            method, data = "POST", request("POST", "/v1/pipelines", body_of(racing_spec(rng, name)))
        elif way < 4:
            method, data = "PUT", request("PUT", f"/v1/pipelines/{name}?state=discard", body_of(racing_spec(rng, name)))
        elif way == 4:
            method, data = "DELETE", request("DELETE", f"/v1/pipelines/{name}")
        else:
            method, data = "POST", request("POST", f"/v1/pipelines/{name}/{rng.choice(ACTIONS)}", fields=rng.choice([[], [], ["Prefer: wait=1"]]))
        answer = talk.ask(data, method, wait=40)
        if answer is None:
            raise Wrong(f"no answer to {data[:200]!r}")
        must_be(answer, (200, 201, 202, 204, 404, 409, 412, 422, 503), "a racing write")
    talk.close()


def racing_spec(rng, name):
    return {**spec(rng, name, window={"type": "count", "count": rng.randrange(1, 4)}), **rng.choice([{}, {"desired": "running"}, {"desired": "stopped"}, {"desired": "paused"}])}


CASES = [
    (4, random_bytes), (10, mutated_bytes), (6, half_requests), (2, dripped_requests), (3, greetings_of_others), (2, many_headers), (3, huge_headers), (6, odd_headers), (2, long_targets), (6, traversal), (5, odd_queries),
    (5, odd_methods), (5, odd_versions), (6, lying_chunks), (6, lying_lengths), (4, smuggled_requests), (1, large_bodies), (3, pipelined), (2, long_connections), (2, slow_readers), (3, closed_in_mid_answer), (4, streams),
    (1, floods), (8, bad_documents), (10, mutated_specs), (5, racing_writes)]


def choose(rng, only=None):
    cases = [case for case in CASES if only is None or case[1].__name__ in only]
    return rng.choices([case for _, case in cases], [weight for weight, _ in cases])[0]


def numbers_of(seed, number):
    return random.Random(f"{seed}/{number}")
