"""The smallest program: one actor that answers, in a process of its own.

Shows an actor, a system, an ask and a tell. Prints::

    hello, world!
    in a process of its own: True
    greeted so far: ['world']
"""

import os

from actors import Actor, ActorSystem


class Greeter(Actor):
    def __init__(self) -> None:
        self.greeted: list[str] = []

    def receive(self, message: str) -> str | int | list[str]:
        match message:
            case "pid?":
                return os.getpid()
            case "whom?":
                return self.greeted
            case name:
                self.greeted.append(name)
                return f"hello, {name}!"


if __name__ == "__main__":
    with ActorSystem() as system:
        greeter = system.spawn(Greeter)
        print(greeter.ask("world"))
        print("in a process of its own:", greeter.ask("pid?") != os.getpid())
        print("greeted so far:", greeter.ask("whom?"))
