"""Bodies that scripts build with jq. What each program prints was compared with jq 1.6."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from eniplan.inputs.shell import commands
from eniplan.inputs.words import spelled, text
from eniplan.plan.model import EXCLUSIVE_LABEL
from tests.inputs.support import BODY, judge_files

if TYPE_CHECKING:
    from pathlib import Path

POST = "aliyun cs POST /clusters/c1/nodepools --body"
OLD = '{"a": {"b": 1, "c": [1, 2]}, "d": "x"}'


def printed(program: str, *options: str, given: str = "") -> str:
    """Return the argument of `echo`, in which a call of jq stands."""
    words = shlex.join(["jq", *options, program])
    (last,) = [c.words for c in commands(f"echo \"$({words} <<'E'\n{given}\nE\n)\"\n") if text(c.words[0]) == "echo"]
    return spelled(last[1])


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        ('{a: 1, "b-c": [true, null], $v, d: {e: "f"}}',
         {"a": 1, "b-c": [True, None], "v": "5", "d": {"e": "f"}}),
        ("# one\n{a: 1} # two\n", {"a": 1}),
        ("{a: -1.5e3,}", {"a": -1500.0}),
        ("{n: ($v | tonumber), t: (3 | tostring), u: ($v | tostring)}", {"n": 5, "t": "3", "u": "5"}),
        ('{n: "x-\\($v)-\\($j)", m: ("a-" + $v)}', {"n": "x-5-7", "m": "a-5"}),
        ('{n: ("a,b" | split(",")), m: ("" | split(","))}', {"n": ["a", "b"], "m": []}),
        ('{n: ("a-" + "\\($v)-b")}', {"n": "a-5-b"}),
        ("{n: " + "(" * 38 + "1" + ")" * 38 + "}", {"n": 1}),
        ("{a: 1} + {b: $v} + null", {"a": 1, "b": "5"}),
        ("{a: {b: 1}} * {a: {c: 2}, d: 3}", {"a": {"b": 1, "c": 2}, "d": 3}),
        ("{a: 1, b: 2} | {a}", {"a": 1}),
        ("[1] + [2]", [1, 2]),
        ('{} | .a.b = 1 | .a["c"] = .a.b', {"a": {"b": 1, "c": 1}}),
        ('{a: [1]} | .a += [2] | .a[0] = 3 | ."b" |= 4', {"a": [3, 2], "b": 4}),
        ("{a: {b: 1, c: 2}} | del(.a.b) | del(.x.y)", {"a": {"c": 2}}),
        ("{a: 1} as $o | {b: $o.a, c: $o}", {"b": 1, "c": {"a": 1}}),
        ("{a: {b: 1}} | .a *= {c: 2}", {"a": {"b": 1, "c": 2}}),
    ],
)  # fmt: skip
def test_what_a_program_prints(program: str, wanted: object) -> None:
    assert json.loads(printed(program, "-n", "--arg", "v", "5", "--argjson", "j", "7")) == wanted


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        (". + {e: 1}", {"a": {"b": 1, "c": [1, 2]}, "d": "x", "e": 1}),
        (".a.b = 5 | .a | {b, c}", {"b": 5, "c": [1, 2]}),
        ("{k: .a.c[1], l: .d?, m: .none.at.all}", {"k": 2, "l": "x", "m": None}),
    ],
)
def test_what_a_program_makes_of_its_input(program: str, wanted: object) -> None:
    assert json.loads(printed(program, given=OLD)) == wanted


@pytest.mark.parametrize(
    ("program", "options", "wanted"),
    [
        (".d", ("-r",), "x"),
        (".", ("-c", "--indent", "2"), OLD),
        (".[0] * {a: 1}", ("-s",), '{"a":1,"d":"x"}'),
    ],
)
def test_options(program: str, options: tuple[str, ...], wanted: str) -> None:
    assert "".join(printed(program, *options, given=OLD).split()) == "".join(wanted.split())


@pytest.mark.parametrize(
    "program",
    [
        "if true then {a: 1} else . end",
        "{a: (1, 2)}", "{(.a): 1}", "empty", "{a: 1} | .b[]", "{a: 1", '{"a\\(1)": 2}',
        "[" * 5000, "{a: 1}" + "|{a: ., b: .}" * 35, '"a"' + "|. + ." * 30, "{a: 1} | a.b", "$nowhere", "{a: '}",
        "null", "{} | .a[0] = 1", '{a: ("a1b" | split(1))}', '{a: ("b" | split("b"; "g"))}', "1 = 2",
        "{a: (1 | tostring(2))}", '"a"', '"a" | .b', '{a: ("\\n" + "b")}',
    ],
)  # fmt: skip
def test_what_is_not_evaluated_is_not_known(program: str) -> None:
    assert printed(program, "-n").startswith("$(jq -n ")


@pytest.mark.parametrize("options", [("-R",), ("-n", "-f"), ("--stream",), ("-n", "--args")])
def test_what_a_program_reads_otherwise_is_not_known(options: tuple[str, ...]) -> None:
    assert printed("{a: 1}", *options, given=OLD).startswith("$(jq ")


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("{a: ($x | map(. + 1))}", "$x | map"),
        ("{a: $ENV.HOME, b: 1}", "$ENV"),
        ("{a: env.HOME}", "env"),
        ("{a: (1 - $x)}", "1 … $x"),
        ("{a: $f}", "--rawfile f"),
        ('{a: "b-\\($x)"}', "b-$x"),
        ('{a: ("b,c\\($x)" | split(","))}', '{"a":b,c$x}'),
        ('{a: ("bc" | split(""))}', '{"a":bc}'),
    ],
)
def test_a_part_that_is_not_evaluated_has_a_name(program: str, name: str) -> None:
    out = printed(program, "-n", "--rawfile", "f", "a.txt")
    assert name in out
    assert not out.startswith("$(")  # the rest is known


TAINT = '{key: "exclusive-eni", value: "true", effect: "NoSchedule"}'
BUILT = f"""\
BODY=$(jq -n --arg name "$NAME" --arg type ecs.g7.2xlarge --argjson size "${{SIZE}}" '{{
  nodepool_info: {{$name}},
  scaling_group: {{instance_types: [$type], vswitch_ids: ["vsw-j"], desired_size: $size}},
  kubernetes_config: {{labels: [{{key: "{EXCLUSIVE_LABEL}", value: "eniOnly"}}], taints: [{TAINT}]}}
}}')
{POST} "$BODY"
"""


def test_a_body_that_jq_builds_is_judged_at_the_place_of_each_value(here: Path) -> None:
    judged = judge_files(here, {"make.sh": BUILT})
    assert judged.places == {"ENI001": f"make.sh:1:{BUILT.index('ecs.') + 1} scaling_group.instance_types[0]"}
    assert set(judged.facts) == {"the size of pool '$NAME'", "nodepool_info.name of pool '$NAME'"}


def test_an_item_of_a_text_that_jq_splits_has_its_place(here: Path) -> None:
    script = BUILT.replace("[$type]", '($type | split(","))').replace("type ecs", "type ecs.g8i.8xlarge,ecs")
    judged = judge_files(here, {"make.sh": script})
    assert judged.places["ENI001"] == f"make.sh:1:{script.index('ecs.g7') + 1} scaling_group.instance_types[1]"


LABELS = json.dumps({"kubernetes_config": {"labels": [{"key": EXCLUSIVE_LABEL, "value": "eniOnly"}]}})
PLAIN = json.dumps({key: value for key, value in BODY.items() if key != "kubernetes_config"})


@pytest.mark.parametrize(
    "script",
    [
        f"cat > a.json <<'E'\n{PLAIN}\nE\njq '. + {LABELS}' a.json > b.json\n{POST} \"$(cat b.json)\"\n",
        f"cat <<'E' | jq '. + {LABELS}' > b.json\n{PLAIN}\nE\n{POST} file://b.json\n",
        f"jq '. + {LABELS}' > b.json <<'E'\n{PLAIN}\nE\n{POST} file://b.json\n",
        f"B=$(echo '{PLAIN}' |\n  jq -c --argjson l '{LABELS}' '. * $l')\n{POST} \"$B\"\n",
        f"echo '{PLAIN}' > a.json\necho '{LABELS}' > l.json\n{POST} \"$(jq -s '.[0] * .[1]' a.json l.json)\"\n",
        f"B=$(jq --argjson l '{LABELS}' '.kubernetes_config = $l.kubernetes_config' <<< '{PLAIN}')\n{POST} \"$B\"\n",
    ],
)
def test_a_body_that_jq_changes_is_judged(here: Path, script: str) -> None:
    assert judge_files(here, {"make.sh": script}).rules == {"NP002"}


def test_jq_of_a_file_that_is_not_in_the_script_is_open(here: Path) -> None:
    judged = judge_files(here, {"make.sh": f"{POST} \"$(jq '.count = 3' a.json)\"\n"})
    assert list(judged.facts) == ["whether pool \"$(jq '.count = 3' a.json)\" is an exclusive node pool"]


def test_only_a_pipe_passes_on_what_is_printed(here: Path) -> None:
    script = f"echo '{PLAIN}' || jq '. + {LABELS}' > b.json\n{POST} \"$(cat b.json)\"\n"
    assert list(judge_files(here, {"make.sh": script}).facts) == [
        "whether pool 'the file b.json' is an exclusive node pool"
    ]
