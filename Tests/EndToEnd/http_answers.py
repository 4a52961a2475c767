"""A strict reader of HTTP/1 answers, for bytes that may hold several, half of one, or something else."""
import json
import re

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2}) [\t\x20-\x7e]*")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e]*?)[ \t]*")
_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,8}")
_LARGEST_HEAD = 64 * 1024


class Malformed(AssertionError):
    """What came is no HTTP."""


class RawAnswer:
    """`body`: as received, without chunks; cut short if not `complete`."""
    __slots__ = ("status", "fields", "body", "complete")

    def __init__(self, status, fields):
        self.status = status
        self.fields = fields
        self.body = b""
        self.complete = False

    def field(self, name):
        return self.fields.get(name)

    @property
    def is_ours(self):
        """What the HTTP library says by itself has no request id."""
        return "x-request-id" in self.fields

    @property
    def closes(self):
        return self.fields.get("connection", "").lower() == "close"

    def json(self):
        try:
            return json.loads(self.body.decode("utf-8"))
        except ValueError as error:
            raise Malformed(f"a {self.status} whose body is no JSON ({error}): {self.body[:300]!r}") from None

    def __repr__(self):
        return f"{self.status} {self.fields} {self.body[:600]!r}"


def split_answers(data, methods, ended):
    """([answers], offset where the first incomplete one begins). `methods`: of the requests, in order; beyond them GET is assumed. `ended`: nothing
    follows, so an answer without a length is complete. Raises `Malformed`."""
    answers, start = [], 0
    while start < len(data):
        method = methods[len(answers)] if len(answers) < len(methods) else "GET"
        answer, end = _one(data, start, method, ended)
        if answer is None or not answer.complete:
            return answers, start
        start = end
        if answer.status >= 200:
            answers.append(answer)
    return answers, start


def _one(data, start, method, ended):
    head_end = data.find(b"\r\n\r\n", start, start + _LARGEST_HEAD)
    begin = b"HTTP/1."
    if data[start:start + len(begin)] != begin[:len(data) - start]:
        raise Malformed(f"no status line: {data[start:start + 200]!r}")
    if head_end < 0:
        if len(data) - start > _LARGEST_HEAD:
            raise Malformed(f"a head without end: {data[start:start + 200]!r}")
        return None, start
    lines = data[start:head_end].split(b"\r\n")
    found = _STATUS_LINE.fullmatch(lines[0])
    if not found:
        raise Malformed(f"a bad status line: {lines[0][:200]!r}")
    answer = RawAnswer(int(found.group(1)), _fields(lines[1:]))
    return _take_body(answer, data, head_end + 4, method, ended)


def _fields(lines):
    fields = {}
    for line in lines:
        found = _FIELD.fullmatch(line)
        if not found:
            raise Malformed(f"a bad header field: {line[:200]!r}")
        name = found.group(1).decode().lower()
        if name in fields:
            raise Malformed(f"the header field {name} is there twice")
        fields[name] = found.group(2).decode()
    return fields


def _take_body(answer, data, start, method, ended):
    length, coding = answer.field("content-length"), answer.field("transfer-encoding")
    if length is not None and coding is not None:
        raise Malformed(f"two framings: {answer}")
    if length is not None and not re.fullmatch("[0-9]{1,12}", length):
        raise Malformed(f"a bad length: {answer}")
    if coding is not None and coding.lower() != "chunked":
        raise Malformed(f"an unknown coding: {answer}")
    if method == "HEAD" or answer.status in (204, 304) or answer.status < 200:
        if answer.status == 204 and (length is not None or coding is not None):
            raise Malformed(f"a 204 with a framing: {answer}")
        answer.complete = True
        return answer, start
    if coding is not None:
        return _take_chunks(answer, data, start)
    if length is None:
        answer.body = data[start:]
        answer.complete = ended
        return answer, len(data)
    answer.body = data[start:start + int(length)]
    answer.complete = len(answer.body) == int(length)
    return answer, start + len(answer.body)


def _take_chunks(answer, data, start):
    parts = []
    while True:
        line_end = data.find(b"\r\n", start, start + 64)
        if line_end < 0:
            if len(data) - start > 64:
                raise Malformed(f"a chunk size without end: {data[start:start + 64]!r}")
            break
        if not _CHUNK_SIZE.fullmatch(data[start:line_end]):
            raise Malformed(f"a bad chunk size: {data[start:line_end]!r}")
        size = int(data[start:line_end], 16)
        after = line_end + 2 + size
        if size > 0:
            parts.append(data[line_end + 2:after])
        if len(data) < after + 2:
            break
        if data[after:after + 2] != b"\r\n":
            raise Malformed(f"no line end after a chunk: {data[after:after + 20]!r}")
        start = after + 2
        if size == 0:
            answer.complete = True
            break
    answer.body = b"".join(parts)
    return answer, start
