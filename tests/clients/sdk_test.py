"""What the official SDKs offer beside a dialogue: completions, fill in the middle, embeddings, helpers for streams, many at once, headers."""
import asyncio
import json
import unittest

import anthropic
import openai

from harness import Destination, Gateway
from python_async import AsyncAnthropic, AsyncOpenAi

MAIL, MOBILE = "lena.fischer@example.org", "13812345678"
TEXT = f"客户的邮箱是{MAIL}，手机{MOBILE}。"
MODEL = "deepseek-flash"
TOLD = {
    "x-request-id": "req_a1",
    "request-id": "req_b2",
    "x-ratelimit-remaining-requests": "499",
    "anthropic-ratelimit-requests-remaining": "49",
    "openai-processing-ms": "215",
    "openai-organization": "the-company",
    "set-cookie": "a=b",
}


class Sdk(unittest.TestCase):
    kind = "deepseek"

    @classmethod
    def setUpClass(cls):
        cls.destination = Destination()
        cls.addClassCleanup(cls.destination.stop)
        cls.gateway = Gateway(cls.destination.url, kind=cls.kind)
        cls.addClassCleanup(cls.gateway.stop)

    def setUp(self):
        self.destination.answer()

    def openai(self, prefix="/v1", retries=0):
        client = openai.OpenAI(base_url=self.gateway.url + prefix, api_key="any", max_retries=retries)
        self.addCleanup(client.close)
        return client

    def anthropic(self):
        client = anthropic.Anthropic(base_url=self.gateway.url + "/anthropic", api_key="any", max_retries=0)
        self.addCleanup(client.close)
        return client

    def nothing_left(self, requests=1):
        self.assertEqual(len(self.destination.bodies), requests)
        for body in self.destination.bodies:
            self.assertTrue(MAIL.encode() not in body and MOBILE.encode() not in body)


class Texts(Sdk):
    def test_completions_and_fill_in_the_middle(self):
        for more in ({}, {"suffix": f"# ask {MAIL}\n"}):
            asked = dict(model=MODEL, prompt=f"# 联系 {TEXT}\n", **more)
            expected = asked["prompt"] + more.get("suffix", "")
            for prefix in ("/beta", "/v1"):
                self.destination.answer(piece=2)
                client = self.openai(prefix)
                self.assertEqual(client.completions.create(**asked).choices[0].text, expected)
                chunks = list(client.completions.create(stream=True, **asked))
                self.assertEqual("".join(chunk.choices[0].text for chunk in chunks), expected)
                self.nothing_left(2)

    def test_helpers_of_messages(self):
        asked = dict(model=MODEL, max_tokens=64, messages=[{"role": "user", "content": TEXT}])
        with self.anthropic().messages.stream(**asked) as stream:
            kinds, snapshot = [], None
            for event in stream:
                kinds.append(event.type)
                if event.type == "text":
                    snapshot = event.snapshot
                if event.type == "content_block_stop":
                    self.assertEqual(event.content_block.text, TEXT)
            self.assertEqual(stream.get_final_text(), TEXT)
        self.assertEqual(snapshot, TEXT)
        self.assertEqual((kinds[0], kinds[-1]), ("message_start", "message_stop"))
        self.nothing_left()

    def test_helpers_of_messages_put_tool_input_together(self):
        self.destination.answer(tool="send", piece=2)
        tool = {"name": "send", "input_schema": {"type": "object", "properties": {"text": {"type": "string"}}}}
        asked = dict(model=MODEL, max_tokens=64, messages=[{"role": "user", "content": TEXT}], tools=[tool])
        with self.anthropic().messages.stream(**asked) as stream:
            snapshots = [event.snapshot for event in stream if event.type == "input_json"]
            message = stream.get_final_message()
        self.assertEqual(message.content[0].input, {"text": TEXT})
        self.assertEqual(snapshots[-1], {"text": TEXT})
        self.nothing_left()

    def test_many_streams_at_once_keep_apart(self):
        texts = [f"第{number}位客户的手机是1380013{8000 + number:04}，谢谢。" for number in range(16)]
        for client in (AsyncOpenAi, AsyncAnthropic):
            self.destination.answer(piece=1)
            ours = client(self.gateway.url, "any")
            replies = ours.ask_at_once([[{"role": "user", "text": text}] for text in texts])
            ours.close()
            self.assertEqual([reply.text for reply in replies], texts)
            sent = b"".join(self.destination.bodies)
            self.assertEqual(len(self.destination.bodies), len(texts))
            self.assertNotIn(b"1380013", sent)

    def test_a_task_that_is_cancelled_leaves_the_client_usable(self):
        ours = AsyncOpenAi(self.gateway.url, "any")

        async def give_up():
            stream = await ours.client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": TEXT}], stream=True
            )
            async for _ in stream:
                break
            await stream.close()

        self.destination.answer(piece=1)
        ours.loop.run_until_complete(asyncio.wait_for(give_up(), 30))
        self.assertEqual(ours.ask([{"role": "user", "text": TEXT}]).text, TEXT)
        ours.close()


class Headers(Sdk):
    def test_a_client_reads_what_the_provider_says_beside_the_body(self):
        self.destination.answer(headers=TOLD)
        message = [{"role": "user", "content": "Hello."}]
        answer = self.openai().chat.completions.with_raw_response.create(model=MODEL, messages=message)
        self.assertEqual(answer.headers["x-ratelimit-remaining-requests"], "499")
        self.assertEqual(answer.headers["openai-processing-ms"], "215")
        self.assertFalse({"set-cookie", "openai-organization"} & set(answer.headers.keys()))
        self.assertEqual(answer.parse()._request_id, "req_a1")
        answer = self.anthropic().messages.with_raw_response.create(model=MODEL, max_tokens=9, messages=message)
        self.assertEqual(answer.headers["anthropic-ratelimit-requests-remaining"], "49")
        self.assertEqual(answer.parse()._request_id, "req_b2")

    def test_a_client_waits_as_long_as_the_provider_says(self):
        told = {"retry-after-ms": "1", "x-request-id": "req_c3"}
        self.destination.answer(status=429, text="slow down", headers=told)
        client = self.openai(retries=2)
        with self.assertRaises(openai.RateLimitError) as caught:
            client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hello."}])
        self.assertEqual(caught.exception.request_id, "req_c3")
        self.assertEqual(len(self.destination.bodies), 3)
        self.destination.answer(status=429, text="slow down", headers=told | {"x-should-retry": "false"})
        with self.assertRaises(openai.RateLimitError):
            client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hello."}])
        self.assertEqual(len(self.destination.bodies), 1)

    def test_of_a_client_only_its_version_and_known_features_leave(self):
        message = [{"role": "user", "content": "Hello."}]
        client = self.anthropic()
        betas = ["context-1m-2025-08-07", "lena-fischer-2025-01-01"]
        client.beta.messages.create(model=MODEL, max_tokens=9, messages=message, betas=betas)
        [head] = ({name.lower(): value for name, value in head.items()} for head in self.destination.heads)
        version = client.default_headers["anthropic-version"]
        self.assertEqual((head["anthropic-version"], head["anthropic-beta"]), (version, betas[0]))
        known = {"host", "user-agent", "content-length", "authorization", "content-type", "accept", "accept-encoding"}
        self.assertEqual(set(head), known | {"anthropic-version", "anthropic-beta"})
        self.assertTrue(head["user-agent"].startswith("vestibule/"))


class Embeddings(Sdk):
    kind = "openai"

    def test_vectors_come_as_they_are(self):
        client = self.openai()
        for more in ({}, {"encoding_format": "float"}, {"encoding_format": "base64"}):
            self.destination.answer()
            answer = client.embeddings.create(model=MODEL, input=[TEXT, "the sea"], **more)
            vector = answer.data[1].embedding
            self.assertIsInstance(vector, str if more.get("encoding_format") == "base64" else list)
            if isinstance(vector, list):
                self.assertEqual(vector, [0.25, -0.5])
            self.nothing_left()
            self.assertEqual(json.loads(self.destination.bodies[0])["input"][1], "the sea")


if __name__ == "__main__":
    unittest.main()
