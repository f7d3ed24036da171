from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eniplan.inputs.shell import commands
from eniplan.inputs.words import spelled, text


def words(script: str) -> list[list[str]]:
    return [[spelled(word) for word in command.words] for command in commands(script) if command.words]


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("a 'b c' \"d e\" f\\ g", [["a", "b c", "d e", "f g"]]),
        ("a \\\n  b # c 'd\ne", [["a", "b"], ["e"]]),
        ("a; b && c | d & e", [["a"], ["b"], ["c"], ["d"], ["e"]]),
        ("a 'it'\"'\"'s'", [["a", "it's"]]),
        ('a "\\"\\$\\`\\\\\\n"', [["a", '"$`\\\\n']]),
        ("a $B ${C} ${D:-e} ${F:?} $1", [["a", "$B", "${C}", "e", "${F:?}", "$1"]]),
        ("a <b-c> x=<d> <e", [["a", "<b-c>", "x=<d>"]]),
        ("a <b.txt> c", [["a"]]),
        ("a $? $((1 + 2)) `f` $'g'", [["a", "$?", "$((1 + 2))", "`f`", "$'g'"]]),
        ("a $(b 'c)' d) e", [["b", "c)", "d"], ["a", "$(b 'c)' d)", "e"]]),
        ('X=1\na $X "$X-$Y"', [["X=1"], ["a", "1", "1-$Y"]]),
        ("X=1\nX=2\na $X", [["X=1"], ["X=2"], ["a", "$X"]]),
        ("for X in b; do a $X; done", [["for", "X", "in", "b"], ["do", "a", "$X"], ["done"]]),
        ("export X='y z'\na $X", [["export", "X=y z"], ["a", "y z"]]),
        ("a <<E b\n$X \\$Y\nE\nc", [["a", "b"], ["c"]]),
        ("a 2>&1 >/dev/null b", [["a", "b"]]),
        ("a <<< b c", [["a", "c"]]),
        ("a <(b c) d", [["b", "c"], ["a", "<(b c)", "d"]]),
        ("(a b); c", [["a", "b"], ["c"]]),
        ('a "$(cat <<E\nb $C\nE\n)"', [["cat"], ["a", "b $C\n"]]),
        ("a \"$(cat <<-'E'\n\tb $C\n\tE\n)\"", [["cat"], ["a", "b $C\n"]]),
        ('C=1\na "$(cat <<-E\n\t\tb $C\n\n\t \td\n\tE\n)"', [["C=1"], ["cat"], ["a", "b 1\n\n \td\n"]]),
        ("cat > f <<E\nb\nE\na $(cat f) $(< f)", [["cat"], ["cat", "f"], ["a", "b\n", "b\n"]]),
        ("a $(cat g) $(< g) $(cat $h)", [["cat", "g"], ["cat", "$h"], ["a", "the file g", "the file g", "$(cat $h)"]]),
        ("a 'b", [["a", "b"]]),
        ('a "b', [["a", "b"]]),
        ("a $", [["a", "$"]]),
        ("a \\", [["a", ""]]),
    ],
)  # fmt: skip
def test_words(script: str, wanted: list[list[str]]) -> None:
    assert words(script) == wanted


@example("$(<';")
@example("$(< \\")
@given(st.text(st.sampled_from("ab '\"\\$(){}<>|&;\n#`=E-"), max_size=60))
def test_any_text_is_read_to_its_end(script: str) -> None:
    for command in commands(script):
        for word in command.words:
            assert all(0 <= part.at <= len(script) for part in word)


def test_depth_is_bounded() -> None:
    assert commands("$(" * 100_000)


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
@given(
    values=st.lists(st.text(st.sampled_from("ab '\"\\{}[]:,-\n.*~"), max_size=12), min_size=1, max_size=3),
    doubled=st.booleans(),
)
def test_a_shell_reads_the_same(values: list[str], *, doubled: bool) -> None:
    quoted = [_quoted(value, doubled=doubled) for value in values]
    script = "printf '%s\\0' " + " ".join(quoted)
    printed = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed.split("\0")[:-1] == [text(word) for word in commands(script)[0].words[2:]] == values


def _quoted(value: str, *, doubled: bool) -> str:
    if doubled:
        return '"' + "".join("\\" + char if char in '"\\$`' else char for char in value) + '"'
    return "'" + value.replace("'", "'\\''") + "'"
