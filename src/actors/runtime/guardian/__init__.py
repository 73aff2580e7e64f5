"""The guardian: one process for a system, which starts, watches, restarts and stops its actors."""
