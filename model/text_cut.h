/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file text_cut.h
 * Sentences are put together in buffers with a limit, names in them with limits of their own; each
 * limit may cut a UTF-8 character. What is written out must hold whole ones only.
 */
#ifndef BERTH_MODEL_TEXT_CUT_H
#define BERTH_MODEL_TEXT_CUT_H

/** Takes the pieces of cut characters out of @p text, wherever they are; all else stays. */
void text_cut_mend(char *text);

#endif
