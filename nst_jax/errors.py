"""The one kind of error that is the user's to mend."""


class InputError(Exception):
    """A file, a setting or a machine that the program cannot work with.

    The message is one sentence that says what is wrong and what to do about it. The command line prints it without a
    traceback and exits with code 2; every other exception is a defect of ours and keeps its traceback.
    """
