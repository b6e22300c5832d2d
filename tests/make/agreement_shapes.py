"""How far `lamina shapes` agrees with `onnx.shape_inference`, on the models in the onnx package and on those given as arguments.

    python3 tests/make/agreement_shapes.py [--lamina target/debug/lamina] [--list] [MODEL...]

All that a model states about values within it is taken out first, and so are the shapes of its outputs: what is left is inferred by both.
A value counts if onnx infers something that the model does not state; it agrees if the type of its elements is the same, the number of dimensions
is the same, and so is each size that is a number for onnx. Names of sizes are compared where the model itself uses them. Symbols that onnx
makes up (`unk__3`) stand for nothing.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import onnx
from onnx import TensorProto, shape_inference
from onnx.backend.test.case.node import collect_testcases

DTYPES = {
    TensorProto.FLOAT: 'float32', TensorProto.DOUBLE: 'float64', TensorProto.FLOAT16: 'float16', TensorProto.BFLOAT16: 'bfloat16',
    TensorProto.COMPLEX64: 'complex64', TensorProto.COMPLEX128: 'complex128', TensorProto.STRING: 'string', TensorProto.BOOL: 'bool',
    TensorProto.FLOAT8E4M3FN: 'float8e4m3fn', TensorProto.FLOAT8E4M3FNUZ: 'float8e4m3fnuz', TensorProto.FLOAT8E5M2: 'float8e5m2',
    TensorProto.FLOAT8E5M2FNUZ: 'float8e5m2fnuz', TensorProto.FLOAT4E2M1: 'float4e2m1', TensorProto.FLOAT8E8M0: 'float8e8m0',
} | {getattr(TensorProto, name.upper()): name for name in
     ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'int4', 'uint4', 'int2', 'uint2'] if hasattr(TensorProto, name.upper())}


def strip(graph):
    """Takes out of a graph what is to be inferred."""
    del graph.value_info[:]
    for output in graph.output:
        if output.type.WhichOneof('value') == 'tensor_type':
            output.type.tensor_type.ClearField('shape')
    for node in graph.node:
        for attribute in node.attribute:
            for body in [attribute.g, *attribute.graphs] if attribute.type in (5, 10) else []:
                strip(body)


def tensor_dims(kind):
    """The sizes of a tensor type: numbers, names, or None; None as a whole if there is no shape."""
    if not kind.HasField('shape'):
        return None
    return [(dim.dim_value if dim.dim_value >= 0 else None) if dim.HasField('dim_value') else (dim.dim_param or None) for dim in kind.shape.dim]


def described(kind):
    """(what, element type, sizes) of a TypeProto; None for what states nothing."""
    which = kind.WhichOneof('value')
    if which in ('tensor_type', 'sparse_tensor_type'):
        tensor = getattr(kind, which)
        dtype = DTYPES.get(tensor.elem_type)
        return None if dtype is None and not tensor.HasField('shape') else ('tensor', dtype, tensor_dims(tensor))
    if which in ('sequence_type', 'optional_type'):
        inner = described(getattr(kind, which).elem_type)
        return inner and (which.removesuffix('_type') + ' ' + inner[0], *inner[1:])
    return None


def parsed(text):
    """The same of a type as Lamina prints it."""
    for wrapper in ('sequence', 'optional'):
        if text.startswith(wrapper + '<'):
            inner = parsed(text[len(wrapper) + 1:-1])
            return inner and (wrapper + ' ' + inner[0], *inner[1:])
    if text == '?':
        return None
    dtype, _, shape = text.removeprefix('sparse ').partition(' ')
    if not shape:
        dims = None
    elif shape == 'scalar':
        dims = []
    else:
        dims = [int(dim) if dim.isdigit() else (None if dim == '?' else dim) for dim in shape.split('×')]
    return ('tensor', None if dtype == '?' else dtype, dims)


def agree(theirs, ours, names):
    """Whether all that onnx says is said here, too. Numbers here may stand for names there."""
    if ours is None or theirs[0] != ours[0] or (theirs[1] and theirs[1] != ours[1]):
        return False
    if theirs[2] is None:
        return True
    if ours[2] is None or len(theirs[2]) != len(ours[2]):
        return False
    for their, our in zip(theirs[2], ours[2]):
        if isinstance(their, int) and their != our:
            return False
        if isinstance(their, str) and their in names and our is None:
            return False
    return True


def stated(graph):
    """The sizes that the inputs of a graph name; some name them with what says nothing."""
    return {dim for value in graph.input for dim in (tensor_dims(value.type.tensor_type) or []) if isinstance(dim, str) and dim not in ('?', 'None')}


def compare(path, model, lamina):
    """(values that onnx infers, those of them that agree, [disagreements]) of a model; None if onnx cannot infer."""
    names = stated(model.graph)
    strip(model.graph)
    known = {value.name: described(value.type) for value in [*model.graph.input, *model.graph.output]}
    try:
        inferred = shape_inference.infer_shapes(model, strict_mode=False, data_prop=True)
    except Exception:  # noqa: BLE001 - what onnx cannot do is nothing to compare with
        return None
    theirs = {value.name: described(value.type) for value in [*inferred.graph.value_info, *inferred.graph.output]}
    theirs = {name: kind for name, kind in theirs.items() if kind and kind != known.get(name)}
    with tempfile.TemporaryDirectory() as folder:
        bare = os.path.join(folder, 'model.onnx')
        onnx.save(model, bare)
        done = subprocess.run([lamina, 'shapes', bare], capture_output=True, text=True, check=False)
    if done.returncode:
        return len(theirs), 0, [f'{path}: {done.stderr.strip()}']
    ours = {}
    for line in done.stdout.splitlines():
        graph, name, _, kind = line.split('\t')
        if graph == '0':
            ours[name] = parsed(kind)
    wrong = [f'{path}: {name}: onnx {theirs[name]}, here {ours.get(name)}' for name in theirs if not agree(theirs[name], ours.get(name), names)]
    return len(theirs), len(theirs) - len(wrong), wrong


def main():
    """Prints the share of each folder, and of all."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--lamina', default='target/debug/lamina')
    parser.add_argument('--list', action='store_true', help='print each value that differs')
    parser.add_argument('models', nargs='*')
    options = parser.parse_args()
    data = pathlib.Path(onnx.__file__).parent / 'backend/test/data'
    groups = {'node': [(case.name, case.model) for case in collect_testcases(None)]}
    paths = {folder.name: sorted(folder.rglob('*.onnx')) for folder in sorted(data.iterdir()) if folder.is_dir()}
    for name, found in [*paths.items(), ('arguments', options.models)]:
        groups[name] = [(path, onnx.load(path, load_external_data=False)) for path in found]
    totals, skipped = [0, 0], 0
    for group, models in groups.items():
        sums = [0, 0]
        for path, model in models:
            result = compare(path, model, options.lamina)
            if result is None:
                skipped += 1
                continue
            count, good, wrong = result
            sums = [sums[0] + count, sums[1] + good]
            if options.list:
                for line in wrong:
                    print(re.sub(r'^.*/data/', '', line))
        if sums[0]:
            print(f'{group}: {sums[1]} of {sums[0]} values ({sums[1] / sums[0]:.2%}) in {len(models)} models')
        totals = [totals[0] + sums[0], totals[1] + sums[1]]
    share = totals[1] / max(1, totals[0])
    print(f'all: {totals[1]} of {totals[0]} values ({share:.2%}); {skipped} models onnx cannot infer')
    sys.exit(share < 0.98)


if __name__ == '__main__':
    main()
