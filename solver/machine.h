/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file machine.h
 * The cores that the process may use, and threads bound to them.
 */
#ifndef BERTH_SOLVER_MACHINE_H
#define BERTH_SOLVER_MACHINE_H

#include "arena.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct machine machine;

/** Looks at the machine, which takes a few milliseconds. NULL: out of memory or nothing to be
 *  learnt; every function here takes that for one core. */
machine *machine_open(arena *memory);
/** NULL is harmless. */
void machine_close(machine *m);
/** Cores with at least one hardware thread that the process may run on; at least 1. */
uint32_t machine_core_count(const machine *m);
/** Binds the calling thread to a core, @p index below machine_core_count(). False: it goes where
 * the system puts it, as before. Several threads at once may call it. */
bool machine_bind(const machine *m, uint32_t index);

#endif
