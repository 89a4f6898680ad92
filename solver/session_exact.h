/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_exact.h
 * A question about one host where other things are wrong already: nothing but the question counts.
 */
#ifndef BERTH_SOLVER_SESSION_EXACT_H
#define BERTH_SOLVER_SESSION_EXACT_H

#include "session_premise.h"

/** Decides, where the answer is open and within the limits of the options. Better moves than those
 *  of the answer take their place, and that of its plan. @return BERTH_OK, BERTH_E_NOMEM. */
berth_status answer_exactly(const host_question *question, host_premise *premise,
                            berth_answer *answer);

#endif
