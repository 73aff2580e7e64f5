"""What can be spawned."""


class Spawnable:
    """The common base of `Actor` and `Supervisor`."""
