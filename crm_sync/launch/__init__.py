"""Starts the product on one machine: embedded servers and all processes under one launcher."""
