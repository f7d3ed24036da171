from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.k8s.names import (
    generated,
    is_dns_label,
    is_subdomain,
    label_key_problem,
    label_value_problem,
    name_problem,
)

ALNUM = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


@pytest.mark.parametrize(
    ("key", "good"),
    [
        ("a", True), ("A-b_c.d", True), ("a" * 63, True), ("a" * 64, False), ("", False), ("-a", False), ("a-", False),
        ("x.io/a", True), ("x.io/", False), ("/a", False), ("X.io/a", False), ("a/b/c", False), ("x..io/a", False),
        (("b" * 63 + ".") * 3 + "b" * 61 + "/a", True), (("b" * 63 + ".") * 3 + "b" * 62 + "/a", False),
        ("é", False), ("a\n", False),
    ],
)  # fmt: skip
def test_label_keys(key: str, good: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert (label_key_problem(key) == "") == good


@given(st.text(max_size=70) | st.text(alphabet="aB0-_.", max_size=70))
def test_label_values_as_kubernetes_words_it(value: str) -> None:
    """Empty, or at most 63 of [A-Za-z0-9_.-] with a letter or digit at both ends."""
    good = not value or (
        len(value) <= 63 and set(value) <= ALNUM | set("_.-") and value[0] in ALNUM and value[-1] in ALNUM
    )
    assert (label_value_problem(value) == "") == good


@given(st.text(alphabet="abA0-._\n", max_size=12))
def test_names(name: str) -> None:
    parts = name.split(".")
    good = all(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", part) for part in parts)
    assert is_subdomain(name) == good
    assert is_dns_label(name) == (good and "." not in name)


def test_length_of_names() -> None:
    """Only the whole of a subdomain has a limit, as in Kubernetes' own check."""
    assert is_dns_label("a" * 63)
    assert not is_dns_label("a" * 64)
    assert not is_subdomain("")
    assert is_subdomain("a" * 253)
    assert not is_subdomain("a" * 254)


@pytest.mark.parametrize(
    ("kind", "longest"),
    [("CronJob", 52), ("StatefulSet", 52), ("Job", 63), ("Deployment", 253), ("DaemonSet", 253), ("Pod", 253)],
)
def test_the_longest_name_of_a_kind(kind: str, longest: int) -> None:
    assert not name_problem(kind, "a" * longest)
    assert name_problem(kind, "a" * (longest + 1))


@pytest.mark.parametrize(("kind", "good"), [("StatefulSet", False), ("CronJob", True), ("Deployment", True)])
def test_dots(kind: str, good: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert (not name_problem(kind, "a.b")) == good


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a.", "a b"])
def test_what_no_kind_takes(name: str) -> None:
    assert name_problem("Pod", name)


def test_a_generated_name_fits_a_label() -> None:
    assert generated("job-") == "job-xxxxx"
    assert len(generated("a" * 100)) == 63
    assert not name_problem("Job", generated("a" * 100))
    assert name_problem("CronJob", generated("a" * 48))
    assert not name_problem("CronJob", generated("a" * 47))
