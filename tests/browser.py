"""A real browser: headless Chromium, driven over the DevTools protocol through two pipes.

This needs no port, driver program or package: the protocol is JSON with a zero byte after each message.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--disable-extensions",
    "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip
_RIGHTMOST = """...[...document.querySelectorAll("body, body *")].map(e => e.getBoundingClientRect().right)"""
_LAYOUT = """(() => {
  const found = { broken: [], cut: [], faint: [], apart: [] };
  const seen = node => node.parentElement.checkVisibility() && node.parentElement.closest("thead") === null;
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node; node = walker.nextNode();) {
    if (!node.data.trim() || !seen(node)) continue;
    const element = node.parentElement;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.faint.push(node.data);
    for (const word of node.data.matchAll(/[A-Za-z0-9]+/g)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) found.broken.push(word[0]);
    }
  }
  for (const element of document.querySelectorAll("main, main *")) {
    if (!element.checkVisibility() || element.closest("thead, svg")) continue;
    if (element.clientWidth && element.scrollWidth > element.clientWidth + 1) found.cut.push(element.outerHTML);
  }
  const cards = [...document.querySelectorAll(".card, .tiles li, .node")].filter(card => card.checkVisibility());
  const boxes = cards.map(card => card.getBoundingClientRect());
  boxes.forEach((one, i) => {
    const other = boxes[i + 1];
    if (other && !cards[i].contains(cards[i + 1]) && one.bottom > other.top + 1 && one.right > other.left + 1
      && other.bottom > one.top + 1 && other.right > one.left + 1) found.apart.push(cards[i].outerHTML);
  });
  return found;
})()"""
"""Finds layout faults: words broken across lines, content wider than its box, contrast below WCAG AA (4.5), and
overlapping boxes."""
_ABOVE_STANDARD = 10
_PHONE = 600
"""Maximum width at which to emulate a phone."""
_PATIENCE = 120
"""Seconds to wait for the browser before it counts as hung."""


def program() -> str | None:
    """Return the path of Chromium, or None if it is not installed."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Seen(NamedTuple):
    """A page as the browser shows it."""

    errors: list[str]
    """Console messages, and all requests except that for the page itself."""
    width: int
    """The width of the window in CSS pixels."""
    content_width: float
    """The right edge of all content in CSS pixels; an overflow if larger than the window."""
    text: str
    """The visible text."""
    background: str
    """The colour of the page's background."""
    picture: bytes
    """A PNG of the whole page."""
    ugly: dict[str, list[str]]
    """The layout faults: text that is broken, cut off or too faint, and boxes that overlap."""


class Browser:
    """One running Chromium with one page."""

    def __init__(self, path: str, profile: Path) -> None:
        """Start it with its own profile."""
        self.folder = profile
        # The browser reads commands from descriptor 3 and answers on 4, so the pipes must not use these numbers.
        commands, self._commands = (_high(fd) for fd in os.pipe())
        self._answers, answers = (_high(fd) for fd in os.pipe())
        self._process = os.posix_spawn(
            path,
            [path, *_SWITCHES, f"--user-data-dir={profile}", "about:blank"],
            {**os.environ, "HOME": str(profile)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_DUP2, commands, 3),
                (os.POSIX_SPAWN_DUP2, answers, 4),
            ],
        )
        os.close(commands)
        os.close(answers)
        self._read = b""
        self._count = 0
        self._session = ""
        self._events: list[dict[str, Any]] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")

    def close(self) -> None:
        """End it."""
        os.close(self._commands)
        os.close(self._answers)
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)

    def look(self, file: Path, *, width: int, dark: bool) -> Seen:
        """Open a file in a window of this width, and return what it shows."""
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        self._events.clear()
        self._call("Page.navigate", url=file.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._message()
        return Seen(
            width=self._value("innerWidth"),
            content_width=self._value(f"Math.max(document.documentElement.scrollWidth, {_RIGHTMOST})"),
            text=self._value("document.body.innerText"),
            background=self._value("getComputedStyle(document.body).backgroundColor"),
            picture=base64.b64decode(self._call("Page.captureScreenshot", captureBeyondViewport=True)["data"]),
            ugly={what: parts for what, parts in self._value(_LAYOUT).items() if parts},
            errors=[text for event in self._events for text in _complaint(event, file)],
        )

    def outline(self) -> str:
        """Return the text of the page without that of findings, which snapshots of the terminal cover."""
        self._value('document.querySelectorAll("article :is(dl, .message, .soft), td").forEach(e => e.remove()), 0')
        return str(self._value("document.body.innerText"))

    def first_screen(self) -> bytes:
        """Return a small picture of the window's contents."""
        return base64.b64decode(self._call("Page.captureScreenshot", format="webp", quality=30)["data"])

    def _value(self, expression: str) -> Any:  # noqa: ANN401 - what the page says
        return self._call("Runtime.evaluate", expression=expression, returnByValue=True)["result"]["value"]

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        self._count += 1
        number = self._count
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result

    def _message(self) -> dict[str, Any]:
        """Return the next message, and keep it if it is an event."""
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._answers], [], [], _PATIENCE)
            data = os.read(self._answers, 1 << 20) if ready else b""
            assert data, "Chromium has ended, or hangs"
            self._read += data
        text, _, self._read = self._read.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self._events.append(message)
        return message


def _high(fd: int) -> int:
    copy = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _ABOVE_STANDARD)
    os.close(fd)
    return copy


def _complaint(event: dict[str, Any], file: Path) -> list[str]:
    method, parameters = event["method"], event["params"]
    if method == "Network.requestWillBeSent":
        url = parameters["request"]["url"]
        return [] if url == file.as_uri() or url.startswith("data:") else [f"asks for {url}"]
    if method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
        return [json.dumps(parameters)]
    return []
