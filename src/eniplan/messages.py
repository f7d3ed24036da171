"""Messages to users: a template with named facts, and the resulting text.

A template is a literal, so that every sentence can be found in the source and told in another language (`speak`), and
machines read the facts instead of the sentence. Text of users is only ever a fact: braces in it mean nothing.
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
    """Translate all later messages with a catalogue. Called once, before other modules make messages."""
    _catalogue.clear()
    _catalogue.update(catalogue)


def told(text: str) -> str:
    """Translate a text of the program."""
    return _catalogue.get(text, text)


class Message(str):
    """A translated text, with its template and facts.

    A fact is a text, a number, another message, or a tuple of these, which is listed with commas.
    """

    __slots__ = ("facts", "template")
    template: str
    facts: Mapping[str, object]

    def __new__(cls, template: str, facts: Mapping[str, object], in_words: str = "") -> Self:
        """Make the text; `in_words` is the template in the user's language where no catalogue has it. See `say`.

        Raises:
            KeyError: the template names a fact that is not given.

        """
        words = {name: _readable(fact) for name, fact in facts.items()}
        text = in_words or told(template)
        made = super().__new__(cls, (_close(text, facts) if _catalogue else text).format_map(words))
        made.template = template
        made.facts = facts
        return made


NOTHING = Message("", {})


class Key(str):
    """A key of a plan, relative to the object of a finding: `lingjun.groupId`. Other inputs call it differently."""

    __slots__ = ()


def say(template: str, /, **facts: object) -> Message:
    """Make a message: `say("{type} has {EniQuantity} ENIs", type=name, EniQuantity=4)`."""
    return Message(template, facts)


def count(number: int, one: str, many: str) -> Message:
    """Count things: `count(3, "{n} pod", "{n} pods")`. Both templates are literals and name `n`."""
    return Message(one if number == 1 else many, {"n": number})


def together(parts: Iterable[Message], separator: str = "; ") -> Message:
    """Join messages, leaving out empty ones."""
    said = [part for part in parts if part]
    if len(said) == 1:
        return said[0]
    names = [f"part{i}" for i in range(1, len(said) + 1)]
    fields = [f"{{{name}}}" for name in names]
    return Message(separator.join(fields), dict(zip(names, said, strict=True)), told(separator).join(fields))


def named(names: Sequence[object], most: int = _NAMED) -> Message:
    """List a few names, and count the others: `a, b, c and 9 more`."""
    shown, more = tuple(names[:most]), len(names) - most
    return say("{names}", names=shown) if more <= 0 else say("{names} and {more} more", names=shown, more=more)


def in_words(message: Message, word: Callable[[str], str]) -> Message:
    """Return a message with its keys renamed."""
    facts = {name: _in_words(fact, word) for name, fact in message.facts.items()}
    return message if facts == message.facts else Message(message.template, facts)


def _in_words(fact: object, word: Callable[[str], str]) -> object:
    if isinstance(fact, Key):
        return Key(word(fact))
    if isinstance(fact, tuple):
        return tuple(_in_words(item, word) for item in fact)
    return in_words(fact, word) if isinstance(fact, Message) else fact


def facts_of(message: str) -> dict[str, object]:
    """Return the facts of a message and of those inside it, as plain values by name.

    A text without a template, such as the answer of a service, has none.
    """
    if not isinstance(message, Message):
        return {}
    # What a form calls a key is no fact of the finding.
    return {name: _plain(fact) for name, fact in message.facts.items() if not _names_keys(fact)}


def _names_keys(fact: object) -> bool:
    inner = fact.facts.values() if isinstance(fact, Message) else fact if isinstance(fact, tuple) else ()
    return isinstance(fact, Key) or any(map(_names_keys, inner))


def _readable(fact: object) -> object:
    """Return a fact for a template: numbers stay numbers, so that the template can format them."""
    return told(", ").join(map(str, fact)) if isinstance(fact, tuple) else fact


_WIDE = "[\u2e80-\u9fff\uff00-\uff60]"


def _close(template: str, facts: Mapping[str, object]) -> str:
    """Remove the blanks of a Chinese template next to facts that begin or end with Chinese.

    Only phrases of the program count: what users write is left as it is.
    """
    import re  # noqa: PLC0415 - English does without

    for name, fact in facts.items():
        first, last = (fact[0], fact[-1]) if isinstance(fact, tuple) and fact else (fact, fact)
        if isinstance(last, Message) and re.match(_WIDE, last[-1:]):
            template = re.sub(rf"(?<={{{name}}}) (?={_WIDE})", "", template)
        if isinstance(first, Message) and re.match(_WIDE, first):
            template = re.sub(rf"(?<={_WIDE}) (?={{{name}}})", "", template)
    return template


def in_english(message: str) -> str:
    """Return the English text of a message, for comparisons between runs."""
    return message.template.format_map(_english(message.facts)) if isinstance(message, Message) else message


def _english(facts: Mapping[str, object]) -> dict[str, object]:
    return {name: _in_english(fact) for name, fact in facts.items()}


def _in_english(fact: object) -> object:
    if isinstance(fact, tuple):
        return ", ".join(str(_in_english(item)) for item in fact)
    return in_english(fact) if isinstance(fact, Message) else fact


def _plain(fact: object) -> object:
    if isinstance(fact, Message):
        inner = facts_of(fact)
        # A counted thing is its number, and a phrase without facts is its words.
        return inner["n"] if inner.keys() == {"n"} else inner or in_english(fact)
    if isinstance(fact, tuple):
        return [_plain(item) for item in fact]
    return fact if isinstance(fact, (str, int, float, list, dict, type(None))) else str(fact)
