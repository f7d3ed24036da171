"""Messages to users: a template with named facts, and the resulting text.

Templates are literals, so every sentence can be found in the source and translated (`speak`), and machines can read the
facts instead of the sentence. User text is always a fact, never part of a template: braces in it mean nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_NAMED = 3
"""The maximum number of names that a message lists."""


_catalogue: dict[str, str] = {}
"""The translations of texts into the user's language; empty for English."""


def speak(catalogue: Mapping[str, str]) -> None:
    """Translate all later messages with a catalogue. Call it once, before other modules make messages."""
    _catalogue.clear()
    _catalogue.update(catalogue)


def told(text: str) -> str:
    """Translate a text of the program; without a translation, return it unchanged."""
    return _catalogue.get(text, text)


class Message(str):
    """A translated text, with its template and facts.

    A fact is a text, a number, another message, or a tuple of these, which reads as a list with commas.
    """

    __slots__ = ("facts", "template")
    template: str
    facts: Mapping[str, object]

    def __new__(cls, template: str, facts: Mapping[str, object], in_words: str = "") -> Self:
        """Make the text. `in_words` is a translated template that no catalogue has. See `say`.

        Raises:
            KeyError: the template names a fact that is missing.

        """
        words = {name: _readable(fact) for name, fact in facts.items()}
        text = in_words or told(template)
        made = super().__new__(cls, (_close(text, facts) if _catalogue else text).format_map(words))
        made.template = template
        made.facts = facts
        return made


NOTHING = Message("", {})


class Key(str):
    """A key of a plan, relative to a finding's object: `lingjun.groupId`. Other input forms name it differently."""

    __slots__ = ()


def say(template: str, /, **facts: object) -> Message:
    """Make a message: `say("{type} has {EniQuantity} ENIs", type=name, EniQuantity=4)`."""
    return Message(template, facts)


def count(number: int, one: str, many: str) -> Message:
    """Count things: `count(3, "{n} pod", "{n} pods")`. Both templates are literals that contain `{n}`."""
    return Message(one if number == 1 else many, {"n": number})


def together(parts: Iterable[Message], separator: str = "; ") -> Message:
    """Join messages, skipping empty ones."""
    said = [part for part in parts if part]
    if len(said) == 1:
        return said[0]
    names = [f"part{i}" for i in range(1, len(said) + 1)]
    fields = [f"{{{name}}}" for name in names]
    return Message(separator.join(fields), dict(zip(names, said, strict=True)), told(separator).join(fields))


def named(names: Sequence[object], most: int = _NAMED) -> Message:
    """List the first `most` names and count the rest: `a, b, c and 9 more`."""
    shown, more = tuple(names[:most]), len(names) - most
    return say("{names}", names=shown) if more <= 0 else say("{names} and {more} more", names=shown, more=more)


def in_words(message: Message, word: Callable[[str], str]) -> Message:
    """Return a message with each `Key` in it replaced by `word(key)`."""
    facts = {name: _in_words(fact, word) for name, fact in message.facts.items()}
    return message if facts == message.facts else Message(message.template, facts)


def _in_words(fact: object, word: Callable[[str], str]) -> object:
    if isinstance(fact, Key):
        return Key(word(fact))
    if isinstance(fact, tuple):
        return tuple(_in_words(item, word) for item in fact)
    return in_words(fact, word) if isinstance(fact, Message) else fact


def facts_of(message: str) -> dict[str, object]:
    """Return the facts of a message and its nested messages, as plain values by name.

    A plain `str`, such as the answer of a service, has none.
    """
    if not isinstance(message, Message):
        return {}
    # Key names depend on the form of the input; they are not facts of the finding.
    return {name: _plain(fact) for name, fact in message.facts.items() if not _names_keys(fact)}


def _names_keys(fact: object) -> bool:
    inner = fact.facts.values() if isinstance(fact, Message) else fact if isinstance(fact, tuple) else ()
    return isinstance(fact, Key) or any(map(_names_keys, inner))


def _readable(fact: object) -> object:
    """Return a fact for a template. Numbers stay numbers, so the template can format them."""
    return told(", ").join(map(str, fact)) if isinstance(fact, tuple) else fact


_WIDE = "[\u2e80-\u9fff\uff00-\uff60]"


def _close(template: str, facts: Mapping[str, object]) -> str:
    """Remove the spaces of a Chinese template next to messages that begin or end with Chinese.

    User text keeps its spaces.
    """
    import re  # noqa: PLC0415 - English does not need it

    for name, fact in facts.items():
        first, last = (fact[0], fact[-1]) if isinstance(fact, tuple) and fact else (fact, fact)
        if isinstance(last, Message) and re.match(_WIDE, last[-1:]):
            template = re.sub(rf"(?<={{{name}}}) (?={_WIDE})", "", template)
        if isinstance(first, Message) and re.match(_WIDE, first):
            template = re.sub(rf"(?<={_WIDE}) (?={{{name}}})", "", template)
    return template


def in_english(message: str) -> str:
    """Return the English text of a message, for comparisons between runs."""
    if not isinstance(message, Message):
        return message
    return message.template.format_map({name: _in_english(fact) for name, fact in message.facts.items()})


def _in_english(fact: object) -> object:
    if isinstance(fact, tuple):
        return ", ".join(str(_in_english(item)) for item in fact)
    return in_english(fact) if isinstance(fact, Message) else fact


def _plain(fact: object) -> object:
    if isinstance(fact, Message):
        inner = facts_of(fact)
        # A `count` becomes its number, and a phrase without facts its English text.
        return inner["n"] if inner.keys() == {"n"} else inner or in_english(fact)
    if isinstance(fact, tuple):
        return [_plain(item) for item in fact]
    return fact if isinstance(fact, (str, int, float, list, dict, type(None))) else str(fact)
