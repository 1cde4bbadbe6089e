#pragma once
/*
 * Questions for verify: drawn near what the cluster's rules say, so that both answers are common.
 * Every third is what a binding gives, every third the same with one thing changed, every third of
 * a class that no rule names or by a person with all of their groups. The same seed and cluster
 * give the same questions.
 */
#include "policy/cli/run.h"

struct sampler {
    struct arena *arena;
    const struct cluster *cluster;
    const struct rbac_object **bindings, **ours; /* with a role that has rules */
    size_t n_bindings, n_ours;
    struct rbac_user *people; /* as the site sees them */
    size_t n_people;
    uint64_t state;
};
struct sample {
    enum sample_class { SAMPLE_HELD, SAMPLE_NEAR, SAMPLE_OTHER, N_SAMPLE_CLASSES } class;
    struct rbac_user user;
    struct rbac_question question;
};
/* at->arena keeps everything. */
void sampler_init(struct sampler *s, const struct policy_at *at, const struct cluster *cluster,
                  const struct policy_directory *directory, uint64_t seed);
/* False: there is nothing to draw from. */
bool sampler_draw(struct sampler *s, size_t number, struct sample *ret);
