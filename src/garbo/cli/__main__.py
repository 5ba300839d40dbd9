"""`python -m garbo.cli`, for a child process that must use this very interpreter."""

from garbo.cli import main

if __name__ == "__main__":
    main()
