/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trap_glpk.h
 * GLPK aborts on errors, prints, and hears of limits only where it asks for the time. On a thread
 * of its own its error hook and its terminal hook jump back to a trap; freeing the thread's GLPK
 * environment then frees whatever GLPK held there.
 *
 *     if (glpk_trap_init(&trap, ...) && setjmp(trap.jump) == 0) { ... glp_...() ... }
 *     glpk_trap_end(&trap);
 */
#ifndef BERTH_SOLVER_TRAP_GLPK_H
#define BERTH_SOLVER_TRAP_GLPK_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct glpk_trap {
  jmp_buf jump;
  bool (*over)(void *user); /* asked whenever GLPK would print */
  void *user;
  bool stopped; /* the jump was because of over(), not of an error */
} glpk_trap;

/** Hooks the thread's GLPK to the trap, which must stay where it is. False: out of memory. */
bool glpk_trap_init(glpk_trap *trap, bool (*over)(void *user), void *user, uint32_t megabytes);
/** Frees all GLPK objects of the thread, and its hooks. */
void glpk_trap_end(void);
/** GLPK's kind of a pair of bounds; MIP_FREE = none. */
int glpk_bound_type(int64_t lower, int64_t upper);

#endif
