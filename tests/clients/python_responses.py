"""The official openai SDK for Python in the words of Responses: whole, event by event, and by its own helper for streams."""
import json

import openai

from dialogue import Refused, Reply, responses_input, responses_tools
from python_clients import MODEL


def responses_reply(response):
    calls = [(item.name, json.loads(item.arguments)) for item in response.output if item.type == "function_call"]
    return Reply(response.output_text, calls)


class Responses:
    name = "openai responses"

    def __init__(self, root, key):
        self.client = openai.OpenAI(base_url=root + "/v1", api_key=key, max_retries=0)

    def ask(self, messages, tools=(), stream=False):
        more = {"tools": responses_tools(tools)} if tools else {}
        asked = dict(model=MODEL, input=responses_input(messages), store=False, **more)
        try:
            if not stream:
                return responses_reply(self.client.responses.create(**asked))
            return self.streamed(asked)
        except openai.APIStatusError as error:
            raise Refused(error.status_code, str(error)) from error

    def streamed(self, asked):
        """Every copy of a text must say the same: its pieces, its end, and the response at the end."""
        pieces, ends, last = {}, {}, None
        for event in self.client.responses.create(stream=True, **asked):
            if event.type in ("response.output_text.delta", "response.function_call_arguments.delta"):
                pieces[event.item_id] = pieces.get(event.item_id, "") + event.delta
            elif event.type == "response.output_text.done":
                ends[event.item_id] = event.text
            elif event.type == "response.function_call_arguments.done":
                ends[event.item_id] = event.arguments
            elif event.type == "response.completed":
                last = event.response
        reply = responses_reply(last)
        told = {item.id: item.arguments if item.type == "function_call" else item.content[0].text for item in last.output}
        if not pieces == ends == told:
            raise AssertionError("the copies of a text differ")
        return reply

    def close(self):
        self.client.close()


class ResponsesHelper(Responses):
    name = "openai responses.stream"

    def streamed(self, asked):
        with self.client.responses.stream(**asked) as events:
            seen = "".join(event.delta for event in events if event.type == "response.output_text.delta")
            reply = responses_reply(events.get_final_response())
        if seen != reply.text:
            raise AssertionError("the stream's texts are not those of its response")
        return reply


RESPONSES_CLIENTS = [Responses, ResponsesHelper]
