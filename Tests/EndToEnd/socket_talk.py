"""One raw connection to the daemon, and what every answer on it must be."""
import re
import select
import socket
import struct
import time

from http_answers import Malformed, split_answers

# libmicrohttpd answers by itself what it cannot read; 505 is for HTTP versions that there are not.
OWN_STATUSES = {400, 405, 411, 413, 414, 431, 494, 505}
# libmicrohttpd 0.9.75 sends the head of some of its own errors twice, and counts the body alone as the length. As it closes after them nobody
# reads on from a wrong place, and there is no way around it: the library says nothing before it answers.
_TWICE = re.compile(rb"(HTTP/1\.1 4[^\r\n]*\r\nDate: [^\r\n]*\r\nConnection: close\r\nContent-Length: [0-9]+\r\n\r\n)\1")
ANSWER_WAIT = 20
# A request has 30 s, and its deadline is looked at every second.
CLOSE_WAIT = 40
PROBLEM_MEMBERS = (("type", str), ("title", str), ("status", int), ("detail", str), ("instance", str), ("code", str), ("request_id", str),
                   ("retryable", bool), ("allowed_actions", list), ("errors", list))


class Wrong(AssertionError):
    """The daemon did what it must not."""


def check_answer(answer):
    """Well formed as HTTP it is already; here what ours says."""
    if not answer.is_ours:
        if answer.status not in OWN_STATUSES:
            raise Wrong(f"the HTTP library's own answer is {answer}")
        return
    kind = answer.field("content-type") or ""
    if answer.field("cache-control") is None:
        raise Wrong(f"no Cache-Control: {answer}")
    if answer.status >= 400 and answer.body:
        document = answer.json()
        if answer.status == 503 and kind == "application/json" and document.get("health") == "failing":
            return
        if kind != "application/problem+json":
            raise Wrong(f"an error that is no problem document: {answer}")
        for member, form in PROBLEM_MEMBERS:
            if not isinstance(document.get(member), form):
                raise Wrong(f"{member} of the problem: {answer}")
        if document["status"] != answer.status or document["request_id"] != answer.field("x-request-id"):
            raise Wrong(f"the problem is of another answer: {answer}")
        if document["type"] != "/problems/" + document["code"] or not document["title"] or not document["detail"]:
            raise Wrong(f"an empty problem: {answer}")
        for fault in document["errors"]:
            if not (isinstance(fault.get("pointer"), str) and fault.get("code") and fault.get("detail")):
                raise Wrong(f"a fault without its members: {fault}")
    elif kind == "application/json" and answer.body:
        answer.json()
    if answer.status >= 500 and answer.status != 503:
        raise Wrong(f"a server error: {answer}")


class Talk:
    """`source`: an address of loopback to come from. `watch`: what counts answers. Used by one thread."""

    def __init__(self, port, watch, source="127.0.0.1", receive_buffer=None):
        self.watch = watch
        self.sent = bytearray()
        self.received = b""
        self.ended = None
        self.unread = []
        # The method may be HEAD or nearly so.
        self.maybe_head = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(ANSWER_WAIT)
        try:
            self.socket.bind((source, 0))
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        watch.connections += 1

    def send(self, data, methods=()):
        """What cannot be sent, since the daemon closed, is not. `methods`: of the requests that this holds whole."""
        self.unread += methods
        self.sent += data[:4096 - len(self.sent)] if len(self.sent) < 4096 else b""
        view = memoryview(data)
        try:
            # Not only writing: who does not read while it sends may be what the daemon waits for.
            while view and self.ended is None:
                readable, writable, _ = select.select([self.socket], [self.socket], [], ANSWER_WAIT)
                if readable:
                    self._receive()
                if writable and self.ended is None:
                    view = view[self.socket.send(view):]
                if not readable and not writable:
                    return False
        except OSError:
            self._drain()
        return self.ended is None

    def half_close(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _receive(self):
        try:
            piece = self.socket.recv(262_144)
        except ConnectionResetError:
            self.ended = "reset"
            return
        if not piece:
            self.ended = "eof"
        self.received += piece

    def _drain(self):
        """After a failed write: what came before the reset."""
        while self.ended is None:
            if not select.select([self.socket], [], [], 1)[0]:
                self.ended = "reset"
                return
            self._receive()
        self.ended = "reset"

    def _answers(self):
        self.received, count = _TWICE.subn(rb"\1", self.received)
        self.watch.twice += count
        try:
            answers, offset = split_answers(self.received, self.unread, self.ended == "eof")
            if not self.maybe_head or offset == len(self.received):
                return answers, offset
        except Malformed:
            if not self.maybe_head:
                raise
        return split_answers(self.received, [], self.ended == "eof")

    def read(self, wait=ANSWER_WAIT):
        """The answers to all whole requests sent so far, fewer if the connection ended. Nothing in `wait` seconds is wrong."""
        deadline = time.monotonic() + wait
        while True:
            answers, offset = self._answers()
            if len(answers) >= len(self.unread) or self.ended:
                break
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise Wrong(f"{len(answers)} of {len(self.unread)} answers in {wait} s; received: {self.received[-600:]!r}")
            self._receive()
        return self._take(answers, offset)

    def read_to_end(self, wait=CLOSE_WAIT):
        """All answers until the daemon closes, which it must."""
        deadline = time.monotonic() + wait
        while self.ended is None:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise Wrong(f"the connection is open after {wait} s; received: {self.received[-600:]!r}")
            self._receive()
        answers, offset = self._answers()
        if self.ended == "eof" and offset < len(self.received):
            raise Wrong(f"an answer ends in the middle: {self.received[offset:][:600]!r}")
        return self._take(answers, offset)

    def end(self, client):
        """Nothing more is sent: reads what comes to that, and leaves a connection that stays open to be looked at later. libmicrohttpd may notice
        that the client has ended only when its time is up."""
        self.half_close()
        self.read_some(0.15)
        if self.ended is None:
            client.park(self, CLOSE_WAIT, must_end=True)
            return
        answers, offset = self._answers()
        self._take(answers, offset)
        if self.ended == "eof" and self.received:
            raise Wrong(f"an answer ends in the middle: {self.received[:600]!r}")
        self.close()

    def read_some(self, seconds):
        """What comes in that time, if anything."""
        deadline = time.monotonic() + seconds
        while self.ended is None and select.select([self.socket], [], [], max(0, deadline - time.monotonic()))[0]:
            self._receive()
        answers, offset = self._answers()
        return self._take(answers, offset)

    def _take(self, answers, offset):
        self.received = self.received[offset:]
        del self.unread[:len(answers)]
        for answer in answers:
            self.watch.count(answer)
            check_answer(answer)
        return answers

    def ask(self, data, method="GET", wait=ANSWER_WAIT):
        """One whole request and its answer; None if the connection ended without."""
        self.send(data, [method])
        answers = self.read(wait)
        return answers[-1] if answers else None

    def abort(self):
        """RST."""
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.close()

    def close(self):
        self.socket.close()


__all__ = ["Talk", "Wrong", "Malformed", "check_answer", "ANSWER_WAIT", "CLOSE_WAIT"]
