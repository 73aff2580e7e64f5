"""The reader of pages finds the programs, and tells what differs."""

from pathlib import Path

import pytest

from support.pages import matches, programs

PAGE = """\
# Title

## First

<!-- file: part.py -->
```python
ONE = 1
```

```python
from part import ONE
```

Some words.

```python
print(ONE)
```

```text
1
```

<!-- stderr -->
```text
... warning ...
```

## Second

```sh
no program
```

<!-- sketch -->
```python
import something
```

## Third

No program at all.
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return path


def test_a_section_is_a_program_of_all_its_blocks(page: Path) -> None:
    first, second = programs(page)
    assert str(first) == "page: First"
    assert first.files == {"part.py": "ONE = 1\n"}
    assert first.source == "from part import ONE\nprint(ONE)\n"
    assert first.printed == "1\n"
    assert first.complained == "... warning ...\n"
    assert second.sketches == ["import something\n"]
    assert not second.source


def test_an_unknown_mark_is_an_error(page: Path) -> None:
    page.write_text(PAGE.replace("sketch", "sketsch"))
    with pytest.raises(ValueError, match="sketsch"):
        list(programs(page))


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("one\n", "one\n", True),
        ("one\n", "two\n", False),
        ("one\n", "one\ntwo\n", False),
        ("one ... in ...", "one is done in 5 s\n", True),
        ("one ... in ...", "one is done\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_only_dots_stand_for_anything(expected: str, printed: str, same: bool) -> None:
    assert matches(expected, printed) is same
