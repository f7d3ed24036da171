"""All input and output: the only module that uses the standard streams.

stdout carries only the document; everything for people goes to stderr.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
import stat
import sys
from typing import TYPE_CHECKING, cast

from eniplan.bounds import MAX_NAMED_FILE
from eniplan.errors import InputError, Place, Problem, reason, unreadable
from eniplan.messages import NOTHING, Message, say
from eniplan.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from io import BufferedReader
    from typing import TextIO


DEFAULT_WIDTH = 100
INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end a run: Ctrl-C, a CI time-out, a closed terminal."""
STDIN = "-"
_inputs: dict[tuple[int, int], tuple[int, int]] = {}
"""Size and mtime of the files that this run has read, by device and inode. Output never replaces them."""
_MOST_KEPT = 4 * 1024 * 1024
"""Maximum bytes of an input to read again for excerpts, or to keep from stdin."""
_written: list[bool] = []
_piped: list[bytes] = []
"""The bytes read from stdin."""
_instead: dict[str, bytes] = {}
"""Contents that replace files, by canonical path."""


def read_input(path: str) -> bytes:
    """Return the bytes of an input: a file, or `-` for stdin.

    Raises:
        OSError: the file cannot be read.
        InputError: stdin cannot be read.

    """
    if path == STDIN:
        if path in _instead:
            return _instead[path]
        with stdin() as stream:
            data = stream.read()
        if len(data) <= _MOST_KEPT:
            _piped[:] = [data]
        return data
    return read_file(path)


def read_file(path: str, *, is_input: bool = True) -> bytes:
    """Return the bytes of a file as this run sees them.

    Args:
        path: the file.
        is_input: whether to protect it from output; if False, the caller may call `note_input` later.

    Raises:
        OSError: it cannot be read.

    """
    if "\0" in path:  # from a file that names other files; `open` would raise ValueError
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    if _instead and (true := os.path.realpath(path)) in _instead:
        return _instead[true]
    with open(path, "rb") as file:
        if is_input:
            note_input(file)
        return file.read()


def read_named(path: str, hint: Message = NOTHING) -> bytes:
    """Return the bytes of a file that an option names; `hint` says what the option takes.

    Raises:
        InputError: it cannot be read.

    """
    try:
        return read_file(path)
    except OSError as error:
        raise InputError(unreadable(path, error, hint)) from None


def read_beside(path: str) -> bytes | None:
    """Return the bytes of a file that an input names or expects beside it; None unless it is a small regular file."""
    with contextlib.suppress(OSError):
        if os.path.isfile(path) and os.path.getsize(path) <= MAX_NAMED_FILE:  # reading a pipe may block forever
            return read_file(path)
    return None


def read_instead(files: Mapping[str, bytes]) -> None:
    """Replace the contents of files for all later reads.

    Args:
        files: the new contents by `true_path`.

    """
    _instead.clear()
    _instead.update(files)


def true_path(path: str) -> str:
    """Return the canonical path of a file; `-` stays `-`."""
    return path if path == STDIN else os.path.realpath(path)


def read_again(path: str, most: float = _MOST_KEPT) -> bytes | None:
    """Return an input that this run has read before; None if it is gone, too large, or has changed."""
    if path in _instead:
        return _instead[path]
    if path == STDIN:
        return _piped[0] if _piped else None
    with contextlib.suppress(OSError):
        status = os.stat(path)  # before opening: `open` on a named pipe would wait for a writer
        seen = _inputs.get((status.st_dev, status.st_ino))
        if seen == (status.st_size, status.st_mtime_ns) and status.st_size <= most:
            with open(path, "rb") as file:
                return file.read()
    return None


def note_input(file: BufferedReader | str) -> None:
    """Remember that a file is an input of this run."""
    with contextlib.suppress(OSError):
        status = os.stat(file) if isinstance(file, str) else os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode):
            _inputs[status.st_dev, status.st_ino] = (status.st_size, status.st_mtime_ns)


@contextlib.contextmanager
def stdin() -> Iterator[BufferedReader]:
    """Yield stdin as a stream of bytes.

    Raises:
        InputError: it is closed, or cannot be read.

    """
    if sys.stdin is None:
        raise InputError(Problem(say("stdin is closed"), Place(STDIN), say("pipe something in, or name a file")))
    try:
        yield cast("BufferedReader", sys.stdin.buffer)
    except OSError as error:
        raise InputError(Problem(say("cannot read stdin: {reason}", reason=reason(error)), Place(STDIN))) from None


def out(text: str) -> None:
    """Write the document. A reader may close the pipe early (`| head`).

    Raises:
        InputError: stdout is closed or cannot be written, for example because the disk is full.

    """
    _written[:] = [True]
    if sys.stdout is None:  # the parent process closed it
        raise InputError(Problem(say("cannot write the output: stdout is closed"), Place("stdout")))
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        give_up(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            raise unwritable_output(error) from None


def has_written() -> bool:
    """Return whether this run has tried to write the document or a part of it."""
    return bool(_written)


def give_up(stream: TextIO) -> None:
    """Discard the rest of a stream: Python would raise again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def unwritable_output(error: OSError) -> InputError:
    """Return the error for a failed write to stdout."""
    return InputError(Problem(say("cannot write the output: {reason}", reason=reason(error)), Place("stdout")))


def keep_streams() -> None:
    """Open closed standard streams on the null device. Call it once, before opening any file.

    Otherwise the first file opened would take the descriptor of a closed stream, and receive its output.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free descriptor: this one
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - stays open until exit


def err(text: str) -> None:
    """Write one line to stderr, with control characters escaped."""
    _to_people(for_log(printable(text)) + "\n")


def _to_people(text: str) -> None:
    """Write to stderr. Ignore errors: the disk is full, or the terminal is gone."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            give_up(sys.stderr)


def for_log(text: str) -> str:
    """Escape lines that a CI service would execute as commands.

    GitHub's runner executes a line that begins with `::`, and `##[` anywhere, even if it is part of a file name.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return text
    return re.sub(r"^([^\S\n]*)::", r"\1\\::", text, flags=re.MULTILINE).replace("##[", "#\\#[")


def replaced_by(path: str) -> str | None:
    """Return the file that `save` replaces; None for special files (`/dev/stdout`, a named pipe)."""
    if os.path.exists(path) and not os.path.isfile(path):
        return None  # a pipe behind /dev/stdout has no path to resolve to
    return os.path.realpath(path) if os.path.islink(path) else path


def save(path: str, text: str, *, private: bool = False) -> None:
    """Write a document to a file atomically: a killed run leaves the old file unchanged.

    Special files are written in place; links are followed.

    Args:
        path: the file.
        text: its new contents.
        private: make it readable by its owner only, and sync it to disk.

    Raises:
        InputError: the file cannot be written, or is an input of this run.

    """
    data = text.encode("utf-8", "backslashreplace")
    real = replaced_by(path)
    path = path if real is None else real
    try:
        refuse_input(path)
        if real is None:
            with open(path, "wb") as file:
                file.write(data)
            return
        with _written_beside(path, data, private=private) as temporary:
            if os.path.exists(path) and not private:
                os.chmod(temporary, os.stat(path).st_mode)
            os.replace(temporary, path)
        if private:
            _sync_folder(os.path.dirname(path) or ".")
    except OSError as error:
        raise _unwritable(path, error) from None


def save_all(folder: str, files: Mapping[str, str]) -> None:
    """Write documents into a folder, by their names in it: all of them, or none if one would replace an input.

    Raises:
        InputError: a file is an input of this run, or cannot be written.

    """
    paths = {os.path.join(folder, name): text for name, text in files.items()}
    for path in paths:
        refuse_input(path)
    for inner in dict.fromkeys((folder, *map(os.path.dirname, paths))):
        make_folder(inner)
    for path, text in paths.items():
        save(path, text)


def rewrite(path: str, data: bytes) -> None:
    """Rewrite an input of this run atomically; links are followed.

    Raises:
        InputError: the file cannot be written, or has changed since it was read.

    """
    path = os.path.realpath(path)
    try:
        status = os.stat(path)
        if _inputs.get((status.st_dev, status.st_ino)) != (status.st_size, status.st_mtime_ns):
            message = say("it changed after it was read, so it was not rewritten")
            raise InputError(Problem(message, Place(path), say("run it again")))
        with _written_beside(path, data) as temporary:
            os.chmod(temporary, status.st_mode)
            os.replace(temporary, path)
    except OSError as error:
        raise _unwritable(path, error) from None
    note_input(path)


def save_new(path: str, text: str) -> None:
    """Write a document to a new file atomically.

    Raises:
        FileExistsError: the path exists, even as a dangling link. It stays unchanged.
        InputError: the file cannot be written.

    """
    try:
        with _written_beside(path, text.encode("utf-8", "backslashreplace")) as temporary:
            os.link(temporary, path)  # unlike a rename, this never replaces a file
    except OSError as error:
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        raise _unwritable(path, error) from None


def append(path: str, text: str) -> None:
    """Append a text to a file.

    Raises:
        InputError: the file cannot be written.

    """
    try:
        with open(path, "ab") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise _unwritable(path, error) from None


def make_folder(path: str) -> None:
    """Create a folder and its parents, unless they exist.

    Raises:
        InputError: the folder cannot be created.

    """
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        message = say("cannot create the folder: {reason}", reason=reason(error))
        raise InputError(Problem(message, Place(path))) from None


@contextlib.contextmanager
def _written_beside(path: str, data: bytes, *, private: bool = False) -> Iterator[str]:
    """Write the data to a temporary file in the same folder, and yield its path; always remove it at the end."""
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}.tmp")
    if private and os.path.lexists(temporary):
        os.unlink(temporary)  # left by a killed run: in containers, process ids repeat
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
        with open(handle, "wb") as file:
            file.write(data)
            if private:
                file.flush()
                os.fsync(file.fileno())
        yield temporary
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)


def refuse_input(path: str) -> None:
    """Refuse to overwrite an input of this run.

    Raises:
        InputError: this run has read the file.

    """
    with contextlib.suppress(OSError):
        status = os.stat(path)
        if (status.st_dev, status.st_ino) in _inputs:
            message = say("this is an input of the run, so it was not overwritten")
            raise InputError(Problem(message, Place(path), say("name another file for the output")))


def _unwritable(path: str, error: OSError) -> InputError:
    return InputError(Problem(say("cannot write it: {reason}", reason=reason(error)), Place(path)))


def _sync_folder(folder: str) -> None:
    """Sync the folder of a new file; otherwise a crash may lose the file."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def problems(found: Iterable[Problem]) -> None:
    """Print problems to stderr: the place, the problem, and the hint."""
    for problem in found:
        path = f" [{problem.place.path}]" if problem.place.path else ""
        err(f"{problem.place}: error: {problem.message}{path}")
        if problem.hint:
            err(f"    {problem.hint}")


def can_ask() -> bool:
    """Return whether the user can answer questions: stdin and stderr are terminals."""
    streams = (sys.stdin, sys.stderr)
    return all(stream is not None and stream.isatty() for stream in streams)


def ask(question: str) -> bool:
    """Ask a yes-or-no question on the terminal; anything but y or yes is no."""
    _to_people(f"{question} [y/N] ")
    answer = ""
    try:
        answer = sys.stdin.readline()
    finally:
        if not answer.endswith("\n"):  # Ctrl-C or Ctrl-D: end the line of the question
            err("")
    return answer.strip().lower() in {"y", "yes"}


class Progress:
    """Progress on stderr: one line updated in place on a terminal, one line per change elsewhere."""

    def __init__(self) -> None:
        """Print nothing yet."""
        self._rewrites = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
        self._last = ""
        self._is_open = False

    def show(self, text: str, elapsed: str) -> None:
        """Show a stage and its duration. In a log, a new duration alone adds no line."""
        text = printable(text)
        line = f"{elapsed}  {text}"
        if self._rewrites:
            columns = 0
            with contextlib.suppress(OSError):  # the terminal is gone
                columns = os.get_terminal_size(sys.stderr.fileno()).columns
            _to_people(f"\r{line[: (columns or DEFAULT_WIDTH) - 1]}\x1b[K")
            self._is_open = True
        elif text != self._last:
            err(line)
        self._last = text

    def close(self) -> None:
        """End the line, if one is open."""
        if self._is_open:
            err("")
            self._is_open = False


def is_rich() -> bool:
    """Return whether stdout gets the terminal view: a capable terminal, or FORCE_COLOR."""
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def has_colour() -> bool:
    """Return whether the terminal view may use colours."""
    return not os.environ.get("NO_COLOR")


def has_links() -> bool:
    """Return whether the terminal is known to support OSC 8 links."""
    forced = os.environ.get("FORCE_HYPERLINK")
    if forced is not None:
        return forced not in {"", "0"}
    env = os.environ
    if (
        sys.stdout is None
        or not sys.stdout.isatty()
        or env.get("CI")
        or env.get("TERM", "").startswith(("screen", "tmux"))
    ):
        return False
    vte = env.get("VTE_VERSION", "")
    return (
        env.get("TERM_PROGRAM") in {"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper"}
        or env.get("TERM") in {"xterm-kitty", "xterm-ghostty", "alacritty", "foot"}
        or "WT_SESSION" in env
        or "KONSOLE_VERSION" in env
        or (vte.isdecimal() and int(vte) >= _VTE_WITH_LINKS)
    )


_VTE_WITH_LINKS = 5000


def width() -> int:
    """Return the number of columns to write: COLUMNS, the terminal's, or `DEFAULT_WIDTH`."""
    try:
        columns = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        columns = 0
    if columns <= 0 and sys.stdout is not None and sys.stdout.isatty():
        columns = os.get_terminal_size(sys.stdout.fileno()).columns
    return columns if columns > 0 else DEFAULT_WIDTH


def prepare(stream: TextIO) -> None:
    """Make a stream write UTF-8 in any locale; a C locale must not cause a traceback."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="backslashreplace")
