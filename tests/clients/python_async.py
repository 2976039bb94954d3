"""The official Python SDKs as an app with an event loop uses them: one loop a client, which lives as long as it does."""
import asyncio

import anthropic
import openai

from dialogue import Fragments, Refused, anthropic_messages, anthropic_tools, openai_messages, openai_tools
from python_clients import MODEL, TOKENS, Anthropic, openai_reply


class Async:
    """Runs each question in the loop."""

    client, errors = None, None

    def __init__(self):
        self.loop = asyncio.new_event_loop()

    def ask(self, messages, tools=(), stream=False):
        try:
            return self.loop.run_until_complete(self.answer(messages, tools, stream))
        except self.errors as error:
            raise Refused(error.status_code, str(error)) from error

    def ask_at_once(self, questions):
        """Streams of several questions at the same time, on one client."""

        async def answers():
            return await asyncio.gather(*(self.answer(messages, (), True) for messages in questions))

        return self.loop.run_until_complete(answers())

    def close(self):
        self.loop.run_until_complete(self.client.close())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


class AsyncOpenAi(Async):
    name, errors = "openai async", openai.APIStatusError

    def __init__(self, root, key):
        super().__init__()
        self.client = openai.AsyncOpenAI(base_url=root + "/v1", api_key=key, max_retries=0)

    async def answer(self, messages, tools, stream):
        more = {"tools": openai_tools(tools)} if tools else {}
        answer = await self.client.chat.completions.create(
            model=MODEL, messages=openai_messages(messages), stream=stream, **more
        )
        if not stream:
            return openai_reply(answer.choices[0].message)
        whole = Fragments()
        async for chunk in answer:
            for choice in chunk.choices:
                whole.text += choice.delta.content or ""
                for call in choice.delta.tool_calls or []:
                    whole.call(call.index, call.function.name, call.function.arguments)
        return whole.reply()


class AsyncAnthropic(Async):
    name, errors = "anthropic async", anthropic.APIStatusError

    def __init__(self, root, key):
        super().__init__()
        self.client = anthropic.AsyncAnthropic(base_url=root + "/anthropic", api_key=key, max_retries=0)

    async def answer(self, messages, tools, stream):
        more = {"tools": anthropic_tools(tools)} if tools else {}
        asked = dict(model=MODEL, max_tokens=TOKENS, messages=anthropic_messages(messages), **more)
        if not stream:
            return Anthropic.reply(await self.client.messages.create(**asked))
        async with self.client.messages.stream(**asked) as events:
            said = "".join([text async for text in events.text_stream])
            reply = Anthropic.reply(await events.get_final_message())
        if said != reply.text:
            raise AssertionError("the stream's texts are not those of its message")
        return reply


ASYNC_CLIENTS = [AsyncOpenAi, AsyncAnthropic]
