"""One run in every form and language: what text, JSON, Markdown and HTML say of the same thing is the same."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.harness import EXAMPLES, REPO

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

LANGUAGES = ("en", "zh")
NAMES = sorted(file.name for file in EXAMPLES.iterdir())
LEVELS = ("error", "warning", "info")


class Written(NamedTuple):
    """What one run has written."""

    code: int
    text: str
    """The terminal's, with everything unfolded."""
    plain: str
    json: dict[str, Any]
    markdown: str
    html: str


def written(run: Run, folder: Path, language: str, *args: str) -> Written:
    files = {form: folder / form for form in ("text", "json", "markdown", "html")}
    outputs = (word for form, file in files.items() for word in ("--output", f"{form}={file}"))
    shown = {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "1000"}
    found = run("check", *args, "--lang", language, "--explain", *outputs, cwd=REPO, env=shown)
    text = {form: file.read_text() for form, file in files.items()}
    return Written(found.code, found.out, text["text"], json.loads(text["json"]), text["markdown"], text["html"])


def words_of(page: str) -> str:
    """Return what a reader sees of a page, or of Markdown."""
    return " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]*>", "", page, flags=re.DOTALL)).split())


def numbers(text: str) -> set[int]:
    return set(map(int, re.findall(r"\d+", text)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_form_says_the_same(run: Run, tmp_path: Path, name: str, language: str) -> None:
    seen = written(run, tmp_path, language, f"examples/{name}")
    document = seen.json
    page, table = words_of(seen.html), words_of(re.sub(r"\\(.)", r"\1", seen.markdown))
    everywhere = (page, table, " ".join(seen.plain.split()), " ".join(seen.text.split()))

    # Findings: as many of each rule, each with its own words and the numbers in them.
    summary = document["summary"]
    spoken = [finding["rule"] for finding in document["findings"]]
    heads = re.findall(r"^(\w+)\[(\w+)\]", seen.text, re.MULTILINE)
    lines = re.findall(r"^[^ :]+:\d+:\d+: (\w+) (\w+) ", seen.plain, re.MULTILINE)
    of_page = re.findall(r'<span class="tag \w+">(\w+)</span> <code>(\w+)</code>', seen.html)
    of_json = [(finding["level"], finding["rule"]) for finding in document["findings"]]
    assert heads == of_json
    assert [line for line in lines if line[0] in LEVELS] == of_json
    assert sorted(of_page) == sorted(of_json)
    assert re.findall(r"^\| \S+ \| ([A-Z]+\d+)(?: \S+)? \|", seen.markdown, re.MULTILINE) == spoken
    for finding in document["findings"]:
        assert all(" ".join(finding["message"].split()) in form for form in everywhere), finding

    # The summary, and the exit code that follows from it.
    counted = [sum(level == wanted for level, _ in of_json) for wanted in LEVELS]
    assert counted == [summary[level] for level in LEVELS]
    tiles = re.findall(r'<li><b class="tag \w*">(\d+)</b>', seen.html)
    pools = len(document["pools"])
    assert list(map(int, tiles)) == [*counted, summary["waived"], summary["undecided"], pools]
    (line,) = (line for line in seen.text.splitlines() if line.startswith(("✓", "✗")))
    assert {pools, *counted[:2], *filter(None, (counted[2], summary["undecided"]))} <= numbers(line)
    assert all(line[2:] in form for form in (page, table))
    assert (seen.code, document["exitCode"], line[0]) == ((1, 1, "✗") if summary["failing"] else (0, 0, "✓"))

    # Capacity: what is used, what there is, what is left.
    parts = re.findall(r"<section class=\"card[^>]*><h3>.*?</section>", seen.html, re.DOTALL)
    sheets = [part for part in parts if "<figure>" in part]
    assert len(sheets) == pools
    for pool, sheet in zip(document["pools"], sheets, strict=True):
        used, room, nodes = (pool.get(key, {}).get("max") for key in ("used", "exclusivePods", "nodes"))
        sentence = words_of(sheet.partition("<figure>")[2].partition("</p>")[0])
        assert numbers(sentence) >= {n for n in (nodes,) if n is not None}
        if used is None or room is None:
            continue
        left = room - used
        assert pool["free"]["max"] == left
        assert {used, room, abs(left)} <= numbers(sentence)
        # A pool of the same name has a line of its own: one of them has these numbers.
        rows = [line for line in seen.markdown.splitlines() if line.startswith(f"| {pool['name']} |")]
        told_of = re.findall(rf"^\S+ {re.escape(pool['name'])}  .*\n.*", seen.text, re.MULTILINE)
        for lines_of in (rows, told_of):
            assert any({used, room, abs(left)} <= numbers(found) for found in lines_of), (pool["name"], lines_of)
        assert (("ENI008" in spoken) and (' class="tag error"' in sheet)) == (left < 0)
        drawn = sheet.count('class="fixed"') + sheet.count('class="now" x=')
        assert drawn in (min(used, room), 0)
        assert sheet.count('class="slot"') == (max(left, 0) if drawn else 0)

    # Addresses.
    bars = re.findall(r"<figure><p><span>[^<]* <code>.*?</figure>", seen.html, re.DOTALL)
    assert len(bars) == len(document["zones"])
    for zone, bar in zip(document["zones"], bars, strict=True):
        needed = set(zone["needed"].values()) | ({zone["available"]} - {None})
        assert needed <= numbers(words_of(bar.partition("<figcaption>")[0]))
        assert ('class="over"' in bar) == (max(zone["needed"].values()) > (zone["available"] or 10**9))


def test_two_languages_find_the_same(run: Run, tmp_path: Path) -> None:
    english, chinese = (written(run, tmp_path, language, "examples").json for language in LANGUAGES)
    for document in (english, chinese):
        for finding in document["findings"]:
            for key in ("message", "effect", "hint", "facts"):  # facts hold phrases of the message, too
                del finding[key]
        for undecided in document["undecided"]:
            del undecided["hint"], undecided["fact"]
        for pool in document["pools"]:
            for taker in pool.get("usedBy", ()):
                del taker["name"]
        del document["remedies"]
    assert english == chinese
