"""Three crashes, and what is left after each.

Shows an exception and a kill -9 in the middle of a message, with mail waiting behind it; a kill -9 from
outside; what the asker is told; and the events that tell the story. A restarted actor is a new object in
a new process: its waiting mail is still there, its state is not. Prints::

    the handler raised ZeroDivisionError: division by zero
    it died with the question in hand: killed by SIGKILL (perhaps out of memory)
    the mail that waited behind it: ['ham', 'eggs']
    crashed: killed by SIGKILL (perhaps out of memory)
    started again, in another process: True
    the state that went down with it: []
"""

import os
import signal

from actors import Actor, ActorCrashed, ActorRef, ActorSystem, HandlerError, Message, Request
from actors.core import events


class Note(Message):
    text: str


class Notes(Request[list[str]]):
    """Ask for the notes of this life."""


class Divide(Request[float]):
    by: int


class Die(Request[None]):
    """Ask the actor to die, as by the kernel when memory is short."""


class Clerk(Actor):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def receive(self, message: Note | Notes | Divide | Die) -> float | list[str] | None:
        match message:
            case Note(text=text):
                self.notes.append(text)
            case Notes():
                return self.notes
            case Divide(by=by):
                return 1 / by
            case Die():
                os.kill(os.getpid(), signal.SIGKILL)
        return None


def exception_in_a_message(clerk: ActorRef) -> None:
    try:
        clerk.ask(Divide(by=0))
    except HandlerError as error:
        print(f"the handler raised {error.type}: {error.text}")


def kill_in_the_middle_of_a_message(clerk: ActorRef) -> None:
    death = clerk.ask_future(Die())
    for text in ("ham", "eggs"):
        clerk.tell(Note(text=text))  # waits in the mailbox while the process dies
    try:
        death.result()
    except ActorCrashed as error:
        print("it died with the question in hand:", error.cause)
    print("the mail that waited behind it:", clerk.ask(Notes()))


def kill_from_outside(clerk: ActorRef, system: ActorSystem) -> None:
    pid = system.pid(clerk)
    assert pid is not None
    with system.events() as stream:
        os.kill(pid, signal.SIGKILL)
        for event in stream:
            match event:
                case events.ActorCrashed(reason=reason):
                    print("crashed:", reason)
                case events.ActorStarted():
                    print("started again, in another process:", event.pid != pid)
                    break
                case _:
                    pass
    print("the state that went down with it:", clerk.ask(Notes()))


if __name__ == "__main__":
    os.environ["ACTORS_LOG_LEVEL"] = "critical"  # the crashes are on purpose
    with ActorSystem() as system:
        clerk = system.spawn(Clerk, name="clerk")
        exception_in_a_message(clerk)
        kill_in_the_middle_of_a_message(clerk)
        kill_from_outside(clerk, system)
