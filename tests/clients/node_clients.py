"""The Node clients: a process of Node each, spoken to in JSON lines. What they say is in node_client.mjs."""
import json
import os
import pathlib
import subprocess

from dialogue import Refused, Reply
from harness import ROOT

MODULES = os.environ.get("VESTIBULE_TEST_NODE", str(ROOT / "target/test-node"))
SCRIPT = pathlib.Path(__file__).with_name("node_client.mjs")


class Node:
    name, client = None, None

    def __init__(self, root, key):
        command = ["node", "--no-warnings", SCRIPT, self.client, root, key]
        environment = os.environ | {"VESTIBULE_TEST_NODE": MODULES}
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def ask(self, messages, tools=(), stream=False):
        asked = {"messages": messages, "tools": list(tools), "stream": stream}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "status" in answer:
            raise Refused(answer["status"], answer["told"])
        return Reply(answer["text"], [tuple(call) for call in answer["calls"]])

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


class NodeOpenAi(Node):
    name, client = "node openai", "openai"


class NodeResponses(Node):
    name, client = "node openai responses", "responses"


class NodeResponsesHelper(Node):
    name, client = "node openai responses.stream", "responses-helper"


class NodeAnthropic(Node):
    name, client = "node @anthropic-ai/sdk", "anthropic"


class NodeAi(Node):
    name, client = "node ai with @ai-sdk/deepseek", "ai"


NODE_CLIENTS = [NodeOpenAi, NodeResponses, NodeResponsesHelper, NodeAnthropic, NodeAi]
