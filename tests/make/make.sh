#!/usr/bin/env bash
# Makes all fixtures, samples and operator tables anew from the real frameworks.
#
#   tests/make/make.sh              everything
#   tests/make/make.sh make_none    only the scripts named
#
# The same versions give the same bytes, but for make_onnx_tensorflow (tf2onnx numbers some values by chance) and what Keras exports in
# make_tensorflow_graphs (variables are in an order by chance).
# Needs Python 3.11 and about 8 GB of disk for a virtual environment (torch's wheel for Linux brings CUDA's libraries with it).
set -euo pipefail
cd "$(dirname "$0")"

venv=.venv
stamp=$venv/installed
if ! cmp --silent requirements.txt "$stamp"; then
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/pip" install --quiet --requirement requirements.txt
    # Of this only the functions that write weights are used; what it asks for to convert models is not needed.
    "$venv/bin/pip" install --quiet --no-deps tensorflowjs==4.22.0
    cp requirements.txt "$stamp"
fi

# One thread and fixed hashes, so that runs agree; no network access by the frameworks.
export PYTHONHASHSEED=0 OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=0 CUDA_VISIBLE_DEVICES=
# Fixed addresses, too, where the system allows: torch orders some sets by them.
run=("$venv/bin/python")
if setarch --addr-no-randomize true 2>/dev/null; then
    run=(setarch --addr-no-randomize "${run[@]}")
fi
scripts=("$@")
if [ ${#scripts[@]} -eq 0 ]; then
    scripts=(make_*.py grids_ggml.py operators.py operators_tensorflow.py operators_tflite.py operators_torch.py defaults.py)
fi
for script in "${scripts[@]}"; do
    echo "== ${script%.py}"
    "${run[@]}" "${script%.py}.py"
done
