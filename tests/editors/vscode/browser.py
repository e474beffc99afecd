"""A code-server of its own, and a page of Chromium that shows it."""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.editors.finding import ROOT, environment, found, missing

GET_CODE = (
    "code-server was not found. Install it (https://coder.com/docs/code-server/install), or name"
    " it in $SESSIONS_CODE_SERVER."
)
GET_CHROMIUM = "chromium was not found: `apt install chromium`, or name one in $SESSIONS_CHROMIUM."
GET_PLAYWRIGHT = "playwright, which drives the browser, was not found: `pip install playwright`."
GET_EXTENSION = (
    "the extension was not built: `editors/vscode/package.sh` does it (needs node 20 and npm)."
)
EXTENSION = ROOT / "sessions_ls" / "editors" / "sessions.vsix"
SETTINGS = {
    "editor.acceptSuggestionOnEnter": "off",
    "editor.autoClosingBrackets": "never",
    "editor.minimap.enabled": False,
    "editor.quickSuggestions": False,
    "extensions.ignoreRecommendations": True,
    "files.autoSave": "off",
    "security.workspace.trust.banner": "never",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
}
PATIENCE = 60.0


class CodeServer:
    """The server, with the extension as `sessions editor vscode` installs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = found("SESSIONS_CODE_SERVER", "code-server", GET_CODE)
        if not EXTENSION.exists():
            missing(GET_EXTENSION)
        settings = folder / "data" / "code" / "User" / "settings.json"
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps(SETTINGS))
        places = f"--user-data-dir {folder}/data/code --extensions-dir {folder}/data/extensions"
        wrapper = folder / "bin" / "code-server"
        wrapper.write_text(f'#!/bin/sh\nexec "{program}" {places} "$@"\n')
        wrapper.chmod(0o755)
        self.environment = {**environment(folder), "SESSIONS_EDITOR": "code-server"}
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def sessions(self, *arguments: str) -> str:
        """A command of ours, to its end; what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "sessions_ls", *arguments],
            cwd=self.folder / "work",
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    def start(self) -> None:
        """Start it; `end` ends it."""
        address = ["--bind-addr", f"127.0.0.1:{self.port}", "--auth", "none"]
        quiet = ["--disable-telemetry", "--disable-update-check"]
        with open(self.folder / "code-server.log", "wb") as log:
            self._process = subprocess.Popen(
                [str(self.folder / "bin" / "code-server"), *address, *quiet],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError((self.folder / "code-server.log").read_text())

    def language_servers(self) -> list[int]:
        """The processes of ours that its windows talk to."""
        assert self._process is not None
        told = subprocess.run(
            ["ps", "-Aww", "-o", "pid=,sess=,args="], capture_output=True, text=True, check=True
        )
        rows = [line.split(maxsplit=2) for line in told.stdout.splitlines()]
        own = str(self._process.pid)
        ours = ("sessions-ls", "sessions_ls.lsp")
        return [
            int(pid)
            for pid, session, args in rows
            if session == own and any(name in args for name in ours)
        ]

    def end(self) -> None:
        """End it with all that it started."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless browser."""
    program = found("SESSIONS_CHROMIUM", "chromium", GET_CHROMIUM)
    try:
        playwright = importlib.import_module("playwright.sync_api")
    except ImportError:
        missing(GET_PLAYWRIGHT)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


class Window:
    """A window of VS Code on a folder."""

    def __init__(self, browser: Any, server: CodeServer, folder: Path) -> None:
        self.page = browser.new_page(viewport={"width": 1000, "height": 800})
        self.page.goto(f"http://127.0.0.1:{server.port}/?folder={folder}")

    def text(self) -> str:
        """All that is shown."""
        shown: str = self.page.evaluate("document.body.innerText")
        return shown.replace("\u00a0", " ")

    def wait(self, *shown: str, without: Sequence[str] = (), seconds: float = PATIENCE) -> None:
        """Wait until these texts are shown and the others are not. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while True:
            text = self.text()
            wrong = [one for one in shown if one not in text]
            wrong += [f"still {one}" for one in without if one in text]
            if not wrong:
                return
            if time.monotonic() > end:
                raise TimeoutError(f"{wrong} in the window:\n{text}")
            time.sleep(0.1)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something outside. Raises TimeoutError."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"not so: {what}")
            time.sleep(0.1)

    def answer(self, button: str) -> None:
        """Press a button of a dialog."""
        self.page.get_by_role("button", name=button).click(timeout=PATIENCE * 1000)

    def keys(self, *names: str) -> None:
        """Press keys."""
        for name in names:
            self.page.keyboard.press(name)

    def type(self, text: str) -> None:
        """Type a text."""
        self.page.keyboard.type(text)

    def pick(self, keys: str, text: str, shown: str) -> None:
        """Choose something in a list that opens by keys, once it is shown."""
        self.keys(keys)
        self.page.locator(".quick-input-widget input[type=text]").wait_for()
        self.type(text)
        row = self.page.locator(".quick-input-list .monaco-list-row.focused", has_text=shown)
        row.wait_for(timeout=PATIENCE * 1000)
        self.keys("Enter")
        row.wait_for(state="hidden")  # the list may give way to another one

    def open(self, name: str) -> None:
        """Open a file of the folder."""
        self.pick("Control+P", name, name)
        self.page.locator(".monaco-editor .view-line").first.wait_for()

    def command(self, title: str) -> None:
        """Carry out a command of the palette."""
        self.pick("F1", title, title)

    def line(self, number: int, text: str | None = None) -> None:
        """Go to a line, and put another text in its place."""
        self.keys("Control+G")
        self.type(str(number))
        self.keys("Enter")
        if text is not None:
            self.keys("Home", "Shift+End")
            self.type(text)

    def result(self) -> Any:
        """What the panel with a result shows: a page in a page in the window's."""
        return self.page.frame_locator("iframe.webview").frame_locator("iframe")

    def marks(self) -> int:
        """How many marks the gutter shows."""
        script = (
            "[...document.querySelectorAll('.glyph-margin-widgets > *')]"
            ".filter(one => getComputedStyle(one).backgroundImage.includes('svg')).length"
        )
        count: int = self.page.evaluate(script)
        return count
