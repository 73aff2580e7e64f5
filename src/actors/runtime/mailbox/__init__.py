"""Mailboxes: queues whose pipe has a name and which no kill can break."""
