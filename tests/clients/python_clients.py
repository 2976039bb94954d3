"""The Python clients, each taught to say the dialogue: one class a client, made anew for each way to the gateway."""
import json
import os

# Read when it is imported: its own table of prices, not one from the net.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import anthropic
import langchain_deepseek
import langchain_openai
import litellm
import llama_index.llms.openai_like
import openai
from llama_index.core.base.llms.types import ChatMessage

from dialogue import Fragments, Refused, Reply, anthropic_messages, anthropic_tools, openai_messages, openai_tools

litellm.suppress_debug_info = True
MODEL = "deepseek-flash"
TOKENS = 256


def openai_reply(message):
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []]
    return Reply(message.content or "", calls)


def openai_stream(chunks):
    whole = Fragments()
    for chunk in chunks:
        for choice in chunk.choices:
            whole.text += choice.delta.content or ""
            for call in choice.delta.tool_calls or []:
                whole.call(call.index, call.function.name, call.function.arguments)
    return whole.reply()


class OpenAi:
    name = "openai"

    def __init__(self, root, key):
        self.client = openai.OpenAI(base_url=root + "/v1", api_key=key, max_retries=0)

    def ask(self, messages, tools=(), stream=False):
        more = {"tools": openai_tools(tools)} if tools else {}
        try:
            answer = self.client.chat.completions.create(
                model=MODEL, messages=openai_messages(messages), stream=stream, **more
            )
        except openai.APIStatusError as error:
            raise Refused(error.status_code, str(error)) from error
        return openai_stream(answer) if stream else openai_reply(answer.choices[0].message)

    def close(self):
        self.client.close()


class Anthropic:
    name = "anthropic"

    def __init__(self, root, key):
        self.client = anthropic.Anthropic(base_url=root + "/anthropic", api_key=key, max_retries=0)

    def ask(self, messages, tools=(), stream=False):
        more = {"tools": anthropic_tools(tools)} if tools else {}
        asked = dict(model=MODEL, max_tokens=TOKENS, messages=anthropic_messages(messages), **more)
        try:
            if not stream:
                return self.reply(self.client.messages.create(**asked))
            with self.client.messages.stream(**asked) as events:
                return self.reply(events.get_final_message())
        except anthropic.APIStatusError as error:
            raise Refused(error.status_code, str(error)) from error

    @staticmethod
    def reply(message):
        text = "".join(block.text for block in message.content if block.type == "text")
        return Reply(text, [(block.name, block.input) for block in message.content if block.type == "tool_use"])

    def close(self):
        self.client.close()


class LangChain:
    """What its two chat models have in common."""

    def ask(self, messages, tools=(), stream=False):
        model = self.model.bind_tools(openai_tools(tools)) if tools else self.model
        try:
            if not stream:
                answer = model.invoke(openai_messages(messages))
            else:
                pieces = list(model.stream(openai_messages(messages)))
                answer = pieces[0]
                for piece in pieces[1:]:
                    answer += piece
        except openai.APIStatusError as error:
            raise Refused(error.status_code, str(error)) from error
        return Reply(answer.content, [(call["name"], call["args"]) for call in answer.tool_calls])

    def close(self):
        pass


class LangChainOpenAi(LangChain):
    name = "langchain-openai"

    def __init__(self, root, key):
        self.model = langchain_openai.ChatOpenAI(model=MODEL, base_url=root + "/v1", api_key=key, max_retries=0)


class LangChainDeepSeek(LangChain):
    name = "langchain-deepseek"

    def __init__(self, root, key):
        self.model = langchain_deepseek.ChatDeepSeek(model=MODEL, api_base=root + "/v1", api_key=key, max_retries=0)


class LiteLlm:
    """Under `/beta`, as it does by itself for DeepSeek."""

    name = "litellm"

    def __init__(self, root, key):
        # It keeps connections from earlier, with the proxy of earlier.
        litellm.in_memory_llm_clients_cache.flush_cache()
        self.to = {"api_base": root + "/beta", "api_key": key, "max_retries": 0, "num_retries": 0}

    def ask(self, messages, tools=(), stream=False):
        more = {"tools": openai_tools(tools)} if tools else {}
        try:
            answer = litellm.completion(
                model="deepseek/" + MODEL, messages=openai_messages(messages), stream=stream, **self.to, **more
            )
            return openai_stream(answer) if stream else openai_reply(answer.choices[0].message)
        except openai.APIError as error:
            raise Refused(error.status_code, str(error)) from error

    def close(self):
        pass


class LlamaIndex:
    name = "llama-index"

    def __init__(self, root, key):
        self.model = llama_index.llms.openai_like.OpenAILike(
            model=MODEL, api_base=root + "/v1", api_key=key, is_chat_model=True, is_function_calling_model=True,
            max_retries=0, reuse_client=False,
        )  # fmt: skip

    def ask(self, messages, tools=(), stream=False):
        said = [self.message(message) for message in openai_messages(messages)]
        more = {"tools": openai_tools(tools)} if tools else {}
        try:
            if stream:
                answer = list(self.model.stream_chat(said, **more))[-1]
            else:
                answer = self.model.chat(said, **more)
        except openai.APIStatusError as error:
            raise Refused(error.status_code, str(error)) from error
        calls = self.model.get_tool_calls_from_response(answer, error_on_no_tool_call=False)
        return Reply(answer.message.content or "", [(call.tool_name, call.tool_kwargs) for call in calls])

    @staticmethod
    def message(said):
        more = {key: value for key, value in said.items() if key in ("tool_calls", "tool_call_id")}
        return ChatMessage(role=said["role"], content=said["content"], additional_kwargs=more)

    def close(self):
        pass


PYTHON_CLIENTS = [OpenAi, Anthropic, LangChainOpenAi, LangChainDeepSeek, LiteLlm, LlamaIndex]
