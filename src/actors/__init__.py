"""Actors in processes of their own: kill -9 any of them, and the rest keeps working."""

from actors.core.actor import Actor, Supervisor
from actors.core.backoff import Backoff
from actors.core.codec import Codec, Limits
from actors.core.context import Context, Deferred, Timer
from actors.core.errors import (
    ActorCrashed,
    ActorRestarting,
    ActorsError,
    ActorStopped,
    AskCycle,
    AskError,
    AskTimeout,
    DecodeError,
    DiskFull,
    EncodeError,
    HandlerError,
    Ignore,
    MailboxClosed,
    MailboxFull,
    MailboxInUse,
    NameTaken,
    NoSuchActor,
    NotImportable,
    Reject,
    Rejected,
    StartError,
    SystemStopped,
    UnboundRef,
)
from actors.core.message import Message, Request
from actors.core.reason import End, ExitReason
from actors.core.ref import ActorRef
from actors.core.spec import ChildSpec, child
from actors.core.status import ActorState, ActorStatus
from actors.core.strategy import AutoShutdown, Escalation, Strategy
from actors.core.terminated import Terminated
from actors.core.terms import Restart, StartMethod, Terms
from actors.runtime.eventstream import EventStream
from actors.runtime.listener import Listener
from actors.runtime.mailbox.mailbox import Mailbox
from actors.runtime.system import ActorSystem

__version__ = "0.1.0"

__all__ = [
    "Actor",
    "ActorCrashed",
    "ActorRef",
    "ActorRestarting",
    "ActorState",
    "ActorStatus",
    "ActorStopped",
    "ActorSystem",
    "ActorsError",
    "AskCycle",
    "AskError",
    "AskTimeout",
    "AutoShutdown",
    "Backoff",
    "ChildSpec",
    "Codec",
    "Context",
    "DecodeError",
    "Deferred",
    "DiskFull",
    "EncodeError",
    "End",
    "Escalation",
    "EventStream",
    "ExitReason",
    "HandlerError",
    "Ignore",
    "Limits",
    "Listener",
    "Mailbox",
    "MailboxClosed",
    "MailboxFull",
    "MailboxInUse",
    "Message",
    "NameTaken",
    "NoSuchActor",
    "NotImportable",
    "Reject",
    "Rejected",
    "Request",
    "Restart",
    "StartError",
    "StartMethod",
    "Strategy",
    "Supervisor",
    "SystemStopped",
    "Terminated",
    "Terms",
    "Timer",
    "UnboundRef",
    "child",
]
