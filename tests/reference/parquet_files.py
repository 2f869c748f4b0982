"""parquets/: Parquet files as pyarrow, datasets, polars and DuckDB write them, and what pyarrow reads in them."""

import sys
from datetime import date, datetime, time, timezone
from decimal import Decimal
from pathlib import Path

import datasets
import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq

from writing import facts

# The reader that leaves with every script for Python: the very one whose rows must be ours.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src/export/python"))
import tables

#: Ways to write the same table, by what pyarrow calls them.
WAYS = {
    "plain": {"compression": "none", "use_dictionary": False},
    "snappy": {"compression": "snappy"},
    "gzip": {"compression": "gzip", "row_group_size": 2},
    "zstd": {"compression": "zstd", "data_page_version": "2.0"},
    "lengths": {"use_dictionary": False, "column_encoding": {"text": "DELTA_LENGTH_BYTE_ARRAY", "stars": "DELTA_BINARY_PACKED"}},
    "split": {"use_dictionary": False, "column_encoding": {"share": "BYTE_STREAM_SPLIT"}, "version": "1.0"},
    "differences": {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}},
    # What is refused.
    "brotli": {"compression": "brotli"},
}
REFUSED = ("brotli",)


def write(out: Path) -> None:
    folder = out / "parquets"
    folder.mkdir(exist_ok=True)
    for name, way in WAYS.items():
        pq.write_table(reviews(), folder / f"{name}.parquet", **way)
    pq.write_table(kinds(), folder / "kinds.parquet", row_group_size=2)
    pq.write_table(kinds().select(["moment"]), folder / "int96.parquet", use_deprecated_int96_timestamps=True)
    pq.write_table(nested(), folder / "nested.parquet", row_group_size=3)
    with_classes().to_parquet(folder / "classes.parquet")
    polars.from_arrow(reviews()).write_parquet(folder / "polars.parquet")
    duckdb.from_arrow(reviews()).write_parquet(str(folder / "duckdb.parquet"))
    expected = {}
    for path in sorted(folder.glob("*.parquet")):
        if path.stem not in REFUSED:
            expected[path.stem] = tables.table(path, {"kind": "parquet"})
    facts(folder / "parquets.json", expected)


def reviews() -> pa.Table:
    return pa.table(
        {
            "text": ["A fine film.", None, "", "Two\nlines, “quoted”", "東京 🎬 é", "A fine film."],
            "label": pa.array(["good", "bad", "good", None, "bad", "good"]).dictionary_encode(),
            "stars": pa.array([4, 1, None, 3, -2, 12345678901], pa.int64()),
            "share": pa.array([0.1, 1 / 3, float("nan"), -2.5, None, 1024.0], pa.float32()),
        }
    )


def kinds() -> pa.Table:
    """A column of each kind of values, and two of bytes."""
    moments = [datetime(2024, 1, 31, 14, 30), datetime(1969, 12, 31, 23, 59, 59, 250000), None, datetime(2000, 2, 29)]
    columns = {
        "yes": pa.array([True, None, False, True]),
        "byte": pa.array([-128, 127, 0, None], pa.int8()),
        "unsigned": pa.array([0, 255, None, 7], pa.uint8()),
        "large": pa.array([2**64 - 1, None, 0, 1], pa.uint64()),
        "middling": pa.array([2**32 - 1, None, 0, 1], pa.uint32()),
        "double": pa.array([0.1, float("inf"), None, -0.5]),
        "half": pa.array([0.5, None, 0.0999755859375, float("nan")], pa.float16()),
        "money": pa.array([Decimal("12.50"), Decimal("-0.05"), None, Decimal("0.00")], pa.decimal128(9, 2)),
        "huge": pa.array([Decimal(10) ** 37, Decimal(-1), None, Decimal(0)], pa.decimal128(38, 0)),
        "day": pa.array([date(2024, 2, 29), date(1900, 3, 1), None, date(9999, 12, 31)]),
        "moment": pa.array(moments, pa.timestamp("us")),
        "millis": pa.array(moments, pa.timestamp("ms")),
        "nanos": pa.array(moments, pa.timestamp("ns")),
        "zone": pa.array([moment and moment.replace(tzinfo=timezone.utc) for moment in moments], pa.timestamp("us", "UTC")),
        "clock": pa.array([time(14, 30), time(0, 0, 1, 500), None, time(0)], pa.time64("us")),
        "large text": pa.array(["a", None, "b", ""], pa.large_string()),
        "bytes": pa.array([b"\x89PNG", None, b"", b"x"]),
        "nothing": pa.nulls(4),
        "__index_level_0__": pa.array([7, 8, 9, 10]),
    }
    image = pa.array([{"bytes": b"\x89PNG", "path": "a.png"}, None, None, None])
    return pa.table(columns).append_column("image", image)


def nested() -> pa.Table:
    """Lists and objects in one another, each of them missing or empty somewhere."""
    entity = pa.struct({"start": pa.int32(), "end": pa.int32(), "label": pa.string()})
    rows = [
        {
            "tokens": ["Ada", "wrote"],
            "review": {"body": "Fine.", "stars": 5},
            "entities": [{"start": 0, "end": 3, "label": "person"}, {"start": 4, "end": 9, "label": None}],
            "deep": [[1, 2], [], None, [3]],
            "pairs": [("a", 1), ("b", None)],
        },
        {"tokens": [], "review": None, "entities": [], "deep": [], "pairs": []},
        {"tokens": None, "review": {"body": None, "stars": None}, "entities": None, "deep": None, "pairs": None},
        {"tokens": [None, ""], "review": {"body": "", "stars": 0}, "entities": [None], "deep": [None], "pairs": [("c", 3)]},
        {"tokens": ["x"] * 2000, "review": {"body": "Bad.", "stars": 1}, "entities": [], "deep": [[]], "pairs": []},
    ]
    kind = {
        "tokens": pa.list_(pa.string()),
        "review": pa.struct({"body": pa.string(), "stars": pa.int8()}),
        "entities": pa.list_(entity),
        "deep": pa.large_list(pa.list_(pa.int64())),
        "pairs": pa.map_(pa.string(), pa.int32()),
    }
    return pa.Table.from_pylist(rows, pa.schema(kind))


def with_classes() -> datasets.Dataset:
    """As the hub has data sets: numbers for classes, with their names in the footer; −1 where a label is kept secret."""
    names = datasets.ClassLabel(names=["neg", "pos"])
    tags = datasets.ClassLabel(names=["O", "B-PER", "I-PER"])
    rows = {
        "text": ["Fine.", "Bad.", "Who knows?"],
        "label": [1, 0, -1],
        "tokens": [["Ada", "wrote"], ["Hm"], []],
        "ner_tags": [[1, 0], [0], []],
        "answers": [{"text": ["Fine"], "answer_start": [0]}, {"text": [], "answer_start": []}, {"text": ["W"], "answer_start": [0]}],
        "review": [{"mood": 1}, {"mood": 0}, {"mood": -1}],
    }
    features = {
        "text": datasets.Value("string"),
        "label": names,
        "tokens": datasets.List(datasets.Value("string")),
        "ner_tags": datasets.List(tags),
        "answers": {"text": datasets.List(datasets.Value("string")), "answer_start": datasets.List(datasets.Value("int32"))},
        "review": {"mood": names},
    }
    return datasets.Dataset.from_dict(rows, features=datasets.Features(features))
