from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from eniplan.cloud import place
from eniplan.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away what this machine says."""
    for name in (*place.REGION_VARIABLES, place.ENDPOINT_VARIABLE, "ALIBABA_CLOUD_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def profiles(home: Path, text: str) -> None:
    (home / ".aliyun").mkdir()
    (home / ".aliyun" / "config.json").write_text(text)


TWO = json.dumps(
    {
        "current": "b",
        "profiles": [{"name": "a", "region_id": "cn-beijing"}, {"name": "b", "region_id": "cn-shanghai"}],
    }
)


class TestRegion:
    def test_the_plan_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REGION", "cn-beijing")
        assert place.region("cn-hangzhou") == "cn-hangzhou"

    def test_variables_in_the_order_of_the_cli(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        profiles(tmp_path, TWO)
        assert place.region(None) == "cn-shanghai"
        for name in reversed(place.REGION_VARIABLES):
            monkeypatch.setenv(name, f"from-{name}")
            assert place.region(None) == f"from-{name}"

    def test_the_profile_that_is_chosen(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        profiles(tmp_path, TWO)
        monkeypatch.setenv("ALIBABA_CLOUD_PROFILE", "a")
        assert place.region(None) == "cn-beijing"
        monkeypatch.setenv("ALIBABA_CLOUD_PROFILE", "c")
        assert place.region(None) is None

    @pytest.mark.parametrize(
        "text",
        ["", "{", "[]", "[" * 100_000, '{"current": "a"}', '{"current": "a", "profiles": {}}',
         '{"current": "a", "profiles": [1, {"name": "a", "region_id": 7}]}', "\x80"],
    )  # fmt: skip
    def test_a_file_that_says_nothing(self, tmp_path: Path, text: str) -> None:
        profiles(tmp_path, text)
        assert place.region(None) is None

    def test_no_file(self) -> None:
        assert place.region(None) is None

    @pytest.mark.parametrize("name", ["cn-hangzhou", "us-west-1", "cn-shanghai-finance-1"])
    def test_names(self, name: str) -> None:
        assert place.is_region(name)

    @pytest.mark.parametrize("name", ["", "hangzhou", "a.b-c", "cn-hangzhou/", "cn-hangzhou\n", "CN-hangzhou", "cn--x"])
    def test_no_names(self, name: str) -> None:
        assert not place.is_region(name)


class TestEndpoint:
    @pytest.mark.parametrize(
        "url",
        ["http://127.0.0.1:8080", "https://gateway.example.com", "https://gateway.example.com:8443/", "http://[::1]:80",
         "http://localhost:1"],
    )  # fmt: skip
    def test_good(self, url: str) -> None:
        assert place.endpoint(url) == url

    @pytest.mark.parametrize(
        ("url", "problem"),
        [
            ("", "http:// or https://"),
            ("gateway.example.com", "http:// or https://"),
            ("127.0.0.1:8080", "http:// or https://"),
            ("ftp://host", "http:// or https://"),
            ("http://", "no host"),
            ("http://a b", "no host"),
            ("http://-x", "no host"),
            ("http://host:0", "no host"),
            ("http://host:99999", "not a URL"),
            ("http://[::1", "not a URL"),
            ("http://user@host", "password"),
            ("http://user:pass@host", "password"),
            ("http://host/path", "more than"),
            ("http://host?x=1", "more than"),
            ("http://host#x", "more than"),
        ],
    )
    def test_bad(self, url: str, problem: str) -> None:
        with pytest.raises(UsageError) as caught:
            place.endpoint(url)
        (told,) = caught.value.problems
        assert told.message.startswith("--endpoint ")
        assert problem in told.message
        assert "pass@" not in told.message + told.hint

    def test_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert place.endpoint(None) is None
        monkeypatch.setenv("ENIPLAN_ENDPOINT", "")
        assert place.endpoint(None) is None
        monkeypatch.setenv("ENIPLAN_ENDPOINT", "http://127.0.0.1:1")
        assert place.endpoint(None) == "http://127.0.0.1:1"
        assert place.endpoint("http://127.0.0.1:2") == "http://127.0.0.1:2"
        monkeypatch.setenv("ENIPLAN_ENDPOINT", "host")
        with pytest.raises(UsageError, match="ENIPLAN_ENDPOINT does not start"):
            place.endpoint(None)
