#pragma once
/* Files: read with a ceiling, replace atomically. Errors name the path. */
#include "base/buf.h"
#include "base/err.h"

must_check int file_read(const char *path, size_t max, struct buf *out, struct err *e);
/* temp file beside it (O_EXCL, mode), fsync, rename, fsync of the folder. Either the old or the new
 * content is there, never half. */
must_check int file_replace(const char *path, unsigned mode, struct str content, struct err *e);
/* The same without waiting for the disk, for what can be made again: after a power cut it may be
 * missing. */
must_check int file_make(const char *path, unsigned mode, struct str content, struct err *e);
/* Creates the folder and its parents with the mode; an existing one is left as it is. */
must_check int folder_make(const char *path, unsigned mode, struct err *e);
