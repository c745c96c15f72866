"""The shell: command line, configuration, wiring, logging."""
