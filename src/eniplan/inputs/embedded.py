"""Inputs in texts of a document: a request in a ConfigMap, Terraform in a ROS template, the words of a command."""

from __future__ import annotations

import os
import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from eniplan.inputs.hcl.parse import Text
from eniplan.inputs.places import BLANKS
from eniplan.inputs.preview import is_preview
from eniplan.inputs.scalars import Source, offsets
from eniplan.inputs.templates import is_any, is_ros
from eniplan.inputs.words import Part
from eniplan.k8s.values import leaves
from eniplan.plan.document import Tagged, value_at
from eniplan.plan.load import HCL_ENDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.inputs.hcl.parse import Block
    from eniplan.inputs.words import Word
    from eniplan.plan.document import Document, Path

_TRANSFORMS = ("Aliyun::Terraform", "Aliyun::OpenTofu")
_PRINTED = ("format_version", "resource_changes", "terraform_version")
"""Keys of what Terraform prints."""


def is_printed(value: object) -> bool:
    """Return whether Terraform, Pulumi or eniplan has printed a document, whose texts are read elsewhere."""
    if not isinstance(value, dict):
        return False
    is_own = str(value.get("schema")).startswith("eniplan.")
    return is_own or is_preview(value) or any(key in value for key in _PRINTED)


def workspace(document: Document, text: str) -> list[Text]:
    """Return the Terraform files in a ROS template, which ROS passes to Terraform, with their places.

    Args:
        document: the template, or any other document.
        text: the text of its file.

    """
    files, stated = (value_at(document.value, (key,)) for key in ("Workspace", "Transform"))
    transforms = stated if isinstance(stated, list) else [stated]
    if not isinstance(files, dict) or not any(str(name).startswith(_TRANSFORMS) for name in transforms):
        return []
    named = ((name, inner) for name, inner in files.items() if isinstance(inner, str) and name.endswith(HCL_ENDINGS))
    return [_hcl(document, ("Workspace", name), inner, text) for name, inner in named]


def inner_requests(document: Document, source: Source) -> Iterator[tuple[Path, Word]]:
    """Yield the texts of a document that may be requests for node pools, such as a JSON file in a ConfigMap."""
    for path, inner in _texts(document):
        if is_any(inner.encode(errors="replace")):
            yield path, _word(document, path, inner, source)


def file_names(document: Document, path: Path) -> Iterator[str]:
    """Yield the names of the file that a text becomes, from beside it: in cloud-init, Ansible, Argo and the like."""
    for holder in (value_at(document.value, path[:-1]), value_at(document.value, path[:-2])):
        names = (holder.get(key) for key in ("path", "dest")) if isinstance(holder, dict) else ()
        yield from (os.path.basename(name) for name in names if isinstance(name, str))


def inner_manifests(document: Document, source: Source) -> Iterator[Word]:
    """Yield the texts of a ROS template that have objects of Kubernetes, which ROS applies."""
    for path, inner in _texts(document) if is_ros(document.value) else ():
        if "apiVersion" in inner:
            yield _word(document, path, inner, source)


def _texts(document: Document) -> Iterator[tuple[Path, str]]:
    """Yield the texts of a document that are no metadata of an object: its annotations may repeat them."""
    for path, inner in () if is_printed(document.value) else leaves(document.value):
        if type(inner) is str and "metadata" not in path:
            yield path, inner


def _hcl(document: Document, path: Path, inner: str, text: str) -> Text:
    lines = text.splitlines()
    line, column = document.tree.find(path, key=False)
    if lines[line - 1][column - 1 : column] == "|":  # a block scalar: its lines are lines of the file, indented
        first = next((row for row in lines[line:] if row.strip()), "")
        return Text(document.file, inner, (line + 1, len(first) - len(first.lstrip()) + 1))
    return _Quoted(document.file, inner, (line, column))


class _Quoted(Text):
    """A quoted text, whose lines are not lines of the file."""

    def place(self, offset: int) -> tuple[int, int]:
        """See `Text.place`."""
        del offset
        return self._first

    def written(self, block: Block, path: Path) -> None:
        """See `Text.written`."""
        del block, path


# --- Commands that are lists of words -----------------------------------------------------------------------------

_OF_COMMAND = ("entrypoint", "command", "args")
"""The keys of the parts of one command, in their order: of Kubernetes, Docker Compose, Tekton and the like."""
_LEFT = re.compile(rf"\$\([\w.-]+\)|{BLANKS}|^\$\w+$")
"""What Kubernetes (`$(NAME)`) or another program fills in."""


def exec_forms(document: Document, source: Source) -> Iterator[list[Word]]:
    """Yield the words of commands that no shell splits: `command: [aliyun, cs]`, `args: [POST, …]`."""
    for paths in _lists(document.value, ()):
        if any(str(value_at(document.value, path)) == "cs" for path in paths):
            found = [(path, value_at(document.value, path)) for path in paths]
            yield [_opened(_word(document, path, str(word), source)) for path, word in found]


def _lists(value: Any, path: Path) -> Iterator[list[Path]]:  # noqa: ANN401 - a document may hold anything
    """Yield the paths of the words in each list of words."""
    if isinstance(value, dict):
        parts = {key: list(_words(value[key], (*path, key))) for key in _OF_COMMAND if key in value}
        yield list(chain.from_iterable(parts.values()))
        for key, inner in value.items():
            if not parts.get(key):
                yield from _lists(inner, (*path, key))
    elif isinstance(value, list):
        yield list(_words(value, path))
        for i, inner in enumerate(value):
            if isinstance(inner, dict | list):
                yield from _lists(inner, (*path, i))


def _words(value: Any, path: Path) -> Iterator[Path]:  # noqa: ANN401 - a document may hold anything
    if isinstance(value, str) and not re.search(r"\s", value):
        yield path
    elif isinstance(value, list) and not any(isinstance(item, dict | list | Tagged) for item in value):
        yield from ((*path, i) for i in range(len(value)))


def _opened(word: Word) -> Word:
    """Return a word with unknown parts for what another program fills in."""
    whole = "".join(part.text for part in word)
    places = [at for part in word for at in range(part.at, part.at + len(part.text))]
    out: Word = []
    end = 0
    for left in _LEFT.finditer(whole):
        out += _parts(whole[end : left.start()], places[end : left.start()])
        out.append(Part("", places[left.start()], left[0]))
        end = left.end()
    return [*out, *_parts(whole[end:], places[end:])] or word


# --- The places of the characters of a text -----------------------------------------------------------------------


def _word(document: Document, path: Path, value: str, source: Source) -> Word:
    """Return a text of a document as a word: its parts, each with the offset in the file."""
    start = source.offset(*document.tree.find(path, key=False))
    return _parts(value, offsets(value, source.text, start)) or [Part("", start)]


def _parts(value: str, places: list[int]) -> Word:
    """Return a text as parts whose characters follow each other in the file."""
    cuts = [i for i in range(len(value)) if i == 0 or places[i] != places[i - 1] + 1]
    return [Part(value[i:end], places[i]) for i, end in zip(cuts, [*cuts, len(value)][1:], strict=True)]
