"""SIGTERM drains; a second one ends at once; a broker that hangs holds nobody up for ever. The next start is right each time."""
import signal
import time

import pytest

from topics import Cluster
from waiting import wait_until

GUARANTEES = ["at_least_once", "exactly_once"]
# The deadline of a drain, and what it takes to end after it.
DRAIN_S, AFTER_S = 30, 8


@pytest.fixture(scope="module")
def own_cluster(own_node):
    return Cluster(own_node.bootstrap)


def end(member, deadline):
    """Waits until the process has ended by itself. Returns its exit code."""
    code = wait_until(lambda: (member.daemon.process.poll() is not None) and [member.daemon.process.returncode], deadline,
                      lambda: f"the daemon ends:\n{member.daemon.log()[-3000:]}", every=0.02)[0]
    member.daemon.process = None
    member.state = "down"
    member.resumed = {}
    return code


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_sigterm_drains_while_records_flow_and_the_next_start_reads_on_from_there(guarantee, cluster, new_world):
    world = new_world(cluster, guarantee, ("tumbling", "session"))
    world.warm_up()
    member = world.members[0]
    for number in range(5):
        world.settle(number)
        read = {name: {p["partition"]: p["position"] for p in member.daemon.stats(name, "partitions")["partitions"]} for name in world.names.values()}
        took = member.term()
        resumed = world.committed()
        print(f"{guarantee}: drained in {took:.2f} s")
        assert took < 10
        assert all(resumed[name][p] >= position for name, positions in read.items() for p, position in positions.items()), f"{read} was read, {resumed} committed"
        member.start()
        # The ledger of `settle` holds what it reads against this.
        member.resumed = resumed
    world.settle(5)
    print(world.finish())


def hang_in_drain(member, node):
    """Stops the brokers and sends SIGTERM, until that meets the daemon with something left to deliver."""
    for _ in range(5):
        node.pause()
        lines = member.daemon.log().count("SIGTERM")
        member.daemon.process.send_signal(signal.SIGTERM)
        wait_until(lambda: member.daemon.log().count("SIGTERM") > lines, 20, "it takes the first signal")
        time.sleep(1)
        if member.daemon.process.poll() is None:
            return
        # Everything was committed just then.
        node.resume()
        assert end(member, 1) == 0
        member.start()
    raise AssertionError("it never had anything left to deliver")


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_a_second_signal_ends_a_drain_that_hangs_at_once(guarantee, own_node, own_cluster, new_world):
    world = new_world(own_cluster, guarantee)
    world.warm_up()
    member = world.members[0]
    hang_in_drain(member, own_node)
    try:
        second = time.monotonic()
        member.daemon.process.send_signal(signal.SIGTERM)
        # Far sooner than the drain's deadline; how soon, the line below tells.
        end(member, 10)
        print(f"{guarantee}: second signal to end: {time.monotonic() - second:.2f} s")
    finally:
        own_node.resume()
    member.start()
    world.settle(1)
    print(world.finish())


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_a_drain_that_hangs_ends_by_its_deadline(guarantee, own_node, own_cluster, new_world):
    world = new_world(own_cluster, guarantee)
    world.warm_up()
    member = world.members[0]
    own_node.pause()
    try:
        begun = time.monotonic()
        member.daemon.process.send_signal(signal.SIGTERM)
        end(member, DRAIN_S + AFTER_S)
        print(f"{guarantee}: SIGTERM to end without brokers: {time.monotonic() - begun:.1f} s")
    finally:
        own_node.resume()
    member.start()
    world.settle(1)
    print(world.finish())
