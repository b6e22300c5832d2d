"""The points of the grids that some quantised types of ggml have, from the tables in the package gguf: 16 bits a point, in the order that
src/model/blocks/grid.rs states."""

from gguf import quants

from common import ROOT


def main():
    types = [quants.IQ2_XXS, quants.IQ2_XS, quants.IQ2_S, quants.IQ3_XXS, quants.IQ3_S, quants.IQ1_S]
    points = b""
    for kind in types:
        grid = bytes.fromhex(kind.grid_hex.decode())
        assert len(grid) == 2 * kind.grid_shape[0], kind
        points += grid
    # The eighth sign is the parity of the others, so that the program needs no table of them.
    assert all(sign == index | (index.bit_count() & 1) << 7 for index, sign in enumerate(quants.IQ2_XXS.ksigns))
    target = ROOT / "src" / "model" / "blocks" / "grids.bin"
    target.write_bytes(points)
    print(f"{len(points):7} {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
