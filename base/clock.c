#include "base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_now_ms(const struct clock *c)
{
    (void)c;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_monotonic_ms(const struct clock *c)
{
    (void)c;
    return read_clock(CLOCK_MONOTONIC);
}

const struct clock clock_system = {system_now_ms, system_monotonic_ms};

static int64_t fixed_ms(const struct clock *c)
{
    return ((const struct clock_fixed *)(const void *)c)->ms; /* the first member */
}

void clock_fixed_init(struct clock_fixed *c, int64_t ms)
{
    *c = (struct clock_fixed){.clock = {fixed_ms, fixed_ms}, .ms = ms};
}

void time_format(struct buf *b, int64_t ms, bool with_millis)
{
    int64_t seconds = ms / 1000 - (ms % 1000 < 0);
    int millis = (int)(ms - seconds * 1000);
    struct tm t;
    time_t at = (time_t)seconds;
    if (!gmtime_r(&at, &t) || t.tm_year + 1900 < 0 || t.tm_year + 1900 > 9999) {
        b->failed = true; /* RFC 3339 has no such year */
        return;
    }
    buf_fmt(b, "%04d-%02d-%02dT%02d:%02d:%02d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
            t.tm_hour, t.tm_min, t.tm_sec);
    if (with_millis)
        buf_fmt(b, ".%03d", millis);
    buf_char(b, 'Z');
}

/* Exactly n digits off the front. */
static bool take_digits(struct str *s, size_t n, int *ret)
{
    if (s->n < n)
        return false;
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        value = value * 10 + (s->p[i] - '0');
    }
    *s = (struct str){s->p + n, s->n - n};
    *ret = value;
    return true;
}

static bool take_char(struct str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    s->p++;
    s->n--;
    return true;
}

static bool is_date(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar: years are counted from March, in eras
 * of 400. */
static int64_t days_since_epoch(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static bool take_date(struct str *s, int64_t *ret_days)
{
    int year, month, day;
    if (!take_digits(s, 4, &year) || !take_char(s, '-') || !take_digits(s, 2, &month) ||
        !take_char(s, '-') || !take_digits(s, 2, &day) || !is_date(year, month, day))
        return false;
    *ret_days = days_since_epoch(year, month, day);
    return true;
}

/* hh:mm:ss[.fraction], in milliseconds; a leap second (RFC 3339 5.7) is the first of the next
 * minute */
static bool take_time(struct str *s, int64_t *ret_ms)
{
    int hour, minute, second, millis = 0;
    if (!take_digits(s, 2, &hour) || !take_char(s, ':') || !take_digits(s, 2, &minute) ||
        !take_char(s, ':') || !take_digits(s, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    if (take_char(s, '.')) {
        int digit, weight = 100;
        if (!take_digits(s, 1, &digit))
            return false;
        do {
            millis += digit * weight;
            weight /= 10;
        } while (take_digits(s, 1, &digit));
    }
    *ret_ms = ((int64_t)hour * 3600 + minute * 60 + second) * 1000 + millis;
    return true;
}

static bool take_zone(struct str *s, int64_t *ret_offset_ms)
{
    *ret_offset_ms = 0;
    if (take_char(s, 'Z') || take_char(s, 'z'))
        return true;
    bool west = s->n > 0 && s->p[0] == '-';
    int hour, minute;
    if (!take_char(s, west ? '-' : '+') || !take_digits(s, 2, &hour) || !take_char(s, ':') ||
        !take_digits(s, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *ret_offset_ms = ((int64_t)hour * 60 + minute) * 60000 * (west ? -1 : 1);
    return true;
}

bool time_parse(struct str text, int64_t *ret_ms)
{
    int64_t days, time_ms, offset_ms;
    if (!take_date(&text, &days))
        return false;
    if (text.n == 0) {
        *ret_ms = days * 86400000;
        return true;
    }
    if (!take_char(&text, 'T') && !take_char(&text, 't'))
        return false;
    if (!take_time(&text, &time_ms) || !take_zone(&text, &offset_ms) || text.n != 0)
        return false;
    *ret_ms = days * 86400000 + time_ms - offset_ms;
    return true;
}

bool duration_parse(struct str text, int64_t *ret_ms)
{
    static const struct {
        struct str unit;
        int64_t ms;
    } units[] = {{STR("ms"), 1},
                 {STR("s"), 1000},
                 {STR("m"), 60000},
                 {STR("h"), 3600000},
                 {STR("d"), 86400000}};
    size_t digits = 0;
    while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
        digits++;
    int64_t value;
    if (!str_to_i64(str_from_to(text, 0, digits), &value) || value <= 0)
        return false;
    struct str unit = str_from_to(text, digits, text.n);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (str_eq(unit, units[i].unit))
            return !__builtin_mul_overflow(value, units[i].ms, ret_ms);
    return false;
}
