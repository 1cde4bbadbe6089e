/* Any text as an audit log: nothing is counted twice or left out, and what a reason says can be
 * said again. */
#include "policy/analysis/audit_log.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    auto_arena a = {0};
    arena_init(&a, (size_t)64 << 20);
    struct audit_log log;
    struct audit_use use;
    struct err e;
    struct str rest = input_of(data, n), line;
    int status = 0;
    (void)audit_reason_parse(rest, &a, &use);
    audit_log_init(&log, &a);
    while (status == 0 && rest.n && str_next(&rest, '\n', &line))
        status = audit_log_line(&log, line, rest.n == 0, &e);
    uint64_t uses = 0;
    for (size_t i = 0; i < log.uses.n; i++) {
        uses += log.uses.items[i].n;
        MUST(log.uses.items[i].n_names <= AUDIT_NAMES_MAX && log.uses.items[i].binding.p);
    }
    MUST(status < 0 || uses == log.n_allowed);
    MUST(status < 0 || log.n_lines == log.n_allowed + log.n_other + log.n_denied + log.n_stages +
                                          log.n_foreign + log.truncated);
    audit_log_fini(&log);
    return 0;
}
