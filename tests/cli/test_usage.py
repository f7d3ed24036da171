"""Mistakes of the command line are told by their cause, in the user's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run


@pytest.mark.parametrize(
    ("words", "english", "chinese"),
    [
        (
            "check --typ x",
            "no such option: --typ\n    did you mean '--type'?\n",
            "没有选项 --typ\n    是不是想写 '--type'",
        ),
        (
            "check --zzz",
            "no such option: --zzz\n    `eniplan check --help`",
            "没有选项 --zzz\n    `eniplan check --help`",
        ),
        ("check --type", "option --type needs a value\n", "选项 --type 需要一个值\n"),
        ("check --strict=yes", "option --strict takes no value\n", "选项 --strict 不接受值\n"),
        ("specs show", "'TYPE' is missing\n", "缺少 'TYPE'\n"),
        (
            "explain --format xml",
            "invalid value for '--format' / '-f': choose one of text, json\n",
            "'--format' / '-f' 的值无效：可选值为 text、json\n",  # noqa: RUF001 - Chinese
        ),
        (
            "instances --limit=-3",
            "invalid value for '--limit' / '-n': use a whole number, 1 or more\n",
            "'--limit' / '-n' 的值无效：应为不小于 1 的整数\n",  # noqa: RUF001 - Chinese
        ),
    ],
)
def test_a_mistake_is_told_by_its_cause(run: Run, words: str, english: str, chinese: str) -> None:
    for language, place, told in (("en", "command line", english), ("zh", "命令行", chinese)):
        result = run(*words.split(" "), env={"ENIPLAN_LANG": language})
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(f"{place}: error: {told}")


def test_what_is_left_out_of_own_data_is_told(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text('{"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantityy": 9, "EniTotalQuantity": "x"}')
    result = run("check", "--type", "ecs.g8i.8xlarge", "--specs", own)
    told = "EniQuantityy is not a field; did you mean EniQuantity?, ecs.g8i.8xlarge: EniTotalQuantity is 'x'\n"
    assert result.err.startswith(f"note: {own}: left out: ecs.g8i.8xlarge: {told}")


@pytest.mark.parametrize(
    "args",
    [
        ("verify", "plan.yaml", "--from", "a.json", "--from", "b.json"),
        ("check", "plan.yaml", "--cluster=a.yaml", "--cluster", "b.yaml"),
        ("create-pool", "plan.yaml", "--pool", "a", "--pool", "b"),
        ("specs", "show", "ecs.g7.2xlarge", "--specs", "a", "--specs", "b"),
    ],
)
def test_a_second_value_is_not_passed_over(run: Run, tmp_path: Path, args: tuple[str, ...]) -> None:
    result = run(*args, cwd=tmp_path)
    option = next(word for word in args if word.startswith("--")).partition("=")[0]
    assert (result.code, result.err) == (
        2,
        f"command line: error: {option} is given twice\n    it takes one value\n",
    )


def test_what_may_be_given_twice(run: Run, tmp_path: Path) -> None:
    """Options that are repeatable, switches, and choices, of which the last one counts."""
    types = ("--type", "ecs.g8i.8xlarge", "--type", "ecs.g8i.4xlarge")
    result = run("check", *types, "-v", "-v", "--format", "text", "--format", "json", cwd=tmp_path)
    assert (result.code, result.out[:1]) == (0, "{")
