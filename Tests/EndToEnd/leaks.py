"""What scripts/leaks runs: start, 10,000 records, stop, delete, in a daemon with LeakSanitizer; once, then more often."""
import os
import pathlib
import re
import sys
import tempfile
import uuid

import generator
from daemon import Daemon
from jobs import JOB, spec
from kafka_node import KafkaNode
from topics import Cluster
from waiting import wait_until

RECORDS = 10_000
WINDOWS = 5
# What may differ between two runs for reasons that do not grow, such as where a thread was when the process ended.
SLACK_BYTES = 4_096


def run(cluster, folder, rounds):
    """Leaked bytes of a daemon that did `rounds` rounds, each with a restart of the pipeline in the middle."""
    log = folder / f"daemon-{rounds}.log"
    daemon = Daemon(os.environ["PENSTOCK_BINARY"], folder / f"data-{rounds}", cluster.brokers, log, {
        "ASAN_OPTIONS": "detect_leaks=1", "LSAN_OPTIONS": "exitcode=0", "SWIFT_BACKTRACE": "enable=no",
    })
    daemon.start()
    base = 1_700_000_000_000 // JOB.size_ms * JOB.size_ms
    for number in range(rounds):
        name = f"l{uuid.uuid4().hex[:8]}"
        topic, result_topic = cluster.create(name), cluster.create(f"{name}-out", partitions=2)
        records = generator.bulk(number, base, RECORDS, 8, WINDOWS, JOB.size_ms, 5_000)
        records += generator.closing(8, base + 20 * JOB.size_ms)
        cluster.produce(topic, records[: len(records) // 2])
        daemon.create(spec(name, JOB, topic, result_topic))
        daemon.wait_caught_up(name, deadline=120)
        assert daemon.post(f"/v1/pipelines/{name}/restart", headers={"Prefer": "wait=50"}).status == 200
        cluster.produce(topic, records[len(records) // 2:])
        wait_until(lambda: daemon.stats(name)["messages_consumed"] >= len(records), 120, "all records are read")
        wait_until(lambda: daemon.stats(name)["messages_produced"] > 0, 60, "results came out")
        daemon.stop(name)
        assert daemon.delete(f"/v1/pipelines/{name}").status == 204
    daemon.term()
    text = daemon.log()
    assert "ERROR: AddressSanitizer" not in text, text[-20_000:]
    found = re.search(r"SUMMARY: AddressSanitizer: (\d+) byte\(s\) leaked in (\d+) allocation", text)
    leaked = (int(found.group(1)), int(found.group(2))) if found else (0, 0)
    print(f"{rounds} round(s) of {RECORDS} records: {leaked[0]} bytes in {leaked[1]} allocations never given back", flush=True)
    return leaked, text


def main():
    rounds = int(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="penstock-leaks-") as name:
        folder = pathlib.Path(name)
        node = KafkaNode(os.environ["KAFKA_HOME"], folder / "kafka")
        try:
            cluster = Cluster(node.start().bootstrap)
            once, _ = run(cluster, folder, 1)
            often, text = run(cluster, folder, rounds)
        finally:
            node.close()
    if often[0] > once[0] + SLACK_BYTES:
        print(text[-20_000:])
        sys.exit(f"memory grows with the rounds: {once} after one, {often} after {rounds}")
    print("nothing grows with the rounds")


main()
