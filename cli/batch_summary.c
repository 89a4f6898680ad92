/* SPDX-License-Identifier: Apache-2.0 */
/* The closing lines: how many ended how, how long it took, and what to look at first. */
#include "batch_summary.h"
#include "answer.h"

enum { ROWS_MOST = 10, SLOWEST_MOST = 3 };

static void put_words(FILE *out, const batch_table *table) {
  fprintf(out, "\n  %-14s  inventories\n", "result");
  for (int i = 0; i < BATCH_WORD_COUNT; i++) {
    const batch_word *row = &batch_words()[i];
    if (table->by_word[i] > 0)
      fprintf(out, "  %s%-14s" INK_END "  %11zu  %s\n", i == 0 ? INK_GOOD : INK_BAD, row->word,
              table->by_word[i], row->meaning);
  }
}

static void put_times(FILE *out, const batch_summary *s) {
  size_t items[SLOWEST_MOST], now = s->table->through - s->before;
  double seconds = s->statistics.seconds;
  fputc('\n', out);
  if (s->before > 0)
    fprintf(out, "  %zu had been answered before\n", s->before);
  if (now == 0)
    return;
  fprintf(out, "  %zu in %.1f s on %u thread%s", now, seconds, s->statistics.threads,
          s->statistics.threads == 1 ? "" : "s");
  if (seconds > 0)
    fprintf(out, ", %.0f a second", (double)now / seconds);
  size_t count = batch_table_slowest(s->table, items, SLOWEST_MOST);
  for (size_t i = 0; i < count; i++) {
    fprintf(out, "%s %.2f s ", i == 0 ? "; slowest:" : ",",
            s->table->entries[items[i]].milliseconds / 1000.0);
    answer_put_clean(out, s->inputs->paths[items[i]]);
  }
  fputc('\n', out);
}

static void put_rest(FILE *out, const batch_summary *s) {
  size_t items[ROWS_MOST], rest = s->table->through - s->table->by_word[0];
  if (rest == 0)
    return;
  size_t count = batch_table_gravest(s->table, items, rest < ROWS_MOST ? rest : ROWS_MOST);
  fprintf(out, "\n  Not done (%zu)\n", rest);
  for (size_t i = 0; i < count; i++) {
    const batch_entry *entry = &s->table->entries[items[i]];
    fprintf(out, "  %-14s  ", batch_word_of(entry->exit_status));
    answer_put_clean(out, s->inputs->paths[items[i]]);
    fputs(": ", out);
    answer_put_clean(out, entry->note != NULL ? entry->note : "");
    fputc('\n', out);
  }
  if (rest > count)
    fprintf(out, "  and %zu more\n", rest - count);
}

void batch_summary_text(FILE *out, const void *what) {
  const batch_summary *s = what;
  fprintf(out, INK_BOLD "Batch of %zu inventor%s" INK_END ": %s\n", s->table->count,
          s->table->count == 1 ? "y" : "ies", s->question);
  put_words(out, s->table);
  put_times(out, s);
  put_rest(out, s);
}
