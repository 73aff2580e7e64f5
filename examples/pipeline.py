"""A pipeline: lines are split into words, stop words are left out, the rest is counted.

Shows actors in stages that are wired by references in messages; a bounded mailbox at the entry, which
makes a fast producer wait for room; and a question that is forwarded from stage to stage, behind all the
lines before it, and is answered by the last one straight to who asked. Prints::

    lines sent: 2000
    top words: quick 2000, fox 2000, dog 1000, lazy 500
"""

from collections import Counter

from actors import Actor, ActorRef, ActorSystem, Message, Request, child

LINES = ["the quick fox", "a Quick fox and a dog", "the quick dog and the fox", "the lazy quick fox"]


class Then(Message):
    """Tell a stage which one comes next."""

    stage: ActorRef


class Words(Message):
    words: list[str]


class Top(Request[dict[str, int]]):
    """Ask for the most frequent words."""

    count: int


class Stage(Actor):
    """Passes everything on to the next stage, reworked."""

    next: ActorRef

    def receive(self, message: Then | Words | Top) -> None:
        match message:
            case Then(stage=stage):
                self.next = stage
            case Words(words=words):
                self.next.tell(Words(words=self.rework(words)))
            case Top():
                self.context.forward(self.next)  # the answer will come from there

    def rework(self, words: list[str]) -> list[str]:
        raise NotImplementedError


class Splitter(Stage):
    def rework(self, words: list[str]) -> list[str]:
        return [word.lower() for line in words for word in line.split()]


class Filter(Stage):
    def rework(self, words: list[str]) -> list[str]:
        return [word for word in words if word not in ("the", "a", "and")]


class Last(Actor):
    def __init__(self) -> None:
        self.counts = Counter[str]()

    def receive(self, message: Words | Top) -> dict[str, int] | None:
        match message:
            case Words(words=words):
                self.counts.update(words)
            case Top(count=count):
                return dict(self.counts.most_common(count))
        return None


if __name__ == "__main__":
    with ActorSystem("pipeline") as system:
        entry = system.spawn(child(Splitter).options(mailbox_size=16), name="splitter")
        middle = system.spawn(Filter, name="filter")
        entry.tell(Then(stage=middle), timeout=5.0)
        middle.tell(Then(stage=system.spawn(Last, name="last")))
        for number in range(2000):
            line = LINES[number % len(LINES)]
            entry.tell(Words(words=[line]), timeout=5.0)  # waits while 16 lines wait
        print("lines sent: 2000")
        top = entry.ask(Top(count=4), timeout=30.0)
        print("top words:", ", ".join(f"{word} {times}" for word, times in top.items()))
