"""The words in which the scripted destination answers: one class a format, each with a whole answer and the events of a stream.

Made after the shapes that DeepSeek's and OpenAI's servers send. Knows nothing of sockets.
"""
import array
import base64
import json

USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def pieces(text, size):
    return [text[at : at + size] for at in range(0, len(text), size)]


def plain(content):
    """The text of a content: a string, or the texts of its blocks, tool results too."""
    if not isinstance(content, list):
        return content or ""
    return "\n".join(block.get("text") or plain(block.get("content")) for block in content)


def data(value, event=None):
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


class Chat:
    path = "/chat/completions"
    end = b"data: [DONE]\n\n"

    @staticmethod
    def asked(body):
        return plain(body["messages"][-1]["content"])

    @staticmethod
    def frame(body, kind, choices):
        return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": body["model"], "choices": choices}

    @classmethod
    def whole(cls, body, text, script):
        message, finish = {"role": "assistant", "content": text}, "stop"
        if script.get("tool"):
            call = {"id": "call_0", "type": "function", "function": {"name": script["tool"], "arguments": text}}
            message, finish = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
        if script.get("reasoning"):
            message["reasoning_content"] = cls.asked(body)
        choice = {"message": message, "logprobs": None, "finish_reason": finish}
        choices = [{"index": index} | choice for index in range(int(body.get("n") or 1))]
        return cls.frame(body, "chat.completion", choices) | {"usage": USAGE}

    @classmethod
    def events(cls, body, text, script):
        def event(delta, finish=None):
            choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
            return data(cls.frame(body, "chat.completion.chunk", choices))

        for delta in cls.deltas(body, text, script):
            yield event(delta)
        yield event({}, "tool_calls" if script.get("tool") else "stop")
        if (body.get("stream_options") or {}).get("include_usage"):
            yield data(cls.frame(body, "chat.completion.chunk", []) | {"usage": USAGE})
        yield cls.end

    @classmethod
    def deltas(cls, body, text, script):
        size, tool = script.get("piece", 3), script.get("tool")
        yield {"role": "assistant", "content": None if tool else ""}
        if script.get("reasoning"):
            for piece in pieces(cls.asked(body), size):
                yield {"content": None, "reasoning_content": piece}
        if tool:
            function = {"name": tool, "arguments": ""}
            yield {"tool_calls": [{"index": 0, "id": "call_0", "type": "function", "function": function}]}
        for piece in pieces(text, size):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} if tool else {"content": piece}


class Messages:
    path = "/messages"
    usage = {"input_tokens": 10, "output_tokens": 5}

    @staticmethod
    def asked(body):
        return plain(body["messages"][-1]["content"])

    @classmethod
    def frame(cls, body, content, stop):
        return {
            "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": content,
            "stop_reason": stop, "stop_sequence": None, "usage": cls.usage,
        }  # fmt: skip

    @classmethod
    def whole(cls, body, text, script):
        if script.get("tool"):
            call = {"type": "tool_use", "id": "toolu_0", "name": script["tool"], "input": json.loads(text)}
            return cls.frame(body, [call], "tool_use")
        return cls.frame(body, [{"type": "text", "text": text}], "end_turn")

    @classmethod
    def events(cls, body, text, script):
        block, kind, field, stop = {"type": "text", "text": ""}, "text_delta", "text", "end_turn"
        if script.get("tool"):
            block = {"type": "tool_use", "id": "toolu_0", "name": script["tool"], "input": {}}
            kind, field, stop = "input_json_delta", "partial_json", "tool_use"
        said = [
            {"type": "message_start", "message": cls.frame(body, [], None)},
            {"type": "ping"},
            {"type": "content_block_start", "index": 0, "content_block": block},
        ]
        for piece in pieces(text, script.get("piece", 3)):
            said.append({"type": "content_block_delta", "index": 0, "delta": {"type": kind, field: piece}})
        delta = {"stop_reason": stop, "stop_sequence": None}
        said += [
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": delta, "usage": cls.usage},
            {"type": "message_stop"},
        ]
        return [data(value, value["type"]) for value in said]


class Completions:
    path = "/completions"

    @staticmethod
    def asked(body):
        prompt = body.get("prompt")
        prompt = prompt if isinstance(prompt, str) else "\n".join(str(each) for each in prompt or [])
        return prompt + (body.get("suffix") or "")

    @staticmethod
    def frame(body, text, finish):
        choices = [{"index": 0, "text": text, "logprobs": None, "finish_reason": finish}]
        return {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": body["model"], "choices": choices}

    @classmethod
    def whole(cls, body, text, _script):
        return cls.frame(body, text, "stop") | {"usage": USAGE}

    @classmethod
    def events(cls, body, text, script):
        for piece in pieces(text, script.get("piece", 3)):
            yield data(cls.frame(body, piece, None))
        yield data(cls.frame(body, "", "stop"))
        yield Chat.end


class Embeddings:
    path = "/embeddings"

    @staticmethod
    def asked(body):
        return ""

    vector = [0.25, -0.5]

    @classmethod
    def whole(cls, body, _text, _script):
        vector = cls.vector
        if body.get("encoding_format") == "base64":
            vector = base64.b64encode(array.array("f", vector).tobytes()).decode()
        many = len(body["input"]) if isinstance(body["input"], list) else 1
        vectors = [{"object": "embedding", "index": index, "embedding": vector} for index in range(many)]
        usage = {"prompt_tokens": 10, "total_tokens": 10}
        return {"object": "list", "data": vectors, "model": body["model"], "usage": usage}


class Responses:
    path = "/responses"

    @staticmethod
    def asked(body):
        put = body.get("input")
        if isinstance(put, list):
            last = put[-1] if put else {}
            put = plain(last.get("content") or last.get("output"))
        return put or ""

    @staticmethod
    def item(text, script):
        if script.get("tool"):
            call = {"type": "function_call", "id": "fc_1", "call_id": "call_0", "name": script["tool"]}
            return call | {"arguments": text, "status": "completed"}
        part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
        return {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [part]}

    @classmethod
    def whole(cls, body, text, script, status="completed"):
        usage = {
            "input_tokens": 10, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 5,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 15,
        }  # fmt: skip
        return {
            "id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": body["model"],
            "output": [cls.item(text, script)], "usage": usage, "error": None, "incomplete_details": None, "instructions": None,
            "metadata": {}, "parallel_tool_calls": True, "temperature": 1.0, "top_p": 1.0, "tool_choice": "auto",
            "tools": [],
        }  # fmt: skip

    @classmethod
    def events(cls, body, text, script):
        done = cls.whole(body, text, script)
        begun = done | {"status": "in_progress", "output": [], "usage": None}
        item = done["output"][0]
        told = cls.called(item, script) if script.get("tool") else cls.told(item, script)
        said = [
            {"type": "response.created", "response": begun},
            {"type": "response.in_progress", "response": begun},
            *told,
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": done},
        ]
        return [data(value | {"sequence_number": number}, value["type"]) for number, value in enumerate(said)]

    @staticmethod
    def told(item, script):
        part = item["content"][0]
        text, at = part["text"], {"item_id": item["id"], "output_index": 0, "content_index": 0}
        yield {"type": "response.output_item.added", "output_index": 0, "item": item | {"content": []}}
        yield {"type": "response.content_part.added", **at, "part": part | {"text": ""}}
        for piece in pieces(text, script.get("piece", 3)):
            yield {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}
        yield {"type": "response.output_text.done", **at, "text": text, "logprobs": []}
        yield {"type": "response.content_part.done", **at, "part": part}

    @staticmethod
    def called(item, script):
        about = {"item_id": item["id"], "output_index": 0}
        yield {"type": "response.output_item.added", "output_index": 0, "item": item | {"arguments": ""}}
        for piece in pieces(item["arguments"], script.get("piece", 3)):
            yield {"type": "response.function_call_arguments.delta", **about, "delta": piece}
        done = {"name": item["name"], "arguments": item["arguments"]}
        yield {"type": "response.function_call_arguments.done", **about, **done}


# The longer path of two that end alike comes first.
FORMATS = [Chat, Completions, Embeddings, Responses, Messages]
