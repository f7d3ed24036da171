from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.inputs.places import Origin, Origins, translated
from eniplan.plan.document import read_documents

if TYPE_CHECKING:
    from eniplan.inputs.places import Places
    from eniplan.plan.document import Path

(DOCUMENT,) = read_documents("a.yaml", b"spec:\n  list: [x, 1.30]\n")
ROOT = {(): Origin(DOCUMENT, ())}


def test_what_has_no_place_of_its_own_is_in_its_parent() -> None:
    document = translated({}, ROOT | {("items", 0): Origin(DOCUMENT, ("spec",))})
    assert str(document.place(("items", 0, "list", 1))) == "a.yaml:2:13"
    assert document.place(("items", 0, "list", 1)).path == "spec.list[1]"
    assert document.place(("items", 0, "none")) == ("a.yaml", 2, 3, "spec.none")
    assert document.place(("items", 1)) == ("a.yaml", 1, 1, "items[1]")
    assert document.place(("items", 0, "list"), key=True) == ("a.yaml", 2, 3, "spec.list")


def test_an_address_stands_for_its_path() -> None:
    document = translated({}, ROOT | {("pool",): Origin(DOCUMENT, ("spec",), "module.a.b[0]")})
    assert document.place(("pool",)).path == "module.a.b[0]"
    assert document.place(("pool", "list", 0)).path == "module.a.b[0].list[0]"
    assert Origin(DOCUMENT, (), "x").inner((0, "a")).name == "x[0].a"


def test_a_tree_of_origins_is_a_tree() -> None:
    tree = Origins(ROOT | {("a",): Origin(DOCUMENT, ("spec", "list"))})
    assert tree.find(("a", 1), key=False) == (2, 13)
    assert tree.text(("a", 1)) == "1.30"


def test_a_key_is_called_as_its_form_calls_it() -> None:
    origins: dict[Path, Places] = {
        (): Origin(DOCUMENT, ()),
        ("nodePools", 0): Origin(DOCUMENT, ("spec",)),
        ("nodePools", 0, "sizes"): Origin(DOCUMENT, ("spec", "list")),
    }
    document = translated({}, origins)
    assert document.word(("nodePools", 0, "taints"), "sizes") == "list"
    assert document.word(("nodePools", 0), "sizes") == "list"
    assert document.word(("nodePools", 0), "taints") == "taints"
    assert document.word(("nodePools", 1), "sizes") == "sizes"
    assert DOCUMENT.word(("spec",), "list") == "list"


def test_a_key_in_another_document_keeps_its_name() -> None:
    (other,) = read_documents("b.yaml", b"x: 1\n")
    document = translated({}, ROOT | {("a", 0): Origin(DOCUMENT, ()), ("a", 0, "key"): Origin(other, ("x",))})
    assert document.word(("a", 0), "key") == "key"
