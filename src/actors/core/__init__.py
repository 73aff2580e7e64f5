"""Values and decisions: no process, clock, file, thread or log in here."""
