"""Benchmarks: ``python -m benchmarks`` measures the library against raw floors, in one run."""
