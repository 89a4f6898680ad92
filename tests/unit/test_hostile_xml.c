/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input that is broken or hostile. Each file of broken/ has one fault, and beside it the exact
 * lines that reading it must give; BERTH_UPDATE_GOLDEN=1 writes those anew (read them before
 * keeping them).
 */
#include <berth/io.h>
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define BROKEN BERTH_SOURCE_DIR "/tests/unit/broken/"
#define SCHEMA BERTH_SOURCE_DIR "/io/schema/berth-1.xsd"

enum { REPORT_ROOM = 1 << 16, FILES_MAX = 512 };

static berth_context *new_context(void) {
  berth_context *ctx = NULL;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  return ctx;
}

static bool begins_with(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Small, so that small files can go beyond them. */
static berth_read_limits small_limits(void) {
  berth_read_limits limits = BERTH_READ_LIMITS_INIT;
  limits.max_bytes = 32768;
  limits.max_elements = 250;
  limits.max_depth = 32;
  limits.max_text = 1000;
  return limits;
}

static berth_status read_broken(berth_context *ctx, const char *path, const char *name) {
  const berth_read_limits limits = small_limits();
  const berth_inventory *inventory = NULL;
  berth_scenario *scenario = NULL;
  const berth_status status =
      begins_with(name, "scenario-")
          ? berth_read_scenario(ctx, path, &limits, &scenario)
          : berth_read_inventory(ctx, &path, 1, BERTH_DIALECT_AUTO, &limits, &inventory);
  cr_expect_null(inventory, "%s gave an inventory", name);
  cr_expect_null(scenario, "%s gave a scenario", name);
  berth_inventory_release(inventory);
  berth_scenario_free(scenario);
  return status;
}

static void report(berth_context *ctx, berth_status status, const char *name, char *out) {
  static const char *const severities[] = {"note", "warning", "error"};
  int used = snprintf(out, REPORT_ROOM, "%s\n", berth_status_name(status));
  for (size_t i = 0; i < berth_context_problem_count(ctx); i++) {
    const berth_problem *problem = berth_context_problem(ctx, i);
    used += snprintf(out + used, REPORT_ROOM - (size_t)used, "%s:%u:%u: %s: %s\n", name,
                     problem->position.line, problem->position.column,
                     severities[problem->severity], problem->text);
    cr_assert_lt(used, REPORT_ROOM);
  }
}

static void compare_with_golden(const char *name, const char *path, const char *found) {
  char golden[600], expected[REPORT_ROOM];
  snprintf(golden, sizeof golden, "%s.expected", path);
  if (getenv("BERTH_UPDATE_GOLDEN") != NULL) {
    FILE *file = fopen(golden, "w");
    cr_assert_not_null(file);
    fputs(found, file);
    cr_assert_eq(fclose(file), 0);
    return;
  }
  FILE *file = fopen(golden, "r");
  cr_assert_not_null(file, "%s is missing", golden);
  const size_t length = fread(expected, 1, sizeof expected - 1, file);
  fclose(file);
  expected[length] = '\0';
  cr_expect_str_eq(found, expected, "%s:\n--- found\n%s--- expected\n%s", name, found, expected);
}

static int compare_names(const void *a, const void *b) {
  return strcmp((const char *)a, (const char *)b);
}

static size_t list_broken(char names[FILES_MAX][256]) {
  size_t count = 0;
  DIR *folder = opendir(BROKEN);
  cr_assert_not_null(folder);
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    const size_t length = strlen(entry->d_name);
    if (length < 4 || strcmp(entry->d_name + length - 4, ".xml") != 0)
      continue;
    cr_assert_lt(count, FILES_MAX);
    snprintf(names[count++], 256, "%s", entry->d_name);
  }
  closedir(folder);
  qsort(names, count, sizeof *names, compare_names);
  return count;
}

Test(hostile_xml, each_fault_is_told_exactly) {
  static char names[FILES_MAX][256], found[REPORT_ROOM];
  const size_t count = list_broken(names);
  cr_assert_geq(count, 90);
  for (size_t i = 0; i < count; i++) {
    char path[512];
    berth_context *ctx = new_context();
    snprintf(path, sizeof path, "%s%s", BROKEN, names[i]);
    const berth_status status = read_broken(ctx, path, names[i]);
    cr_expect_neq(status, BERTH_OK, "%s was read", names[i]);
    cr_expect(begins_with(berth_context_detail(ctx), BROKEN) || begins_with(names[i], "vim25-no-"),
              "%s: detail \"%s\"", names[i], berth_context_detail(ctx));
    report(ctx, status, names[i], found);
    compare_with_golden(names[i], path, found);
    berth_context_free(ctx);
  }
}

/* What XML Schema 1.0 cannot say (berth-1.xsd lists it), what is about size, and other dialects. */
static bool is_beyond_schema(const char *name) {
  static const char *const beyond[] = {"dangling-group",
                                       "dangling-r",
                                       "duplicate-setting",
                                       "duplicate-notification",
                                       "limit-",
                                       "missing-rule-hosts",
                                       "needs-",
                                       "reach-",
                                       "restart-cycle",
                                       "scenario-fail-",
                                       "scenario-root",
                                       "root-scenario",
                                       "scenario-set-nobody",
                                       "scenario-set-nothing",
                                       "standby-with-vm",
                                       "vim25-",
                                       "doctype"};
  for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++)
    if (begins_with(name, beyond[i]))
      return true;
  return false;
}

Test(hostile_xml, the_schema_refuses_what_it_can_say) {
  static char names[FILES_MAX][256];
  if (system("xmllint --version >/dev/null 2>&1") != 0)
    cr_skip_test("xmllint is not installed");
  const size_t count = list_broken(names);
  for (size_t i = 0; i < count; i++) {
    char command[1400];
    if (is_beyond_schema(names[i]))
      continue;
    snprintf(command, sizeof command,
             "xmllint --nonet --noout --schema '%s' '%s%s' >/dev/null 2>&1", SCHEMA, BROKEN,
             names[i]);
    cr_expect_neq(system(command), 0, "%s is valid by the schema", names[i]);
  }
}

/* ------------------------------------------------------------------------ positions */

static const char head[] = "<inventory xmlns=\"urn:berth:1\">\n<cluster id=\"c\">\n";
static const char tail[] = "</cluster>\n</inventory>\n";
static const char bad_vm[] = "<vm  id=\"v\" memoryMib=\"x\"/>";

/* A document of @p filler bytes of @p unit before a bad VM in column @p column of the last line. */
static void expect_position(const char *unit, size_t repeats, size_t column, uint32_t lines) {
  const size_t unit_length = strlen(unit);
  char *text = malloc(sizeof head + repeats * unit_length + column + sizeof bad_vm + sizeof tail);
  cr_assert_not_null(text);
  char *at = text + sprintf(text, "%s", head);
  for (size_t i = 0; i < repeats; i++, at += unit_length)
    memcpy(at, unit, unit_length);
  memset(at, ' ', column);
  at += column;
  at += sprintf(at, "%s%s", bad_vm, tail);
  berth_context *ctx = new_context();
  const berth_inventory *inventory = NULL;
  cr_expect_eq(berth_parse_inventory(ctx, text, (size_t)(at - text), "big", BERTH_DIALECT_AUTO,
                                     NULL, &inventory),
               BERTH_E_INVALID);
  cr_assert_eq(berth_context_problem_count(ctx), 1);
  const berth_problem *problem = berth_context_problem(ctx, 0);
  cr_expect_eq(problem->position.line, lines, "line %u, expected %u", problem->position.line,
               lines);
  cr_expect_eq(problem->position.column, column + 13, "column %u, expected %zu",
               problem->position.column, column + 13);
  berth_context_free(ctx);
  free(text);
}

Test(hostile_xml, positions_are_exact_across_chunks) {
  /* Whatever lies before: comments, elements, blank lines, each far beyond one chunk of 64 KiB. */
  expect_position("<!-- comment\nover two lines -->\n", 20000, 0, 3 + 40000);
  expect_position("<x:a xmlns:x=\"urn:other\">some text\n</x:a>\n", 9001, 0, 3 + 2 * 9001);
  expect_position("\n", 200000, 7, 3 + 200000);
  expect_position("\r\n", 100001, 1, 3 + 100001);
  for (size_t column = 65400; column < 65700; column += 13)
    expect_position("", 0, column, 3);
}

Test(hostile_xml, tags_may_span_chunks) {
  /* An attribute of 200,000 bytes, of which the last is what the message must quote rightly. */
  const size_t length = 200000;
  char *text = malloc(length + 400);
  char *at = text + sprintf(text, "%s<vm name=\"", head);
  memset(at, '\n', length);
  at += length;
  at += sprintf(at, "\"\n id=\"v\" memoryMib=\"x\"/>%s", tail);
  berth_context *ctx = new_context();
  const berth_inventory *inventory = NULL;
  cr_expect_eq(berth_parse_inventory(ctx, text, (size_t)(at - text), "big", BERTH_DIALECT_AUTO,
                                     NULL, &inventory),
               BERTH_E_INVALID);
  const berth_problem *problem = berth_context_problem(ctx, 0);
  cr_assert_not_null(problem);
  cr_expect_eq(problem->position.line, 3 + length + 1);
  cr_expect_eq(problem->position.column, 9);
  berth_context_free(ctx);
  free(text);
}

/* ------------------------------------------------------------------------ compression */

static const char good[] = "<inventory xmlns=\"urn:berth:1\" name=\"east\">\n"
                           "  <cluster id=\"c\"><host id=\"h\" cpuMhz=\"1000\" memoryMib=\"64\"/>"
                           "</cluster>\n</inventory>\n";

static size_t compress_text(const char *text, size_t length, unsigned char *out, size_t room) {
  z_stream stream = {0};
  cr_assert_eq(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  unsigned char in[1024];
  cr_assert_leq(length, sizeof in);
  memcpy(in, text, length);
  stream.next_in = in;
  stream.avail_in = (uInt)length;
  stream.next_out = out;
  stream.avail_out = (uInt)room;
  cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
  const size_t size = stream.total_out;
  deflateEnd(&stream);
  return size;
}

Test(hostile_xml, gzip_is_read_from_memory_and_cut_off_gzip_is_refused) {
  unsigned char packed[2048];
  /* Two members, as `cat a.gz b.gz` makes them. */
  size_t size = compress_text(good, 40, packed, sizeof packed);
  size += compress_text(good + 40, sizeof good - 1 - 40, packed + size, sizeof packed - size);
  berth_context *ctx = new_context();
  const berth_inventory *inventory = NULL;
  cr_expect_eq(berth_parse_inventory(ctx, packed, size, "z", BERTH_DIALECT_AUTO, NULL, &inventory),
               BERTH_OK, "%s", berth_context_detail(ctx));
  cr_assert_not_null(inventory);
  cr_expect_str_eq(berth_inventory_name(inventory), "east");
  berth_inventory_release(inventory);
  for (size_t cut = 2; cut < size; cut++) {
    const berth_status status =
        berth_parse_inventory(ctx, packed, cut, "z", BERTH_DIALECT_AUTO, NULL, &inventory);
    cr_expect(status == BERTH_E_READ || status == BERTH_E_INVALID, "cut at %zu: %s", cut,
              berth_status_name(status));
    cr_expect_null(inventory);
  }
  berth_context_free(ctx);
}

/* ------------------------------------------------------------------------ memory */

typedef struct counting {
  long left; /* allocations until one fails; negative = never */
  long alive;
} counting;

static void *count_allocate(void *user, size_t bytes) {
  counting *c = user;
  if (c->left == 0)
    return NULL;
  c->left -= c->left > 0;
  c->alive++;
  return malloc(bytes == 0 ? 1 : bytes);
}

static void *count_reallocate(void *user, void *memory, size_t bytes) {
  counting *c = user;
  if (c->left == 0)
    return NULL;
  c->left -= c->left > 0;
  c->alive += memory == NULL;
  return realloc(memory, bytes == 0 ? 1 : bytes);
}

static void count_release(void *user, void *memory) {
  counting *c = user;
  c->alive -= memory != NULL;
  free(memory);
}

static void fail_each_allocation(const char *text, size_t size) {
  bool done = false;
  for (long allowed = 1; !done; allowed++) {
    counting c = {.left = allowed};
    const berth_allocator allocator = {count_allocate, count_reallocate, count_release, &c};
    berth_context *ctx = NULL;
    const berth_inventory *inventory = NULL;
    if (berth_context_new(&allocator, &ctx) != BERTH_OK)
      continue;
    const berth_status status =
        berth_parse_inventory(ctx, text, size, "m", BERTH_DIALECT_AUTO, NULL, &inventory);
    cr_expect(status == BERTH_OK || status == BERTH_E_NOMEM, "after %ld: %s (%s)", allowed,
              berth_status_name(status), berth_context_detail(ctx));
    done = status == BERTH_OK && c.left != 0;
    berth_inventory_release(inventory);
    berth_context_free(ctx);
    cr_assert_eq(c.alive, 0, "after %ld: %ld blocks are left", allowed, c.alive);
    cr_assert_lt(allowed, 5000);
  }
}

Test(hostile_xml, any_failed_allocation_is_survived) {
  static const char native[] =
      "<inventory xmlns=\"urn:berth:1\" name=\"e\"><resource name=\"g\"/><cluster id=\"c\">"
      "<ha><admission policy=\"dedicated\" hosts=\"h\"/></ha>"
      "<host id=\"h\" cpuMhz=\"9\" memoryMib=\"9\" rack=\"r\"><reach datastore=\"d\"/>"
      "<numa node=\"0\" cpuMhz=\"1\" memoryMib=\"1\"/><capacity resource=\"g\" "
      "amount=\"1\"/></host>"
      "<vm id=\"v\" memoryMib=\"1\" host=\"h\"><needs datastore=\"d\"/><needs resource=\"g\"/></vm>"
      "<vm-group id=\"g\" vms=\"v\"/><rule id=\"r\" type=\"run-on\" vms=\"g\" hosts=\"h\"/>"
      "</cluster></inventory>";
  static const char vim25[] =
      "<RetrievePropertiesResponse xmlns=\"urn:vim25\" "
      "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
      "<returnval><obj type=\"ClusterComputeResource\">d</obj><propSet><name>configurationEx</name>"
      "<val><group xsi:type=\"ClusterVmGroup\"><name>g</name><vm type=\"VirtualMachine\">v</vm>"
      "</group><group xsi:type=\"ClusterHostGroup\"><name>g</name><host>h</host></group>"
      "<rule xsi:type=\"ClusterVmHostRuleInfo\"><name>r</name><vmGroupName>g</vmGroupName>"
      "<affineHostGroupName>g</affineHostGroupName></rule></val></propSet></returnval>"
      "<returnval><obj "
      "type=\"HostSystem\">h</obj><propSet><name>parent</name><val>d</val></propSet>"
      "<propSet><name>runtime</name><val><connectionState>connected</connectionState></val>"
      "</propSet><propSet><name>summary.hardware</name><val><memorySize>1073741824</memorySize>"
      "<cpuMhz>1000</cpuMhz><numCpuCores>2</numCpuCores></val></propSet></returnval>"
      "<returnval><obj type=\"VirtualMachine\">v</obj><propSet><name>runtime</name><val>"
      "<host>h</host><powerState>poweredOn</powerState></val></propSet>"
      "<propSet><name>config.hardware</name><val><numCPU>1</numCPU><memoryMB>4</memoryMB></val>"
      "</propSet></returnval></RetrievePropertiesResponse>";
  fail_each_allocation(native, sizeof native - 1);
  fail_each_allocation(vim25, sizeof vim25 - 1);
}
