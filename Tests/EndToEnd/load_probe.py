"""Asks for health all along, in a process of its own, so that the load driver's threads do not slow it.

`with HealthProbe(port, paths) as probe`, and `probe.take()` now and then. As a program: `load_probe.py PORT INTERVAL_MS PATH...`; answers each
line of its input with {"took": {path: [ms, ...]}, "late": [ms, ...], "failures": [...]}, all since the one before, and ends with its input."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

from waiting import die_with_parent

ANSWER_WAIT = 10


class HealthProbe:
    """Each path every `interval_ms`, each time on a new connection: one that is kept would only ever see one of the server's threads."""

    def __init__(self, port, paths, interval_ms=100):
        self.arguments = [sys.executable, "-B", str(pathlib.Path(__file__)), str(port), str(interval_ms), *paths]

    def __enter__(self):
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
                                        preexec_fn=die_with_parent)
        return self

    def take(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=ANSWER_WAIT + 10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Asker:
    """Asks for one path at fixed moments."""

    def __init__(self, port, interval, path):
        self.port, self.interval, self.path = port, interval, path
        self.request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
        self.lock = threading.Lock()
        self.took, self.late, self.failures = [], [], []

    def run(self, due):
        held_up = False
        while True:
            now = time.monotonic()
            if now < due:
                time.sleep(due - now)
                now = time.monotonic()
            # A probe that could not begin in time since the answer before was still out waits for the daemon from when it was due. Where this
            # process itself was not run, that is not the daemon's.
            begun = due if held_up else now
            failure = self.ask()
            ended = time.monotonic()
            with self.lock:
                self.took.append(round((ended - begun) * 1000, 3))
                if not held_up:
                    self.late.append(round((now - due) * 1000, 3))
                if failure:
                    self.failures.append(f"{self.path}: {failure}")
            if not held_up and now - due >= self.interval:
                due = now
            due += self.interval
            held_up = ended > due

    def ask(self):
        """Why it failed; None if it did not."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_WAIT) as talk:
                talk.sendall(self.request)
                answer = b""
                while piece := talk.recv(65_536):
                    answer += piece
        except OSError as error:
            return repr(error)
        return None if answer.startswith(b"HTTP/1.1 200 ") else repr(answer[:300])

    def take(self):
        with self.lock:
            found = self.took, self.late, self.failures
            self.took, self.late, self.failures = [], [], []
        return found


def main():
    port, interval, paths = int(sys.argv[1]), float(sys.argv[2]) / 1000, sys.argv[3:]
    askers = [Asker(port, interval, path) for path in paths]
    try:
        # What is measured is how long the daemon takes, not how long this process waits for a processor that the load has.
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    except PermissionError:
        pass
    begin = time.monotonic() + 0.05
    for number, asker in enumerate(askers):
        # One after the other, not all at once.
        threading.Thread(target=asker.run, args=(begin + interval * number / len(askers),), daemon=True).start()
    for _ in sys.stdin:
        taken = {asker.path: asker.take() for asker in askers}
        print(json.dumps({"took": {path: took for path, (took, _, _) in taken.items()}, "late": sum((late for _, late, _ in taken.values()), []),
                          "failures": sum((failures for _, _, failures in taken.values()), [])}), flush=True)


if __name__ == "__main__":
    main()
