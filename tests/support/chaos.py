"""Chaos: a system under fire, and an oracle that holds it to its promises.

Some twenty actors send numbered messages to each other and ask each other, and are sent and asked by the
threads and event loops of the application, while their processes are killed, stopped for a while, crashed
in handlers, in their starts and in their stops. Each actor writes down what it handles where no kill can
reach it.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from actors import (
    Actor,
    ActorCrashed,
    ActorRef,
    ActorStopped,
    ActorSystem,
    AskTimeout,
    ChildSpec,
    EventStream,
    HandlerError,
    MailboxFull,
    Message,
    NoSuchActor,
    Request,
    Strategy,
    Supervisor,
    child,
)
from actors.core.events import ActorStarted, RestartLimitReached
from actors.core.reason import ExitReason
from support.cast import Die, end

TIMEOUT: Final = 0.5
"""How long an ask may take."""
PATIENCE: Final = 4.0
"""How late the end of an ask may be noticed on a machine that is busy, and by one stopped for a while."""
_BARRIER: Final = 40.0
_STOPPED_FOR: Final = 0.05
_NAMES: Final = "abcde"
_ENDS: Final = ("exception", "exit", "_exit", "segfault", "kill", "abort")


class Numbered(Message):
    """One of a stream of messages."""

    stream: str
    number: int
    padding: bytes = b""


class Check(Request[int]):
    """Answered with the next number."""

    number: int


class Poke(Message):
    """Send so many messages to another actor, and perhaps ask it something."""

    to: ActorRef
    count: int
    ask: bool


class Bear(Message):
    """Spawn an actor, and stop it."""


class Soldier(Actor):
    """Does what it is told until it falls, and writes down what it handles."""

    def __init__(self, ledger: str) -> None:
        veteran = os.path.exists(ledger)
        self.ledger = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.chance = random.Random()
        self.note("start")
        if veteran and self.chance.random() < 0.03:
            end("kill")

    def on_start(self) -> None:
        self.sender = Sender(f"{self.context.ref.path}:{os.getpid()}", self.chance)

    def note(self, line: str) -> None:
        os.write(self.ledger, f"{line}\n".encode())

    def receive(self, message: Any) -> Any:
        match message:
            case Numbered(stream=stream, number=number):
                self.note(f"{stream} {number}")
            case Check(number=number):
                return number + 1
            case Poke(to=to, count=count):
                self.sender.send(to, count)
                if message.ask:
                    self.ask(to)
            case Bear():
                self.context.spawn(child(Recruit)).stop()
            case Die(how=how):
                end(how)
            case _:
                return super().receive(message)
        return None

    def ask(self, to: ActorRef) -> None:
        began, number = time.monotonic(), self.chance.randrange(1 << 40)
        try:
            wrong = to.ask(Check(number=number), timeout=TIMEOUT) != number + 1
        except (AskTimeout, ActorCrashed, ActorStopped, MailboxFull):
            wrong = False
        self.judge(began, wrong=wrong)

    def judge(self, began: float, *, wrong: bool) -> None:
        took = time.monotonic() - began
        if wrong or took > TIMEOUT + PATIENCE:
            self.note(f"bad ask: wrong {wrong}, took {took}")

    def on_stop(self, reason: ExitReason) -> None:
        if self.chance.random() < 0.05:
            end("kill")


class AsyncSoldier(Soldier):
    """The same, on an event loop."""

    async def receive(self, message: Any) -> Any:
        if not (isinstance(message, Poke) and message.ask):
            return super().receive(message)
        self.sender.send(message.to, message.count)
        began, number = time.monotonic(), self.chance.randrange(1 << 40)
        try:
            reply = await message.to.ask_async(Check(number=number), timeout=TIMEOUT)
        except (AskTimeout, ActorCrashed, ActorStopped, MailboxFull):
            reply = number + 1
        return self.judge(began, wrong=reply != number + 1)


class Recruit(Actor):
    """A child of a soldier."""


class Sender:
    """Numbers what it sends, a stream for each receiver."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self.name = name
        self.sent: Counter[str] = Counter()
        self._chance = chance

    def send(self, to: ActorRef, count: int) -> None:
        for _ in range(count):
            size = self._chance.choices([0, self._chance.randrange(9_000), 100_000], [90, 9, 1])[0]
            message = Numbered(stream=self.name, number=self.sent[to.path], padding=bytes(size))
            with suppress(MailboxFull):
                to.tell(message)
                self.sent[to.path] += 1


class OneForOne(Supervisor):
    """The families are made anew for each chaos."""


class RestForOne(Supervisor):
    strategy = Strategy.REST_FOR_ONE


class OneForAll(Supervisor):
    strategy = Strategy.ONE_FOR_ALL


class Chaos:
    """One system, those who use it, and who shoots at it."""

    def __init__(self, seed: int, *, limit: int, root_limit: int) -> None:
        self.chance = random.Random(seed)
        self.kills: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.problems: list[str] = []
        self.sent: dict[str, dict[str, int]] = {}
        self.restarts: list[float] = []
        self.system = ActorSystem("chaos", max_restarts=root_limit, within=5.0)
        self._directory = Path(tempfile.mkdtemp(prefix="chaos-"))
        self._limit = limit
        self.may_stop = root_limit < 1_000
        self.handled = 0
        self._over = threading.Event()
        self._numbers = itertools.count()

    # the cast

    def run(self, seconds: float, kills: int) -> None:
        """Fight for so many seconds and at most so many kills, then look at what is left of it."""
        try:
            with self.system:
                self._spawn()
                self._fight(seconds, kills)
        finally:
            shutil.rmtree(self._directory, ignore_errors=True)
        assert not self.problems, "\n".join(self.problems[:20])

    def _spawn(self) -> None:
        for family, count in ((OneForOne, 5), (RestForOne, 4), (OneForAll, 4)):
            name = family.__name__.lower()
            family.max_restarts, family.within = self._limit, 5.0
            family.children = tuple(
                self._soldier(f"{name}.{n}", "abcde"[n], Soldier if n else AsyncSoldier)
                for n in range(count)
            )
            self.system.spawn(family, name=name)
        for number in range(5):
            self.system.spawn(self._soldier(f"plain{number}", f"plain{number}"))
        self.paths = [name for name in self.system.names() if self.system.pid(self.system.ref(name))]
        self.refs = {path: self.system.ref(path) for path in self.paths}

    def _soldier(self, ledger: str, name: str, cls: type[Soldier] = Soldier) -> ChildSpec[Soldier]:
        spec = child(cls, str(self._directory / ledger)).options(name=name, shutdown=0.5)
        return spec.options(mailbox_size=200) if name == "b" else spec

    # the fight

    def _fight(self, seconds: float, kills: int) -> None:
        self._barrier()  # by which everyone's mailbox is open here
        before = self._footprint()
        events = threading.Thread(target=self._follow, args=(self.system.events(),))
        events.start()
        parts = (self._poke, self._poke, self._ask, self._ask_async, self._come_and_go)
        threads = [threading.Thread(target=self._guarded, args=(part,)) for part in parts]
        for thread in threads:
            thread.start()
        try:
            self._shoot(time.monotonic() + seconds, kills)
        finally:
            self._over.set()
            for thread in threads:
                thread.join(_BARRIER)
        self.problems += [f"{thread.name} hangs" for thread in threads if thread.is_alive()]
        self.complete = self._barrier() | {name for name in self.sent if name.startswith("guest")}
        self._see_off()
        self._compare(before)
        self.system.stop()
        events.join(_BARRIER)
        self._audit()

    def _follow(self, events: EventStream) -> None:
        for event in events:
            if isinstance(event, ActorStarted) and event.incarnation:
                self.restarts.append(event.after)
            elif isinstance(event, RestartLimitReached):
                self.outcomes["restart limit reached"] += 1

    def _guarded(self, part: Callable[[random.Random], None]) -> None:
        try:
            part(random.Random(self.chance.random()))
        except BaseException as error:
            self.problems.append(f"{part.__name__}: {error!r}")
            raise

    def _shoot(self, end: float, kills: int) -> None:
        while time.monotonic() < end and self.kills.total() < kills:
            self._over.wait(self.chance.random() * 0.03)
            path = self.chance.choice(self.paths)
            how = self.chance.choices(["SIGKILL", "SIGSTOP", *_ENDS], [60, 10, *(5 for _ in _ENDS)])[0]
            if how in _ENDS:
                with suppress(MailboxFull):
                    self.refs[path].tell(Die(how=how))
            elif not self._signal(self.refs[path], signal.Signals[how]):
                continue
            self.kills[how] += 1

    def _signal(self, ref: ActorRef, number: signal.Signals) -> bool:
        pid = self.system.pid(ref) or 0
        with suppress(ProcessLookupError):
            if pid not in _children(self.system.guardian_pid):
                return False
            os.kill(pid, number)
            if number == signal.SIGSTOP:
                threading.Timer(_STOPPED_FOR, _go_on, (pid,)).start()
            return True
        return False

    # those who use it

    def _poke(self, chance: random.Random) -> None:
        sender = Sender(f"root{next(self._numbers)}", chance)
        while not self._over.wait(0.01):
            by, to = chance.sample(self.paths, 2)
            poke = Poke(to=self.refs[to], count=5, ask=chance.random() < 0.1)
            with suppress(MailboxFull):
                self.refs[by].tell(Bear() if chance.random() < 0.05 else poke)
            sender.send(self.refs[to], 20)
        self.sent[sender.name] = dict(sender.sent)

    def _ask(self, chance: random.Random) -> None:
        while not self._over.is_set():
            ref, number = self.refs[chance.choice(self.paths)], chance.randrange(1 << 40)
            with self._outcome(number) as reply:
                if chance.random() < 0.5:
                    reply.append(ref.ask(Check(number=number), timeout=TIMEOUT))
                else:
                    future = ref.ask_future(Check(number=number), timeout=TIMEOUT)
                    reply.append(future.result(TIMEOUT + PATIENCE))

    def _ask_async(self, chance: random.Random) -> None:
        async def one() -> None:
            ref, number = self.refs[chance.choice(self.paths)], chance.randrange(1 << 40)
            with self._outcome(number) as reply:
                reply.append(await ref.ask_async(Check(number=number), timeout=TIMEOUT))

        async def many() -> None:
            while not self._over.is_set():
                await asyncio.gather(*(one() for _ in range(10)))

        asyncio.run(many())

    def _come_and_go(self, chance: random.Random) -> None:
        """Spawn actors that nobody shoots at, and stop them in order: these must miss nothing."""
        while not self._over.wait(0.01):
            name = f"guest{next(self._numbers)}"
            guest = self.system.spawn(self._soldier(name, name))
            sender = Sender(name, chance)
            sender.send(guest, 20)
            drained = chance.random() < 0.5
            guest.stop(drain=drained)
            if not guest.join(_BARRIER):
                self.problems.append(f"{name} does not stop")
            if drained:
                self.sent[name] = dict(sender.sent)

    @contextmanager
    def _outcome(self, number: int) -> Generator[list[int], None, None]:
        """Hold an ask to its time, and its reply to its question."""
        began, reply = time.monotonic(), list[int]()
        try:
            yield reply
        except (AskTimeout, ActorCrashed, ActorStopped, MailboxFull) as error:
            self.outcomes[type(error).__name__] += 1
            if isinstance(error, ActorStopped) and not self.may_stop:
                self.problems.append(f"{error}, though nobody stopped it")
        else:
            self.outcomes["reply"] += 1
            if reply != [number + 1]:
                self.problems.append(f"{reply} is no answer to {number}")
        took = time.monotonic() - began
        if took > TIMEOUT + PATIENCE:
            self.problems.append(f"an ask took {took}")

    # the oracle

    def _barrier(self) -> set[str]:
        """Wait until everyone has dealt with all that was sent from here, or is gone; who has answered.

        To look who is there later would not tell: a family gives up actor by actor.
        """
        return {path for path, ref in self.refs.items() if self._answers(path, ref)}

    def _answers(self, path: str, ref: ActorRef) -> bool:
        for attempt in range(200):
            try:
                assert ref.ask(Check(number=attempt), timeout=_BARRIER) == attempt + 1
            except (ActorCrashed, MailboxFull, HandlerError):
                continue
            except ActorStopped:
                self._expect_gone(path, ref)
                return False
            return True
        self.problems.append(f"{path} does not answer any more")
        return False

    def _expect_gone(self, path: str, ref: ActorRef) -> None:
        """Of an actor that is removed its questions end first; then its name is free, then `join` returns.

        A second `join` is answered when all who went with it are gone, too.
        """
        if not (ref.join(_BARRIER) and ref.join(_BARRIER)):
            self.problems.append(f"{path} has stopped, and does not go")
        elif path in self.system.names():
            self.problems.append(f"{path} is gone, and keeps its name")

    def _see_off(self) -> None:
        """Wait for the end of those that have been told to stop."""
        for name in self.system.names():
            if name.rpartition("/")[2].startswith("Recruit"):
                with suppress(NoSuchActor):
                    if not self.system.ref(name).join(_BARRIER):
                        self.problems.append(f"{name} does not stop")

    def _footprint(self) -> dict[str, int]:
        guardian, root = f"/proc/{self.system.guardian_pid}", "/proc/self"
        return {
            "guardian's descriptors": len(os.listdir(f"{guardian}/fd")),
            "guardian's threads": len(os.listdir(f"{guardian}/task")),
            "root's descriptors": len(os.listdir(f"{root}/fd")),
            "root's threads": len(os.listdir(f"{root}/task")),
            "guardian's children": len(_children(self.system.guardian_pid)),
            "directories": len(os.listdir(self.system.directory)),
        }

    def _compare(self, before: dict[str, int]) -> None:
        after = self._footprint()
        slack = defaultdict(int, {"guardian's descriptors": 60, "root's descriptors": 80})
        slack["root's threads"] = 4  # drainer, futures' reader, and timers that end a SIGSTOP
        for what, count in before.items():
            if after[what] > count + slack[what]:
                self.problems.append(f"{what}: {count} before, {after[what]} after")
        if after["guardian's threads"] != 1:
            self.problems.append("the guardian has threads")
        gone = {int(os.path.basename(name)) for name in os.listdir(self.system.directory) if name.isdigit()}
        here = {self.system.ref(name).address.id for name in self.system.names()} | {0, 1}
        if gone != here:
            self.problems.append(f"directories without actors: {gone - here}")

    def _audit(self) -> None:
        """Compare what was sent with what was handled."""
        for ledger in sorted(self._directory.iterdir()):
            lines = ledger.read_text().splitlines()
            streams: dict[str, list[int]] = defaultdict(list)
            for line in lines:
                if line.startswith("bad"):
                    self.problems.append(f"{ledger.name}: {line}")
                elif line != "start":
                    stream, _, number = line.rpartition(" ")
                    streams[stream].append(int(number))
            self._audit_streams(ledger.name, streams, lines.count("start") - 1)

    def _audit_streams(self, receiver: str, streams: dict[str, list[int]], deaths: int) -> None:
        self.handled += sum(map(len, streams.values()))
        missing = 0
        for stream, numbers in streams.items():
            if any(a >= b for a, b in itertools.pairwise(numbers)):
                self.problems.append(f"{receiver}: {stream} is doubled or out of order")
            missing += numbers[-1] + 1 - len(numbers)
        if self._path_of(receiver) in self.complete:
            missing += sum(self._cut_off(receiver, streams))
        if missing > deaths:
            self.problems.append(f"{receiver}: {missing} messages lost by {deaths} deaths")

    def _cut_off(self, receiver: str, streams: dict[str, list[int]]) -> Iterator[int]:
        """How many messages of a sender that lives are missing at the end of its stream."""
        path = self._path_of(receiver)
        for name, sent in self.sent.items():
            if sent.get(path):
                yield sent[path] - 1 - max(streams.get(name, [-1]))

    def _path_of(self, ledger: str) -> str:
        family, _, number = ledger.partition(".")
        return f"{family}/{_NAMES[int(number)]}" if number else family


def _go_on(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
