"""A bank: two accounts under a supervisor, each with typed messages.

Shows messages, a request whose reply has a type, a child specification with arguments and a supervisor
that is only declared. Prints::

    ada has 5
    bob has 0
"""

from actors import Actor, ActorSystem, Message, Request, Strategy, Supervisor, child


class Deposit(Message):
    amount: int


class Balance(Request[int]):
    """Ask an account for its balance."""


class Account(Actor):
    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.total = 0

    def receive(self, message: Deposit | Balance) -> int | None:
        match message:
            case Deposit(amount=amount):
                self.total += amount
            case Balance():
                return self.total  # the return value answers an ask
        return None


class Bank(Supervisor):
    strategy = Strategy.ONE_FOR_ONE
    max_restarts, within = 5, 30.0
    children = (
        child(Account, "ada").options(name="ada"),
        child(Account, "bob").options(name="bob"),
    )


if __name__ == "__main__":
    with ActorSystem("demo") as system:
        system.spawn(Bank, name="bank")
        ada, bob = system.ref("bank/ada"), system.ref("bank/bob")
        ada.tell(Deposit(amount=5))
        print("ada has", ada.ask(Balance(), timeout=1.0))  # an int, as mypy and pyright know
        print("bob has", bob.ask(Balance(), timeout=1.0))
