"""What every client is asked to do, said once, in no client's own words; and what the Python clients make of it.

A message is {"role", "text"}, for an assistant perhaps with "call": {"id", "name", "arguments"}, for a tool with "id". A
client gives a `Reply`, or raises `Refused`.
"""
import dataclasses
import json


@dataclasses.dataclass
class Reply:
    text: str = ""
    calls: list = dataclasses.field(default_factory=list)  # of (name, arguments)


class Refused(Exception):
    """The gateway said no: its status, and the message and code of the error as the client shows them."""

    def __init__(self, status, told):
        super().__init__(f"{status} {told}")
        self.status, self.told = status, told


SEND = {
    "name": "send",
    "description": "Sends a text to a customer.",
    "parameters": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
}


def openai_messages(messages):
    """In the words of Chat Completions."""
    said = []
    for message in messages:
        one = {"role": message["role"], "content": message["text"]}
        if call := message.get("call"):
            function = {"name": call["name"], "arguments": json.dumps(call["arguments"], ensure_ascii=False)}
            one["tool_calls"] = [{"id": call["id"], "type": "function", "function": function}]
        if message["role"] == "tool":
            one["tool_call_id"] = message["id"]
        said.append(one)
    return said


def responses_input(messages):
    """In the words of Responses."""
    said = []
    for message in messages:
        role, text = message["role"], message["text"]
        if role == "tool":
            said.append({"type": "function_call_output", "call_id": message["id"], "output": text})
            continue
        if text:
            said.append({"role": role, "content": text})
        if call := message.get("call"):
            arguments = json.dumps(call["arguments"], ensure_ascii=False)
            said.append({"type": "function_call", "call_id": call["id"], "name": call["name"], "arguments": arguments})
    return said


def responses_tools(tools):
    return [{"type": "function", "strict": False, **tool} for tool in tools]


def openai_tools(tools):
    return [{"type": "function", "function": tool} for tool in tools]


def anthropic_messages(messages):
    """In the words of Messages."""
    said = []
    for message in messages:
        blocks = [{"type": "text", "text": message["text"]}] if message["text"] else []
        if call := message.get("call"):
            blocks.append({"type": "tool_use", "id": call["id"], "name": call["name"], "input": call["arguments"]})
        role = message["role"]
        if role == "tool":
            role, blocks = "user", [{"type": "tool_result", "tool_use_id": message["id"], "content": message["text"]}]
        said.append({"role": role, "content": blocks})
    return said


def anthropic_tools(tools):
    return [{"name": tool["name"], "description": tool["description"], "input_schema": tool["parameters"]} for tool in tools]


class Fragments:
    """Puts the pieces of a stream together: text, and calls whose arguments come in pieces."""

    def __init__(self):
        self.text, self.calls = "", {}

    def call(self, index, name, arguments):
        known = self.calls.setdefault(index, ["", ""])
        known[0] += name or ""
        known[1] += arguments or ""

    def reply(self):
        return Reply(self.text, [(name, json.loads(arguments)) for name, arguments in self.calls.values()])
