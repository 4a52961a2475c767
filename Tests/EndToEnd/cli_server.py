"""A server that answers what a test says, and remembers what it was asked: for the client verbs of the command line."""
import http.server
import json
import ssl
import threading

JSON = "application/json"
PROBLEM = "application/problem+json"


class Answer:
    """`body`: an object, text or bytes. `chunks`: pieces sent one after another instead; a callable among them is called."""

    def __init__(self, status=200, body=None, type=None, headers=None, chunks=None):
        self.status = status
        self.type = type or (JSON if status < 400 else PROBLEM)
        self.headers = headers or {}
        self.chunks = chunks
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        self.body = body.encode() if isinstance(body, str) else body or b""


def problem(status, code, title="A title", detail="A detail", **members):
    return Answer(status, {"type": f"/problems/{code}", "title": title, "status": status, "detail": detail, "code": code, "request_id": "r-1",
                           "retryable": False, "allowed_actions": [], "errors": [], **members})


def events(*chunks):
    return Answer(200, type="text/event-stream", chunks=chunks)


class Request:
    def __init__(self, method, path, headers, body):
        self.method = method
        self.path = path
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    def __init__(self, certificate=None):
        outer = self
        self.requests = []
        self.answers = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                request = Request(self.command, self.path, self.headers.items(), self.rfile.read(length))
                outer.requests.append(request)
                answer = outer.answer_to(request)
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.type)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.chunks is None:
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                    return
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                for chunk in answer.chunks:
                    if callable(chunk):
                        chunk()
                    else:
                        self.wfile.write(chunk if isinstance(chunk, bytes) else chunk.encode())
                        self.wfile.flush()

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that leaves early is no fault of the test

        self.server = Quiet(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def on(self, method, path, *answers):
        """`path` with its query. The answers are given in turn, the last one for ever; None closes the connection without one."""
        self.answers[method, path] = list(answers)

    def answer_to(self, request):
        answers = self.answers.get((request.method, request.path))
        if answers is None:
            return problem(404, "route.not_found", detail=f"{request.method} {request.path}")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def asked(self):
        return [f"{request.method} {request.path}" for request in self.requests]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
