"""Promise 10, as far as it goes in this release: strategies, limits, and parents with children."""

from typing import Any

import pytest

from actors import (
    Actor,
    ActorStopped,
    ActorSystem,
    Mailbox,
    Rejected,
    StartError,
    Strategy,
    Supervisor,
    child,
)
from actors.events import DeadLetter
from support.cast import Diarist, Die

DIARY = "DIARY"


def spawn_three(system: ActorSystem, strategy: Strategy, diary: Mailbox, limit: int = 10) -> None:
    children = tuple(child(Diarist, name, diary.address).options(name=name) for name in "abc")
    body = {"strategy": strategy, "max_restarts": limit, "within": 60.0, "children": children}
    system.spawn(type("Family", (Supervisor,), body), name="family")
    assert [diary.get(timeout=10) for _ in "abc"] == ["a starts", "b starts", "c starts"]


@pytest.mark.parametrize(
    ("strategy", "story"),
    [
        (Strategy.ONE_FOR_ONE, ["b starts"]),
        (Strategy.REST_FOR_ONE, ["c stops: shutdown", "b starts", "c starts"]),
        (
            Strategy.ONE_FOR_ALL,
            ["c stops: shutdown", "a stops: shutdown", "a starts", "b starts", "c starts"],
        ),
    ],
)
def test_a_strategy_says_who_is_restarted_and_in_which_order(
    system: ActorSystem, mailbox: Mailbox, strategy: Strategy, story: list[str]
) -> None:
    spawn_three(system, strategy, mailbox)
    system.ref("family/b").tell(Die(how="kill"))
    assert [mailbox.get(timeout=10) for _ in story] == story


def test_a_supervisor_that_gives_up_is_restarted_by_the_root_with_all_its_children(
    system: ActorSystem, mailbox: Mailbox
) -> None:
    spawn_three(system, Strategy.ONE_FOR_ONE, mailbox, limit=0)
    system.ref("family/a").tell(Die(how="kill"))
    story = [mailbox.get(timeout=10) for _ in range(5)]
    assert story == ["c stops: shutdown", "b stops: shutdown", "a starts", "b starts", "c starts"]


def test_a_child_that_ends_normally_stays_down(system: ActorSystem, mailbox: Mailbox) -> None:
    spawn_three(system, Strategy.ONE_FOR_ALL, mailbox)
    b = system.ref("family/b")
    b.tell("stop yourself")
    assert b.join(10)
    assert mailbox.get(timeout=10) == "b stops: normal"
    with pytest.raises(ActorStopped):
        b.ask("anything")
    assert system.names() == ["family", "family/a", "family/c"]


def test_a_supervisor_takes_no_messages_and_says_so(system: ActorSystem, mailbox: Mailbox) -> None:
    spawn_three(system, Strategy.ONE_FOR_ONE, mailbox)
    family, events = system.ref("family"), system.events()
    with pytest.raises(Rejected, match="takes no messages"):
        family.ask("anything")
    family.tell("anything")
    letter = next(event for event in events if isinstance(event, DeadLetter))
    assert "takes no messages" in letter.cause
    events.close()
    family.stop()
    assert family.join(10)
    with pytest.raises(ActorStopped):
        family.ask("anything")


class Unlucky(Supervisor):
    """Its second child cannot start."""


def test_a_child_that_cannot_start_fails_its_supervisor_and_leaves_nothing(
    system: ActorSystem, mailbox: Mailbox
) -> None:
    Unlucky.children = (
        child(Diarist, "good", mailbox.address).options(name="good"),
        child(Diarist, "bad", mailbox.address, bad_start=True).options(name="bad"),
    )
    with pytest.raises(StartError, match="no start today"):
        system.spawn(Unlucky, name="unlucky")
    assert [mailbox.get(timeout=10) for _ in range(2)] == ["good starts", "good stops: shutdown"]
    assert system.names() == []


class Broken(Actor):
    def on_start(self) -> None:
        raise ValueError("never")

    def receive(self, message: Any) -> None:
        """Take nothing."""


def test_the_error_of_a_supervisor_names_the_child_that_does_not_start(system: ActorSystem) -> None:
    pool = child(Supervisor, child(Broken).options(name="first")).options(name="pool")
    with pytest.raises(StartError) as caught:
        system.spawn(child(Supervisor, pool), name="all")
    first, *traceback = caught.value.cause.splitlines()
    assert first == "its child all/pool/first did not start: ValueError: never"
    assert traceback[-1] == "ValueError: never"


def test_a_supervisor_of_many_whose_first_child_does_not_start_fails_alone(system: ActorSystem) -> None:
    guardian = system.guardian_pid
    others = [child(Broken).options(name=f"other-{number}") for number in range(600)]
    with pytest.raises(StartError, match="never"):
        system.spawn(child(Supervisor, child(Broken).options(name="first"), *others))
    assert system.guardian_pid == guardian
