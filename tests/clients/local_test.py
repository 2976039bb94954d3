"""The real model in the building, through the official openai SDK."""
import unittest

import openai

from harness import Destination, Gateway

KEY = "-----BEGIN " + "RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7" * 6 + "\n-----END RSA " + "PRIVATE KEY-----"


class LocalModel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.destination = Destination()
        cls.gateway = Gateway(cls.destination.url, local=True)
        cls.client = openai.OpenAI(base_url=cls.gateway.url + "/v1", api_key="any", max_retries=3, timeout=300)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.gateway.stop()
        cls.destination.stop()

    def ask(self, text, **more):
        messages = [{"role": "user", "content": text}]
        return self.client.chat.completions.with_raw_response.create(
            model="deepseek-flash", messages=messages, max_tokens=24, **more
        )

    def test_what_may_not_leave_is_answered_in_the_building(self):
        self.destination.answer()
        answer = self.ask("What kind of file is this?\n" + KEY)
        self.assertEqual(answer.headers["x-vestibule-destination"], "local")
        reply = answer.parse()
        self.assertTrue(reply.choices[0].message.content)
        self.assertGreater(reply.usage.completion_tokens, 0)
        self.assertEqual(self.destination.bodies, [])

    def test_it_streams(self):
        answer = self.ask("Name a colour.\n" + KEY, stream=True, stream_options={"include_usage": True})
        chunks = list(answer.parse())
        self.assertTrue("".join(c.choices[0].delta.content or "" for c in chunks if c.choices))
        self.assertGreater(chunks[-1].usage.completion_tokens, 0)

    def test_harmless_questions_go_to_the_cloud(self):
        self.destination.answer()
        answer = self.ask("What is the capital of France?")
        self.assertEqual(answer.headers["x-vestibule-destination"], "deepseek")
        self.assertEqual(len(self.destination.bodies), 1)


if __name__ == "__main__":
    unittest.main()
