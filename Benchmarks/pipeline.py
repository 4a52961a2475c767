#!/usr/bin/python3
"""Runs the benchmark's pipeline through a fresh daemon, over REST, and measures it from the first record read to the last.

pipeline.py BINARY FOLDER BROKERS IN OUT RECORDS GROUP RESULTS [--job NAME] [--size-ms N] [--slide-ms N]
RESULTS: how many results must be delivered before the daemon is ended (they come right after the last record); 0: not known.
Rate from the stats, CPU and memory from /proc; prints one line as Benchmarks/common.h does.
"""
import argparse
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

# Looks cost time of the cores that are measured, so they are far between but at the beginning and at the end.
POLL_S, POLL_MOST_S = 0.01, 0.25
START_LIMIT_S = 30
SILENCE_LIMIT_S = 60
RESULTS_LIMIT_S = 20
END_LIMIT_S = 40
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    pass


class Daemon:
    """`penstock serve` on a free port and a fresh data folder."""

    def __init__(self, binary, folder, brokers):
        os.makedirs(folder)
        self.log = os.path.join(folder, "log")
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
        self.command = [binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", os.path.join(folder, "data"), "--brokers", brokers]
        self.launch()

    def launch(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def request(self, method, path, body=None):
        """Status and parsed body, over one connection that stays open."""
        if self.process.poll() is not None:
            raise Failed(f"the daemon ended by itself with {self.process.returncode}")
        try:
            self.connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"} if body else {})
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise
        return answer.status, json.loads(text) if text else None

    def wait_ready(self):
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            try:
                if self.request("GET", "/readyz")[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.02)
        raise Failed(f"/readyz did not answer 200 within {START_LIMIT_S} s")

    def cpu_seconds(self):
        """User and system time of all its threads, ended ones too."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mib(self, name):
        """VmHWM: peak resident; VmRSS: resident now."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith(name + ":"):
                    return int(line.split()[1]) / 1024
        raise Failed(f"no {name} in /proc")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """SIGTERM and a clean exit; SIGKILL if that takes too long. Returns whether it was clean."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=END_LIMIT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode == 0

    def log_tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-30:])


def window(options):
    if options.slide_ms:
        return {"type": "sliding", "size_ms": options.size_ms, "slide_ms": options.slide_ms}
    return {"type": "tumbling", "size_ms": options.size_ms}


def spec(options):
    return {
        "name": "bench", "desired": "running",
        "kafka": {"input_topics": [options.input], "output_topic": options.output, "group_id": options.group, "auto_commit_interval_ms": options.commit_ms},
        "event": {"timestamp": {"field": "timestamp"}, "key": {"fields": ["key"]}},
        "window": window(options),
        "watermark": {"max_delay_ms": 10000},
        "aggregations": ["count", "sum(value)", "min(value)", "max(value)", "avg(value)"],
        "delivery": {"guarantee": options.guarantee},
    }


def measure(daemon, options):
    daemon.wait_ready()
    status, body = daemon.request("POST", "/v1/pipelines", spec(options))
    if status != 201:
        raise Failed(f"the pipeline was not created: {status} {json.dumps(body)}")

    def stats():
        status, body = daemon.request("GET", "/v1/pipelines/bench/stats")
        if status != 200:
            raise Failed(f"stats: {status} {json.dumps(body)}")
        return body

    # The first look that sees records is where the clocks start; what was read before that look is not counted.
    first = last = None
    newest, newest_at = 0, time.monotonic()
    while newest < options.records:
        now, cpu, figures = time.monotonic(), daemon.cpu_seconds(), stats()
        read = figures["messages_consumed"]
        if read > newest:
            newest, newest_at = read, now
            last = (now, cpu, read)
            first = first or last
        elif now - newest_at > SILENCE_LIMIT_S:
            raise Failed(f"{newest} of {options.records} records, then none for {SILENCE_LIMIT_S} s: {json.dumps(daemon.request('GET', '/v1/pipelines/bench')[1])}")
        time.sleep(pause_before_next(first, last, options.records))
    if last[2] == first[2]:
        raise Failed("too few records to measure: all came within one look at the stats")

    checkpoints = figures["checkpoints"]  # those among the records

    deadline = time.monotonic() + RESULTS_LIMIT_S
    while (produced := stats()["messages_produced"]) < options.results and time.monotonic() < deadline:
        time.sleep(POLL_S)
    pause = (stats()["checkpoint"] or {}).get("longest_pause_ms", 0)
    restart = f" restart_s={restart_seconds(daemon):.2f}" if options.restart else ""
    records = last[2] - first[2]
    return (f"job={options.job} records={newest} rate={records / (last[0] - first[0]):.0f} cpu_ns={(last[1] - first[1]) * 1e9 / records:.1f} "
            f"peak_mib={daemon.memory_mib('VmHWM'):.1f} resident_mib={daemon.memory_mib('VmRSS'):.1f} results={produced} checkpoints={checkpoints} pause_ms={pause}{restart}")


def pause_before_next(first, last, records):
    """A quarter of the time that is left at the rate so far."""
    if not last or last[2] == first[2]:
        return POLL_S
    left = (records - last[2]) * (last[0] - first[0]) / (last[2] - first[2])
    return min(max(left / 4, POLL_S), POLL_MOST_S)


def restart_seconds(daemon):
    """From the start of the process to phase running with all windows there, after SIGKILL behind a checkpoint of everything."""
    def look():
        return daemon.request("GET", "/v1/pipelines/bench/stats")[1]

    before = look()
    deadline = time.monotonic() + START_LIMIT_S
    while sum(look()["committed_offsets"].get(daemon.topic, {}).values()) < daemon.records:
        if time.monotonic() > deadline:
            raise Failed(f"no checkpoint of everything within {START_LIMIT_S} s: {json.dumps(look())}")
        time.sleep(0.1)
    daemon.kill()
    begun = time.monotonic()
    daemon.launch()
    daemon.wait_ready()
    while True:
        now = look()
        if now["phase"] == "running" and now["keys"] >= before["keys"]:
            return time.monotonic() - begun
        if time.monotonic() - begun > START_LIMIT_S:
            raise Failed(f"not running {START_LIMIT_S} s after its start: {json.dumps(now)}")
        time.sleep(POLL_S)


def main():
    parser = argparse.ArgumentParser()
    for name in ("binary", "folder", "brokers", "input", "output"):
        parser.add_argument(name)
    parser.add_argument("records", type=int)
    parser.add_argument("group")
    parser.add_argument("results", type=int)
    parser.add_argument("--job", default="penstock")
    parser.add_argument("--size-ms", type=int, default=60000)
    parser.add_argument("--slide-ms", type=int, help="makes the windows sliding ones")
    parser.add_argument("--guarantee", default="at_least_once")
    parser.add_argument("--commit-ms", type=int, default=5000)
    parser.add_argument("--restart", action="store_true", help="kill it at the end and measure how long a start takes")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    daemon = Daemon(options.binary, options.folder, options.brokers)
    daemon.topic, daemon.records = options.input, options.records
    line = None
    try:
        line = measure(daemon, options)
    except (Failed, OSError, http.client.HTTPException, KeyError, ValueError) as error:
        print(f"pipeline: {error!r}\n{daemon.log_tail()}", file=sys.stderr)
    finally:
        clean = daemon.end()
    if line is None:
        sys.exit(1)
    print(line, flush=True)
    if not clean:
        print(f"pipeline: the daemon did not end cleanly: {daemon.process.returncode}\n{daemon.log_tail()}", file=sys.stderr)
        sys.exit(1)


main()
