"""The official openai SDK against the gateway: what it sends is protected, what it gets is whole."""
import json
import unittest

import openai

from harness import Destination, Gateway

MAIL = "lena.fischer@example.org"
MOBILE = "13812345678"
CARD = "4111111111111111"
QUESTION = f"请给客户张伟发邮件到{MAIL}，电话{MOBILE}，卡号{CARD}。Thanks!"
PLANTED = [MAIL, MOBILE, CARD]


class OpenAi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.destination = Destination()
        cls.gateway = Gateway(cls.destination.url)
        cls.client = openai.OpenAI(base_url=cls.gateway.url + "/v1", api_key="any", max_retries=0)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.gateway.stop()
        cls.destination.stop()

    def ask(self, text=QUESTION, **more):
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
        return self.client.chat.completions.create(model="deepseek-flash", messages=messages, **more)

    def assert_nothing_left(self):
        self.assertTrue(self.destination.bodies, "the destination got no request")
        for raw in self.destination.bodies:
            for value in PLANTED:
                self.assertNotIn(value.encode(), raw)

    def test_plain(self):
        self.destination.answer(keep_alive=True)
        reply = self.ask()
        self.assertEqual(reply.choices[0].message.content, QUESTION)
        self.assert_nothing_left()

    def test_stream_in_pieces(self):
        for piece in (1, 2, 3, 4):
            self.destination.answer(piece=piece, keep_alive=True)
            chunks = list(self.ask(stream=True, stream_options={"include_usage": True}))
            text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
            self.assertEqual(text, QUESTION)
            self.assertEqual(chunks[-1].usage.total_tokens, 15)
            self.assert_nothing_left()

    def test_tool_arguments(self):
        tool = {"type": "function", "function": {"name": "send", "parameters": {"type": "object", "properties": {}}}}
        for stream in (False, True):
            self.destination.answer(tool="send", piece=2)
            arguments = ""
            if stream:
                for chunk in self.ask(tools=[tool], stream=True):
                    for call in chunk.choices[0].delta.tool_calls or []:
                        arguments += call.function.arguments or ""
            else:
                arguments = self.ask(tools=[tool]).choices[0].message.tool_calls[0].function.arguments
            self.assertEqual(json.loads(arguments)["text"], QUESTION)
            self.assert_nothing_left()

    def test_a_conversation_keeps_its_bytes(self):
        self.destination.answer()
        messages = [{"role": "user", "content": QUESTION}]
        first = self.client.chat.completions.create(model="deepseek-flash", messages=messages)
        messages += [first.choices[0].message.to_dict(), {"role": "user", "content": "and now in English"}]
        self.client.chat.completions.create(model="deepseek-flash", messages=messages)
        one, two = self.destination.bodies
        user = json.loads(one)["messages"][0]["content"]
        again = json.loads(two)["messages"]
        self.assertEqual([again[0]["content"], again[1]["content"]], [user, user])
        self.assert_nothing_left()

    def test_errors_of_the_destination_keep_their_shape(self):
        self.destination.answer(status=429, text="slow down")
        with self.assertRaises(openai.RateLimitError) as caught:
            self.ask()
        self.assertEqual(caught.exception.body["message"], "slow down")

    def test_a_private_key_does_not_leave(self):
        self.destination.answer()
        key = "-----BEGIN " + "RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7" * 12 + "\n-----END RSA " + "PRIVATE KEY-----"
        with self.assertRaises(openai.APIStatusError) as caught:
            self.ask("what is this?\n" + key)
        self.assertIn(caught.exception.status_code, (403, 503))
        self.assertEqual(self.destination.bodies, [])

    def test_models_are_listed(self):
        self.assertIn("deepseek-flash", [model.id for model in self.client.models.list()])


if __name__ == "__main__":
    unittest.main()
