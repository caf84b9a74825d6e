"""The error numbers with which the system refuses to write a file or folder."""

import errno

UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)
