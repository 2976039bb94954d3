"""Every client, by base URL and by proxy, through the same dialogue: what it sends is protected, what it gets is whole."""
import json
import os
import pathlib
import tempfile
import unittest
import unittest.mock

from curl_client import CURL
from dialogue import SEND, Refused
from harness import ROOT, Destination, Gateway
from node_clients import NODE_CLIENTS
from python_async import ASYNC_CLIENTS
from python_clients import PYTHON_CLIENTS
from python_responses import RESPONSES_CLIENTS

MAIL, MOBILE, CARD = "lena.fischer@example.org", "13812345678", "4111111111111111"
RESIDENT, NAME = "11010519491231002X", "张伟"
ENGLISH = f"Please write to {MAIL}, call {MOBILE}, charge {CARD}."
CHINESE = f"客户{NAME}的身份证号是{RESIDENT}，手机{MOBILE}，邮箱{MAIL}。😀"
RESULT = f"查到客户{NAME}，电话{MOBILE}; mail \"{MAIL}\""
PRIVATE_KEY = "-----BEGIN " + "RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7" * 12 + "\n-----END RSA " + "PRIVATE KEY-----"
WRONG_KEY = "vs" + "k_" + "thisisnotone"


# The built-in policy, but private keys go nowhere.
BLOCKED = "private_key: {local: block, deepseek: block}"
LOCAL_ONLY = "private_key: {local: allow,  deepseek: local_only}"


def strict_policy(folder):
    policy = (ROOT / "policies/default.yaml").read_text()
    assert LOCAL_ONLY in policy
    file = pathlib.Path(folder, "policy.yaml")
    file.write_text(policy.replace(LOCAL_ONLY, BLOCKED))
    return file


def user(text):
    return {"role": "user", "text": text}


def forms(value):
    """A value as it may stand in a body: plain, escaped, escaped twice."""
    escaped = json.dumps(value)[1:-1]
    return {value, escaped, json.dumps(escaped)[1:-1]}


SHARED = {}


def setUpModule():
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    SHARED["destination"] = Destination()
    unittest.addModuleCleanup(SHARED["destination"].stop)
    SHARED["gateway"] = Gateway(SHARED["destination"].url, forward=True, policy=strict_policy(folder.name))
    unittest.addModuleCleanup(SHARED["gateway"].stop)


class Dialogue:
    """The dialogue itself; a class below for each client and way."""

    client, way = None, None

    @classmethod
    def setUpClass(cls):
        cls.destination, cls.gateway = SHARED["destination"], SHARED["gateway"]
        cls.address = getattr(cls.gateway, cls.way)()
        cls.patch = unittest.mock.patch.dict(os.environ, cls.address.environment, clear=True)
        cls.patch.start()
        cls.addClassCleanup(cls.patch.stop)
        cls.ours = cls.client(cls.address.root, "any")
        cls.addClassCleanup(cls.ours.close)

    def ask(self, messages, script=None, **more):
        self.destination.answer(**script or {})
        reply = self.ours.ask(messages, **more)
        self.assertTrue(self.destination.bodies, "the destination got no request")
        for raw in self.destination.bodies:
            body = raw.decode()
            left = [value for value in (MAIL, MOBILE, CARD, RESIDENT, NAME) for form in forms(value) if form in body]
            self.assertEqual(left, [], "left the building")
        return reply

    def test_plain_in_both_languages(self):
        for text in (ENGLISH, CHINESE):
            self.assertEqual(self.ask([user(text)]).text, text)

    def test_stream_in_both_languages(self):
        for piece in (1, 4, 50):
            for text in (ENGLISH, CHINESE):
                self.assertEqual(self.ask([user(text)], {"piece": piece}, stream=True).text, text, piece)

    def test_tool_call_and_result(self):
        for stream in (False, True):
            reply = self.ask([user(CHINESE)], {"tool": "send", "piece": 2}, tools=[SEND], stream=stream)
            self.assertEqual(reply.calls, [("send", {"text": CHINESE})])
            call = {"id": "call_0", "name": "send", "arguments": reply.calls[0][1]}
            turns = [user(CHINESE), {"role": "assistant", "text": "", "call": call}]
            turns.append({"role": "tool", "id": "call_0", "text": RESULT})
            self.assertEqual(self.ask(turns, tools=[SEND], stream=stream).text, RESULT)

    def test_several_turns_keep_their_bytes(self):
        turns = [user(CHINESE)]
        first = self.ask(turns)
        sent = self.user_texts()
        turns += [{"role": "assistant", "text": first.text}, user(f"And {MAIL} once more?")]
        self.assertEqual(self.ask(turns).text, turns[-1]["text"])
        self.assertEqual(self.user_texts()[0], sent[0])

    def user_texts(self):
        body = json.loads(self.destination.bodies[-1])
        messages = body.get("messages") or body["input"]
        return [json.dumps(message["content"]) for message in messages if message["role"] == "user"]

    def test_a_refusal_by_policy_is_an_error_with_its_reason(self):
        self.destination.answer()
        for stream in (False, True):
            with self.assertRaises(Refused) as caught:
                self.ours.ask([user("What is this?\n" + PRIVATE_KEY)], stream=stream)
            self.assertEqual(caught.exception.status, 403)
            self.assertIn("请删除后重试", caught.exception.told)
            self.assertIn("may not be processed here", caught.exception.told)
            self.assertNotIn("MIIEpAIBAAKCAQEA7", caught.exception.told)
        self.assertEqual(self.destination.bodies, [])

    def test_a_wrong_key_is_refused(self):
        self.destination.answer()
        stranger = self.client(self.address.root, WRONG_KEY)
        with self.assertRaises(Refused) as caught:
            stranger.ask([user("Hello.")])
        stranger.close()
        self.assertEqual(caught.exception.status, 401)
        self.assertNotIn(WRONG_KEY, caught.exception.told)
        self.assertEqual(self.destination.bodies, [])

    def test_an_error_of_the_destination_keeps_its_status_and_words(self):
        self.destination.answer(status=429, text="slow down")
        with self.assertRaises(Refused) as caught:
            self.ours.ask([user("Hello.")])
        self.assertEqual(caught.exception.status, 429)
        self.assertIn("slow down", caught.exception.told)


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for client in PYTHON_CLIENTS + ASYNC_CLIENTS + RESPONSES_CLIENTS + NODE_CLIENTS + CURL:
        for way in ("direct", "proxied"):
            name = f"{client.name} {way}"
            about = {"client": client, "way": way, "__qualname__": name, "__module__": __name__}
            case = type(name, (Dialogue, unittest.TestCase), about)
            suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    unittest.main()
