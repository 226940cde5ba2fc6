"""A model hub on 127.0.0.1 with as much of the real one's interface as its client needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Serves one repository from a folder; `requests` lists what was asked for."""

    def __init__(self, repo: str, folder: Path) -> None:
        self.repo = repo
        self.folder = folder
        self.endpoint = ""
        self.requests: list[str] = []
        self.cut: str | None = None
        """Name of a file of which only half is sent."""

    def info(self) -> bytes:
        siblings = []
        for path in sorted(self.folder.iterdir()):
            content = path.read_bytes()
            entry: dict[str, object] = {"rfilename": path.name, "size": len(content), "blobId": "0" * 40}
            if path.suffix in (".safetensors", ".bin"):
                digest = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"size": len(content), "sha256": digest, "pointerSize": 130}
            siblings.append(entry)
        return json.dumps({"id": self.repo, "sha": COMMIT, "siblings": siblings}).encode()


@contextmanager
def serve(repo: str, folder: Path) -> Iterator[Hub]:
    hub = Hub(repo, folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            hub.requests.append(path)
            if path.startswith(f"/api/models/{hub.repo}") and path.rsplit("/")[-1] != "missing":
                self.reply(hub.info(), {"Content-Type": "application/json"})
            elif path.startswith(f"/{hub.repo}/resolve/{COMMIT}/"):
                name = path.rsplit("/")[-1]
                content = (hub.folder / name).read_bytes()
                etag = hashlib.sha256(content).hexdigest()
                self.reply(content, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}, cut=name == hub.cut)
            elif path.startswith(f"/api/models/{hub.repo}"):
                self.refuse("RevisionNotFound")
            else:
                self.refuse("RepoNotFound")

        do_HEAD = do_GET

        def refuse(self, code: str) -> None:
            self.send_response(404)
            self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def reply(self, content: bytes, headers: dict[str, str], *, cut: bool = False) -> None:
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content[: len(content) // 2] if cut else content)
                self.close_connection = cut

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            # the test session is offline, which the client reads once, when it is imported
            patch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
            yield hub
    finally:
        server.shutdown()
        server.server_close()
