#!/usr/bin/env bash
# Makes the fixtures of writers that cannot share a virtual environment with those of requirements.txt: older versions, and programs that need
# them. Each has its own, with the packages named here.
#
#   tests/make/other.sh              everything
#   tests/make/other.sh lightning    only the environments named
#
# PYTHON_3_11, PYTHON_3_9, PYTHON_3_8 and PYTHON_3_7 may name the interpreters.
set -euo pipefail
cd "$(dirname "$0")"
export PYTHONHASHSEED=0 OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES= PYTHONPATH=$PWD

# run NAME PYTHON SCRIPT PACKAGE...: a virtual environment, the packages in it, and the script.
run() {
    local name=$1 python=$2 script=$3 venv=.venv-$1
    shift 3
    if [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then return; fi
    if ! [ -f "$venv/installed" ]; then
        "$python" -m venv "$venv"
        "$venv/bin/pip" install --quiet "$@"
        touch "$venv/installed"
    fi
    echo "== $name"
    "$venv/bin/python" "other/$script.py"
}

wanted=("$@")
py311=${PYTHON_3_11:-python3.11} py39=${PYTHON_3_9:-python3.9} py38=${PYTHON_3_8:-python3.8} py37=${PYTHON_3_7:-python3.7}
run transformers4 "$py311" shards torch==2.15.0 transformers==4.46.3 numpy==2.4.6
run lightning "$py311" trained torch==2.15.0 lightning==2.6.6 numpy==2.4.6
run executorch "$py311" programs torch==2.15.0 executorch==1.5.1 numpy==2.4.6
run caffe "$py311" caffe_nets caffe-ssd==0.1 protobuf==3.20.3 six==1.16.0 numpy==1.26.4
run caffe2 "$py38" caffe2_nets torch==1.6.0 future==1.0.0 protobuf==3.20.3 six==1.16.0 numpy==1.23.5
run caffe2 "$py38" operators_caffe2
run torch26 "$py311" versions torch==2.6.0 numpy==1.26.4
run torch21 "$py311" versions torch==2.1.2 numpy==1.26.4
run torch113 "$py39" versions torch==1.13.1 numpy==1.26.4
run torch16 "$py38" versions torch==1.6.0 numpy==1.23.5
run torch14 "$py37" versions torch==1.4.0 numpy==1.21.6
run script14 "$py37" torchscript torch==1.4.0 numpy==1.21.6
run script12 "$py37" torchscript torch==1.2.0 numpy==1.21.6
run script11 "$py37" torchscript torch==1.1.0 numpy==1.21.6
run script10 "$py37" torchscript torch==1.0.1 numpy==1.21.6
run web "$py311" web tensorflow-cpu==2.21.0 keras==3.15.1 tf-keras==2.21.0 tensorflow-hub==0.16.1 'setuptools<81' numpy==2.4.6
run keras2 "$py311" keras2 tensorflow-cpu==2.15.1 ml_dtypes==0.3.2 numpy==1.26.4
run keras1 "$py311" keras1 --no-deps keras==1.2.2 numpy==2.4.6 ml_dtypes==0.6.0 pyyaml==6.0.3 six==1.17.0 scipy==1.17.1 h5py==3.16.0
run paddle "$py311" paddle_parameters paddlepaddle==3.3.1 setuptools==80.9.0 numpy==2.4.6
run flax "$py311" flax_parameters flax==0.12.8 jax==0.10.2 jaxlib==0.10.2 ml_dtypes==0.6.0 msgpack==1.2.4 numpy==2.4.6
run mxnet "$py38" mxnet_parameters mxnet==1.9.1 numpy==1.23.5
