"""Apps that have the API's host and a provider's key built in: the proxy's password says which app it is, nothing else of it leaves."""
import os
import unittest
import unittest.mock

import anthropic
import openai

from curl_client import Curl
from dialogue import Refused
from harness import Destination, Gateway
from node_clients import NodeAnthropic, NodeOpenAi
from python_async import AsyncAnthropic, AsyncOpenAi
from python_clients import Anthropic, LiteLlm, OpenAi

MAIL = "lena.fischer@example.org"
QUESTION = [{"role": "user", "text": f"请写信给 {MAIL}。"}]
PROVIDERS = "s" + "k-of-the-provider-0123456789abcdef"
CLIENTS = [Curl, OpenAi, AsyncOpenAi, Anthropic, AsyncAnthropic, LiteLlm, NodeOpenAi, NodeAnthropic]


class Password(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.destination = Destination()
        cls.addClassCleanup(cls.destination.stop)
        cls.gateway = Gateway(cls.destination.url, forward=True, keyless=False)
        cls.addClassCleanup(cls.gateway.stop)
        cls.key = cls.gateway.new_key("crm")

    def use(self, client, password, key=PROVIDERS):
        address = self.gateway.with_password(password) if password else self.gateway.proxied()
        patch = unittest.mock.patch.dict(os.environ, address.environment, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        ours = client(address.root, key)
        self.addCleanup(ours.close)
        return ours

    def test_the_password_is_enough(self):
        for client in CLIENTS:
            with self.subTest(client.name):
                before = len(self.gateway.audited("llm.request"))
                ours = self.use(client, self.key)
                for stream in (False, True):
                    self.destination.answer()
                    self.assertEqual(ours.ask(QUESTION, stream=stream).text, QUESTION[0]["text"])
                    [head], [body] = self.destination.heads, self.destination.bodies
                    self.assertNotIn(MAIL.encode(), body)
                    told = repr(head)
                    self.assertTrue(PROVIDERS not in told and self.key not in told and "proxy-auth" not in told.lower())
                apps = [entry["app"] for entry in self.gateway.audited("llm.request")[before:]]
                self.assertEqual(apps, ["crm", "crm"])

    def test_a_wrong_password_gets_nowhere(self):
        wrong = "vs" + "k_" + "thisisnotone"
        for client, error in (
            (OpenAi, openai.APIConnectionError),
            (AsyncOpenAi, openai.APIConnectionError),
            (Anthropic, anthropic.APIConnectionError),
        ):
            with self.subTest(client.name):
                self.destination.answer()
                ours = self.use(client, wrong)
                with self.assertRaises(error):
                    ours.ask(QUESTION)
                self.assertEqual(self.destination.bodies, [])

    def test_without_one_a_key_of_ours_must_be_inside(self):
        self.destination.answer()
        with self.assertRaises(Refused) as caught:
            self.use(OpenAi, None).ask(QUESTION)
        self.assertEqual(caught.exception.status, 401)
        self.assertEqual(self.destination.bodies, [])
        self.assertEqual(self.use(OpenAi, None, self.key).ask(QUESTION).text, QUESTION[0]["text"])

    def test_curl_says_it_with_its_own_option(self):
        self.destination.answer()
        ours = self.use(Curl, None)
        ours.options += ["--proxy-user", f"app:{self.key}"]
        self.assertEqual(ours.ask(QUESTION).text, QUESTION[0]["text"])


if __name__ == "__main__":
    unittest.main()
