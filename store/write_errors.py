"""What the machine answers where a file or folder may not be written."""

import errno

UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)
