/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_deed.h
 * A history of changes in which no change may be half done.
 */
#ifndef BERTH_SESSION_DEED_H
#define BERTH_SESSION_DEED_H

#include "deeds.h"

/** Changes of every kind, transactions kept and taken back, questions in between. A change for
 *  which memory lacked is made once more: the end is the same as if nothing had happened, which
 *  the file that is written shows. */
berth_status session_deed(const deed_world *world, const berth_inventory *inventory);

#endif
