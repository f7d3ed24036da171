"""The HTML pages in a real Chromium, on a phone and on a desk, by day and by night.

Without Chromium these tests are skipped, except where CI says that it is CI: .ci/run installs it.
"""

from __future__ import annotations

import os
import struct
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from eniplan.catalog.order import ORDERS
from eniplan.catalog.select import Wanted
from eniplan.catalog.sizing import Request
from eniplan.judging.find import Question, find
from eniplan.report import html_format, listing_html
from eniplan.rules import BY_ID
from eniplan.rules.base import Settings
from eniplan.rules.by_type import Demands
from tests.browser import Browser, program
from tests.harness import EXAMPLES, REPO
from tests.judge import catalog
from tests.kube.support import judge_cluster
from tests.report.reports import reports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syrupy.assertion import SnapshotAssertion

    from eniplan.report.listing import Listing
    from tests.harness import Run

CHROMIUM = program()
pytestmark = [
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        CHROMIUM is None and "CI" not in os.environ, reason="needs Chromium (Debian: apt-get install chromium)"
    ),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert CHROMIUM is not None, "CI looks at the pages in Chromium, and there is none: see .ci/run"
    started = Browser(CHROMIUM, tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


def found(*, sized: bool) -> Listing:
    question = Question(
        Wanted(families=("ecs.g7", "ecs.c4")), Demands(dual=False, strict=False), ORDERS["vcpu"],
        why=True, request=Request(40, 1, 3, "zone") if sized else None,
    )  # fmt: skip
    return find(catalog(), question, Settings())


PAGES = {
    **{name: (html_format.write, name) for name in ("clean", "many", "nasty", "misfit", "unknown")},
    "cluster": (lambda _: html_format.write(judge_cluster(BY_ID["VER018"].fails)), "clean"),
    "types": (lambda _: listing_html.write(found(sized=False)), "clean"),
    "sized": (lambda _: listing_html.write(found(sized=True)), "clean"),
}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_its_window(browser: Browser, tmp_path: Path, name: str, width: int, dark: bool) -> None:  # noqa: FBT001 - a parameter of the test
    write, report = PAGES[name]
    file = tmp_path / "page.html"
    file.write_text(write(reports()[report]), encoding="utf-8")
    seen = browser.look(file, width=width, dark=dark)
    assert seen.errors == []
    assert seen.width == width
    assert seen.content_width <= width
    assert picture_width(seen.picture) == width
    told = "The cluster fails" if name == "cluster" else "The plan" if write is html_format.write else "exclusive"
    assert told in seen.text
    assert "faint" not in seen.ugly
    assert "apart" not in seen.ugly
    assert brightness(seen.background) < 60 if dark else brightness(seen.background) > 200


LANGUAGES = ("en", "zh")
PICTURES = Path(__file__).parent / "pages"
"""What a window shows first, to be looked at. ENIPLAN_PAGES=1 takes them anew: fonts differ between machines."""
TAKES_PICTURES = "ENIPLAN_PAGES" in os.environ
PICTURED = ("many-mistakes.yaml", "streaming-dual-stack.yaml")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(file.name for file in EXAMPLES.iterdir()))
def test_pages_of_the_examples(
    browser: Browser, run: Run, name: str, language: str, snapshot: SnapshotAssertion
) -> None:
    file = browser.folder / "page.html"
    run("check", f"examples/{name}", "--lang", language, "--output", f"html={file}", cwd=REPO)
    texts = {}
    for width in (390, 1280):
        for dark in (False, True):
            seen = browser.look(file, width=width, dark=dark)
            assert (seen.errors, seen.ugly, seen.content_width) == ([], {}, width)
            texts[width] = seen.text
            picture = PICTURES / f"{name.partition('.')[0]}-{language}-{width}-{'dark' if dark else 'light'}.webp"
            if name in PICTURED and TAKES_PICTURES:
                picture.write_bytes(browser.first_screen())
            assert picture.exists() == (name in PICTURED)
    # On a phone rows of tables are blocks: the same words, but for the headings.
    assert not Counter(texts[390].split()) - Counter(texts[1280].split())
    assert browser.outline() == snapshot


def test_a_thousand_findings_fit_a_phone(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(html_format.write(reports()["thousands"]), encoding="utf-8")
    seen = browser.look(file, width=390, dark=False)
    assert seen.errors == []
    assert seen.content_width <= 390
    assert "480 more" in seen.text
    assert "nodePools[999]" not in seen.text  # until somebody opens what is folded


def picture_width(png: bytes) -> int:
    return int(struct.unpack(">I", png[16:20])[0])


def brightness(colour: str) -> float:
    channels = [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    return sum(channels) / 3


def test_the_test_sees_what_is_wrong(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "wrong.html"
    file.write_text(
        '<meta name="viewport" content="width=device-width"><div style="width: 900px">x</div>'
        '<img src="missing.png"><script>console.error("told"); throw new Error("thrown")</script>'
    )
    seen = browser.look(file, width=390, dark=False)
    told = " ".join(seen.errors)
    assert "told" in told
    assert "thrown" in told
    assert "asks for file:" in told
    assert seen.content_width > 390


def test_the_test_sees_what_is_ugly(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "ugly.html"
    file.write_text(
        '<body style="background: white"><main><p style="color: #aaa">faint</p>'
        '<p style="width: 3em; overflow-wrap: anywhere">unbreakableword</p>'
        '<p style="width: 3em; overflow: hidden">cutcutcutcutcutcut</p>'
        '<p class="card" style="height: 1em; margin: 0">a</p><p class="card" style="margin: -1em 0">b</p>'
    )
    seen = browser.look(file, width=1280, dark=False)
    assert seen.ugly["broken"] == ["unbreakableword"]
    assert seen.ugly["faint"] == ["faint"]
    assert "cutcut" in seen.ugly["cut"][0]
    assert len(seen.ugly["apart"]) == 1
