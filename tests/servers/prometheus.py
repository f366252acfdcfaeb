"""Prometheus, and its own checks of what is written for it."""

import json
import os
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

import pytest
import yaml

from syncd.daemon.metrics import Metrics
from tests.servers.ports import free_port

_PATIENCE = 30.0
_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Faulty(AssertionError):
    """What is wrong, in promtool's words."""


def promtool(*command: object, given: str | None = None) -> str:
    """What it says of that. Raises `Faulty` where it finds fault."""
    done = subprocess.run(
        [_program("promtool"), *map(str, command)],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Faulty(f"{done.stdout}{done.stderr}")
    return f"{done.stdout}{done.stderr}"


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        why = f"{name} is not installed (Debian's package prometheus)"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return found


class Prometheus:
    """A server that has scraped these metrics, and looked at the rules, when the block begins."""

    def __init__(self, directory: Path, metrics: Metrics, rules: Path) -> None:
        self._program = _program("prometheus")
        self._directory = directory
        self.asked_for: set[str] = set()
        self._site = ThreadingHTTPServer(("127.0.0.1", 0), _handler(metrics, self.asked_for))
        self._port = free_port()
        self._config = directory / "prometheus.yaml"
        target = f"127.0.0.1:{self._site.server_port}"
        scrape = {"job_name": "syncd", "static_configs": [{"targets": [target]}]}
        often = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        self._config.write_text(
            yaml.safe_dump(
                {"global": often, "rule_files": [str(rules)], "scrape_configs": [scrape]}
            )
        )

    def __enter__(self) -> Self:
        Thread(target=self._site.serve_forever, daemon=True).start()
        self._log = (self._directory / "prometheus.log").open("wb")
        self._process = subprocess.Popen(
            [
                self._program,
                f"--config.file={self._config}",
                f"--storage.tsdb.path={self._directory / 'data'}",
                f"--web.listen-address=127.0.0.1:{self._port}",
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        until = time.monotonic() + _PATIENCE
        while not self._has_looked():
            if time.monotonic() > until or self._process.poll() is not None:
                self.__exit__()
                raise AssertionError((self._directory / "prometheus.log").read_text()[-2000:])
            time.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(_PATIENCE)
        self._log.close()
        self._site.shutdown()
        self._site.server_close()

    def ask(self, query: str) -> list[Any]:
        """The result's series."""
        found: list[Any] = self._get("query", {"query": query})["data"]["result"]
        return found

    def alerts(self, wanted: set[str]) -> set[str]:
        """Those that fire, or would when they have waited; once all groups have had their turn."""
        until = time.monotonic() + _PATIENCE
        while True:
            told = self._get("alerts", {})["data"]["alerts"]
            found = {one["labels"]["alertname"] for one in told}
            if wanted <= found or time.monotonic() > until:
                return found
            time.sleep(0.2)

    def _has_looked(self) -> bool:
        with suppress(OSError):
            return bool(self.ask('ALERTS{alertname=~"Syncd.*"}') and self.ask("up == 1"))
        return False

    def _get(self, what: str, query: dict[str, str]) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self._port}/api/v1/{what}?{urllib.parse.urlencode(query)}"
        with _DIRECTLY.open(url, timeout=_PATIENCE) as answer:
            told: dict[str, Any] = json.load(answer)
        return told


def _handler(metrics: Metrics, asked_for: set[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            accept = self.headers.get("Accept", "")
            body, form = metrics.render(accept), metrics.content_type(accept)
            asked_for.add(form)
            self.send_response(200)
            self.send_header("Content-Type", form)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
