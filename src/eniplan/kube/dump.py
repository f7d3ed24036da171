"""Read saved output of kubectl from a file, a folder, or stdin, for clusters out of reach."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

from eniplan.errors import InputError, Place, Problem, unreadable
from eniplan.k8s.values import listing
from eniplan.kube.objects import Collector
from eniplan.kube.stream import Listed, listed, of_kind, read
from eniplan.messages import say
from eniplan.observed import KINDS
from eniplan.plan.document import read_documents
from eniplan.terminal import STDIN, note_input, stdin

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from io import BufferedReader

    from eniplan.observed import Observed
    from eniplan.plan.document import Document

_ENDINGS = (".json", ".yaml", ".yml")
COMMAND = "kubectl get nodes,pods,events,ds,podnetworkings,podenis -A -o json"
"""The command that prints all needed objects except Terway's ConfigMap, which may contain credentials."""
_WRITE = say("create one with: {command}", command=COMMAND)


def observe(path: str, follow: tuple[str, str] | None = None, wanted: Collection[tuple[str, str]] = ()) -> Observed:
    """Read a dump.

    Args:
        path: the file, the folder, or `-`.
        follow: the namespace and name of a pod to read more fields of.
        wanted: the plan's workloads: namespace and `Deployment NAME`. Others are skipped.

    Raises:
        InputError: the dump cannot be read, is malformed or truncated, or has no node.

    """
    collector = Collector(path, follow, wanted)
    for item in _all(path):
        if isinstance(item, Listed):
            collector.listed(item)
        else:
            collector.add(item)
    cut = collector.cut
    if cut:
        hint = say("repeat with &continue=TOKEN until metadata.continue is empty; docs/verify.md has the script")
        message = say("its last page is missing: metadata.continue says that {kind} continues", kind=cut)
        raise InputError(Problem(message, Place(path), hint))
    observed = collector.observed()
    if len(observed.unseen) == len(KINDS):
        hint = say("it may be empty, or printed without -o json; {write}", write=_WRITE)
        raise InputError(Problem(say("it has no objects of a cluster"), Place(path), hint))
    if not observed.nodes:
        raise InputError(_no_node(path))
    return observed


def nodes(path: str) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a dump.

    Raises:
        InputError: the dump cannot be read, is malformed, or has no node.

    """
    is_empty = True
    for item in _all(path):
        if not isinstance(item, Listed) and item.get("kind") == "Node":
            is_empty = False
            yield item
    if is_empty:
        raise InputError(_no_node(path))


def _no_node(path: str) -> Problem:
    return Problem(say("there is no node in this dump, so nothing can be verified"), Place(path), _WRITE)


def _all(path: str) -> Iterator[dict[str, Any] | Listed]:
    """Yield all objects: JSON as a stream, YAML in whole documents."""
    name = path
    try:
        files = _files(path)
        for name in files:
            yield from _of_file(name)
    except OSError as error:
        raise InputError(unreadable(name, error)) from None
    if not files:
        message = say("this folder has no file that ends with {endings}", endings=tuple(_ENDINGS))
        raise InputError(Problem(message, Place(path), _WRITE))


def _files(path: str) -> list[str]:
    """Return the files of a dump. `kubectl cluster-info dump` writes a folder for each namespace."""
    if path == STDIN or not os.path.isdir(path):
        return [path]
    found = sorted(os.path.join(path, name) for name in os.listdir(path) if name[0] != ".")
    inner = [os.path.join(folder, name) for folder in found if os.path.isdir(folder) for name in os.listdir(folder)]
    return [file for file in (*found, *sorted(inner)) if file.endswith(_ENDINGS) and not os.path.isdir(file)]


def _of_file(name: str) -> Iterator[dict[str, Any] | Listed]:
    if name == STDIN:
        with stdin() as stream:
            yield from _of_stream(stream, name)
        return
    with open(name, "rb") as file:
        note_input(file)
        yield from _of_stream(file, name)


def _of_stream(file: BufferedReader, name: str) -> Iterator[dict[str, Any] | Listed]:
    # Peek, because stdin cannot be rewound.
    head = file.peek(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.lower().startswith(_ERRORS):
        told = head.decode(errors="replace").splitlines()[0]
        raise InputError(
            Problem(say("it is an error message of kubectl: {message}", message=told), Place(name), _WRITE)
        )
    if head[:1] not in {b"{", b""}:
        for document in read_documents(name, file.read()):
            yield from _objects(document)
        return
    yield from read(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""), name)


def _objects(document: Document) -> Iterator[dict[str, Any] | Listed]:
    """Yield the objects of one YAML document, and a `Listed` after those of a list.

    Raises:
        InputError: it is truncated. Truncated YAML stays valid, but kubectl writes the kind of a list after its items.

    """
    value = document.value
    if isinstance(value, dict) and "items" not in value:
        yield value
    elif isinstance(value, dict):
        if "kind" not in value:
            hint = say("the list does not name the kind of its items: pass kubectl's complete output")
            raise InputError(Problem(say("it is truncated"), Place(document.file), hint))
        yield from (of_kind(item, value) for item in listing(value["items"]) if isinstance(item, dict))
        yield listed(value)
    else:  # the items alone, as `jq .items` prints them
        yield from (item for item in listing(value) if isinstance(item, dict))


_ERRORS = (b"error from server", b"error: ")
"""How kubectl's messages begin."""
_HEAD = 4096
"""Bytes to peek at to tell JSON from YAML."""
