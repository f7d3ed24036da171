from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from eniplan.emit.yaml_text import block, dump, flow, is_plain
from eniplan.plan.document import read_documents
from tests.emit.support import HOSTILE

# What YAML itself cannot hold is left out: halves of surrogate pairs.
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(HOSTILE)
values = st.recursive(
    texts | st.integers(-(10**9), 10**9) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
maps = st.dictionaries(texts, values, min_size=1, max_size=4)


@given(maps)
def test_data_comes_back(value: dict[str, object]) -> None:
    assert yaml.safe_load(dump(value)) == value
    assert yaml.safe_load(flow(value)) == value


@given(maps, st.sampled_from([0, 2]))
def test_blocks_come_back(value: dict[str, object], sequence_indent: int) -> None:
    assert yaml.safe_load("\n".join(block(value, sequence_indent))) == value
    assert yaml.safe_load("\n".join(block([value, [value]], sequence_indent))) == [value, [value]]


@pytest.mark.parametrize(
    "text", ["on", "y", "N", "1e3", "0o17", "010", "1:30", "2026-11-22", "~", "", "null", ".5", "=", "<<", "-", "0x1f"]
)
def test_text_that_some_reader_takes_for_something_else_is_quoted(text: str) -> None:
    for written in (dump({"a": text}), flow({"a": text}), "\n".join(block({"a": text}, 0))):
        assert '"' in written
        assert yaml.safe_load(written) == {"a": text}


@given(texts)
def test_a_text_never_changes_the_structure(text: str) -> None:
    written = dump({"a": {text: [text]}, "b": 1}).encode()
    (document,) = read_documents("x.yaml", written)
    assert document.value == {"a": {text: [text]}, "b": 1}


def test_byte_for_byte() -> None:
    value = {
        "name": "trading",
        "on": "off",
        "no": ["1e3", "y", "~", "", "a b", "ümlaut", "/var/lib"],
        "text": "one\ntwo\n",
        "number": 7,
        "flag": True,
        "nothing": None,
        "empty": {"map": {}, "list": []},
        "long": " ".join(["word"] * 40),
        "nested": [{"key": "a", "values": ["b"]}],
    }
    long = " ".join(["word"] * 40)
    assert dump(value) == (
        "name: trading\n"
        '"on": "off"\n'
        '"no":\n'
        '- "1e3"\n- "y"\n- "~"\n- ""\n- "a b"\n- "ümlaut"\n- /var/lib\n'
        "text: |\n  one\n  two\n"
        "number: 7\nflag: true\nnothing: null\n"
        "empty:\n  map: {}\n  list: []\n"
        f'long: "{long}"\n'
        "nested:\n- key: a\n  values:\n  - b\n"
    )
    assert flow({"key": "a", "values": ["b", 1, "off"], "empty": {}}) == '{key: a, values: [b, 1, "off"], empty: {}}'
    nested = {"a": [{"b": {"c": 1}, "d": "no"}], "e": {}, "f": []}
    assert block(nested, 0) == ["a:", "- b:", "    c: 1", '  d: "no"', "e: {}", "f: []"]
    assert (block({}, 0), block([], 0)) == (["{}"], ["[]"])
    shared = ["a"]
    assert dump({"a": shared, "b": shared}) == "a:\n- a\nb:\n- a\n"
    assert block(nested, 2) == ["a:", "  - b:", "      c: 1", '    d: "no"', "e: {}", "f: []"]


@pytest.mark.parametrize(
    "word", ["y", "N", "yes", "No", "on", "OFF", "true", "False", "null", "x y", "1", "-", "", "~"]
)
def test_other_words_are_quoted(word: str) -> None:
    assert not is_plain(word)
    assert flow(word) == f'"{word}"'


@pytest.mark.parametrize("word", ["a", "trading-eni", "k8s.aliyun.com/eni", "/mnt", "A_b.c-1"])
def test_plain_words_stand_as_they_are(word: str) -> None:
    assert is_plain(word)
    assert flow(word) == word


def test_half_a_character_is_written_as_kubernetes_reads_it() -> None:
    assert yaml.safe_load(dump({"a\udfff": ["x\ud800y"]})) == {"a\ufffd": ["x\ufffdy"]}
