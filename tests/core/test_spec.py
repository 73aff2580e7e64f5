"""Child specifications: checked when made, changed by copies."""

import math
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
        {"mailbox_size": 5_000},
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
    with pytest.raises(ValueError, match=r"must be|cannot be|cannot name"):
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


@pytest.mark.parametrize("hook", ["on_start", "receive", "on_stop"])
def test_a_supervisor_with_a_hook_of_an_actor_is_refused(hook: str) -> None:
    with pytest.raises(TypeError, match=f"Bank is a supervisor, .* its {hook} would never be called"):
        type("Bank", (Supervisor,), {hook: print})


class Closed(Actor):
    """Has a constructor of which nothing can be seen."""

    __signature__ = "none"


def test_arguments_that_a_constructor_does_not_take_are_refused_at_once() -> None:
    wrong: Any = child
    for args, kwargs, words in (
        ((), {}, r"Account: missing a required argument: 'owner'$"),
        (("ada", 1), {}, r"Account: too many positional arguments$"),
        (
            ("ada",),
            {"name": "ada"},
            r"'name'; options are given so: child\(\.\.\.\)\.options\(name=\.\.\.\)$",
        ),
    ):
        with pytest.raises(TypeError, match=words):
            wrong(Account, *args, **kwargs)
    assert wrong(Closed, "who", knows="that").args == ("who",)


def test_a_whole_number_may_be_written_as_a_float() -> None:
    terms = child(Account, "ada").options(max_memory=1e9).terms  # type: ignore[arg-type]  # pyright: ignore
    assert repr(terms.max_memory) == "1000000000"


@pytest.mark.parametrize(
    ("name", "values", "demand"),
    [
        ("name", [5], "a str"),
        ("restart", [True, None], "'permanent', 'transient' or 'temporary' (Restart)"),
        ("start_method", [1], "'fork' or 'spawn' (StartMethod)"),
        ("backoff", [5, True], "a Backoff, or None for no delay"),
        ("significant", ["yes", 1, None], "True or False"),
        ("mailbox_size", [2.5, True, "3", None], "a whole number, at least 0 and at most 4096"),
        ("retry", [1.5, "x"], "a whole number, at least 0 and at most 100"),
        ("nice", [0.5, "x"], "a whole number, at least -20 and at most 19"),
        ("max_memory", ["1G", 1.5, math.inf], "a whole number, at least 1, or None for no limit"),
        ("max_messages", [1.5, "x", True], "a whole number, at least 1, or None for no limit"),
        ("shutdown", ["x", None, True], "a number of seconds, at least 0"),
        ("start_timeout", ["x", None], "a number of seconds, at least 0"),
        ("handler_timeout", ["x"], "a number of seconds, greater than 0, or None for no limit"),
        ("max_age", ["x"], "a number of seconds, greater than 0, or None for no limit"),
        (
            "cpu_affinity",
            [5, "01", (0.5,)],
            "the numbers of one processor or more, from 0 on, or None for any",
        ),
    ],
)
def test_a_value_of_a_wrong_type_is_refused_with_the_option_and_the_right_one(
    name: Any, values: list[Any], demand: str
) -> None:
    for value in values:
        with pytest.raises(TypeError) as refused:
            child(Account, "ada").options(**{name: value})
        assert str(refused.value) == f"{name} is {value!r}; it must be {demand}"


@pytest.mark.parametrize("name", ["shutdown", "start_timeout", "handler_timeout", "max_age"])
def test_a_duration_may_be_infinite_and_is_a_number(name: Any) -> None:
    endless: list[Any] = [{name: math.inf}, {name: 10**400}]
    for options in endless:
        assert getattr(child(Account, "ada").options(**options).terms, name) == math.inf
    wrong: Any = {name: math.nan}
    with pytest.raises(ValueError, match=f"{name} is nan; it must be a number of seconds"):
        child(Account, "ada").options(**wrong)


def test_an_option_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(TypeError, match="colour is no option; there are: name, restart, backoff, "):
        child(Account, "ada").options(colour="red")  # type: ignore[call-arg] # pyright: ignore
    with pytest.raises(TypeError, match=r"mailbox is no option; did you mean mailbox_size\?"):
        child(Account, "ada").options(mailbox=3)  # type: ignore[call-arg] # pyright: ignore


@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        ("", "a name has 1 to 200 bytes, and it has 0"),
        ("é" * 101, "a name has 1 to 200 bytes, and it has 202"),
        ("..", "that is a directory to the file system"),
        ("\ta", "it begins with a space"),
        ("a/b", "it contains a slash, which separates the names in a path"),
        ("a\nb", "it contains a line break"),
        ("a\0", "it contains a zero byte"),
        ("a\ud800", "it contains a lone surrogate"),
    ],
)
def test_a_name_is_refused_with_the_rule_that_it_breaks(name: str, flaw: str) -> None:
    with pytest.raises(ValueError, match=f" cannot name an actor: {flaw}$"):
        child(Account, "ada").options(name=name)


def test_child_takes_a_class_of_actors() -> None:
    with pytest.raises(TypeError, match="takes a class"):
        child(lambda: Account("ada"))
    with pytest.raises(TypeError, match="'int'> is no subclass of Actor or Supervisor"):
        child(int)  # type: ignore[type-var] # pyright: ignore


def test_a_spec_is_a_value() -> None:
    assert child(Account, "ada") == ChildSpec(actor=Account, args=("ada",))
