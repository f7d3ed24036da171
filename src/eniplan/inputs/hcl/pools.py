"""Yields the node pools of Terraform configurations, with the facts about their clusters."""

from __future__ import annotations

import re
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from eniplan.emit.terraform import RESOURCE
from eniplan.inputs.applied import (
    APPLIED,
    CHART,
    MANIFESTS,
    ONLY_HELM,
    SPELLED,
    Within,
    as_read,
    left_out,
    named_in,
    objects_of,
    settled,
    written,
)
from eniplan.inputs.beside import SECURITY_GROUP, V_SWITCH, all_made, named, replaced, security_group, state, v_switch
from eniplan.inputs.body import is_meant
from eniplan.inputs.cluster import CLUSTERS, facts_of
from eniplan.inputs.hcl.evaluate import outcome, pieces
from eniplan.inputs.hcl.module import AfterApply, Instance, ReadLater
from eniplan.inputs.hcl.nodes import Call, Entries, Items, Literal, Name, entry
from eniplan.inputs.hcl.parse import called
from eniplan.inputs.hcl.sources import sources
from eniplan.inputs.hcl.values import in_any_order, pairs, unknown
from eniplan.inputs.places import NotKnown, Origin, Skipped, is_known_text
from eniplan.inputs.spelling import DECIDING, TERRAFORM, Resource, as_text
from eniplan.inputs.templates import Group
from eniplan.messages import NOTHING, say
from eniplan.plan.document import Document
from eniplan.plan.model import EXCLUSIVE_LABEL, looks_exclusive
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from eniplan.inputs.hcl.evaluate import Scope
    from eniplan.inputs.hcl.module import Made, Module
    from eniplan.inputs.hcl.nodes import Expression
    from eniplan.inputs.hcl.parse import Block, Text
    from eniplan.inputs.units import Stated
    from eniplan.messages import Message
    from eniplan.plan.document import Path

_V_SWITCH = "alicloud_vswitch"
_GROUP = "alicloud_security_group"
_ABOUT = ("count", "for_each", "depends_on", "provider", "lifecycle", "provisioner", "connection")
"""Meta-arguments, which Terraform reads and not the provider."""


# --- Places -------------------------------------------------------------------------------------------------------


class Shape(NamedTuple):
    """The places of a block's values. A dynamic block has one shape for each block that it creates."""

    block: Block
    module: Module
    blocks: dict[str, list[Shape]]
    each: Expression | None = None
    """The `for_each` of a dynamic block."""


class _Found(NamedTuple):
    """A value in a file."""

    start: int
    key: int
    expression: Expression | None
    shape: Shape
    text: Text
    """The file with the value. With override files it may differ from the file of the block."""


class Tree:
    """The places of the resources of one file; see `plan.document.Tree`."""

    def __init__(self, source: Text) -> None:
        """Store the file."""
        self.source = source
        self.shapes: dict[str, Shape] = {}
        """By address."""

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `plan.document.Tree.find`."""
        found = self._walk(path)
        return (1, 1) if found is None else found.text.place(found.key if key else found.start)

    def file(self, path: Path) -> str:
        """See `Document.located`: the override file, if that sets the value."""
        found = self._walk(path)
        return self.source.file if found is None else found.text.file

    def text(self, path: Path) -> str | None:
        """See `plan.document.Tree.text`."""
        found = self._walk(path)
        node = None if found is None else found.expression
        return found.text.at(node.start, node.end) if found is not None and isinstance(node, Literal) else None

    def note(self, path: Path) -> Message:
        """Say how a value is written in HCL, or where it comes from if it is not literal."""
        found = self._walk(path)
        if found is None:
            return NOTHING
        kept = _kept_sizes(self.shapes[str(path[0])].block) if path[1:2] in ((), *_SIZES) else ()
        if kept:
            return say("a live pool keeps its own {sizes} (ignore_changes): `terraform show -json plan.out` has it",
                       sizes=kept)  # fmt: skip
        if path[1:] in (("labels",), ("taints",)) and not found.shape.blocks.get(block := str(path[1])):
            return say("in a {block} block", block=block)
        key = found.shape.block.attributes.get("key") if path[1:2] == ("labels",) else None
        if key is not None and isinstance(key.expression, Literal) and looks_exclusive(str(key.expression.value)):
            return say("in a {block} block", block="labels")
        outer, (inner, module, _, each) = self.shapes[str(path[0])], found.shape
        nodes = [] if found.expression is None else [found.expression]
        if not nodes and found.shape is not outer:  # a block
            nodes = [attribute.expression for attribute in inner.attributes.values()]
        nodes += [] if each is None else [each]
        where = dict.fromkeys(source for node in nodes for source in sources(node, module, outer.block))
        return say("the value comes from {sources}", sources=tuple(where)) if where else NOTHING

    @property
    def unwritable(self) -> Message:
        """See `Document.unwritable`."""
        return say("Terraform computes it, or several files set it: fix it by hand")

    def written(self, path: Path) -> Path | None:
        """See `Document.written`."""
        shape, found = self.shapes.get(str(path[0])) if path else None, self._walk(path)
        if shape is None or found is None or shape.block.files != (self.source.file,):
            return None
        if not _is_literal(found, shape.block, path):
            return None
        return self.source.written(shape.block, path[1:])

    def _walk(self, path: Path) -> _Found | None:
        shape = self.shapes.get(str(path[0])) if path else None
        if shape is None:
            return None
        found = _Found(shape.block.start, shape.block.start, None, shape, shape.block.text)
        steps = list(path[1:])
        while steps:
            step = steps.pop(0)
            blocks = found.shape.blocks.get(str(step)) if found.expression is None else None
            if blocks:
                which = steps.pop(0) if steps and isinstance(steps[0], int) else 0
                inner = blocks[min(int(which), len(blocks) - 1)]
                found = _Found(inner.block.start, inner.block.start, None, inner, inner.block.text)
                continue
            further = _inside(found, step)
            if further is None:
                break
            found = further
        return found


def _is_literal(found: _Found, outer: Block, path: Path) -> bool:
    """Return whether a value, or each argument of a block, is a literal: only then a fix can change it."""
    if any(block.kind == "dynamic" and block.labels == path[1:2] for block in outer.blocks):
        return False
    if found.expression is not None:
        return isinstance(found.expression, Literal | Items | Entries)
    arguments = found.shape.block.attributes.values() if isinstance(path[-1], int) else ()
    return all(isinstance(argument.expression, Literal) for argument in arguments)


def _inside(found: _Found, step: str | int) -> _Found | None:
    node = found.expression
    if node is None:
        attribute = found.shape.block.attributes.get(str(step))
        if attribute is None:
            return None
        return _Found(attribute.expression.start, attribute.start, attribute.expression, found.shape, attribute.text)
    pair = entry(node, step)
    return None if pair is None else _Found(pair[1].start, pair[0].start, pair[1], found.shape, found.text)


# --- Arguments of blocks ------------------------------------------------------------------------------------------


def arguments(block: Block, module: Module, scope: Scope) -> tuple[dict[str, Any], Shape]:
    """Return the arguments of a block, with nested blocks as lists of maps, and their places."""
    values: dict[str, Any] = {
        name: _plain(outcome(attribute.expression, scope), module)
        for name, attribute in block.attributes.items()
        if name not in _ABOUT
    }
    shape = Shape(block, module, {})
    for inner in block.blocks:
        if inner.kind in _ABOUT:
            continue
        is_dynamic = inner.kind == "dynamic" and bool(inner.labels)
        name = inner.labels[0] if is_dynamic else inner.kind
        made = _dynamic(inner, name, module, scope) if is_dynamic else [arguments(inner, module, scope)]
        items = values.setdefault(name, [])
        if isinstance(items, list):
            items += (value for value, _ in made)
            each = inner.attributes.get("for_each") if is_dynamic else None
            places = (place if each is None else place._replace(each=each.expression) for _, place in made)
            shape.blocks.setdefault(name, []).extend(places)
    return values, shape


def _dynamic(block: Block, name: str, module: Module, scope: Scope) -> list[tuple[Any, Shape]]:
    """Return the blocks that a dynamic block creates. If their number is unknown, return one unknown block.

    A `labels` block with a known key counts as one: a module that can set the exclusive label is checked as if it does.
    """
    content = next((inner for inner in block.blocks if inner.kind == "content"), None)
    each = block.attributes.get("for_each")
    if content is None or each is None:
        return [(NotKnown(say("a dynamic block")), Shape(block, module, {}))]
    iterator = block.attributes.get("iterator")
    called = iterator.expression if iterator is not None else None
    variable = called.name if isinstance(called, Name) else name
    found = in_any_order(outcome(each.expression, scope))  # no rule asks for the order of blocks
    lost = unknown(found)
    if lost is None and not isinstance(found, dict | list):
        lost = NotKnown(say("for_each needs a collection"))
    if lost is None:
        return [
            arguments(content, module, scope.within(**{variable: {"key": key, "value": value}}))
            for key, value in pairs(found)
        ]
    values, shape = arguments(content, module, scope.within(**{variable: {"key": lost, "value": lost}}))
    if name == "labels" and unknown(values.get("key", lost)) is None:
        return [(values, shape)]
    certain = [
        arguments(content, module, scope.within(**{variable: {"key": key, "value": value}}))
        for key, value in _certain(each.expression, module, scope).items()
    ]
    return [(lost, Shape(block, module, {})), *certain]


def _certain(node: Expression, module: Module, scope: Scope) -> dict[str, Any]:
    """Return the entries that a map certainly has: those that `merge` lays over unknown ones."""
    node, scope = module.behind(node, scope)
    out: dict[str, Any] = {}
    parts = node.arguments if isinstance(node, Call) and node.name == "merge" and not node.expands else ()
    for item in reversed(parts):
        found = outcome(item, scope)
        if unknown(found) is not None or not isinstance(found, dict):
            break
        out = {**found, **out}
    return out


def _plain(value: Any, module: Module) -> Any:  # noqa: ANN401 - a value
    """Return a value without types that only the evaluator uses."""
    if value is None or type(value) in (str, int, bool):
        return value
    module.budget.spend(1)
    if isinstance(value, dict):
        return {key: _plain(item, module) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, module) for item in value]
    if isinstance(value, AfterApply):
        return value
    lost = unknown(value)
    return float(value) if lost is None else lost


# --- Resources ----------------------------------------------------------------------------------------------------


def _label_sources(block: Block, module: Module) -> tuple[str, ...]:
    """Return the sources of a pool's labels."""
    each = [inner.attributes.get("for_each") for inner in block.blocks if inner.labels[:1] == ("labels",)]
    return tuple(where for item in each if item is not None for where in sources(item.expression, module, block))


_NONE = {"count": say("its count is 0"), "for_each": say("its for_each is empty")}
_NO_LABEL = say("it has no exclusive label")
_ADOPTED = NotKnown(say("an import block adopts the pool"))
_INDEX = re.compile(r"\[[^\]]*\]")
_BY_EACH = re.compile(r"\[(?!\d+\]|\"[^\"$%]*\"\])[^\]]*\]")


def _by(why: Message, note: tuple[str, ...]) -> Message:
    return say("{why}, by {sources}", why=why, sources=note) if note else why


class Pool(NamedTuple):
    """A node pool, before its cluster is known."""

    address: str
    document: Document
    values: dict[str, Any]
    is_certain: bool
    """Whether the pool certainly exists."""
    is_doubled: bool | None = None
    """See `Resource.is_doubled`."""


class Configuration:
    """A root module, with the modules that it calls."""

    def __init__(self, root: Module, name: str, *, is_wanted: Callable[[str], bool], is_closed: bool) -> None:
        """Store the module.

        Args:
            root: the root module.
            name: identifies the configuration, because one file may contain several.
            is_wanted: whether to check resources in a file, and in modules that the file calls.
            is_closed: whether the configuration is the only source of facts about its clusters.

        """
        self.root = root
        self._name = name
        self._is_wanted = is_wanted
        self._is_closed = is_closed
        self._documents: dict[str, Document] = {}
        self._with_manifests: list[tuple[Module, bool]] = []
        """The evaluated modules that may have manifests, and whether each is the root."""
        self.left: list[Skipped] = []
        self.manifests: list[Document] = []
        """The Kubernetes objects that it applies."""

    def groups(self) -> Iterator[Group]:
        """Yield the node pools, grouped by cluster."""
        groups: dict[tuple[str, ...], list[Pool]] = {}
        clusters: dict[tuple[str, ...], Any] = {}
        for pool in self._pools(self.root, is_certain=True, is_root=True):
            cluster = pool.values.get("cluster_id")
            named = cluster.words if isinstance(cluster, AfterApply) else str(cluster or "")
            key = ("hcl", self._name, named, "" if pool.is_certain else pool.address)
            groups.setdefault(key, []).append(pool)
            clusters[key] = cluster
        for found, pools in groups.items():
            yield self._group(found, pools, clusters[found])._replace(is_certain=pools[0].is_certain)
        # Only after the pools, because values with names instead of ids are of no use to them.
        self.root.budget.words_of = self._words_of
        for module, is_root in self._with_manifests:
            self._read_manifests(module, is_root=is_root)

    @cached_property
    def _imported(self) -> frozenset[str]:
        """The addresses of the resources that `import` blocks adopt, without indexes that are no literals."""
        to = (
            (block, block.attributes["to"].expression)
            for block in self.root.blocks("import")
            if "to" in block.attributes
        )
        words = (str(node.value) if isinstance(node, Literal) else b.text.at(node.start, node.end) for b, node in to)
        return frozenset(_BY_EACH.sub("", re.sub(r"\s", "", each)) for each in words)

    def _pools(self, module: Module, *, is_certain: bool, is_root: bool) -> Iterator[Pool]:
        for block in self._wanted(module.resources(RESOURCE), is_root=is_root):
            made = list(module.made(block))
            name = f"{module.prefix}{'.'.join(block.labels)}"
            if not made:
                which = "count" if "count" in block.attributes else "for_each"
                note = sources(block.attributes[which].expression, module, None)
                self._leave(block, name, _by(_NONE[which], note))
            for one in made:
                address = name + one.suffix
                values, document = self._take(block, module, one.scope, address)
                if is_meant(values.get("labels"), values.get("tags")) is False:
                    self._leave(block, address, _by(_NO_LABEL, _label_sources(block, module)))
                else:
                    yield Pool(address, document, values, is_certain and one.is_certain, _doubled(block, values))
        self._with_manifests.append((module, is_root))
        for call, modules in module.modules():
            if is_root and not any(map(self._is_wanted, call.files)):
                continue
            if not modules and (why := module.lost(call)):
                yield from self._remote(call, module, why)
            for inner, is_called in modules:
                yield from self._pools(inner, is_certain=is_certain and is_called, is_root=False)

    def _wanted(self, blocks: Iterable[Block], *, is_root: bool) -> Iterator[Block]:
        """Yield the blocks to check: of a root module, those in the files of the run."""
        return (block for block in blocks if not is_root or any(map(self._is_wanted, block.files)))

    def _remote(self, call: Block, module: Module, why: Message) -> Iterator[Pool]:
        """Yield what may be the pools of a module that is not here, if a value that it gets has the exclusive label."""
        for one in module.made(call):
            address = f"{module.prefix}module.{call.labels[0]}{one.suffix}"
            values, document = self._take(call, module, one.scope, address)
            if EXCLUSIVE_LABEL in f"{call.text.at(call.start, call.end)}{values}":
                yield Pool(address, document, dict.fromkeys(DECIDING, NotKnown(why)), is_certain=False)
            else:
                self.left.append(Skipped(f"{call.text.file}: {address}", why))

    def _read_manifests(self, module: Module, *, is_root: bool) -> None:
        for block in self._wanted(module.resources(*APPLIED, CHART), is_root=is_root):
            names = named_in(block.text.at(block.start, block.end))
            for one in module.made(block):
                address = f"{module.prefix}{'.'.join(block.labels)}{one.suffix}"
                if block.labels[0] == CHART:
                    self._leave_chart(block, module, one, address)
                    continue
                for item in self._applied(block, module, one, address):
                    part = module.budget.lost(settled(item.value))
                    if part is None:
                        self.manifests.append(item)
                    else:
                        why = say("part of it is unknown: {lost}", lost=part)
                        self.left.append(left_out(f"{block.text.file}: {address}", item, why, names))

    def _leave_chart(self, block: Block, module: Module, one: Made, address: str) -> None:
        """Skip a chart whose values name what is for exclusive nodes. `set` escapes the dots of names."""
        values, document = self._take(block, module, one.scope, address)
        names = named_in(f"{block.text.at(block.start, block.end)}{values}".replace("\\", ""))
        if names:
            place = Document(block.text.file, None, Within(document, (address,)))
            self.left.append(Skipped(address, ONLY_HELM, names, part=place))

    def _applied(self, block: Block, module: Module, one: Made, address: str) -> list[Document]:
        """Return the objects that a resource applies, as far as they are known and read."""
        values, document = self._take(block, module, one.scope, address)
        kind, file = block.labels[0], block.text.file
        if kind in SPELLED:
            from eniplan.inputs.spelled import Spelled, spelled  # noqa: PLC0415 - most configurations have none

            found, places = spelled(kind, values)
            made = [Document(file, found, Spelled(document, (address,), places))]
        else:
            attribute = MANIFESTS[kind]
            place = Within(document, (address, attribute))
            value = self._in_words(values.get(attribute))
            if isinstance(value, NotKnown):
                text, scope = module.behind(block.attributes[attribute].expression, one.scope)
                parts = self._in_words(_plain(pieces(text, scope), module))
                made = written(file, parts, place) if isinstance(parts, list) else []
                made = made or [Document(file, parts if isinstance(parts, dict) else value, place)]
            else:
                made = list(objects_of(file, value, place))
        return [item._replace(value=as_read(item.value, address)) for item in made]

    def _in_words(self, value: Any) -> Any:  # noqa: ANN401 - a value
        return replaced(value, lambda part: self._words_of(part) or part)

    def _words_of(self, value: Any) -> str | None:  # noqa: ANN401 - a value
        """Return the text that identifies a vSwitch or security group of this configuration, or None."""
        is_id = self._is_closed and any(_is_id(value, kind=kind, may_be_found=True) for kind in _READ_AS)
        return value.words if is_id else None

    def _leave(self, block: Block, address: str, why: str) -> None:
        names = EXCLUSIVE_LABEL if EXCLUSIVE_LABEL in block.text.at(block.start, block.end) else ""
        self.left.append(Skipped(f"{block.text.file}: {address}", why, names))

    def _take(self, block: Block, module: Module, scope: Scope, address: str) -> tuple[dict[str, Any], Document]:
        """Evaluate a block, and record its places."""
        values, shape = arguments(block, module, scope)
        file = block.text.file
        if file not in self._documents:
            self._documents[file] = Document(file, None, Tree(block.text))
        document = self._documents[file]
        assert isinstance(document.tree, Tree)  # noqa: S101 - made above
        document.tree.shapes[address] = shape
        return values, document

    def _group(self, key: tuple[str, ...], pools: list[Pool], cluster: Any) -> Group:  # noqa: ANN401 - a value
        about, place = None, None
        instance = cluster.instance if isinstance(cluster, AfterApply) else None
        if instance is not None and instance.block.kind == "resource" and instance.block.labels[0] in CLUSTERS:
            about, source = self._take(instance.block, instance.module, instance.scope, instance.address)
            place = Origin(source, (instance.address,), instance.address).inner
        known = self._known(pools, about)
        stated = None if about is None or place is None else self._stated(named(about, known), place, known)
        resources = [
            Resource(
                pool.address,
                pool.document,
                (pool.address,),
                named(pool.values, known),
                TERRAFORM,
                _ADOPTED if {pool.address, _INDEX.sub("", pool.address)} & self._imported else None,
                is_doubled=pool.is_doubled,
            )
            for pool in pools
        ]
        return Group(key, resources, stated)

    def _origin(self, instance: Instance) -> Origin:
        _, document = self._take(instance.block, instance.module, instance.scope, instance.address)
        return Origin(document, (instance.address,), instance.address)

    def _known(self, pools: list[Pool], about: dict[str, Any] | None) -> dict[str, AfterApply]:
        """Return the ids of this configuration's vSwitches and security groups, by the text that identifies them."""
        if not self._is_closed or about is None:
            return {}
        # A data source does not tell whether its vSwitches have IPv6.
        may_be_dual = about.get("ip_stack") not in (None, "ipv4")
        out: dict[str, AfterApply] = {}
        for kind, names, in_cluster in (
            (_V_SWITCH, ("vswitch_ids",), ("pod_vswitch_ids",)),
            (_GROUP, ("security_group_ids", "security_group_id"), ("security_group_id",)),
        ):
            values = [pool.values.get(name) for pool in pools for name in names]
            values += (about.get(name) for name in in_cluster)
            out |= all_made(values, partial(_is_id, kind=kind, may_be_found=not may_be_dual))
        return out

    def _stated(self, about: dict[str, Any], place: Callable[[Path], Origin], known: dict[str, AfterApply]) -> Stated:
        stated = facts_of({key: as_text(item) for key, item in about.items()}, place)
        for section, kind, read in (("vSwitches", _V_SWITCH, _v_switch), ("securityGroups", _GROUP, _security_group)):
            made = {words: item.instance for words, item in known.items() if _kind(item) in (kind, _READ_AS[kind])}
            found = ((read(words, instance), self._origin(instance)) for words, instance in made.items())
            state(stated, section, found)
        return stated


_SIZES = (("desired_size",), ("scaling_config",))
_IGNORED = re.compile(r"\b(desired_size|scaling_config|all)\b")


def _kept_sizes(block: Block) -> tuple[str, ...]:
    """Return the arguments for the size of a pool that it has, and that Terraform does not change in a live pool."""
    said = [inner.attributes.get("ignore_changes") for inner in block.blocks if inner.kind == "lifecycle"]
    words = " ".join(item.text.at(item.expression.start, item.expression.end) for item in said if item)
    named = set(_IGNORED.findall(words))
    has = {*block.attributes, *map(called, block.blocks)}
    return tuple(name for (name,) in _SIZES if name in has and named & {name, "all"})


def _doubled(block: Block, values: dict[str, Any]) -> bool | None:
    """Return False if Terraform creates a replacement before it deletes the pool of its name; None otherwise."""
    said = [inner.attributes.get("create_before_destroy") for inner in block.blocks if inner.kind == "lifecycle"]
    # Terraform accepts only literals there.
    is_first = any(isinstance(item.expression, Literal) and item.expression.value is True for item in said if item)
    name = values.get("node_pool_name") or values.get("name")
    return False if is_first and is_known_text(name) and is_meant(values.get("labels"), None) else None


_READ_AS = {_V_SWITCH: "alicloud_vswitches", _GROUP: "alicloud_security_groups"}
"""The data source of each resource type."""


def _kind(item: AfterApply) -> str:
    return item.instance.block.labels[0]


def _is_id(item: Any, *, kind: str, may_be_found: bool) -> bool:  # noqa: ANN401 - a value
    """Return whether a value is the id of a resource of a kind, from a resource or a data source."""
    if isinstance(item, ReadLater):
        return may_be_found and _kind(item) == _READ_AS[kind] and item.name.startswith("ids.")
    return isinstance(item, AfterApply) and _kind(item) == kind and item.name == "id"


def _v_switch(words: str, instance: Instance) -> dict[str, Any] | None:
    return v_switch(words, {name: _said(instance, name) for name in V_SWITCH})


def _security_group(words: str, instance: Instance) -> dict[str, Any]:
    said = {name: _said(instance, name) for name in SECURITY_GROUP}
    if instance.block.kind == "resource":
        said["security_group_type"] = said["security_group_type"] or "normal"
    return security_group(words, said)


def _said(instance: Instance, name: str) -> Any:  # noqa: ANN401 - a value
    """Return an argument; None if it is missing or null."""
    attribute = instance.block.attributes.get(name)
    return None if attribute is None else outcome(attribute.expression, instance.scope)
