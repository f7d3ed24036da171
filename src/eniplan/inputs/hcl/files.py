"""Finds modules among Terraform files, the root modules among them, and the values of their variables."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from eniplan.emit.terraform import RESOURCE
from eniplan.errors import COMMAND_LINE, InputError, Place, Problem, unreadable
from eniplan.inputs.applied import APPLIED, CHART
from eniplan.inputs.hcl.disk import is_in
from eniplan.inputs.hcl.evaluate import Scope, outcome
from eniplan.inputs.hcl.module import Given, Module
from eniplan.inputs.hcl.nodes import Literal, Name
from eniplan.inputs.hcl.parse import Text
from eniplan.inputs.hcl.pools import Configuration, Tree
from eniplan.inputs.hcl.sources import at
from eniplan.inputs.hcl.values import Budget, TooMuchError
from eniplan.inputs.places import NotKnown, Skipped
from eniplan.inputs.spelling import DECIDING, TERRAFORM, Resource
from eniplan.inputs.templates import Group
from eniplan.messages import say
from eniplan.plan.document import Document, decode, read_documents
from eniplan.plan.load import COMPONENTS, HCL_ENDINGS, HCL_JSON_ENDINGS, TERRAGRUNT
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.suggest import did_you_mean
from eniplan.terminal import read_file, read_named
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.inputs.hcl.parse import Part
    from eniplan.inputs.hcl.terragrunt import Unit
    from eniplan.messages import Message

_OURS = (RESOURCE.encode(), EXCLUSIVE_LABEL.encode())
_OBJECTS = "|".join((*APPLIED, CHART)).encode()
_BLOCK = (
    rb"^(?:\xef\xbb\xbf)?(?:\s*+(?:#|//)[^\n]*\n)*+\s*+(?:resource|data|module|variable|locals|output|provider|terraform)"
    rb'(?:[ \t]+(?:"[^"\n]*"|[\w-]+))*[ \t]*\{'
)
"""The beginning of a text that is HCL, whatever the name of its file."""
_OF_FOLDERS = (*HCL_ENDINGS, *HCL_JSON_ENDINGS)
"""Endings of files that form one module with the others in their folder."""
_SOURCE = rb'(?m)(?:^[ \t]*source[ \t]*=|"source"[ \t]*:)[ \t]*"(\.\.?/[^"\n]*)"'
_CALL = rb'(?m)^[ \t]*module[ \t]|"module"[ \t\r\n]*:'
_NO_POOL = say("no node pool in it")
_STEPS = 500_000
"""The minimum budget of a configuration, in steps; large files add to it."""
_LOOKED_AT = 2**20
"""Maximum bytes of a file in which all blocks are checked for syntax errors; in larger files, only used blocks are."""
_VALIDATE = say("if `terraform validate` accepts it, check its plan instead: `terraform show -json plan.out`")


class Options(NamedTuple):
    """Values of variables, from the options that Terraform also has."""

    values: tuple[str, ...] = ()
    """`NAME=VALUE`."""
    files: tuple[str, ...] = ()


NO_VALUES = Options()


class Outcome(NamedTuple):
    """The result of evaluating the files of a run."""

    groups: list[Group]
    manifests: list[Document]
    problems: list[Problem]
    left: list[Skipped]


def is_hcl(path: str, data: bytes) -> bool:
    """Return whether a file is HCL. YAML and JSON documents with embedded HCL are not."""
    return (
        path.endswith((*_OF_FOLDERS, *COMPONENTS))
        or os.path.basename(path) == TERRAGRUNT
        or bool(not path.endswith((".yaml", ".yml", ".json", ".md")) and _OURS[0] in data and re.match(_BLOCK, data))
    )


def names_ours(data: bytes) -> bool:
    """Return whether a Terraform file has a node pool or manifests, or passes the exclusive label to a module."""
    return _OURS[0] in data or (_OURS[1] in data and b"module" in data) or bool(re.search(_OBJECTS, data))


class Files:
    """The Terraform files of one run."""

    def __init__(self, options: Options, *, is_closed: bool) -> None:
        """Read the files with values of variables.

        Args:
            options: the values of variables.
            is_closed: whether the files are the only source of facts about the clusters.

        Raises:
            InputError: a file with values cannot be read.

        """
        self._options = options
        self._chosen = [_values(file) for file in options.files]
        self._is_closed = is_closed
        self._folders: dict[str, _Folder] = {}
        self._units: list[Unit] = []
        """Terragrunt files."""
        self._lost: list[Group] = []
        """Pools of those whose module cannot be read."""
        self._beside: dict[str, _Folder] = {}
        """Called folders that are not inputs."""
        self._shared: set[str] = set()
        """Folders with several callers, whose texts are kept to the end."""
        self._read: dict[str, list[Text]] = {}
        self._problems: list[Problem] = []
        self._left: list[Skipped] = []
        self._manifests: list[Document] = []
        self._asked: set[str] = set()
        self._fruitful: set[str] = set()
        """The folders of the configurations that have pools or manifests."""
        self.used = {os.path.normpath(file) for file in options.files}
        """Other files that the configurations read."""
        self.evaluated: set[str] = set()
        """The files of the modules that were evaluated."""

    def add(self, path: str, data: bytes, *, named: bool) -> str:
        """Add a file. Return why it is skipped; empty if it is not.

        Args:
            path: the file.
            data: its bytes, not kept: a relevant file is read again.
            named: whether to read the file, whatever it contains.

        """
        if os.path.basename(path) == TERRAGRUNT or path.endswith(COMPONENTS):
            return self._add_units(path, data)
        if _is_replaced(path):
            return say("OpenTofu reads the file {file} instead", file=_of_tofu(path))
        is_alone = not path.endswith(_OF_FOLDERS)
        key = f"{path}/" if is_alone else os.path.normpath(os.path.dirname(path))
        folder = self._folders.setdefault(key, _Folder(path if is_alone else os.path.dirname(path)))
        folder.wanted.append(path)
        says = _said(data, named=named)
        folder.says = folder.says.and_(says)
        if named or says.is_ours:
            folder.looked_at.add(path)
        if is_alone:
            self._read[key] = [_text(path, data)]
        return "" if says.is_ours else _NO_POOL

    def _add_units(self, path: str, data: bytes) -> str:
        """Add a Terragrunt file, or the components of a stack; see `add`."""
        from eniplan.inputs.hcl import stacks, terragrunt  # noqa: PLC0415 - few runs have such files

        source = Text(path, decode(path, data))
        if source.whole.fault is not None:
            return say("not valid HCL in line {line}", line=source.place(source.whole.fault)[0])
        budget = Budget(_STEPS + 4 * len(data))
        try:
            is_stack = path.endswith(COMPONENTS)
            units = list(stacks.read(source, budget)) if is_stack else [terragrunt.read(source, budget)]
        except TooMuchError:
            return self._give_up(path)
        self.used |= budget.files
        reasons = [self._add_unit(unit, data) for unit in units]
        return "" if "" in reasons else next(iter(reasons), _NO_POOL)

    def _add_unit(self, unit: Unit, data: bytes) -> str:
        """Add a unit of Terragrunt or a component of a stack; see `add`."""
        path = unit.path
        folder = os.path.dirname(path) if unit.folder is None else unit.folder
        if isinstance(folder, NotKnown):
            return self._lose(unit, say("a remote module: check the plan ({why})", why=folder))
        files = [os.path.join(folder, name) for name in _listed(folder, _OF_FOLDERS)]
        if not files:
            by_include = say("its module comes from an include: check the plan")
            return self._lose(unit, by_include if unit.others else say("no module in {folder}", folder=folder))
        self._units.append(unit._replace(folder=folder))
        return "" if names_ours(data) or any(map(_has_ours, files)) else _NO_POOL

    def _lose(self, unit: Unit, why: Message) -> str:
        """Keep a unit whose module cannot be read, if it passes the exclusive label. Return why others are skipped."""
        if EXCLUSIVE_LABEL not in str(unit.inputs):
            return why
        address = unit.name
        lost: dict[str, Any] = dict.fromkeys(DECIDING, NotKnown(why))
        pool = Resource(address, Document(unit.path, None, Tree(unit.source)), (address,), lost, TERRAFORM)
        self._lost.append(Group(("hcl", unit.path), [pool], is_certain=False))
        return ""

    def embed(self, path: str, name: str, texts: list[Text]) -> None:
        """Add texts embedded in a file, as one configuration with a name."""
        key = f"{path}/{name}/"
        self._folders[key] = folder = _Folder(path)
        folder.wanted.append(path)
        folder.looked_at.add(path)
        folder.says = _Said(is_ours=True)
        self._read[key] = texts

    def leads_out(self, folder: str) -> bool:
        """Return whether a configuration in a folder has pools or manifests; they may be in modules elsewhere."""
        return any(is_in(shown, folder) for shown in self._fruitful)

    def finish(self) -> Outcome:
        """Evaluate all configurations."""
        groups = self._lost
        called = [path for key, folder in self._folders.items() for path in folder.says.called(key)]
        called += (os.path.normpath(str(unit.folder)) for unit in self._units)
        self._shared = {path for path, callers in Counter(called).items() if callers > 1}
        reached: set[str] = set()
        for unit in self._units:
            groups += self._of_unit(unit, reached)
        for key, folder in self._folders.items():
            if key not in called:
                groups += self._configuration(key, folder, reached)
        for key, folder in self._folders.items():  # modules that call each other, or whose call was not evaluated
            if key in called and key not in reached:
                groups += self._configuration(key, folder, reached)
        known = {name for name in self._asked if name}
        for item in self._options.values:
            name = item.partition("=")[0]
            if self._folders and name not in known:
                message = say("no configuration here declares the variable {name}", name=name)
                self._problems.append(Problem(message, Place(COMMAND_LINE), did_you_mean(name, sorted(known))))
        left = {(item.what, item.why, item.names): item for item in self._left}
        return Outcome(groups, self._manifests, list(dict.fromkeys(self._problems)), list(left.values()))

    # --- Reading ---

    def _texts(self, key: str, shown: str) -> list[Text]:
        if key not in self._read:
            found: list[Text] = []
            self._read[key] = found
            for name in _listed(shown, _OF_FOLDERS):
                path = os.path.join(shown, name)
                try:
                    data = read_file(path)
                except OSError as error:
                    self._problems.append(unreadable(path, error))
                    continue
                try:
                    found.append(_text(path, data))
                except InputError as error:
                    self._refuse(error, path, data)
        return self._read[key]

    def _refuse(self, error: InputError, path: str, data: bytes) -> None:
        """Report a malformed file: as an error if it may concern exclusive pools, otherwise as a note."""
        if any(name in data for name in _OURS) or not path.endswith(HCL_JSON_ENDINGS):
            self._problems += error.problems
        else:
            self._left += (Skipped(str(problem.place), problem.message) for problem in error.problems)

    def _of_unit(self, unit: Unit, reached: set[str]) -> Iterator[Group]:
        """Yield the pools of a module with the values of a Terragrunt file."""
        key = os.path.normpath(str(unit.folder))
        folder = _Folder(self._folders[key].shown if key in self._folders else str(unit.folder))
        folder.wanted += (source.file for source in self._texts(key, folder.shown))
        folder.looked_at.update(folder.wanted)
        return self._configuration(key, folder, reached, unit)

    def _configuration(self, key: str, folder: _Folder, reached: set[str], unit: Unit | None = None) -> Iterator[Group]:
        """Yield the pools of one configuration, and drop its texts. The pools keep the texts that they need."""
        around = self._around(key)
        is_ours = any(says.is_ours or says.calls_away for says in around.values())
        reached |= {key} if is_ours else around.keys()
        # Most configurations in a repository have no node pool: do not even parse them.
        if is_ours or folder.says.has_more or self._options.values:
            yield from self._computed(key, folder, reached, unit, is_ours=is_ours)
            for path in (around.keys() | reached) - self._shared:
                self._read.pop(path, None)

    def _around(self, key: str) -> dict[str, _Said]:
        """Return the scans of a configuration's folder and of the folders that it calls, by folder."""
        found: dict[str, _Said] = {}
        waiting = [key]
        while waiting:
            path = waiting.pop()
            if path not in found:
                found[path] = self._says(path)
                waiting += found[path].called(path)
        return found

    def _says(self, key: str) -> _Said:
        """Return the scan of a folder, including files that are not inputs."""
        folder = self._folders.get(key) or self._beside.setdefault(key, _Folder(key))
        if not folder.is_whole and not key.endswith("/"):
            wanted = set(folder.wanted)
            names = _listed(folder.shown, _OF_FOLDERS)
            folder.says = folder.says.and_(_Said(calls_away=not names and not wanted))
            for name in names:
                path = os.path.join(folder.shown, name)
                if path not in wanted:
                    with contextlib.suppress(OSError):  # reported when the module is read
                        folder.says = folder.says.and_(_said(read_file(path), named=False))
            folder.is_whole = True
        return folder.says

    def _computed(
        self, key: str, folder: _Folder, reached: set[str], unit: Unit | None, *, is_ours: bool
    ) -> Iterator[Group]:
        texts = self._texts(key, folder.shown)

        def read(path: str) -> list[Text]:
            reached.add(os.path.normpath(path))
            inner = self._folders.get(os.path.normpath(path))
            found = self._texts(os.path.normpath(path), path if inner is None else inner.shown)
            self._evaluate(found)
            return found

        wanted = set(folder.wanted)
        budget = Budget(_STEPS + 4 * sum(len(source.data) for source in texts))
        prefix = "" if unit is None else f"{unit.name}: "
        has_files = not key.endswith("/")
        module = Module(folder.shown, texts, budget, given={}, read=read, has_files=has_files, prefix=prefix)
        configuration = Configuration(module, key + prefix, is_wanted=wanted.__contains__, is_closed=self._is_closed)
        self._asked |= module.variables.keys()
        try:
            if unit is not None:
                module.given |= unit.given(module.variables)
            for file in _automatic(folder.shown) if has_files else ():
                module.given |= _values(file)
                self.used.add(os.path.normpath(file))
            for values in self._chosen:
                module.given |= values
            module.given |= self._stated(module)
            found = list(configuration.groups()) if is_ours else []
            self._evaluate(texts if is_ours else ())
            if found or configuration.manifests:
                self._fruitful.add(folder.shown if unit is None else unit.path)
            yield from found
        except InputError as error:
            self._problems += error.problems
        except TooMuchError:
            self._give_up(folder.wanted[0])
        self._left += configuration.left
        self.used |= budget.files
        self._manifests += configuration.manifests
        self._look(source for source in texts if source.file in folder.looked_at)

    def _give_up(self, file: str) -> str:
        """Report a file that takes too much work. Return that it is not skipped; see `add`."""
        message = say("this configuration needs more computation than eniplan allows for its size")
        self._problems.append(Problem(message, Place(file), _VALIDATE))
        return ""

    def _look(self, texts: Iterable[Text]) -> None:
        """Report syntax errors: as an error if the block may be a node pool, otherwise as a note."""
        for source in texts:
            for part in source.parts:
                is_ours = _is_ours(source, part)
                if part.kind == "resource" and (words := source.at(part.start, part.end)).count("aliyun"):
                    self._tell_call(source, part, words)
                offset = part.first_fault() if is_ours or len(source.data) <= _LOOKED_AT else None
                if offset is None:
                    continue
                place = Place(source.file, *source.place(offset))
                if is_ours:
                    self._problems.append(Problem(source.broken(part), place, _VALIDATE))
                else:
                    self._left.append(
                        Skipped(str(place), say("not valid HCL: this block was left out"), say("no node pool"))
                    )

    def _evaluate(self, texts: Iterable[Text]) -> None:
        """Record the files of an evaluated module, except those with other resources that name the exclusive label."""
        for source in texts:
            parts = (source.at(part.start, part.end) for part in source.parts if part.kind == "resource")
            if _OURS[1] not in source.data or not any(EXCLUSIVE_LABEL in words for words in parts):
                self.evaluated.add(os.path.normpath(source.file))

    def _tell_call(self, source: Text, part: Part, words: str) -> None:
        """Name a provisioner that calls the CLI and names the exclusive label: its script is not read."""
        if EXCLUSIVE_LABEL in words and re.search(r"CreateCluster|create-cluster|/clusters", words):
            what = f"{source.file}: {'.'.join(part.labels)}"
            self._left.append(Skipped(what, say("it calls the CLI: write its script to a file"), EXCLUSIVE_LABEL))

    # --- Values of variables ---

    def _stated(self, module: Module) -> dict[str, Given]:
        """Return the values of `--var`: text, or HCL if the variable has a complex type."""
        out: dict[str, Given] = {}
        for item in self._options.values:
            name, _, value = item.partition("=")
            block = module.variables.get(name)
            if block is None:
                continue
            wanted = block.attributes.get("type")
            node = None if wanted is None else wanted.expression
            plain = node is None or (isinstance(node, Name) and node.name in _PLAIN) or isinstance(node, Literal)
            out[name] = Given(value if plain else _parsed(name, value), f"--var {name}")
        return out


class _Said(NamedTuple):
    """The scan of Terraform files: what their bytes tell without parsing."""

    is_ours: bool = False
    """Whether they may have node pools or manifests."""
    has_more: bool = False
    """Whether there may be something else to report: remote modules, a named file, or a file that is not text."""
    calls: frozenset[str] = frozenset()
    """The sources of the local modules that they call."""
    calls_away: bool = False
    """Whether they may call modules that are not here: what these create depends on values, written anywhere."""

    def and_(self, other: _Said) -> _Said:
        """Return the combined scan."""
        return _Said(
            self.is_ours or other.is_ours,
            self.has_more or other.has_more,
            self.calls | other.calls,
            self.calls_away or other.calls_away,
        )

    def called(self, key: str) -> set[str]:
        """Return the folders that a folder calls."""
        return {os.path.normpath(os.path.join(key, call)) for call in self.calls}


def _said(data: bytes, *, named: bool) -> _Said:
    calls = [found.decode(errors="replace") for found in re.findall(_SOURCE, data)] if b"module" in data else []
    calls_away = len(re.findall(_CALL, data)) > len(calls)
    return _Said(names_ours(data), named or b"module" in data or not _is_text(data), frozenset(calls), calls_away)


def _is_text(data: bytes) -> bool:
    try:
        decode("", data)
    except InputError:
        return False
    return True


class _Folder:
    """A folder with Terraform files."""

    def __init__(self, shown: str) -> None:
        """Store the name of the folder in messages."""
        self.shown = shown
        self.wanted: list[str] = []
        """The files to check."""
        self.looked_at: set[str] = set()
        """The files of these whose blocks are all checked for syntax errors."""
        self.says = _Said()
        self.is_whole = False
        """Whether `says` includes the files that are not inputs."""


_PLAIN = ("string", "number", "bool", "any")


def _text(path: str, data: bytes) -> Text:
    """Return the text of a module's file.

    Raises:
        InputError: the file is not text, or not the JSON that its name promises.

    """
    if not path.endswith(HCL_JSON_ENDINGS):
        return Text(path, decode(path, data))
    from eniplan.inputs.hcl.json_syntax import JsonText  # noqa: PLC0415 - most modules are HCL

    return JsonText(read_documents(path, data)[0])


def _is_ours(source: Text, part: Part) -> bool:
    words = f"{' '.join(part.labels)} {source.at(part.start, part.end)}".encode(errors="replace")
    return any(name in words for name in _OURS)


def _listed(folder: str, endings: tuple[str, ...]) -> list[str]:
    try:
        names = sorted(name for name in os.listdir(folder or ".") if name.endswith(endings) and name[0] != ".")
    except (OSError, ValueError):  # ValueError: the name contains NUL
        return []
    return [name for name in names if _is_read(os.path.join(folder, name))]


def _of_tofu(path: str) -> str:
    return re.sub(r"\.tf(\.json)?$", r".tofu\1", path)


def _is_replaced(path: str) -> bool:
    """Return whether OpenTofu ignores a file, because of one with the same name and its own ending."""
    other = _of_tofu(path)
    return other != path and os.path.isfile(other)


def _is_read(path: str) -> bool:
    """Return whether Terraform reads a file: no folder. Reading a pipe may block forever; a link to nothing fails."""
    return not _is_replaced(path) and (os.path.isfile(path) or not os.path.exists(path))


def _has_ours(file: str) -> bool:
    try:
        return names_ours(read_file(file))
    except OSError:
        return False  # reported when the module is read


def _parsed(name: str, value: str) -> Any:  # noqa: ANN401 - a value
    source = Text(f"--var {name}", f"x = {value}\n")
    attribute = source.whole.attributes.get("x")
    is_text = source.data == f"x = {value}\n".encode(errors="surrogatepass")
    if source.whole.fault is not None or attribute is None or not is_text:
        message = say("the value of {name} is not valid HCL: {value}", name=name, value=value)
        raise InputError(Problem(message, Place(COMMAND_LINE), say('a list is written as ["a", "b"]')))
    return outcome(attribute.expression, _no_names())


def _no_names() -> Scope:
    return Scope(lambda name: NotKnown(say("{name} cannot be used in a file with values", name=name)), Budget(_STEPS))


def _automatic(folder: str) -> list[str]:
    """Return the files with values that Terraform loads automatically; the last one wins."""
    first = [
        name for name in ("terraform.tfvars", "terraform.tfvars.json") if os.path.isfile(os.path.join(folder, name))
    ]
    return [os.path.join(folder, name) for name in (*first, *_listed(folder, (".auto.tfvars", ".auto.tfvars.json")))]


def _values(file: str) -> dict[str, Given]:
    """Return the values in a file such as terraform.tfvars.

    Raises:
        InputError: the file cannot be read, or is not valid.

    """
    data = read_named(file, say("--var-file takes a file with values of variables"))
    if file.endswith(".json"):
        from eniplan.inputs.hcl.json_syntax import exact  # noqa: PLC0415 - most files of values are HCL

        (document,) = read_documents(file, data)[:1]
        found = document.value if isinstance(document.value, dict) else {}
        return {
            name: Given(exact(value), f"{file}:{document.tree.find((name,), key=True)[0]}")
            for name, value in found.items()
        }
    source = Text(file, decode(file, data))
    if source.whole.fault is not None:
        place = Place(file, *source.place(source.whole.fault))
        raise InputError(Problem(say("not valid HCL: this is not expected here"), place, say("fix it")))
    scope = _no_names()._replace(budget=Budget(_STEPS + 4 * len(data)))
    return {
        name: Given(outcome(attribute.expression, scope), at(source, attribute.start))
        for name, attribute in source.whole.attributes.items()
    }
