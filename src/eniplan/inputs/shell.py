"""Splits a POSIX shell script into commands and words, with the place of each part in the script.

Expands quotes, escapes, here-documents, variables that are set once, defaults (`${X:-a}`) and `$(cat …)`. All other
expansions are unknown parts, with the text of the script.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from eniplan.inputs.words import NAME, UNKNOWN, Part, file_name, text
from eniplan.messages import say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.inputs.words import Word


class Command(NamedTuple):
    """A simple command."""

    words: list[Word]
    stdin: Word
    """The text of its here-document."""
    reads: str
    """The file of its standard input."""
    writes: str
    """The file of its standard output."""
    appends: bool = False
    """Whether it adds to that file."""
    files: dict[str, Word] = {}  # noqa: RUF012 - never changed
    """The text of files that the script has written and that the command names, by `file_name`."""
    is_piped: bool = False
    """Whether it reads what the command before it prints."""
    piped: Word | None = None
    """What that command prints; None if unknown."""


_NOTHING = Command([], [], "", "")
_AS_IT_IS = ("%s", "%s\\n")
"""Formats of `printf` that print an argument as it is."""
_FORMATS = frozenset((
    *((*jq, *filters) for jq in (("jq",), ("jq", "-c"), ("jq", "-r"), ("jq", "-cr"), ("jq", "-rc"), ("jq", "-M"))
      for filters in ((), (".",))),
    ("python3", "-m", "json.tool"), ("tr", "-d", "\\n"), ("tr", "-d", "\\r\\n"),
))  # fmt: skip
"""Commands that print the JSON that they read, in another layout."""
_OF_FILE = frozenset(words for words in _FORMATS if words[-1] in (".", "json.tool"))
"""Those that may be followed by a file."""
_TAKES, _FILLS = ("mv", "rm", "sponge"), ("cp", "install")
"""Commands that change each file that they name, or the last one."""
_EDITS = ("perl", "sed", "yq")
"""Commands that change each file that they name if an option says so."""
_IN_PLACE = re.compile(r"-\w*i|--in-?place")
_SOURCES = (".", "eval", "source")
"""Commands that may set any variable."""
_BY_WORDS = ("getopts", "mapfile", "printf", "read", "readarray", "unset")
"""Commands that set variables that they name as words."""
_BY_NAME = re.compile(r"^(?:--[\w-]+=)?(?:file://|@)?")
"""How the CLI is given a file."""
_SEPARATORS = "\n;&|()"
_MAX_DEPTH = 50
"""Maximum depth of nested substitutions; the rest of a deeper script is ignored."""
_ENDS = frozenset(" \t\r\n;&|()<>")
_SPECIAL = re.compile(r"""[ \t\r\n;&|()<>'"\\$`]|\{\{(?=[^{}\n]*\}\})""")
_IN_QUOTES = re.compile(r"""["\\$`]""")
_IN_TEXT = re.compile(r"[\\$`]")
_SELF = r'"?\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?(?::-\$0)?\})"?'
_FOLDER = rf"\$\(\s*dirname\s+(?:--\s+)?{_SELF}\s*\)"
_OWN_FOLDER = re.compile(
    rf'\$\(\s*cd\s+(?:-P\s+|--\s+)?"?{_FOLDER}((?:/[\w.-]+){{0,9}})"?(?:\s*&?>\s*/dev/null(?:\s+2>&1)?)?\s*'
    rf"(?:&&|;)\s*pwd(?:\s+-P)?\s*\)|{_FOLDER}"
)
"""The folder of the script itself: `$(cd "$(dirname "$0")/.." && pwd)`."""
_DEFAULTED = re.compile(r"""\$\{(\w+)(:?[-=?])(["']?)([^${}`"'\\]*)\3\}""")
_FUNCTION = re.compile(r"^\s*(?:function\s|[\w-]+\s*\(\))", re.MULTILINE)
_WRAPPER = re.compile(
    r"^[ \t]*(?:function[ \t]+)?([\w-]+)[ \t]*(?:\(\)[ \t]*)?"
    r'\{\s*([\w./-]+(?:[ \t]+[\w./=-]+)*)[ \t]+"\$@"[ \t]*;?\s*\}',
    re.MULTILINE,
)
"""A function that is the beginning of a command: `ack() { aliyun cs "$@"; }`."""
_ARRAY = re.compile(r"""(["']?)\$\{(\w+)\[[@*]\]\}\1(?=[\s;&|()<>]|$)""")
"""An array that is a word by itself."""
_BARE = re.compile(r"\$(?:\{(\w+)\}|(\w+))(?=[ \t])")
"""A variable that is not quoted: the shell splits its value into words."""
_PLACEHOLDER = re.compile(r"<[^\W\d][\w -]*>(?=[\s\"'/,;&|)]|$)|\{\{[^{}\n]*\}\}")
"""A placeholder in a runbook: `<cluster-id>`. To a shell it is two redirections, which nobody writes this way.

Or what Ansible fills in before the shell runs: `{{ cluster_id }}`.
"""
_ASSIGNMENT = re.compile(r"(\w+)(?:\+)?=")
_ASSIGNED = re.compile(r"(?:^|[\s;&|(])(\w+)\+?=|\bfor\s+(\w+)\s+in\b|\bread\s+(?:[^\w\s]\S*\s+)*(\w+)", re.MULTILINE)
_SETTERS = ("export", "local", "readonly", "declare", "typeset")


def commands(script: str) -> list[Command]:
    """Return all commands of a script, including nested ones, in the order in which they end."""
    reader = _Reader(script)
    reader.until("")
    return reader.found


class _Reader:
    def __init__(self, script: str) -> None:
        self._script = script
        self._at = 0
        self._waiting: list[tuple[str, bool, bool, Word]] = []
        """Here-documents that begin after the current line."""
        self._variables: dict[str, Word] = {}
        self._files: dict[str, Word] = {}
        self._set = Counter(name for match in _ASSIGNED.finditer(script) for name in match.groups() if name)
        self._arrays: dict[str, list[Word]] = {}
        self._wrappers = {found[1]: found[2].split() for found in _WRAPPER.finditer(script)}
        self._has_functions = _FUNCTION.search(script) is not None
        self._has_sourced = False
        self._depth = 0
        self.found: list[Command] = []

    def until(self, end: str, *, records: bool = True) -> list[Command]:
        """Read commands up to and including a character; without `records` they are the lines of an array."""
        self._depth += 1
        here: list[Command] = []
        command = _NOTHING
        if self._depth > _MAX_DEPTH:
            self._at = len(self._script)
        while self._at < len(self._script):
            char = self._script[self._at]
            if char in " \t\r":
                self._at += 1
            elif char == "#":
                self._at = self._find("\n")
            elif char in "<>" and not _PLACEHOLDER.match(self._script, self._at):
                command = self._redirected(command)
            elif char in _SEPARATORS:
                self._at += 1
                if char == "\n":
                    self._read_waiting()
                done = self._finished(command) if records else [command]
                here += done
                command = self._next(char, done or [command])
                if char == end:
                    break
            else:
                words = self._several(is_first=not command.words)
                command = command._replace(words=[*command.words, *words])
        self._depth -= 1
        self._at = min(self._at, len(self._script))  # an open quote or a last backslash would go beyond
        return here + self._finished(command)

    def _several(self, *, is_first: bool) -> list[Word]:
        """Read a word: several if it is an array or an unquoted variable that stands for a command, or none."""
        start = self._at
        array = _ARRAY.match(self._script, start)
        if array is not None and array[2] in self._arrays:
            self._at = array.end()
            return self._arrays[array[2]]
        bare = _BARE.match(self._script, start) if is_first else None
        word = self._word()
        name = text(word)
        if self._script.startswith("(", self._at) and name.endswith("=") and _ASSIGNMENT.fullmatch(name):
            self._at += 1
            items = [item for command in self.until(")", records=False) for item in command.words]
            if self._set[name[:-1]] == 1:
                self._arrays[name[:-1]] = items
            return []
        begins = self._wrappers.get(name, name.split() if bare is not None and UNKNOWN not in name else ())
        if is_first and begins:
            return [[Part(part, start)] for part in begins]
        # A line continuation is not a word, and a number before a redirection is not an argument.
        is_number = name.isdecimal() and self._script[self._at : self._at + 1] in ("<", ">")
        return [word] if word and not is_number else []

    def _next(self, separator: str, before: list[Command]) -> Command:
        """Return the beginning of the command after a separator."""
        if separator == "(":
            self.until(")")
        is_first = separator == "|" and bool(before[-1].words) and self._script[self._at - 2] != "|"
        if is_first and self._script[self._at : self._at + 1] != "|":  # `||` passes nothing on
            return _NOTHING._replace(is_piped=True, piped=self._told(before[-1]))
        # The command may stand in the line after a `|`.
        return before[-1] if separator == "\n" and before[-1].is_piped and not before[-1].words else _NOTHING

    def _redirected(self, command: Command) -> Command:
        is_of_errors = self._script[max(self._at - 2, 0) : self._at].strip() == "2"
        operator = self._operator()
        if operator in ("<<", "<<-"):
            return command._replace(stdin=self._here_document(tabs=operator == "<<-"))
        if operator == "<<<":
            return command._replace(stdin=self._word())
        if operator == "<(":
            start = self._at - len(operator)
            printed = self._printed(self.until(")"))
            name = self._script[start : self._at]
            if printed is not None:
                self._files[name] = printed
            return command._replace(words=[*command.words, [Part(name, start)]])
        target = file_name(self._word())
        if ">" not in operator:
            return command._replace(reads=target)
        return command if is_of_errors else command._replace(writes=target, appends=operator == ">>")

    def _find(self, what: str) -> int:
        found = self._script.find(what, self._at)
        return len(self._script) if found < 0 else found

    def _operator(self) -> str:
        match = re.compile(r"<<<|<<-|<<|<\(|[<>]{1,2}[&|]?").match(self._script, self._at)
        assert match is not None  # noqa: S101 - the text begins with `<` or `>`
        self._at = match.end()
        while self._script[self._at : self._at + 1] in (" ", "\t"):
            self._at += 1
        return match[0]

    def _finished(self, command: Command) -> list[Command]:
        """Record a command, the variables that it sets, and the file that it writes."""
        if not command.words and not command.reads:
            return []
        names = [text(word) for word in command.words]
        bare = [_BY_NAME.sub("", file_name(word)) for word in command.words]
        files = {name: self._files[name] for name in bare if name in self._files}
        self.found.append(command._replace(files=files))
        for name, word in zip(names, command.words, strict=True):
            match = _ASSIGNMENT.match(name)
            if match is None and name not in _SETTERS:
                break
            if match is not None:
                self._rename(match[1])
            if match is not None and self._set[match[1]] == 1:
                self._variables[match[1]] = _without(word, match.end())
        self._forget(names)
        if "read" in names and command.stdin is not _NOTHING.stdin and self._set[names[-1]] == 1:
            self._variables[names[-1]] = command.stdin
        written = bare[-1] if names[:1] == ["tee"] else command.writes
        told = self._told(command)
        for file in filter(None, (*_changed(names, bare), written)):
            self._files[file] = [Part("", self._at, say("the file {file}", file=file))]  # whatever the folder has
        if written and told is not None and not command.appends:
            self._files[written] = told
        return [command]

    def _rename(self, variable: str) -> None:
        """Forget the files whose names depend on a variable, because it gets another value."""
        mark = f"{UNKNOWN}{variable}={UNKNOWN}"
        self._files = {name: words for name, words in self._files.items() if mark not in name}

    def _forget(self, names: list[str]) -> None:
        """Forget the variables that a command may set to what the script does not show."""
        of_files = any(name in _SETTERS for name in names[:1]) and any(name[:1] == UNKNOWN for name in names)
        if of_files or any(name in _SOURCES for name in names[:1]):  # `export $(cat .env)` also sets any variable
            self._variables.clear()
            self._arrays.clear()
            self._has_sourced = True
        elif any(name in _BY_WORDS for name in names):
            for name in names:
                self._variables.pop(name, None)
                self._set[name] = self._set[name] or 1

    # --- Words -----------------------------------------------------------------------------------------------

    def _word(self) -> Word:
        word: Word = []
        while self._at < len(self._script):
            char = self._script[self._at]
            left = _PLACEHOLDER.match(self._script, self._at) if char in "<{" else None
            if left is not None:
                word.append(Part("", self._at, left[0]))
                self._at = left.end()
                continue
            if char in _ENDS:
                break
            start = self._at + 1
            if char == "'":
                self._at = start
                self._at = self._find("'") + 1
                word.append(Part(self._script[start : self._at - 1], start))
            elif char == '"':
                self._at = start
                quoted: Word = []
                self._expanded(quoted, len(self._script), '"')
                word += quoted or [Part("", start)]
            elif char == "\\":
                # Git may have written the line ends of Windows.
                self._at += 3 if self._script.startswith("\r\n", start) else 2
                if self._script[start : self._at] not in ("\n", "\r\n"):
                    word.append(Part(self._script[start : start + 1], start))
            elif char in "$`":
                self._expansion(word)
            else:
                match = _SPECIAL.search(self._script, self._at)
                end = len(self._script) if match is None else match.start()
                word.append(Part(self._script[self._at : end], self._at))
                self._at = end
        return word

    def _expanded(self, word: Word, limit: int, end: str = "") -> None:
        """Read double-quoted text up to the closing quote, or a here-document up to its end."""
        special = _IN_QUOTES if end else _IN_TEXT
        while self._at < limit:
            match = special.search(self._script, self._at, limit)
            stop = limit if match is None else match.start()
            if stop > self._at:
                word.append(Part(self._script[self._at : stop], self._at))
            self._at = stop
            if match is None:
                return
            if match[0] == end:
                self._at += 1
                return
            if match[0] == "\\":
                self._escaped(word, '$`\\"\n' if end else "$`\\\n")
            else:
                self._expansion(word)

    def _escaped(self, word: Word, escapable: str) -> None:
        char = self._script[self._at + 1 : self._at + 2]
        if char and char in escapable:
            if char != "\n":
                word.append(Part(char, self._at + 1))
        else:
            word.append(Part("\\" + char, self._at))
        self._at += 2

    def _expansion(self, word: Word) -> None:
        start = self._at
        name = NAME.match(self._script, start)
        if name is not None:
            self._at = name.end()
            known = self._variables.get(name[1] or name[2])
            word.extend([Part("", start, name[0])] if known is None else known)
            return
        defaulted = _DEFAULTED.match(self._script, start)
        if defaulted is not None:
            self._at = defaulted.end()
            word.extend(self._defaulted(defaulted))
            return
        own = _OWN_FOLDER.match(self._script, start)
        if own is not None:
            self._at = own.end()
            word.append(Part(f".{own[1] or ''}", start))
            return
        if self._script.startswith("$(", start) and not self._script.startswith("$((", start):
            self._at += 2
            printed = self._printed(self.until(")"))
            # A shell strips trailing newlines of a substitution; JSON ignores them anyway.
            word.extend([Part("", start, self._script[start : self._at])] if printed is None else printed)
            return
        # `${{ … }}` is an expression of GitHub, which fills it in before the shell runs.
        for opening, closing in (("${{", "}}"), ("$((", "))"), ("${", "}"), ("$'", "'"), ("`", "`")):
            if self._script.startswith(opening, start):
                self._at += len(opening)
                self._at = min(self._find(closing) + len(closing), len(self._script))
                word.append(Part("", start, self._script[start : self._at]))
                return
        special = self._script[start + 1 : start + 2]
        is_parameter = special in "?*@#$!-" and special != ""
        self._at += 2 if is_parameter else 1
        word.append(Part("", start, "$" + special) if is_parameter else Part("$", start))

    def _defaulted(self, found: re.Match[str]) -> Word:
        """Return the value of a variable, its default, or an unknown part if something else may have set it."""
        name, operator, _, words = found.groups()
        known = self._variables.get(name)
        if known is not None and (text(known) or operator[0] != ":"):
            return known
        before = self._script[max(found.start() - len(name) - 3, 0) : found.start()]
        is_own = self._set[name] == 1 and re.search(rf'(?<!\w){name}="?$', before) is not None
        is_given = name.isdecimal() and self._has_functions  # the caller of the function sets it
        is_set = is_given or self._has_sourced or (self._set[name] and known is None and not is_own)
        if not words or operator[-1] == "?" or is_set:
            return [Part("", found.start(), found[0])]
        shown = f"${name}" if name.isdecimal() else name
        made = [Part(words, found.start(4), note=say("the default of {shown}", shown=shown))]
        if operator[-1] == "=" and not self._set[name]:
            self._variables[name] = made
        return made

    def _printed(self, inner: list[Command]) -> Word | None:
        """Return the output of a substitution; None if unknown."""
        is_one = all(command.is_piped for command in inner[1:])
        return self._told(inner[-1]) if inner and is_one else None

    def _told(self, command: Command) -> Word | None:
        """Return the text that a command prints; None if unknown."""
        names = [text(word) for word in command.words]
        if names[:1] == ["echo"] and len(names) == 2:  # noqa: PLR2004 - and its argument
            return command.words[1]
        if names[:1] == ["printf"] and len(names) == 3 and names[1] in _AS_IT_IS:  # noqa: PLR2004 - and a format
            return command.words[2]
        # What `envsubst` fills in is unknown in the file, too.
        copies_input = names in ([], ["cat"]) or names[:1] in (["envsubst"], ["tee"]) or tuple(names) in _FORMATS
        has_text = command.stdin is not _NOTHING.stdin
        given = command.stdin if has_text else self._files.get(command.reads, command.piped)
        if copies_input and (has_text or command.is_piped):
            return given  # of a here-document, it is read after the command
        copies_file = (names[:1] == ["cat"] and not names[2:]) or tuple(names[:-1]) in _OF_FILE
        file = command.reads if copies_input else file_name(command.words[-1]) if copies_file else ""
        if not file and names[:1] == ["jq"]:
            from eniplan.inputs import jq  # noqa: PLC0415 - few scripts have it

            return jq.printed(command.words, self._files.get, given)
        return self._of_file(file, command) if file else None

    def _of_file(self, file: str, command: Command) -> Word | None:
        if file in self._files or UNKNOWN in file:
            return self._files.get(file)
        at = command.words[0][0].at if command.words else self._at
        return [Part("", at, say("the file {file}", file=file), file)]

    # --- Here-documents --------------------------------------------------------------------------------------

    def _here_document(self, *, tabs: bool) -> Word:
        start = self._at
        delimiter = text(self._word())
        is_literal = any(sign in self._script[start : self._at] for sign in "'\"\\")
        body: Word = []
        self._waiting.append((delimiter, is_literal, tabs, body))
        return body

    def _read_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for delimiter, is_literal, tabs, body in waiting:
            stop, after = self._end_of(delimiter, tabs=tabs)
            while self._at < stop:
                end = min(self._find("\n") + 1, stop) if tabs else stop
                while tabs and self._script.startswith("\t", self._at, end):
                    self._at += 1
                if is_literal:
                    body.append(Part(self._script[self._at : end], self._at))
                    self._at = end
                else:
                    self._expanded(body, end)
            self._at = after

    def _end_of(self, delimiter: str, *, tabs: bool) -> tuple[int, int]:
        """Return the offset of the line with the delimiter, and of the next line."""
        at = self._at
        while at < len(self._script):
            after = self._script.find("\n", at) + 1 or len(self._script)
            line = self._script[at:after].rstrip("\r\n")
            if (line.lstrip("\t") if tabs else line) == delimiter:
                return at, after
            at = after
        return at, at


def _changed(names: list[str], files: list[str]) -> list[str]:
    """Return the files that a command may change, among its words."""
    if any(name in _TAKES for name in names):
        return files
    if any(name in _FILLS for name in names):
        return files[-1:]
    return files if any(name in _EDITS for name in names) and any(map(_IN_PLACE.match, names)) else []


def _without(word: Word, count: int) -> Word:
    """Return a word without its first `count` characters, which are literal."""
    out = []
    for part in word:
        cut = min(count, len(part.text))
        count -= cut
        if part.unknown or part.text[cut:]:
            out.append(part._replace(text=part.text[cut:], at=part.at + cut))
    return out
