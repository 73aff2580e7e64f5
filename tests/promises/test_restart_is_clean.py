"""Promise 9: a restarted actor is a new process and a new object, built from the same specification."""

import os

import attrs
import pytest

from actors import ActorCrashed, ActorStopped, ActorSystem, HandlerError, Restart, child
from actors.core.events import RestartLimitReached
from support.cast import Add, Die, Numbers, Pid, Player, Raise


def test_no_state_survives_and_the_arguments_are_the_same_again(system: ActorSystem) -> None:
    player = system.spawn(child(Player, 1, 2))
    player.tell(Add(number=3))
    pid = player.ask(Pid())
    with pytest.raises(HandlerError):
        player.ask(Raise(text="again"))
    assert player.ask(Numbers(), timeout=10) == [1, 2]
    assert player.ask(Pid()) != pid


@attrs.frozen
class Settings:
    """An argument that no message could carry."""

    numbers: tuple[int, ...]


class Configured(Player):
    def __init__(self, settings: Settings) -> None:
        super().__init__(*settings.numbers)


def test_arguments_that_are_no_messages_are_pickled_for_the_new_process_alone(
    system: ActorSystem,
) -> None:
    player = system.spawn(child(Configured, Settings((1, 2))))
    assert player.ask(Numbers()) == [1, 2]


@pytest.mark.parametrize("how", ["exception", "exit", "kill"])
@pytest.mark.parametrize("restart", Restart)
def test_an_abnormal_end_restarts_all_but_temporary_actors(
    system: ActorSystem, restart: Restart, how: str
) -> None:
    player = system.spawn(child(Player).options(restart=restart))
    with pytest.raises((HandlerError, ActorCrashed)):
        player.ask(Die(how=how))
    if restart is Restart.TEMPORARY:
        assert player.join(10)
        with pytest.raises(ActorStopped):
            player.ask(Pid())
    else:
        assert player.ask(Pid(), timeout=10) != os.getpid()


def test_one_crash_more_than_the_limit_stops_an_actor_for_good() -> None:
    with ActorSystem("limited", max_restarts=2, within=60) as system:
        events = system.events()
        player = system.spawn(child(Player), name="poor")
        for _ in range(3):
            with pytest.raises(HandlerError):
                player.ask(Raise(text="again"), timeout=10)
        assert player.join(10)
        with pytest.raises(ActorStopped):
            player.ask(Pid())
    limits = [event for event in events if isinstance(event, RestartLimitReached)]
    assert [(event.actor, event.max_restarts) for event in limits] == [(player, 2)]
