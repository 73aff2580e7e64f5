"""Effects: mailboxes, processes, the guardian and the worker loop."""
