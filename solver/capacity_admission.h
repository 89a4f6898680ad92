/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capacity_admission.h
 * How many mixes admission control would let in, wherever their room lies.
 */
#ifndef BERTH_SOLVER_CAPACITY_ADMISSION_H
#define BERTH_SOLVER_CAPACITY_ADMISSION_H

#include "capacity_ground.h"

/** Fills what @p out says of admission control. false = no memory. */
bool capacity_admission(const capacity_ground *g, arena *memory, berth_capacity_cluster *out);

#endif
