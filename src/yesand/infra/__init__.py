"""Infra.

Owns: settings, logging, the database cluster, object store, bus, facts, the queue adapter,
  mail.
Promises: the rest of the house never sees a process, a socket or a path it did not ask for.
Never: know what a take is.
"""
