"""`python -m garbo.cli`: runs the command line with the current interpreter."""

from garbo.cli import main

if __name__ == "__main__":
    main()
