#include "base/secret.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"

#define SECRET_FILE_MAX ((size_t)64 << 10)

void bytes_wipe(void *p, size_t n)
{
    if (n)
        explicit_bzero(p, n);
}

bool bytes_eq_constant_time(const void *a, const void *b, size_t n)
{
    const volatile unsigned char *x = a, *y = b;
    unsigned char difference = 0;
    for (size_t i = 0; i < n; i++)
        difference |= (unsigned char)(x[i] ^ y[i]);
    return difference == 0;
}

void secret_set(struct secret *s, struct str value)
{
    char *bytes = mem_dup(value.p, value.n);
    secret_fini(s);
    *s = (struct secret){bytes, value.n};
}

void secret_fini(struct secret *s)
{
    if (s->bytes_)
        bytes_wipe(s->bytes_, s->n_);
    mem_free(s->bytes_);
    *s = (struct secret){NULL, 0};
}

bool secret_is_empty(const struct secret *s)
{
    return s->n_ == 0;
}

bool secret_eq(const struct secret *a, struct str b)
{
    return a->n_ == b.n && bytes_eq_constant_time(a->bytes_, b.p, b.n);
}

struct str secret_reveal(const struct secret *s)
{
    return (struct str){s->bytes_, s->n_};
}

int secret_read_file(struct secret *ret_secret, const char *path, struct err *e)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return fail_errno(e, "secret file %s", path);
    if (st.st_mode & (S_IROTH | S_IWOTH))
        return fail(e, ERR_CONFIG, "secret file %s: everybody may read it (mode %04o), chmod o-rwx",
                    path, (unsigned)st.st_mode & 07777u);
    auto_buf text = BUF_INIT(SECRET_FILE_MAX);
    text.wipe = true;
    if (file_read(path, SECRET_FILE_MAX, &text, e) != 0)
        return -1;
    struct str value = buf_str(&text);
    if (value.n > 0 && value.p[value.n - 1] == '\n')
        value.n--;
    if (value.n == 0)
        return fail(e, ERR_CONFIG, "secret file %s: it is empty", path);
    secret_set(ret_secret, value);
    return 0;
}
