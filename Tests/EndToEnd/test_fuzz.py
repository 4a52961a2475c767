"""A short run of the socket fuzzer, and the cases that found bugs once. See scripts/fuzz for the long one."""
import os
import random

import pytest

from socket_fuzz import FOUND, Fuzz
from waiting import free_port

SECONDS = 20
# The allocator keeps what it had at its worst (M_TRIM_THRESHOLD in CRdKafka), which in so short a run comes after the warm-up.
SLACK_KB = 64 * 1024


@pytest.fixture
def daemon(new_daemon):
    return new_daemon(f"127.0.0.1:{free_port()}")


def test_what_no_client_should_send_harms_nobody(daemon):
    # Another seed each time; PENSTOCK_FUZZ_SEED repeats one.
    seed = int(os.environ.get("PENSTOCK_FUZZ_SEED", random.SystemRandom().randrange(1_000_000)))
    probe = Fuzz(daemon, seed).run(SECONDS, slack_kb=SLACK_KB)
    # How fast it is, the long run says; here other tests take the processors.
    assert probe.took and probe.quantile(0.5) < 250, probe


@pytest.mark.parametrize("seed, case", [found[:2] for found in FOUND], ids=[found[2] for found in FOUND])
def test_what_found_a_bug_once_finds_it_no_more(daemon, seed, case):
    Fuzz(daemon, seed).replay(case)
