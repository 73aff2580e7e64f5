"""``python -m benchmarks``: the yardsticks."""

from benchmarks.yardsticks.__main__ import main

if __name__ == "__main__":
    main()
