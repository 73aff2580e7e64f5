"""The mailbox: a `multiprocessing.Queue` whose pipe has a name and which no kill can break."""

from __future__ import annotations

import select
from collections.abc import Sequence
from multiprocessing import reduction, util
from multiprocessing.context import get_spawning_popen
from multiprocessing.queues import Queue
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from actors.core.codec import Codec, Limits
from actors.core.errors import DiskFull, MailboxClosed, MailboxFull
from actors.runtime.deadline import deadline, left, over
from actors.runtime.mailbox.credit import Credits
from actors.runtime.mailbox.drainer import PROCESS_DRAINER
from actors.runtime.mailbox.journal import waiting_bytes
from actors.runtime.mailbox.outbox import OVERFLOW, Outbox, Stranded
from actors.runtime.mailbox.pipe import Pipe
from actors.runtime.mailbox.premises import Premises
from actors.runtime.mailbox.reading import Reading
from actors.runtime.renewal import renew_after_fork
from actors.runtime.rundirectory import RunDirectory

if TYPE_CHECKING:
    _Queue = Queue[Any]
else:
    _Queue = Queue  # generic only for type checkers

_TYPICAL: Final = 64
"""How long a waiting frame is taken to be where frames cannot be counted, in bytes."""


class Mailbox(_Queue):
    """A queue of messages for many writing processes and one reading process at a time.

    Keeps the contract of `multiprocessing.Queue`, and what a kill can break there it keeps whole:

    - a reader or a writer killed at any instant blocks nobody, corrupts nothing and doubles nothing;
      with a reader at most the message in its hand is lost, with a writer what it had not yet handed
      to the kernel; the next reader goes on with the next waiting message;
    - `put` encodes in the caller's frame: what cannot travel raises `EncodeError` there;
    - messages from one process arrive in the order in which they were put;
    - any process of this user attaches by `address`, whether or not it is a child.

    Messages are msgpack (see `Codec`), from 0 bytes to 2 GiB; one of up to 4 KiB takes one system call.
    What a full pipe refuses waits in the putting process, up to `overflow` bytes (one message may always
    wait): then `put` waits, and `put_nowait` raises `MailboxFull`. A message over 4 KiB waits in a file in
    ``/dev/shm``, or in the temporary directory if that is full.

    The mailbox lives as long as a process has it open: `close` it, or let the process end. It is not
    a place for mail between runs.
    """

    _premises: Premises | None

    def __init__(self, maxsize: int = 0, *, overflow: int = OVERFLOW, limits: Limits | None = None) -> None:
        """Make a new, empty mailbox; `maxsize` bounds it to that many messages (at most 4,096)."""
        self._occupy(Premises.create(maxsize), overflow, limits or Limits())

    @classmethod
    def attach(cls, address: str, *, overflow: int = OVERFLOW, limits: Limits | None = None) -> Mailbox:
        """Open the mailbox that has this `address`, from any process of the same user.

        Raises `MailboxClosed` if it is gone and `PermissionError` if it is another user's.
        """
        mailbox = cls.__new__(cls)
        mailbox._occupy(Premises.attach(address), overflow, limits or Limits())
        return mailbox

    @property
    def maxsize(self) -> int:
        """How many messages may wait; 0 for any number."""
        return self._bound

    @property
    def address(self) -> str:
        """What another process needs to `attach`."""
        return self._address

    def put(self, obj: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put a message into the mailbox.

        Raises `EncodeError` if it cannot travel, `MailboxFull` (a `queue.Full`) if there is no room in
        time, and `MailboxClosed` (a `ValueError`) after `close`. Nothing was put then.
        """
        credits = self._open.credits
        message, segments = self._codec.encode(obj)
        moment = deadline(block, timeout)
        if credits is not None:
            self._take_place(credits, moment)
        self._put(message, segments, moment, credits)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the next message out of the mailbox.

        Raises `queue.Empty` if none comes in time, `MailboxInUse` while another process reads,
        `MailboxClosed` after `close`, and `DecodeError` for bytes that are no message, which are then
        gone. One thread gets at a time; a `close` by another leaves it to get its message.
        """
        forever = block and timeout is None
        return self._codec.decode(*self._reading.next(None if forever else deadline(block, timeout)))

    def put_nowait(self, obj: Any) -> None:
        """`put` without waiting."""
        self.put(obj, block=False)

    def get_nowait(self) -> Any:
        """`get` without waiting."""
        return self.get(block=False)

    def qsize(self) -> int:
        """How many messages wait.

        Exact for a bounded mailbox, and unless another process reads as far as the journal reaches;
        otherwise an estimate from the bytes that wait.
        """
        premises = self._open
        if premises.credits is not None:
            return max(0, premises.credits.size - premises.credits.free)
        count = self._reading.count()
        if count is not None:
            return count
        return -(-waiting_bytes(premises.pipe.number) // _TYPICAL) + (not premises.status.drained)

    def empty(self) -> bool:
        """Whether no message waits that has reached the mailbox.

        True for a moment, too, in which another process fetches what waits.
        """
        premises = self._open
        return not waiting_bytes(premises.pipe.number) and premises.status.drained

    def full(self) -> bool:
        """Whether a bounded mailbox has no free place; False for an unbounded one."""
        credits = self._open.credits
        return credits is not None and credits.free == 0

    def release(self) -> None:
        """Give up reading, so that another process may; what waits stays. Waits for a thread in `get`."""
        self._reading.pause()

    def close(self) -> None:
        """Neither put nor get any more in this process; what waits here is still carried."""
        self._premises = None
        self._finalizer()

    def join_thread(self) -> None:
        """After `close`, wait until what this process has put is out of its hands."""
        if self._premises is not None:
            raise AssertionError(f"Queue {self!r} not closed")
        self._outbox.flush(None)

    def cancel_join_thread(self) -> None:
        """Let the process end without waiting for `join_thread`; what still waits is then lost."""
        self._outbox.joined = False

    def __repr__(self) -> str:
        state = "closed" if self._premises is None else "open"
        return f"<Mailbox {Path(self._address).name} {state}>"

    def __getstate__(self) -> Any:
        premises = self._open
        passed: list[Any] = []
        if get_spawning_popen() is not None:
            passed = [reduction.DupFd(number) for number in (premises.hold.fileno(), *premises.keepers())]
        return self._address, passed, self._overflow, self._codec.limits

    def __setstate__(self, state: Any) -> None:
        address, passed, overflow, limits = state
        if passed:
            hold, *keepers = [descriptor.detach() for descriptor in passed]
            premises = Premises.adopt(RunDirectory.adopt(Path(address), hold), keepers)
        else:
            premises = Premises.attach(address)
        self._occupy(premises, overflow, limits)

    @property
    def _open(self) -> Premises:
        premises = self._premises
        if premises is None:
            raise MailboxClosed(repr(self))
        return premises

    def _occupy(self, premises: Premises, overflow: int, limits: Limits) -> None:
        self._premises = premises
        self._address = str(premises.hold.path)
        self._bound = 0 if premises.credits is None else premises.credits.size
        self._overflow = overflow
        self._codec = Codec(limits=limits)
        name = f"mailbox {premises.hold.path.name}"
        self._outbox = Outbox(
            Pipe(premises.pipe, name),
            premises.layout.places,
            name=name,
            carrier=PROCESS_DRAINER,
            limit=overflow,
        )
        self._reading = Reading(repr(self), premises)
        self._mortal()
        renew_after_fork(self)
        util.register_after_fork(self, Mailbox._mortal)  # a multiprocessing child forgets its finalizers

    def _mortal(self) -> None:
        """Have what this process has of the mailbox end with this object, or with the process."""
        if self._premises is not None:
            self._finalizer = util.Finalize(
                self, _end, args=(self._reading, self._outbox, self._premises.hold), exitpriority=-10
            )

    def renew(self) -> None:
        """In a forked child: do not read what the parent reads, and let go of the mailbox by itself."""
        self._reading.after_fork()
        self._mortal()

    def _put(
        self, message: bytes, segments: Sequence[bytes], moment: float | None, taken: Credits | None
    ) -> None:
        """Put a message, or give its place back, if one was taken.

        What a signal handler raises in the midst of it may come when the message has gone: its place is
        then the reader's to give back, or to mend.
        """
        while True:
            try:
                self._outbox.put(message, segments)
            except (MailboxFull, MailboxClosed) as refusal:
                try:
                    self._wait_for_room(refusal, len(message) + sum(map(len, segments)), moment)
                except BaseException:
                    if taken is not None:
                        taken.give()
                    raise
            else:
                return

    def _wait_for_room(self, refusal: MailboxFull | MailboxClosed, size: int, moment: float | None) -> None:
        """Wait until a message of `size` bytes may be put; raises what refused it if that is in vain."""
        if isinstance(refusal, DiskFull | Stranded | MailboxClosed):
            raise refusal
        if not self._outbox.wait_for_room(size, left(moment)) and over(moment):
            raise refusal

    def _take_place(self, places: Credits, moment: float | None) -> None:
        poll = select.poll()
        poll.register(places, select.POLLIN)
        while not places.take():
            if not poll.poll(left(moment) * 1000) and over(moment):
                raise MailboxFull(repr(self), f"{places.size} messages wait already")


def _end(reading: Reading, outbox: Outbox, hold: RunDirectory) -> None:
    reading.end()
    outbox.finish(hold.release)
