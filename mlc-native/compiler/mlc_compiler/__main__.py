"""Entry point of `python -m mlc_compiler`."""

import sys

from mlc_compiler.cli import main

sys.exit(main())
