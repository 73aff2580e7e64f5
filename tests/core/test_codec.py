"""What encodes decodes to an equal value; what cannot travel is refused where it is sent."""

import collections
import enum
import functools
import socket
import struct
import sys
import threading
import typing
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import reduce
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import pytest

from actors.core.address import Address
from actors.core.codec import SEGMENT_MIN, Codec, Limits, wire
from actors.core.errors import DecodeError, EncodeError
from actors.core.message import Message, Request
from actors.core.ref import ActorRef
from support.ids import stable

T = TypeVar("T")
CODEC = Codec()
BERLIN = ZoneInfo("Europe/Berlin")


class Colour(enum.Enum):
    RED = "red"
    SCARLET = "red"  # noqa: PIE796 - an alias of RED


class Level(enum.IntEnum):
    LOW = 1


class Mood(enum.StrEnum):
    GLAD = "glad"


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Item(Message):
    price: int


class Order(Message):
    items: list[Item]
    note: str | None = None


class Anything(Message):
    value: Any


class Box(Message, Generic[T]):
    content: T


class Blob(Message):
    data: bytes


class Balance(Request[int]):
    pass


class Odd(Message):
    _secret: int = attrs.field(alias="key")
    doubled: int = attrs.field(init=False, default=7)
    upper: str = attrs.field(converter=str.upper, kw_only=True, default="")
    made: list[int] = attrs.field(factory=list[int])


def travel(value: Any, codec: Codec = CODEC) -> Any:
    return codec.decode(*codec.encode(value))


def refuse(value: Any, codec: Codec = CODEC) -> EncodeError:
    with pytest.raises(EncodeError) as caught:
        codec.encode(value)
    return caught.value


def reject(stream: bytes, segments: tuple[bytes, ...] = (), codec: Codec = CODEC) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        codec.decode(stream, segments)
    return caught.value


def nest(depth: int, wrap: Callable[[Any], Any], core: Any = 1) -> Any:
    return reduce(lambda inner, _: wrap(inner), range(depth), core)


VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**63,
    2**64 - 1,
    2**64,
    -(2**63),
    -(2**63) - 1,
    10**400,
    1.5,
    float("inf"),
    "grüße",
    "\ud800 alone",
    ["\udfff", ("\ud800", {"\ud800": "\ud801"})],
    b"bytes",
    [1, [2, []]],
    {"a": {}},
    {1: "int", 1.5: "float", None: "none", True + 1: "two", b"b": "bytes", (1, (2,)): "tuple"},
    {frozenset({1}): 1, Item(1): 2, Colour.RED: 3, 2**70: 4, "\ud800": 5},
    (),
    (1, [2], (3,)),
    {1, "a"},
    frozenset({1, (2,)}),
    1 + 2j,
    datetime(2024, 1, 2, 3, 4, 5, 6),
    datetime(2024, 1, 2, tzinfo=UTC),
    datetime(2024, 1, 2, tzinfo=timezone(timedelta(hours=-3, seconds=7))),
    datetime(2024, 1, 2, tzinfo=timezone(timedelta(microseconds=1))),
    datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=BERLIN),
    datetime(2024, 10, 27, 2, 30, fold=1),
    datetime.min,
    datetime.max,
    date(2024, 1, 2),
    time(1, 2, 3, 4, fold=1),
    time(1, tzinfo=UTC),
    time(1, tzinfo=BERLIN),
    timedelta(days=-1, microseconds=1),
    timedelta.max,
    UUID(int=5),
    Decimal("1.50"),
    Decimal("-Infinity"),
    Path("/a/b"),
    PurePosixPath("c"),
    PureWindowsPath("c:/d"),
    Path("/\udcff"),
    Colour.RED,
    Colour.SCARLET,
    Level.LOW,
    Mood.GLAD,
    Rights.READ | Rights.WRITE,
    Rights(0),
    Item(1),
    Order([Item(1), Item(2)], "x"),
    Order([]),
    Balance(),
    Anything([Item(1), (Item(2), {"k": {Item(3)}})]),
    Box(5),
    Box(Box("x")),
    Odd(3, upper="x", made=[1]),
]


@pytest.mark.parametrize("value", VALUES, ids=stable)
def test_a_value_arrives_equal_and_of_its_type(value: Any) -> None:
    arrived = travel(value)
    assert arrived == value
    assert type(arrived) is type(value)
    assert repr(arrived) == repr(value)


def test_the_fold_of_a_repeated_hour_arrives() -> None:
    for moment in (datetime(2024, 10, 27, 2, 30, fold=1), datetime(2024, 10, 27, 2, fold=1, tzinfo=BERLIN)):
        assert travel(moment).fold == 1


def test_enum_members_arrive_as_themselves() -> None:
    for member in (Colour.RED, Level.LOW, Mood.GLAD, Rights.READ):
        assert travel([member])[0] is member


def test_buffers_arrive_as_bytes() -> None:
    assert travel([bytearray(b"a"), memoryview(b"bc")]) == [b"a", b"bc"]
    for buffer in (bytearray(b"a"), memoryview(b"a"), bytearray(b"a" * SEGMENT_MIN)):
        assert travel(Blob(typing.cast("bytes", buffer))) == Blob(bytes(buffer))


def test_a_reference_is_bound_where_it_arrives() -> None:
    seen: list[Address] = []

    def bind(address: Address) -> ActorRef:
        seen.append(address)
        return ActorRef(address)

    ref = ActorRef(Address("demo", 7, "bank/ada"))
    assert travel(Anything([ref]), Codec(bind=bind)) == Anything([ref])
    assert seen == [ref.address]
    assert seen[0].path == "bank/ada"


def test_what_a_message_has_worked_out_for_itself_stays_behind() -> None:
    class Total(Message):
        parts: list[int]

        @functools.cached_property
        def deep(self) -> Any:
            return nest(200, lambda inner: [inner], open)

    total = Total([1] * 200)
    assert total.deep
    assert vars(travel(total)) == {"parts": [1] * 200}


class TestSegments:
    def test_small_bytes_stay_in_the_stream(self) -> None:
        assert CODEC.encode(Blob(b"x" * (SEGMENT_MIN - 1)))[1] == ()

    def test_large_bytes_travel_beside_it_without_a_copy(self) -> None:
        data = b"x" * SEGMENT_MIN
        for value in (
            data,
            Blob(data),
            {"a": data},
            [data],
            (data,),
            {"a": [{"b": (data,)}]},
            [Blob(data)],
        ):
            stream, segments = CODEC.encode(value)
            assert len(stream) < 100
            assert len(segments) == 1
            assert segments[0] is data

    def test_larger_ones_do_wherever_they_stand(self) -> None:
        data = b"x" * 2**16
        value = nest(20, lambda inner: [0] * 100 + [inner], data)
        stream, segments = CODEC.encode(value)
        assert len(segments) == 1
        assert segments[0] is data
        assert CODEC.decode(stream, segments) == value

    def test_they_keep_their_order(self) -> None:
        value = Anything([bytes([n]) * SEGMENT_MIN for n in range(5)])
        assert travel(value) == value

    def test_they_may_be_keys_and_stand_beside_lone_surrogates(self) -> None:
        value = {b"k" * SEGMENT_MIN: ["\ud800", b"v" * SEGMENT_MIN]}
        assert len(CODEC.encode(value)[1]) == 2
        assert travel(value) == value

    def test_what_can_change_is_copied(self) -> None:
        data = bytearray(b"x" * SEGMENT_MIN)
        stream, segments = CODEC.encode([data])
        data[0] = 0
        assert CODEC.decode(stream, segments) == [b"x" * SEGMENT_MIN]

    def test_the_value_itself_is_left_alone(self) -> None:
        value = Anything({"a": [b"x" * SEGMENT_MIN]})
        CODEC.encode(value)
        assert value == Anything({"a": [b"x" * SEGMENT_MIN]})

    def test_one_that_is_missing_is_an_error(self) -> None:
        stream, _ = CODEC.encode(b"x" * SEGMENT_MIN)
        assert "segment 0 of 0" in str(reject(stream))


class Plain:
    pass


class SubDict(dict[str, int]):
    pass


class Point(NamedTuple):
    x: int


SCALAR = type("int64", (type("generic", (), {"__module__": "numpy"}),), {"__module__": "numpy"})
ARRAY = type("Matrix", (type("ndarray", (), {"__module__": "numpy"}),), {})
"""Named as numpy's are, which is not installed for this."""


class Zone(tzinfo):
    def utcoffset(self, dt: datetime | None, /) -> timedelta:
        return timedelta(0)

    dst = utcoffset

    def tzname(self, dt: datetime | None, /) -> str:
        return "here"


@pytest.mark.parametrize(
    ("value", "place", "problem"),
    [
        (Plain(), "message", "Plain"),
        ([1, {"a": Plain()}], "message[1]['a']", "make it a Message subclass or send plain values"),
        (Anything((0, {"k": [len]})), "Anything.value[1]['k'][0]", "builtin_function_or_method"),
        (Order([Item(1), Item("x")]), "Order.items[1].price", "expected int, got str 'x'"),  # type: ignore[arg-type]  # pyright: ignore
        (Order([1]), "Order.items[0]", "expected Item, got int 1"),  # type: ignore[list-item]  # pyright: ignore
        ({Plain: 1}, "message key type", "cannot travel"),
        ({1: {Plain()}}, "message[1]{item}", "cannot travel"),
        (SubDict(), "message", "it would arrive as a plain dict: send dict(...) of it"),
        ([collections.OrderedDict[str, int]()], "message[0]", "send dict(...) of it"),
        (Point(1), "message", "send tuple(...) of it"),
        (type("Text", (str,), {})("x"), "message", "send str(...) of it"),
        ([(number for number in (1,))], "message[0]", "it yields; return a list"),
        (SCALAR(), "message", "send .item() of it"),
        ([ARRAY()], "message[0]", "send .tolist() of it, or .tobytes() with its shape and dtype"),
        (type("float64", (SCALAR, float), {})(), "message", "send float(...) of it"),
        (datetime(2024, 1, 1, tzinfo=Zone()), "message", "use datetime.timezone or zoneinfo"),
        (enum.Enum("Local", "A").A, "message", "define it at module level"),  # type: ignore[attr-defined]  # pyright: ignore
        (Message, "message", "cannot travel"),
        (Message(), "Message", "send a subclass of it"),
        ({"x" * 10**6: Plain()}, "message['xxx", "cannot travel"),
    ],
    ids=stable,
)
def test_what_cannot_travel_is_refused_with_its_place(value: Any, place: str, problem: str) -> None:
    error = refuse(value)
    assert error.place.startswith(place)
    assert problem in error.problem


def test_a_socket_cannot_travel() -> None:
    with socket.socket() as connection:
        assert "socket" in str(refuse({"s": connection}))


def test_an_unreadable_buffer_is_refused() -> None:
    assert refuse([memoryview(b"abcd")[::2]]).place == "message[0]"


def test_a_value_that_contains_itself_is_refused() -> None:
    plain: list[Any] = []
    plain.append(plain)
    through_tuple: list[Any] = []
    through_tuple.append((through_tuple,))
    through_message = Anything([])
    through_message.value.append(through_message)
    branching: list[Any] = []
    branching.append(((branching, branching),) * 2)
    for value in (plain, through_tuple, through_message, branching):
        assert "contains itself" in str(refuse(value))


def test_the_same_value_twice_is_no_cycle() -> None:
    item = Item(1)
    assert travel([item, [item, (item,)]]) == [item, [item, (item,)]]


def test_a_lie_about_its_class_is_seen_through() -> None:
    def lie(_self: object) -> type:
        raise RuntimeError

    liar = type("Liar", (), {"__class__": property(lie)})
    assert "Liar" in str(refuse([liar()]))


WRAPS: list[Callable[[Any], Any]] = [
    lambda inner: [inner],
    lambda inner: {"k": inner},
    lambda inner: (inner,),
    lambda inner: frozenset({inner}),
    Anything,
    lambda inner: [0, (inner,)],
]


@pytest.mark.parametrize("wrap", WRAPS, ids=["list", "dict", "tuple", "set", "message", "mixed"])
@pytest.mark.parametrize("depth", [1, 2, 5, 100, 128])
def test_the_limit_of_depth_is_the_same_on_both_sides(wrap: Callable[[Any], Any], depth: int) -> None:
    exact, loose = Codec(limits=Limits(depth=depth)), Codec(limits=Limits(depth=128))
    levels = 2 if wrap is WRAPS[-1] else 1
    fitting = nest(depth // levels, wrap)
    assert travel(fitting, exact) == fitting
    deeper = wrap(fitting)
    assert f"nested more than {depth} levels deep" in str(refuse(deeper, exact))
    if depth < 127:
        reject(*loose.encode(deeper), codec=exact)


def test_keys_count_as_deep_as_values() -> None:
    codec = Codec(limits=Limits(depth=3))
    assert travel({((),): 1}, codec) == {((),): 1}
    refuse({(((),),): 1}, codec)
    reject(*CODEC.encode({(((),),): 1}), codec=codec)


def test_wide_values_of_little_depth_are_let_pass() -> None:
    for value in ([[n, 1.1 * n] for n in range(500)], [(n, [n]) for n in range(500)], [Item(1)] * 500):
        assert travel(value, Codec(limits=Limits(depth=3))) == value


def test_depth_takes_little_of_a_small_stack() -> None:
    outcome: list[Any] = []

    def run() -> None:
        value = nest(100, lambda inner: (inner,))
        outcome.append(travel(value) == value)
        outcome.append(refuse(nest(99, lambda inner: (nest(200, lambda x: [x], inner),))))

    before = threading.stack_size(1024 * 1024)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    threading.stack_size(before)
    assert outcome[0] is True
    assert "levels deep" in str(outcome[1])


def test_running_out_of_stack_is_an_encode_error_and_a_decode_error() -> None:
    value = nest(100, lambda inner: (inner,))
    stream, _ = CODEC.encode(value)
    limit = sys.getrecursionlimit()
    depth = len(_frames())
    try:
        sys.setrecursionlimit(depth + 60)
        refuse(value)
        reject(stream)
    finally:
        sys.setrecursionlimit(limit)


def _frames() -> list[Any]:
    frame: Any = sys._getframe()  # pyright: ignore[reportPrivateUsage]
    found: list[Any] = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


@pytest.mark.parametrize(
    "value", [[0] * 11, [[0] * 11], ((0,) * 11,), set(range(11)), dict.fromkeys(range(11), 0)], ids=stable
)
def test_the_limit_of_items_is_the_same_on_both_sides(value: Any) -> None:
    codec = Codec(limits=Limits(items=10))
    assert "11 items, where 10 are allowed" in str(refuse(value, codec))
    reject(*CODEC.encode(value), codec=codec)
    fitting = [[0] * 10, (0,) * 10, dict.fromkeys(range(10), 0)]
    assert travel(fitting, codec) == fitting


def test_the_limit_of_size_counts_stream_and_segments_on_both_sides() -> None:
    codec = Codec(limits=Limits(size=2 * SEGMENT_MIN))
    exact = [b"x" * SEGMENT_MIN, "y" * (SEGMENT_MIN - 10)]
    assert sum(map(len, CODEC.encode(exact)[1])) + len(CODEC.encode(exact)[0]) == 2 * SEGMENT_MIN
    assert travel(exact, codec) == exact
    refuse([exact], codec)
    reject(*CODEC.encode([exact]), codec=codec)
    too_large = [b"x" * SEGMENT_MIN, b"y" * SEGMENT_MIN]
    assert f"where {2 * SEGMENT_MIN} are allowed" in str(refuse(too_large, codec))
    reject(*CODEC.encode(too_large), codec=codec)


@pytest.mark.parametrize("limits", [{"size": 0}, {"depth": 0}, {"depth": 129}, {"items": -1}], ids=stable)
def test_limits_are_validated_when_made(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be a whole number, at least"):
        Limits(**limits)


def pack(value: Any) -> bytes:
    return wire.pack(value, repr, None)


def extension(code: int, payload: bytes) -> bytes:
    return pack(wire.extension(code, payload))


def wire_message(tag: str, fields: Any) -> bytes:
    name = tag.encode()
    return b"\xc1" + struct.pack(">H", len(name)) + name + pack(fields)


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"\xc1",
        b"\xc1\x00",
        b"\xc1\xff\xff",
        b"\xc1\x00\x01\xff\x80",
        b"\x01\x02",
        b"\x92\x01",
        b"\xdd\xff\xff\xff\xff",
        b"\xdd\x00\xff\xff\xff" * 30,
        b"\xdf\x7f\xff\xff\xff",
        b"\xdb\x7f\xff\xff\xff",
        b"\x81\x90\x01",
        b"\xa1\xff",
        b"\x91" * 5000 + b"\xc0",
        extension(99, b""),
        extension(1, b""),
        extension(2, b"\x01"),
        extension(2, b"\x91\x01\x01"),
        extension(3, b"\x91\x90"),
        extension(6, b"\x93\x01\x01\x01"),
        extension(9, b"nonsense"),
        extension(9, b"02024-01-01T00:00:00[../../etc/passwd]"),
        extension(13, b"short"),
        extension(14, b"x"),
        extension(15, b"short"),
        extension(16, b"?x"),
        wire_message(Item.__tag__, [1]),
        wire_message(Item.__tag__, {1: 2}),
    ],
    ids=lambda stream: repr(stream[:16]),
)
def test_bad_bytes_are_a_decode_error(stream: bytes) -> None:
    reject(stream)
    reject(memoryview(stream))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_bytes_after_a_value_are_refused_at_every_level() -> None:
    for depth in range(20):
        stream = nest(depth, lambda inner: extension(2, b"\x91" + inner), b"\x01")
        assert CODEC.decode(stream) == nest(depth, lambda inner: (inner,))
        reject(nest(depth, lambda inner: extension(2, b"\x91" + inner), b"\x01\x01"))


def test_messages_nested_without_end_are_refused_at_the_limit() -> None:
    error = reject(nest(2000, lambda inner: extension(2, b"\x91" + inner), b"\x01"))
    assert error.problem == "nested more than 100 levels deep"


def test_references_inside_references_do_not_use_up_the_stack() -> None:
    reject(nest(2000, lambda inner: extension(6, b"\x93" + inner + b"\xa0\xa0"), b"\xa0"))


def test_text_of_two_byte_letters_takes_no_longer_to_encode() -> None:
    assert travel("ƒ" * 2**20) == "ƒ" * 2**20


def test_an_unknown_tag_is_named_with_the_way_out() -> None:
    error = reject(wire_message("elsewhere:Thing", {}))
    assert "'elsewhere:Thing'" in error.problem
    assert "import the module which defines" in error.problem


def test_one_of_a_class_within_a_function_is_told_where_to_define_it() -> None:
    error = reject(wire_message("somewhere:main.<locals>.Local", {}))
    assert error.problem.endswith("defined inside a function; define it at the top of a module")


def test_a_field_of_the_wrong_type_is_named() -> None:
    error = reject(wire_message(Item.__tag__, {"price": "x"}))
    assert str(error) == "Item.price: expected int, got str 'x'"


def test_a_validator_holds_where_a_message_arrives() -> None:
    class Positive(Message):
        amount: int = attrs.field(validator=attrs.validators.gt(0))

    assert "amount" in str(reject(wire_message(Positive.__tag__, {"amount": -1})))


class TestVersions:
    def test_a_missing_field_is_named(self) -> None:
        assert str(reject(wire_message(Item.__tag__, {}))).startswith("Item: missing field 'price'")

    def test_a_new_field_with_a_default_reads_old_messages(self) -> None:
        assert CODEC.decode(wire_message(Order.__tag__, {"items": []})) == Order([])

    def test_an_unknown_field_is_named(self) -> None:
        error = reject(wire_message(Item.__tag__, {"price": 1, "colour": "red"}))
        assert str(error).startswith("Item: unknown field 'colour'")
        assert "ignore_unknown=True" in error.problem

    def test_unless_the_class_ignores_it(self) -> None:
        class Lenient(Message, ignore_unknown=True):
            price: int

        old = wire_message(Lenient.__tag__, {"price": 1, "colour": "red"})
        assert CODEC.decode(old) == Lenient(1)
        reject(wire_message(Lenient.__tag__, {"price": "x", "colour": "red"}))

    def test_an_unknown_field_does_not_stand_in_for_a_missing_one(self) -> None:
        assert "unknown field 'cost'" in str(reject(wire_message(Item.__tag__, {"cost": 1})))

    def test_a_tag_keeps_a_class_readable_that_has_moved(self) -> None:
        class Moved(Message, tag="price/1"):
            price: int

        assert CODEC.decode(wire_message("price/1", {"price": 1})) == Moved(1)


class TestNothingNamedByAMessageRuns:
    def enum_stream(self, name: str) -> bytes:
        return extension(8, name.encode())

    def test_no_module_is_imported(self) -> None:
        sys.modules.pop("this", None)
        assert "unknown enum" in str(reject(self.enum_stream("this:Zen\0A")))
        assert "this" not in sys.modules

    def test_no_attribute_hook_of_a_module_is_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        calls: list[str] = []
        monkeypatch.setattr(sys.modules[__name__], "__getattr__", calls.append, raising=False)
        reject(self.enum_stream(f"{__name__}:Missing\0A"))
        assert calls == []

    def test_nothing_but_an_enum_is_found(self) -> None:
        for name in ("os:system", "builtins:print", "enum:Enum", f"{__name__}:CODEC", ":", "", "os:"):
            reject(self.enum_stream(f"{name}\0A"))

    def test_a_member_that_does_not_exist_is_named(self) -> None:
        assert "'BLUE'" in str(reject(self.enum_stream(f"{__name__}:Colour\0BLUE")))


def test_interrupts_are_not_swallowed() -> None:
    class Interrupting(Message):
        value: int = attrs.field(converter=lambda _: (_ for _ in ()).throw(KeyboardInterrupt))

    with pytest.raises(KeyboardInterrupt):
        CODEC.decode(wire_message(Interrupting.__tag__, {"value": 1}))


class Alarm(TimeoutError):
    """What a signal handler of the user's raises."""


def alarm(*_: Any) -> Any:
    raise Alarm("the user's own time limit")


@pytest.mark.parametrize("value", [{"a": 1}, [1], Item(1)], ids=["dict", "list", "message"])
def test_what_a_signal_handler_raises_comes_through(value: Any) -> None:
    """Raised on whatever line of the codec: by a trace function here, as a signal may come on each."""
    stream, _ = CODEC.encode(value)
    for work in (lambda: CODEC.encode(value), lambda: CODEC.decode(stream)):
        lines = 0
        while interrupted(work, after=lines):
            lines += 1
        assert lines > 3


def interrupted(work: Callable[[], Any], *, after: int) -> bool:
    """Whether the alarm has come through, raised after so many lines; not if the work ended before."""
    left = after

    def trace(_frame: Any, event: str, _argument: Any) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left == -1:
                alarm()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except Alarm:
        return True
    finally:
        sys.settrace(before)
    assert left >= 0, "the alarm was swallowed"
    return False


def test_whatever_a_converter_raises_is_a_decode_error() -> None:
    class Failing(Message):
        value: int = attrs.field(converter=lambda value: alarm() if value else value)

    stream = wire_message(Failing.__tag__, {"value": 1})
    error = reject(stream)
    assert str(error) == "message: not a message: the user's own time limit"
    assert isinstance(error.__cause__, Alarm)


@pytest.mark.parametrize("zone", ["Europe", "x" * 300], ids=["directory", "too long"])
def test_a_zone_that_no_file_is_named_after_is_a_decode_error(zone: str) -> None:
    payload = f"02020-01-01T00:00:00[{zone}]".encode()
    reject(b"\xc8" + struct.pack(">Hb", len(payload), wire.DATETIME) + payload)


def test_a_codec_may_be_used_inside_itself_and_by_many_threads() -> None:
    value = Anything([(n, Item(n), {"k": {n}}) for n in range(50)])
    wrong: list[Any] = []

    def run() -> None:
        wrong.extend(True for _ in range(50) if travel(value) != value)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
