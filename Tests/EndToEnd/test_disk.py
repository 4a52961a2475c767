"""The data folder: one daemon at a time, damaged files, a full disk."""
import json
import os
import random
import subprocess

import pytest

from checks import check_figures, wait_results
from jobs import JOB, spec
from runs import Run
from waiting import free_port, wait_until


def test_second_daemon_on_the_same_folder_ends_with_1_and_the_first_goes_on(binary, cluster, new_daemon, unique):
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, JOB, "in", "out"), running=False)
    done = subprocess.run([str(binary), "serve", "--listen", f"127.0.0.1:{free_port()}", "--data-dir", str(daemon.data_dir), "--brokers", cluster.brokers],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 1, done
    assert str(daemon.data_dir) in done.stderr and str(daemon.process.pid) in done.stderr, f"it names the folder and who has it: {done.stderr}"
    assert daemon.get("/readyz").status == 200 and daemon.phase(unique) == "stopped"
    daemon.kill9()
    daemon.start()  # a lock of a dead process holds nobody up
    assert daemon.phase(unique) == "stopped"


@pytest.mark.parametrize("damage", ["cut", "empty", "garbage", "changed"])
def test_damaged_spec_is_set_aside_and_the_rest_runs(cluster, new_daemon, unique, damage):
    names = [f"{unique}-{n}" for n in range(3)]
    for name in names:
        cluster.create(f"{name}-in", f"{name}-out", partitions=1)
    daemon = new_daemon(cluster.brokers)
    for name in names:
        daemon.create(spec(name, JOB, f"{name}-in", f"{name}-out"))
    daemon.wait_phase(names[1], "running")
    daemon.term()
    path = daemon.data_dir / "pipelines" / names[1] / "spec.json"
    whole = path.read_bytes()
    damaged = {"cut": whole[:len(whole) // 2], "empty": b"", "garbage": bytes(random.Random(1).randbytes(300)),
               "changed": whole.replace(b"60000", b"60001", 1)}[damage]
    assert damaged != whole
    path.write_bytes(damaged)
    for _ in range(2):  # the second start finds it set aside already
        daemon.start()
        for name in (names[0], names[2]):
            daemon.wait_phase(name, "running")
        assert daemon.phase(names[1]) == "failed"
        assert "spec.json" in daemon.reasons(names[1]), daemon.reasons(names[1])
        assert daemon.get(f"/v1/pipelines/{names[1]}/health").status == 503
        assert path.with_name("spec.json.corrupt").read_bytes() == damaged, "nothing is lost"
        for part in ("/spec", "/stats", "/offsets"):
            assert daemon.get(f"/v1/pipelines/{names[1]}{part}").status < 500
        daemon.term()
    daemon.start()
    answer = daemon.put(f"/v1/pipelines/{names[1]}", {**spec(names[1], JOB, f"{names[1]}-in", f"{names[1]}-out"), "desired": "running"})
    if answer.status == 409:  # it may ask for the old one to be deleted first
        assert daemon.delete(f"/v1/pipelines/{names[1]}").status == 204
        daemon.create(spec(names[1], JOB, f"{names[1]}-in", f"{names[1]}-out"))
    else:
        assert answer.status in (200, 201), answer


def _cut_in_half(path):
    os.truncate(path, path.stat().st_size // 2)


def _cut_the_end(path):
    os.truncate(path, path.stat().st_size - 1000)


def _empty(path):
    os.truncate(path, 0)


def _flip_bits(path):
    rng = random.Random(9)
    data = bytearray(path.read_bytes())
    for _ in range(max(64, len(data) // 500)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def _garbage(path):
    path.write_bytes(random.Random(10).randbytes(100_000))


def _folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("end, damage", [
    ("term", _cut_in_half), ("term", _cut_the_end), ("term", _empty), ("term", _flip_bits), ("term", _garbage), ("term", _folder),
    ("kill9", _cut_in_half), ("kill9", _flip_bits)], ids=lambda v: v if isinstance(v, str) else v.__name__.strip("_"))
def test_damaged_state_file_never_gives_wrong_figures_silently_and_never_ends_the_daemon(cluster, new_daemon, unique, open_output, damage, end):
    run = Run(60, JOB, 8_000, bad=False)
    half = len(run.records) // 2
    topic, result_topic = cluster.create(unique), cluster.create(f"{unique}-out", partitions=2)
    daemon = new_daemon(cluster.brokers)
    daemon.create(spec(unique, JOB, topic, result_topic))
    output = open_output(cluster, result_topic)
    cluster.produce(topic, run.records[:half])
    wait_until(lambda: sum(cluster.committed(f"penstock-{unique}", topic).values()) == half, 30, "a checkpoint of the first half")
    getattr(daemon, end)()
    files = [p for p in (daemon.data_dir / "pipelines" / unique / "state").iterdir() if p.is_file() and p.stat().st_size > 2000]
    assert files, "there is a state file"
    largest = max(files, key=lambda p: p.stat().st_size)
    damage(largest)

    daemon.start()
    cluster.produce(topic, run.records[half:] + run.closing)

    # What cannot be read is set aside, and the windows are read again from the log.
    wait_until(lambda: daemon.phase(unique) == "running" and daemon.stats(unique)["consumer_lag"] == 0, 40,
               lambda: f"it runs: {daemon.phase(unique)} {daemon.reasons(unique)}")
    wait_results(daemon, output, run.expected, unique, deadline=30)
    daemon.stop(unique)
    check_figures(output.read(), run.expected, JOB)
    kept = [p for p in largest.parent.rglob("*") if p.is_file()]
    assert kept, "nothing is deleted because it cannot be read"
    print(f"{damage.__name__} of {largest.name} after {end}: {daemon.phase(unique)}")
    daemon.check_alive()
    assert daemon.get("/readyz").status == 200
    assert daemon.delete(f"/v1/pipelines/{unique}").status in (202, 204)
    wait_until(lambda: daemon.get(f"/v1/pipelines/{unique}").status == 404, 15, "it can be deleted")


def test_full_disk_is_a_condition_and_the_figures_are_right_when_space_returns(cluster, new_daemon, unique, open_output, small_disk):
    run = Run(61, JOB, 16_000, bad=False)
    half = len(run.records) // 2
    topic, result_topic = cluster.create(unique), cluster.create(f"{unique}-out", partitions=2)
    daemon = new_daemon(cluster.brokers, data_dir=small_disk / "data")
    daemon.create(spec(unique, JOB, topic, result_topic))
    output = open_output(cluster, result_topic)
    daemon.wait_phase(unique, "running")
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass
    cluster.produce(topic, run.records[:half])
    wait_until(lambda: [c for c in daemon.pipeline(unique)["conditions"] if c["type"] == "CheckpointFresh" and c["status"] is False]
               or daemon.phase(unique) in ("backoff", "failed"), 40, lambda: f"it says that there is no checkpoint: {daemon.reasons(unique)}")
    refused = daemon.post("/v1/pipelines", spec(f"{unique}-2", JOB, "in", "out"))
    assert refused.status >= 500 and refused.type == "application/problem+json", f"2xx only after the spec is on disk: {refused}"
    assert daemon.get(f"/v1/pipelines/{unique}-2").status == 404
    filler.unlink()
    wait_until(lambda: daemon.post("/v1/pipelines", spec(f"{unique}-2", JOB, "in", "out")).status == 201, 20, "specs can be written again")
    daemon.wait_phase(unique, "running", deadline=70)
    cluster.produce(topic, run.records[half:])
    stats = run.finish(daemon, cluster, unique, topic, output)
    assert stats["checkpoint_errors"] > 0, json.dumps(stats)
