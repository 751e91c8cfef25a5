"""Asking components that are made once, on behalf of plugins: isolated, timed, remembered."""
