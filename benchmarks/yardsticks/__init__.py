"""The design's yardsticks: ``python -m benchmarks.yardsticks`` measures the library against raw floors."""
