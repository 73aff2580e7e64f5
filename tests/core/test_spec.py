"""Child specifications: checked when made, changed by copies."""

from typing import Any

import pytest

from actors import Actor, ChildSpec, Restart, child


class Account(Actor):
    def __init__(self, owner: str, *, limit: int = 0) -> None:
        self.owner = owner
        self.limit = limit


def test_child_keeps_the_class_and_its_arguments() -> None:
    spec = child(Account, "ada", limit=3)
    assert (spec.actor, spec.args, spec.kwargs) == (Account, ("ada",), {"limit": 3})


def test_options_are_a_changed_copy() -> None:
    spec = child(Account, "ada")
    other = spec.options(name="ada", restart=Restart.PERMANENT, shutdown=1.0)
    assert (spec.name, spec.terms.restart) == (None, Restart.TRANSIENT)
    assert (other.name, other.terms.restart, other.terms.shutdown) == ("ada", Restart.PERMANENT, 1.0)


@pytest.mark.parametrize(
    "options",
    [{"name": "a/b"}, {"name": ""}, {"shutdown": -1.0}, {"mailbox_size": -1}, {"restart": "never"}],
)
def test_an_option_that_makes_no_sense_is_refused_when_made(options: Any) -> None:
    with pytest.raises(ValueError, match=r"must be|cannot name|is not a valid"):
        child(Account, "ada").options(**options)


def test_an_option_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        child(Account, "ada").options(colour="red")  # type: ignore[call-arg] # pyright: ignore


def test_child_takes_a_class() -> None:
    with pytest.raises(TypeError, match="takes a class"):
        child(lambda: Account("ada"))


def test_a_spec_is_a_value() -> None:
    assert child(Account, "ada") == ChildSpec(actor=Account, args=("ada",))
