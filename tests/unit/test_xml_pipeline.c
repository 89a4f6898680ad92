/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsing ahead in a thread: with chunks so small that batches end within every kind of event, all
 * that a handler hears, all problems and all inventories are those of parsing on the spot. The
 * tuning of this file takes the place of the library's (xml_tuning.h).
 */
#include "context_internal.h"
#include "xml_cursor.h"
#include "xml_tuning.h"
#include <berth/io.h>
#include <criterion/criterion.h>
#include <glob.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define UNIT BERTH_SOURCE_DIR "/tests/unit/"
#define DATASETS BERTH_SOURCE_DIR "/datasets/"

enum { NEVER = UINT32_MAX, LOG_ROOM = 1 << 22 };

static xml_tuning in_force = {.chunk = 1 << 16, .direct = NEVER, .choice = 5, .batches = 2};

xml_tuning xml_tuning_get(void) {
  return in_force;
}

static void tune(uint32_t chunk, uint32_t direct, uint32_t batches) {
  in_force = (xml_tuning){.chunk = chunk, .direct = direct, .choice = 5, .batches = batches};
}

static berth_context *new_context(void) {
  berth_context *ctx = NULL;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  return ctx;
}

/* ------------------------------------------------------------------------ what a handler hears */

typedef struct event_log {
  char *text;
  size_t used;
  bool joined;         /* pieces of a text are one, and have no position */
  bool in_text;        /* the last thing told is such a text */
  uint32_t fail_after; /* this many events; 0 = do not */
  uint32_t events;
  const char *skip; /* elements of this name */
} event_log;

static void put(event_log *log, const char *text, size_t length) {
  cr_assert_lt(log->used + length, (size_t)LOG_ROOM);
  memcpy(log->text + log->used, text, length);
  log->used += length;
  log->text[log->used] = '\0';
}

static void put_position(event_log *log, berth_position position) {
  char text[64];
  put(log, text, (size_t)snprintf(text, sizeof text, "@%u:%u ", position.line, position.column));
}

static berth_status next_event(event_log *log, bool is_text) {
  if (log->in_text && !is_text)
    put(log, "\n", 1);
  log->in_text = is_text && log->joined;
  return ++log->events == log->fail_after ? BERTH_E_UNSUPPORTED : BERTH_OK;
}

static berth_status hear_start(void *user, xml_cursor *cursor, const xml_element *element) {
  event_log *log = user;
  char text[64];
  const berth_status status = next_event(log, false);
  put(log, "<", 1);
  put(log, element->name, strlen(element->name));
  put(log, text, (size_t)snprintf(text, sizeof text, " %d %u ", element->word, element->depth));
  put(log, element->uri == NULL ? "-" : element->uri, strlen(element->uri ? element->uri : "-"));
  put_position(log, element->position);
  for (uint32_t i = 0; i < element->attribute_count; i++) {
    const xml_attribute *attribute = &element->attributes[i];
    put(log, attribute->name, strlen(attribute->name));
    put(log, text,
        (size_t)snprintf(text, sizeof text, " %d%c", attribute->word,
                         attribute->uri == NULL ? '-' : '+'));
    put_position(log, xml_cursor_attribute_position(cursor, element, attribute));
    put(log, attribute->value, attribute->length);
    put(log, ";", 1);
  }
  put(log, "\n", 1);
  if (log->skip != NULL && strcmp(log->skip, element->name) == 0)
    xml_cursor_skip(cursor);
  return status;
}

static berth_status hear_end(void *user, xml_cursor *cursor) {
  (void)cursor;
  const berth_status status = next_event(user, false);
  put(user, "/\n", 2);
  return status;
}

static berth_status hear_text(void *user, xml_cursor *cursor, const char *text, size_t length) {
  event_log *log = user;
  const berth_status status = next_event(log, true);
  if (!log->joined && length > 0) {
    put_position(log, xml_cursor_text_position(cursor, text));
    put_position(log, xml_cursor_text_position(cursor, text + length - 1));
  }
  put(log, text, length);
  if (!log->joined)
    put(log, "\n", 1);
  return status;
}

static const char *const vocabulary[] = {"a", "id", "item"};

static berth_status hear(berth_context *ctx, const char *bytes, size_t size, event_log *log) {
  static const xml_handler handler = {.words = vocabulary,
                                      .word_count = 3,
                                      .on_start = hear_start,
                                      .on_end = hear_end,
                                      .on_text = hear_text};
  const berth_read_limits limits = BERTH_READ_LIMITS_INIT;
  input *in = NULL;
  cr_assert_eq(input_open_memory(ctx, bytes, size, "heard.xml", &in), BERTH_OK);
  const berth_status status = xml_cursor_read(ctx, in, &limits, XML_DOCTYPE_BARE, &handler, log);
  input_close(in);
  put(log, berth_context_detail(ctx), strlen(berth_context_detail(ctx)));
  return status;
}

/* The log and the status of one reading. Free the text. */
static event_log heard(const char *bytes, size_t size, event_log how, berth_status *status) {
  berth_context *ctx = new_context();
  how.text = malloc(LOG_ROOM);
  cr_assert_not_null(how.text);
  how.text[0] = '\0';
  *status = hear(ctx, bytes, size, &how);
  berth_context_free(ctx);
  return how;
}

/* Every construct that XML has for us, small and then larger than what fits before a chunk. */
static const char small_document[] =
    "<?xml version=\"1.0\"?>\n<!DOCTYPE a>\n<a id='1' xmlns:p=\"urn:p\">\n"
    "  <item p:id=\"&lt;&amp;&#65;\" id = 'x>y'/>t&amp;u<![CDATA[<raw>&]]>\r\n"
    "  <!-- a comment --><?pi here?>\n<p:item\n   id=\"\xC3\xA4\"\n   "
    "name='n'>\xE2\x82\xAC</p:item>"
    "<skipped id='9'><item><a/>text</item></skipped><a/></a>\n";

static char *large_document(size_t *size) {
  enum { LONG = 9000, ITEMS = 300 };
  char *document = malloc(1 << 20), *at = document;
  cr_assert_not_null(document);
  at += sprintf(at, "<a>\n<!--");
  for (int i = 0; i < LONG; i++)
    *at++ = i % 100 == 0 ? '\n' : 'c';
  at += sprintf(at, "--><item id=\"");
  for (int i = 0; i < LONG; i++)
    *at++ = i % 100 == 0 ? ' ' : 'v';
  at += sprintf(at, "\" name=\"&quot;");
  for (int i = 0; i < LONG; i++)
    *at++ = 'w';
  at += sprintf(at, "\"/>");
  for (int i = 0; i < LONG; i++)
    *at++ = i % 100 == 0 ? '\n' : 't';
  at += sprintf(at, "<many");
  for (int i = 0; i < ITEMS; i++)
    at += sprintf(at, " a%d='%d'", i, i);
  at += sprintf(at, "/>");
  for (int i = 0; i < ITEMS; i++)
    at += sprintf(at, "\n<item id=\"%d\"><n%d/>%d</item>", i, i, i);
  at += sprintf(at, "</a>");
  *size = (size_t)(at - document);
  return document;
}

/* Positions counted by hand. */
Test(xml_pipeline, says_what_stands_there) {
  static const char document[] = "<a>\n <item name='n'\n  id='7'/>\n</a>";
  static const char expected[] =
      "<a 0 0 -@1:1 \n@1:4 @2:1 \n \n<item 2 1 -@2:2 name -1-@2:8 n;id 1-"
      "@3:3 7;\n/\n@3:11 @3:11 \n\n/\n";
  for (uint32_t threads = 0; threads < 2; threads++) {
    berth_status status;
    tune(1 << 16, threads == 0 ? NEVER : 0, 2);
    event_log log = heard(document, sizeof document - 1, (event_log){.joined = false}, &status);
    cr_expect_eq(status, BERTH_OK);
    cr_expect_str_eq(log.text, expected);
    free(log.text);
  }
}

static void compare(const char *bytes, size_t size, uint32_t chunk, uint32_t direct,
                    uint32_t batches, event_log how) {
  berth_status status, expected;
  tune(chunk, NEVER, 2);
  event_log on_the_spot = heard(bytes, size, how, &expected);
  tune(chunk, direct, batches);
  event_log ahead = heard(bytes, size, how, &status);
  cr_expect_eq(status, expected, "chunk %u", chunk);
  cr_expect_str_eq(ahead.text, on_the_spot.text, "chunk %u, direct %u, batches %u", chunk, direct,
                   batches);
  free(on_the_spot.text);
  free(ahead.text);
}

Test(xml_pipeline, hears_the_same_in_small_pieces) {
  for (uint32_t chunk = 1; chunk <= sizeof small_document; chunk++)
    for (uint32_t batches = 2; batches <= 5; batches += 3)
      compare(small_document, sizeof small_document - 1, chunk, chunk % 3, batches,
              (event_log){.skip = chunk % 2 == 0 ? "skipped" : NULL});
}

/* However it is cut, all but the pieces of texts is the same. */
Test(xml_pipeline, cuts_change_nothing) {
  berth_status status;
  size_t size = 0;
  char *large = large_document(&size);
  const event_log how = {.joined = true, .skip = "skipped"};
  tune(1 << 16, NEVER, 2);
  event_log small_log = heard(small_document, sizeof small_document - 1, how, &status);
  cr_assert_eq(status, BERTH_OK, "%s", small_log.text);
  event_log large_log = heard(large, size, how, &status);
  cr_assert_eq(status, BERTH_OK);
  for (uint32_t chunk = 1; chunk < 5000; chunk = chunk < 200 ? chunk + 1 : chunk * 2 + 1) {
    tune(chunk, chunk % 2, 2 + chunk % 4);
    event_log log = heard(small_document, sizeof small_document - 1, how, &status);
    cr_expect_str_eq(log.text, small_log.text, "chunk %u", chunk);
    free(log.text);
    if (chunk < 50 && chunk % 16 != 1)
      continue;
    log = heard(large, size, how, &status);
    cr_expect_str_eq(log.text, large_log.text, "chunk %u", chunk);
    free(log.text);
  }
  free(small_log.text);
  free(large_log.text);
  free(large);
}

/* Where much is skipped the thread ends, and comes again where it is not. */
Test(xml_pipeline, threads_come_and_go) {
  enum { PHASES = 8, WANTED = 120, SKIPPED = 40 };
  char *document = malloc(1 << 20), *at = document;
  cr_assert_not_null(document);
  at += sprintf(at, "<a>");
  for (int phase = 0; phase < PHASES; phase++) {
    for (int i = 0; i < WANTED && phase % 2 == 0; i++)
      at += sprintf(at, "<item id='%d'>\ntext</item>", i);
    for (int i = 0; i < SKIPPED && phase % 2 == 1; i++)
      at += sprintf(at, "<skipped><item><a>\n</a></item><item/><a/><a><a/></a>text</skipped>");
  }
  at += sprintf(at, "</a>");
  const size_t size = (size_t)(at - document);
  for (uint32_t chunk = 20; chunk < 400; chunk += 19)
    compare(document, size, chunk, chunk % 5, 2 + chunk % 7, (event_log){.skip = "skipped"});
  for (size_t cut = size / 2; cut < size; cut += 97) /* nor is anything lost where it ends early */
    compare(document, cut, 100, 3, 4, (event_log){.skip = "skipped"});
  free(document);
}

/* The same text in encodings that are converted, where lines are all that is known. */
Test(xml_pipeline, hears_the_same_in_other_encodings) {
  static const char latin1[] = "<?xml version='1.0' encoding='ISO-8859-1'?>\n<a id='\xE4&amp;'>\n"
                               "<item id='2'>\xFC</item>\n</a>";
  char utf16[2 * sizeof small_document];
  utf16[0] = '\xFF';
  utf16[1] = '\xFE';
  static const char plain[] = "<a id='1'>\n<item id='&lt;'>text</item>\n</b>";
  for (size_t i = 0; i < sizeof plain - 1; i++) {
    utf16[2 + 2 * i] = plain[i];
    utf16[3 + 2 * i] = '\0';
  }
  for (uint32_t chunk = 1; chunk < 80; chunk++) {
    compare(latin1, sizeof latin1 - 1, chunk, 0, 3, (event_log){.joined = false});
    compare(utf16, 2 * sizeof plain, chunk, 1, 2, (event_log){.joined = false});
  }
}

/* The handler gives up while the parser is ahead, at each event there is. */
Test(xml_pipeline, handler_may_stop_anywhere) {
  for (uint32_t after = 1; after <= 30; after++)
    for (uint32_t chunk = 1; chunk < 64; chunk = chunk * 3)
      compare(small_document, sizeof small_document - 1, chunk, 0, 4,
              (event_log){.fail_after = after});
}

/* Each beginning of the document is one that is not well-formed. */
Test(xml_pipeline, source_may_end_anywhere) {
  for (size_t size = 0; size < sizeof small_document; size++)
    compare(small_document, size, 5, 1, 3, (event_log){.joined = false});
}

/* ------------------------------------------------------------------------ whole readings */

typedef struct outcome {
  char *text; /* LOG_ROOM */
  size_t used;
} outcome;

static void tell(outcome *out, const char *text) {
  const size_t length = strlen(text);
  cr_assert_lt(out->used + length, (size_t)LOG_ROOM);
  memcpy(out->text + out->used, text, length + 1);
  out->used += length;
}

static void tell_file(outcome *out, const char *path) {
  FILE *file = fopen(path, "r");
  cr_assert_not_null(file);
  out->used += fread(out->text + out->used, 1, LOG_ROOM - 1 - out->used, file);
  out->text[out->used] = '\0';
  fclose(file);
}

/* Status, detail, problems and the inventory, written natively. */
static char *outcome_of(const char *const *sources, uint32_t count,
                        const berth_read_limits *limits) {
  outcome out = {.text = malloc(LOG_ROOM)};
  berth_context *ctx = new_context();
  const berth_inventory *inventory = NULL;
  cr_assert_not_null(out.text);
  const berth_status status =
      berth_read_inventory(ctx, sources, count, BERTH_DIALECT_AUTO, limits, &inventory);
  tell(&out, berth_status_name(status));
  tell(&out, berth_context_detail(ctx));
  for (size_t i = 0; i < berth_context_problem_count(ctx); i++) {
    const berth_problem *problem = berth_context_problem(ctx, i);
    char place[64];
    snprintf(place, sizeof place, "\n%d %u:%u ", (int)problem->severity, problem->position.line,
             problem->position.column);
    tell(&out, place);
    tell(&out, problem->text);
  }
  if (inventory != NULL) {
    char path[] = "/tmp/berth-pipeline-XXXXXX";
    const int file = mkstemp(path);
    cr_assert_geq(file, 0);
    close(file);
    cr_assert_eq(berth_write_inventory(ctx, inventory, path), BERTH_OK);
    tell_file(&out, path);
    unlink(path);
  }
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return out.text;
}

static void compare_readings(const char *pattern, const berth_read_limits *limits, size_t least) {
  static const uint32_t chunks[] = {1, 61, 1024};
  glob_t found;
  cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "%s", pattern);
  cr_expect_geq(found.gl_pathc, least);
  for (size_t i = 0; i < found.gl_pathc; i++) {
    const char *source = found.gl_pathv[i];
    for (size_t c = 0; c < sizeof chunks / sizeof *chunks; c++) {
      tune(chunks[c], NEVER, 2);
      char *expected = outcome_of(&source, 1, limits);
      tune(chunks[c], c == 1 ? 2 : 0, 2 + (uint32_t)c);
      char *text = outcome_of(&source, 1, limits);
      cr_expect_str_eq(text, expected, "%s in chunks of %u", source, chunks[c]);
      free(text);
      free(expected);
    }
  }
  globfree(&found);
}

Test(xml_pipeline, datasets_are_read_alike) {
  compare_readings(DATASETS "*.xml", NULL, 35);
  compare_readings(DATASETS "vsphere-export", NULL, 1);
  compare_readings(DATASETS "o*/*.xml", NULL, 4);
}

Test(xml_pipeline, samples_of_dialects_are_read_alike) {
  compare_readings(UNIT "samples/*/*", NULL, 20);
}

/* Each fault, at limits that small files go beyond. */
Test(xml_pipeline, faults_are_told_alike) {
  berth_read_limits limits = BERTH_READ_LIMITS_INIT;
  limits.max_bytes = 32768;
  limits.max_elements = 250;
  limits.max_depth = 32;
  limits.max_text = 1000;
  compare_readings(UNIT "broken/*.xml", &limits, 90);
}

/* ------------------------------------------------------------------------ the caller's thread */

typedef struct strict_memory {
  pthread_t owner;
  long left; /* allocations that succeed; negative = all */
  long alive;
} strict_memory;

static void *strict_reallocate(void *user, void *memory, size_t bytes) {
  strict_memory *strict = user;
  cr_assert(pthread_equal(strict->owner, pthread_self()), "allocated in another thread");
  if (strict->left == 0)
    return NULL;
  strict->left--;
  strict->alive += memory == NULL;
  return realloc(memory, bytes);
}

static void *strict_allocate(void *user, size_t bytes) {
  return strict_reallocate(user, NULL, bytes);
}

static void strict_release(void *user, void *memory) {
  strict_memory *strict = user;
  cr_assert(pthread_equal(strict->owner, pthread_self()), "released in another thread");
  strict->alive -= memory != NULL;
  free(memory);
}

static berth_context *strict_context(strict_memory *strict) {
  berth_context *ctx = NULL;
  const berth_allocator allocator = {strict_allocate, strict_reallocate, strict_release, strict};
  cr_assert_eq(berth_context_new(&allocator, &ctx), BERTH_OK);
  return ctx;
}

/* Each allocation fails once, those that the parser asks for among them. */
Test(xml_pipeline, memory_may_run_out_anywhere) {
  size_t size = 0;
  char *document = large_document(&size);
  const berth_read_limits limits = BERTH_READ_LIMITS_INIT;
  static const xml_handler handler = {.words = vocabulary,
                                      .word_count = 3,
                                      .on_start = hear_start,
                                      .on_end = hear_end,
                                      .on_text = hear_text};
  berth_status status = BERTH_E_NOMEM;
  long allowed = 0;
  tune(700, 3, 4);
  for (; status != BERTH_OK && allowed < 1000; allowed++) {
    strict_memory strict = {.owner = pthread_self(), .left = -1};
    berth_context *ctx = strict_context(&strict);
    event_log log = {.text = malloc(LOG_ROOM), .joined = true};
    input *in = NULL;
    cr_assert_eq(input_open_memory(ctx, document, size, "memory.xml", &in), BERTH_OK);
    strict.left = allowed;
    status = xml_cursor_read(ctx, in, &limits, XML_DOCTYPE_REFUSED, &handler, &log);
    cr_assert(status == BERTH_OK || status == BERTH_E_NOMEM, "%s", berth_status_name(status));
    if (status != BERTH_OK)
      cr_expect_str_eq(berth_context_detail(ctx), "out of memory");
    strict.left = -1;
    input_close(in);
    berth_context_free(ctx);
    cr_assert_eq(strict.alive, 0, "%ld allocations", allowed);
    free(log.text);
  }
  cr_expect_eq(status, BERTH_OK);
  cr_expect_gt(allowed, 30);
  free(document);
}

typedef struct watch {
  pthread_t owner;
  uint32_t calls, allowed;
  uint64_t digest;
} watch;

static bool on_progress(void *user, const berth_progress *progress) {
  watch *w = user;
  cr_assert(pthread_equal(w->owner, pthread_self()), "told in another thread");
  cr_assert_str_eq(progress->phase, "read");
  w->digest = w->digest * 31 + progress->done;
  return ++w->calls < w->allowed;
}

/* Progress comes as often and says the same, and stops the reading where it is asked to. */
Test(xml_pipeline, progress_and_cancelling) {
  size_t size = 0;
  char *document = large_document(&size);
  for (uint32_t allowed = 1; allowed < 30; allowed += 4) {
    watch seen[2] = {{0}, {0}};
    char *text[2] = {NULL, NULL};
    for (int threads = 0; threads < 2; threads++) {
      berth_context *ctx = new_context();
      event_log log = {.text = malloc(LOG_ROOM)};
      text[threads] = log.text;
      seen[threads] = (watch){.owner = pthread_self(), .allowed = allowed};
      berth_context_set_progress(ctx, on_progress, &seen[threads]);
      tune(100, threads == 0 ? NEVER : 5, 6);
      cr_expect_eq(hear(ctx, document, size, &log), BERTH_E_CANCELLED);
      berth_context_free(ctx);
    }
    cr_expect_eq(seen[0].calls, allowed);
    cr_expect_eq(seen[1].calls, allowed);
    cr_expect_eq(seen[0].digest, seen[1].digest);
    cr_expect_str_eq(text[0], text[1]);
    free(text[0]);
    free(text[1]);
  }
  free(document);
}

/* The input breaks off: what lies before is delivered, and the failure told then. */
Test(xml_pipeline, input_that_fails_is_told_in_its_turn) {
  static const char first[] = "<inventory xmlns=\"urn:berth:1\"><cluster id=\"c\" foo=\"1\">";
  char path[] = "/tmp/berth-pipeline-XXXXXX", command[256];
  const int file = mkstemp(path);
  const char *source = path;
  cr_assert_geq(file, 0);
  cr_assert_eq(write(file, first, sizeof first - 1), (ssize_t)sizeof first - 1);
  for (int i = 0; i < 2000; i++) {
    char host[96];
    const int length =
        snprintf(host, sizeof host, "<host id=\"h%d\" cpuMhz=\"%d\" memoryMib=\"1\"/>\n", i,
                 1 + i * 7919 % 100003);
    cr_assert_eq(write(file, host, (size_t)length), (ssize_t)length);
  }
  close(file);
  snprintf(command, sizeof command, "gzip -c %s | head -c 5000 > %s.gz && mv %s.gz %s", path, path,
           path, path);
  cr_assert_eq(system(command), 0);
  tune(1000, NEVER, 2);
  char *expected = outcome_of(&source, 1, NULL);
  cr_expect_not_null(strstr(expected, "the compressed data end too early"));
  cr_expect_not_null(strstr(expected, "foo"));
  tune(1000, 4, 5);
  char *text = outcome_of(&source, 1, NULL);
  cr_expect_str_eq(text, expected);
  free(text);
  free(expected);
  unlink(path);
}

/* It breaks off just behind where the handler gives up, of which the failure must not speak. */
Test(xml_pipeline, input_that_fails_later_is_not_told) {
  size_t size = 0;
  char *document = large_document(&size), *packed = malloc(size);
  z_stream stream = {.next_in = (Bytef *)document, .avail_in = (uInt)size};
  cr_assert_not_null(packed);
  cr_assert_eq(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_out = (Bytef *)packed;
  stream.avail_out = (uInt)size;
  cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
  cr_assert_eq(deflateEnd(&stream), Z_OK);
  for (uint32_t after = 0; after < 1200; after += 40)
    compare(packed, (size_t)stream.total_out * 3 / 4, 512, 0, 16, (event_log){.fail_after = after});
  free(packed);
  free(document);
}
