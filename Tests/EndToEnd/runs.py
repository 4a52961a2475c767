"""The big run that several tests share: 200,000 records, then late ones, then one a partition that closes every window."""
import time

import generator
import oracle
from checks import check_figures, check_wire, wait_committed, wait_results
from jobs import MAX_DELAY_MS
from waiting import wait_until

WINDOWS = 30
PARTITIONS = 8
# The lane burns this long per record, so that a kill or a stop falls into the middle of the work: 200,000 records take 5 s and more.
SLOWED = {"PENSTOCK_BENCH_RECORD_DELAY_NS": "25000"}


class Run:
    """Generated records and what they must give."""

    def __init__(self, seed, job, count=200_000, **options):
        self.job = job
        self.started_ms = int(time.time() * 1000)
        self.base = (self.started_ms - 3 * 3_600_000) // job.size_ms * job.size_ms
        self.end = self.base + WINDOWS * job.size_ms
        self.record_keys = options.get("record_keys", False)
        self.records = generator.bulk(seed, self.base, count, PARTITIONS, WINDOWS, job.size_ms, MAX_DELAY_MS, **options)
        self.late = generator.late(seed, self.base, PARTITIONS, size_ms=job.size_ms)
        self.closing = generator.closing(PARTITIONS, self.end + 10 * job.size_ms, self.record_keys)
        self.expected = oracle.expect(self.records, job, self.started_ms)

    def finish(self, daemon, cluster, name, topic, output, late=True, deadline=90):
        """With the bulk produced: waits until it is read, sends the rest, and checks the figures. Stops the pipeline. Returns the last stats."""
        daemon.wait_caught_up(name, deadline)
        if late:
            cluster.produce(topic, self.late)
            daemon.wait_caught_up(name)
        cluster.produce(topic, self.closing)
        wait_results(daemon, output, self.expected, name)
        wait_committed(daemon, cluster, name, topic)
        stats = daemon.stats(name)
        daemon.stop(name)
        rows = output.read()
        check_figures(rows, self.expected, self.job)
        for row in rows:
            check_wire(row, self.job, name, self.started_ms)
        return stats


def lag(daemon, name):
    """Records not read yet; None while the daemon does not know."""
    return daemon.stats(name)["consumer_lag"]


def wait_lag_below(daemon, name, records, deadline=60):
    """Returns the lag once it is known and at most `records`."""
    seen = []

    def reached():
        seen.append(lag(daemon, name))
        return seen[-1] is not None and seen[-1] <= records
    wait_until(reached, deadline, lambda: f"{name} has at most {records} records to read: {seen[-5:]}; {daemon.reasons(name)[:1500]}", every=0.02)
    return seen[-1]
