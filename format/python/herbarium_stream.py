"""Read and write Herbarium streams: numpy and the zstd program are all it takes.

FORMAT.md describes the format. Copy this file beside your script. A stage of a
pipe that inverts every image and passes on everything else:

    import herbarium_stream as hs

    def negative(doc):
        if doc.kind == "images" and doc.tensors["image"].dtype == "uint8":
            doc.tensors["image"] = 255 - doc.tensors["image"]
        return doc

    hs.main(negative)

    $ ingest photos | python3 negative.py | montage > negative.png
    $ python3 negative.py -o negative.st.zst < photos.st.zst    # whole or not at all

Or by hand:

    for doc in hs.read(open("x.st.zst", "rb")):
        print(doc.meta, {name: t.shape for name, t in doc.tensors.items()})

    with hs.Writer(open("y.st.zst", "wb"), digest=True) as w:   # END, or abort on an exception
        w.write(hs.Document({"kind": "images"}, {"image": np.zeros((1, 3, 8, 8), "uint8")}))

Memory holds one document at a time. Whatever is wrong raises StreamError.
"""

import contextlib
import hashlib
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile

import numpy as np

DTYPES = {"BOOL": "?", "U8": "u1", "I8": "i1", "I16": "<i2", "I32": "<i4", "I64": "<i8",
          "F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8"}
_NAMES = {np.dtype(code): name for name, code in DTYPES.items() if name != "BF16"}

_CONTROL, _ZSTD = b"\x54\x2a\x4d\x18", b"\x28\xb5\x2f\xfd"
_FRAME = 1 << 20  # content of a frame as written
MAX_FRAME, MAX_HEADER, MAX_DOCUMENT, MAX_TENSORS = 8 << 20, 1 << 20, 4 << 30, 4096


class StreamError(Exception):
    """The stream is damaged, or what should be written is no document."""


class Truncated(StreamError):
    """The input ends before its END record."""


class Aborted(StreamError):
    """The command before this one failed; str() is its message."""


class BF16:
    """A bfloat16 tensor: its bits as uint16, because numpy has no such type."""

    def __init__(self, bits):
        self.bits = np.asarray(bits, "<u2")
        self.shape, self.dtype = self.bits.shape, "bfloat16"

    @classmethod
    def of(cls, values):
        """Rounds float32 to nearest, ties to even; a NaN stays one."""
        values = np.asarray(values, "<f4")
        u = values.view("<u4").astype("<u8")
        bits = (u + 0x7FFF + (u >> 16 & 1)) >> 16
        return cls(np.where(np.isnan(values), u >> 16 | 0x40, bits).astype("<u2"))

    def float32(self):
        return (self.bits.astype("<u4") << 16).view("<f4")


class Document:
    """One document: meta maps str to str, tensors map str to ndarray or BF16."""

    def __init__(self, meta=None, tensors=None):
        self.meta = dict(meta or {})
        self.tensors = dict(tensors or {})

    @property
    def kind(self):
        return self.meta.get("kind", "")


def read(file):
    """Yields the documents of the streams in a binary file, verified."""
    first = file.read(1)
    if not first:
        raise Truncated("no input: did the command before this one fail?")
    while first:
        if first + _exactly(file, 3, "BEGIN") != _CONTROL or _control(file) is not None:
            raise StreamError("not a Herbarium stream, or bytes after its end")
        yield from _stream(file)
        first = file.read(1)


def _stream(file):
    documents, payload, digest = 0, 0, hashlib.sha256()
    while True:
        magic = _exactly(file, 4, "a stream before its END")
        if magic == _CONTROL:
            end = _control(file)
            if end is None:
                raise StreamError("BEGIN inside a stream: the END before it is missing")
            if end[:2] != (documents, payload):
                raise StreamError(f"END counts {end[:2]} documents and bytes, but {(documents, payload)} came")
            if end[2] not in (None, digest.digest()):
                raise StreamError("the payload has another SHA-256 than END says: damaged")
            return
        if magic != _ZSTD:
            raise StreamError(f"{magic!r} where a frame should start: damaged")
        documents += 1
        try:
            content, frame = _frame(file, MAX_HEADER)
            head = _decode([frame], content)
            meta, entries, size = _header(head.tobytes())
            if size > MAX_DOCUMENT - len(head):
                raise StreamError(f"{size} bytes, more than {MAX_DOCUMENT}")
            body = _decode(_body(file, size), size)
        except StreamError as e:
            raise e if isinstance(e, Aborted) else type(e)(f"document {documents}: {e}") from None
        digest.update(head)
        digest.update(body)
        payload += len(head) + size
        tensors = {}
        for name, dtype, shape, begin, end in entries:
            t = body[begin:end].view(DTYPES[dtype]).reshape(shape)
            tensors[name] = BF16(t) if dtype == "BF16" else t
        yield Document(meta, tensors)


def _exactly(file, n, where):
    """The next n bytes, in steps: a size that only claims costs no memory."""
    parts, left = [], n
    while left:
        part = file.read(min(left, 1 << 20))
        if not part:
            raise Truncated(f"truncated stream: did the command before this one fail? (it ends in {where})")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _control(file):
    """The rest of a control frame: None for BEGIN, for END what it says."""
    size, = struct.unpack("<I", _exactly(file, 4, "a control record"))
    if size != 8 and not 56 <= size <= 56 + 4096:
        raise StreamError("not a Herbarium stream, or damaged")
    rec = _exactly(file, size, "a control record")
    if size == 8 and rec[:4] == b"TNSB":
        if rec[4] != 1 or rec[5:] != b"\0\0\0":
            raise StreamError(f"stream version {rec[4]}, flags {rec[5:].hex()}: written by a newer program?")
        return None
    if size < 56 or rec[:4] != b"TNSE":
        raise StreamError("not a Herbarium stream, or damaged")
    status, has_digest, reserved, documents, payload = struct.unpack_from("<BBHQQ", rec, 4)
    if status > 1 or has_digest > 1 or reserved:
        raise StreamError("END with unknown status or flags: damaged")
    if status == 1:
        message = "".join(c if c.isprintable() else " " for c in rec[56:].decode("utf-8", "replace"))
        raise Aborted("the command before this one failed: " + message)
    if size > 56 or not has_digest and any(rec[24:]):
        raise StreamError("END with bytes that mean nothing: damaged")
    return documents, payload, rec[24:] if has_digest else None


def _frame(file, most):
    """Content size and bytes of a data frame, after its magic; not decoded."""
    head = _exactly(file, 1, "a frame")
    if head[0] & 0x3F != 0x24:
        raise StreamError("zstd frame without content size, checksum or of several segments: not allowed in a stream")
    width = (1, 2, 4, 8)[head[0] >> 6]
    size = _exactly(file, width, "a frame")
    content = int.from_bytes(size, "little") + (256 if width == 2 else 0)
    if not 0 < content <= min(most, MAX_FRAME):
        raise StreamError(f"zstd frame of {content} bytes where at most {min(most, MAX_FRAME)} may follow: damaged")
    parts, stored, last = [_ZSTD, head, size], 0, False
    while not last:
        block = _exactly(file, 3, "a frame")
        v = int.from_bytes(block, "little")
        last, kind, n = v & 1, v >> 1 & 3, v >> 3
        stored += 3 + (1 if kind == 1 else n)
        if kind == 3 or n > min(content, 128 << 10) or stored > 2 * content + (128 << 10):
            raise StreamError("zstd frame with an impossible block: damaged")
        parts += [block, _exactly(file, 1 if kind == 1 else n, "a frame")]
    parts.append(_exactly(file, 4, "a frame"))
    return content, b"".join(parts)


def _body(file, left):
    """The frames of a body of left bytes."""
    while left:
        magic = _exactly(file, 4, "a body")
        if magic == _CONTROL:
            _control(file)
        if magic != _ZSTD:
            raise StreamError(f"no frame where the last {left} bytes of the body should be: damaged")
        content, frame = _frame(file, left)
        left -= content
        yield frame


def _decode(frames, size):
    """The content of frames, size bytes in all, as a writable array."""
    out = bytearray(_zstd("-dcq", data=b"".join(frames)) if size else b"")
    if len(out) != size:
        raise StreamError("zstd frame is damaged")
    return np.frombuffer(out, np.uint8)


def _zstd(*arguments, data=b""):
    try:
        done = subprocess.run(["zstd", *arguments], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        raise StreamError("the zstd program is not on the PATH: install it (apt install zstd)") from None
    if done.returncode:
        raise StreamError("zstd frame is damaged" if data else f"zstd failed with status {done.returncode}")
    return done.stdout


def _header(text):
    """Metadata, tensor entries in the order of the body, size of the body."""
    if len(text) < 8 or int.from_bytes(text[:8], "little") != len(text) - 8 or text[8:9] != b"{":
        raise StreamError("header: its length is not that of its frame: damaged")

    def unique(pairs):
        if len(dict(pairs)) < len(pairs):
            raise StreamError("header: duplicate key")
        return dict(pairs)

    try:
        decoded = text[8:].rstrip(b" ").decode("utf-8")
        if decoded[-1] != "}":
            raise StreamError("header: only spaces may follow it")
        head = json.loads(decoded, object_pairs_hook=unique, parse_int=lambda s: int(s) if s[0] != "-" else s)
        json.dumps(head, ensure_ascii=False).encode("utf-8")  # finds lone surrogates
    except (ValueError, RecursionError) as e:
        raise StreamError(f"header: {e}") from None
    meta = head.pop("__metadata__", {})
    if not isinstance(meta, dict) or not all(isinstance(v, str) for v in meta.values()):
        raise StreamError("header: __metadata__ is not an object of strings")
    if len(head) > MAX_TENSORS:
        raise StreamError(f"more than {MAX_TENSORS} tensors")
    entries = []
    for name, t in head.items():
        if not isinstance(t, dict) or set(t) != {"dtype", "shape", "data_offsets"} or len(name.encode()) > 255:
            raise StreamError(f"tensor {name[:40]!r}: needs dtype, shape and data_offsets, and a name of at most 255 bytes")
        dtype, shape, offsets = t["dtype"], t["shape"], t["data_offsets"]
        if not isinstance(dtype, str) or dtype not in DTYPES:
            raise StreamError(f"tensor {name!r}: unknown dtype {dtype!r}")
        for numbers in (shape, offsets):
            if not isinstance(numbers, list) or not all(type(v) is int and 0 <= v < 1 << 63 for v in numbers):
                raise StreamError(f"tensor {name!r}: shape and data_offsets are lists of plain integers")
        size = np.dtype(DTYPES[dtype]).itemsize
        for v in shape:
            size *= max(v, 1)
        size = size if size < 1 << 63 and len(shape) <= 8 else -1
        size = 0 if 0 in shape and size > 0 else size
        if len(offsets) != 2 or offsets[1] - offsets[0] != size:
            raise StreamError(f"tensor {name!r}: {dtype} {shape} does not fit data_offsets {offsets}")
        entries.append((name, dtype, shape, *offsets))
    entries.sort(key=lambda e: e[3:])
    at = 0
    for name, _, _, begin, end in entries:
        if begin != at:
            raise StreamError(f"tensor {name!r}: hole or overlap at byte {begin} of the body")
        at = end
    return meta, entries, at


class Writer:
    """Writes one stream to a binary file; as a context manager it ends it, too."""

    def __init__(self, file, level=1, digest=False):
        self.file, self.level = file, level  # level: of the zstd program, 1 to 19
        self.digest = hashlib.sha256() if digest else None
        self.documents, self.payload, self.began, self.closed = 0, 0, False, False

    def write(self, doc):
        """Writes a document, whole: a reader downstream sees it at once."""
        if self.closed:
            raise StreamError("write to a stream after its END")
        arrays = [(name, *_array(name, t)) for name, t in doc.tensors.items()]
        arrays.sort(key=lambda a: -a[2].itemsize)  # stable: aligned without holes
        head, at = {}, 0
        if not all(isinstance(x, str) for pair in doc.meta.items() for x in pair):
            raise StreamError("metadata maps strings to strings")
        if doc.meta:
            head["__metadata__"] = dict(sorted(doc.meta.items()))
        for name, dtype, a in arrays:
            head[name] = {"data_offsets": [at, at + a.nbytes], "dtype": dtype, "shape": list(a.shape)}
            at += a.nbytes
        try:
            text = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        except ValueError as e:
            raise StreamError(f"not valid Unicode: {e}") from None
        text += b" " * (-(8 + len(text)) % 64)
        text = len(text).to_bytes(8, "little") + text
        _header(text)  # what no reader takes is not written
        if len(text) > MAX_HEADER or len(text) + at > MAX_DOCUMENT:
            raise StreamError("document too large")
        self._begin()
        self._frames(text, arrays)
        self.documents += 1
        self.payload += len(text) + at
        self.file.flush()

    def close(self):
        """Writes END: without it, every reader reports a truncated stream."""
        self._end(0, b"")

    def abort(self, message):
        """Writes an END that makes every reader fail with message."""
        message = " ".join(str(message).split()).encode("utf-8", "replace")[:4096]
        self._end(1, message.decode("utf-8", "ignore").encode())

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if error is None:
            self.close()
        elif not isinstance(error, BrokenPipeError):
            self.abort(error if isinstance(error, StreamError) else f"{os.path.basename(sys.argv[0])}: {kind.__name__}: {error}")

    def _begin(self):
        if not self.began:
            self.file.write(_CONTROL + struct.pack("<I4sBBH", 8, b"TNSB", 1, 0, 0))
            self.began = True

    def _end(self, status, message):
        if self.closed:
            return
        self.closed = True
        self._begin()
        digest = self.digest.digest() if self.digest else bytes(32)
        self.file.write(_CONTROL + struct.pack("<I4sBBHQQ", 56 + len(message), b"TNSE", status, self.digest is not None, 0,
                                               self.documents, self.payload) + digest + message)
        self.file.flush()

    def _frames(self, text, arrays):
        """One run of zstd makes a frame of each file that it is given."""
        with tempfile.TemporaryDirectory(prefix="herbarium") as folder:
            files = []

            def chunk(data):
                files.append(os.path.join(folder, str(len(files))))
                with open(files[-1], "wb") as f:
                    f.write(data)
                if self.digest:
                    self.digest.update(data)

            chunk(text)
            rest = bytearray()
            for _, _, a in arrays:
                view = memoryview(a.reshape(-1).view(np.uint8))
                while len(rest) + len(view) >= _FRAME:
                    n = _FRAME - len(rest)
                    chunk(rest + view[:n] if rest else view[:n])
                    rest, view = bytearray(), view[n:]
                rest += view
            if rest:
                chunk(rest)
            # A window of a frame's size makes each a single segment.
            self.file.write(_zstd(f"-{self.level}", "-q", "-c", "--zstd=wlog=20", "--", *files))


def _array(name, t):
    """Type and little-endian row-major array of a tensor."""
    if not isinstance(name, str) or name == "__metadata__":
        raise StreamError(f"tensor {name!r}: not a name for a tensor")
    if isinstance(t, BF16):
        return "BF16", t.bits.astype("<u2", order="C", copy=False)
    t = np.asarray(t)
    little = t.dtype.newbyteorder("<")
    if little not in _NAMES:
        raise StreamError(f"tensor {name!r}: numpy type {t.dtype} has no place in a stream; use one of {', '.join(DTYPES)}")
    return _NAMES[little], t.astype(little, order="C", copy=False)


def main(handle):
    """Runs a filter from standard input to standard output, or, as Herbarium's
    tools do, to the FILE of an argument -o FILE, which appears only when it is
    complete; that argument is taken out of sys.argv. handle(document) returns a
    document, several, or None. A failure becomes an abort record, one line on
    standard error and exit status 1."""
    try:
        name = _output(sys.argv)
        with _Whole(name) if name else contextlib.nullcontext(sys.stdout.buffer) as out, Writer(out, digest=bool(name)) as w:
            for doc in read(sys.stdin.buffer):
                result = handle(doc)
                for d in [result] if isinstance(result, Document) else result or ():
                    w.write(d)
    except BrokenPipeError:
        os._exit(1)  # sys.exit would complain about standard output a second time
    except Exception as e:
        kind = "" if isinstance(e, StreamError) else f"{type(e).__name__}: "
        sys.exit(f"{os.path.basename(sys.argv[0])}: {kind}{e}")


def _output(argv):
    """Takes -o FILE, -oFILE, --output FILE or --output=FILE out of the arguments; "" is standard output."""
    for i, arg in enumerate(argv[1:], 1):
        if arg == "--":
            break
        if arg in ("-o", "--output"):
            if i + 1 == len(argv):
                raise StreamError(f"{arg} needs the name of a file")
            name = argv[i + 1]
            del argv[i:i + 2]
        elif arg.startswith("--output="):
            name = argv.pop(i)[len("--output="):]
        elif arg.startswith("-o"):
            name = argv.pop(i)[len("-o"):]
        else:
            continue
        return "" if name == "-" else name
    return ""


class _Whole:
    """A file that takes its name when the block has succeeded; a failure, Ctrl-C or SIGTERM leaves nothing. What is no
    regular file, such as /dev/null, is written directly."""

    def __init__(self, name):
        self.name, self.temporary = os.path.realpath(name), None

    def __enter__(self):
        if os.path.exists(self.name) and not os.path.isfile(self.name):
            self.file = open(self.name, "wb")
            return self.file
        self.temporary = os.path.join(os.path.dirname(self.name), f".herbarium-{os.getpid()}-py.tmp")
        self.file = open(self.temporary, "xb")
        if os.path.exists(self.name):
            os.chmod(self.temporary, os.stat(self.name).st_mode & 0o777)
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        return self.file

    def __exit__(self, kind, error, _):
        try:
            self.file.close()
            if kind is None and self.temporary:
                os.replace(self.temporary, self.name)
                self.temporary = None
        finally:
            if self.temporary:
                os.unlink(self.temporary)
