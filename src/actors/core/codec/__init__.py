"""Values to bytes and back: what encodes decodes to an equal value of the same type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from actors.core.address import Address
from actors.core.codec.decoding import Decoding
from actors.core.codec.diagnosis import diagnose, root
from actors.core.codec.encoding import Encoding, has_large_buffer
from actors.core.codec.flat import DUMPS, LOADS
from actors.core.codec.limits import DEFAULT_LIMITS, SEGMENT_MIN, Limits
from actors.core.codec.nesting import keeps_limits
from actors.core.codec.wire import FAULTS, NEVER_USED, SCALAR_HEADS, kind_end, unpack, unpack_plain
from actors.core.errors import DecodeError, EncodeError
from actors.core.glance import reason
from actors.core.message import lookup_packed
from actors.core.ref import ActorRef

__all__ = ["SEGMENT_MIN", "Codec", "Limits", "Segments"]

Segments = tuple[bytes, ...]
"""Large ``bytes`` of a message, which travel beside its stream."""


class Reader(NamedTuple):
    """A short way to decode streams of one kind that have no segments."""

    load: Callable[[bytes], Any]
    """Makes the value of a stream; where it raises whatever it does, `Codec.decode` knows more."""
    start: int
    """How many bytes of the stream's beginning it does without."""


class Codec:
    """Makes bytes of messages and messages of bytes.

    Messages are `Message` objects or plain values: None, bool, int, float, str, bytes, list, dict,
    tuple, set, frozenset, complex, datetime, date, time, timedelta, UUID, Decimal, Enum members,
    paths and `ActorRef`. Any of them may be an item, and any hashable one a key. What encodes
    decodes to an equal value of the same type; only ``bytearray`` and ``memoryview`` arrive as
    ``bytes``.

    Receiving never imports a module nor runs code which a message names. A codec has no state and
    may be shared by threads. `bind` makes a reference of each address that arrives.
    """

    __slots__ = ("_flat", "_short", "bind", "limits")

    def __init__(
        self, *, limits: Limits = DEFAULT_LIMITS, bind: Callable[[Address], ActorRef] = ActorRef
    ) -> None:
        self.limits = limits
        self.bind = bind
        self._short = min(limits.depth, limits.items, limits.size)
        """The length of streams that cannot nest too deeply, nor hold too many items."""
        self._flat = min(limits.size, limits.items)
        """The same, of streams without nesting."""

    def encode(self, value: Any) -> tuple[bytes, Segments]:
        """The value as a stream, and the large ``bytes`` in it as segments (mostly none).

        Raises `EncodeError`, which names the exact place, if the value cannot travel.
        """
        try:
            stream = DUMPS[type(value)](value)
            if stream is not None and len(stream) <= self._flat:
                return stream, ()
        except FAULTS:  # the general way finds it again, or another way
            pass
        try:
            return self._encode(value)
        except Exception as error:
            explained = self._explain(value, error)
            if explained is None:
                raise
            raise explained from error

    def decode(self, stream: bytes | memoryview, segments: Sequence[bytes] = ()) -> Any:
        """The value that was encoded.

        Raises `DecodeError`, whatever the bytes are. Any other exception is a signal handler's, or one
        that a class of the user's raises when it is hashed or compared.
        """
        try:
            if len(stream) <= self._flat:
                head = stream[0]
                if head == NEVER_USED:
                    end = 3 + (stream[1] << 8 | stream[2])
                    cls = lookup_packed(stream[3:end])
                    if cls is not None and (load := LOADS[cls]) is not None:
                        return load(stream[end:])
                elif head in SCALAR_HEADS:
                    return unpack_plain(stream)
                elif len(stream) <= self._short and not segments:
                    return unpack(stream, self._extension)
        except FAULTS:  # likewise
            pass
        try:
            return self._decode(stream, segments)
        except DecodeError:
            raise
        except EncodeError as error:  # a class of this process whose fields cannot travel
            raise DecodeError(error.place, error.problem) from error
        except FAULTS as error:
            raise DecodeError("message", f"not a message: {reason(error)}") from error

    def reader(self, stream: bytes, longest: int) -> Reader:
        """What decodes streams of up to `longest` bytes that begin as this one, up to `kind_end`."""
        end = kind_end(stream, 0)
        if end == 1:
            return Reader(self._decode_container, 0)
        cls = lookup_packed(stream[3:end]) if end > 1 else None
        load = None if cls is None or longest > self._flat else LOADS[cls]
        return Reader(self.decode, 0) if load is None else Reader(load, end)

    def _explain(self, value: Any, error: Exception) -> EncodeError | None:
        """What is wrong with a value that has raised; None if the error is not the value's."""
        try:
            diagnose(value, self.limits)
        except EncodeError as found:
            return found
        except (*FAULTS, type(error)) as surprise:  # too deep for the stack, or an object that bites
            return EncodeError(root(value), f"{reason(error)}, and {reason(surprise)}")
        return EncodeError(root(value), reason(error)) if isinstance(error, FAULTS) else None

    def _encode(self, value: Any) -> tuple[bytes, Segments]:
        encoding = Encoding(self.limits)
        try:
            stream = encoding.stream(value)
        except UnicodeEncodeError:  # a str with lone surrogates
            encoding = Encoding(self.limits, errors="surrogatepass")
            stream = encoding.stream(value)
        if has_large_buffer(stream):
            encoding = Encoding(self.limits, lifting=True, errors=encoding.errors)
            stream = encoding.stream(value)
        segments = tuple(encoding.segments)
        self._check_size(stream, segments)
        if len(stream) > self._short:
            self._check_nesting(value, stream, encoding.nested)
        return stream, segments

    def _decode(self, stream: bytes | memoryview, segments: Sequence[bytes]) -> Any:
        decoding = Decoding(self.limits, self.bind, segments)
        self._check_size(stream, segments)
        value = decoding.value(stream)
        if len(stream) > self._short:
            self._check_nesting(value, stream, decoding.nested)
        return value

    def _decode_container(self, stream: bytes) -> Any:
        """The value of a list or dict that has no segments."""
        return self.decode(stream) if len(stream) > self._short else unpack(stream, self._extension)

    def _extension(self, code: int, payload: bytes) -> Any:
        return Decoding(self.limits, self.bind, ()).hook(code, payload)

    def _check_size(self, stream: bytes | memoryview, segments: Sequence[bytes]) -> None:
        size = len(stream) + sum(map(len, segments)) if segments else len(stream)
        if size > self.limits.size:
            raise ValueError(
                f"{size} bytes, where {self.limits.size} are allowed; "
                "send it in parts, or raise the limit `size`"
            )

    def _check_nesting(self, value: Any, stream: bytes | memoryview, nested: bool) -> None:
        if not keeps_limits(value, stream, self.limits, has_extensions=nested):
            raise ValueError(
                f"nested more than {self.limits.depth} levels deep, "
                f"or more than {self.limits.items} items in one container"
            )
