"""Checks of `doctor` that need neither network nor credentials."""

from __future__ import annotations

import os
import platform
import re
import sys
from datetime import date
from importlib import metadata
from typing import TYPE_CHECKING

from eniplan import resources
from eniplan._version import __version__
from eniplan.catalog.record import old_days
from eniplan.catalog.store import Catalog
from eniplan.cloud import place
from eniplan.cloud.failures import CREDENTIAL_FILES
from eniplan.config import FILE, KEYS, Config
from eniplan.doctor.results import Result
from eniplan.errors import EniplanError
from eniplan.kube import local
from eniplan.messages import NOTHING, count, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eniplan.catalog.record import OwnData

_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CREDENTIALS = (
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", say("an access key in the environment")),
    ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", say("an OIDC role in the environment")),
    ("ALIBABA_CLOUD_CREDENTIALS_URI", say("a credentials URI in the environment")),
)
"""Environment variables with credentials, and their names for people, in the order of the SDK."""


def look(environment: Mapping[str, str], today: date) -> Iterator[Result]:
    """Check this machine.

    Args:
        environment: the environment variables.
        today: the date on which to compute the age of the instance data.

    """
    yield Result(
        say("python"), "ok", say("{version} at {path}", version=platform.python_version(), path=sys.executable)
    )
    yield Result("eniplan", "ok", say("{version} in {folder}", version=__version__, folder=_FOLDER))
    yield _parts()
    own, own_data = _own_data()
    yield _data(today, own)
    yield own_data
    yield _kubectl()
    yield from _settings(environment)
    yield _credentials(environment)
    yield _endpoint(environment)


def _parts() -> Result:
    """Check the packages that eniplan's metadata requires."""
    try:
        needed = [
            re.split(r"[^\w.-]", line)[0] for line in metadata.requires("eniplan") or () if "extra ==" not in line
        ]
    except metadata.PackageNotFoundError:
        return Result(say("parts"), "unknown", say("eniplan was not installed with pip, so its packages are unknown"))
    found, missing = [], []
    for name in needed:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Result(
            say("parts"),
            "error",
            say("missing: {names}", names=tuple(missing)),
            say("pip install {names}", names=" ".join(missing)),
        )
    from eniplan.libyaml import yaml  # noqa: PLC0415 - installed, as checked above

    says = say("{names}", names=tuple(found))
    if yaml.__with_libyaml__:
        return Result(say("parts"), "ok", says)
    hint = say("PyYAML has no C loader, and parses ten times slower: install it from a wheel")
    return Result(say("parts"), "warning", says, hint)


def _data(today: date, own: OwnData | None) -> Result:
    try:
        catalog = Catalog()
        day, types = catalog.date, catalog.count()
    except (OSError, ValueError) as error:
        return Result(
            say("data"),
            "error",
            say("the instance data cannot be read: {error}", error=str(error)),
            say("reinstall eniplan"),
        )
    age = (today - date.fromisoformat(day)).days
    days = count(age, "{n} day old", "{n} days old")
    says = say("{types} instance types as of {day}, {age}", types=types, day=day, age=days)
    if old_days(day, own, today) is None:
        return Result(say("data"), "ok", says)
    return Result(
        say("data"), "warning", says, say("install a newer eniplan, or query your account: eniplan specs update")
    )


def _own_data() -> tuple[OwnData | None, Result]:
    """Return the data kept by `specs update`, if it is readable, and the result."""
    kept = resources.kept_specs()
    if not kept:
        return None, Result(say("own data"), "ok", say("none; `eniplan specs update` keeps the account's data"))
    try:
        own = Catalog(kept=kept).own
    except EniplanError as error:
        return None, _problem(say("own data"), error)
    files = []
    for layer in () if own is None else own.stack():
        dated = say("{path} of {region} on {day}", path=layer.file, region=layer.read_from, day=layer.date)
        files.append(layer.file if layer.read_from is None else dated)
    return own, Result(say("own data"), "ok", say("{files}, over the bundled data", files=tuple(files)))


def _kubectl() -> Result:
    version = local.version()
    if version is None:
        hint = say("install it for `eniplan verify`; `verify --from FILE` works without it")
        return Result("kubectl", "warning", say("not found, or it does not run"), hint)
    context = local.current_context()
    if context is None:
        hint = say("choose one for `eniplan verify`: kubectl config use-context NAME")
        return Result("kubectl", "warning", say("{version}, no current context", version=version), hint)
    return Result("kubectl", "ok", say("{version}, context {context}", version=version, context=context))


def _settings(environment: Mapping[str, str]) -> Iterator[Result]:
    config = Config(environment)
    try:
        settings = {key: config.setting(key) for key in KEYS}
    except EniplanError as error:
        yield _problem(say("config"), error)
        return
    stated = [say("{key} ({place})", key=key, place=str(found.place)) for key, found in settings.items() if found]
    file = say("{file}", file=config.file) if config.file else say("no {file}", file=FILE)
    states = say("; set: {stated}", stated=tuple(stated)) if stated else NOTHING
    yield Result(say("config"), "ok", say("{file}{states}", file=file, states=states))
    for problem in config.unknown_variables():
        yield Result(
            say("environment"),
            "warning",
            say("{name}: {why}", name=str(problem.place), why=problem.message),
            problem.hint,
        )


def _problem(name: str, error: EniplanError) -> Result:
    first = error.problems[0]
    return Result(name, "error", say("{place}: {what}", place=str(first.place), what=first.message), first.hint)


def _credentials(environment: Mapping[str, str]) -> Result:
    """Name the sources of credentials, never a value. Only --live shows which source the SDK uses, and whose it is."""
    sources = [words for name, words in CREDENTIALS if environment.get(name)]
    sources += [say("{file}", file=file) for file in CREDENTIAL_FILES if os.path.exists(os.path.expanduser(file))]
    if not sources:
        hint = say("only --live, --apply and `specs update` need them; with --ecs-role, the instance's RAM role")
        return Result(say("credentials"), "ok", say("none found"), hint)
    return Result(
        say("credentials"), "ok", say("{sources}", sources=tuple(sources)), say("--live shows whose they are")
    )


def _endpoint(environment: Mapping[str, str]) -> Result:
    proxies = [name for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy") if environment.get(name)]
    behind = say("; set: {names}", names=tuple(proxies)) if proxies else NOTHING
    try:
        url = place.endpoint(None)
    except EniplanError as error:
        return _problem(say("endpoint"), error)
    region = place.region(None)
    if url is not None:
        return Result(say("endpoint"), "ok", say("{url} for all services{behind}", url=url, behind=behind))
    if region is None:
        return Result(say("endpoint"), "ok", say("of the plan's region{behind}", behind=behind))
    return Result(
        say("endpoint"), "ok", say("of {region}, unless the plan sets a region{behind}", region=region, behind=behind)
    )
