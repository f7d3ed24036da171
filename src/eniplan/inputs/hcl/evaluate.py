"""Evaluates expressions without Terraform: the result is a value, or `NotKnown` with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.inputs.beside import replaced
from eniplan.inputs.hcl.nodes import (
    Call,
    Choice,
    Entries,
    For,
    Index,
    Items,
    Literal,
    Member,
    Name,
    Operation,
    Splat,
    Template,
    TemplateFor,
    TemplateIf,
    Unread,
    reference,
)
from eniplan.inputs.hcl.values import (
    MAX_ITEMS,
    MAX_TEXT,
    Budget,
    OneOf,
    RefusedError,
    Set,
    TooMuchError,
    entries,
    equal,
    first_unknown,
    flag,
    is_text,
    items,
    numeric,
    one_of,
    pairs,
    text,
    unified,
    unknown,
    unordered,
    whole,
)
from eniplan.inputs.places import NotKnown
from eniplan.messages import say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eniplan.inputs.hcl.disk import Disk
    from eniplan.inputs.hcl.nodes import Expression


class Scope(NamedTuple):
    """The names that an expression can use."""

    root: Callable[[str], Any]
    """Looks up a name that is not in `names`."""
    budget: Budget
    names: Mapping[str, Any] = {}
    disk: Disk | None = None
    """The folders for functions that read files; None if there are none."""
    functions: Mapping[str, Callable[[list[Any]], Any]] = {}
    """Additional functions in this scope."""
    doubts: list[NotKnown] | None = None
    """Inside `try` and `can`: unknown values for which Terraform may reject the expression."""

    def doubt(self, value: NotKnown) -> NotKnown:
        """Record that Terraform may reject the expression because of an unknown value."""
        if self.doubts is not None:
            self.doubts.append(value)
        return value

    def within(self, **names: Any) -> Scope:  # noqa: ANN401 - values
        """Return a scope with additional names."""
        return self._replace(names={**self.names, **names})


def evaluate(node: Expression, scope: Scope) -> Any:  # noqa: ANN401 - a value
    """Return the value of an expression.

    Raises:
        RefusedError: Terraform would reject the expression.
        TooMuchError: the budget of the configuration is spent.

    """
    scope.budget.spend(1)
    if type(node) is Literal:
        return node.value
    return _EVALUATORS[type(node)](node, scope)


def outcome(node: Expression, scope: Scope) -> Any:  # noqa: ANN401 - a value
    """Return the value of an expression; `NotKnown` if Terraform would reject it."""
    try:
        return evaluate(node, scope)
    except RefusedError as error:
        words = reference(node)
        return NotKnown(f"{words}: {error}" if words else str(error))
    except RecursionError:
        return NotKnown(say("an expression that is nested too deeply"))


def pieces(node: Expression, scope: Scope) -> Any:  # noqa: ANN401 - a list of values, or a map
    """Return what a text with unknown parts is made of: the parts of a template, or what `yamlencode` is given.

    A decoded text stands for its value. `NotKnown` for other expressions, and if Terraform would reject it.
    """
    try:
        return _pieces(node, scope)
    except (RefusedError, RecursionError) as error:
        return NotKnown(str(error))


def _pieces(node: Expression, scope: Scope) -> Any:  # noqa: ANN401 - see `pieces`
    if isinstance(node, Template):
        words = [part if unknown(part) is not None else text(part) for part in _parts(node, scope)]
        if sum(len(word) for word in words if isinstance(word, str)) <= MAX_TEXT:
            return words
    if isinstance(node, Call) and not node.expands:
        name = node.name.removeprefix("core::")
        if name in {"jsondecode", "yamldecode"} and len(node.arguments) == 1:
            return _pieces(node.arguments[0], scope)
        args = [evaluate(argument, scope) for argument in node.arguments]
        if name in {"templatefile", "templatestring"}:
            return _of_file(name, args, scope, _pieces)
        if name in {"jsonencode", "yamlencode"} and len(args) == 1:
            return args[0]
    return NotKnown(say("a computed text"))


# --- References ---------------------------------------------------------------------------------------------------


def _name(node: Name, scope: Scope) -> Any:  # noqa: ANN401 - a value
    return scope.names[node.name] if node.name in scope.names else scope.root(node.name)


def _member(node: Member, scope: Scope) -> Any:  # noqa: ANN401 - a value
    value = evaluate(node.source, scope)
    found = member(value, node.name)
    return scope.doubt(found) if type(value) is NotKnown else found


def member(value: Any, name: str) -> Any:  # noqa: ANN401 - values
    """Return the value of `value.name`."""
    find = getattr(value, "member", None)
    if find is not None:
        return find(name)
    if unknown(value) is not None:
        return value
    if not isinstance(value, dict) or name not in value:
        raise RefusedError(say("there is no attribute {name}", name=name))
    return value[name]


def _index(node: Index, scope: Scope) -> Any:  # noqa: ANN401 - a value
    value, key = evaluate(node.source, scope), evaluate(node.key, scope)
    if (lost := unknown(key)) is not None:
        if scope.doubts is not None or not value or not isinstance(value, dict | list) or isinstance(value, Set):
            return scope.doubt(lost)
        scope.budget.size(value)
        return one_of(str(lost), list(value.values() if isinstance(value, dict) else value))
    if isinstance(value, OneOf):
        return value.each(lambda each: _picked(each, key))
    if isinstance(value, list) and not isinstance(value, Set):
        at = whole(key)
        if not 0 <= at < len(value):
            raise RefusedError(say("there is no item {index}", index=at))
        return value[at]
    if isinstance(value, Set):
        raise RefusedError(say("a set has no indexes"))
    return member(value, text(key))


def _picked(value: Any, key: Any) -> Any:  # noqa: ANN401 - values
    """Return an item, or None."""
    if isinstance(value, list) and not isinstance(value, Set):
        return value[key] if isinstance(key, int) and 0 <= key < len(value) else None
    return value.get(text(key)) if isinstance(value, dict) else None


def _splat(node: Splat, scope: Scope) -> Any:  # noqa: ANN401 - a value
    value = evaluate(node.source, scope)
    if value is None:
        return []
    if isinstance(value, NotKnown):
        return value
    each = value if isinstance(value, list) else [value]
    return [evaluate(node.rest, scope.within(**{"*": item})) for item in each]


# --- Collections --------------------------------------------------------------------------------------------------


def _items(node: Items, scope: Scope) -> Any:  # noqa: ANN401 - a value
    return [evaluate(item, scope) for item in node.items]


def _entries(node: Entries, scope: Scope) -> Any:  # noqa: ANN401 - a value
    out: dict[str, Any] = {}
    for key, value in node.items:
        found = evaluate(key, scope)
        if (lost := unknown(found)) is not None:
            return lost
        out[text(found)] = evaluate(value, scope)
    return out


def _for(node: For, scope: Scope) -> Any:  # noqa: ANN401 - a value
    source = evaluate(node.source, scope)
    if (lost := unknown(source) or unordered(source)) is not None:
        return lost
    made: list[tuple[Any, Any]] = []
    for key, value in pairs(source):
        inner = scope.within(**{node.names[1]: value} | ({node.names[0]: key} if node.names[0] else {}))
        if node.condition is not None:
            kept = evaluate(node.condition, inner)
            if (lost := unknown(kept)) is not None:
                return lost
            if not flag(kept):
                continue
        name = None if node.key is None else evaluate(node.key, inner)
        if (lost := unknown(name)) is not None:
            return lost
        made.append((name, evaluate(node.value, inner)))
    if node.key is None:
        return [value for _, value in made]
    return _grouped(made) if node.grouped else _once(made)


def _once(made: list[tuple[Any, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in made:
        if text(key) in out:
            raise RefusedError(say("the key {key} occurs twice", key=text(key)))
        out[text(key)] = value
    return out


def _grouped(made: list[tuple[Any, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in made:
        out.setdefault(text(key), []).append(value)
    return out


# --- Templates ----------------------------------------------------------------------------------------------------


def _parts(node: Template, scope: Scope) -> list[Any]:
    return [part if isinstance(part, str) else evaluate(part, scope) for part in node.parts]


def _template(node: Template, scope: Scope) -> Any:  # noqa: ANN401 - a value
    parts = _parts(node, scope)
    if node.unwraps:
        return parts[0]
    out: list[str] = []
    size = 0
    for part in parts:
        lost = unknown(part)
        words = text(part) if lost is None else scope.budget.words_of(part) or lost
        if isinstance(words, NotKnown):
            return scope.doubt(words) if type(part) is NotKnown else words
        size += len(words)
        if size > MAX_TEXT:
            raise TooMuchError
        out.append(words)
    scope.budget.spend(size // 100)
    return "".join(out)


def _template_if(node: TemplateIf, scope: Scope) -> Any:  # noqa: ANN401 - a value
    condition = evaluate(node.condition, scope)
    lost = unknown(condition)
    return lost if lost is not None else evaluate(node.yes if flag(condition) else node.no, scope)


def _template_for(node: TemplateFor, scope: Scope) -> Any:  # noqa: ANN401 - a value
    parts = Template(node.start, node.end, (), unwraps=False)
    found = _for(
        For(node.start, node.end, (node.key, node.value), node.source, None, node.body, None, grouped=False), scope
    )
    if isinstance(found, NotKnown):
        return found
    return _template(parts._replace(parts=tuple(Literal(0, 0, part) for part in found)), scope)


# --- Operators ----------------------------------------------------------------------------------------------------


def _choice(node: Choice, scope: Scope) -> Any:  # noqa: ANN401 - a value
    condition = evaluate(node.condition, scope)
    if (lost := unknown(condition)) is not None:
        return _either(node, scope, lost)
    is_yes = flag(condition)
    chosen = evaluate(node.yes if is_yes else node.no, scope)
    if chosen is None or unknown(chosen) is not None:
        return chosen
    try:
        other = evaluate(node.no if is_yes else node.yes, scope)
    except RefusedError:
        return chosen  # Terraform evaluates only the chosen branch
    return chosen if other is None or unknown(other) is not None else unified(chosen, other)


def _either(node: Choice, scope: Scope, lost: NotKnown) -> Any:  # noqa: ANN401 - a value
    """Return a value that may be either branch, for an unknown condition."""
    if scope.doubts is not None:
        return scope.doubt(lost)
    try:
        yes, no = evaluate(node.yes, scope), evaluate(node.no, scope)
        if unknown(yes) is not None or unknown(no) is not None:
            return lost
        return one_of(str(lost), [unified(yes, no), unified(no, yes)])
    except RefusedError:
        return lost


def _operation(node: Operation, scope: Scope) -> Any:  # noqa: ANN401 - a value
    left = None if node.left is None else evaluate(node.left, scope)
    try:
        right = evaluate(node.right, scope)
    except RefusedError:
        # Terraform 1.12 and later do not evaluate a right operand that cannot matter; older ones refuse all of it.
        decides = {"&&": False, "||": True}.get(node.operator)
        if decides is None or scope.doubts is not None or unknown(left) is not None or flag(left) is not decides:
            raise
        return decides
    lost = [found for found in (unknown(left), unknown(right)) if found is not None]
    if node.left is None:
        return scope.doubt(lost[0]) if lost else not flag(right) if node.operator == "!" else -numeric(right)
    if node.operator in ("&&", "||"):
        decides = node.operator == "||"
        known = [flag(value) for value in (left, right) if unknown(value) is None]
        if lost:
            scope.doubt(lost[0])
        return decides if decides in known else lost[0] if lost else not decides
    if node.operator in ("==", "!="):
        found = lost[0] if lost else equal(left, right)
        return found if isinstance(found, NotKnown) else found == (node.operator == "==")
    return scope.doubt(lost[0]) if lost else _ARITHMETIC[node.operator](numeric(left), numeric(right))


def _divided(left: Any, right: Any) -> Any:  # noqa: ANN401 - numbers
    if right == 0:
        raise RefusedError(say("division by zero"))
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    from fractions import Fraction  # noqa: PLC0415 - few files divide

    return _plain(Fraction(left) / Fraction(right))


def _remainder(left: Any, right: Any) -> Any:  # noqa: ANN401 - numbers
    """Return the remainder with the sign of the left operand, as in Go."""
    if right == 0:
        raise RefusedError(say("division by zero"))
    found = abs(left) % abs(right)
    return _plain(-found if left < 0 else found)


def _plain(value: Any) -> Any:  # noqa: ANN401 - numbers
    return int(value) if value.denominator == 1 else value


def _bounded(value: Any) -> Any:  # noqa: ANN401 - numbers
    if abs(value) >= 2**500:
        raise TooMuchError
    return _plain(value)


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: _bounded(a + b), "-": lambda a, b: _bounded(a - b), "*": lambda a, b: _bounded(a * b),
    "/": _divided, "%": _remainder,
    "<": lambda a, b: a < b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}  # fmt: skip


# --- Functions ----------------------------------------------------------------------------------------------------


def _call(node: Call, scope: Scope) -> Any:  # noqa: ANN401 - a value
    special = _SPECIAL.get(node.name.removeprefix("core::"))
    if special is not None and not node.expands:
        return special(node, scope)
    return _plain_call(node, scope)


def _plain_call(node: Call, scope: Scope) -> Any:  # noqa: ANN401 - a value
    args = [evaluate(argument, scope) for argument in node.arguments]
    if node.expands and args:
        last = args.pop()
        if (lost := unknown(last)) is not None:
            return lost
        args += items(last)
    scope.budget.spend(sum(len(arg) // 10 for arg in args if isinstance(arg, str | list | dict)))
    if node.name in scope.functions:
        lost = first_unknown(args)
        return scope.functions[node.name](args) if lost is None else lost
    if node.name.removeprefix("core::") in _OF_FILES:
        return _of_file(node.name.removeprefix("core::"), args, scope, evaluate)
    from eniplan.inputs.hcl.functions import call  # noqa: PLC0415 - most files call none

    if node.name in _TO_TEXT:
        args = replaced(args, lambda part: scope.budget.words_of(part) or part)
    found = call(node.name, args, scope.budget.lost)
    if type(found) is NotKnown:
        return scope.doubt(found)
    if isinstance(found, dict | list):
        if len(found) > MAX_ITEMS:
            raise TooMuchError
        scope.budget.spend(len(found))
    return found


_TO_TEXT = ("format", "join", "jsonencode", "yamlencode")
"""Functions that turn values with ids into text."""
_OF_FILES = {"file": 1, "fileexists": 1, "filebase64": 1, "fileset": 2, "templatefile": 2, "templatestring": 2}
"""Functions of files and templates, and their maximum number of arguments."""


def _of_file(name: str, args: list[Any], scope: Scope, made: Callable[[Expression, Scope], Any]) -> Any:  # noqa: ANN401 - a value
    from eniplan.inputs.hcl.disk import named  # noqa: PLC0415 - few files read others
    from eniplan.inputs.hcl.parse import template  # noqa: PLC0415 - likewise

    if len(args) != _OF_FILES[name]:
        raise RefusedError(say("{name}() does not accept these arguments", name=name))
    lost = first_unknown(args)
    if lost is not None:
        return lost

    def fill(inner: Expression, given: dict[str, Any]) -> Any:  # noqa: ANN401 - a value
        return made(inner, Scope(_not_given, scope.budget, given))

    if name == "templatestring":
        found = fill(template(text(args[0])), entries(args[1]))
    else:
        found = named(name, args, scope.disk, fill)
    scope.budget.size(found)
    return found


def _not_given(name: str) -> Any:  # noqa: ANN401 - never returns
    raise RefusedError(say("the template needs {name}, which is not passed", name=name))


def _try(node: Call, scope: Scope) -> Any:  # noqa: ANN401 - a value
    for argument in node.arguments:
        doubts: list[NotKnown] = []
        try:
            found = evaluate(argument, scope._replace(doubts=doubts))
            return doubts[0] if doubts else found
        except RefusedError:
            continue
    raise RefusedError(say("no argument can be evaluated"))


def _can(node: Call, scope: Scope) -> Any:  # noqa: ANN401 - a value
    try:
        doubts: list[NotKnown] = []
        found = [evaluate(argument, scope._replace(doubts=doubts)) for argument in node.arguments]
    except RefusedError:
        return False
    found += doubts
    lost = next((why for value in found if (why := scope.budget.lost(value)) is not None), None)
    return True if lost is None else lost


def _same(node: Call, scope: Scope) -> Any:  # noqa: ANN401 - a value
    """Return the argument of a function that only marks it, such as `sensitive`."""
    if len(node.arguments) != 1:
        raise RefusedError(say("one argument is needed here"))
    return evaluate(node.arguments[0], scope)


def _split(node: Call, scope: Scope) -> Any:  # noqa: ANN401 - a value
    """Return the result of `split`. For a `join` with the same separator, return its items, even unknown ones."""
    by, joined = (*node.arguments, None, None)[:2]
    if isinstance(joined, Call) and joined.name == "join" and len(joined.arguments) == 2 and not joined.expands:  # noqa: PLR2004
        separator, also, found = (evaluate(part, scope) for part in (by, *joined.arguments) if part is not None)
        is_one = isinstance(separator, str) and separator and separator == also and unknown(separator) is None
        if is_one and isinstance(found, list) and found and all(_is_word(item, separator) for item in found):
            return list(found)
    return _plain_call(node, scope)


def _is_word(item: Any, separator: str) -> bool:  # noqa: ANN401 - a value
    """Return whether an item is a single text without the separator. An id is, even if it is unknown."""
    return is_text(item) and (isinstance(item, NotKnown) or separator not in item)


_SPECIAL: dict[str, Callable[[Call, Scope], Any]] = {
    "try": _try, "can": _can, "sensitive": _same, "nonsensitive": _same, "split": _split,
}  # fmt: skip


def _unread(node: Unread, _scope: Scope) -> Any:  # noqa: ANN401 - a value
    return NotKnown(node.why)


_EVALUATORS: dict[type[Any], Callable[[Any, Scope], Any]] = {
    Name: _name, Member: _member, Index: _index, Splat: _splat, Items: _items, Entries: _entries, For: _for,
    Template: _template, TemplateIf: _template_if, TemplateFor: _template_for, Choice: _choice,
    Operation: _operation, Call: _call, Unread: _unread,
}  # fmt: skip
