"""A probe in a process of its own, so that the load driver's threads do not slow it: GETs over one keep-alive connection, and what they took.

`with Probe(port) as probe`: asks until the end of the block. As a program: `probe.py PORT INTERVAL_MS PATH...`; ends when its input does,
and prints [[ms, ...], [moments in which it was not run, ms, ...], [failures, ...]]."""
import http.client
import json
import pathlib
import select
import subprocess
import sys
import time

from waiting import die_with_parent

LATE_MS = 5


class Probe:
    def __init__(self, port, interval_ms=20, paths=("/livez",)):
        self.arguments = [sys.executable, "-B", str(pathlib.Path(__file__)), str(port), str(interval_ms), *paths]
        self.took, self.late, self.failures = [], [], []

    def __enter__(self):
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
                                        preexec_fn=die_with_parent)
        return self

    def __exit__(self, *_):
        text, _ = self.process.communicate(timeout=60)
        self.took, self.late, self.failures = json.loads(text)
        self.took.sort()

    def quantile(self, share):
        return self.took[min(len(self.took) - 1, int(len(self.took) * share))] if self.took else float("inf")

    def __str__(self):
        return (f"{len(self.took)} probes: median {self.quantile(.5):.2f} ms, p99 {self.quantile(.99):.2f} ms, p99.9 {self.quantile(.999):.2f} ms, "
                f"longest {self.quantile(1):.2f} ms; {len(self.failures)} failed; {len(self.late)} times the probe itself came over {LATE_MS} ms late")


def main():
    port, interval, paths = int(sys.argv[1]), float(sys.argv[2]) / 1000, sys.argv[3:]
    took, late, failures = [], [], []
    connection, number = None, 0
    while True:
        begun = time.monotonic()
        if select.select([sys.stdin], [], [], interval)[0]:
            break
        behind = (time.monotonic() - begun - interval) * 1000
        if behind > LATE_MS:
            late.append(round(behind, 2))
        path = paths[number % len(paths)]
        number += 1
        asked = time.monotonic()
        try:
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                failures.append([path, answer.status])
            took.append(round((time.monotonic() - asked) * 1000, 3))
        except (OSError, http.client.HTTPException) as error:
            failures.append([path, repr(error)])
            connection = None
    print(json.dumps([took, late, failures]))


if __name__ == "__main__":
    main()
