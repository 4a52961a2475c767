"""Waiting for conditions, and processes that cannot outlive the test run."""
import ctypes
import signal
import socket
import time

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def wait_until(condition, deadline, what, every=0.05):
    """Calls `condition` until it returns something true, and returns that. `deadline`: seconds. `what`: text, or a function that
    makes one, for the failure."""
    end = time.monotonic() + deadline
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() >= end:
            text = what() if callable(what) else what
            raise AssertionError(f"not within {deadline} s: {text}")
        time.sleep(every)


def die_with_parent():
    """For `preexec_fn`: the kernel ends the child when the test process is gone, however that ended."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def free_port():
    """A TCP port of 127.0.0.1 on which nothing listens now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
