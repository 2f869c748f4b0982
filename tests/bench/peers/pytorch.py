"""Times PyTorch at one job of the bench: pytorch.py JOB-AS-JSON THREADS [cpu|cuda]. One JSON object per line.

Written for speed as one would by hand: fused attention, fused AdamW, eager mode.
"""

import json
import resource
import sys
import time

import numpy
import torch
from torch.nn import functional

CLASSES, LEARNING_RATE, WEIGHT_DECAY, EPS = 8, 1e-4, 0.01, 1e-12
SPREAD, IDS, LABELS = 0.0346410162, 1000, 1001


def mix(x):
    """lowbias32, as in work.js."""
    x = (x ^ (x >> numpy.uint32(16))) * numpy.uint32(0x7FEB352D)
    x = (x ^ (x >> numpy.uint32(15))) * numpy.uint32(0x846CA68B)
    return x ^ (x >> numpy.uint32(16))


def uniform(stream, size):
    key = mix(numpy.array([stream + 1], numpy.uint32))
    return (mix(numpy.arange(size, dtype=numpy.uint32) ^ key) >> numpy.uint32(8)) / 2.0**24


def parameters(shape):
    """Names and sizes in the order of their streams, as in work.js."""
    hidden, wide = shape["hidden_size"], shape["intermediate_size"]

    def dense(name, inputs, outputs):
        return [(f"{name}.w", (inputs, outputs)), (f"{name}.b", (outputs,))]

    def norm(name):
        return [(f"{name}.gamma", (hidden,)), (f"{name}.beta", (hidden,))]

    tables = [("word", "vocab_size"), ("position", "max_position_embeddings"), ("type", "type_vocab_size")]
    entries = [(f"{name}.w", (shape[rows], hidden)) for name, rows in tables] + norm("norm")
    for layer in range(shape["num_hidden_layers"]):
        for part in ["query", "key", "value", "mixed"]:
            entries += dense(f"{layer}.{part}", hidden, hidden)
        entries += norm(f"{layer}.attention_norm") + dense(f"{layer}.up", hidden, wide)
        entries += dense(f"{layer}.down", wide, hidden) + norm(f"{layer}.output_norm")
    return entries + dense("pooler", hidden, hidden) + dense("head", hidden, CLASSES)


def weights(shape, device):
    """Parameters by name. Dense weights are stored [outputs, inputs], as PyTorch's products like them best."""
    tables, result = {"word.w", "position.w", "type.w"}, {}
    for stream, (name, size) in enumerate(parameters(shape)):
        count = int(numpy.prod(size))
        if name.endswith(".w"):
            values = ((2 * uniform(stream, count) - 1) * SPREAD).astype(numpy.float32).reshape(size)
            values = values if name in tables else values.T.copy()
        else:
            values = numpy.full(size, 1.0 if name.endswith(".gamma") else 0.0, numpy.float32)
        result[name] = torch.from_numpy(values).to(device).requires_grad_()
    return result


def adapters(p, shape):
    """LoRA of rank 8 on queries and values: A as PEFT draws it, B zero. Else only the two layers of the head learn."""
    for name, values in p.items():
        values.requires_grad_(name.split(".")[0] in ("pooler", "head"))
    hidden, device = shape["hidden_size"], p["word.w"].device
    for layer in range(shape["num_hidden_layers"]):
        for part in ("query", "value"):
            a = torch.empty(8, hidden, device=device)
            torch.nn.init.kaiming_uniform_(a, a=5**0.5)
            p[f"{layer}.{part}.a.w"] = a.requires_grad_()
            p[f"{layer}.{part}.b.w"] = torch.zeros(hidden, 8, device=device, requires_grad=True)


def forward(p, shape, ids):
    """Logits [B, K] of token ids [B, T] without padding."""
    (rows, tokens), heads = ids.shape, shape["num_attention_heads"]
    hidden = shape["hidden_size"]

    def dense(x, name):
        y = functional.linear(x, p[f"{name}.w"], p[f"{name}.b"])
        if f"{name}.a.w" not in p:
            return y
        return y + 2.0 * functional.linear(functional.linear(x, p[f"{name}.a.w"]), p[f"{name}.b.w"])

    def norm(x, name):
        return functional.layer_norm(x, (hidden,), p[f"{name}.gamma"], p[f"{name}.beta"], EPS)

    def split(x):
        return x.view(rows, tokens, heads, hidden // heads).transpose(1, 2)

    x = functional.embedding(ids, p["word.w"]) + p["type.w"][0] + p["position.w"][:tokens]
    x = norm(x, "norm")
    for layer in range(shape["num_hidden_layers"]):
        query, key, value = (split(dense(x, f"{layer}.{part}")) for part in ("query", "key", "value"))
        mixed = functional.scaled_dot_product_attention(query, key, value)
        mixed = dense(mixed.transpose(1, 2).reshape(rows, tokens, hidden), f"{layer}.mixed")
        x = norm(x + mixed, f"{layer}.attention_norm")
        x = norm(x + dense(functional.gelu(dense(x, f"{layer}.up")), f"{layer}.down"), f"{layer}.output_norm")
    return dense(torch.tanh(dense(x[:, 0], "pooler")), "head")


def optimiser(p):
    groups = [
        {"params": [x for name, x in p.items() if name.endswith(".w")], "weight_decay": WEIGHT_DECAY},
        {"params": [x for name, x in p.items() if not name.endswith(".w")], "weight_decay": 0.0},
    ]
    try:
        return torch.optim.AdamW(groups, lr=LEARNING_RATE, fused=True), "fused"
    except (RuntimeError, TypeError):
        # Before torch 2.4 there is no fused AdamW on the CPU.
        return torch.optim.AdamW(groups, lr=LEARNING_RATE), "not fused"


def main():
    job, threads, device = json.loads(sys.argv[1]), int(sys.argv[2]), (sys.argv[3:] or ["cpu"])[0]
    if threads:
        torch.set_num_threads(threads)
    begun = time.perf_counter()
    shape, rows, tokens = job["sizes"], job["batch"], job["tokens"]
    p = weights(shape, device)
    if job["task"] == "lora":
        adapters(p, shape)
    adamw, kind = optimiser({name: values for name, values in p.items() if values.requires_grad})
    ids = torch.from_numpy((uniform(IDS, rows * tokens) * shape["vocab_size"]).astype(numpy.int64)).view(rows, tokens).to(device)
    labels = torch.from_numpy((uniform(LABELS, rows) * CLASSES).astype(numpy.int64)).to(device)

    def full():
        adamw.zero_grad()
        loss = functional.cross_entropy(forward(p, shape, ids), labels)
        loss.backward()
        adamw.step()
        return loss.item()

    def inference():
        with torch.inference_mode():
            logits = forward(p, shape, ids)
        return functional.cross_entropy(logits, labels).item()

    step = {"full": full, "lora": full, "inference": inference}[job["task"]]
    opened = {"threads": torch.get_num_threads(), "version": f"PyTorch {torch.__version__}, AdamW {kind}"}
    print(json.dumps(opened | {"open_ms": (time.perf_counter() - begun) * 1e3}), flush=True)
    limit = None
    for done in range(job["warmup"] + job["steps"]):
        start = time.perf_counter()
        if done >= job["warmup"]:
            limit = limit or start + job["seconds"]
            if done > job["warmup"] and start > limit:
                break
        loss = step()
        print(json.dumps({"ms": (time.perf_counter() - start) * 1e3, "loss": loss}), flush=True)
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    print(json.dumps({"peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}), flush=True)


main()
