"""Facts in, results out: every statement Attain runs on its tables, by subject."""
