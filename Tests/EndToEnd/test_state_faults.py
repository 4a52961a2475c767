"""Faults of the state folder: unreadable, of another time, gone, full, read-only. The windows are read again from the log, and results stay exact."""
import subprocess

import pytest

from chaos_member import DAMAGES, damage
from waiting import wait_until

GUARANTEES = ["at_least_once", "exactly_once"]
# Slow enough for a test to see that windows are read again, also one that is held up; the feed is slower then.
SLOWED, SLOW_PER_SECOND = {"PENSTOCK_BENCH_RECORD_DELAY_NS": "4000000"}, 100


def condition(member, name, type="StateComplete"):
    return next(c for c in member.daemon.pipeline(name)["conditions"] if c["type"] == type)


def start_and_see_it_read_again(world, member, name):
    """Starts it slowed. Returns the message of StateComplete while the windows are read again."""
    world.feed.per_second = SLOW_PER_SECOND
    member.daemon.environment = {**member.environment, **SLOWED}
    member.daemon.start()
    member.state = "up"
    member.daemon.environment = dict(member.environment)

    def reading():
        found = condition(member, name)
        return found["reason"] == "ReadingAgain" and found
    found = wait_until(reading, 20, lambda: f"it says that windows are read again: {condition(member, name)}; {member.daemon.log()[-2000:]}", every=0.01)
    assert found["status"] is False, found
    world.settle("read again")
    return found["message"]


def largest(member, name):
    return max((path for path in member.state_folder(name).iterdir() if path.is_file()), key=lambda path: path.stat().st_size)


def kept_aside(member, name):
    return sorted(path for path in member.state_folder(name).iterdir() if path.name.startswith("set-aside-"))


@pytest.mark.parametrize("guarantee", GUARANTEES)
@pytest.mark.parametrize("how", DAMAGES)
def test_after_damage_to_the_state_file_results_are_exact_and_what_cannot_be_read_is_kept(how, guarantee, cluster, new_world, plan):
    world = new_world(cluster, guarantee, ("tumbling", "session"))
    world.warm_up()
    member, name = world.members[0], world.names["tumbling"]
    member.term()
    path = largest(member, name)
    damage(path, how, plan)
    damaged = path.read_bytes()
    message = start_and_see_it_read_again(world, member, name)
    aside = kept_aside(member, name)
    assert [folder.name for folder in aside] == ["set-aside-1"] and (aside[0] / path.name).read_bytes() == damaged, "nothing is lost that cannot be read"
    wait_until(lambda: condition(member, name)["status"] is True, 10, lambda: f"its windows are complete: {member.daemon.reasons(name)}")
    found = condition(member, name)
    assert "set-aside-1" in message and found["reason"] == "Rebuilt" and "set-aside-1" in found["message"], (message, found)
    assert condition(member, world.names["session"])["reason"] == "Complete", "the other pipeline is not concerned"
    print(f"{how}: {found}")
    # It is told once more after another start, and nothing is read again.
    member.kill()
    member.start()
    world.settle("again")
    assert kept_aside(member, name) == aside
    print(world.finish())


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_an_older_state_folder_swapped_in_is_not_believed(guarantee, cluster, new_world):
    world = new_world(cluster, guarantee, ("tumbling", "session"))
    world.warm_up()
    member, name = world.members[0], world.names["tumbling"]
    member.kill()
    member.keep_copy()
    member.start()
    for number in range(3):
        world.settle(number)
    member.kill()
    member.put_back_copy(name)
    start_and_see_it_read_again(world, member, name)
    wait_until(lambda: condition(member, name)["status"] is True, 10, lambda: f"its windows are complete: {member.daemon.reasons(name)}")
    print(world.finish())


@pytest.mark.parametrize("guarantee", GUARANTEES)
@pytest.mark.parametrize("whole", [False, True], ids=["state folder", "data folder"])
def test_without_its_folder_the_windows_are_read_again(whole, guarantee, cluster, new_world):
    world = new_world(cluster, guarantee, ("tumbling", "session"), changes={"session_timeout_ms": 6_000})
    world.warm_up()
    member, name = world.members[0], world.names["tumbling"]
    member.kill()
    member.wipe(None if whole else name)
    if whole:
        member.start()
        world.settle("read again")
    else:
        start_and_see_it_read_again(world, member, name)
    wait_until(lambda: condition(member, name)["status"] is True, 10, lambda: f"its windows are complete: {member.daemon.reasons(name)}")
    assert kept_aside(member, name) == []
    print(world.finish())


def fill(path):
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_a_full_disk_loses_no_record_and_the_pipeline_goes_on_when_space_returns(guarantee, cluster, new_world, small_disk):
    world = new_world(cluster, guarantee, folder=small_disk)
    world.warm_up()
    member, name = world.members[0], world.names["tumbling"]
    filler = small_disk / "filler"
    fill(filler)
    if guarantee == "at_least_once":
        wait_until(lambda: condition(member, name, "CheckpointFresh")["status"] is False, 40, lambda: f"no checkpoint is stored: {member.daemon.reasons(name)}")
        seen = world.results[f"{name}-out"].rows

        def more():
            world.check_output("full")
            return world.results[f"{name}-out"].rows > seen + 50
        wait_until(more, 30, lambda: f"results come out without checkpoints: {member.daemon.reasons(name)}", every=0.3)
        assert member.daemon.phase(name) == "running"
    else:
        wait_until(lambda: member.daemon.phase(name) == "backoff" and member.daemon.pipeline(name)["last_error"]["code"] == "state.store_unavailable", 40,
                   lambda: f"it waits for space: {member.daemon.phase(name)} {member.daemon.reasons(name)}")
    assert member.daemon.get("/livez").status == 200
    filler.unlink()
    world.settle("space")
    wait_until(lambda: condition(member, name, "CheckpointFresh")["status"] is True, 20, lambda: f"checkpoints are stored again: {member.daemon.reasons(name)}")
    print(world.finish())


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_a_full_disk_and_a_crash_lose_no_record(guarantee, cluster, new_world, small_disk):
    world = new_world(cluster, guarantee, folder=small_disk)
    world.warm_up()
    member = world.members[0]
    filler = small_disk / "filler"
    fill(filler)
    wait_until(lambda: "no space" in member.daemon.reasons(world.names["tumbling"]).lower() or "full" in member.daemon.reasons(world.names["tumbling"]).lower(), 40,
               lambda: f"it says that the disk is full: {member.daemon.reasons(world.names['tumbling'])}")
    member.kill()
    filler.unlink()
    member.start()
    world.settle("space")
    print(world.finish())


@pytest.fixture
def read_only():
    """Makes folders read-only, root or not: a mount of the folder on itself. Returns a function for it, and one to end it."""
    mounted = []

    def mount(folder):
        for arguments in (["--bind", str(folder), str(folder)], ["-o", "remount,bind,ro", str(folder)]):
            done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
            if done.returncode != 0:
                pytest.skip(f"a read-only folder needs root and mount: {done.stderr.strip()}")
            if folder not in mounted:
                mounted.append(folder)

    def unmount(folder):
        subprocess.run(["umount", "-l", str(folder)], check=True)
        mounted.remove(folder)
    yield mount, unmount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_a_read_only_state_folder_is_said_and_waited_for(guarantee, cluster, new_world, read_only):
    world = new_world(cluster, guarantee, ("tumbling", "session"))
    world.warm_up()
    member, name = world.members[0], world.names["tumbling"]
    member.term()
    mount, unmount = read_only
    mount(member.state_folder(name))
    member.start()
    wait_until(lambda: member.daemon.phase(name) == "backoff", 30, lambda: f"it waits: {member.daemon.phase(name)} {member.daemon.reasons(name)}")
    error = member.daemon.pipeline(name)["last_error"]
    assert error["code"] == "state.store_unavailable" and "read" in error["message"].lower(), error
    member.daemon.wait_phase(world.names["session"], "running")
    unmount(member.state_folder(name))
    world.settle("writable")
    assert kept_aside(member, name) == [], "what can be read is not set aside"
    print(world.finish())
