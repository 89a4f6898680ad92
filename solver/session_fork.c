/* SPDX-License-Identifier: Apache-2.0 */
/* The session's view and the one that holds the blocks speak of the same arrays of blocks; only
 * what is in these changes. */
#include "session_fork.h"

bool fork_open(view_fork *fork, const berth_view *view) {
  *fork = (view_fork){.view = view_share(view)};
  if (fork->view == NULL)
    return false;
  fork->session.present = *fork->view;
  return true;
}

void fork_close(view_fork *fork) {
  if (fork->view == NULL)
    return;
  assert(fork->session.present.vms == fork->view->vms);
  order_reserve_free(fork->view->ground, &fork->session.leaves);
  berth_view_release(fork->view);
  fork->view = NULL;
}

bool fork_place(view_fork *fork, uint32_t vm, uint32_t host) {
  assert(fork->view != NULL && host < fork->view->host_count);
  if (!change_prepare(&fork->session, vm, BERTH_POWER_ON, host))
    return false;
  change_apply(&fork->session, vm, BERTH_POWER_ON, host);
  return true;
}

bool fork_set_state(view_fork *fork, uint32_t host, berth_host_state state) {
  assert(fork->view != NULL && host < fork->view->host_count);
  if (!change_host_prepare(&fork->session, host, (uint8_t)state))
    return false;
  change_host_apply(&fork->session, host, (uint8_t)state);
  return true;
}
