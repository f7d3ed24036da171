"""Resolves names in a Terraform module: its files, the values of its variables, and the modules that it calls."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from eniplan.inputs.beside import Later
from eniplan.inputs.hcl.disk import Disk, installed, workspace
from eniplan.inputs.hcl.evaluate import Scope, outcome
from eniplan.inputs.hcl.nodes import Literal, Member, Name
from eniplan.inputs.hcl.parse import overlaid
from eniplan.inputs.hcl.values import RefusedError, Set, fitted, pairs, text, unknown, whole
from eniplan.inputs.places import NotKnown
from eniplan.messages import NOTHING, say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from eniplan.inputs.hcl.nodes import Expression
    from eniplan.inputs.hcl.parse import Block, Part, Text
    from eniplan.inputs.hcl.values import Budget
    from eniplan.messages import Message

MAX_NESTED = 10
"""Maximum depth of nested modules."""
_LOCAL = ("./", "../")


class Given(NamedTuple):
    """The value of a variable, and its source as text; the source is empty if the calling module sets it."""

    value: Any
    where: str = ""


class Instance:
    """A resource instance: with `count` or `for_each`, one of several of a block."""

    def __init__(self, address: str, block: Block, module: Module, scope: Scope) -> None:
        """Store its address, and the scope of its block."""
        self.address = address
        self.block = block
        self.module = module
        self.scope = scope
        self._known: dict[str, Any] = {}

    def member(self, name: str) -> Any:  # noqa: ANN401 - a value
        """Return an argument of its block. Other attributes are known only after apply."""
        if name not in self._known:
            attribute = self.block.attributes.get(name)
            made = AfterApply(self, name)
            self._known[name] = made  # stops a block that refers to itself
            if attribute is not None:
                found = outcome(attribute.expression, self.scope)
                self._known[name] = made if found is None else found
        return self._known[name]

    def __str__(self) -> str:
        """Return its address."""
        return self.address


def _spelled(name: str) -> str:
    """Return an attribute path in HCL: `ids.0` becomes `ids[0]`."""
    return re.sub(r"\.(\d+)(?![^.])", r"[\1]", name)


class AfterApply(Later):
    """An attribute of a resource that the provider computes: unknown, but equal wherever it is referenced."""

    __slots__ = ()
    instance: Instance

    def __new__(cls, instance: Instance, name: str) -> Self:
        """Create it from a resource instance and the name of the attribute."""
        made = super().__new__(
            cls, say("{value} is known only after apply", value=f"{instance.address}.{_spelled(name)}")
        )
        made.instance = instance
        made.name = name
        return made

    @property
    def is_text(self) -> bool:
        """Whether it is certainly a single text of its own, as an id is."""
        return self.name == "id"

    def member(self, name: str) -> AfterApply:
        """Return a part of the attribute."""
        return AfterApply(self.instance, f"{self.name}.{name}")


class Read(Instance):
    """A data source instance: only its arguments are known."""

    def member(self, name: str) -> Any:  # noqa: ANN401 - a value
        """Return an argument, a list with the only id that it filters for, or a value that Terraform reads."""
        found = super().member(name) if name in self.block.attributes else ReadLater(self, name)
        if name != "ids" or isinstance(found, NotKnown):
            return found
        # Several ids may come in any order, and some may not exist.
        is_one = isinstance(found, list) and len(found) == 1
        return found if is_one else ReadLater(self, name)


class ReadLater(AfterApply):
    """An attribute that Terraform reads from a data source: unknown, but equal wherever it is referenced."""

    __slots__ = ()
    is_made = False

    def __new__(cls, instance: Instance, name: str) -> Self:
        """See `AfterApply`."""
        made = NotKnown.__new__(cls, say("{value} is read by Terraform", value=f"{instance.address}.{_spelled(name)}"))
        made.instance = instance
        made.name = name
        return made

    @property
    def is_text(self) -> bool:
        """Whether it is certainly a single text of its own: no, because two data sources may find the same."""
        return False

    def member(self, name: str) -> Any:  # noqa: ANN401 - a value
        """Return a part of the attribute. Arguments that filter the results are known for each result."""
        of_each = _OF_EACH.get(self.instance.block.labels[0])
        steps = self.name.split(".")
        if of_each is not None and steps[:1] == [of_each] and len(steps) > 1 and name in _FILTERS:
            known = self.instance.member(name)
            if not isinstance(known, NotKnown):
                return known
        if of_each is not None and steps[:1] == [of_each] and len(steps) > 1 and name in _IDS:
            return ReadLater(self.instance, f"ids.{steps[1]}")
        return ReadLater(self.instance, f"{self.name}.{name}")


_OF_EACH = {"alicloud_vswitches": "vswitches", "alicloud_security_groups": "groups"}
"""The attribute of a data source with the list of its results."""
_FILTERS = ("zone_id", "vpc_id")
_IDS = ("id", "vswitch_id")


class Of(NamedTuple):
    """The members of a name, such as `var` or `local`."""

    member: Callable[[str], Any]
    """Computes a member."""


class Made(NamedTuple):
    """One instance of a block with `count` or `for_each`."""

    suffix: str
    scope: Scope
    is_certain: bool = True
    """Whether the instance certainly exists."""


class Module:
    """A module: a folder, with the values of one call."""

    def __init__(  # noqa: PLR0913 - a folder, its caller and the values
        self,
        folder: str,
        texts: list[Text],
        budget: Budget,
        *,
        given: dict[str, Given],
        read: Callable[[str], list[Text]],
        has_files: bool = True,
        parent: Module | None = None,
        prefix: str = "",
        calls: Block | None = None,
    ) -> None:
        """Create a module.

        Args:
            folder: its folder.
            texts: its files.
            budget: the work that may still be done.
            given: the values of its variables.
            read: reads the files of another folder.
            has_files: whether the folder exists; otherwise the module is embedded in a document.
            parent: the module that calls it.
            prefix: the prefix of its addresses, such as `module.a.`.
            calls: the block that calls it.

        """
        self.folder = folder
        self.texts = [source for source in texts if not _is_override(source.file)]
        self._overrides = [source for source in texts if _is_override(source.file)]
        self.parent = parent
        self.prefix = prefix
        self.calls = calls
        self.budget = budget
        self.given = given
        self._read = read
        self._cache: dict[tuple[str, str], Any] = {}
        self._called: dict[str, list[tuple[Module, bool]]] = {}
        self.top: str = folder if parent is None else parent.top
        """The folder in which Terraform runs."""
        self._has_files = has_files
        self.scope = Scope(self._root, budget, disk=Disk(self.top, folder, budget.files) if has_files else None)

    # --- Its blocks ---

    @cached_property
    def _parts(self) -> dict[str, list[Part]]:
        found: dict[str, list[Part]] = {}
        for part in (part for source in self.texts for part in source.parts):
            found.setdefault(part.kind, []).append(part)
        return found

    def blocks(self, kind: str) -> Iterator[Block]:
        """Yield the blocks of a kind, with override files applied."""
        for part in (*self._parts.get(kind, ()), *self._parts.get("", ())):
            if part.fault is None or part.kind == "":
                yield from (self._final(block) for block in part.blocks if block.kind == kind)

    @cached_property
    def _over(self) -> dict[tuple[str, ...], list[Block]]:
        """The blocks in override files, by kind and labels."""
        found: dict[tuple[str, ...], list[Block]] = {}
        for block in (block for source in self._overrides for part in source.parts for block in part.blocks):
            found.setdefault((block.kind, *block.labels), []).append(block)
        return found

    def _final(self, block: Block) -> Block:
        if self._overrides and block.kind != "locals":
            for over in self._over.get((block.kind, *block.labels), ()):
                block = overlaid(block, over)
        return block

    @cached_property
    def variables(self) -> dict[str, Block]:
        """The variables that it declares."""
        return {block.labels[0]: block for block in self.blocks("variable") if block.labels}

    @cached_property
    def locals(self) -> dict[str, Any]:
        """The attributes of its `locals`."""
        found = [*self.blocks("locals"), *self._over.get(("locals",), ())]
        return {name: item for block in found for name, item in block.attributes.items()}

    @cached_property
    def _outputs(self) -> dict[str, Block]:
        return {block.labels[0]: block for block in self.blocks("output") if block.labels}

    @cached_property
    def _calls(self) -> dict[str, Block]:
        return {block.labels[0]: block for block in self.blocks("module") if block.labels}

    @cached_property
    def _index(self) -> dict[tuple[str, ...], Part]:
        return {part.labels: part for part in self._parts.get("resource", ())}

    def resources(self, *kinds: str) -> Iterator[Block]:
        """Yield the resources of some types."""
        wanted = frozenset(kinds)
        for part in (*self._parts.get("resource", ()), *self._parts.get("", ())):
            if not part.labels or part.labels[0] in wanted:
                for block in part.blocks:
                    if block.kind == "resource" and block.labels[:1] and block.labels[0] in wanted and not part.fault:
                        yield self._final(block)

    # --- Names ---

    def _root(self, name: str) -> Any:  # noqa: ANN401 - a value
        finder = {"var": self.variable, "local": self.local, "module": self.output}.get(name)
        if finder is not None:
            return Of(finder)
        if name == "path":
            return Of(self._path)
        if name == "terraform":
            return Of(self._terraform)
        if name == "data":
            return Of(lambda kind: Of(lambda which: self.data(kind, which)))
        if name in _OTHERS:
            return Of(lambda which: NotKnown(say("{name}.{which} is not computed", name=name, which=which)))
        return Of(lambda which: self.resource(name, which))

    @cached_property
    def workspace(self) -> tuple[str, str] | None:
        """The workspace, and the source of its name."""
        return workspace(None if self.scope.disk is None else self.top)

    def _terraform(self, which: str) -> Any:  # noqa: ANN401 - a value
        if which != "workspace":
            return NotKnown(say("terraform.{which} is not computed", which=which))
        return NotKnown(_NO_WORKSPACE) if self.workspace is None else self.workspace[0]

    def _path(self, which: str) -> Any:  # noqa: ANN401 - a value
        """Return a folder as Terraform does: relative to the folder in which it runs."""
        if which == "root":
            return "."
        if which == "module":
            return posixpath.relpath(self.folder or ".", self.top or ".")
        return NotKnown(say("path.{which} is not computed", which=which))

    def _once(self, kind: str, name: str, find: Callable[[], Any]) -> Any:  # noqa: ANN401 - a value
        """Compute a value once. A value that depends on itself is unknown."""
        key = (kind, name)
        if key not in self._cache:
            self._cache[key] = NotKnown(say("{kind}.{name} refers to itself", kind=kind, name=name))
            found = find()
            self.budget.size(found)
            self._cache[key] = found
        return self._cache[key]

    def variable(self, name: str) -> Any:  # noqa: ANN401 - a value
        """Return the value of a variable."""
        return self._once("var", name, lambda: self._variable(name))

    def _variable(self, name: str) -> Any:  # noqa: ANN401 - a value
        block = self.variables.get(name)
        if block is None:
            return NotKnown(say("var.{name} is not declared", name=name))
        attributes = block.attributes
        default = attributes.get("default")
        given = self.given.get(name)
        value = None if given is None else given.value
        is_nullable = (
            "nullable" not in attributes or outcome(attributes["nullable"].expression, self.scope) is not False
        )
        if given is None or (value is None and not is_nullable):
            if default is None:
                return NotKnown(say("var.{name} has no value", name=name))
            value = outcome(default.expression, self.scope)
        wanted = attributes.get("type")
        try:
            return value if wanted is None else fitted(value, wanted.expression, lambda e: outcome(e, self.scope))
        except RefusedError as error:
            return NotKnown(say("var.{name} has a value of another type: {error}", name=name, error=error))

    def behind(self, node: Expression, scope: Scope) -> tuple[Expression, Scope]:
        """Return the expression of the local that an expression names, and its scope; another one as it is."""
        seen: set[str] = set()
        while isinstance(node, Member) and isinstance(node.source, Name) and node.source.name == "local":
            if node.name in seen or node.name not in self.locals:
                break
            seen.add(node.name)
            node, scope = self.locals[node.name].expression, self.scope
        return node, scope

    def local(self, name: str) -> Any:  # noqa: ANN401 - a value
        """Return the value of a local name."""
        if name not in self.locals:
            return NotKnown(say("local.{name} is not declared", name=name))
        return self._once("local", name, lambda: outcome(self.locals[name].expression, self.scope))

    def resource(self, kind: str, name: str) -> Any:  # noqa: ANN401 - a value
        """Return a resource, or the list or map of its instances."""
        return self._once(kind, name, lambda: self._resource(kind, name))

    def _resource(self, kind: str, name: str) -> Any:  # noqa: ANN401 - a value
        part = self._index.get((kind, name))
        found = (
            part.blocks
            if part is not None and part.fault is None
            else [block for part in self._parts.get("", ()) for block in part.blocks]
        )
        block = next((block for block in found if block.labels == (kind, name)), None)
        if block is None:
            return NotKnown(say("{kind}.{name} is not declared", kind=kind, name=name))
        block = self._final(block)
        return self._collected(
            block, lambda made: Instance(f"{self.prefix}{kind}.{name}{made.suffix}", block, self, made.scope)
        )

    def data(self, kind: str, name: str) -> Any:  # noqa: ANN401 - a value
        """Return a data source, or the list or map of its instances."""
        return self._once(f"data.{kind}", name, lambda: self._data(kind, name))

    def _data(self, kind: str, name: str) -> Any:  # noqa: ANN401 - a value
        block = next((block for block in self.blocks("data") if block.labels == (kind, name)), None)
        if block is None:
            return NotKnown(say("data.{kind}.{name} is not declared", kind=kind, name=name))
        address = f"{self.prefix}data.{kind}.{name}"
        return self._collected(block, lambda made: Read(f"{address}{made.suffix}", block, self, made.scope))

    def _collected(self, block: Block, make: Callable[[Made], Any]) -> Any:  # noqa: ANN401 - a value
        """Return the instances of a block as references see them: a single one, a list or a map."""
        made = list(self.made(block))
        if any(not one.is_certain for one in made):
            return NotKnown(say("how many {resource} there are", resource=".".join(block.labels)))
        if "count" in block.attributes:
            return [make(one) for one in made]
        if "for_each" in block.attributes:
            return {one.scope.names["each"]["key"]: make(one) for one in made}
        return make(made[0])

    # --- What count and for_each make ---

    def made(self, block: Block) -> Iterator[Made]:
        """Yield the instances of a block, according to `count` or `for_each`."""
        count, each = block.attributes.get("count"), block.attributes.get("for_each")
        if count is not None:
            yield from self._counted(outcome(count.expression, self.scope))
        elif each is not None:
            yield from self._for_each(outcome(each.expression, self.scope))
        else:
            yield Made("", self.scope)

    def _counted(self, count: Any) -> Iterator[Made]:  # noqa: ANN401 - a value
        lost = unknown(count)
        number = 1
        try:
            number = 1 if lost is not None else whole(count)
        except RefusedError as error:
            lost = NotKnown(say("count: {error}", error=error))
        if lost is not None:
            yield Made("", self.scope.within(count={"index": lost}), is_certain=False)
            return
        self.budget.spend(max(number, 0))
        for i in range(number):
            yield Made(f"[{i}]", self.scope.within(count={"index": i}))

    def _for_each(self, value: Any) -> Iterator[Made]:  # noqa: ANN401 - a value
        lost = unknown(value)
        if lost is None and not isinstance(value, dict | Set):
            lost = NotKnown(say("for_each needs a map or a set of text"))
        if lost is None and any(isinstance(key, NotKnown) for key, _ in pairs(value)):
            lost = self.budget.lost(value)
        if lost is not None:
            yield Made("", self.scope.within(each={"key": lost, "value": lost}), is_certain=False)
            return
        for key, item in pairs(value):
            self.budget.spend(1)
            each = {"key": text(key), "value": item}
            yield Made(f'["{text(key)}"]', self.scope.within(each=each))

    # --- Modules ---

    def called(self, block: Block) -> Iterator[tuple[Module, bool]]:
        """Yield the local modules that a block calls, and whether each call is certain."""
        folder = self.source(block)
        if folder is None or self._is_too_deep(folder):
            return
        texts = self._read(folder)
        for made in self.made(block) if texts else ():
            self.budget.spend(100 + sum(len(source.parts) for source in texts))
            given = {
                name: Given(outcome(attribute.expression, made.scope))
                for name, attribute in block.attributes.items()
                if name not in _ABOUT_CALLS
            }
            prefix = f"{self.prefix}module.{block.labels[0]}{made.suffix}."
            yield (
                Module(
                    folder,
                    texts,
                    self.budget,
                    given=given,
                    read=self._read,
                    has_files=self._has_files,
                    parent=self,
                    prefix=prefix,
                    calls=block,
                ),
                made.is_certain,
            )

    def source(self, block: Block) -> str | None:
        """Return the folder that a block calls; None for a remote module that `terraform init` has not installed."""
        attribute = block.attributes.get("source")
        found = attribute.expression.value if attribute and isinstance(attribute.expression, Literal) else None
        if isinstance(found, str) and found.startswith(_LOCAL):
            return posixpath.normpath(posixpath.join(self.folder, found))
        return self.installed.get(".".join((*self.names, block.labels[0])))

    @property
    def names(self) -> tuple[str, ...]:
        """The labels of the calls that lead here."""
        return () if self.parent is None or self.calls is None else (*self.parent.names, self.calls.labels[0])

    @cached_property
    def installed(self) -> dict[str, str]:
        """The folders of the modules that `terraform init` has installed, by the labels of the calls, with dots."""
        if self.parent is not None:
            return self.parent.installed
        return installed(self.top) if self._has_files else {}

    def lost(self, block: Block) -> Message:
        """Return why the module that a block calls cannot be read; nothing if it is read."""
        folder = self.source(block)
        if folder is None:
            return say("a remote module: run `terraform init`, which installs it, or check the plan")
        return NOTHING if self._read(folder) else say("no Terraform files in {folder}", folder=folder)

    def _is_too_deep(self, folder: str) -> bool:
        """Return whether a folder calls itself, or is nested deeper than `MAX_NESTED`."""
        above: Module | None = self
        depth = 0
        while above is not None:
            if above.folder == folder or depth > MAX_NESTED:
                return True
            above = above.parent
            depth += 1
        return False

    def modules(self) -> Iterator[tuple[Block, list[tuple[Module, bool]]]]:
        """Yield the blocks that call other modules, and the modules that they call."""
        for name, block in self._calls.items():
            if name not in self._called:
                self._called[name] = []  # stops modules that call each other
                self._called[name] = list(self.called(block))
            yield block, self._called[name]

    def output(self, name: str) -> Any:  # noqa: ANN401 - a value
        """Return a called module, or the list or map of its instances, for references to its outputs."""
        return self._once("module", name, lambda: self._output(name))

    def _output(self, name: str) -> Any:  # noqa: ANN401 - a value
        block = self._calls.get(name)
        if block is None:
            return NotKnown(say("module.{name} is not declared", name=name))
        found = next(modules for called, modules in self.modules() if called is block)
        if not found and (why := self.lost(block)):
            return NotKnown(say("module.{name}: {why}", name=name, why=why))
        by_suffix = {module.prefix: module for module, _ in found}
        return self._collected(block, lambda made: Of(by_suffix[f"{self.prefix}module.{name}{made.suffix}."].result))

    def result(self, name: str) -> Any:  # noqa: ANN401 - a value
        """Return the value of one of its outputs."""
        block = self._outputs.get(name)
        value = None if block is None else block.attributes.get("value")
        if value is None:
            return NotKnown(say("{prefix}{name} is not declared", prefix=self.prefix, name=name))
        return self._once("output", name, lambda: outcome(value.expression, self.scope))


def _is_override(file: str) -> bool:
    """Return whether a file is an override file, by its name."""
    stem = posixpath.basename(file.replace("\\", "/")).partition(".")[0]
    return stem == "override" or stem.endswith("_override")


_NO_WORKSPACE = say("terraform.workspace: set TF_WORKSPACE to the workspace to check")
_OTHERS = ("each", "count", "self", "ephemeral")
_ABOUT_CALLS = ("source", "version", "providers", "count", "for_each", "depends_on")
