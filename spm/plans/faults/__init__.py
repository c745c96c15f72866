"""What may be wrong with a plan although every key is in order: a module for each subject, put together in `checks`."""
