"""Terraform's pure functions. Results of functions that are not here are unknown.

Each function takes its arguments as a list. Those in `WHOLE` are only called if all arguments are fully known.
"""

from __future__ import annotations

import json
import re
from binascii import a2b_base64, b2a_base64
from typing import TYPE_CHECKING, Any

from eniplan.inputs.hcl.values import (
    MAX_ITEMS,
    MAX_TEXT,
    RefusedError,
    Set,
    TooMuchError,
    alike,
    entries,
    first_unknown,
    flag,
    is_text,
    items,
    kind,
    numeric,
    one_of,
    pairs,
    same,
    set_of,
    text,
    unique,
    unknown,
    unordered,
    whole,
)
from eniplan.inputs.places import NotKnown
from eniplan.k8s.values import rewritten
from eniplan.messages import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Arguments = list[Any]
    Function = Callable[[Arguments], Any]

_MAX_PATTERN = 200
_MAX_MATCHING = 2_000_000
"""Maximum steps of a regular expression in the worst case."""


# --- Collections --------------------------------------------------------------------------------------------------


def _length(args: Arguments) -> Any:  # noqa: ANN401 - a value
    (value,) = args
    if isinstance(value, str):
        return len(value) if _is_plain(value) else NotKnown(say("the length of a text with accents or symbols"))
    if isinstance(value, dict | list):
        return len(value)
    raise RefusedError(say("a collection is needed here"))


def _merge(args: Arguments) -> Any:  # noqa: ANN401 - a value
    out: dict[str, Any] = {}
    for value in args:
        if value is not None:
            out |= entries(value)
    return out


def _concat(args: Arguments) -> Any:  # noqa: ANN401 - a value
    if not args:
        raise RefusedError(say("a list is needed here"))
    return [item for value in args for item in items(value)]


def _lookup(args: Arguments) -> Any:  # noqa: ANN401 - a value
    value, key, *default = args
    found = entries(value)
    if (lost := unknown(key)) is not None:
        return one_of(str(lost), [*found.values(), *default]) if default else lost
    if text(key) in found:
        return found[text(key)]
    if not default:
        raise RefusedError(say("the map has no key {key}", key=text(key)))
    return default[0]


def _flatten(args: Arguments) -> Any:  # noqa: ANN401 - a value
    out: list[Any] = []
    for item in items(args[0]):
        if isinstance(item, list):
            out += _flatten([item])
        elif (lost := unknown(item)) is not None and not is_text(item):
            raise _UnknownError(lost)
        else:
            out.append(item)
    return out


class _UnknownError(Exception):
    """The result depends on an unknown part of an argument."""

    def __init__(self, value: Any) -> None:  # noqa: ANN401 - a value
        super().__init__()
        self.value = value


def _element(args: Arguments) -> Any:  # noqa: ANN401 - a value
    values, index = items(args[0]), args[1]
    if (lost := unknown(index)) is not None:
        return lost
    if not values or isinstance(args[0], Set) or whole(index) < 0:
        raise RefusedError(say("there is no such item"))
    return values[whole(index) % len(values)]


def _index(args: Arguments) -> Any:  # noqa: ANN401 - a value
    for i, item in enumerate(items(args[0])):
        if same(item, args[1]):
            return i
    raise RefusedError(say("the list has no such item"))


def _contains(args: Arguments) -> Any:  # noqa: ANN401 - a value
    values, wanted = args
    if any(same(item, wanted) for item in items(values)):
        return True
    lost = first_unknown([*values, wanted])
    return False if lost is None else lost


def _slice(args: Arguments) -> Any:  # noqa: ANN401 - a value
    values, start, end = items(args[0]), whole(args[1]), whole(args[2])
    if not 0 <= start <= end <= len(values) or isinstance(values, Set):
        raise RefusedError(say("the list is shorter"))
    return values[start:end]


def _zipmap(args: Arguments) -> Any:  # noqa: ANN401 - a value
    keys, values = items(args[0]), items(args[1])
    if len(keys) != len(values):
        raise RefusedError(say("two lists of the same length are needed here"))
    return dict(zip(map(text, keys), values, strict=True))


def _range(args: Arguments) -> Any:  # noqa: ANN401 - a value
    found = [numeric(arg) for arg in args]
    start, end = (0, found[0]) if len(found) == 1 else found[:2]
    step = found[2] if len(found) > 2 else 1 if end >= start else -1  # noqa: PLR2004 - the third argument
    if step == 0 or (end - start) * step < 0:
        raise RefusedError(say("the step points away from the end"))
    count = -(-(end - start) // step)
    if count > 1024:  # noqa: PLR2004 - Terraform's own limit
        raise RefusedError(say("more than 1024 numbers"))
    return [start + i * step for i in range(int(count))]


def _set_product(args: Arguments) -> Any:  # noqa: ANN401 - a value
    size = 1
    for value in args:
        size *= len(items(value))
        if size > MAX_ITEMS:
            raise TooMuchError
    out: list[list[Any]] = [[]]
    for value in args:
        out = [[*item, inner] for item in out for inner in value]
    found: list[Any] = alike(out) if any(isinstance(value, Set) for value in args) else out
    return Set(found) if all(isinstance(value, Set) for value in args) else found


def _sets(args: Arguments) -> list[list[Any]]:
    flat = alike([item for value in args for item in items(value)])
    at = 0
    out = []
    for value in args:
        out.append(flat[at : at + len(value)])
        at += len(value)
    return out


def _intersection(args: Arguments) -> Any:  # noqa: ANN401 - a value
    first, *others = ([(kind(i), i) for i in value] for value in _sets(args))
    return set_of([item for found, item in first if all((found, item) in other for other in others)])


def _subtract(args: Arguments) -> Any:  # noqa: ANN401 - a value
    left, right = _sets(args)
    gone = {repr(item) for item in right}
    return set_of([item for item in left if repr(item) not in gone])


def _compact(args: Arguments) -> Any:  # noqa: ANN401 - a value
    if (lost := _of_items(items(args[0]))) is not None:
        return lost
    return [text(item) if unknown(item) is None else item for item in args[0] if item not in (None, "")]


def _of_items(values: list[Any]) -> NotKnown | None:
    """Return the first unknown value that may be none or several items; an unknown id is one."""
    return first_unknown(value for value in values if not is_text(value))


def _distinct(args: Arguments) -> Any:  # noqa: ANN401 - a value
    lost = _of_items(items(args[0]))
    return unique(alike(args[0])) if lost is None else lost


def _coalesce(args: Arguments) -> Any:  # noqa: ANN401 - a value
    # All arguments are converted to one type: a number next to texts becomes text.
    lost = first_unknown(args)
    for value, converted in zip(args, alike(args), strict=True):
        if unknown(value) is not None:
            return value if is_text(value) else lost
        if value not in (None, ""):
            return converted if lost is None else value if isinstance(value, str) else lost
    raise RefusedError(say("all arguments are null or empty"))


def _coalesce_list(args: Arguments) -> Any:  # noqa: ANN401 - a value
    for value in args:
        if (lost := unknown(value)) is not None or items(value):
            return value if lost is None else lost
    raise RefusedError(say("all lists are empty"))


def _to_list(value: Any) -> Any:  # noqa: ANN401 - a value
    lost = unordered(value)
    return alike(list(items(value))) if lost is None else lost


def _to_map(value: Any) -> Any:  # noqa: ANN401 - a value
    found = entries(value)
    return dict(zip(found, alike(list(found.values())), strict=True))


def _to_set(value: Any) -> Any:  # noqa: ANN401 - a value
    lost = first_unknown(items(value))
    if lost is None:
        return set_of(value)
    return Set(unique(value)) if all(map(is_text, value)) else lost


def _chunk(args: Arguments) -> Any:  # noqa: ANN401 - a value
    values, size = items(args[0]), whole(args[1])
    if size < 0:
        raise RefusedError(say("a size is needed here"))
    return [values[at : at + size] for at in range(0, len(values), size)] if size else [values] if values else []


def _one(args: Arguments) -> Any:  # noqa: ANN401 - a value
    values = items(args[0])
    if len(values) > 1:
        raise RefusedError(say("more than one item"))
    return values[0] if values else None


def _transpose(args: Arguments) -> Any:  # noqa: ANN401 - a value
    out: dict[str, list[str]] = {}
    for key, values in pairs(entries(args[0])):
        for value in items(values):
            out.setdefault(text(value), []).append(key)
    return out


def _match_keys(args: Arguments) -> Any:  # noqa: ANN401 - a value
    values, keys, wanted = map(items, args)
    if len(values) != len(keys):
        raise RefusedError(say("two lists of the same length are needed here"))
    return [value for value, key in zip(values, keys, strict=True) if any(same(key, item) for item in wanted)]


# --- Text ---------------------------------------------------------------------------------------------------------


def _bounded(value: str) -> str:
    if len(value) > MAX_TEXT:
        raise TooMuchError
    return value


def _join(args: Arguments) -> Any:  # noqa: ANN401 - a value
    parts = [text(item) for value in args[1:] for item in items(value)]
    lost = next((part for part in parts if isinstance(part, NotKnown)), None)
    return _bounded(text(args[0]).join(parts)) if lost is None else lost


def _split(args: Arguments) -> Any:  # noqa: ANN401 - a value
    by, value = map(text, args)
    return value.split(by) if by else list(value)


def _replace(args: Arguments) -> Any:  # noqa: ANN401 - a value
    value, old, new = map(text, args)
    if len(old) > 1 and old[0] == old[-1] == "/":
        found = _pattern(old[1:-1], value)
        if isinstance(found, NotKnown) or "$" in new or "\\" in new:
            return found if isinstance(found, NotKnown) else NotKnown(say("a replacement with groups"))
        return _bounded(found.sub(lambda _: new, value))
    if len(value) * max(len(new), 1) > MAX_TEXT and value.count(old) * len(new) + len(value) > MAX_TEXT:
        raise TooMuchError
    return value.replace(old, new)


def _pattern(pattern: str, value: str) -> re.Pattern[str] | NotKnown:
    """Return a compiled pattern; `NotKnown` if it has another meaning in Python or may take too long."""
    lost = NotKnown(say("the pattern of a regular expression"))
    loops = len(re.findall(r"[*+}]", pattern))
    is_slow = len(pattern) > _MAX_PATTERN or (loops and len(value) ** loops > _MAX_MATCHING)
    if is_slow or pattern.endswith("\\$") or _FOREIGN.search(pattern.removesuffix("$")):
        return lost
    try:
        return re.compile(f"{pattern[:-1]}\\Z" if pattern.endswith("$") else pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError):
        return lost


_FOREIGN = re.compile(
    r"\[\[|\\[^dDwWsSbB.\-/()\[\]{}*+?|^$]|\(\?(?!:|P<[a-z])|\)[*+?{]|\$|[*+?}][*+]|[^\x00-\x7f]|\}\?|\{,"
)
"""Syntax that RE2 and Python read differently, and repeated groups, which may backtrack exponentially."""


def _regex(args: Arguments) -> Any:  # noqa: ANN401 - a value
    found = _pattern(*map(text, args))
    if isinstance(found, NotKnown):
        return found
    match = found.search(text(args[1]))
    if match is None:
        raise RefusedError(say("the pattern does not match"))
    return _matched(match)


def _regex_all(args: Arguments) -> Any:  # noqa: ANN401 - a value
    found = _pattern(*map(text, args))
    return found if isinstance(found, NotKnown) else [_matched(match) for match in found.finditer(text(args[1]))]


def _matched(match: re.Match[str]) -> Any:  # noqa: ANN401 - a value
    if match.re.groupindex:
        if len(match.re.groupindex) != match.re.groups:
            raise RefusedError(say("named groups mixed with others"))
        return match.groupdict()
    return list(match.groups()) if match.re.groups else match[0]


def _substr(args: Arguments) -> Any:  # noqa: ANN401 - a value
    value, offset, length = text(args[0]), whole(args[1]), whole(args[2])
    if not _is_plain(value):
        return NotKnown(say("a part of a text with accents or symbols"))
    start = max(len(value) + offset, 0) if offset < 0 else offset
    return value[start:] if length < 0 else value[start : start + length]


_PLAIN = re.compile(
    r"(?:[\x00-\x0c\x0e-\x7e\u00a1-\u00ac\u00ae-\u024f\u0391-\u03a9\u03b1-\u03c9\u0410-\u044f\u3001-\u3029"
    r"\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fa5\uff01-\uff5e])*+"
)
"""Characters that never combine with their neighbors."""


def _is_plain(value: str) -> bool:
    """Return whether Terraform counts each code point of a text as one character."""
    return _PLAIN.fullmatch(value) is not None


def _cased(change: Callable[[str], str]) -> Function:
    """Return a function that changes the case of each letter as Go does; unknown where Python may differ."""

    def changed(args: Arguments) -> Any:  # noqa: ANN401 - a value
        value = text(args[0])
        if value.isascii():
            return change(value)
        out = [change(sign) for sign in value]
        is_known = _is_plain(value) and all(len(sign) == 1 or one == "ß" for sign, one in zip(out, value, strict=True))
        made = "".join(one if one == "ß" else sign for sign, one in zip(out, value, strict=True))
        return made if is_known else NotKnown(say("the case of letters with accents"))

    return changed


def _title(args: Arguments) -> Any:  # noqa: ANN401 - a value
    value = text(args[0])
    if not value.isascii():
        return NotKnown(say("the case of letters with accents"))
    return re.sub(r"(?<![A-Za-z0-9_])[a-z]", lambda found: found[0].upper(), value)


def _indent(args: Arguments) -> Any:  # noqa: ANN401 - a value
    spaces, value = whole(args[0]), text(args[1])
    if spaces * (value.count("\n") + 1) > MAX_TEXT:
        raise TooMuchError
    return value.replace("\n", "\n" + " " * spaces)


def _format(args: Arguments) -> Any:  # noqa: ANN401 - a value
    rest = iter(args[1:])
    out: list[str] = []
    at = 0
    template = text(args[0])
    for found in _VERB.finditer(template):
        out.append(template[at : found.start()])
        at = found.end()
        if found["verb"] == "%":
            out.append("%")
            continue
        try:
            value = next(rest)
        except StopIteration:
            raise RefusedError(say("too few arguments for the format")) from None
        shown = _shown(found, value)
        if isinstance(shown, NotKnown):
            return shown
        out.append(shown)
    out.append(template[at:])
    if "%" in "".join(out[::2]) and "%" in _VERB.sub("", template):
        return NotKnown(say("an unsupported format"))
    if next(rest, _END) is not _END:
        raise RefusedError(say("too many arguments for the format"))
    return _bounded("".join(out))


_END = object()
_VERB = re.compile(r"%(?P<flags>[-0+ #]*)(?P<width>[0-9]{1,3})?(?:\.(?P<precision>[0-9]{1,2}))?(?P<verb>[a-zA-Z%])")


def _shown(found: re.Match[str], value: Any) -> str:  # noqa: ANN401 - a value
    """Return one value of a format."""
    verb, flags, width = found["verb"], found["flags"], int(found["width"] or 0)
    show = _VERBS.get(verb)
    if show is None or " " in flags or "#" in flags:
        return NotKnown(say("an unsupported format"))
    shown = show(value, found["precision"])
    if isinstance(shown, NotKnown):
        return shown
    if "+" in flags and verb in "df" and shown[0] != "-":
        shown = f"+{shown}"
    if "-" in flags:
        return shown.ljust(width)
    if "0" in flags:
        return shown.zfill(width) if verb in "df" else NotKnown(say("an unsupported format"))
    return shown.rjust(width)


def _any(value: Any, precision: str | None) -> str:  # noqa: ANN401 - a value
    shown = _as_json(value) if value is None or isinstance(value, dict | list) else text(value)
    return shown if precision is None or isinstance(shown, NotKnown) else shown[: int(precision)]


def _digits(value: Any, _precision: str | None) -> str:  # noqa: ANN401 - a value
    return str(whole(value))


def _hexadecimal(value: Any, _precision: str | None) -> str:  # noqa: ANN401 - a value
    return f"{value:x}" if isinstance(value, int) and value >= 0 else NotKnown(say("a value in hexadecimal digits"))


_VERBS: Mapping[str, Callable[[Any, str | None], str]] = {
    "s": _any,
    "v": _any,
    "q": lambda value, _: json.dumps(text(value), ensure_ascii=False),
    "t": lambda value, _: text(flag(value)),
    "d": _digits,
    "f": lambda value, precision: f"{float(numeric(value)):.{precision or 6}f}",
    "x": _hexadecimal,
}


def _format_list(args: Arguments) -> Any:  # noqa: ANN401 - a value
    sizes = {len(arg) for arg in args if isinstance(arg, list)}
    if len(sizes) > 1:
        raise RefusedError(say("lists of the same length are needed here"))
    count = sizes.pop() if sizes else 1
    return [_format([arg[i] if isinstance(arg, list) else arg for arg in args]) for i in range(count)]


# --- Codes --------------------------------------------------------------------------------------------------------


def _as_json(value: Any) -> str:  # noqa: ANN401 - a value
    return json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":"))


def _sorted(value: Any) -> Any:  # noqa: ANN401 - a value
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    if value is None or isinstance(value, str | int):
        return value
    # Terraform writes all digits of a number, Python only those that identify the float.
    words = text(value)
    if isinstance(words, NotKnown) or words != repr(float(value)):
        raise _UnknownError(NotKnown(say("a fraction with many digits")))
    return float(value)


def _json_encode(args: Arguments) -> Any:  # noqa: ANN401 - a value
    found = _as_json(args[0])
    for sign in "<>&\u2028\u2029":
        found = found.replace(sign, f"\\u{ord(sign):04x}")
    return NotKnown(say("a text with control characters")) if _CONTROL.search(found) else _bounded(found)


_CONTROL = re.compile(r"\\[bf]|\\u00[01]|\x7f")


def _json_decode(args: Arguments) -> Any:  # noqa: ANN401 - a value
    try:
        return json.loads(text(args[0]), parse_float=numeric, parse_int=numeric, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise RefusedError(say("not valid JSON")) from None


def _refuse(_word: str) -> Any:  # noqa: ANN401 - never returns
    raise RefusedError(say("not valid JSON"))


_YAML_COMMENT = re.compile(r"""^([ \t]*|[^"'#\n]*[ \t])#.*$""", re.MULTILINE)
"""A comment, in a line without quotes before it."""
_ODD_YAML = re.compile(
    r"(?:^[ \t]*(?:-[ \t]+)*|[:?,\[{][ \t]*)"  # a value or key begins
    r"(?:[&*!]|<<|[0-9]{4}-|(?:yes|no|on|off|y|n)(?:[ \t]*(?:\r?$|[,\]}:])|[ \t]+#))",
    re.IGNORECASE | re.MULTILINE,
)
"""An anchor, alias, tag, merge key, date, or a word that some parsers read as a boolean."""


def _yaml_decode(args: Arguments) -> Any:  # noqa: ANN401 - a value
    from eniplan.errors import InputError  # noqa: PLC0415 - few files decode YAML
    from eniplan.plan.document import read_documents  # noqa: PLC0415 - the same

    value = text(args[0])
    if _ODD_YAML.search(_YAML_COMMENT.sub(r"\1", value)):
        return NotKnown(say("YAML with words that parsers read differently"))
    try:
        found = read_documents("", value.encode())
    except InputError:
        raise RefusedError(say("not valid YAML")) from None
    if len(found) != 1:
        return NotKnown(say("several documents of YAML"))
    return rewritten(found[0].value, lambda part: numeric(repr(part)) if isinstance(part, float) else part)


def _yaml_encode(args: Arguments) -> Any:  # noqa: ANN401 - a value
    return (
        "".join(f"{line}\n" for line in _yaml_lines(args[0]))
        if isinstance(args[0], dict | list) and args[0]
        else NotKnown(say("YAML of a single value"))
    )


def _yaml_lines(value: Any) -> list[str]:  # noqa: ANN401 - a value
    out: list[str] = []
    for key, item in pairs(value):
        head = "-" if isinstance(value, list) else f"{_quoted(key)}:"
        if isinstance(item, dict | list) and item:
            inner = _yaml_lines(item)
            if head == "-":
                out += [f"- {inner[0]}", *(f"  {line}" for line in inner[1:])]
            else:
                out += [head, *(line if isinstance(item, list) else f"  {line}" for line in inner)]
        elif isinstance(item, dict | list):
            out.append(f"{head} {'{}' if isinstance(item, dict) else '[]'}")
        else:
            out.append(f"{head} {_scalar(item)}")
    return out


def _scalar(value: Any) -> str:  # noqa: ANN401 - a value
    return "null" if value is None else _quoted(value) if isinstance(value, str) else text(value)


def _quoted(value: str) -> str:
    if not value.isascii() or _UNQUOTABLE.search(value):
        raise _UnknownError(NotKnown(say("YAML of a text with line breaks or symbols")))
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


_UNQUOTABLE = re.compile(r"[\x00-\x1f\x7f]")


def _encode64(args: Arguments) -> Any:  # noqa: ANN401 - a value
    return b2a_base64(text(args[0]).encode(), newline=False).decode()


def _decode64(args: Arguments) -> Any:  # noqa: ANN401 - a value
    try:
        return a2b_base64(text(args[0]), strict_mode=True).decode()
    except ValueError:
        raise RefusedError(say("not valid base64")) from None


# --- Numbers ------------------------------------------------------------------------------------------------------


def _numbers(args: Arguments) -> list[Any]:
    if not args:
        raise RefusedError(say("numbers are needed here"))
    return [numeric(value) for value in args]


def _power(args: Arguments) -> Any:  # noqa: ANN401 - a value
    base, exponent = map(numeric, args)
    if isinstance(base, int) and isinstance(exponent, int) and 0 <= exponent <= 64 and abs(base) <= 2**15:  # noqa: PLR2004 - far above any real use
        found = base**exponent
        if abs(found) <= 2**53:  # Terraform computes it as a float
            return found
    return NotKnown(say("a power that is not a small whole number"))


def _parse_int(args: Arguments) -> Any:  # noqa: ANN401 - a value
    words, base = text(args[0]), whole(args[1])
    if not 2 <= base <= 36 or not re.fullmatch(r"-?[0-9A-Za-z]{1,64}", words):  # noqa: PLR2004 - Python's limits
        return NotKnown(say("a number of another base"))
    try:
        return int(words, base)
    except ValueError:
        raise RefusedError(say("not a number in this base")) from None


def _converted(convert: Callable[[Any], Any]) -> Function:
    return lambda args: None if args[0] is None else convert(args[0])


def _texts(change: Callable[..., Any]) -> Function:
    return lambda args: change(*map(text, args))


def _reversed(args: Arguments) -> Any:  # noqa: ANN401 - a value
    value = text(args[0])
    return value[::-1] if _is_plain(value) else NotKnown(say("the reverse of a text with accents or symbols"))


LOOSE: Mapping[str, Function] = {
    "length": _length, "merge": _merge, "concat": _concat, "lookup": _lookup, "flatten": _flatten,
    "keys": lambda args: sorted(entries(args[0])), "values": lambda args: [item for _, item in pairs(entries(args[0]))],
    "element": _element, "contains": _contains, "slice": _slice, "one": _one,
    "reverse": lambda args: items(args[0])[::-1], "chunklist": _chunk, "coalesce": _coalesce,
    "coalescelist": _coalesce_list, "tolist": _converted(_to_list), "tomap": _converted(_to_map), "zipmap": _zipmap,
    "toset": _converted(_to_set), "compact": _compact, "distinct": _distinct,
}  # fmt: skip
"""Functions that can be called with partly unknown arguments."""
_CONSIDERATE = frozenset(("coalesce", "coalescelist", "contains", "lookup", "element"))
"""Functions that can also be called with completely unknown arguments after the first."""
WHOLE: Mapping[str, Function] = {
    "sort": lambda args: sorted(map(text, items(args[0])), key=str.encode), "index": _index, "range": _range,
    "setproduct": _set_product, "setunion": lambda args: set_of([item for value in _sets(args) for item in value]),
    "setsubtract": _subtract, "setintersection": _intersection, "transpose": _transpose, "matchkeys": _match_keys,
    "format": _format, "formatlist": _format_list, "join": _join, "split": _split, "replace": _replace,
    "regex": _regex, "regexall": _regex_all, "substr": _substr, "lower": _cased(str.lower), "upper": _cased(str.upper),
    "title": _title, "trimspace": _texts(lambda value: value.strip(" \t\r\n\v\f")),
    "trim": _texts(lambda value, signs: value.strip(signs) if signs else value),
    "trimprefix": _texts(str.removeprefix), "trimsuffix": _texts(str.removesuffix),
    "startswith": _texts(str.startswith), "endswith": _texts(str.endswith),
    "strcontains": _texts(lambda value, part: part in value), "strrev": _reversed,
    "chomp": _texts(lambda value: re.sub(r"(?:\r?\n)+\Z|\r+\Z", "", value)), "indent": _indent,
    "jsonencode": _json_encode, "jsondecode": _json_decode, "yamldecode": _yaml_decode, "yamlencode": _yaml_encode,
    "base64encode": _encode64, "base64decode": _decode64,
    "tostring": _converted(text), "tonumber": _converted(numeric), "tobool": _converted(flag),
    "min": lambda args: min(_numbers(args)), "max": lambda args: max(_numbers(args)),
    "sum": lambda args: sum(_numbers(items(args[0]))),
    "ceil": lambda args: -(-numeric(args[0]) // 1), "floor": lambda args: numeric(args[0]) // 1,
    "abs": lambda args: abs(numeric(args[0])), "pow": _power, "parseint": _parse_int,
    "signum": lambda args: (numeric(args[0]) > 0) - (numeric(args[0]) < 0),
    "anytrue": lambda args: any(item is not None and flag(item) for item in items(args[0])),
    "alltrue": lambda args: all(item is not None and flag(item) for item in items(args[0])),
}  # fmt: skip
"""Functions that are only called if all arguments are fully known."""


def call(name: str, args: Arguments, lost: Callable[[Any], NotKnown | None]) -> Any:  # noqa: ANN401 - a value
    """Return the result of a function.

    Args:
        name: the name of the function.
        args: its arguments.
        lost: returns the first unknown part of a value.

    Raises:
        RefusedError: Terraform would reject the call.

    """
    name = name.removeprefix("core::")
    loose = LOOSE.get(name)
    function = loose or WHOLE.get(name)
    if function is None:
        from eniplan.inputs.hcl.codes import CODES  # noqa: PLC0415 - few files call these

        function = CODES.get(name)
    if function is None:
        return NotKnown(say("{name}() is not computed", name=name))
    for at, arg in enumerate(args):
        found = lost(arg) if loose is None else None if at and name in _CONSIDERATE else unknown(arg)
        if found is not None and name not in ("coalesce", "coalescelist"):
            return found
    try:
        return function(args)
    except _UnknownError as error:
        return error.value
    except (TypeError, ValueError, IndexError) as error:
        # Usually a wrong number of arguments.
        raise RefusedError(say("{name}() does not accept these arguments", name=name)) from error
