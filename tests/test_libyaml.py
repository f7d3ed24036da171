"""PyYAML is imported without its patterns, and is PyYAML all the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

_ALL = """
import datetime, re
from eniplan.libyaml import yaml

assert type(re.compile("a")) is re.Pattern, "re is left as it was"
text = "day: 2026-07-16\\nyes: on\\nhex: 0x1F\\nfloat: 1.5e+3\\nnothing: ~\\ntext: '1'\\n"
read = {
    "day": datetime.date(2026, 7, 16), True: True, "hex": 31, "float": 1500.0, "nothing": None, "text": "1",
}
for loader in (yaml.SafeLoader, yaml.CSafeLoader):
    assert yaml.load(text, loader) == read, loader
    try:
        yaml.load("a: \\x01", loader)
    except yaml.reader.ReaderError as error:
        assert error.position == 3
    else:
        raise AssertionError(loader)
for dumper in (yaml.SafeDumper, yaml.CSafeDumper):
    assert yaml.load(yaml.dump(read, Dumper=dumper), yaml.SafeLoader) == read
"""

_NONE = """
import re, sys

seen = []
compile = re._compiler.compile


def note(pattern, flags=0):
    frame = sys._getframe(1)
    while frame.f_globals["__name__"] in ("re", "re._compiler", "eniplan.libyaml"):
        frame = frame.f_back
    seen.append(frame.f_globals["__name__"])
    return compile(pattern, flags)


re._compiler.compile = note
from eniplan.libyaml import yaml

assert yaml.__with_libyaml__
assert not any(name.startswith("yaml") for name in seen), seen
"""


@pytest.mark.parametrize("program", [_ALL, _NONE], ids=["works", "costs nothing"])
def test_it_is_pyyaml(program: str) -> None:
    """In a process of its own, where nobody has imported it before."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
