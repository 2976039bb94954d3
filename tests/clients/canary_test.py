"""canarywire, an independent test of the boundary: its canaries and ours, its templates and ours, whole and in fragments, under faults.

Its capture server takes the destination's place. Exit code 0 says that no canary left and that every one came back.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

from harness import Gateway, clean_environment, free_port

HERE = pathlib.Path(__file__).resolve().parent
TOOL = [sys.executable, "-m", "canarywire"]
SEED = "20261124"

# Templates in Chinese, with the types of canary_values.py.
TYPES = {name: {"generator": f"canary_values:{name}"} for name in ("resident_id", "mobile", "contract")}
CHINESE = {
    "canaries": {"id": "resident_id", "mobile": "mobile", "contract": "contract", "card": "card"},
    "request": {
        "system": "你是客服。值班手机{{ mobile.raw }}。",
        "messages": [
            {
                "role": "user",
                "content": "身份证号{{ id.raw }}，手机{{ mobile.raw }}，合同{{ contract.raw }}，卡号{{ card.raw }}。",
            }
        ],
    },
    "response": {
        "content": "已核对：{{ id.masked }}；手机{{ mobile.masked }}，合同 {{ contract.masked }}，卡号{{ card.masked }}。",
    },
}
CHINESE_TOOLS = {
    "canaries": {"id": "resident_id", "mobile": "mobile", "contract": "contract"},
    "request": {
        "tools": [
            {
                "name": "query",
                "description": "查询客户，例如身份证号{{ id.raw }}",
                "parameters": {"type": "object", "properties": {"手机": {"type": "string"}}},
            }
        ],
        "messages": [
            {"role": "user", "content": "请查合同{{ contract.raw }}。"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "call_q", "name": "query", "arguments": {"手机": "{{ mobile.raw }}"}}],
            },
            {"role": "tool", "tool_call_id": "call_q", "content": {"合同": "{{ contract.raw }}", "身份证号": "{{ id.raw }}"}},
        ],
    },
    "response": {
        "content": None,
        "tool_calls": [
            {"id": "call_r", "name": "query", "arguments": {"手机": "{{ mobile.masked }}", "身份证号": "{{ id.masked }}"}}
        ],
    },
}
TEMPLATES = ["default", "tool-calls", "multi-turn", "chinese", "chinese-tools"]
STREAMED = ["default", "multi-turn", "chinese"]


class Canaries(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.environment = clean_environment(HOME=self.folder.name, PYTHONPATH=str(HERE))
        self.capture = f"127.0.0.1:{free_port()}"
        serve = [*TOOL, "serve", "--listen", self.capture]
        server = subprocess.Popen(serve, cwd=self.folder.name, env=self.environment, stdout=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        time.sleep(1)
        self.gateway = Gateway(f"http://{self.capture}", policy=HERE / "canary_policy.yaml")
        self.addCleanup(self.gateway.stop)

    def settings(self):
        """JSON, which is YAML too."""
        disk, process = f"{sys.executable} {HERE / 'fault.py'}", self.gateway.process.pid
        return {
            "capture": {"url": f"http://{self.capture}"},
            "target": {
                "base_url": self.gateway.url,
                "routes": [
                    {"protocol": "openai-chat", "path": "/v1/chat/completions"},
                    {"protocol": "openai-chat", "path": "/chat/completions", "name": "without-v1"},
                    {"protocol": "anthropic-messages", "path": "/v1/messages"},
                    {"protocol": "anthropic-messages", "path": "/anthropic/v1/messages", "name": "anthropic"},
                ],
            },
            "canary_types": TYPES,
            "templates": {"chinese": CHINESE, "chinese-tools": CHINESE_TOOLS},
            "generators": {
                "baseline": {"templates": TEMPLATES},
                "fragmentation": {"templates": STREAMED},
                "fault": {"templates": TEMPLATES},
            },
            # What can't be recorded does not leave.
            "faults": [
                {"name": "disk-full", "before": f"{disk} full {process}", "after": f"{disk} free {process}"},
            ],
        }

    def test_the_boundary_holds(self):
        file = pathlib.Path(self.folder.name, "canarywire.yaml")
        file.write_text(json.dumps(self.settings(), ensure_ascii=False))
        out = pathlib.Path(os.environ.get("VESTIBULE_CANARY_REPORT", self.folder.name + "/out"))
        run = [*TOOL, "run", "--config", file, "--out", out, "--seed", SEED]
        done = subprocess.run(run, cwd=self.folder.name, env=self.environment, capture_output=True, text=True)
        report = out / "report.md"
        told = report.read_text() if report.exists() else ""
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + told[:8000])
        for generator in ("baseline", "fragmentation", "fault"):
            self.assertIn(generator, (out / "report.json").read_text())


if __name__ == "__main__":
    unittest.main()
