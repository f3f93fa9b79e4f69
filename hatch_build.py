"""Compile the locator's kernel when the package is built or installed; without a C compiler it is left out.

The service answers the same without it, only slower, and says so when it starts.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

KERNEL = Path("grid_boundaries/locate/raster/kernel.pyx")


class CustomBuildHook(BuildHookInterface):
    """Runs Cython and the C compiler."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Put the compiled kernel beside its source, and into the wheel."""
        root = Path(self.root)
        try:
            compiled = compile_kernel(root)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a compiler can raise
            sys.stderr.write(f"gis-service: the lookup kernel was not compiled, lookups will be slower: {error}\n")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"].append(str(compiled.relative_to(root)))


def compile_kernel(root: Path) -> Path:
    """Compile the kernel of a source tree and return the file made."""
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    name = ".".join(KERNEL.with_suffix("").parts)
    made = root / KERNEL.with_suffix(sysconfig.get_config_var("EXT_SUFFIX"))
    with TemporaryDirectory() as work:
        extension = Extension(name, [str(root / KERNEL)], extra_compile_args=["-O3"])
        distribution = Distribution({"ext_modules": cythonize([extension], build_dir=work, quiet=True)})
        command = build_ext(distribution)
        command.build_temp, command.build_lib, command.parallel = work, work, False
        command.ensure_finalized()
        command.run()
        built = Path(work) / made.relative_to(root)
        # In one step, so that a process which has the old one mapped goes on with it.
        unfinished = made.with_suffix(".new")
        unfinished.write_bytes(built.read_bytes())
        unfinished.replace(made)
    return made
