"""`python -m attain` is `attain`."""

from attain.cli import main

main()
