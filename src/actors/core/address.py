"""Where an actor lives: the part of a reference that travels in messages."""

import attrs


@attrs.frozen(cache_hash=True)
class Address:
    """Names one actor for ever: ids are never reused, so a later actor of the same name differs.

    Two addresses are equal when they name the same actor of the same system; the path is for people.
    """

    system: str
    id: int
    path: str = attrs.field(eq=False)
    key: str = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(lambda self: f"{self.system}/{self.id}", takes_self=True),
    )
    """Equal where addresses are, and looked up in a third of their time."""

    def __str__(self) -> str:
        return self.path
