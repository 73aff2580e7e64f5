"""The undertaker: ends what a dead process had in hand, and what an actor leaves that is gone for good."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, Final

from actors.core import policy, reason
from actors.core.address import Address
from actors.core.codec.caption import caption
from actors.core.envelope import Kind, Mail, Outcome, path_of
from actors.core.errors import MailboxFull
from actors.core.events import ActorStopped
from actors.core.message import changed
from actors.core.reason import End, ExitReason
from actors.core.terminated import Terminated
from actors.runtime.conclusion import by_death
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian import estate
from actors.runtime.guardian.archive import Archive
from actors.runtime.guardian.estate import DeadHand
from actors.runtime.guardian.herald import Herald
from actors.runtime.guardian.letters import Letters
from actors.runtime.guardian.node import Node, State
from actors.runtime.mailbox.status import Word

GONE: Final = ExitReason(end=End.SHUTDOWN, text="was gone already")


class Undertaker:
    """Sees to the message in hand at each death, and at the last one to all that waits."""

    def __init__(
        self,
        endpoint: Endpoint,
        herald: Herald,
        letters: Letters,
        archive: Archive,
        nodes: dict[int, Node],
    ) -> None:
        self._endpoint = endpoint
        self._herald = herald
        self._letters = letters
        self._archive = archive
        self._nodes = nodes

    def settle(self, node: Node, why: ExitReason) -> ExitReason:
        """End what a dead process had in hand; return why it ended, in the light of that."""
        estate.clear(self._endpoint, node)
        self._forget_watches(node)
        why = self._settle_hand(node, why)
        self._count_what_waited(node, why)
        self._archive.add(node.address, why)
        return why

    def _settle_hand(self, node: Node, why: ExitReason) -> ExitReason:
        if not estate.holds(node):
            return why
        with estate.hand(node) as hand:
            if hand.mail is None:
                return why
            if hand.mail.kind == Kind.LAST:  # it had come to the end of its mail, and could not say so
                hand.empty()
                return reason.SHUTDOWN
            why = changed(why, in_hand=caption(hand.mail.body))
            if node.terms.retry and self._tries_again(node, hand):
                hand.put_back()
                return why
            cause = "it was in hand when the actor ended"
            if hand.deaths:
                cause = f"set aside: the actor has died of it {hand.deaths} times"
            self._lose(node, hand.mail, why, cause)
            hand.empty()
        return why

    def _count_what_waited(self, node: Node, why: ExitReason) -> None:
        """Tell how many messages the process had not handed over: they are lost with its memory."""
        lost = estate.read(node, Word.WAITING)
        if lost:
            estate.mark(node, Word.WAITING, 0)  # the next process may end before it has written anything
            self._letters.post("", node.path, f"it waited in its sender, which ended: {why}", b"", lost)

    def _tries_again(self, node: Node, hand: DeadHand) -> bool:
        """Whether the message is for the next incarnation; a stop that took too long is no fault of it."""
        if node.state is not State.STOPPING:
            hand.blame()
        return policy.tries_again(node.terms.retry, hand.deaths)

    def _lose(self, node: Node, mail: Mail, why: ExitReason, cause: str) -> None:
        answered = node.report is not None and node.report.answered
        if mail.kind == Kind.ASK and not answered:
            self._tell_asker(node, mail, why)
        self._letters.post(node.path, path_of(mail.sender), f"{cause}: {why}", mail.body)

    def _tell_asker(self, node: Node, mail: Mail, why: ExitReason) -> None:
        """End a question of which its actor has died."""
        self._end_ask(node, mail, *by_death(why))

    def _end_ask(self, node: Node, mail: Mail, outcome: Outcome, value: Any) -> None:
        self._endpoint.answer(mail.sender, mail.correlation, outcome, value, node.address)

    def bury(self, node: Node, why: ExitReason) -> None:
        """Remove a node that is down: nothing of it stays but what was said about it."""
        if node.state is State.GONE:
            return
        for child in list(node.children):
            self.bury(child, why)
        node.state = State.GONE
        why = changed(why, uptime=node.lived, restarts=max(0, node.incarnation))
        if node.keepers:
            self._end_what_waits(node)
        estate.remove(self._endpoint, node)
        self._endpoint.site.unname(node.path)
        self._nodes.pop(node.address.id, None)
        node.take_fallen()
        if node.parent is not None and node in node.parent.children:
            node.parent.children.remove(node)
        self._tell(node, why)

    def _end_what_waits(self, node: Node) -> None:
        with suppress(FileNotFoundError):
            os.unlink(node.layout.mail)
        last = self._archive.last(node.address)
        died = last if last is not None and last.abnormal else None
        for mail, tried in estate.waiting(node):
            if mail.kind == Kind.ASK and tried and died is not None:  # that is what it has died of
                self._tell_asker(node, mail, died)
            elif mail.kind == Kind.ASK:
                self._end_ask(node, mail, Outcome.STOPPED, tried)
            self._letters.post(node.path, path_of(mail.sender), "the actor has stopped", mail.body)

    def _tell(self, node: Node, why: ExitReason) -> None:
        for watcher in node.watchers.values():
            self.notify(watcher, node.address, why)
        if node.supervises:
            self._archive.add(node.address, why)
        self._herald.publish(ActorStopped(actor=node.ref, reason=why))
        for joiner in node.joiners:  # last: what they do now comes after all that was told
            self._endpoint.answer(joiner.sender, joiner.correlation, Outcome.REPLY, True)

    def notify(self, watcher: Address, ended: Address, why: ExitReason | None = None) -> None:
        """Tell a watcher that an actor is gone; `why` is looked up if that was before."""
        why = why or self._archive.last(ended) or GONE
        body, segments = self._endpoint.codec.encode(Terminated(ref=self._endpoint.bind(ended), reason=why))
        try:
            self._endpoint.notify(watcher, body, segments)
        except MailboxFull as error:
            self._letters.post(watcher.path, "", str(error), body)

    def _forget_watches(self, node: Node) -> None:
        for number, watcher in node.watched.items():
            watched = self._nodes.get(number)
            if watched is not None:
                watched.watchers.pop(watcher, None)
        node.watched.clear()
