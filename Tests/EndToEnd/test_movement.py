"""Two daemons in one group over eight partitions: one joins, stops, ends, dies with its disk, hangs; nothing is lost, nothing comes twice."""
import time

import pytest

import offsets
from chaos_jobs import PARTITIONS
from chaos_member import wait_crash
from waiting import wait_until

GUARANTEES = ["at_least_once", "exactly_once"]
SESSION_S = 6
# Sooner than by default, and as soon as brokers allow.
CHANGES = {"session_timeout_ms": SESSION_S * 1000}


@pytest.fixture(params=GUARANTEES)
def world(request, cluster, new_world):
    world = new_world(cluster, request.param, ("tumbling", "session"), changes=CHANGES)
    world.warm_up()
    return world


def second_joins(world):
    world.members[1].resume()
    world.wait_shared(4, 4)
    world.settle("both")


def test_a_second_daemon_takes_half_of_the_partitions_and_gives_them_back_when_its_pipelines_stop(world):
    first, second = world.members
    second_joins(world)
    second.stop_pipelines()
    world.wait_shared(8)
    world.settle("stopped")
    second.resume()
    world.wait_shared(4, 4)
    first.stop_pipelines()
    world.wait_shared(8)
    world.settle("the other stopped")
    print(world.finish())


def test_partitions_of_a_daemon_that_ends_by_sigterm_go_on_in_the_other_one(world):
    second_joins(world)
    ended = time.monotonic()
    world.members[1].term()
    world.wait_shared(8)
    print(f"{world.guarantee}: SIGTERM to having all partitions: {time.monotonic() - ended:.1f} s")
    world.settle("alone")
    world.members[1].start()
    world.wait_shared(4, 4)
    world.settle("back")
    print(world.finish())


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_a_daemon_that_is_back_within_its_session_keeps_its_partitions(guarantee, cluster, new_world):
    # A session that no start outlasts, on a machine however busy.
    world = new_world(cluster, guarantee, ("tumbling", "session"), changes={"session_timeout_ms": 30_000})
    world.warm_up()
    second_joins(world)
    before = world.held(world.members[0])
    world.members[1].kill()
    world.members[1].start()
    world.wait_shared(4, 4)
    assert world.held(world.members[0]) == before, "nothing moved"
    world.settle("back")
    print(world.finish())


@pytest.mark.parametrize("point", [None, "offsets_sent"])
def test_after_a_daemon_died_with_its_disk_the_other_one_goes_on_with_the_oracles_figures_and_no_window_is_partial(point, world):
    if point and world.guarantee == "at_least_once":
        pytest.skip("it has no transactions, which such a death leaves open")
    second_joins(world)
    first, second = world.members
    held = world.held(second)
    if point:
        # Its transaction, with offsets in it, stays open until the brokers end it.
        second.kill()
        second.start_to_crash(f"{point}:3")
        assert wait_crash(second, 20)
    else:
        second.kill()
    died = time.monotonic()
    second.wipe()
    marks = world.expectation.counts()

    def progress():
        """Records that were sent after the death are committed, of every partition that it had."""
        world.groups.look()
        return all(world.groups.last[f"penstock-{name}"].get(p, 0) > marks[p] for name, partitions in held.items() for p in partitions)
    wait_until(progress, 90, lambda: f"the partitions {held} go on: {world.said()}", every=0.02)
    print(f"{world.guarantee}: from death{' with an open transaction' if point else ''} to progress: {time.monotonic() - died:.1f} s, "
          f"with a session timeout of {SESSION_S} s")
    world.settle("alone")

    def states():
        return [c for name in world.names.values() for c in first.daemon.pipeline(name)["conditions"] if c["type"] == "StateComplete"]
    # Conditions follow a moment after the commits.
    wait_until(lambda: all(c["status"] is True for c in states()), 10, lambda: f"no window is partial: {states()}")
    assert len(states()) == 2
    second.start()
    world.wait_shared(4, 4)
    world.settle("a new one")
    print(world.finish())


def test_a_daemon_that_hung_past_its_session_commits_nothing_when_it_wakes(world):
    second_joins(world)
    first, second = world.members
    stores = {name: {m.store_id for m in texts(world, name).values()} for name in world.names.values()}
    assert all(len(ids) == 2 for ids in stores.values()), "each daemon writes its own id"
    lost = world.held(second)
    second.freeze()
    try:
        wait_until(lambda: all(len(partitions) == PARTITIONS for partitions in world.held(first).values()), SESSION_S + 20,
                   lambda: f"the first daemon takes all partitions: {world.held(first)}", every=0.1)
        marks = world.expectation.counts()
        wait_until(lambda: world.groups.reached(marks), 90, lambda: f"the first daemon goes on: {world.groups.behind(marks)}", every=0.1)
        # A while of records that only the one that has the partitions may answer for.
        world.check_metadata()
        world.check_output("hung")
        before = {name: texts(world, name) for name in world.names.values()}
        repeated = {topic: results.repeated for topic, results in world.results.items()}
    finally:
        second.thaw()
    # It is back for good once it has partitions by a new assignment; until then the group's texts must all be the first one's.
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        looked = {name: texts(world, name) for name in world.names.values()}
        owners = {name: world.held(second)[name] for name in world.names.values()}
        for name, found in looked.items():
            for partition in lost[name]:
                text = found[partition]
                assert text.n >= before[name][partition].n, f"{name}/{partition}: an old checkpoint was committed: {text}, before {before[name][partition]}"
        world.groups.look()
        if all(len(partitions) == 4 for partitions in owners.values()):
            break
    world.wait_shared(4, 4)
    world.settle("awake")
    # What it had not delivered before it hung would come now: a copy of what the first one delivered since.
    assert {topic: results.repeated for topic, results in world.results.items()} == repeated
    print(world.finish())


def texts(world, name):
    return {p: offsets.parse(each.metadata) for p, each in offsets.committed(world.cluster.brokers, f"penstock-{name}", world.topic, PARTITIONS).items()}


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_lanes_of_two_daemons_share_the_partitions_and_each_shard_has_one_writer(guarantee, cluster, new_world):
    world = new_world(cluster, guarantee, ("tumbling",), changes={**CHANGES, "parallelism": 3})
    world.warm_up()
    world.members[1].resume()

    def shared():
        held = [world.held(member)[name] for member in world.members for name in world.names.values()]
        return all(held) and sorted(sum(held, [])) == list(range(PARTITIONS))
    wait_until(shared, 30, lambda: f"six lanes share the partitions: {world.said()}")
    world.settle("six lanes")
    world.members[0].kill()
    world.members[0].start()
    world.settle("one crashed")
    world.members[1].stop_pipelines()
    world.wait_shared(8)
    world.settle("three lanes")
    print(world.finish())
