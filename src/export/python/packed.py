"""Unpacks the table's file, where it was packed: in gzip or zstd, or in a zip archive."""

import gzip
import io
import zipfile
from pathlib import Path


def opened(path: Path, layout: dict) -> Path | io.BytesIO:
    """The file itself, or what was packed in it."""
    way = layout.get("packed")
    if way == "gzip":
        return io.BytesIO(gzip.decompress(path.read_bytes()))
    if way == "zstd":
        return io.BytesIO(zstd(path.read_bytes()))
    if way == "zip":
        with zipfile.ZipFile(path) as archive:
            return io.BytesIO(archive.read(archive.infolist()[layout["file"]]))
    return path


def zstd(packed: bytes) -> bytes:
    """Python has it from 3.14 on; before that there is a package."""
    try:
        from compression.zstd import decompress
    except ImportError:
        from backports.zstd import decompress
    return decompress(packed)
