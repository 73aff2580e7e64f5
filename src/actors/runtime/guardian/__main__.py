"""``python -m actors.runtime.guardian``: see `boot`."""

import sys

from actors.runtime.guardian.boot import main

if __name__ == "__main__":
    main(sys.argv[1:])
