from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from eniplan.versions import TerwayVersion, kubernetes, terway

PARTS = st.lists(st.integers(0, 30) | st.integers(0, 10**9 - 1), min_size=3, max_size=5)
PLAIN = PARTS.map(lambda parts: ".".join(map(str, parts)))
PRE = st.builds("{}-rc.{}".format, PLAIN, st.integers(0, 50))


@given(PLAIN, PLAIN, st.sampled_from(["", "v"]), st.sampled_from(["", "v"]))
def test_plain_versions_order_as_packaging_orders_them(one: str, two: str, v1: str, v2: str) -> None:
    mine, other = terway(v1 + one), terway(v2 + two)
    assert mine is not None
    assert other is not None
    assert (mine < other) == (Version(one) < Version(two))
    assert (mine == other) == (Version(one) == Version(two))


@given(PRE, PLAIN)
def test_release_candidates_are_older_than_their_release(pre: str, plain: str) -> None:
    mine, other = terway(pre), terway(plain)
    assert mine is not None
    assert other is not None
    assert (mine < other) == (Version(pre.replace("-rc.", "rc")) < Version(plain))
    assert (mine == other) is False


@given(PARTS, st.integers(0, 50), st.integers(0, 50))
def test_release_candidates_order_by_number(parts: list[int], one: int, two: int) -> None:
    base = ".".join(map(str, parts))
    mine, other = terway(f"v{base}-rc.{one}"), terway(f"v{base}-rc.{two}")
    assert mine is not None
    assert other is not None
    assert (mine < other) == (one < two)


@given(PARTS, st.from_regex(r"\A[0-9a-f]{7,40}\Z"))
def test_development_builds_count_as_their_base(parts: list[int], commit: str) -> None:
    base = ".".join(map(str, parts))
    assert terway(f"v{base}-{commit}") == terway(base)


@given(PLAIN | PRE)
def test_what_is_shown_reads_back(text: str) -> None:
    version = terway(text)
    assert version is not None
    assert version.final is ("-" not in text)
    assert terway(str(version)) == version
    assert re.fullmatch(r"v\d+(\.\d+){2,}(-rc\.\d+)?", str(version))


@pytest.mark.parametrize(
    ("text", "release", "final"),
    [
        ("v1.16.4", (1, 16, 4), True),
        ("1.13.6", (1, 13, 6), True),
        ("v1.4.3", (1, 4, 3), True),
        (" v1.16.4\n", (1, 16, 4), True),
        ("v1.17.0-d7c63c9e", (1, 17), True),
        ("v1.0.10.389-g9172b6c-aliyun", (1, 0, 10, 389), True),
        ("v1.0.9.15-g3957085-aliyun", (1, 0, 9, 15), True),
        ("v1.2.0-rc.1", (1, 2), False),
        ("v1.2.0-rc1", (1, 2), False),
        ("v1.2.0-RC.1", (1, 2), False),
        ("v1.2.0-beta", (1, 2), False),
        ("v1.5.0-policy", (1, 5), True),
        ("1.14.3-aliyun.1", (1, 14, 3), True),
        ("v1.12.0+build.5", (1, 12), True),
        ("registry.example.com/acs/terway:v1.16.8", (1, 16, 8), True),
        ("registry.example.com:5000/acs/terway:v1.16.8", (1, 16, 8), True),
        ("registry.example.com/acs/terway:v1.16.8@sha256:" + "0123456789abcdef" * 4, (1, 16, 8), True),
        ("registry.example.com/acs/terway:v1.2.0-rc.1", (1, 2), False),
        ("acs/terway:1.11.0", (1, 11), True),
    ],
)
def test_forms_in_the_wild(text: str, release: tuple[int, ...], final: bool) -> None:  # noqa: FBT001 - a parameter of the test
    version = terway(text)
    assert version is not None
    assert (version.release, version.final) == (release, final)


@pytest.mark.parametrize(
    "text",
    [
        "", "v", "latest", "1", "1.16", "v1.16", "d7c63c9e", "9172b6c0123456789", "v1.16.x", "version 1.16.4",
        "1.16.4 ok", "v1..4", "1.16.", "-1.2.3", "vv1.2.3", "V1.2.3", "1,16,4", "v1.2.3-",
        "registry.example.com/acs/terway", "registry.example.com:5000/acs/terway",
        "registry.example.com/acs/terway@sha256:" + "ab" * 32,
        "registry.example.com/acs/terway:latest", "registry.example.com/acs/terway:d7c63c9e", "٣.٣.٣", "1.2.9999999999",
        "1.2.3\nfoo",
    ],
)  # fmt: skip
def test_what_holds_no_version(text: str) -> None:
    assert terway(text) is None


@given(st.text(max_size=40))
def test_any_text_gives_an_answer(text: str) -> None:
    version = terway(text)
    assert version is None or version.release == () or version.release[-1] != 0
    found = kubernetes(text)
    assert found is None or min(found) >= 0


def test_old_forms_order_among_new_ones() -> None:
    texts = [
        "v1.0.9.15-g3957085-aliyun", "v1.0.10.389-g9172b6c-aliyun", "v1.2.0-rc.1", "v1.2.0", "v1.5.0-policy", "1.10.9",
        "v1.11.0-rc.2", "1.11.0", "v1.13.6", "v1.14.0", "v1.14.5", "v1.17.0-d7c63c9e", "v1.17.5",
    ]  # fmt: skip
    versions = [terway(text) for text in texts]
    assert all(isinstance(version, TerwayVersion) for version in versions)
    assert versions == sorted(versions)  # type: ignore[type-var]  # none of them is None, as the line above says
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.34.3-aliyun.1", (1, 34)), ("v1.31.0", (1, 31)), ("1.31", (1, 31)), ("1.9.1", (1, 9)), (" 1.34 ", (1, 34)),
        ("1.34.3+k3s1", (1, 34)), ("1", None), ("new", None), ("", None), ("1.x", None), ("1.34.", None),
        ("1.34.1.2", None), ("٣.٣", None),
    ],
)  # fmt: skip
def test_kubernetes(text: str, version: tuple[int, int] | None) -> None:
    assert kubernetes(text) == version
