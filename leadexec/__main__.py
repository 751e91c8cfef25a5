"""``python -m leadexec``: the command line."""

from leadexec.cli import main

if __name__ == "__main__":
    main()
