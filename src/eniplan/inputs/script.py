"""Reads shell scripts: calls of the aliyun CLI that create node pools, or clusters with node pools, and manifests.

The body of a call is JSON text that the script may build from pieces; a manifest is a here-document. Each value has its
place in the script; values that only the shell knows are `NotKnown`. Source: aliyun CLI at commit eadd68d9,
openapi/flags.go.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from eniplan.errors import InputError
from eniplan.inputs.places import NotKnown, Origin, Printed
from eniplan.inputs.scalars import Source
from eniplan.inputs.shell import Command, commands
from eniplan.inputs.templates import CLUSTER_REQUEST, TOKENS
from eniplan.inputs.units import Stated
from eniplan.inputs.words import UNKNOWN, Part, file_name, spelled, text
from eniplan.messages import NOTHING, say
from eniplan.plan.document import Document, decode, read_tagged
from eniplan.plan.fields import SECTIONS
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.inputs.words import Word
    from eniplan.messages import Message
    from eniplan.plan.document import Path, Tree

_OBJECT = re.compile(r"\bapiVersion\b")
_BY_HAND = say("it is written in a script: change it there")
_INSIDE = say("it is written in a text of the document: change it there")
_PROGRAM = ("aliyun", "aliyun.exe")
"""In a recipe of make, `@`, `-` or `+` may come before it."""
_IN_BRACKETS = re.compile(r"\s*(?:\{\s*\"|\[\s*\{\s*\")")
"""The beginning of a JSON object, or of a list of them; not of a template, nor of a program."""
_ADDING = ("parallel", "xargs")
"""Programs that add words to a command."""
_OPERATIONS = ("CreateClusterNodePool", "CreateCluster", "create-cluster-node-pool", "create-cluster")
"""The CLI's plugins spell an operation, and each field of its body as an option, in lower case."""
_CHANGES = ("ModifyClusterNodePool", "modify-cluster-node-pool")
_POOLS = re.compile(r"/clusters/([^/\s]*)/nodepools/?")
_POOL = re.compile(r"/clusters/([^/\s]*)/nodepools/([^/\s]+)/?")
_FIELDS = frozenset((*SECTIONS, "count", "nodepools", *CLUSTER_REQUEST))
"""Fields that may be options of their own, instead of a part of `--body`."""
_JSON = re.compile(r"\s*[\[{]|\d+$|(?:true|false)$")
_WORD = re.compile(r"[\w.:/-]+")
OPEN, CLOSE = "\ue000", "\ue001"
"""Enclose the number of an unknown part in the text of a body."""


class Call(NamedTuple):
    """A request that a script sends."""

    document: Document
    """The body; its value is a `NotKnown` if the body is in another file."""
    cluster: str = ""
    """The id of the cluster, if the call names it."""
    file: str = ""
    """The file with the body, if it is not in the script."""
    changed: str = ""
    """The live pool that it changes; empty if it creates one."""

    @property
    def stated(self) -> Stated | None:
        """The facts of the cluster that the call states."""
        if not self.cluster or UNKNOWN in self.cluster:
            return None
        return Stated({"id": self.cluster}, {("id",): Origin(self.document, ())})


def read(file: str, data: bytes) -> tuple[list[Call], list[Document]]:
    """Return the requests of a script, and the manifests in its here-documents.

    Args:
        file: the file with the script.
        data: the script.

    Raises:
        InputError: the script is not text, the body of a request is not JSON, or a manifest is not YAML.

    """
    script = decode(file, data)
    calls: list[Call] = []
    manifests: list[Document] = []
    for command in commands(script):
        found = _arguments(command)
        if found is not None:
            calls.append(_call(file, script, found))
        elif _OBJECT.search(text(command.stdin)) and "delete" not in map(text, command.words):
            manifests += _manifests(file, script, command.stdin)
    return calls, manifests


def read_words(file: str, text: str, words: list[Word]) -> Call | None:
    """Return the request of a command that no shell splits; None if it sends none.

    An image may run `aliyun` by itself, so that the words are only its arguments.

    Args:
        file: the file with the command.
        text: its text.
        words: the words, with offsets in the text.

    Raises:
        InputError: the body of the request is not JSON.

    """
    first = spelled(words[0])
    words = [[Part(_PROGRAM[0], words[0][0].at)], *words] if first == "cs" or first.startswith("-") else words
    found = _arguments(Command(words, [], "", ""))
    if found is None:
        return None
    call = _call(file, text, found)
    return call._replace(document=call.document._replace(tree=Printed(call.document, _INSIDE)))


def documents_of(file: str, text: str, word: Word) -> list[Document]:
    """Return the documents of a text that stands in another document; none if it is neither YAML nor JSON.

    Args:
        file: the file with that document.
        text: its text.
        word: the text inside, with offsets in the text of the file.

    Raises:
        InputError: it can only be JSON, names the exclusive label, and is not valid.

    """
    built, offsets, unknown = _joined(word)
    is_json = _IN_BRACKETS.match(built) is not None
    try:
        found = _parsed(file, ".json" if is_json else ".yaml", Mapped(None, built, offsets, text), unknown)
    except InputError:
        if is_json and EXCLUSIVE_LABEL in built:
            raise
        return []
    return [document._replace(tree=Printed(document, _INSIDE)) for document in found]


class _Sent(NamedTuple):
    """The arguments of a call."""

    cluster: str
    body: Word
    changed: str = ""
    """See `Call.changed`."""


def _arguments(command: Command) -> _Sent | None:
    """Return the arguments of a call that creates a node pool or cluster, or changes a pool; None for others."""
    names = [text(word) for word in command.words]
    program = next((i for i, name in enumerate(names) if os.path.basename(name).lstrip("@-+") in _PROGRAM), None)
    if program is None or "cs" not in names[program:]:
        return None
    service = names.index("cs", program)
    operation, path, *_ = [*names[service + 1 :], "", ""]
    method = operation.upper()
    pools = {"POST": _POOLS, "PUT": _POOL}[method].fullmatch(path) if method in ("POST", "PUT") else None
    if (
        pools is None
        and operation not in (*_OPERATIONS, *_CHANGES)
        and (method, path.rstrip("/")) != ("POST", "/clusters")
    ):
        return None
    adding = next((name for name in map(os.path.basename, names[:program]) if name in _ADDING), "")
    options = _options(command.words)
    cluster = pools[1] if pools else text(options.get("--ClusterId", options.get("--cluster-id", [])))
    changed = pools[2] if pools and method == "PUT" else ""
    if operation in _CHANGES:
        changed = spelled(options.get("--NodepoolId", options.get("--nodepool-id", []))) or operation
    if adding:
        at = command.words[program][0].at
        return _Sent(cluster, [Part("", at, say("the words that {program} adds", program=adding))], changed)
    if options.get("--body-file"):
        return _Sent(cluster, _file(options["--body-file"], command), changed)
    body = options.get("--body") or _of_options(options)
    if not body:  # the call asks for help, or the API refuses it
        return None
    return _Sent(cluster, _file(body, command) if text(body).startswith(("file://", "@")) else body, changed)


def _of_options(options: dict[str, Word]) -> Word:
    """Return the body of a call that gives its fields as options; empty if it gives none."""
    body: Word = []
    for option, value in options.items():
        name = option[2:].replace("-", "_")
        if value and name in _FIELDS:
            body += [Part(f'{"," if body else "{"}"{name}":', value[0].at), *_as_json(value)]
    return [*body, Part("}", body[-1].at)] if body else body


def _as_json(value: Word) -> Word:
    """Return the value of an option as JSON. Other forms, such as `name=a type=ess`, are unknown."""
    words, at = text(value), value[0].at
    if _JSON.match(words):
        return value
    return [Part('"', at), *value, Part('"', at)] if _WORD.fullmatch(words) else [Part("", at, spelled(value))]


def _file(word: Word, command: Command) -> Word:
    key, name, shown = (re.sub("^(file://|@)", "", found) for found in (file_name(word), text(word), spelled(word)))
    if key in command.files:
        return command.files[key]
    given = (command.stdin or command.piped) if key == "/dev/stdin" else None
    if given:
        return given
    return [word[0]._replace(text="", unknown=say("the file {file}", file=shown), file=name)]


def _options(words: list[Word]) -> dict[str, Word]:
    found = {}
    for word, following in zip(words, [*words[1:], []], strict=True):
        name, sign, _ = text(word).partition("=")
        if name.startswith("--"):
            first, end = word[0], len(name) + 1
            rest = first._replace(text=first.text[end:], at=first.at + end)
            found[name] = [rest, *word[1:]] if sign else following
    return found


def _call(file: str, script: str, sent: _Sent) -> Call:
    cluster, body, changed = sent
    if len(body) == 1 and body[0].unknown:
        whole = Mapped(None, "", [body[0].at], script)
        return Call(Document(file, _lost(_short(body[0].unknown)), whole), cluster, body[0].file, changed)
    built, offsets, unknown = _joined(body)
    document, *_ = _parsed(file, ".json", Mapped(None, built, offsets, script, _noted(body, offsets)), unknown)
    value = document.value
    return Call(
        document._replace(value=_lost(value) if isinstance(value, NotKnown) else value), cluster, changed=changed
    )


def _manifests(file: str, script: str, words: Word) -> Iterator[Document]:
    """Yield the documents of a here-document."""
    built, offsets, unknown = _joined(words, is_json=False)
    for document in _parsed(file, ".yaml", Mapped(None, built, offsets, script), unknown):
        yield document._replace(tree=Printed(document, _BY_HAND))


def _parsed(file: str, ending: str, whole: Mapped, unknown: list[str]) -> list[Document]:
    """Parse a text that a script builds, with `NotKnown` for its unknown parts."""
    try:
        documents = read_tagged(f"body{ending}", whole.built.encode())
    except InputError as error:
        raise error.moved(file, whole.moved) from None
    return [Document(file, _filled(found.value, unknown), whole.of(found.tree)) for found in documents]


def _lost(why: str) -> dict[str, Any]:
    """Return a body of which nothing is known."""
    return dict.fromkeys(("nodepool_info", "scaling_group", "kubernetes_config"), NotKnown(why))


def _short(expression: str) -> str:
    """Return the beginning of an expression, for its name."""
    line, *more = expression.split("\n")
    return line if not more and len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


_LONGEST = 80
_WHOLE = re.compile(r"(?P<blank>(?!))|(?s:.+)")
"""In place of `TOKENS`: takes a text as it is."""


def _joined(body: Word, *, is_json: bool = True) -> tuple[str, list[int], list[str]]:
    """Return the text of a body, the offset in the script of each character, and its unknown parts."""
    tokens = TOKENS if is_json else _WHOLE
    out: list[str] = []
    offsets: list[int] = []
    unknown: list[str] = []
    in_string = not is_json
    for part in body:
        for token in [None] if part.unknown else tokens.finditer(part.text):
            # Outside of texts, JSON has nothing that looks like what `envsubst` or Ansible fill in.
            lost, at = (part.unknown, part.at) if token is None else (token["blank"], part.at + token.start())
            if lost and not in_string and out[-1:] == [f'"{OPEN}{len(unknown) - 1}{CLOSE}"']:
                unknown[-1] += lost  # `$A$B` is one value
                continue
            if lost and (token is None or not in_string or '"' in lost):
                mark = f"{OPEN}{len(unknown)}{CLOSE}"
                unknown.append(lost)
                piece = mark if in_string else f'"{mark}"'
                offsets += [at] * len(piece)
            else:
                piece = "" if token is None else token[0]
                offsets += range(at, at + len(piece))
                in_string ^= is_json and piece == '"'
            out.append(piece)
    return "".join(out), [*offsets, offsets[-1] if offsets else 0], unknown


def _noted(body: Word, offsets: list[int]) -> dict[int, str]:
    """Return the default that a character of a body comes from, by its index."""
    notes = {part.at + i: part.note for part in body if part.note for i in range(len(part.text))}
    return {i: notes[at] for i, at in enumerate(offsets) if at in notes}


def _filled(value: Any, unknown: list[str]) -> Any:  # noqa: ANN401 - a body may hold anything
    """Return a value with `NotKnown` for its unknown texts, and keys as the script spells them."""
    if isinstance(value, dict):
        return {str(_with_unknown(key, unknown)): _filled(item, unknown) for key, item in value.items()}
    return [_filled(item, unknown) for item in value] if isinstance(value, list) else _with_unknown(value, unknown)


def _with_unknown(part: Any, unknown: list[str]) -> Any:  # noqa: ANN401 - a body may hold anything
    if not isinstance(part, str) or OPEN not in part:
        return part
    return NotKnown(re.sub(f"{OPEN}(\\d+){CLOSE}", lambda found: unknown[int(found[1])], part))


class Mapped:
    """The tree of a body, with places in its script."""

    def __init__(
        self, inner: Tree | None, built: str, offsets: list[int], script: str, notes: dict[int, str] | None = None
    ) -> None:
        """Store the tree of the body, its text, the offset of each character in the script, and the defaults used."""
        self._inner = inner
        self.built = built
        """The text of the body."""
        self.offsets = offsets
        """The offset in the script of each character of the body, and of its end."""
        self._script = script
        self._notes = notes or {}

    def of(self, inner: Tree) -> Mapped:
        """Return the same text with the tree of one of its documents."""
        return Mapped(inner, self.built, self.offsets, self._script, self._notes)

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `Tree.find`."""
        return self.moved(*((1, 1) if self._inner is None else self._inner.find(path, key=key)))

    def text(self, path: Path) -> str | None:
        """See `Tree.text`."""
        return None if self._inner is None else self._inner.text(path)

    def written(self, path: Path) -> Path | None:
        """See `Document.written`."""
        return None if self._inner is None or self.note(path) else path

    def note(self, path: Path) -> Message:
        """Say which defaults a value comes from."""
        if not self._notes or self._inner is None:
            return NOTHING
        start = self._index(*self._inner.find(path, key=False))
        end = start + len(self._inner.text(path) or "")
        where = dict.fromkeys(self._notes[i] for i in range(start, end) if i in self._notes)
        return say("the value comes from {sources}", sources=tuple(where)) if where else NOTHING

    def _index(self, line: int, column: int) -> int:
        lines = self.built.split("\n")[: max(line - 1, 0)]
        return sum(map(len, lines)) + len(lines) + max(column - 1, 0)

    def moved(self, line: int, column: int) -> tuple[int, int]:
        """Return the line and column in the script for those in the body."""
        index = self._index(line, column)
        return _lines(self._script).place(self.offsets[min(index, len(self.offsets) - 1)])


@lru_cache(maxsize=1)
def _lines(script: str) -> Source:
    return Source(script)
