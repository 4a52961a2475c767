"""Windows of every kind: their figures, over SIGTERM and SIGKILL; late sessions, early results, windows that are too old."""
import time

import pytest

import generator
from checks import check_figures, check_ledger, check_once, check_wire, wait_results
from daemon import Daemon
from jobs import spec
from oracle import Expected, Job, arrange, decoded
from topics import Output, last_copies
from waiting import wait_until

MINUTE = 60_000
# Less than 3 hours ago, where a pipeline that reads a backlog would be.
BASE = (int(time.time() * 1000) - 3 * 60 * MINUTE) // (5 * MINUTE) * 5 * MINUTE
SPAN = 24 * MINUTE
PARTITIONS = 4

NO_TESTS_AND_ONE_OF = [{"not": {"field": "test", "op": "==", "value": True}},
                       {"any": [{"field": "region", "op": "in", "value": ["eu", "us"]}, {"field": "usage.total_tokens", "op": ">=", "value": 500}]}]
EVENT = {"timestamp": {"field": "timestamp"}, "key": {"fields": ["region", "model"], "type": "composite"}, "filter": NO_TESTS_AND_ONE_OF}
ERRORS = [{"field": "status", "op": ">=", "value": 500}]
AGGREGATIONS = [
    "count", "count(latency_ms)", "sum(usage.total_tokens)", "avg(latency_ms)", "min(latency_ms)", "max(latency_ms)", "stddev(latency_ms)",
    {"as": "spread", "function": "variance", "field": "usage.total_tokens", "population": True}, "p50(latency_ms)", "percentile(99.9, usage.total_tokens)",
    "distinct(user)", "distinct(version)", "first(version)", "last(version)", "rate", {"as": "errors", "function": "count", "where": ERRORS},
    {"as": "slow_errors", "function": "avg", "field": "latency_ms", "where": [*ERRORS, {"field": "latency_ms", "op": ">", "value": 1_000}]},
    {"as": "error_percent", "expression": "100 * errors / count"}, {"as": "good_per_error", "expression": "(count - errors) / errors"},
    {"as": "level", "expression": "(avg_latency_ms - `p50_latency_ms`) / -stddev_latency_ms"}]

WINDOWS = {
    "tumbling": {"type": "tumbling", "size_ms": MINUTE, "offset_ms": 7_000},
    "sliding-by-a-divisor": {"type": "sliding", "size_ms": 8 * MINUTE, "slide_ms": 2 * MINUTE},
    "sliding-by-no-divisor": {"type": "sliding", "size_ms": 70_000, "slide_ms": 30_000, "offset_ms": 11_000},
    "session": {"type": "session", "gap_ms": 8_000},
    "count": {"type": "count", "count": 23},
    "early": {"type": "sliding", "size_ms": MINUTE, "slide_ms": MINUTE // 2},
}


class Case:
    """One pipeline of the shared run."""

    def __init__(self, unique, kind, expected, job):
        self.kind, self.job, self.expected = kind, job, expected
        self.name = f"{unique}-{kind}"
        self.output = self.resumed = self.before_crash = self.stats = None

    @property
    def early(self):
        return self.kind == "early"


class Survived:
    """All kinds of windows in one daemon over the same records: a third, SIGTERM and start, a third, SIGKILL and start, the rest.
    The stop makes the only checkpoint, so that the crash loses all of the second third."""

    def __init__(self, daemon, cluster, unique):
        self.daemon, self.started_ms = daemon, int(time.time() * 1000)
        # The order over partitions is nobody's: windows by count have one.
        topics = {1: cluster.create(f"{unique}-one", partitions=1), PARTITIONS: cluster.create(unique, partitions=PARTITIONS)}
        documents = generator.requests(61, BASE, 9_000, SPAN)
        last = {**documents[0], "timestamp": BASE + 2 * SPAN, "test": True}  # it is filtered, and closes all the same
        third = len(documents) // 3
        parts = [documents[:third], documents[third:2 * third], documents[2 * third:] + [last] * PARTITIONS]
        parts = {partitions: [generator.over(partitions, part) for part in parts] for partitions in topics}
        found = {partitions: decoded(sum(parts[partitions], []), Job(AGGREGATIONS, MINUTE, EVENT), self.started_ms) for partitions in topics}
        self.cases = {}
        for kind, window in WINDOWS.items():
            partitions = 1 if kind == "count" else PARTITIONS
            job = Job(AGGREGATIONS, window, EVENT)
            case = self.cases[kind] = Case(unique, kind, arrange(found[partitions], job), job)
            changes = {"emit": {"when": "early", "every_ms": 100}} if case.early else {}
            daemon.create(spec(case.name, job, topics[partitions], cluster.create(f"{case.name}-out", partitions=2), kafka__auto_commit_interval_ms=3_600_000, **changes))
            case.output = Output(cluster, f"{case.name}-out")

        def produce(part):
            for partitions, topic in topics.items():
                cluster.produce(topic, parts[partitions][part])

        produce(0)
        for case in self.cases.values():
            daemon.wait_caught_up(case.name)
            wait_until(case.output.read, 20, f"{case.name}: windows come out before the stop")
        daemon.term()
        daemon.start()
        for case in self.cases.values():
            case.resumed = cluster.committed(f"penstock-{case.name}", daemon.pipeline(case.name)["spec"]["kafka"]["input_topics"][0])
            assert sum(case.resumed.values()) == third, f"{case.name}: the stop stores all that was read: {case.resumed}"
        produce(1)
        for case in self.cases.values():
            daemon.wait_caught_up(case.name)
        for case in self.cases.values():
            seen = len(case.output.rows)
            wait_until(lambda: len(case.output.read()) > seen, 20, f"{case.name}: windows come out before the crash")
        daemon.kill9()
        for case in self.cases.values():
            case.before_crash = list(case.output.read())
        daemon.start()
        produce(2)
        for case in self.cases.values():
            wait_results(daemon, case.output, case.expected, case.name)
            daemon.wait_caught_up(case.name)
            case.stats = daemon.stats(case.name)
            daemon.stop(case.name)
            case.output.read()


@pytest.fixture(scope="module")
def survived(binary, cluster, tmp_path_factory):
    folder = tmp_path_factory.mktemp("windows")
    daemon = Daemon(binary, folder / "data", cluster.brokers, folder / "log").start()
    try:
        yield Survived(daemon, cluster, f"w{time.time_ns() % 10**12}")
    finally:
        daemon.close()


@pytest.fixture(params=WINDOWS)
def case(survived, request):
    request.node.daemons = [survived.daemon]
    return survived.cases[request.param]


def test_windows_of_each_kind_have_the_oracles_figures_after_sigterm_and_sigkill(survived, case):
    rows = case.output.rows
    check_figures(rows, case.expected, case.job)
    for row in rows:
        check_wire(row, case.job, case.name, survived.started_ms, case.early)
    final = [row for row in rows if not case.early or row.value["final"]]
    assert len(final) > len(last_copies(final)) > 20, "the crash made some come again"
    assert not any(row.value.get("retracted") for row in rows), "nothing was late"
    last = last_copies(rows).values()
    assert all(row.value["final"] for row in last) if case.early else all(row.value["revision"] == 1 for row in last)


def test_nothing_comes_twice_before_the_crash_though_windows_were_open_at_the_stop(case):
    revisions = {}
    for row in sorted(case.before_crash, key=lambda row: row.offset):
        revisions.setdefault(row.identity, []).append((row.value["revision"], row.value.get("final", True)))
    if not case.early:
        assert all(seen == [(1, True)] for seen in revisions.values())
        return
    assert all([number for number, _ in seen] == list(range(1, len(seen) + 1)) for seen in revisions.values()), "revisions go on over the stop"
    assert all(not final for seen in revisions.values() for _, final in seen[:-1]), "the final one is the last"
    assert sum(len(seen) > 1 and seen[-1][1] for seen in revisions.values()) > 20, "some came early, and once more at the end"


def test_what_the_checkpoint_held_is_not_read_again_and_every_record_is_in_the_ledger(case):
    records = sum(case.expected.records.values()) + sum(case.expected.skipped.values())
    check_ledger(case.stats, records - sum(case.resumed.values()))
    assert case.stats["records"]["late_accepted"] == case.stats["records"]["late_dropped"] == 0
    assert 0 < case.stats["records"]["filtered"] < case.stats["records"]["on_time"]


def test_the_figures_need_what_the_windows_kept_over_the_crash(survived):
    """A run whose windows all fit between the stops would prove nothing."""
    first, second = (BASE + SPAN * n // 3 for n in (1, 2))
    for case in survived.cases.values():
        spanning = [w for w in case.expected.windows.values() for edge in (first, second) if w.start < edge - 5_000 and edge + 5_000 < w.end]
        assert len(spanning) >= 10, case.kind
    for member in ("good_per_error", "slow_errors", "stddev_latency_ms"):
        nulls = [row.value[member] is None for case in survived.cases.values() for row in case.output.rows]
        assert 0 < sum(nulls) < len(nulls), f"{member} is null now and then"
    large = [w.figure(case.job, "distinct_user") for case in survived.cases.values() for w in case.expected.windows.values()]
    assert max(large) > 256, "a distinct that is an estimate"


def test_open_windows_go_on_under_a_spec_with_other_names_percentiles_expressions_and_filter(cluster, new_daemon, unique, open_output):
    def job(names, p, expression, filter):
        return Job([{"as": names[0], "function": "percentile", "p": p, "field": "latency_ms"}, {"as": names[1], "function": "distinct", "field": "user"},
                    {"as": names[2], "expression": expression}], WINDOWS["sliding-by-no-divisor"], {**EVENT, "filter": filter})
    first, second = job("abc", 50, "a / b", NO_TESTS_AND_ONE_OF), job("xyz", 90, "y - x", [{"field": "test", "op": "!=", "value": True}])
    topic, result_topic = cluster.create(unique, partitions=PARTITIONS), cluster.create(f"{unique}-out", partitions=2)
    documents = generator.requests(64, BASE, 1_200, 4 * MINUTE)
    half, last = len(documents) // 2, {**documents[0], "timestamp": BASE + 20 * MINUTE, "test": True}
    parts = [generator.over(PARTITIONS, documents[:half]), generator.over(PARTITIONS, documents[half:] + [last] * PARTITIONS)]
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, first, topic, result_topic))
    output = open_output(cluster, result_topic)
    cluster.produce(topic, parts[0])
    daemon.wait_caught_up(unique)
    wait_until(output.read, 20, "windows come out before the change")
    answer = daemon.put(f"/v1/pipelines/{unique}", spec(unique, second, topic, result_topic))
    assert answer.status == 200 and answer.body["effect"] == "restart" and answer.body["phase"] != "running", answer
    daemon.wait_phase(unique, "running")
    cluster.produce(topic, parts[1])
    # What a record adds is the same for both; each was filtered by the spec of its time.
    expected = arrange(decoded(parts[0], first, BASE) + decoded(parts[1], second, BASE), second)
    wait_results(daemon, output, expected, unique)
    check_once(output.read())
    for job, rows in ((first, [row for row in output.rows if "a" in row.value]), (second, [row for row in output.rows if "x" in row.value])):
        assert len(rows) > 50
        part = Expected()
        part.windows = {row.identity: expected.windows[row.identity] for row in rows}
        check_figures(rows, part, job)
    check_ledger(daemon.wait_read(unique, len(documents) + PARTITIONS), len(documents) + PARTITIONS)
