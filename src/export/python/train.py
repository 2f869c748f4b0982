"""Goes on with a recipe of Tabtune in transformers and accelerate: the same rows, order, losses and steps, on any
number of processes.

    accelerate launch train.py --data table.csv [--model FOLDER_OR_NAME] [--out FOLDER]
"""

import argparse
import json
import math
import random
from pathlib import Path

import torch
import transformers
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.utils import gather_object, set_seed
from safetensors.torch import load_file
from transformers import AutoConfig, AutoTokenizer, PreTrainedModel, logging

import data
import scores
import tables
import tasks

HERE = Path(__file__).resolve().parent


def main() -> None:
    options = arguments()
    plan = json.loads((HERE / "recipe.json").read_text(encoding="utf-8"))
    base = options.model or plan["base_model"]
    if base is None:
        raise SystemExit("Say which model to begin with: --model FOLDER, the one that was open in Tabtune.")
    recipe = plan["recipe"]
    logging.set_verbosity_error()
    set_seed(recipe["seed"])
    accelerator = Accelerator(
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)], mixed_precision=options.precision
    )
    tokenizer = AutoTokenizer.from_pretrained(base)
    train, validation, order = rows(options.data, tokenizer, plan)
    model, adapter = begin(base, plan)
    tasks.Units(plan).inward(model)
    optimizer = torch.optim.AdamW(groups(model, plan, base), lr=recipe["learning_rate"], betas=(0.9, 0.999), eps=1e-8)
    run = Run(accelerator, *accelerator.prepare(model, optimizer), tokenizer, plan, train, validation, order)
    run.epochs()
    if options.losses and accelerator.is_main_process:
        options.losses.write_text("".join(json.dumps(one) + "\n" for one in run.told), encoding="utf-8")
    if accelerator.is_main_process:
        finish(accelerator.unwrap_model(run.model), adapter, run.settings(), base, options.out, plan)
        print(f"Written to {options.out}.")
    accelerator.end_training()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the table that was open in Tabtune")
    parser.add_argument("--model", help="folder or hub name of the model to begin with")
    parser.add_argument("--out", type=Path, default=Path("model"), help="folder for the trained model")
    parser.add_argument("--precision", choices=["no", "fp16", "bf16"], default="no", help="mixed precision, for speed")
    parser.add_argument("--losses", type=Path, help="file for steps and epochs, one JSON object per line")
    return parser.parse_args()


def rows(path: Path, tokenizer, plan: dict):
    """Rows to train and to validate on, and which of them make up each batch of each epoch."""
    split = json.loads((HERE / "split.json").read_text(encoding="utf-8"))
    table = tables.table(path, plan["data"]["layout"])
    sides = [data.examples(table, split[side], plan) for side in ("train", "validation")]
    if data.digest(*sides, [split["train"], split["validation"]], plan) != plan["data"]["sha256"]:
        raise SystemExit(f"{path} is not the table that this recipe was made for, or it was changed.")
    train, validation = (tasks.rows(side, tokenizer, plan) for side in sides)
    if plan["task"] == "language":
        special = set(tokenizer.all_special_ids)
        train, validation = ([r for r in side if set(r.tokens["input_ids"]) - special] for side in (train, validation))
    if split["rows"] != len(train):
        raise SystemExit("The tokenizer cuts these texts otherwise than the one in Tabtune. Is it the same model?")
    return train, validation, split["order"]


def begin(base: str, plan: dict):
    """The base model with the head that Tabtune began with, and its dropout; and its adapter, of LoRA."""
    recipe, task = plan["recipe"], plan["task"]
    config = AutoConfig.from_pretrained(base)
    for name, value in config.to_dict().items():
        if "dropout" in name and isinstance(value, (int, float)) and not isinstance(value, bool):
            setattr(config, name, recipe["dropout"])
    if hasattr(config, "classifier_dropout") and config.classifier_dropout is None:
        config.classifier_dropout = recipe["dropout"]
    for stale in ("threshold", "handle_impossible_answer"):
        if hasattr(config, stale):
            delattr(config, stale)
    config.problem_type = None
    if task == "embedding":
        model = sentences(base, config, plan)
    else:
        config.update(plan["config"])
        model = getattr(transformers, plan["class"]).from_pretrained(
            base, config=config, dtype=torch.float32, ignore_mismatched_sizes=True
        )
    inner, start = encoder(model), load_file(HERE / "start.safetensors")
    refuse_unknown(start, inner.state_dict(), base)
    inner.load_state_dict(start, strict=False)
    if recipe["method"] == "lora":
        from peft import PeftModel

        # It puts its layers into the model itself, which is trained rather than what PEFT has around it: that passes over
        # the types of tokens where questions are answered.
        return model, PeftModel.from_pretrained(inner, HERE / "adapter", is_trainable=True)
    if recipe["gradient_checkpointing"] and task != "embedding":
        model.gradient_checkpointing_enable()
    return model, None


def encoder(model: torch.nn.Module) -> PreTrainedModel:
    """The model itself, or the one in a model of sentence-transformers, whose versions have different names for it."""
    return next(part for part in model.modules() if isinstance(part, PreTrainedModel))


def refuse_unknown(names, known, base: str) -> None:
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise SystemExit(f"{base} is not the model that this recipe was made for: it has no {unknown[0]}.")


def sentences(base: str, config, plan: dict) -> torch.nn.Module:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer

    words = Transformer(base, max_seq_length=plan["max_length"])
    inner = encoder(words)
    for name in config.to_dict():
        if "dropout" in name:
            setattr(inner.config, name, getattr(config, name))
    for module in inner.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = plan["recipe"]["dropout"]
    pooling = Pooling(inner.config.hidden_size, plan["pooling"])
    steps = [words, pooling, *([Normalize()] if plan["normalises"] else [])]
    return SentenceTransformer(modules=steps, device="cpu").float()


def groups(model: torch.nn.Module, plan: dict, base: str) -> list[dict]:
    """Parameters by learning rate and weight decay: none for biases and LayerNorm."""
    recipe, factors, frozen = plan["recipe"], plan["factors"], set(plan["frozen"])
    inner = encoder(model)
    known = [tasks.hub(name) for name, _ in inner.named_parameters(remove_duplicate=False)]
    refuse_unknown([*factors, *frozen], known, base)
    found: dict[tuple[float, float], list] = {}
    for name, parameter in inner.named_parameters():
        hub = tasks.hub(name)
        if hub in frozen:
            parameter.requires_grad_(False)
        if parameter.requires_grad:
            layer = next((factors[key] for key in (hub, hub.split(".lora_")[0] + ".weight") if key in factors), 1.0)
            decay = recipe["weight_decay"] if parameter.ndim > 1 else 0.0
            found.setdefault((layer, decay), []).append(parameter)
    rate = recipe["learning_rate"]
    return [
        {"params": some, "lr": rate * layer, "factor": layer, "weight_decay": decay}
        for (layer, decay), some in found.items()
    ]


class Run:
    """Epochs of steps; each process computes its part of every batch, padded to the length of the whole batch."""

    def __init__(self, accelerator, model, optimizer, tokenizer, plan, train, validation, order):
        self.accelerator, self.model, self.optimizer, self.tokenizer = accelerator, model, optimizer, tokenizer
        self.plan, self.recipe, self.train, self.validation, self.order = plan, plan["recipe"], train, validation, order
        self.objective, self.measure = tasks.Objective(plan), tasks.Objective(plan, plain=True)
        self.masking = tasks.Masking(tokenizer, self.recipe["seed"]) if plan["task"] == "language" else None
        self.hidden = None
        self.step, self.told, self.threshold = 0, [], 0.5
        #: Whether contexts of questions may hold no answer.
        self.may_lack = any(not row.example.answers for row in train)
        batches = math.ceil(len(train) / self.recipe["batch_size"])
        self.total = math.ceil(batches / self.recipe["accumulation"]) * self.recipe["epochs"]

    def epochs(self) -> None:
        best, kept, waited = None, None, 0
        for epoch in range(self.recipe["epochs"]):
            batches = self.batches(epoch)
            self.model.train()
            for first in range(0, len(batches), self.recipe["accumulation"]):
                self.update(batches[first : first + self.recipe["accumulation"]])
            if not self.validation:
                continue
            figures = self.validate()
            value = scores.watched(self.plan, figures)
            improves, is_best = best is None or value[0] > best[0], best is None or value > best
            self.tell(epoch + 1, figures, is_best)
            if is_best or not self.recipe["keep_best"]:
                self.threshold = figures.get("threshold", self.threshold)
            if is_best:
                best = value
                if self.recipe["keep_best"]:
                    state = self.accelerator.unwrap_model(self.model).state_dict()
                    kept = {name: tensor.detach().cpu().clone() for name, tensor in state.items()}
            waited = 0 if improves else waited + 1
            if 0 < self.recipe["patience"] <= waited:
                break
        if kept is not None:
            self.accelerator.unwrap_model(self.model).load_state_dict(kept)

    def tell(self, epoch: int, figures: dict[str, float], is_best: bool) -> None:
        words = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
        self.accelerator.print(f"epoch {epoch}: {words}{' (best so far)' if is_best else ''}", flush=True)
        known = {name: value if math.isfinite(value) else None for name, value in figures.items()}
        self.told.append({"type": "epoch", "epoch": epoch, "validation": known, "best": is_best})

    def settings(self) -> dict:
        """What the configuration of the trained model says beside what its class needs."""
        of_task = {
            "multi_label": {"threshold": self.threshold},
            "answers": {"handle_impossible_answer": self.may_lack},
        }
        return of_task.get(self.plan["task"], {})

    def batches(self, epoch: int) -> list[list[int]]:
        """As Tabtune ordered them; if that list was too long to be written, in an order of the same kind."""
        if self.order is not None:
            return self.order[epoch]
        draw, size = random.Random(self.recipe["seed"] * 1_000_003 + epoch), self.recipe["batch_size"]
        places = list(range(len(self.train)))
        draw.shuffle(places)
        batches = []
        for first in range(0, len(places), 50 * size):
            run = sorted(places[first : first + 50 * size], key=lambda place: -self.train[place].length())
            batches += [run[at : at + size] for at in range(0, len(run), size)]
        draw.shuffle(batches)
        return batches

    def update(self, batches: list[list[int]]) -> None:
        """One step of the optimiser over one batch, or several that are added up."""
        groups = [[self.train[place] for place in batch] for batch in batches]
        if self.masking:
            groups = [[self.masking.hide(row) for row in group] for group in groups]
        mass = sum(self.objective.mass(group) for group in groups)
        rate = self.rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        total = 0.0
        for at, group in enumerate(groups):
            wait = self.accelerator.no_sync(self.model) if at + 1 < len(groups) else self.accelerator.autocast()
            with wait:
                loss = self.loss(group) / mass
                # Gradients are averaged over processes, of which each has a part of the sum.
                shared = self.plan["task"] == "embedding"
                self.accelerator.backward(loss if shared else loss * self.accelerator.num_processes)
                total += float(loss.detach() if shared else self.accelerator.reduce(loss.detach(), "sum"))
        norm = None
        if self.recipe["max_grad_norm"] > 0:
            norm = self.accelerator.clip_grad_norm_(self.model.parameters(), self.recipe["max_grad_norm"])
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        norm = None if norm is None else float(norm)
        total = self.objective.units.loss(total)
        self.told.append({"type": "step", "step": self.step, "loss": total, "learning_rate": rate, "grad_norm": norm})
        if self.step % max(1, self.total // 20) == 0:
            self.accelerator.print(f"step {self.step} of {self.total}: loss {total:.4f}", flush=True)

    def rate(self) -> float:
        """The learning rate of the next step: see transformers/optimization.py."""
        warmup, peak = math.ceil(self.total * self.recipe["warmup_ratio"]), self.recipe["learning_rate"]
        if self.step < warmup:
            return peak * self.step / max(warmup, 1)
        done, left = self.step - warmup, max(self.total - warmup, 1)
        return (
            peak
            * {
                "linear": max(self.total - self.step, 0) / left,
                "cosine": max(0.5 * (1 + math.cos(math.pi * done / left)), 0.0),
                "constant": 1.0,
            }[self.recipe["schedule"]]
        )

    def part(self, group: list) -> tuple[list, torch.Tensor]:
        """This process's rows of a batch, as many as any other has; those that only fill up are not real."""
        world, index = self.accelerator.num_processes, self.accelerator.process_index
        each = math.ceil(len(group) / world)
        mine = group[index * each : (index + 1) * each]
        real = torch.tensor([1.0] * len(mine) + [0.0] * (each - len(mine)), device=self.accelerator.device)
        return mine + [group[0]] * (each - len(mine)), real

    def ask(self, texts: list, length: int):
        tokens = tasks.padded(texts, length, self.tokenizer)
        tokens = {name: tensor.to(self.accelerator.device) for name, tensor in tokens.items()}
        return self.model(tokens)["sentence_embedding"] if self.plan["task"] == "embedding" else self.model(**tokens)

    def loss(self, group: list) -> torch.Tensor:
        """The sum over this process's rows; of vectors, which are compared with those of all processes, over all."""
        mine, real = self.part(group)
        length = max(row.length() for row in group)
        if self.plan["task"] != "embedding":
            return self.objective.loss(self.ask([row.tokens for row in mine], length), mine, real)
        columns = list(zip(*[[row.tokens, *row.partners] for row in mine]))
        together = self.ask([text for column in columns for text in column], length)
        vectors = [self.gather(column)[: len(group)] for column in together.split(len(mine))]
        given = [row.target for row in group]
        known = None if given[0] is None else torch.tensor(given, device=together.device, dtype=torch.float32)
        return self.objective.compared(vectors, known, group) * len(group)

    def gather(self, vectors: torch.Tensor) -> torch.Tensor:
        if self.accelerator.num_processes == 1:
            return vectors
        from torch.distributed.nn.functional import all_gather

        return torch.cat(all_gather(vectors))

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """The loss and the scores of the validation rows."""
        self.model.eval()
        model = self.accelerator.unwrap_model(self.model)
        held = self.validation
        if self.masking:
            self.hidden = self.hidden or [self.masking.hide(row) for row in held]
            held = self.hidden
        found = []
        # A process at a time, so that each row is asked once.
        for first in range(self.accelerator.process_index * 32, len(held), self.accelerator.num_processes * 32):
            some = held[first : first + 32]
            length = max(row.length() for row in some)
            asked = self.model
            self.model = model
            if self.plan["task"] == "embedding":
                columns = zip(*[[row.tokens, *row.partners[:1]] for row in some])
                vectors = [self.ask(list(column), length).cpu().tolist() for column in columns]
                found += [(first + at, both, 0.0, 0.0) for at, both in enumerate(zip(*vectors))]
            else:
                output = self.ask([row.tokens for row in some], length)
                if self.plan["task"] == "answers":
                    # Each row by itself: what others of its batch pad it with has no part in its loss.
                    lengths = torch.tensor([[row.length()] for row in some], device=self.accelerator.device)
                    padding = torch.arange(length, device=self.accelerator.device) >= lengths
                    output.start_logits.masked_fill_(padding, -1e9)
                    output.end_logits.masked_fill_(padding, -1e9)
                real = torch.ones(len(some), device=self.accelerator.device)
                loss = self.measure.units.loss(float(self.measure.loss(output, some, real)))
                mass = self.measure.mass(some)
                if self.plan["task"] == "answers":
                    logits = list(zip(output.start_logits.cpu().tolist(), output.end_logits.cpu().tolist()))
                else:
                    logits = [None] * len(some) if self.plan["task"] == "language" else output.logits.cpu().tolist()
                share = [(loss, mass)] + [(0.0, 0.0)] * (len(some) - 1)
                found += [(first + at, out, *part) for at, (out, part) in enumerate(zip(logits, share))]
            self.model = asked
        found = sorted(gather_object(found), key=lambda one: one[0])
        return scores.figures(self.plan, held, found, self.may_lack)


def finish(model: torch.nn.Module, adapter, settings: dict, base: str, out: Path, plan: dict) -> None:
    out.mkdir(parents=True, exist_ok=True)
    tasks.Units(plan).outward(model)
    if adapter is not None:
        adapter.merge_and_unload()
    if plan["task"] == "embedding":
        model.save(str(out))
        return
    model.config.update(settings)
    model.save_pretrained(out)
    # Read anew: the one that was used remembers how it cut last.
    AutoTokenizer.from_pretrained(base, model_max_length=plan["cuts_at"]).save_pretrained(out)


if __name__ == "__main__":
    main()
