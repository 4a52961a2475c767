"""`penstock serve` as a process of the test, and its REST API over plain connections."""
import http.client
import json
import os
import signal
import subprocess
import time

from topics import Cluster
from waiting import die_with_parent, free_port, wait_until

READY_DEADLINE = 30
STOP_DEADLINE = 40


class Answer:
    """One HTTP answer. `body`: parsed if it is JSON, else text. `ms`: from connect to the last byte."""

    def __init__(self, status, headers, raw, ms):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.type = self.headers.get("content-type", "").split(";")[0].strip()
        text = raw.decode("utf-8")
        self.body = json.loads(text) if text and self.type.endswith("json") else text
        self.ms = ms

    def __repr__(self):
        return f"{self.status} {self.type} {json.dumps(self.body)[:2000]}"


class Daemon:
    """A daemon on its own data folder and port; `start` after `kill9` or `term` continues with both."""

    def __init__(self, binary, data_dir, brokers, log_path, environment=None, arguments=()):
        self.binary = binary
        self.data_dir = data_dir
        self.brokers = brokers
        self.log_path = log_path
        self.environment = dict(environment or {})
        self.extra = list(arguments)
        # Sent with every request; over TLS with a context.
        self.headers = {}
        self.tls = None
        self.port = free_port()
        self.process = None
        self.launched_at = None
        self.unexpected_end = None

    def arguments(self):
        return [str(self.binary), "serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", str(self.data_dir), "--brokers", self.brokers, *self.extra]

    def launch(self):
        """Starts the process without waiting for /readyz."""
        assert self.process is None, "it runs already"
        with open(self.log_path, "ab") as log:
            self.launched_at = time.monotonic()
            self.process = subprocess.Popen(self.arguments(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                            env={**os.environ, **self.environment}, start_new_session=True, preexec_fn=die_with_parent)
        return self

    def start(self):
        self.launch()
        wait_until(self.is_ready, READY_DEADLINE, lambda: f"/readyz answers 200; log: {self.log()[-3000:]}", every=0.01)
        return self

    def is_ready(self):
        self.check_alive()
        try:
            return self.get("/readyz").status == 200
        except OSError:
            return False

    def check_alive(self):
        if self.process is not None and self.process.poll() is not None:
            self.unexpected_end = self.process.returncode
            raise AssertionError(f"the daemon ended by itself with {self.process.returncode}:\n{self.log()[-6000:]}")

    def kill9(self):
        self.check_alive()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=20)
        self.process = None

    def term(self):
        """SIGTERM; it must drain and exit with 0. Returns the seconds it took."""
        self.check_alive()
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # its log then has a backtrace, if it can make one
            raise AssertionError(f"not ended {STOP_DEADLINE} s after SIGTERM:\n{self.log()[-6000:]}") from None
        self.process = None
        assert code == 0, f"exit code {code} after SIGTERM:\n{self.log()[-6000:]}"
        return time.monotonic() - begun

    def close(self):
        """At the end of a test. Returns how it had ended by itself, if it had."""
        if self.process is None:
            return self.unexpected_end
        ended = self.process.poll()
        if ended is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(timeout=20)
        self.process = None
        return self.unexpected_end if ended is None else ended

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    # REST

    def request(self, method, path, body=None, headers=None, timeout=60):
        """`body`: an object to send as JSON, or bytes as they are. A new connection each time."""
        headers = {**self.headers, **(headers or {})}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        if self.tls is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        else:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.tls)
        begun = time.monotonic()
        try:
            try:
                connection.request(method, path, body=body, headers={"Connection": "close", **headers})
            except (BrokenPipeError, ConnectionResetError):
                pass  # a refused body need not be read to its end; the answer is there
            answer = connection.getresponse()
            raw = answer.read()
            return Answer(answer.status, answer.getheaders(), raw, (time.monotonic() - begun) * 1000)
        finally:
            connection.close()

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.request("PUT", path, body, **options)

    def patch(self, path, body=None, **options):
        return self.request("PATCH", path, body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def create(self, spec, running=True):
        answer = self.post("/v1/pipelines", {**spec, **({"desired": "running"} if running else {})})
        assert answer.status == 201, answer
        return answer

    def pipeline(self, name):
        self.check_alive()
        answer = self.get(f"/v1/pipelines/{name}")
        assert answer.status == 200, answer
        return answer.body

    def stats(self, name, detail=None):
        self.check_alive()
        answer = self.get(f"/v1/pipelines/{name}/stats" + (f"?detail={detail}" if detail else ""))
        assert answer.status == 200, answer
        return answer.body

    def phase(self, name):
        return self.pipeline(name)["phase"]

    def wait_phase(self, name, *phases, deadline=20):
        wait_until(lambda: self.phase(name) in phases, deadline,
                   lambda: f"{name} is {' or '.join(phases)}; it is {json.dumps(self.pipeline(name))[:2000]}; log: {self.log()[-2000:]}")

    def wait_caught_up(self, name, deadline=60):
        """Every record that is in the input topics now was read. Their ends are asked of the brokers: what the daemon says of its lag may be
        of the moment before the last records came."""
        kafka = self.pipeline(name)["spec"]["kafka"]
        cluster = Cluster(kafka.get("brokers") or self.brokers)
        ends = {(topic, partition): end for topic in kafka["input_topics"] for partition, end in cluster.ends(topic).items()}

        def read():
            stats = self.stats(name, "partitions")
            places = {(p["topic"], p["partition"]): p["position"] or 0 for p in stats["partitions"]}
            return stats["consumer_lag"] == 0 and all(places.get(place, 0) >= end for place, end in ends.items()) and self.phase(name) == "running"
        wait_until(read, deadline, lambda: f"{name} has read up to {ends}; stats: {self.stats(name, 'partitions')}; log: {self.log()[-2000:]}")

    def wait_read(self, name, records, deadline=20):
        """Its figures, once so many records are in them: they follow a moment after the results."""
        wait_until(lambda: self.stats(name)["messages_consumed"] >= records, deadline, lambda: f"{name} has read {records}: {self.stats(name)}")
        return self.stats(name)

    def stop(self, name):
        """Stops it and waits until it has."""
        answer = self.post(f"/v1/pipelines/{name}/stop", headers={"Prefer": "wait=30"})
        assert answer.status == 200, answer
        assert self.phase(name) == "stopped"

    def reasons(self, name):
        """All that the pipeline says of why it is as it is, as one text. The spec is left out: the user's own words prove nothing."""
        body = self.pipeline(name)
        said = {member: body[member] for member in ("last_error", "waiting_for", "reason", "message") if body.get(member)}
        said["conditions"] = [c for c in body["conditions"] if c["status"] is not True]
        return json.dumps(said, ensure_ascii=False)


class EmbeddedDaemon(Daemon):
    """With a broker of its own instead of a Kafka."""

    def __init__(self, binary, data_dir, log_path, options=()):
        super().__init__(binary, data_dir, "", log_path)
        self.options = list(options)

    def arguments(self):
        return super().arguments()[:-2] + ["--embedded-broker", *self.options]

    def broker(self):
        """Its address."""
        return self.get("/version").body["embedded_broker"]
