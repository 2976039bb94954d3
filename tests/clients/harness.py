"""A running gateway for tests with real clients, and how clients reach it. Python's standard library only."""
import dataclasses
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

from upstream import Destination as Destination

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("VESTIBULE_BINARY", ROOT / "target/debug/vestibule"))
MODELS = os.environ.get("VESTIBULE_TEST_MODELS", str(ROOT / "target/test-models"))
PROXY_VARIABLES = [name for each in ("HTTP", "HTTPS", "ALL", "NO") for name in (f"{each}_PROXY", f"{each}_proxy".lower())]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(**more):
    """This process's environment without settings of a gateway, of proxies or of clients."""
    own = ("VESTIBULE_", "OPENAI_", "ANTHROPIC_", "DEEPSEEK_", "SSL_CERT_", "NODE_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(own) and key not in PROXY_VARIABLES}
    return kept | more


@dataclasses.dataclass
class Address:
    """How a client reaches the gateway: by a base URL, or by the API's own host and a proxy."""

    mode: str
    root: str
    environment: dict


class Gateway:
    """A gateway of its own data folder. The scripted destination is its `deepseek`.

    `local` adds the real model in the building, `forward` a local authority for the proxy, `kind` and `policy` are what
    the configuration calls so; without `keyless`, apps need keys.
    """

    def __init__(self, destination_url, *, local=False, forward=False, kind="deepseek", policy=None, keyless=True):
        self.folder = tempfile.TemporaryDirectory()
        self.port, self.admin = free_port(), free_port()
        self.config = pathlib.Path(self.folder.name, "vestibule.toml")
        self.config.write_text(configuration(self, destination_url, local, kind, policy, keyless))
        self.authority = self.make_authority() if forward else None
        self.log = open(pathlib.Path(self.folder.name, "log"), "wb")
        # Signals as they are here: SIGXFSZ stays ignored, so that a test can take the disk away.
        self.process = subprocess.Popen(
            [BINARY, "serve", "--config", self.config], env=clean_environment(), stdout=self.log, stderr=self.log,
            restore_signals=False,
        )  # fmt: skip
        self.wait_ready()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self):
        return pathlib.Path(self.folder.name, "data")

    def direct(self):
        return Address("base URL", self.url, clean_environment(NO_PROXY="127.0.0.1"))

    def proxied(self):
        """By proxy, with the authority in the variables that Python's and Node's clients read."""
        proxy = {"HTTPS_PROXY": self.url, "SSL_CERT_FILE": self.authority, "NODE_EXTRA_CA_CERTS": self.authority}
        return Address("proxy", "https://api.deepseek.com", clean_environment(**proxy))

    def with_password(self, key):
        """By proxy as well; who it is, the proxy's password says."""
        address = self.proxied()
        proxy = f"http://app:{key}@127.0.0.1:{self.port}"
        return dataclasses.replace(address, environment=address.environment | {"HTTPS_PROXY": proxy})

    def run(self, *command):
        """What a command beside the gateway prints."""
        run = [BINARY, "--config", self.config, *command]
        return subprocess.run(run, env=clean_environment(), capture_output=True, check=True).stdout

    def new_key(self, app):
        """A key for this app, which the gateway knows already."""
        key = json.loads(self.run("key", "new", "--app", app, "--json"))["key"]
        deadline = time.time() + 30
        while time.time() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/v1/models", headers={"authorization": f"Bearer {key}"})
            status = connection.getresponse().status
            connection.close()
            if status == 200:
                return key
            time.sleep(0.1)
        raise AssertionError("the gateway never knew its new key")

    def audited(self, kind):
        """The entries of this kind in the audit log, oldest first."""
        entries = map(json.loads, self.run("audit", "list", "--json", "--limit", "0").splitlines())
        return [entry for entry in entries if entry["kind"] == kind]

    def make_authority(self):
        self.run("ca", "new")
        file = pathlib.Path(self.folder.name, "ca.pem")
        file.write_bytes(self.run("ca", "print"))
        return str(file)

    def wait_ready(self, seconds=60):
        deadline = time.time() + seconds
        while time.time() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if self.get("/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError("the gateway did not get ready:\n" + self.read_log())

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=5)
        connection.request("GET", path)
        answer = connection.getresponse()
        status, body = answer.status, answer.read()
        connection.close()
        return status, body

    def read_log(self):
        return pathlib.Path(self.folder.name, "log").read_text(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)
        self.log.close()
        self.folder.cleanup()


def configuration(gateway, destination_url, local, kind, policy, keyless):
    text = f"""
[server]
listen = "127.0.0.1:{gateway.port}"
open = {str(keyless).lower()}
[admin]
listen = "127.0.0.1:{gateway.admin}"
[data]
folder = "{gateway.folder.name}/data"
[destinations.deepseek]
kind = "{kind}"
base_url = "{destination_url}"
api_key = "not-a-real-key"
prefer = "deepseek-flash"
"""
    if policy:
        text += f'[policy]\nfile = "{policy}"\n'
    if local:
        text += f"""
[models]
folder = "{MODELS}"
[destinations.local]
kind = "local"
model = "smollm2-135m"
"""
    return text
