"""curl, as a shell script would use it; streams are read by hand, line by line."""
import json
import os
import subprocess

from dialogue import Fragments, Refused, openai_messages, openai_tools
from python_clients import MODEL


class Curl:
    name = "curl"

    def __init__(self, root, key):
        self.url, self.key = root + "/chat/completions", key
        authority = os.environ.get("SSL_CERT_FILE")
        self.options = ["--cacert", authority] if authority else []

    def ask(self, messages, tools=(), stream=False):
        asked = {"model": MODEL, "messages": openai_messages(messages), "stream": stream}
        if tools:
            asked["tools"] = openai_tools(tools)
        headers = ["-H", "content-type: application/json", "-H", f"authorization: Bearer {self.key}"]
        command = ["curl", "-sS", *self.options, *headers, "-w", "\n%{http_code}", "--data-binary", "@-", self.url]
        body = json.dumps(asked, ensure_ascii=False).encode()
        done = subprocess.run(command, input=body, capture_output=True, check=True, timeout=60)
        answer, _, status = done.stdout.decode().rpartition("\n")
        if status != "200":
            raise Refused(int(status), answer)
        return self.stream(answer) if stream else self.whole(json.loads(answer)["choices"][0]["message"])

    @staticmethod
    def whole(message):
        said = Fragments()
        said.text = message["content"] or ""
        for index, call in enumerate(message.get("tool_calls") or []):
            said.call(index, call["function"]["name"], call["function"]["arguments"])
        return said.reply()

    @staticmethod
    def stream(answer):
        lines = [line.removeprefix("data: ") for line in answer.splitlines() if line.startswith("data: ")]
        if lines[-1] != "[DONE]":
            raise AssertionError("the stream has no end")
        said = Fragments()
        for chunk in map(json.loads, lines[:-1]):
            for choice in chunk["choices"]:
                said.text += choice["delta"].get("content") or ""
                for call in choice["delta"].get("tool_calls") or []:
                    function = call["function"]
                    said.call(call["index"], function.get("name"), function.get("arguments"))
        return said.reply()

    def close(self):
        pass


CURL = [Curl]
