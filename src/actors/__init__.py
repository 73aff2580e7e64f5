"""Actors in processes of their own: kill -9 any of them, and the rest keeps working."""

from actors.core.actor import Actor, Supervisor
from actors.core.codec import Codec, Limits
from actors.core.context import Context
from actors.core.errors import (
    ActorCrashed,
    ActorsError,
    ActorStopped,
    AskCycle,
    AskError,
    AskTimeout,
    DecodeError,
    DiskFull,
    EncodeError,
    HandlerError,
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
)
from actors.core.message import Message, Request
from actors.core.reason import End, ExitReason
from actors.core.ref import ActorRef
from actors.core.spec import ChildSpec, Restart, StartMethod, Strategy, child
from actors.runtime.eventstream import EventStream
from actors.runtime.mailbox.mailbox import Mailbox
from actors.runtime.system import ActorSystem

__version__ = "0.1.0"

__all__ = [
    "Actor",
    "ActorCrashed",
    "ActorRef",
    "ActorStopped",
    "ActorSystem",
    "ActorsError",
    "AskCycle",
    "AskError",
    "AskTimeout",
    "ChildSpec",
    "Codec",
    "Context",
    "DecodeError",
    "DiskFull",
    "EncodeError",
    "End",
    "EventStream",
    "ExitReason",
    "HandlerError",
    "Limits",
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
    "child",
]
