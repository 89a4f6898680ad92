/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inventories of any dialect, read twice: in one thread, and with a second that parses ahead in
 * batches so small that they end anywhere. Status, problems and inventory are the same. The first
 * three bytes say how the document is cut.
 */
#include "fuzzed_file.h"
#include "xml_tuning.h"
#include <berth/io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 3, LARGEST = 1 << 14, NEVER = 2000000000 };

/* Set before each reading, from its input alone. */
static xml_tuning in_force;

xml_tuning xml_tuning_get(void) {
  return in_force;
}

static void tell(FILE *stream, const berth_context *ctx, berth_status status) {
  (void)fprintf(stream, "%s: %s\n", berth_status_name(status), berth_context_detail(ctx));
  for (size_t i = 0; i < berth_context_problem_count(ctx); i++) {
    const berth_problem *problem = berth_context_problem(ctx, i);
    (void)fprintf(stream, "%d %s:%u:%u %s\n", (int)problem->severity,
                  problem->position.source == NULL ? "" : problem->position.source,
                  problem->position.line, problem->position.column, problem->text);
  }
}

/* An inventory is at most as large as its source makes it, but for names of attributes. */
static void tell_inventory(FILE *stream, berth_context *ctx, const berth_inventory *inventory) {
  fuzzed_pipe written = fuzzed_pipe_open();
  fuzzed_require_ok(ctx, berth_write_inventory(ctx, inventory, written.path),
                    "an inventory is written");
  fuzzed_text text = fuzzed_pipe_close(&written);
  (void)fwrite(text.bytes, 1, text.size, stream);
  free(text.bytes);
}

static fuzzed_text read_tuned(const uint8_t *data, size_t size, xml_tuning tuning) {
  fuzzed_text text = {NULL, 0};
  berth_read_limits limits = BERTH_READ_LIMITS_INIT;
  const berth_inventory *inventory = NULL;
  berth_context *ctx = fuzzed_context();
  FILE *stream = open_memstream(&text.bytes, &text.size);
  fuzzed_require(stream != NULL, "there is memory for a stream");
  in_force = tuning;
  limits.max_bytes = 1 << 16;
  limits.max_elements = 500;
  limits.max_depth = 24;
  limits.max_text = 1 << 12;
  const berth_status status =
      berth_parse_inventory(ctx, data, size, "fuzzed.xml", BERTH_DIALECT_AUTO, &limits, &inventory);
  tell(stream, ctx, status);
  if (inventory != NULL)
    tell_inventory(stream, ctx, inventory);
  fuzzed_require(fclose(stream) == 0, "there is memory for what is told");
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < HEAD || size > LARGEST)
    return 0;
  /* Batches of a byte for short documents only: each costs a libxml2 call. */
  const uint32_t least = (uint32_t)size / 256 + 1;
  const xml_tuning ahead = {.chunk = least + data[0],
                            .direct = data[1] % 8,
                            .choice = 1 + data[1] / 8,
                            .batches = 2 + data[2] % (XML_BATCHES_MAX - 1)};
  xml_tuning alone = ahead;
  alone.direct = NEVER;
  fuzzed_text expected = read_tuned(data + HEAD, size - HEAD, alone);
  fuzzed_text seen = read_tuned(data + HEAD, size - HEAD, ahead);
  if (strcmp(expected.bytes, seen.bytes) != 0)
    (void)fprintf(stderr, "in one thread:\n%s\nread ahead:\n%s\n", expected.bytes, seen.bytes);
  fuzzed_require(strcmp(expected.bytes, seen.bytes) == 0, "reading ahead changes nothing");
  free(expected.bytes);
  free(seen.bytes);
  return 0;
}
