"""Reads Parquet files as Tabtune read them: the same rows of the same text cells, but for what tables.py makes of all rows."""

import io
import json
import math
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path


def rows(file: Path | io.BytesIO) -> list[dict]:
    """Rows as JSON has them, without bytes and without the numbers that pandas gives rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = pq.ParquetFile(file).read()
    said = json.loads((source.schema.metadata or {}).get(b"huggingface", b"{}"))
    features = said.get("info", {}).get("features") or {}
    columns = {}
    for field, column in zip(source.schema, source.columns):
        if field.name.startswith("__index_level_") or not readable(field.type):
            continue
        if pa.types.is_timestamp(field.type):
            column = column.cast(pa.timestamp("us", field.type.tz), safe=False)
        values = column.to_pylist()
        columns[field.name] = [shown(value, field.type, features.get(field.name)) for value in values]
    return [present(dict(zip(columns, row)), source.schema) for row in zip(*columns.values(), strict=True)]


def present(row: dict, fields) -> dict:
    """Without objects that are missing: their columns are, and there is none of their own name."""
    import pyarrow as pa

    kinds = {field.name: field.type for field in fields if pa.types.is_struct(field.type)}
    row = {name: value for name, value in row.items() if value is not None or name not in kinds}
    return {name: present(value, kinds[name]) if name in kinds else value for name, value in row.items()}


def readable(kind) -> bool:
    """Whether text is to be made of a column: bytes are none."""
    import pyarrow as pa

    if is_list(kind):
        return readable(kind.value_type)
    if pa.types.is_map(kind):
        return readable(kind.key_type) and readable(kind.item_type)
    if pa.types.is_struct(kind):
        return kind.num_fields > 0 and all(readable(field.type) for field in kind)
    return not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def is_list(kind) -> bool:
    import pyarrow as pa

    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def shown(value, kind, feature):
    """A value as JSON has it; classes are named, and what is no number is missing."""
    import numpy as np
    import pyarrow as pa

    if value is None:
        return None
    if is_list(kind):
        return [shown(item, kind.value_type, items(feature)) for item in value]
    if pa.types.is_map(kind):
        return [{"key": shown(key, kind.key_type, None), "value": shown(item, kind.item_type, None)} for key, item in value]
    if pa.types.is_struct(kind):
        return {field.name: shown(value[field.name], field.type, within(feature, field.name)) for field in kind}
    if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and isinstance(value, int):
        names = feature.get("names", [])
        return None if value < 0 else names[value] if value < len(names) else value
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return float(str(np.float32(value))) if pa.types.is_float32(kind) or pa.types.is_float16(kind) else value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ").removesuffix(" 00:00:00")
    return value.isoformat() if isinstance(value, (date, time)) else value


def items(feature):
    """What is said of a list's items."""
    if isinstance(feature, list):
        return feature[0] if feature else None
    return feature.get("feature", feature) if isinstance(feature, dict) else None


def within(feature, name: str):
    """What is said of a column in a column; of a list of objects, an object of lists may say it."""
    if not isinstance(feature, dict):
        return None
    inner = feature.get("feature", feature) if "_type" in feature else feature
    return inner.get(name) if isinstance(inner, dict) else None
