"""Inputs that are no plans: each exits 3 with one clear message at the right place, and never with a traceback."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.harness import Run

HEAD = b"apiVersion: eniplan/v1\n"
POOL = b"nodePools: [{name: a}]\n"
STARTER = "is it the right file? `eniplan init` prints a starter plan"
DEEP = "a plan has fewer than 10 levels: is this the right file?"
TABS = "indent with spaces, not tabs; quote text that starts with @, ` or %"


def bomb() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(lines).encode()


CASES: dict[str, tuple[str, bytes, str, str]] = {
    # name: (file, its bytes, the message with its place, the hint)
    "empty": ("p.yaml", b"", "p.yaml: error: the file is empty", STARTER),
    "only a byte order mark": ("p.yaml", b"\xef\xbb\xbf", "p.yaml: error: the file is empty", STARTER),
    "only comments": ("p.yaml", b"# nothing\n---\n---\n", "p.yaml: error: the file is empty", STARTER),
    "empty JSON": ("p.json", b" \n", "p.json: error: the file is empty", STARTER),
    "null": ("p.yaml", b"null\n", "p.yaml: error: the file is empty", STARTER),
    "binary": (
        "p.yaml", b"\x7fELF\x02\x01\x01\0\0\0\xff\xfe\0", "p.yaml: error: this is a binary file, not YAML or JSON",
        "pass a plan file, or a folder with plans",
    ),
    "a plan that Terraform has saved": (
        "plan.out", b"PK\x03\x04\x14\0\x08\0", "plan.out: error: this is a binary file, not YAML or JSON",
        "if it is a saved Terraform plan, pass the output of `terraform show -json`",
    ),
    "messages of Terraform": (
        "plan.json", b'{"@level":"info"}\n{"@level":"info"}\n', "plan.json:2:1: error: not valid JSON: Extra data",
        "this is a log of Terraform; `terraform show -json plan.out` prints the plan",
    ),
    "binary that is UTF-8": (
        "p.yaml", b"abc\0def", "p.yaml: error: this is a binary file, not YAML or JSON",
        "pass a plan file, or a folder with plans",
    ),
    "UTF-16 without a mark": (
        "p.yaml", "apiVersion: eniplan/v1".encode("utf-16-le"),
        "p.yaml: error: this file is UTF-16, not UTF-8", "save it as UTF-8; `iconv -f UTF-16 -t UTF-8` converts it",
    ),
    "UTF-16": (
        "p.yaml", 'é: "'.encode("utf-16"),
        "p.yaml:1:4: error: not valid YAML: this quote is never closed",
        "close the quote that opens here",
    ),
    "invalid UTF-8": (
        "p.yaml", HEAD + b"# caf\xe9\n", "p.yaml:2:6: error: byte 0xe9 is not UTF-8", "save the file as UTF-8",
    ),
    "cut UTF-8": ("p.yaml", "# €".encode()[:-1], "p.yaml:1:3: error: byte 0xe2 is not UTF-8", "save the file as UTF-8"),
    "control character": (
        "p.yaml", HEAD + b"a: \x07\n", "p.yaml:2:4: error: the character U+0007 is not allowed in YAML", "remove it",
    ),
    "unclosed quote": (
        "p.yaml", b'apiVersion: "eniplan/v1\nnodePools: []\n',
        "p.yaml:1:13: error: not valid YAML: this quote is never closed",
        "close the quote that opens here",
    ),
    "unclosed bracket": (
        "p.yaml", HEAD + b"nodePools: [1, 2\nb: c\n",
        "p.yaml:2:12: error: not valid YAML: this bracket is never closed",
        "close the bracket that opens here",
    ),
    "tab": (
        "p.yaml", HEAD + b"nodePools:\n\t- name: a\n",
        "p.yaml:3:1: error: not valid YAML: nothing can start with '\\t'", TABS,
    ),
    "at sign": (
        "p.yaml", HEAD + b"cluster: {id: @x}\n",
        "p.yaml:2:15: error: not valid YAML: nothing can start with '@'", TABS,
    ),
    "colon in a value": (
        "p.yaml", b"a: b: c\n", "p.yaml:1:5: error: not valid YAML: a colon is not allowed here",
        "quote a value that contains a colon and a space",
    ),
    "brackets that are closed": (
        "p.yaml", HEAD + b"nodePools: [{name: a b: c}, {name: it's, x: [1]}]\n",
        "p.yaml:2:23: error: not valid YAML: this does not fit into the brackets around it",
        "put commas between the items, and quote text with a comma, a colon or a bracket",
    ),
    "a quoted bracket": (
        "p.yaml", HEAD + b'nodePools: ["]", # ]\n  a\n',
        "p.yaml:2:12: error: not valid YAML: this bracket is never closed", "close the bracket that opens here",
    ),
    "a closed bracket too many": (
        "p.yaml", HEAD + b"nodePools: [a]]\n",
        "p.yaml:2:15: error: not valid YAML: this line does not fit the lines above it",
        "align it with the keys or items that it belongs to",
    ),
    "indented too far": (
        "p.yaml", HEAD + b"cluster:\n  id: a\n ipStack: dual\n",
        "p.yaml:4:2: error: not valid YAML: this line does not fit the lines above it",
        "align it with the keys or items that it belongs to",
    ),
    "item where a key belongs": (
        "p.yaml", HEAD + b"- a\n", "p.yaml:2:1: error: not valid YAML: this line does not fit the lines above it",
        "align it with the keys or items that it belongs to",
    ),
    "key without a colon": (
        "p.yaml", HEAD + b"cluster\nnodePools: []\n", "p.yaml:2:1: error: not valid YAML: this key has no colon",
        "write `key: value`, or quote a text of several lines",
    ),
    "undefined alias": (
        "p.yaml", b"a: *b\n", "p.yaml:1:4: error: not valid YAML: this alias has no anchor",
        "define the anchor (&name) before its alias (*name), or quote text that starts with *",
    ),
    "duplicate key": (
        "p.yaml", HEAD + b"nodePools:\n- name: a\n  name: b\n",
        "p.yaml:4:3: error: duplicate key 'name'; first in line 3",
        "keep one of them: YAML parsers silently use the last",
    ),
    "duplicate key in JSON": (
        "p.json", b'{"a": 1,\n "\\u0061": 2}', "p.json:2:2: error: duplicate key 'a'; first in line 1",
        "keep one of them: JSON parsers silently use the last",
    ),
    "key that is a list": ("p.yaml", b"[a]: b\n", "p.yaml:1:1: error: a key must be text, not a list or a map",
        "quote it"),
    "merge of text": (
        "p.yaml", b"a:\n  <<: text\n", "p.yaml:2:7: error: `<<` merges maps only", "give an alias of a map",
    ),
    "tag": (
        "p.yaml", b"apiVersion: eniplan/v1\na: !!python/object/apply:os.system [id]\n",
        "p.yaml:2:4: error: the YAML tag '!!python/object/apply:os.system' has no meaning here [a]",
        "remove the tag",
    ),
    "anchor bomb": (
        "p.yaml", bomb(), "p.yaml:1:16: error: aliases expand this document to more than 100000 values",
        "write the values instead",
    ),
    "anchor twice": (
        "p.yaml", b"a: &x 1\nb: &x 2\n",
        "p.yaml:2:4: error: not valid YAML: this anchor has the name of the one in line 1", "rename one of them",
    ),
    "anchor in itself": (
        "p.yaml", b"a: &a [*a]\n", "p.yaml:1:4: error: an anchor contains itself", "write the values instead",
    ),
    "50 levels": (
        "p.yaml", "".join(f"{' ' * n}a:\n" for n in range(50)).encode(),
        "p.yaml:40:40: error: nested deeper than 40 levels", DEEP,
    ),
    "200,000 brackets": (
        "p.yaml", b"[" * 200_000, "p.yaml:1:40: error: nested deeper than 40 levels", DEEP,
    ),
    "200,000 brackets of JSON": (
        "p.json", b"[" * 200_000 + b"]" * 200_000, "p.json:1:40: error: nested deeper than 40 levels",
        DEEP,
    ),
    "900 levels of JSON": (
        "p.json", b'{"apiVersion": "eniplan/v1", "nodePools": ' + b"[" * 900 + b"]" * 900 + b"}",
        "p.json:1:81: error: nested deeper than 40 levels", DEEP,
    ),
    "malformed JSON": (
        "p.json", b'{"apiVersion": "eniplan/v1",\n "nodePools": [}',
        "p.json:2:16: error: not valid JSON: Expecting value",
        "",
    ),
    "text": ("p.yaml", b"hello\n", 'p.yaml:1:1: error: the document must be a map, not "hello"', ""),
    "number": ("p.json", b"3", "p.json:1:1: error: the document must be a map, not 3", ""),
    "list": ("p.yaml", b"- a\n- b\n", 'p.yaml:1:1: error: the document must be a map, not ["a", "b"]', ""),
    "other version": (
        "p.yaml", b"apiVersion: eniplan/v2\n" + POOL,
        "p.yaml:1:13: error: 'apiVersion' is \"eniplan/v2\", not eniplan/v1 [apiVersion]",
        "write apiVersion: eniplan/v1",
    ),
    "version that is a number": (
        "p.yaml", b"apiVersion: 1\n" + POOL, "p.yaml:1:13: error: 'apiVersion' is 1, not eniplan/v1 [apiVersion]",
        "write apiVersion: eniplan/v1",
    ),
    "map where a list belongs": (
        "p.yaml", HEAD + b"nodePools: {name: a}\n",
        "p.yaml:2:12: error: 'nodePools' must be a list, not {\"name\": \"a\"} [nodePools]", "",
    ),
    "list where a map belongs": (
        "p.yaml", HEAD + POOL + b"cluster: [a]\n",
        "p.yaml:3:10: error: 'cluster' must be a map, not [\"a\"] [cluster]", "",
    ),
    "no pools": (
        "p.yaml", HEAD + b"nodePools: []\n", "p.yaml:2:12: error: 'nodePools' is empty [nodePools]",
        "add one: An exclusive-ENI node pool to create. eniplan adds the label that sets the mode.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_clear_message(run: Run, tmp_path: Path, name: str) -> None:
    file, data, message, hint = CASES[name]
    (tmp_path / file).write_bytes(data)
    result = run("check", file, cwd=tmp_path)
    told = [message, *([f"    {hint}"] if hint else [])]
    lines = result.err.splitlines()
    assert lines[: len(told)] == told
    # Then the verdict, which a document that can be judged in part has, too.
    assert len(lines) == len(told) + 1
    assert result.code == 3


def test_json_says_the_same(run: Run, tmp_path: Path) -> None:
    """All of them in one run: each has its one problem, and none stops the others."""
    for name, (file, data, _, _) in CASES.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / file).write_bytes(data)
    inputs = [f"{name}/{file}" for name, (file, _, _, _) in CASES.items()]
    result = run("check", "--format", "json", *inputs, cwd=tmp_path)
    report = json.loads(result.out)
    assert report["exitCode"] == result.code == 3
    assert report["inputs"] == inputs
    problems = {problem["file"]: problem for problem in report["problems"]}
    assert len(report["problems"]) == len(problems) == len(CASES)
    for name, (file, _, message, hint) in CASES.items():
        problem = problems[f"{name}/{file}"]
        place = f"{file}:{problem['line']}:{problem['column']}" if problem["line"] else file
        path = f" [{problem['path']}]" if problem["path"] else ""
        assert f"{place}: error: {problem['message']}{path}" == message
        assert problem["hint"] == hint


@pytest.mark.parametrize("name", ["empty", "binary", "unclosed quote", "50 levels", "list where a map belongs"])
def test_stdin_says_the_same(run: Run, name: str) -> None:
    file, data, message, _ = CASES[name]
    result = run("check", "-", stdin=data)
    assert result.code == 3
    assert result.err.splitlines()[0] == message.replace(file, "-", 1)


class TestFiles:
    def told(self, run: Run, path: str | Path, cwd: Path) -> str:
        """Return the one message about an input that cannot be read."""
        result = run("check", path, cwd=cwd)
        lines = result.err.splitlines()
        assert result.code == 3
        assert result.out == ""
        assert lines[-1] == "nothing could be judged: 1 problem"
        report = json.loads(run("check", path, "--format", "json", cwd=cwd).out)
        assert len(report["problems"]) == 1
        return "\n".join(lines[:-1])

    def test_missing(self, run: Run, tmp_path: Path) -> None:
        assert self.told(run, "none.yaml", tmp_path) == "none.yaml: error: cannot read it: no such file or directory"

    def test_misspelled(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "trading.yaml").write_bytes(HEAD)
        assert self.told(run, "tradin.yaml", tmp_path).endswith("\n    did you mean 'trading.yaml'?")

    def test_missing_folder(self, run: Run, tmp_path: Path) -> None:
        assert "no such file or directory" in self.told(run, "no/where/plan.yaml", tmp_path)

    def test_below_a_file(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(HEAD)
        assert self.told(run, "file/plan.yaml", tmp_path) == "file/plan.yaml: error: cannot read it: not a directory"

    def test_link_to_itself(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "loop.yaml").symlink_to("loop.yaml")
        assert "too many levels of symbolic links" in self.told(run, "loop.yaml", tmp_path)

    def test_name_too_long(self, run: Run, tmp_path: Path) -> None:
        assert "file name too long" in self.told(run, "x" * 300, tmp_path)

    def test_socket(self, run: Run, tmp_path: Path) -> None:
        os.mknod(tmp_path / "socket", 0o140600)
        assert "no such device or address" in self.told(run, "socket", tmp_path)

    def test_folder_without_plans(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "deployment.yaml").write_text("apiVersion: apps/v1\nkind: Deployment\n")
        (tmp_path / "folder" / "broken.yaml").write_text("{{ template }}\n")
        (tmp_path / "folder" / "notes.txt").write_bytes(HEAD + POOL)
        (tmp_path / "folder" / ".hidden.yaml").write_bytes(HEAD + POOL)
        (tmp_path / "folder" / ".git").mkdir()
        (tmp_path / "folder" / ".git" / "plan.yaml").write_bytes(HEAD + POOL)
        assert self.told(run, "folder", tmp_path).splitlines() == [
            "folder: error: no plan in this folder, and no other input with an exclusive node pool or pods for one",
            (
                "    --verbose shows what was skipped; a plan is a file *.yaml, *.yml, *.json "
                "with apiVersion: eniplan/v1; `eniplan init` writes one"
            ),
        ]

    def test_unreadable_link_in_a_folder(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "loop.yaml").symlink_to("loop.yaml")
        assert self.told(run, "folder", tmp_path).startswith("folder/loop.yaml: error: cannot read it: ")

    def test_empty_name(self, run: Run, tmp_path: Path) -> None:
        assert "no such file or directory" in self.told(run, "", tmp_path)

    def test_file_name_that_is_no_utf8(self, run: Run, tmp_path: Path) -> None:
        name = os.fsdecode(b"caf\xe9.yaml")
        assert self.told(run, name, tmp_path).startswith("caf\\udce9.yaml: error: cannot read it: ")

    def test_bad_inputs_do_not_stop_the_good_ones(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "bad.yaml").write_bytes(b"a: [\n")
        (tmp_path / "good.yaml").write_bytes(HEAD + b"nodePools: [{name: a, instanceTypes: [ecs.g7.large]}]\n")
        result = run("check", "bad.yaml", "none.yaml", "good.yaml", "--format", "json", cwd=tmp_path)
        report = json.loads(result.out)
        assert result.code == report["exitCode"] == 3
        assert report["inputs"] == ["bad.yaml", "none.yaml", "good.yaml"]
        assert [problem["file"] for problem in report["problems"]] == ["bad.yaml", "none.yaml"]
        assert "ENI001" in {finding["rule"] for finding in report["findings"]}


def scalars_of(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield every place of the schema with its form; `[]` steps into a list."""
    yield path, schema
    if schema.get("type") == "array":
        yield from scalars_of(schema["items"], (*path, "[]"))
    for name, part in schema.get("properties", {}).items():
        yield from scalars_of(part, (*path, name))


def test_wrong_types_everywhere(run: Run, tmp_path: Path) -> None:
    """Each key of the form in turn gets a value of a wrong type: one message each, at its own place."""
    schema = json.loads(run("schema").out)
    wrong = {"string": 7, "integer": "x", "boolean": "maybe", "array": "x", "object": "x"}
    files = {}
    for number, (path, part) in enumerate(scalars_of(schema)):
        if not path or path == ("apiVersion",):
            continue
        value: Any = wrong[part["type"]]
        for step in reversed(path):
            value = [value] if step == "[]" else {step: value}
        given = tmp_path / f"{number:03}.json"
        given.write_text(json.dumps({"apiVersion": "eniplan/v1", **value}))
        files[str(given)] = (".".join(path).replace(".[]", "[0]"), part["type"])
    assert len(files) > 100
    report = json.loads(run("check", tmp_path, "--format", "json").out)
    words = {
        "string": "must be text", "integer": "must be a whole number", "boolean": "must be true or false",
        "array": "must be a list", "object": "must be a map",
    }  # fmt: skip
    for file, (place, kind) in files.items():
        told = [p for p in report["problems"] if p["file"] == file and "must be" in p["message"]]
        assert [p["path"] for p in told] == [place]
        assert words[kind] in told[0]["message"]
        assert told[0]["line"] == 1
        assert told[0]["column"] > 1


@pytest.mark.parametrize(
    ("text", "path", "message", "hint"),
    [
        ("desiredSize: '3'", "desiredSize", "'desiredSize' must be a whole number, not \"3\"",
            "write 3, without quotes or leading zeros"),
        ("desiredSize: 010", "desiredSize", "'desiredSize' must be a whole number, not \"010\"",
            "write 10, without quotes or leading zeros"),
        ("desiredSize: -1", "desiredSize", "'desiredSize' is -1; it must be 0 or more", ""),
        ("desiredSize: 1.5", "desiredSize", "'desiredSize' must be a whole number, not 1.5", ""),
        ("desiredSize:", "desiredSize", "'desiredSize' has no value; it must be a whole number",
            "give a value, or remove the key"),
        ("labels:", "labels", "'labels' has no value; it must be a map", "write {}, or remove the key"),
        ("taints:", "taints", "'taints' has no value; it must be a list", "write [], or remove the key"),
        ("labels: {gpu: true}", "labels.gpu", "'gpu' must be text, not true", 'quote it: "true"'),
        ("labels: {v: 1.30}", "labels.v", "'v' must be text, not 1.3", 'quote it: "1.30"'),
        ("instanceTypes: ecs.g8i.8xlarge", "instanceTypes",
            "'instanceTypes' must be a list, not \"ecs.g8i.8xlarge\"", 'write ["ecs.g8i.8xlarge"]'),
        ("instanceTypes: [1]", "instanceTypes[0]", "an item of 'instanceTypes' must be text, not 1", 'quote it: "1"'),
        ("kind: Lingjun", "kind", "'kind' is \"Lingjun\"; it must be one of ecs, lingjun", "did you mean 'lingjun'?"),
        ("keyPair: ''", "keyPair", "'keyPair' is empty", "Name of the SSH key pair."),
        ("keyPair: <my key>", "keyPair", "'keyPair' still contains the placeholder <my key>",
            "fill it in: Name of the SSH key pair."),
        ("instanceType: [a]", "instanceType", "unknown key 'instanceType'", "did you mean 'instanceTypes'?"),
        ("Overrides: {}", "Overrides", "unknown key 'Overrides'", "did you mean 'overrides'?"),
        ("taints: [{key: a}]", "taints[0]", "'effect' is missing in an item of 'taints'",
            "add it: NoSchedule, NoExecute or PreferNoSchedule."),
        ("autoScaling: {min: 0}", "autoScaling", "'max' is missing in 'autoScaling'",
            "add it: Largest number of nodes."),
    ],
)  # fmt: skip
def test_mistakes_of_form_say_what_to_write(run: Run, text: str, path: str, message: str, hint: str) -> None:
    plan = f"apiVersion: eniplan/v1\nnodePools:\n- name: a\n  {text}\n"
    report = json.loads(run("check", "-", "--format", "json", stdin=plan.encode()).out)
    (problem,) = report["problems"]
    assert (problem["path"], problem["message"], problem["hint"]) == (f"nodePools[0].{path}", message, hint)
    assert problem["line"] == 4


def test_booleans_of_yaml_1_1(run: Run) -> None:
    plan = b"apiVersion: eniplan/v1\nnodePools: [{name: a}]\ncluster: {terway: {erdma: off, networkPolicy: Yes}}\n"
    report = json.loads(run("check", "-", "--format", "json", stdin=plan).out)
    assert [(p["message"], p["hint"]) for p in report["problems"]] == [
        ("'erdma' must be true or false, not \"off\"", "write false"),
        ("'networkPolicy' must be true or false, not \"Yes\"", "write true"),
    ]


def test_what_could_be_a_secret_is_not_repeated(run: Run) -> None:
    plan = b"apiVersion: eniplan/v1\nnodePools: [{name: a, overrides: [hunter2], labels: {password: [hunter2]}}]\n"
    result = run("check", "-", stdin=plan)
    assert result.code == 3
    assert "'password' must be text, not (hidden)" in result.err


@pytest.mark.parametrize("name", ["empty", "anchor bomb", "text"])
def test_other_formats_of_the_terminal_say_it_as_well(run: Run, name: str) -> None:
    _, data, message, _ = CASES[name]
    result = run("check", "-", stdin=data, env={"FORCE_COLOR": "1"})
    assert result.code == 3
    assert message.replace("p.yaml", "-", 1) in result.err
