"""Parameters that Flax writes, with the values that it reads from them."""

import msgpack
import numpy as np
from flax import serialization
from flax import linen as nn
import jax
import jax.numpy as jnp

from common import noise, record, save, save_json

FOLDER = "flax"


class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Conv(4, (3, 3))(x)
        x = nn.BatchNorm(use_running_average=True)(x)
        x = nn.LayerNorm()(x).mean((1, 2))
        return nn.Dense(8, param_dtype=jnp.bfloat16)(x) + nn.Embed(5, 8)(jnp.zeros(1, int))


def flat(tree, path=""):
    """The arrays of a tree by the keys that lead to them."""
    if isinstance(tree, dict):
        return {name: value for key, inner in tree.items() for name, value in flat(inner, f"{path}/{key}" if path else key).items()}
    return {path: tree}


def network():
    variables = Block().init(jax.random.key(0), jnp.zeros((1, 8, 8, 3)))
    leaves, structure = jax.tree_util.tree_flatten_with_path(variables)
    filled = [jnp.asarray(noise(jax.tree_util.keystr(path), *leaf.shape)).astype(leaf.dtype) for path, leaf in leaves]
    return jax.tree_util.tree_unflatten(structure, filled)


def types():
    arrays = {name: np.arange(6, dtype=name).reshape(2, 3) for name in ["int8", "uint16", "int64", "float16", "float64"]}
    arrays["bool"] = np.array([True, False])
    arrays["complex64"] = noise("complex", 3).astype(np.complex64) * (1 + 2j)
    arrays["bfloat16"] = np.asarray(jnp.asarray(noise("bfloat16", 3), dtype=jnp.bfloat16))
    arrays["float8_e4m3fn"] = np.asarray(jnp.asarray(noise("float8", 3), dtype=jnp.float8_e4m3fn))
    arrays["scalar"] = np.float32(1.5)
    arrays["empty"] = np.zeros((0, 4), np.float32)
    return arrays


def main():
    values = {}
    variables = network()
    save(f"{FOLDER}/network.msgpack", serialization.to_bytes(variables))
    values["network.msgpack"] = {name: record(value) for name, value in flat(variables).items()}

    rest = {"step": 3, "rate": 0.5, "name": "net", "none": None, "phase": 1 + 2j, "list": (np.arange(2), 7)}
    state = {"state": types(), **rest}
    save(f"{FOLDER}/types.msgpack", serialization.msgpack_serialize(serialization.to_state_dict(state)))
    values["types.msgpack"] = {f"state/{name}": record(value) for name, value in types().items()}
    values["types.msgpack"]["list/0"] = record(np.arange(2))

    # Flax cuts what has a gibibyte; here it is told to cut what has 32 bytes.
    serialization.MAX_CHUNK_SIZE = 32
    wide = {"dense": {"kernel": noise("wide", 5, 6), "bias": noise("bias", 4)}}
    chunked = serialization.msgpack_serialize(wide)
    save(f"{FOLDER}/chunked.msgpack", chunked)
    values["chunked.msgpack"] = {name: record(value) for name, value in flat(wide).items()}
    save_json(f"{FOLDER}/values.json", values)

    def array(shape, dtype, data):
        return msgpack.ExtType(1, msgpack.packb((shape, dtype, data)))

    save(f"bad/{FOLDER}/cut.msgpack", chunked[:-7])
    save(f"bad/{FOLDER}/long.msgpack", chunked + b"\xc0\xc0")
    save(f"bad/{FOLDER}/list.msgpack", msgpack.packb([1, 2]))
    save(f"bad/{FOLDER}/reserved.msgpack", b"\x82\xa1a\x01\xa1b\xc1")
    odd = {
        "short": array((2, 3), "float32", bytes(20)),
        "huge": array((1 << 40, 1 << 40), "float32", b""),
        "unknown": array((2,), "float7", bytes(2)),
        "none": msgpack.ExtType(1, b"\x01"),
        "good": array((2,), "int8", bytes(2)),
    }
    save(f"bad/{FOLDER}/odd.msgpack", msgpack.packb(odd))


if __name__ == "__main__":
    main()
