/* What holds today and not any more when the first namespace of an empty space is made. */
#include "policy/analysis/policy_prove_inside.h"

void policy_prove_later(struct prove_results *now, const struct policy_proving *later)
{
    struct prove_results then = policy_prove_all(later);
    for (size_t i = 0; i < now->n; i++) {
        struct prove_result *r = &now->items[i];
        if (r->invariant->always || r->status != PROVE_KEPT || then.items[i].status != PROVE_BROKEN)
            continue;
        *r = then.items[i];
        r->later = true;
        r->text = CONCAT(later->arena, r->text, STR(", once there is such a namespace"));
        if (r->example) {
            struct prove_example *e = ARENA_NEW(later->arena, struct prove_example);
            *e = *r->example;
            e->future = true;
            r->example = e;
        }
        now->n_broken++;
    }
}
