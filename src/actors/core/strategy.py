"""How a supervisor treats its children as a group."""

from enum import StrEnum


class Strategy(StrEnum):
    """Which children of a supervisor are restarted when one of them ends."""

    ONE_FOR_ONE = "one_for_one"
    """That one."""
    ONE_FOR_ALL = "one_for_all"
    """All of them."""
    REST_FOR_ONE = "rest_for_one"
    """That one and those started after it."""


class AutoShutdown(StrEnum):
    """When a supervisor ends because significant children of it have ended by themselves, for good."""

    NEVER = "never"
    ANY_SIGNIFICANT = "any_significant"
    """With the first of them."""
    ALL_SIGNIFICANT = "all_significant"
    """With the last of them."""


class Escalation(StrEnum):
    """What a system does with a branch below its root that was restarted too often."""

    STOP_BRANCH = "stop_branch"
    """The branch is stopped for good and reported; the others live on."""
    SHUT_DOWN = "shut_down"
    """The whole system is stopped, in order."""
