/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk for all that is made from the option tables but --help itself.
 */
#include "option_walk.h"
#include <ctype.h>
#include <stddef.h>

static bool ends(const struct argp_option *option) {
  return option->name == NULL && option->key == 0 && option->doc == NULL;
}

bool option_has_letter(const struct argp_option *option) {
  return option->key > 0 && option->key < 128 && isprint(option->key);
}

void option_walk(const struct argp *argp, option_visitor visit, void *user) {
  for (const struct argp_option *option = argp->options; option != NULL && !ends(option);
       option++) {
    if ((option->flags & OPTION_HIDDEN) == 0)
      visit(user, option);
  }
  for (const struct argp_child *child = argp->children; child != NULL && child->argp != NULL;
       child++)
    option_walk(child->argp, visit, user);
}
