"""One place decides how deep and how large: every reader of JSON holds to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from eniplan.bounds import MAX_DEPTH, MAX_DIGITS, MAX_PROBLEMS, MAX_VALUES, is_deep, parse_json
from eniplan.errors import InputError
from eniplan.plan.document import plain_scalar, read_documents
from tests.harness import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

DEEP = "[" * 5000 + "]" * 5000
LONG = "1" * 5000


@pytest.mark.parametrize(("levels", "deep"), [(MAX_DEPTH, False), (MAX_DEPTH + 1, True), (5000, True)])
def test_depth(levels: int, deep: bool) -> None:  # noqa: FBT001 - a parameter of the test
    value: list[object] = []
    for _ in range(levels - 1):
        value = [value]
    assert is_deep(value) is deep
    if deep:
        with pytest.raises(ValueError, match=str(MAX_DEPTH)):
            parse_json("[" * levels + "]" * levels)
    else:
        assert parse_json("[" * levels + "]" * levels) == value


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 2_000, 200_000])
@pytest.mark.parametrize("file", ["a.json", "a.yaml"])
def test_depth_of_documents(file: str, levels: int) -> None:
    with pytest.raises(InputError, match=f"nested deeper than {MAX_DEPTH} levels"):
        read_documents(file, b"[" * levels + b"]" * levels)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9" * MAX_DIGITS, int("9" * MAX_DIGITS)), ("9" * (MAX_DIGITS + 1), "9" * (MAX_DIGITS + 1)), (LONG, LONG),
        ("-" + LONG, "-" + LONG), ("1e999", "1e999"), ("-1e999", "-1e999"), ("1.5", 1.5), ("1e3", 1000.0),
    ],
)  # fmt: skip
def test_numbers_that_are_too_large_are_text(text: str, value: object) -> None:
    assert parse_json(text) == value
    assert plain_scalar(text) == value


def test_what_is_no_number_is_text() -> None:
    assert parse_json("[NaN, -Infinity]") == ["NaN", "-Infinity"]


def test_an_odd_number_costs_itself_only(run: Run, tmp_path: Path) -> None:
    row = f'{{"InstanceTypeId": "ecs.mine.large", "EniTotalQuantity": 9, "EniQuantity": {LONG}}}'
    (tmp_path / "specs.json").write_text(row)
    result = run("specs", "show", "ecs.mine.large", "--specs", "specs.json", "--format", "json", cwd=tmp_path)
    assert result.code == 0
    assert json.loads(result.out)["EniTotalQuantity"] == 9


def test_a_list_without_end_is_refused_early() -> None:
    with pytest.raises(InputError, match=f"more than {MAX_VALUES} values in one YAML document"):
        read_documents("a.yaml", b"- {a: 1}\n" * MAX_VALUES)


def test_what_is_one() -> None:
    assert parse_json('{"a": [1, 2.5, true, null, "x"]}') == {"a": [1, 2.5, True, None, "x"]}
    assert parse_json("1" * MAX_DIGITS) == int("1" * MAX_DIGITS)


HOSTILE = {
    "deep": f'{{"a": {DEEP}}}',
    "deep map": '{"a":' * 3000 + "1" + "}" * 3000,
    "long": f'{{"a": {LONG}}}',
    "huge": '{"a": 1e999}',
    "unclosed": "[" * 5000,
    "null": "null",
}
PLAN = "apiVersion: eniplan/v1\nnodePools: [{name: a, instanceTypes: [ecs.g8i.8xlarge]}]\n"


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "words",
    [
        ("check", "FILE"),
        ("check", "plan.yaml", "--cluster", "FILE"),
        ("check", "plan.yaml", "--waivers", "FILE"),
        ("check", "--type", "ecs.g8i.8xlarge", "--specs", "FILE"),
        ("verify", "--from", "FILE"),
        ("resume", "FILE"),
        ("render-manifests", "plan.yaml", "--patch", "FILE"),
    ],
    ids=" ".join,
)
def test_hostile_json_is_told(run: Run, tmp_path: Path, words: tuple[str, ...], name: str) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "in.json").write_text(HOSTILE[name])
    result = run(*(word.replace("FILE", "in.json") for word in words), cwd=tmp_path)
    assert result.code in {1, 3}
    assert "because of a bug" not in result.err
    assert "in.json" in result.err or result.code == 1


def test_a_dump_with_hostile_parts(run: Run, tmp_path: Path) -> None:
    node = {"kind": "Node", "metadata": {"name": "n"}}
    text = json.dumps({"kind": "List", "items": [node]})
    for part, code in ((LONG, 1), (DEEP, 3)):
        (tmp_path / "dump.json").write_text(text.replace('"n"', f'"n", "generation": {part}'))
        result = run("verify", "--from", "dump.json", cwd=tmp_path)
        assert result.code == code
        assert ("dump.json:1:" in result.err and "nested deeper than" in result.err) == (code == 3)


def test_a_number_of_many_digits_is_text_in_linear_time(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN + f"x: {'1' * 200_000}x\n")
    result = run("check", "plan.yaml", cwd=tmp_path)
    assert result.code == 3
    assert "unknown key 'x'" in result.err


def test_waivers_in_circles_and_of_impossible_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    for name in ("a", "b", "c"):
        (tmp_path / name).symlink_to(".")
    waiver = "- {{rule: ENI001, file: {}, reason: x, expires: 2099-01-01}}\n"
    (tmp_path / "w.yaml").write_text("waivers:\n" + waiver.format('"a\\0b/*"') + waiver.format('"**/**/no*.yaml"'))
    result = run("check", "plan.yaml", "--waivers", "w.yaml", cwd=tmp_path)
    assert "because of a bug" not in result.err
    assert result.out.count("WV003") == 2


MANY = {
    "unknown maps": json.dumps({"apiVersion": "eniplan/v1", "nodePools": [{"x": i} for i in range(20_000)]}),
    "unknown keys": json.dumps({"apiVersion": "eniplan/v1"} | {f"k{i}": 1 for i in range(20_000)}),
    "keys twice in JSON": '{"apiVersion": "eniplan/v1"' + "".join(f', "k{i}": 1' for i in [*range(5000)] * 2) + "}",
    "keys twice in YAML": "apiVersion: eniplan/v1\n" + "".join(f"k{i}: 1\n" for i in [*range(5000)] * 2),
}


@pytest.mark.parametrize("what", MANY)
def test_of_many_problems_a_few_are_told(run: Run, tmp_path: Path, what: str) -> None:
    file = tmp_path / ("plan.yaml" if "YAML" in what else "plan.json")
    file.write_text(MANY[what])
    result = run("check", file, "--format", "json")
    assert result.code == 3, result
    report = json.loads(result.out)
    assert len(report["problems"]) == MAX_PROBLEMS + 1
    told = f"more than {MAX_PROBLEMS} problems: the others are not listed, and nothing was judged"
    assert told in [problem["message"] for problem in report["problems"]]
    assert report["pools"] == report["findings"] == []


@pytest.mark.parametrize(
    "text",
    ['{"apiVersion": {"a": 1, "a": 2}, "b": "un"closed"}', '{"a": [{"b": 1, "b": 2}', '{"a": {"b": 1, "b": 2}, "c":'],
)
def test_a_key_twice_before_the_text_breaks_off(run: Run, tmp_path: Path, text: str) -> None:
    """The text as a whole is no JSON, which counts more than what is twice in its beginning."""
    (tmp_path / "plan.json").write_text(text.replace("apiVersion", "eniplan/v1"))
    result = run("check", "plan.json", cwd=tmp_path)
    assert result.code == 3, result
    assert "not valid JSON" in result.err


@pytest.mark.parametrize("spelling", ["terraform-json", "ros"])
def test_a_number_in_quotes_that_is_too_long(run: Run, tmp_path: Path, spelling: str) -> None:
    key = {"terraform-json": "desired_size", "ros": "Count"}[spelling]
    emitted = json.loads(run("create-pool", EXAMPLES / "trading-ipv4.yaml", "--emit", spelling).out)

    def put(value: object) -> object:
        if isinstance(value, dict):
            return {name: LONG if name == key else put(item) for name, item in value.items()}
        return [put(item) for item in value] if isinstance(value, list) else value

    file = tmp_path / ("pool.tf.json" if spelling == "terraform-json" else "ros.json")
    file.write_text(json.dumps(put(emitted)))
    assert LONG in file.read_text()
    result = run("check", file)
    assert result.code == 3, result
    assert "because of a bug" not in result.err


def test_a_plan_with_a_number_in_quotes_that_is_too_long(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(f'apiVersion: eniplan/v1\nnodePools: [{{name: a, desiredSize: "{LONG}"}}]\n')
    result = run("check", "plan.yaml", cwd=tmp_path)
    assert result.code == 3, result
    assert "desiredSize' must be a whole number" in result.err


def test_an_option_with_a_number_that_is_too_long(run: Run) -> None:
    result = run("instances", "--pods", "5", "--spread", LONG)
    assert result.code == 2, result
    assert "a pool has 1 to 8 vSwitches" in result.err
