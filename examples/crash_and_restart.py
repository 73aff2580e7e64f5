"""Three crashes, and what is left after each.

Shows an exception and a kill -9 in the middle of a message, with mail waiting behind it; a kill -9 from
outside; what the asker is told; and the events that tell the story. A restarted actor is a new object in
a new process: its waiting mail is still there, its state is not. Prints::

    the handler raised ValueError: not my department
    it died with the question in hand: killed by SIGKILL (perhaps out of memory)
    the mail that waited behind it: ['ham', 'eggs']
    crashed: killed by SIGKILL (perhaps out of memory)
    started again, in another process: True
    the state that went down with it: []
"""

import os
import signal

from actors import Actor, ActorCrashed, ActorRef, ActorSystem, HandlerError, events


class Clerk(Actor):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def receive(self, message: str) -> list[str] | None:
        match message:
            case "notes?":
                return self.notes
            case "fail":
                raise ValueError("not my department")
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case note:
                self.notes.append(note)
        return None


def an_exception(clerk: ActorRef) -> None:
    try:
        clerk.ask("fail")
    except HandlerError as error:
        print(f"the handler raised {error.type}: {error.text}")


def a_kill_in_the_middle_of_a_message(clerk: ActorRef) -> None:
    death = clerk.ask_future("die")
    for note in ("ham", "eggs"):
        clerk.tell(note)  # waits in the mailbox while the process dies
    try:
        death.result()
    except ActorCrashed as error:
        print("it died with the question in hand:", error.reason)
    print("the mail that waited behind it:", clerk.ask("notes?"))


def a_kill_from_outside(clerk: ActorRef, system: ActorSystem) -> None:
    pid = system.pid(clerk)
    assert pid is not None
    with system.events() as stream:
        os.kill(pid, signal.SIGKILL)
        for event in stream:
            if isinstance(event, events.ActorCrashed):
                print("crashed:", event.reason)
            elif isinstance(event, events.ActorStarted):
                print("started again, in another process:", event.pid != pid)
                break
    print("the state that went down with it:", clerk.ask("notes?"))


if __name__ == "__main__":
    os.environ["ACTORS_LOG_LEVEL"] = "critical"  # the crashes are on purpose
    with ActorSystem() as system:
        clerk = system.spawn(Clerk, name="clerk")
        an_exception(clerk)
        a_kill_in_the_middle_of_a_message(clerk)
        a_kill_from_outside(clerk, system)
