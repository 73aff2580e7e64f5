"""What an actor can do through its context."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from actors import (
    Actor,
    ActorCrashed,
    ActorRef,
    ActorStopped,
    ActorSystem,
    End,
    HandlerError,
    Mailbox,
    NameTaken,
    Rejected,
    Restart,
    Supervisor,
    child,
)
from actors.events import DeadLetter
from support.cast import ENDS, Die, Hold, Pid, Player, end


class Clerk(Actor):
    """Does with its context what it is told to."""

    def __init__(self, other: ActorRef | None = None) -> None:
        self.other = other

    def receive(self, message: Any) -> Any:
        match message:
            case "sender":
                return self.context.sender
            case "me":
                return self.context.ref
            case ("find", str(path)):
                return self.context.find(path)
            case "hire":
                return self.context.spawn(child(Player), name="hired")
            case "dismiss":
                self.context.stop(self.other)
            case "resign":
                self.context.stop()
                return "last words"
            case "replace" if self.other is not None:
                self.context.forward(self.other, "sender")
            case "log":
                self.context.log.info("seen", number=1)
            case ("ask", question) if self.other is not None:
                return self.other.ask(question)
            case _ if self.other is not None:
                self.context.forward(self.other)
            case _:
                self.context.unhandled()
        return "not sent when forwarded"


def test_the_sender_of_an_actors_message_is_that_actor(system: ActorSystem) -> None:
    clerk = system.spawn(child(Clerk), name="clerk")
    asker = system.spawn(child(Clerk, clerk), name="asker")
    assert clerk.ask("sender") is None, "the application is no actor"
    assert asker.ask(("ask", "sender")) == asker


def test_an_actor_finds_others_by_their_names(system: ActorSystem) -> None:
    clerk = system.spawn(child(Clerk), name="clerk")
    other = system.spawn(child(Clerk), name="other")
    assert clerk.ask(("find", "other")) == other
    with pytest.raises(HandlerError, match="no actor is named 'nobody'; there are: clerk, other"):
        clerk.ask(("find", "nobody"))


def test_a_forwarded_question_is_answered_by_whom_it_reaches(system: ActorSystem) -> None:
    clerk = system.spawn(child(Clerk))
    first = system.spawn(child(Clerk, clerk))
    second = system.spawn(child(Clerk, first))
    assert second.ask("me") == second
    assert system.spawn(child(Clerk, second)).ask("replace") is None, "the sender is still the application"
    with pytest.raises(Rejected, match=f"{clerk.path} does not handle int"):
        second.ask(7)


@pytest.mark.parametrize(
    ("how", "error"), [("exception", HandlerError), ("kill", ActorCrashed), ("reject", Rejected)]
)
def test_the_error_of_a_forwarded_question_names_whose_it_is_and_who_was_asked(
    system: ActorSystem, how: str, error: type[Any]
) -> None:
    player = system.spawn(Player, name="player")
    clerk = system.spawn(child(Clerk, player), name="clerk")
    for asked, by in ((player, ""), (clerk, "player")):
        with pytest.raises(error) as caught:
            asked.ask(Die(how=how) if how != "reject" else 7)
        assert (caught.value.actor, caught.value.by) == (asked.address, by)
    assert str(caught.value).startswith("player (asked by way of clerk) ")


class Mistaken(Actor):
    """Takes what is no reference for one."""

    def receive(self, message: str) -> None:
        no_ref: Any = self.context.sender
        match message:
            case "forward":
                self.context.forward(no_ref)
            case "watch":
                self.context.watch(no_ref)
            case "unwatch":
                self.context.unwatch(no_ref)
            case _:
                wrong: Any = "a child"
                self.context.stop(wrong)


@pytest.mark.parametrize(
    ("message", "name"), [("forward", "to"), ("watch", "actor"), ("unwatch", "actor"), ("stop", "child")]
)
def test_what_is_no_reference_is_refused_by_its_name(system: ActorSystem, message: str, name: str) -> None:
    with pytest.raises(HandlerError, match=rf"TypeError: {name} is .*; it must be an ActorRef"):
        system.spawn(Mistaken).ask(message)
    wrong: Any = None
    with pytest.raises(TypeError, match="actor is None; it must be an ActorRef"):
        system.pid(wrong)


def test_a_question_forwarded_to_nobody_ends_at_once(system: ActorSystem) -> None:
    gone = system.spawn(child(Clerk))
    clerk = system.spawn(child(Clerk, gone))
    gone.stop()
    gone.join(10)
    with pytest.raises(ActorStopped) as caught:
        clerk.ask("anything", timeout=1_000)
    assert (caught.value.actor, caught.value.by) == (clerk.address, gone.path)


def test_a_question_forwarded_to_a_supervisor_ends_as_if_it_had_been_asked(system: ActorSystem) -> None:
    supervisor = system.spawn(child(Supervisor))
    clerk = system.spawn(child(Clerk, supervisor))
    for asked in (supervisor, clerk):
        with pytest.raises(Rejected, match="it is a supervisor"):
            asked.ask("anything", timeout=1_000)


class Forwarder(Actor):
    """Hands what it gets on, and comes to an end in the same handler."""

    def __init__(self, to: ActorRef, how: str) -> None:
        self.to = to
        self.how = how

    def receive(self, message: Any) -> Any:
        if message == "alive?":
            return True
        self.context.forward(self.to)
        return end(self.how)


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("bound", [0, 1])
@pytest.mark.parametrize("load", [b"", bytes(300_000)], ids=["small", "large"])
def test_a_forwarded_question_is_no_business_of_its_forwarders_end(
    system: ActorSystem, mailbox: Mailbox, how: str, bound: int, load: bytes
) -> None:
    events, here = system.events(), Mailbox()
    player = system.spawn(Player)
    terms = child(Forwarder, player, how).options(
        mailbox_size=bound, retry=2, restart=Restart.PERMANENT, name="forwarder"
    )
    forwarder = system.spawn(terms)
    question = Hold(taken=here.address, release=mailbox.address)
    answer = forwarder.ask_future(question, timeout=20)
    here.get(timeout=20)
    assert forwarder.ask("alive?", timeout=20)
    mailbox.put("answered")
    assert answer.result() == "answered"
    forwarder.tell(load, timeout=20)
    assert forwarder.ask("alive?", timeout=20)
    system.stop()
    assert [
        event for event in events if isinstance(event, DeadLetter) and event.receiver == "forwarder"
    ] == []
    here.close()


def test_a_child_has_its_parents_name_before_its_own_and_one_life_with_it(system: ActorSystem) -> None:
    clerk = system.spawn(child(Clerk), name="clerk")
    hired: ActorRef = clerk.ask("hire")
    assert hired.path == "clerk/hired"
    assert isinstance(hired.ask(Pid()), int)
    with pytest.raises(Exception, match=NameTaken.__name__):
        clerk.ask("hire")
    assert hired.join(10), "the crash of the parent was its end"


class Late(Player):
    """Has started once it gets leave."""

    def __init__(self, gate: str) -> None:
        super().__init__()
        self.gate = gate

    def on_start(self) -> None:
        Mailbox.attach(self.gate).get(timeout=20)


class Founder(Actor):
    """Gives its child leave to start by a task that runs while it waits for the start."""

    def __init__(self, gate: str) -> None:
        self.gate = gate

    async def receive(self, message: Any) -> Any:
        asyncio.get_running_loop().call_soon(Mailbox.attach(self.gate).put, "start")
        founded = await self.context.spawn_async(child(Late, self.gate), name="late")
        return await founded.ask_async(Pid()), [one.path for one in self.context.children()]


def test_the_tasks_of_an_actor_go_on_while_a_child_of_it_starts(
    system: ActorSystem, mailbox: Mailbox
) -> None:
    founder = system.spawn(child(Founder, mailbox.address), name="founder")
    pid, children = founder.ask("found", timeout=20)
    assert (pid, children) == (system.pid(system.ref("founder/late")), ["founder/late"])


def test_an_actor_answers_before_it_stops_itself_and_can_stop_others(system: ActorSystem) -> None:
    other = system.spawn(child(Clerk))
    clerk = system.spawn(child(Clerk, other))
    clerk.ask("dismiss")
    assert other.join(10)
    assert clerk.ask("resign") == "last words"
    assert clerk.join(10)


def test_an_actor_logs_under_its_own_name(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACTORS_LOG_LEVEL", "info")
    with ActorSystem("logged") as system:
        system.spawn(child(Clerk), name="scribe").ask("log")
    line = next(line for line in capfd.readouterr().err.splitlines() if "seen" in line)
    assert "number=1" in line
    assert "scribe" in line


class Aside(Actor):
    """Does something in a thread of its own, while it waits for mail."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.seen: list[Any] = []

    def on_start(self) -> None:
        threading.Thread(target=self.do_soon, daemon=True).start()

    def do_soon(self) -> None:
        main = threading.main_thread().native_id
        while " S " not in Path(f"/proc/self/task/{main}/stat").read_text():  # it sleeps
            pass
        self.do()

    def do(self) -> None:
        if self.what == "stop":
            self.context.stop()
        else:
            self.context.send_after(0.05, "later")

    def receive(self, message: Any) -> Any:
        if message == "later":
            self.context.stop()


class AsyncAside(Aside):
    """The same, in a thread beside its event loop."""

    async def receive(self, message: Any) -> Any:
        return super().receive(message)


class TaskAside(AsyncAside):
    """The same, in a task of its own."""

    def on_start(self) -> Any:
        return self.begin()

    async def begin(self) -> None:
        self.task = asyncio.create_task(self.wait())

    async def wait(self) -> None:
        for _ in range(10):  # by then the actor waits
            await asyncio.sleep(0)
        self.do()


@pytest.mark.parametrize("what", ["stop", "send_after"])
@pytest.mark.parametrize("cls", [Aside, AsyncAside, TaskAside])
def test_an_idle_actor_heeds_its_own_threads_and_tasks(
    system: ActorSystem, cls: type[Aside], what: str
) -> None:
    aside = system.spawn(child(cls, what), name="aside")
    assert aside.join(10)
    (why,) = system.exits("aside")
    assert why.end is End.NORMAL


class Restless(Player):
    """Has a thread that sets many timers while a message is in hand."""

    def receive(self, message: Any) -> Any:
        def fidget() -> None:
            for _ in range(70_000):
                self.context.send_after(3_600, "late").cancel()

        thread = threading.Thread(target=fidget)
        thread.start()
        thread.join()
        return super().receive(message)


def test_a_thread_that_sets_many_timers_is_no_trouble_to_a_stop(
    system: ActorSystem, mailbox: Mailbox
) -> None:
    restless, guardian, gate = system.spawn(Restless), system.guardian_pid, Mailbox()
    question = restless.ask_future(Hold(taken=mailbox.address, release=gate.address), timeout=60)
    mailbox.get(timeout=20)
    restless.stop()
    gate.put("go")
    assert question.result() == "go"
    assert restless.join(20)
    assert system.guardian_pid == guardian
