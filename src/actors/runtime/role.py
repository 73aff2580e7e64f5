"""A role: what a process that waits to be an actor's is told."""

from __future__ import annotations

from typing import Any

from actors.core.address import Address
from actors.core.codec import Codec
from actors.core.message import Message
from actors.runtime.site import Site
from actors.runtime.worker import Assignment


class Role(Message):
    """Of an assignment, that in which the actors of a system differ."""

    id: int
    path: str
    incarnation: int
    blueprint: bytes
    """Packed, and without segments."""

    @classmethod
    def of(cls, assignment: Assignment) -> Role:
        """That of an assignment."""
        return cls(
            id=assignment.address.id,
            path=assignment.address.path,
            incarnation=assignment.incarnation,
            blueprint=assignment.blueprint.packed[0],
        )

    def assignment(self, site: Site, guardian: int, preparation: dict[str, Any] | None) -> Assignment:
        """The assignment, in a system."""
        return Assignment(
            site=site,
            address=Address(site.system, self.id, self.path),
            layout=site.mailbox(self.id),
            incarnation=self.incarnation,
            blueprint=Codec().decode(self.blueprint),
            guardian=guardian,
            preparation=preparation,
        )
