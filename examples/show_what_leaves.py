#!/usr/bin/env python3
"""Stands in for the cloud, and prints every request as it arrives there: what left the building, byte for byte.

Its answer repeats the last message, so that what comes back can be seen too. Start it, then the gateway beside it:

    python3 examples/show_what_leaves.py
    DEEPSEEK_API_KEY=any VESTIBULE_DESTINATIONS__DEEPSEEK__BASE_URL=http://127.0.0.1:9000 vestibule serve
"""
import http.server
import json


class Cloud(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        print(body.decode(), flush=True)
        asked = json.loads(body)
        text = "You wrote: " + str(asked["messages"][-1]["content"])
        if asked.get("stream"):
            pieces = [text[at : at + 3] for at in range(0, len(text), 3)]
            events = [self.answer(asked, "chat.completion.chunk", delta={"content": piece}) for piece in pieces]
            self.reply("text/event-stream", "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]))
        else:
            message = {"role": "assistant", "content": text}
            self.reply("application/json", self.answer(asked, "chat.completion", message=message))

    def answer(self, asked, kind, **said):
        choice = {"index": 0, "finish_reason": None if "delta" in said else "stop"} | said
        return json.dumps({"id": "1", "object": kind, "created": 0, "model": asked["model"], "choices": [choice]})

    def reply(self, content_type, body):
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.end_headers()
        self.wfile.write(body.encode())


http.server.ThreadingHTTPServer(("127.0.0.1", 9000), Cloud).serve_forever()
