"""Figures for Prometheus: what ``/metrics`` shows. Off unless a token or addresses are set."""
