"""Child specifications: checked when made, changed by copies."""

from typing import Any

import pytest

from actors import Actor, ChildSpec, Restart, StartMethod, Strategy, Supervisor, child


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
    [
        {"name": "a/b"},
        {"name": ""},
        {"shutdown": -1.0},
        {"start_timeout": float("nan")},
        {"mailbox_size": -1},
        {"restart": "never"},
        {"start_method": "forkserver"},
        {"retry": -1},
        {"retry": 251},
        {"handler_timeout": 0},
        {"max_memory": 0},
        {"max_messages": 0},
        {"max_age": -1.0},
        {"nice": 20},
        {"nice": -21},
        {"cpu_affinity": []},
        {"cpu_affinity": [-1]},
        {"significant": True, "restart": Restart.PERMANENT},
    ],
    ids=str,
)
def test_an_option_that_makes_no_sense_is_refused_when_made(options: Any) -> None:
    with pytest.raises(ValueError, match=r"must be|must name|cannot be|cannot name|is not a valid"):
        child(Account, "ada").options(**options)


def test_without_options_it_is_treated_as_the_documentation_says() -> None:
    terms = child(Account, "ada").terms
    assert (terms.restart, terms.start_method) == (Restart.TRANSIENT, StartMethod.FORK)
    assert (terms.shutdown, terms.start_timeout) == (5.0, 30.0)
    assert (terms.mailbox_size, terms.retry, terms.nice, terms.significant) == (0, 0, 0, False)
    limits = (terms.handler_timeout, terms.max_memory, terms.max_messages, terms.max_age)
    assert (*limits, terms.backoff, terms.cpu_affinity) == (None,) * 6


def test_processors_are_a_set_however_they_are_given() -> None:
    assert child(Account, "ada").options(cpu_affinity=iter([2, 0, 2])).terms.cpu_affinity == (0, 2)


def test_a_supervisor_is_built_of_values_in_the_place_of_its_attributes() -> None:
    class Bank(Supervisor):
        strategy = Strategy.ONE_FOR_ALL
        max_restarts, within = 7, 70.0
        children = (child(Account, "ada"),)

    plain, changed = Bank(), Bank(child(Account, "bob"), max_restarts=0, max_children=4)
    assert (plain.strategy, plain.max_restarts, plain.within, plain.max_children) == (
        Strategy.ONE_FOR_ALL,
        7,
        70.0,
        None,
    )
    assert plain.children == (child(Account, "ada"),)
    assert (changed.strategy, changed.max_restarts, changed.within, changed.max_children) == (
        Strategy.ONE_FOR_ALL,
        0,
        70.0,
        4,
    )
    assert changed.children == (child(Account, "bob"),)
    assert Bank.children == (child(Account, "ada"),)


def test_an_option_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        child(Account, "ada").options(colour="red")  # type: ignore[call-arg] # pyright: ignore


def test_child_takes_a_class() -> None:
    with pytest.raises(TypeError, match="takes a class"):
        child(lambda: Account("ada"))


def test_a_spec_is_a_value() -> None:
    assert child(Account, "ada") == ChildSpec(actor=Account, args=("ada",))
