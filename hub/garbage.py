"""The garbage collector of a process that takes messages: what is there after the start is never garbage."""

import gc


def look_less_often(after: int) -> None:
    """Leaves out what is there now, and looks again `after` so many more objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(after, 20, 20)
