/* SPDX-License-Identifier: Apache-2.0 */
/* The hooks of a thread's GLPK environment. */
#include "trap_glpk.h"
#include "mip.h"
#include <assert.h>
#include <glpk.h>

/* Called for every line GLPK would print, inside an LP too. Returning 1 keeps the line silent. */
static int on_terminal(void *user, const char *text) {
  glpk_trap *trap = user;
  (void)text;
  if (trap->over(trap->user)) {
    trap->stopped = true;
    longjmp(trap->jump, 1);
  }
  return 1;
}

static void on_error(void *user) {
  glpk_trap *trap = user;
  longjmp(trap->jump, 1);
}

/* Without its environment GLPK would abort: hence the explicit start, which can fail. */
bool glpk_trap_init(glpk_trap *trap, bool (*over)(void *user), void *user, uint32_t megabytes) {
  assert(over != NULL && megabytes > 0);
  trap->over = over;
  trap->user = user;
  trap->stopped = false;
  if (glp_init_env() > 1)
    return false;
  glp_term_hook(on_terminal, trap);
  glp_error_hook(on_error, trap);
  glp_mem_limit((int)megabytes);
  return true;
}

void glpk_trap_end(void) {
  glp_free_env();
}

int glpk_bound_type(int64_t lower, int64_t upper) {
  assert(lower == MIP_FREE || upper == MIP_FREE || lower <= upper);
  if (lower == MIP_FREE && upper == MIP_FREE)
    return GLP_FR;
  if (lower == MIP_FREE)
    return GLP_UP;
  if (upper == MIP_FREE)
    return GLP_LO;
  return lower == upper ? GLP_FX : GLP_DB;
}
