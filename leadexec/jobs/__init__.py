"""Durable jobs: written with the change that causes them, run by an embedded runner."""
