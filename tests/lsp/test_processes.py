"""Nothing is left behind, however the client ends, and nothing but the protocol on its stream."""

from __future__ import annotations

import array
import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import IO, Any

import pytest

from sessions_ls.live.opening import open_client
from sessions_ls.live.request import Request
from sessions_ls.live.settings import Settings
from sessions_ls.live.trust import on_request
from tests.lsp.editor import ENVIRONMENT, PATIENCE, SERVER

# Seconds in which all is gone, on a slow machine too; less than a cell gets that does not listen.
SOON = 4.8

NAP = """\
# %%
import os, subprocess, time
os.system('echo stray')
child = subprocess.Popen(['sleep', '99'])
# %%
time.sleep(99)
"""

RICH = """\
# %%
import random
class Rich:
    def _repr_html_(self):
        return chr(random.randrange(97, 123)) * 3_000_000
print(random.random(), "x" * 12_000)
display(Rich())
"""


class Raw:
    """A client that speaks plain JSON-RPC over a pair of pipes."""

    def __init__(self, writing: IO[bytes], reading: IO[bytes]) -> None:
        self.writing = writing
        self.reading = reading
        self.notes: list[dict[str, Any]] = []

    def send(self, method: str, params: Any, number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if number is not None:
            message["id"] = number
        body = json.dumps(message).encode()
        self.writing.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.writing.flush()

    def receive(self) -> dict[str, Any]:
        length = 0
        while True:
            line = self.reading.readline()
            if not line.strip():
                break
            name, _, value = line.decode().partition(":")
            assert name in ("Content-Length", "Content-Type"), line
            length = int(value) if name == "Content-Length" else length
        assert length, "the stream ended"
        message: dict[str, Any] = json.loads(self.reading.read(length))
        return message

    def ask(self, number: int, method: str, params: Any) -> Any:
        """Send a request and wait for its answer."""
        self.send(method, params, number)
        while True:
            message = self.receive()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self.notes.append(message)


def start_session(raw: Raw, notebook: Path, parent: int, linger: float = 0) -> int:
    """Open a notebook, run it until it naps, and return its kernel's process id."""
    notebook.write_text(NAP)
    (notebook.parent / "pyproject.toml").write_text(f"[tool.sessions]\nlinger = {linger}\n")
    uri = notebook.as_uri()
    raw.ask(1, "initialize", {"processId": parent, "rootUri": None, "capabilities": {}})
    raw.send("initialized", {})
    item = {"uri": uri, "languageId": "python", "version": 1, "text": NAP}
    raw.send("textDocument/didOpen", {"textDocument": item})
    raw.send("workspace/executeCommand", {"command": "sessions.runAll", "arguments": [uri]}, 2)
    for number in range(3, 4000):
        status = raw.ask(
            number, "workspace/executeCommand", {"command": "sessions.status", "arguments": [uri]}
        )
        if status["cells"][1]["state"] == "running":
            pid: int = status["kernel"]["pid"]
            return pid
        time.sleep(0.02)
    raise AssertionError("it never ran")


def group(kernel: int) -> set[int]:
    """The processes of a kernel's group."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, members = stat.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(members) == kernel and state != "Z":
            found.add(int(stat.parent.name))
    return found


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def all_gone_within(seconds: float, server: int, kernel: int) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if gone(server) and not group(kernel):
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def server() -> Any:
    process = subprocess.Popen(
        SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT
    )
    yield process
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        try:
            stream.close()
        except BrokenPipeError:
            continue


@pytest.mark.parametrize("how", ["end of input", "SIGTERM", "SIGKILL", "exit", "shutdown"])
def test_without_lingering_the_last_client_takes_the_session_with_it(
    server: subprocess.Popen[bytes], how: str, tmp_path: Path
) -> None:
    assert server.stdin is not None
    assert server.stdout is not None
    raw = Raw(server.stdin, server.stdout)
    kernel = start_session(raw, tmp_path / "nap.py", os.getpid())
    assert len(group(kernel)) == 2
    if how == "end of input":
        server.stdin.close()
    elif how == "SIGTERM":
        server.terminate()
    elif how == "SIGKILL":
        server.kill()
    else:
        if how == "shutdown":
            raw.send("workspace/executeCommand", {"command": "sessions.runAll"}, 4999)
            assert raw.ask(5000, "shutdown", None) is None
            assert {note["id"] for note in raw.notes if "id" in note} == {2, 4999}
        raw.send("exit", None)
    assert all_gone_within(SOON, server.pid, kernel)
    assert server.wait() == {"shutdown": 0, "SIGKILL": -signal.SIGKILL}.get(how, 1)
    stored = (tmp_path / "nap.session.toml").read_text()
    assert "state = 'ok'" in stored
    assert "state = 'interrupted'" in stored
    assert "KernelDied" not in stored


def test_with_lingering_the_session_outlives_a_server_that_was_killed(
    server: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert server.stdin is not None
    assert server.stdout is not None
    kernel = start_session(
        Raw(server.stdin, server.stdout), tmp_path / "nap.py", os.getpid(), linger=1
    )
    server.kill()
    server.wait()
    time.sleep(1.0)
    assert len(group(kernel)) == 2, "the cell was to go on"
    other = open_client(str(tmp_path / "nap.py"), Settings(), "somebody else")
    assert other.clients() == [{"who": "somebody else", "pid": os.getpid()}]
    other.stop()
    assert all_gone_within(SOON, server.pid, kernel)


CLIENT = """\
import os, subprocess, sys
from pathlib import Path
from tests.lsp.test_processes import NAP, Raw, start_session
stdin, stdout = int(sys.argv[1]), int(sys.argv[2])
server = subprocess.Popen(sys.argv[4:], stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL)
raw = Raw(os.fdopen(int(os.environ["OUT"]), "wb"), os.fdopen(int(os.environ["IN"]), "rb"))
kernel = start_session(raw, Path(sys.argv[3]), os.getpid())
print(server.pid, kernel, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("held", [False, True], ids=["pipe closed", "pipe held by another"])
def test_a_killed_client_leaves_nothing(held: bool, tmp_path: Path) -> None:
    to_server, out = os.pipe()
    back, from_server = os.pipe()
    fds = (to_server, out, back, from_server)
    client = subprocess.Popen(
        [
            sys.executable,
            "-c",
            CLIENT,
            str(to_server),
            str(from_server),
            str(tmp_path / "n.py"),
            *SERVER,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**ENVIRONMENT, "OUT": str(out), "IN": str(back)},
        pass_fds=fds,
    )
    if not held:
        for fd in fds:
            os.close(fd)
    assert client.stdout is not None
    assert client.stdin is not None
    server, kernel = map(int, client.stdout.readline().split())
    try:
        client.send_signal(signal.SIGKILL)
        client.wait()
        assert all_gone_within(SOON, server, kernel)
    finally:
        client.stdin.close()
        client.stdout.close()
        for fd in fds if held else ():
            os.close(fd)


def peak(pid: int) -> float:
    """The most memory that a process has held so far, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def unread(stream: IO[bytes]) -> int:
    """Bytes that wait in a pipe."""
    size = array.array("i", [0])
    fcntl.ioctl(stream.fileno(), termios.FIONREAD, size)
    return size[0]


def test_a_client_that_stops_reading_costs_no_memory_and_misses_no_state(
    server: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """Somebody else runs a cell with much output meanwhile, again and again."""
    assert server.stdin is not None
    assert server.stdout is not None
    raw = Raw(server.stdin, server.stdout)
    notebook = tmp_path / "rich.py"
    notebook.write_text(RICH)
    (tmp_path / "pyproject.toml").write_text("[tool.sessions]\nlinger = 0\n")
    uri = notebook.as_uri()
    options = {"sessions": {"cellState": True}}
    about = {"processId": os.getpid(), "rootUri": None, "capabilities": {}}
    raw.ask(1, "initialize", {**about, "initializationOptions": options})
    raw.send("initialized", {})
    item = {"uri": uri, "languageId": "python", "version": 1, "text": RICH}
    raw.send("textDocument/didOpen", {"textDocument": item})
    raw.ask(2, "workspace/executeCommand", {"command": "sessions.runAll", "arguments": [uri]})
    other = open_client(str(notebook), Settings(), "somebody else")
    other.submit(RICH)
    full, same = 0, 0
    while same < 5:  # what is told of the cell fills the pipe, until the server is held up
        other.run(Request(on_request(other.path), all=True))
        time.sleep(0.2)
        same = same + 1 if unread(server.stdout) == full else 0
        full = unread(server.stdout)
    before = peak(server.pid)
    for _ in range(14):  # 3 MB each, in an event and in a record
        other.run(Request(on_request(other.path), all=True))
    assert unread(server.stdout) == full, "the server was not held up"
    record = other.view().cells[0].record
    assert record is not None
    assert peak(server.pid) - before < 40
    limit = time.monotonic() + PATIENCE
    while not shows(raw.receive(), record.stdout):
        assert time.monotonic() < limit
    other.close()


def shows(message: dict[str, Any], printed: str) -> bool:
    """Whether a message says that a cell which ran has printed that."""
    if message.get("method") != "sessions/cellState":
        return False
    return any(cell.get("stdout") == printed for cell in message["params"]["cells"])


def test_version_and_bad_options() -> None:
    said = subprocess.run([*SERVER, "--version"], env=ENVIRONMENT, capture_output=True, text=True)
    assert said.returncode == 0
    assert said.stdout.startswith("sessions-ls ")
    bad = subprocess.run(
        [*SERVER, "--log", "/nowhere/log"],
        env=ENVIRONMENT, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert (bad.returncode, bad.stdout) == (2, "")
    assert "/nowhere/log" in bad.stderr


def test_a_closed_notebook_gives_its_kernel_back(tmp_path: Path) -> None:
    """With a grace period of 0.2 s instead of half a minute."""
    code = (
        "from sessions_ls.lsp import start\nfrom sessions_ls.lsp.server import create\n"
        "start.serve(create('0', grace=0.2), *start.private_stdio())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        raw = Raw(process.stdin, process.stdout)
        notebook = tmp_path / "n.py"
        kernel = start_session(raw, notebook, os.getpid())
        raw.send("textDocument/didClose", {"textDocument": {"uri": notebook.as_uri()}})
        limit = time.monotonic() + PATIENCE
        while group(kernel) and time.monotonic() < limit:
            time.sleep(0.02)
        assert not group(kernel)
        assert process.poll() is None
        raw.ask(5000, "shutdown", None)
        raw.send("exit", None)
        assert process.wait() == 0


def test_a_question_that_is_never_answered_ends_with_the_server(tmp_path: Path) -> None:
    notebook, log = tmp_path / "n.py", tmp_path / "log"
    notebook.write_text(NAP)
    (tmp_path / "pyproject.toml").write_text("[tool.sessions]\nlinger = 0\n")
    document = {"uri": notebook.as_uri()}
    process = subprocess.Popen(
        [*SERVER, "--log", str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        raw = Raw(process.stdin, process.stdout)
        asks = {"window": {"showMessage": {}}}
        raw.ask(1, "initialize", {"processId": None, "rootUri": None, "capabilities": asks})
        raw.send("initialized", {})
        item = {**document, "languageId": "python", "version": 1, "text": NAP}
        raw.send("textDocument/didOpen", {"textDocument": item})
        raw.send("textDocument/didSave", {"textDocument": document})
        while raw.receive().get("method") != "window/showMessageRequest":
            continue
        raw.ask(2, "shutdown", None)
        raw.send("exit", None)
        assert process.wait(PATIENCE) == 0
    assert " ERROR " not in log.read_text()
