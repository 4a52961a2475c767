"""Clients that are slow, each in a thread, again and again: half requests, a byte a second, answers that nobody reads, slow followers of streams.

`with SlowClients(port, watch, pipeline)`: until the end of the block. What the daemon does wrong goes to `watch.fail`."""
import collections
import socket
import threading
import time

from fuzz_cases import request
from http_answers import Malformed
from socket_talk import CLOSE_WAIT, Talk, Wrong

SOURCE = "127.0.0.3"
# A client that takes nothing is ended when its answer's time is up, once what the system holds for it is full.
UNREAD_S = 60
SMALL_BUFFER = 2_048


class SlowClients:
    def __init__(self, port, watch, pipeline):
        self.port, self.watch, self.pipeline = port, watch, pipeline
        self.done = collections.Counter()
        self._ended = threading.Event()
        roles = [(10, self.half_request), (4, self.byte_a_second), (2, self.short_byte_a_second), (4, self.unread_answers),
                 (3, self.slow_events), (3, self.slow_results)]
        self._threads = [threading.Thread(target=self._repeat, args=(role,)) for count, role in roles for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def __str__(self):
        return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(self.done.items()))

    def _repeat(self, role):
        while not self._ended.wait(0.5):
            talk = None
            try:
                talk = Talk(self.port, self.watch, SOURCE, SMALL_BUFFER)
                role(talk)
                self.done[role.__name__] += 1
            except (Malformed, Wrong) as error:
                self.watch.fail(f"slow client ({role.__name__}): {error}")
            except OSError:
                pass  # ended by the daemon while it was being used: so be it
            except Exception as error:  # noqa: BLE001: told with the other failures
                self.watch.fail(f"slow client ({role.__name__}): {error!r}")
            finally:
                if talk is not None:
                    talk.close()

    def _must_end(self, talk, seconds, why):
        """Reads until the daemon ends the connection."""
        deadline = time.monotonic() + seconds
        while talk.ended is None and not self._ended.is_set():
            if time.monotonic() > deadline:
                raise Wrong(f"{why} holds its connection after {seconds} s")
            talk.read_some(1)

    def half_request(self, talk):
        data = request("GET", f"/v1/pipelines/{self.pipeline}/stats")
        talk.send(data[:len(data) // 2])
        self._must_end(talk, CLOSE_WAIT, "half a request")

    def _drip(self, talk, data):
        """A byte a second. False if the daemon ended it first, or the run is over."""
        for at in range(len(data)):
            if talk.ended or self._ended.wait(1) or not talk.send(data[at:at + 1], ["GET"] if at + 1 == len(data) else []):
                return False
            if at + 1 < len(data):
                talk.read_some(0)
        return True

    def byte_a_second(self, talk):
        """Needs longer than a request may."""
        data = request("GET", f"/v1/pipelines/{self.pipeline}/stats", fields=["X-Slow: " + "x" * 100])
        begun = time.monotonic()
        if self._drip(talk, data):
            raise Wrong(f"a request may take {time.monotonic() - begun:.0f} s")
        self._must_end(talk, CLOSE_WAIT, "a request of a byte a second")

    def short_byte_a_second(self, talk):
        """Is done before its time is up, and gets its answer."""
        if self._drip(talk, b"GET /livez HTTP/1.0\r\n\r\n"):
            answers = talk.read()
            if [answer.status for answer in answers] != [200]:
                raise Wrong(f"a request that came within its time gets {answers}")
        elif not self._ended.is_set():
            raise Wrong("a request within its time is cut off")

    def unread_answers(self, talk):
        talk.socket.settimeout(0.5)
        try:
            talk.socket.sendall(request("GET", "/v1/stats") * 400)
        except OSError:
            pass
        if self._ended.wait(UNREAD_S):
            return
        # What the system still holds comes first, and is not to come in small pieces.
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        deadline = time.monotonic() + 20
        try:
            while talk.socket.recv(1 << 20):
                if time.monotonic() > deadline:
                    raise Wrong("a client that read nothing for so long is still answered")
        except ConnectionError:
            pass
        except TimeoutError:
            raise Wrong(f"a client that reads nothing holds its connection after {UNREAD_S} s") from None

    def _follow(self, talk, part):
        """A few bytes a second, for a minute or two; the daemon may give it up before."""
        talk.socket.sendall(request("GET", f"/v1/pipelines/{self.pipeline}/{part}"))
        first = talk.socket.recv(12)
        if not b"HTTP/1.1 200".startswith(first[:12]) or not first:
            raise Wrong(f"a follower of {part} gets {first!r}")
        talk.socket.settimeout(0.1)
        end = time.monotonic() + 90
        while time.monotonic() < end and not self._ended.wait(1):
            try:
                if not talk.socket.recv(512):
                    return
            except TimeoutError:
                pass

    def slow_events(self, talk):
        self._follow(talk, "events")

    def slow_results(self, talk):
        self._follow(talk, "results")
