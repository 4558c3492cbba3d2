"""Checkpoints that can be downloaded: whole, verified and where they are looked for, or not at all."""

import contextlib
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from frameloom.catalog import Checkpoint, ModelCard
from frameloom.checkpoints.download import fetch_checkpoint
from frameloom.checkpoints.locations import find_checkpoint, place_of
from frameloom.errors import CannotWrite, ModelError
from frameloom.progress import listening
from tiny_network import card

CONTENT = bytes(range(256)) * 9000  # more than two chunks
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Site(http.server.BaseHTTPRequestHandler):
    """Serves the content whole, broken off, or as a page about it."""

    def do_GET(self) -> None:
        if self.path not in ("/whole.pkl", "/broken.pkl", "/page"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path == "/page" else "application/octet-stream")
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # who sees a page reads no further
            self.wfile.write(CONTENT[:100_000] if self.path == "/broken.pkl" else CONTENT)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def served(url: str, **known: object) -> ModelCard:
    return card(checkpoint=Checkpoint(path="Tiny/tiny.pkl", source="the page", licence="MIT", url=url, **known))


def left(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


def test_a_file_is_downloaded_verified_and_found(address: str, home: Path) -> None:
    tiny = served(f"{address}/whole.pkl", size=len(CONTENT), sha256=SHA256.upper())
    chunks: list[tuple[str, int | None]] = []

    def listener(items, label, total, done):  # noqa: ANN001, ANN202
        for item in items:
            chunks.append((label, total))
            yield item

    with listening(listener, None):
        made = fetch_checkpoint(tiny)
    assert (made.downloaded, made.verified, made.size, made.sha256) == (True, True, len(CONTENT), SHA256)
    assert made.path == place_of(tiny) == find_checkpoint(tiny)
    assert made.path.read_bytes() == CONTENT
    assert chunks == [("tiny.d (MiB)", 3)] * 3
    assert left(home) == [made.path]


def test_what_is_there_is_not_downloaded_again_unless_told(address: str) -> None:
    tiny = served(f"{address}/whole.pkl")
    place_of(tiny).parent.mkdir(parents=True)
    place_of(tiny).write_bytes(b"mine")
    made = fetch_checkpoint(tiny)
    assert (made.downloaded, made.verified, made.path.read_bytes()) == (False, False, b"mine")
    assert fetch_checkpoint(tiny, overwrite=True).path.read_bytes() == CONTENT


def test_what_is_there_is_verified_too(address: str) -> None:
    tiny = served(f"{address}/whole.pkl", sha256=SHA256)
    place_of(tiny).parent.mkdir(parents=True)
    place_of(tiny).write_bytes(b"another")
    for get in (fetch_checkpoint, find_checkpoint):
        with pytest.raises(ModelError, match=r"tiny\.pkl is another file than expected"):
            get(tiny)
    assert find_checkpoint(tiny, place_of(tiny)) == place_of(tiny), "what a user names is the user's"
    converted = place_of(tiny).with_suffix(".safetensors")
    converted.write_bytes(b"has a hash of its own")
    assert find_checkpoint(tiny) == converted
    assert not fetch_checkpoint(tiny).verified


@pytest.mark.parametrize(
    ("page", "known", "words"),
    [
        ("whole.pkl", {"sha256": "0" * 64}, "another file than expected: its SHA-256"),
        ("whole.pkl", {"size": 5}, "bytes instead of 5"),
        ("broken.pkl", {}, "broke off after 100,000 of 2,304,000 bytes"),
        ("page", {}, "is a web page, not a file"),
        ("missing", {}, "cannot be downloaded: HTTP Error 404"),
    ],
)
def test_a_download_that_went_wrong_leaves_nothing(
    page: str, known: dict[str, object], words: str, address: str, home: Path
) -> None:
    with pytest.raises(ModelError, match=words):
        fetch_checkpoint(served(f"{address}/{page}", **known))
    assert left(home) == []


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "nonsense"])
def test_nothing_is_fetched_from_elsewhere_than_the_web(url: str, home: Path) -> None:
    with pytest.raises(ModelError, match="no https address"):
        fetch_checkpoint(served(url))
    assert left(home) == []


def test_an_address_where_nobody_answers_is_told() -> None:
    with pytest.raises(ModelError, match="cannot be downloaded: "):
        fetch_checkpoint(served("http://127.0.0.1:9/x"))


def test_a_cache_that_cannot_be_written_is_told(address: str, home: Path) -> None:
    home.write_text("a file, not a folder")
    with pytest.raises(CannotWrite, match="cannot be written"):
        fetch_checkpoint(served(f"{address}/whole.pkl"))


def test_without_an_address_a_person_is_told_where_to_go() -> None:
    with pytest.raises(ModelError, match=r"tiny\.d cannot be downloaded by a program; it needs .* the authors' page"):
        fetch_checkpoint(card())
