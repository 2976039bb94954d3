"""The scripted destination: a plain HTTP server that answers in every format with what it was asked, and keeps every raw body."""
import http.server
import json
import sys
import threading

from formats import FORMATS


class Destination(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies, self.heads = [], []
        self.script = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stop(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that went away is no error of the destination."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def answer(self, **script):
        """Sets how to answer: tool (name), piece (characters a chunk), text (instead of an echo), status, reasoning, keep_alive, headers."""
        self.script = script
        self.bodies.clear()
        self.heads.clear()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        model = {"id": "deepseek-flash", "object": "model", "created": 1, "owned_by": "deepseek"}
        self.reply(200, {"object": "list", "data": [model]})

    def do_POST(self):
        raw = self.rfile.read(int(self.headers["content-length"]))
        self.server.bodies.append(raw)
        self.server.heads.append(dict(self.headers.items()))
        body, script = json.loads(raw), self.server.script
        if script.get("status", 200) != 200:
            error = {"message": script.get("text", "no"), "type": "server_error", "param": None, "code": None}
            return self.reply(script["status"], {"error": error})
        path = self.path.partition("?")[0]
        speech = next(format for format in FORMATS if path.endswith(format.path))
        text = script.get("text") or speech.asked(body)
        if script.get("tool"):
            text = json.dumps({"text": text}, ensure_ascii=bool(script.get("ascii")))
        if body.get("stream"):
            return self.stream(speech.events(body, text, script))
        return self.reply(200, speech.whole(body, text, script), b"\n\n" if script.get("keep_alive") else b"")

    def stream(self, events):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.send_headers()
        self.end_headers()
        self.close_connection = True
        if self.server.script.get("keep_alive"):
            self.wfile.write(b": keep-alive\n\n")
        for event in events:
            self.wfile.write(event)
            self.wfile.flush()

    def send_headers(self):
        for name, value in self.server.script.get("headers", {}).items():
            self.send_header(name, value)

    def reply(self, status, value, prefix=b""):
        body = prefix + json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_headers()
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
