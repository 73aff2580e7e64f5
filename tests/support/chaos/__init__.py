"""Chaos: a system under fire, and an oracle that holds it to its promises.

Some thirty actors below five supervisors send each other numbered, checksummed messages and questions, and
are sent and asked by the threads and event loops of the application, while their processes are killed,
stopped for a while, and crashed in handlers, starts and stops. Everybody writes down what happens to it
where no kill can reach it; the oracle reads that afterwards, and nothing else.

The rooms: `ledger` and `role` are what everybody writes, `mail` and `asker` how they send and ask, `cast`
the actors, `army` the tree of them, `users` who uses it, `fire` who shoots at it, `truce` how it comes to
rest, `footprint` what it takes of the machine then, `oracle` what is true of it all, and `chaos` the play.
"""
