"""What a finished run must look like: figures, wire format, ledger, offsets."""
import datetime
import json
import re
import time

from oracle import differences
from topics import last_copies
from waiting import wait_until

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def rfc3339(ms):
    moment = _EPOCH + datetime.timedelta(milliseconds=ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def unix_ms(text):
    assert _RFC3339.fullmatch(text), text
    moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    return round((moment - _EPOCH).total_seconds() * 1000)


def check_wire(row, job, pipeline, not_before_ms, early=False):
    """One result as design section 4 has it. `early`: windows also come out before they close."""
    value = row.value
    meant = {"final": early, "retracted": value.get("retracted") is True, "seq": job.type == "count"}
    assert list(value) == ["key", "window_start", "window_end", "revision", *[word for word in meant if meant[word]],
                           *[member.name for member in job.members]], row.text
    assert row.key == value["key"].encode(), f"record key {row.key!r} of {row.text}"  # an empty key is b"", not null
    if job.type in ("tumbling", "sliding"):
        assert value["window_start"] in job.starts(value["window_start"]) and value["window_end"] == value["window_start"] + job.size_ms, row.text
    assert type(value["revision"]) is int and value["revision"] >= 1, row.text
    headers = dict(row.headers)
    assert len(headers) == len(row.headers) == 6, row.headers
    assert headers["window_start"] == str(value["window_start"]).encode()
    assert headers["window_end"] == str(value["window_end"]).encode()
    assert headers["event_time"].decode() == rfc3339(value["window_end"])
    assert headers["pipeline"] == pipeline.encode()
    assert headers["content-type"] == b"application/json"
    processed = unix_ms(headers["processing_time"].decode())
    now = int(time.time() * 1000)
    assert not_before_ms - 1000 <= processed <= now + 1000, headers
    assert max(1, min(value["window_end"] - 1, processed - 1000)) <= row.timestamp <= max(1, min(value["window_end"] - 1, now)), (row.timestamp, row.text)


def check_figures(rows, expected, job):
    """The last copy of every (key, window) is the oracle's, none is missing and none is too many. One that says that its window is
    no more counts as none."""
    last = {identity: row for identity, row in last_copies(rows).items() if not row.value.get("retracted")}
    missing = set(expected.windows) - set(last)
    extra = set(last) - set(expected.windows)
    assert not missing and not extra, f"{len(missing)} missing, such as {sorted(missing)[:5]}; {len(extra)} too many, such as {sorted(extra)[:5]}"
    wrong = [(identity, found) for identity, window in expected.windows.items()
             if (found := differences(last[identity].value, window, job))]
    assert not wrong, f"{len(wrong)} of {len(expected.windows)} are wrong, such as {wrong[:5]}"


def check_once(rows):
    """No (key, window) came out twice."""
    assert len(rows) == len({row.identity for row in rows}), f"{len(rows)} records, {len({row.identity for row in rows})} (key, window)"
    assert all(row.value["revision"] == 1 for row in rows)


def check_ledger(stats, read=None):
    """Every record that was read is in the ledger once. `read`: how many it must be."""
    records = stats["records"]
    total = (records["on_time"] + records["late_accepted"] + records["late_dropped"] + records["filtered"]
             + sum(records["skipped"].values()) + sum(records["dead_lettered"].values()))
    assert total == stats["messages_consumed"], stats
    if read is not None:
        assert total == read, f"{total} in the ledger, {read} read: {stats}"


def wait_committed(daemon, cluster, name, topic, group=None, deadline=30):
    """The group has committed every partition's end, and the stats say the same."""
    ends = cluster.ends(topic)
    group = group or f"penstock-{name}"
    wait_until(lambda: cluster.committed(group, topic) == ends, deadline,
               lambda: f"{group} has committed {ends}; it has {cluster.committed(group, topic)}; stats: {daemon.stats(name)}", every=0.2)
    wait_until(lambda: daemon.stats(name)["committed_offsets"] == {topic: {str(p): o for p, o in ends.items()}}, 20,
               lambda: f"committed_offsets are {ends}: {daemon.stats(name)}")


def wait_results(daemon, output, expected, name, deadline=60):
    """Every expected (key, window) has come out at least once."""
    wanted = set(expected.windows)

    def there():
        daemon.check_alive()
        return wanted <= {row.identity for row in output.read()}
    wait_until(there, deadline, lambda: f"{len(wanted)} results; missing {len(wanted - {r.identity for r in output.rows})}, "
               f"stats: {json.dumps(daemon.stats(name))}; {daemon.reasons(name)[:1500]}", every=0.2)
