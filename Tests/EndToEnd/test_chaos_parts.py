"""The parts of the crash harness, without Kafka and daemon: one that finds nothing proves nothing."""
import collections
import json
import time
from fractions import Fraction
from types import SimpleNamespace

import pytest

from chaos_jobs import JOBS, LATENESS_MS, MAX_DELAY_MS
from chaos_oracle import Expectation
from chaos_output import DeadLetters, Results
from chaos_records import Stream
from decoding import Bad, Filtered, decode
from oracle import arrange

BASE = (int(time.time() * 1000) - 24 * 3_600_000) // 60_000 * 60_000
EVERYTHING = {p: 1 << 40 for p in range(8)}


def stream(count=3_000, seed=5, partition=2):
    made = Stream(seed, partition, BASE)
    records = [made.next() for _ in range(count)]
    return records + [made.closing(made.largest + 3_600_000)]


def test_a_stream_is_the_same_for_the_same_seed_and_has_records_of_every_kind():
    assert stream() == stream()
    assert stream() != stream(seed=6) and stream() != stream(partition=3)
    expectation, outcomes = Expectation(), collections.Counter()
    for record in stream():
        expectation.add(record)
    for kind, job in JOBS.items():
        found = arrange([decode(record, job, BASE + 1)[0] for record in stream()], job, MAX_DELAY_MS, LATENESS_MS)
        outcomes[kind] = found.records
        assert sum(found.records.values()) + sum(found.skipped.values()) == len(stream())
        assert len(found.skipped) >= 10
    assert all(count > 20 for kind, count in outcomes["tumbling"].items()), outcomes


def test_no_record_that_a_session_sees_is_further_behind_the_watermark_than_the_lateness():
    watermark, behind = -1 << 62, 0
    for record in stream():
        [found] = decode(record, JOBS["session"], BASE + 1)
        if isinstance(found, Bad):
            continue
        if isinstance(found, Filtered):
            timestamp = found.args[0]
        else:
            timestamp = found.timestamp
            assert timestamp >= watermark - LATENESS_MS
            behind += timestamp < watermark
        watermark = max(watermark, timestamp - MAX_DELAY_MS)
    assert behind > 50, "some are behind it"


def test_windows_that_are_taken_as_the_log_grows_are_those_of_the_whole_log():
    expectation, taken = Expectation(), {kind: {} for kind in JOBS}
    records = stream()
    for number, record in enumerate(records):
        expectation.add(record)
        if number % 100 == 0:
            for kind in JOBS:
                taken[kind].update({gone.identity: gone.window for gone in expectation.take_gone(kind, {2: number - 50})})
    for kind, job in JOBS.items():
        taken[kind].update({gone.identity: gone.window for gone in expectation.take_gone(kind, EVERYTHING)})
        whole = arrange([decode(record, job, BASE + 1, offset)[0] for offset, record in enumerate(records)], job, MAX_DELAY_MS, LATENESS_MS).windows
        assert {i: (w.start, w.end, sorted(w.events)) for i, w in taken[kind].items()} == {i: (w.start, w.end, sorted(w.events)) for i, w in whole.items()}
    assert expectation.nothing_is_open()
    dead = expectation.take_dead(EVERYTHING)
    assert len(dead) == len(set(dead)) > 100 and {"late", "not_json", "missing_key"} <= {reason for _, _, reason in dead}


def results(guarantee):
    """Expected windows, and the messages that a right pipeline would write."""
    expectation = Expectation(("tumbling",))
    for record in stream(300):
        expectation.add(record)
    gone = expectation.take_gone("tumbling", EVERYTHING)
    checked = Results("tumbling", JOBS["tumbling"], guarantee)
    checked.expect(gone, (0.0, 1))
    return checked, [message(number, value(each)) for number, each in enumerate(gone)]


def value(gone):
    job = JOBS["tumbling"]
    figures = {member.name: gone.window.figure(job, member.name) for member in job.members}
    return {"key": gone.identity[0], "window_start": gone.window.start, "window_end": gone.window.end, "revision": 1,
            **{name: float(figure) if isinstance(figure, Fraction) else figure for name, figure in figures.items()}}


def message(offset, body):
    return SimpleNamespace(value=lambda: json.dumps(body).encode(), topic=lambda: "out", partition=lambda: 0, offset=lambda: offset,
                           body=body)


def take(checked, messages):
    for each in messages:
        checked.take(each, (0.0, 1))


@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
def test_right_results_are_right_and_a_missing_a_wrong_and_a_strange_one_are_not(guarantee):
    checked, messages = results(guarantee)
    take(checked, messages)
    assert checked.compare() is None
    checked.check_end()

    checked, messages = results(guarantee)
    take(checked, messages[1:])
    assert checked.compare() == (0.0, 1) and "1 missing" in checked.complaint()

    checked, messages = results(guarantee)
    take(checked, [message(0, {**messages[0].body, "sum_value": messages[0].body["sum_value"] + 1}), *messages[1:]])
    assert checked.compare() == (0.0, 1) and "1 wrong" in checked.complaint()

    checked, messages = results(guarantee)
    take(checked, [*messages, message(999, {**messages[0].body, "window_start": 0})])
    assert checked.compare() is None
    with pytest.raises(AssertionError, match="no record accounts for"):
        checked.check_end()


def test_a_revision_that_comes_twice_is_found_under_exactly_once_and_counted_otherwise():
    checked, messages = results("exactly_once")
    take(checked, messages)
    with pytest.raises(AssertionError, match="revision 1 came after 1"):
        take(checked, messages[:1])
    checked, messages = results("exactly_once")
    take(checked, messages)
    checked.compare()
    with pytest.raises(AssertionError, match="came again"):
        take(checked, [message(999, {**messages[0].body, "revision": 2, "count": 0})])

    checked, messages = results("at_least_once")
    take(checked, messages + messages[:5])
    assert checked.compare() is None and checked.repeated == 5
    # A wrong copy is forgiven only if a right one follows.
    wrong = message(1_000, {**messages[0].body, "count": 0})
    take(checked, [wrong])
    assert checked.compare() == (0.0, 1) and "1 wrong later" in checked.complaint()
    take(checked, messages[:1])
    assert checked.compare() is None
    checked.check_end()


def test_a_dead_letter_that_is_missing_twice_or_of_a_good_record_is_found():
    def letter(offset, code):
        headers = [("source.partition", b"2"), ("source.offset", str(offset).encode()), ("error.code", code.encode())]
        return SimpleNamespace(headers=lambda: headers)
    dead = DeadLetters("dead", "exactly_once")
    dead.expect([(2, 7, "late"), (2, 9, "not_json")], (0.0, 1))
    dead.take(letter(7, "late"), None)
    assert dead.compare() == (0.0, 1) and "(2, 9)" in dead.complaint()
    dead.take(letter(9, "not_json"), None)
    assert dead.compare() is None
    dead.check_end()
    with pytest.raises(AssertionError, match="came twice"):
        dead.take(letter(7, "late"), None)
    dead.take(letter(8, "late"), None)
    with pytest.raises(AssertionError, match="that are fine"):
        dead.check_end()
