"""Output that appears at its place only when it is complete."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def staged_folder(output: Path, index: str, owned: str) -> Iterator[Path]:
    """Yields an empty folder whose files move into `output` when the block ends well.

    `index` is the file that makes the others count: an old one goes away first and the new one
    comes last. Old files that match the glob `owned` go away. After an exception `output` is as it
    was.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent))
    try:
        yield staging
        staging.chmod(0o777 & ~_umask())
        if not output.exists():
            staging.rename(output)
            return
        _replace_files(staging, output, index, owned)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _replace_files(staging: Path, output: Path, index: str, owned: str) -> None:
    (output / index).unlink(missing_ok=True)
    for old in output.glob(owned):
        old.unlink()
    for file in sorted(staging.iterdir(), key=lambda file: file.name == index):
        os.replace(file, output / file.name)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
