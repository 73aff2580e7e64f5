"""Names and the files that stand for them."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import NoSuchActor
from actors.core.spec import check_name
from actors.runtime.site import Site, _quote, _unquote  # pyright: ignore[reportPrivateUsage]


@given(st.text())
def test_every_path_comes_back_from_its_file_name(path: str) -> None:
    quoted = _quote(path)
    assert "/" not in quoted
    assert _unquote(quoted) == path


@given(st.text(), st.text())
def test_different_paths_have_different_file_names(one: str, two: str) -> None:
    assert (one == two) == (_quote(one) == _quote(two))


@pytest.mark.parametrize("name", ["a", "%2F", "%252F", "ü ö", "a%b", "…", "-", "a.b"])
def test_an_actor_is_found_by_its_name(tmp_path: Path, name: str) -> None:
    site = Site.at(tmp_path, tmp_path)
    site.create()
    path = f"bank/{check_name(name)}"
    site.name(path, 7)
    assert site.find(path).id == 7
    assert site.names() == [path]
    with pytest.raises(FileExistsError):
        site.name(path, 8)
    site.unname(path)
    assert site.names() == []


def test_a_path_too_long_for_a_file_name_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"takes 417 bytes, three for each / and %.*; use shorter"):
        Site.at(tmp_path, tmp_path).name("/".join(["deep"] * 60), 7)


@pytest.mark.parametrize("path", ["", ".", "..", "/a", "../a", "x" * 300, "a\0b", "\ud800"])
def test_what_can_be_no_name_names_no_actor(tmp_path: Path, path: str) -> None:
    site = Site.at(tmp_path, tmp_path)
    site.create()
    site.name("a", 7)
    with pytest.raises(NoSuchActor, match="there are: a"):
        site.find(path)


def test_a_path_is_a_str(tmp_path: Path) -> None:
    path: Any = 5
    with pytest.raises(TypeError, match="path is 5; it must be a str"):
        Site.at(tmp_path, tmp_path).find(path)
