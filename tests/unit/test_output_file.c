/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs appear whole or not at all. */
#include "output_file.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static berth_context *ctx;
static char folder[] = "/tmp/berth-output-XXXXXX";
static char path[sizeof folder + 32], link_path[sizeof folder + 32];

static void set_up(void) {
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  cr_assert_not_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/out", folder);
  snprintf(link_path, sizeof link_path, "%s/link", folder);
}

static void tear_down(void) {
  unlink(path);
  unlink(link_path);
  cr_expect_eq(rmdir(folder), 0, "something was left behind");
  berth_context_free(ctx);
}

TestSuite(output_file, .init = set_up, .fini = tear_down);

static void write_text(const char *where, const char *text, bool commit) {
  output_file *file = NULL;
  cr_assert_eq(output_file_open(ctx, where, &file), BERTH_OK, "%s", berth_context_detail(ctx));
  fputs(text, output_file_stream(file));
  if (commit)
    cr_expect_eq(output_file_commit(file), BERTH_OK, "%s", berth_context_detail(ctx));
  output_file_discard(file);
}

static void expect_content(const char *expected) {
  char found[64] = "";
  FILE *file = fopen(path, "r");
  cr_assert_not_null(file);
  found[fread(found, 1, sizeof found - 1, file)] = '\0';
  fclose(file);
  cr_expect_str_eq(found, expected);
}

Test(output_file, a_new_file_appears_at_commit_only) {
  output_file *file = NULL;
  cr_assert_eq(output_file_open(ctx, path, &file), BERTH_OK);
  fputs("whole", output_file_stream(file));
  cr_expect_neq(access(path, F_OK), 0, "it is there before the commit");
  cr_expect_eq(output_file_commit(file), BERTH_OK);
  output_file_discard(file);
  expect_content("whole");
}

Test(output_file, a_discarded_one_leaves_the_old_content) {
  write_text(path, "old", true);
  write_text(path, "new but cut", false);
  expect_content("old");
  write_text(path, "new", true);
  expect_content("new");
}

Test(output_file, permissions_follow_the_umask_or_the_old_file) {
  struct stat about;
  const mode_t mask = umask(027);
  write_text(path, "a", true);
  umask(mask);
  cr_assert_eq(stat(path, &about), 0);
  cr_expect_eq(about.st_mode & 0777, 0640);
  cr_assert_eq(chmod(path, 0604), 0);
  write_text(path, "b", true);
  cr_assert_eq(stat(path, &about), 0);
  cr_expect_eq(about.st_mode & 0777, 0604);
}

Test(output_file, a_symbolic_link_stays_one) {
  struct stat about;
  write_text(path, "a", true);
  cr_assert_eq(symlink("out", link_path), 0);
  write_text(link_path, "b", true);
  cr_assert_eq(lstat(link_path, &about), 0);
  cr_expect(S_ISLNK(about.st_mode));
  expect_content("b");
}

Test(output_file, failures_name_the_path) {
  output_file *file = NULL;
  char expected[128];
  cr_expect_eq(output_file_open(ctx, folder, &file), BERTH_E_OPEN_OUTPUT);
  snprintf(expected, sizeof expected, "%s: cannot be created: Is a directory", folder);
  cr_expect_str_eq(berth_context_detail(ctx), expected);
  cr_expect_eq(output_file_open(ctx, "/no/such/folder/out", &file), BERTH_E_OPEN_OUTPUT);
  cr_expect_str_eq(berth_context_detail(ctx),
                   "/no/such/folder/out: cannot be created: No such file or directory");
  cr_expect_null(file);
}

Test(output_file, a_full_device_is_told_at_commit) {
  output_file *file = NULL;
  if (access("/dev/full", W_OK) != 0)
    cr_skip_test("no /dev/full here");
  cr_assert_eq(output_file_open(ctx, "/dev/full", &file), BERTH_OK);
  fputs("text", output_file_stream(file));
  cr_expect_eq(output_file_commit(file), BERTH_E_WRITE);
  output_file_discard(file);
}

Test(output_file, standard_output_stays_open) {
  write_text("-", "", true);
  cr_expect_geq(dup(STDOUT_FILENO), 0);
}
