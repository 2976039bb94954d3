"""A scripted destination and a running gateway, for tests with real clients. Python's standard library only."""
import http.client
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("VESTIBULE_BINARY", ROOT / "target/debug/vestibule"))
MODELS = os.environ.get("VESTIBULE_TEST_MODELS", str(ROOT / "target/test-models"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def last_user_text(body):
    for message in reversed(body["messages"]):
        if message["role"] == "user":
            content = message["content"]
            if isinstance(content, str):
                return content
            return "\n".join(part["text"] for part in content if part["type"] == "text")
    return ""


class Destination(http.server.ThreadingHTTPServer):
    """Speaks Chat Completions as DeepSeek does, answers with what it was asked, and keeps every raw body."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies = []
        self.script = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stop(self):
        self.shutdown()
        self.server_close()

    def answer(self, **script):
        """Sets how to answer: tool (name), piece (characters a chunk), text (instead of an echo), status, reasoning, keep_alive."""
        self.script = script
        self.bodies.clear()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        raw = self.rfile.read(int(self.headers["content-length"]))
        self.server.bodies.append(raw)
        body, script = json.loads(raw), self.server.script
        if script.get("status", 200) != 200:
            error = {"error": {"message": script.get("text", "no"), "type": "server_error", "param": None, "code": None}}
            return self.reply(script["status"], json.dumps(error).encode())
        text = script.get("text") or last_user_text(body)
        if script.get("tool"):
            text = json.dumps({"text": text}, ensure_ascii=bool(script.get("ascii")))
        if body.get("stream"):
            return self.stream(body, script, text)
        prefix = b"\n\n" if script.get("keep_alive") else b""
        return self.reply(200, prefix + json.dumps(self.whole(body, script, text)).encode())

    def whole(self, body, script, text):
        message = {"role": "assistant", "content": text}
        if script.get("tool"):
            call = {"id": "call_0", "type": "function", "function": {"name": script["tool"], "arguments": text}}
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        if script.get("reasoning"):
            message["reasoning_content"] = last_user_text(body)
        finish = "tool_calls" if script.get("tool") else "stop"
        choices = [
            {"index": index, "message": message, "logprobs": None, "finish_reason": finish}
            for index in range(body.get("n") or 1)
        ]
        return self.frame(body, "chat.completion", choices) | {"usage": USAGE}

    def frame(self, body, kind, choices):
        return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": body["model"], "choices": choices}

    def stream(self, body, script, text):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        if script.get("keep_alive"):
            self.wfile.write(b": keep-alive\n\n")
        for delta in self.deltas(body, script, text):
            self.event(body, [{"index": 0, "delta": delta, "finish_reason": None}])
        finish = "tool_calls" if script.get("tool") else "stop"
        self.event(body, [{"index": 0, "delta": {}, "finish_reason": finish}])
        if (body.get("stream_options") or {}).get("include_usage"):
            self.event(body, [], usage=USAGE)
        self.wfile.write(b"data: [DONE]\n\n")

    def deltas(self, body, script, text):
        size = script.get("piece", 3)
        pieces = lambda whole: [whole[at : at + size] for at in range(0, len(whole), size)]
        yield {"role": "assistant", "content": None if script.get("tool") else ""}
        if script.get("reasoning"):
            for piece in pieces(last_user_text(body)):
                yield {"content": None, "reasoning_content": piece}
        if script.get("tool"):
            start = {"index": 0, "id": "call_0", "type": "function", "function": {"name": script["tool"], "arguments": ""}}
            yield {"tool_calls": [start]}
            for piece in pieces(text):
                yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
        else:
            for piece in pieces(text):
                yield {"content": piece}

    def event(self, body, choices, **more):
        data = json.dumps(self.frame(body, "chat.completion.chunk", choices) | more, ensure_ascii=False)
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


class Gateway:
    """A gateway of its own data folder, with the scripted destination as `deepseek` and perhaps the real local model."""

    def __init__(self, destination, local=False):
        self.folder = tempfile.TemporaryDirectory()
        self.port, self.admin = free_port(), free_port()
        config = pathlib.Path(self.folder.name, "vestibule.toml")
        config.write_text(configuration(self, destination, local))
        self.log = open(pathlib.Path(self.folder.name, "log"), "wb")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("VESTIBULE_")}
        self.process = subprocess.Popen(
            [BINARY, "serve", "--config", config], env=environment, stdout=self.log, stderr=self.log
        )
        self.wait_ready()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def wait_ready(self, seconds=60):
        deadline = time.time() + seconds
        while time.time() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if self.get("/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError("the gateway did not get ready:\n" + self.read_log())

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=5)
        connection.request("GET", path)
        answer = connection.getresponse()
        status, body = answer.status, answer.read()
        connection.close()
        return status, body

    def read_log(self):
        return pathlib.Path(self.folder.name, "log").read_text(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)
        self.log.close()
        self.folder.cleanup()


def configuration(gateway, destination, local):
    text = f"""
[server]
listen = "127.0.0.1:{gateway.port}"
open = true
[admin]
listen = "127.0.0.1:{gateway.admin}"
[data]
folder = "{gateway.folder.name}/data"
[destinations.deepseek]
kind = "deepseek"
base_url = "{destination.url}"
api_key = "not-a-real-key"
"""
    if local:
        text += f"""
[models]
folder = "{MODELS}"
[destinations.local]
kind = "local"
model = "smollm2-135m"
"""
    return text
