/* SPDX-License-Identifier: Apache-2.0 */
/* Cut characters leave no trace, whole ones stay. */
#include "../inventory_fixture.h"
#include "text_cut.h"
#include <berth/io.h>
#include <berth/solve.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void expect(const char *before, const char *after) {
  char text[64];
  cr_assert_lt(strlen(before), sizeof text);
  strcpy(text, before);
  text_cut_mend(text);
  cr_assert_str_eq(text, after);
}

Test(text_cut, whole_characters_stay) {
  expect("", "");
  expect("plain", "plain");
  expect("M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x98\x80.",
         "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x98\x80.");
}

Test(text_cut, pieces_go_wherever_they_are) {
  expect("M\xc3", "M");
  expect("M\xc3 stays", "M stays");
  expect("\xe2\x82 on \xf0\x9f\x98", " on ");
  expect("\xbc\xbcller", "ller");
  expect("\xe2\xc3\xbc", "\xc3\xbc");
}

Test(text_cut, what_is_no_character_goes) {
  expect("a\xc0\x80z", "az");     /* an overlong NUL */
  expect("a\xed\xa0\x80z", "az"); /* a surrogate */
  expect("a\xf4\x90\x80\x80z", "az");
  expect("a\xff\xfez", "az");
}

/* A VM whose name has its 200th byte within a letter, and which must leave its host but may not be
 * migrated: the warning cuts the name, and the plan can be written all the same. */
Test(text_cut, warning_of_a_long_name_is_written) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  berth_host_spec leaving = fixture_host_spec("h", 1000, 1000);
  leaving.state = BERTH_HOST_ENTERING_MAINTENANCE;
  fixture_add_host(&f, cluster, leaving);
  char name[402] = "x";
  for (int i = 1; i + 2 < (int)sizeof name; i += 2)
    memcpy(name + i, "\xc3\xbc", 3);
  berth_vm_spec vm = fixture_vm_spec("v", "h", 1, 1);
  vm.name = name;
  vm.movable = false;
  fixture_add_vm(&f, cluster, vm);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_request request = BERTH_REQUEST_INIT;
  berth_plan *plan = NULL;
  cr_assert_eq(berth_solve(f.ctx, inventory, &request, NULL, &plan), BERTH_OK, "%s",
               berth_context_detail(f.ctx));
  cr_assert_eq(berth_plan_warning_count(plan), 1);
  cr_assert_not_null(strstr(berth_plan_warning_at(plan, 0), "\xc3\xbc stays on h"));
  char folder[] = "/tmp/berth-cut-XXXXXX", path[64];
  cr_assert_not_null(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/plan.json", folder);
  cr_assert_eq(berth_write_plan(f.ctx, plan, BERTH_FORMAT_JSON, NULL, path), BERTH_OK, "%s",
               berth_context_detail(f.ctx));
  unlink(path);
  rmdir(folder);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
