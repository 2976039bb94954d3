"""Requests made by chance after OpenAI's own API description: through the gateway they get what they get without it, or a reason.

The description is not part of the project; VESTIBULE_OPENAPI or ../shared/conformance says where it is.
"""
import collections
import json
import os
import pathlib
import unittest

import hypothesis
import requests
import schemathesis

from harness import ROOT, Destination, Gateway

FILE = pathlib.Path(os.environ.get("VESTIBULE_OPENAPI", ROOT.parent / "shared/conformance/openai-openapi.json"))
PATHS = ["/chat/completions", "/completions", "/embeddings", "/responses"]
MODEL = "deepseek-flash"
SETTINGS = hypothesis.settings(
    max_examples=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.generate],
)  # fmt: skip
# The gateway's refusals of what it can't inspect, keep or serve: codes of README.md.
REASONS = {"policy_blocked", "local_model_unavailable", "malformed_request", "stateful_request", "format_not_served"}


def description():
    whole = json.loads(FILE.read_text())
    whole["paths"] = {path: {"post": whole["paths"][path]["post"]} for path in PATHS}
    whole.pop("security", None)
    return schemathesis.openapi.from_dict(whole)


@unittest.skipUnless(FILE.exists(), "the API's description is not at hand: set VESTIBULE_OPENAPI to openai-openapi.json")
class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.destination = Destination()
        cls.addClassCleanup(cls.destination.stop)
        cls.gateway = Gateway(cls.destination.url, kind="openai")
        cls.addClassCleanup(cls.gateway.stop)
        cls.schema = description()
        cls.counts = collections.Counter()
        cls.addClassCleanup(lambda: print("\nwith and without the gateway:", dict(sorted(cls.counts.items()))))

    def test_requests_get_the_same_or_a_reason(self):
        for path in PATHS:
            with self.subTest(path):
                self.compare_all(path)

    def compare_all(self, path):
        strategy = self.schema[path]["POST"].as_strategy()

        @SETTINGS
        @hypothesis.given(strategy)
        def compare(case):
            self.compare(case, path)

        compare()
        self.assertGreater(self.counts[path, "same"], 0, "every request was refused")

    def compare(self, case, path):
        if not isinstance(case.body, dict):
            return
        case.body["model"] = MODEL
        if path == "/responses":
            # The description lets it be missing; without it there is nothing to answer.
            case.body.setdefault("input", "Hello.")
        direct, sent = self.call(case, self.destination.url)
        ours, arrived = self.call(case, self.gateway.url + "/v1")
        if not arrived:
            error = ours.json()["error"]
            self.assertIn(error["code"], REASONS, ours.text)
            self.assertTrue(error["message"])
            self.counts[path, "refused: " + error["code"]] += 1
            return
        self.assertEqual((ours.status_code, ours.content), (direct.status_code, direct.content))
        if ours.headers["x-vestibule-findings"] == "none":
            self.assertEqual(arrived, sent)
        self.counts[path, "same"] += 1

    def call(self, case, base):
        self.destination.answer(text="答复: done")
        answer = case.call(base_url=base, headers={"authorization": "Bearer any"})
        return answer, list(self.destination.bodies)

    def test_models_are_listed_in_the_same_form(self):
        schemas = json.loads(FILE.read_text())["components"]["schemas"]
        answer = requests.get(self.gateway.url + "/v1/models", timeout=10).json()
        self.assertEqual(set(answer), set(schemas["ListModelsResponse"]["required"]))
        for model in answer["data"]:
            self.assertLessEqual({"id", "object", "owned_by"}, set(model))


if __name__ == "__main__":
    unittest.main()
