"""The audit log: where events come from, who may touch them afterwards, how long they stay, and how they read.

The log is the event table itself (docs/adr/0012): nothing is written a second time.
"""
