"""Waiting for conditions, and processes that cannot outlive the test run."""
import ctypes
import random
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


_FIRST_PORT, _LAST_PORT, _BLOCK = 10_000, 32_000, 200
_block = {}


def free_port():
    """A TCP port of 127.0.0.1 on which nothing listens now, never given twice. It is below the ports that Linux gives to outgoing
    connections (ip_local_port_range), so none of them takes it while its owner is down, and in a block that is this process's alone."""
    while True:
        if not _block.get("left"):
            _claim_block()
        port = _block["left"].pop()
        server = _listen(port)
        if server:
            server.close()
            return port


def _claim_block():
    # A block belongs to who listens on its first port.
    starts = list(range(_FIRST_PORT, _LAST_PORT, _BLOCK))
    random.SystemRandom().shuffle(starts)
    for start in starts:
        held = _listen(start)
        if held:
            _block.setdefault("held", []).append(held)
            _block["left"] = list(range(start + _BLOCK - 1, start, -1))
            return
    raise RuntimeError(f"no block of free ports between {_FIRST_PORT} and {_LAST_PORT}")


def _listen(port):
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return None
