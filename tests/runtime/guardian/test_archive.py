"""The archive keeps the last exits of those who have, or had, a name."""

from actors.core.address import Address
from actors.core.reason import End, ExitReason
from actors.runtime.guardian.archive import Archive


def named(path: str, number: int = 7) -> Address:
    return Address("system", number, path)


def exit_of(code: int, text: str = "") -> ExitReason:
    return ExitReason(end=End.EXIT_CODE, text=text, code=code)


def test_the_last_twenty_exits_of_a_name_are_kept_the_latest_last() -> None:
    archive = Archive()
    for code in range(25):
        archive.add(named("a"), exit_of(code))
    archive.add(named("b"), exit_of(99))
    assert [why.code for why in archive.of("a")] == list(range(5, 25))
    assert [why.code for why in archive.of("b")] == [99]
    assert archive.of("nobody") == []


def test_of_too_many_names_the_one_whose_last_exit_is_longest_ago_is_forgotten() -> None:
    archive = Archive()
    for number in range(1000):
        archive.add(named(f"name {number}"), exit_of(0))
    archive.add(named("name 0"), exit_of(1))
    archive.add(named("one more"), exit_of(0))
    assert len(archive.of("name 0")) == 2
    assert archive.of("name 1") == []
    assert len(archive.of("name 2")) == 1


def test_recyclings_in_a_row_do_not_push_out_what_an_actor_has_died_of() -> None:
    archive = Archive()
    recycled = [ExitReason(end=End.RECYCLED, text=str(number)) for number in range(50)]
    for why in (exit_of(1), *recycled, exit_of(2), *recycled):
        archive.add(named("a"), why)
    assert archive.of("a") == [exit_of(1), recycled[-1], exit_of(2), recycled[-1]]


def test_of_a_long_text_or_traceback_the_beginning_and_the_end_are_kept() -> None:
    archive = Archive()
    text, traceback = (f"{first}{'x' * 10_000}{last}" for first, last in ("?!", "<>"))
    archive.add(named("a"), ExitReason(end=End.EXCEPTION, text=text, traceback=traceback))
    (why,) = archive.of("a")
    assert (why.text[0], why.text[-1], why.traceback[0], why.traceback[-1]) == ("?", "!", "<", ">")
    assert max(len(why.text), len(why.traceback)) < 4010


def test_the_last_exit_of_an_actor_is_not_that_of_another_who_had_its_name() -> None:
    archive = Archive()
    for number, code in ((1, 10), (1, 11), (2, 12)):
        archive.add(named("a", number), exit_of(code))
    last = [archive.last(named("a", number)) for number in (1, 2, 3)]
    assert last == [exit_of(11), exit_of(12), None]
