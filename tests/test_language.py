"""The catalogue has everything that eniplan says, and a run speaks the language that it is asked for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from eniplan import po
from eniplan.cli import COMMANDS
from eniplan.cli.language import told_help
from eniplan.cli.wide_help import wrapped
from eniplan.messages import Message, facts_of, in_english, named, say, speak, together
from eniplan.report.fingerprint import key
from eniplan.text import columns
from tests.harness import EXAMPLES, REPO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness import Run

_SPEC = spec_from_file_location("messages", REPO / "docs" / "messages.py")
assert _SPEC is not None
assert _SPEC.loader is not None
messages = module_from_spec(_SPEC)
_SPEC.loader.exec_module(messages)

MISTAKES = EXAMPLES / "many-mistakes.yaml"


@pytest.fixture
def chinese() -> Iterator[None]:
    """Speak a little Chinese, and English again afterwards."""
    speak({"{n} of {names} pods": "{names} 中的 {n} 个 Pod", "with {part}": "含{part}", "none": "无", ", ": "、"})
    yield
    speak({})


def test_no_blank_stands_between_two_chinese_words() -> None:
    speak({"no": "\u6ca1\u6709", "has {a} now": "\u6709 {a} \u73b0", ", ": "\u3001"})
    try:
        assert say("has {a} now", a=say("no")) == "\u6709\u6ca1\u6709\u73b0"
        assert say("has {a} now", a=(3, say("no"))) == "\u6709 3\u3001\u6ca1\u6709\u73b0"
        assert say("has {a} now", a=say("{n}", n=3)) == "\u6709 3 \u73b0"
        # What users write is left as it is, and so is what is said of it.
        assert say("has {a} now", a="\u4ea4\u6613") == "\u6709 \u4ea4\u6613 \u73b0"
        assert say("has {a} now", a=()) == "\u6709  \u73b0"
    finally:
        speak({})


STIFF = re.compile(
    r"\b(goes on freely|nobody (knows|publishes)|thereof|for all that|as one likes|is said|mend|give it with"
    r"|is no (name|number|list|duration|date)|Kubernetes knows no)\b"
)
"""Phrasings that are never the field's words."""


def test_texts_and_pages_read_like_those_of_the_field() -> None:
    assert not [text for text in messages.all_texts() if STIFF.search(text)]
    pages = {path.name: STIFF.search(path.read_text("utf-8")) for path in [*REPO.glob("docs/*.md"), REPO / "README.md"]}
    assert not {name: found[0] for name, found in pages.items() if found}


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_the_catalogue_is_what_the_source_says(language: str) -> None:
    text = Path(po.path(language)).read_text("utf-8")
    assert text == messages.catalogue(language), "run ./dev messages, and translate what is new"


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_everything_is_translated_with_its_facts(language: str) -> None:
    known = po.read_catalogue(language)
    assert not [text for text in messages.all_texts() if text not in known]
    assert not [text for text, told in known.items() if messages.fields(text) != messages.fields(told)]


def test_catalogues_are_read_as_they_are_written() -> None:
    entries = {'a "quoted"\nline': "“引”\n行", "b\\{x}": "乙{x}", "new": ""}
    assert po.parse(po.write(entries, "zh")) == {text: told for text, told in entries.items() if told}


@pytest.mark.usefixtures("chinese")
def test_messages_are_told_in_the_language_and_known_by_the_english() -> None:
    message = say("with {part}", part=say("{n} of {names} pods", n=2, names=("a", "b")))
    assert message == "含a、b 中的 2 个 Pod"
    assert in_english(message) == "with 2 of a, b pods"
    assert in_english("words of a service") == "words of a service"
    assert facts_of(say("with {part}", part=say("none"))) == {"part": "none"}
    both = together((say("none"), say("none")), ", ")
    assert (both, in_english(both)) == ("无、无", "none, none")
    assert isinstance(named(["x"]), Message)


@pytest.mark.usefixtures("chinese")
def test_fingerprints_are_the_same_in_every_language() -> None:
    from eniplan.errors import Place  # noqa: PLC0415 - of this test

    said = say("with {part}", part="b")
    assert key("R", Place("f"), said) == key("R", Place("f"), "with b")


@pytest.mark.usefixtures("chinese")
def test_examples_of_a_help_are_told_by_their_comments() -> None:
    assert told_help("none\n\n\b\nnone\n  eniplan x  # none\n  eniplan none") == (
        "无\n\n\b\n无\n  eniplan x  # 无\n  eniplan none"
    )


def _has_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


@pytest.mark.parametrize(
    ("args", "env", "speaks"),
    [
        (("--lang", "zh"), {}, True),
        (("--lang=zh",), {"LC_ALL": "de_DE.UTF-8"}, True),
        ((), {"ENIPLAN_LANG": "zh"}, True),
        ((), {"LANG": "zh_CN.UTF-8"}, True),
        ((), {"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, False),
        (("--lang", "en"), {"ENIPLAN_LANG": "zh"}, False),
        (("--format", "json"), {"LANG": "zh_CN.UTF-8"}, False),
        (("--format", "json"), {"ENIPLAN_LANG": "zh"}, True),
        ((), {}, False),
    ],
)
def test_the_language_of_a_run(run: Run, args: tuple[str, ...], env: dict[str, str], *, speaks: bool) -> None:
    done = run("check", MISTAKES, *args, env=env)
    assert done.code == 1
    assert _has_chinese(done.out) == speaks


def test_verdicts_and_facts_are_the_same_in_every_language(run: Run) -> None:
    english, chinese = (json.loads(run("check", MISTAKES, "-f", "json", "--lang", x).out) for x in ("en", "zh"))
    assert chinese["summary"] == english["summary"]
    for said, told in zip(english["findings"], chinese["findings"], strict=True):
        for part in ("rule", "level", "file", "line", "path", "facts"):
            assert told[part] == said[part]


_PLANS = sorted(EXAMPLES.glob("*.yaml"))
_PLAN = EXAMPLES / "trading-ipv4.yaml"
_RULE = "VER013"
_TO_PEOPLE: list[tuple[str | Path, ...]] = [
    *(("check", plan, "--verbose", "--explain") for plan in _PLANS),
    *(("check", MISTAKES, "--format", form) for form in ("html", "markdown", "github", "junit")),
    *(("guard", plan) for plan in _PLANS),
    *(("render-manifests", plan, "--workloads") for plan in _PLANS),
    *(("create-pool", _PLAN, "--emit", form) for form in ("cli", "terraform")),
    ("create-pool", _PLAN, "--apply"),
    ("resume", "nowhere"),
    ("migrate", _PLAN, "--from", "np1", "--manifests", _PLAN),
    ("check", EXAMPLES, "--verbose"),
    ("check", REPO / "tests" / "inputs" / "terraform", "--verbose"),
    ("check", "nowhere.yaml"),
    ("check", "--format"),
    ("check", "--zz"),
    ("explain", _RULE, "surplus"),
    ("nothing",),
    *(
        ("instances", *more, "--limit", "2", "--why", "--format", form)
        for more in (("--min-pods", "7"), ("--pods", "40", "--daemonsets", "1"))
        for form in ("text", "html")
    ),
    ("instances", "--pods", "40", "--format", "plan", "--terway", "v1.16.4"),
    ("explain",),
    *(("explain", rule) for rule in ("ENI001", "NET001", "PN001", _RULE)),
    ("init", "-"),
    ("init", "--ci", "github"),
    ("config",),
    ("doctor",),
    ("specs",),
    ("specs", "show", "ecs.g8i.8xlarge"),
    ("specs", "diff"),
    ("specs", "contribute"),
    *((*command.split(), "--help") for command in ("", *COMMANDS, "specs show", "specs update", "specs diff")),
]
"""What people read of every command; `schema`, `completion` and `ram-policy` print documents for machines."""
_NO_PROSE = re.compile(
    r"^ *(eniplan|kubectl|terraform|cat|aliyun) "  # commands
    r"|^ *(- )?(expression|[\w.\[\]]+): [\"\[{!(]|^ *- \{| = \""  # YAML, CEL and HCL that is written or quoted
    r"|^ok +parts: |^ *\[[\w-]+\] "  # names of packages; sources of numbers
    r"|^ *(ACK|ECS|Kubernetes|Terway code)\b.*: .*\("  # documents, by their titles
)
"""What stays English in a Chinese run, line by line."""
_QUOTED = re.compile(r"<style>.*?</style>|<[^>]*>|`[^`]*`|https?://\S+", re.DOTALL)
_WORD = re.compile(r"(?<![\w./=:-])[A-Za-z][a-z']+(?![\w./=:-])")


def english_in(text: str) -> list[str]:
    """Return the lines that are sentences in English."""
    lines = _QUOTED.sub("", text).split("\n")
    return [
        line for line in lines if len(_WORD.findall(line)) > 2 and not _has_chinese(line) and not _NO_PROSE.search(line)
    ]


@pytest.mark.parametrize("words", _TO_PEOPLE, ids=lambda words: " ".join(Path(word).name for word in words))
def test_no_english_sentence_is_left(run: Run, words: tuple[str | Path, ...]) -> None:
    done = run(*words, "--lang", "zh", env={"COLUMNS": "200"})
    assert english_in(done.out + "\n" + done.err) == []


def test_files_that_were_written_are_named_in_the_language(run: Run, tmp_path: Path) -> None:
    more = ("--output", "json=report.json", "--write-baseline", "baseline.json")
    done = run("check", _PLAN.absolute(), *more, "--lang", "zh", cwd=tmp_path)
    assert all((tmp_path / name).exists() for name in ("report.json", "baseline.json"))
    assert "wrote" not in done.err


def test_verify_leaves_no_english_sentence(run: Run, tmp_path: Path) -> None:
    for name, part in (("plan.yaml", "plan"), ("dump.json", "fail")):
        (tmp_path / name).write_text(run("explain", _RULE, "--example", part).out, "utf-8")
    about = (
        ("--format", "text"), ("--format", "html"), ("--format", "markdown"),
        ("--pod", "trading/matcher-0"), ("--node", "cn-hangzhou.10.0.0.1"),
    )  # fmt: skip
    for more in about:
        done = run("verify", "plan.yaml", "--from", "dump.json", *more, "--lang", "zh", cwd=tmp_path)
        assert done.code == 1, done.err
        assert english_in(done.out + "\n" + done.err) == []


def test_english_is_found() -> None:
    text = "the pods stay Pending\n\u8282\u70b9 stay for ever Pending\neniplan check the plan\n<p>it stays so</p>"
    assert english_in(text) == ["the pods stay Pending", "it stays so"]


def test_no_other_language_is_known(run: Run) -> None:
    done = run("check", "--lang", "fr")
    assert (done.code, done.out) == (2, "")
    assert "--lang is 'fr'; it must be one of en, zh" in done.err


def test_help_and_rules_are_chinese(run: Run, tmp_path: Path) -> None:
    for args in (("--help",), ("check", "--help"), ("specs", "show", "--help"), ("explain",), ("explain", "ENI001")):
        assert _has_chinese(run(*args, "--lang", "zh", cwd=tmp_path).out)


@pytest.mark.parametrize("command", ["check", "create-pool", "resume"])
def test_chinese_help_fits_the_terminal(run: Run, command: str) -> None:
    done = run(command, "--help", "--lang", "zh", env={"COLUMNS": "80"})
    assert done.out.startswith(f"用法：eniplan {command} ")  # noqa: RUF001 - Chinese
    assert "显示此帮助并退出。" in done.out
    examples = ("eniplan ", "cat ", "terraform ")
    assert not [x for x in done.out.split("\n") if columns(x) > 80 and not x.lstrip().startswith(examples)]


def test_words_and_punctuation_stay_together() -> None:
    assert wrapped("读取 terraform-json 文件，然后退出。", 12) == "读取\nterraform-json\n文件，然后退\n出。"  # noqa: RUF001 - Chinese
    assert (
        wrapped("\b\n a  b\n c\n\n甲乙 丙", 4, "  ", "  ", preserve_paragraphs=True)
        == "   a  b\n   c\n\n  甲\n  乙\n  丙"
    )


def test_the_starter_plan_is_the_same_in_every_language(run: Run) -> None:
    english, chinese = (run("init", "-", "--lang", language).out for language in ("en", "zh"))
    assert yaml.safe_load(chinese) == yaml.safe_load(english)
    assert _has_chinese(chinese)
    assert not _has_chinese(english)


def test_checks_of_doctor_have_one_name_for_machines(run: Run) -> None:
    documents = [json.loads(run("doctor", "--format", "json", "--lang", language).out) for language in ("en", "zh")]
    english, chinese = ([check["name"] for check in document["checks"]] for document in documents)
    assert chinese == english


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_only_comments_of_completion_scripts_differ(run: Run, shell: str) -> None:
    scripts = [run("completion", shell, "--lang", language).out.splitlines() for language in ("en", "zh")]
    for said, told in zip(*scripts, strict=True):
        assert _has_chinese(told) if said.lstrip().startswith("# ") else told == said


def test_english_reads_no_catalogue() -> None:
    code = "import sys; from eniplan.cli import run; run(['explain', 'ENI001']); sys.exit('eniplan.po' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
