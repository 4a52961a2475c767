"""A small run of the crash harness under each guarantee, and proof that it finds faults that are planted. See scripts/chaos for the long one."""
import os
import random

import pytest

from chaos import Run

HOME = os.environ.get("KAFKA_HOME")
SECONDS = 75


@pytest.fixture
def new_run(binary, tmp_path):
    if not HOME:
        pytest.skip("the harness starts and ends its own broker, which needs KAFKA_HOME")

    def run(guarantee, seed, rounds, seconds, only=None, fault=None, **options):
        return Run(binary, HOME, tmp_path, guarantee, seed, rounds, seconds, only, fault, **options)
    return run


@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
def test_rounds_of_chaos_lose_nothing_and_give_the_oracles_figures(guarantee, new_run):
    # Another plan each time; PENSTOCK_CHAOS_SEED repeats one.
    seed = int(os.environ.get("PENSTOCK_CHAOS_SEED", random.SystemRandom().randrange(1_000_000)))
    # How many rounds the time is enough for, the machine decides, and the plan how many of them crash at a point.
    run = new_run(guarantee, seed, 1_000, SECONDS, least=(10, 3)).run()
    assert run.done >= 10
    assert run.reached >= 3, f"it crashed at {run.reached} named points only: {run.points}"


# Results that linger in the client are surely not delivered yet when the group has its offsets.
LINGERING = {"kafka__producer_config": {"linger.ms": 400}}


@pytest.mark.parametrize("guarantee, fault, only, changes", [
    ("exactly_once", "offsets_outside_transaction", ["crash_at_offsets_sent"], None),
    ("at_least_once", "checkpoint_before_reports", ["crash_at_group_committed"], LINGERING)])
def test_the_harness_finds_a_planted_fault(guarantee, fault, only, changes, new_run):
    with pytest.raises(AssertionError) as found:
        new_run(guarantee, 1, 6, 300, only, fault, changes=changes).run()
    print(f"{fault}: {str(found.value)[:600]}")
    assert "missing" in str(found.value), "results are lost, and nothing else is wrong"
