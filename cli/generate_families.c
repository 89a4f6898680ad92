/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generates host by host: each host gets a share of the VMs and a target of reserved memory, and
 * generate_vms.c draws VMs that come close to it. So load and fragmentation are set directly, no
 * packing is searched for, and the time is linear in the size of the inventory.
 */
#include "generate_draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Hosts of two sockets; cpu is cores x clock, less a tenth for the hypervisor. */
typedef struct host_model {
  int64_t cpu_mhz, memory_mib, evc_level, power_watts;
  const char *vendor;
} host_model;

static const host_model models[] = {
    {149760, 524288, 4, 650, "intel"},  /* 2 x 32 cores, 2.6 GHz, 512 GiB */
    {149760, 1048576, 4, 720, "intel"}, /* the same with 1 TiB */
    {69120, 393216, 2, 480, "intel"},   /* 2 x 16 cores, 2.4 GHz, 384 GiB */
    {112320, 786432, 3, 560, "intel"},  /* 2 x 24 cores, 2.6 GHz, 768 GiB */
    {282240, 2097152, 5, 900, "amd"},   /* 2 x 64 cores, 2.45 GHz, 2 TiB */
};

enum { SMALL_MODEL = 0, LARGE_MODEL = 1, FIRST_OLD_MODEL = 2, MODEL_COUNT = 5 };
enum { HOSTS_PER_CHASSIS = 4, MOST_HOSTS_PER_RACK = 16, TIGHT_LOAD = 92 };

static const char *const family_words[] = {
#define FAMILY_WORD(constant, word, text) word,
    GENERATE_FAMILY_TABLE(FAMILY_WORD)
#undef FAMILY_WORD
};

const char *generate_family_word(generate_family family) {
  assert(family < GENERATE_FAMILY_COUNT);
  return family_words[family];
}

bool generate_family_parse(const char *word, generate_family *family) {
  for (uint32_t i = 0; i < GENERATE_FAMILY_COUNT; i++)
    if (strcmp(word, family_words[i]) == 0) {
      *family = (generate_family)i;
      return true;
    }
  return false;
}

void generate_host_id(uint32_t number, char id[GENERATE_ID_ROOM]) {
  (void)snprintf(id, GENERATE_ID_ROOM, "esx%05u", (unsigned)number);
}

void generate_vm_id(uint32_t number, char id[GENERATE_ID_ROOM]) {
  (void)snprintf(id, GENERATE_ID_ROOM, "vm%06u", (unsigned)number);
}

void generate_load_range(const generate_request *request, int64_t *low, int64_t *high) {
  const int64_t load = request->load_percent;
  *low = *high = load;
  if (request->family == GENERATE_TIGHT) {
    *low = load > TIGHT_LOAD ? load : TIGHT_LOAD;
    *high = *low < 98 ? 98 : *low;
  } else if (request->family != GENERATE_FRAGMENTED) {
    const int64_t play = (100 - load) / 3 < load - 1 ? (100 - load) / 3 : load - 1;
    *low = load - play;
    *high = load + play;
  }
}

/* The smallest host of the family, in MiB. */
static int64_t least_memory(generate_family family) {
  return models[family == GENERATE_HETEROGENEOUS ? FIRST_OLD_MODEL : SMALL_MODEL].memory_mib;
}

static uint32_t most_vms_per_host(const generate_request *request) {
  int64_t low = 0, high = 0;
  generate_load_range(request, &low, &high);
  const int64_t room = least_memory(request->family) * low / 100;
  return (uint32_t)(room / generate_smallest_demand(request->family));
}

/* Share of cluster @p index when @p total is dealt out evenly. */
static uint32_t share_of(uint32_t total, uint32_t clusters, uint32_t index) {
  return total / clusters + (index < total % clusters);
}

/* Dealt out from the other end, so that failed and standby hosts meet late. */
static uint32_t standby_share(const generate_request *request, uint32_t index) {
  return share_of(request->standby, request->clusters, request->clusters - 1 - index);
}

const char *generate_refusal(const generate_request *request) {
  if (request->hosts == 0 || request->hosts > BERTH_OBJECTS_MAX)
    return "the number of hosts is out of range; expected 1 to 4194304";
  if (request->vms > BERTH_OBJECTS_MAX)
    return "the number of VMs is out of range; expected 0 to 4194304";
  if (request->clusters == 0 || request->clusters > request->hosts)
    return "the number of clusters is out of range; expected 1 to the number of hosts";
  if (request->load_percent < 1 || request->load_percent > 100)
    return "the load is out of range; expected 1 to 100 percent";
  if (request->failed > request->hosts || request->standby > request->hosts - request->failed)
    return "more failed and standby hosts than hosts";
  for (uint32_t c = 0; c < request->clusters; c++) {
    const uint32_t hosts = share_of(request->hosts, request->clusters, c);
    const uint32_t standby = standby_share(request, c);
    if (share_of(request->failed, request->clusters, c) + standby > hosts)
      return "more failed and standby hosts than hosts in one of the clusters";
    if (share_of(request->vms, request->clusters, c) >
        (uint64_t)(hosts - standby) * most_vms_per_host(request))
      return "too many VMs for the memory of the hosts at this load";
  }
  return NULL;
}

static berth_status add_cluster(generate_draft *draft, uint32_t index) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  char id[GENERATE_ID_ROOM];
  (void)snprintf(id, sizeof id, "cluster%02u", (unsigned)(index + 1));
  spec.id = id;
  spec.admission = BERTH_ADMISSION_PERCENTAGE;
  return berth_builder_add_cluster(draft->builder, &spec, &draft->cluster);
}

static const host_model *draw_model(generate_draft *draft, uint32_t rack) {
  switch (draft->request->family) {
  case GENERATE_HETEROGENEOUS: /* a rack was bought at once */
    return &models[(rack * 7 + (uint32_t)generate_chance(draft, 15)) % MODEL_COUNT];
  case GENERATE_FRAGMENTED:
  case GENERATE_TIGHT:
    return &models[SMALL_MODEL];
  default:
    return &models[generate_chance(draft, 25) ? LARGE_MODEL : SMALL_MODEL];
  }
}

/* Racks of 16 hosts, smaller in a small cluster so that there are four; chassis of four hosts; the
 * racks alternate between two sites. */
static void settle_host(const generate_draft *draft, uint32_t index, generate_host *host) {
  uint32_t per_rack = draft->host_count / 4;
  per_rack = per_rack < 1 ? 1 : per_rack > MOST_HOSTS_PER_RACK ? MOST_HOSTS_PER_RACK : per_rack;
  host->rack = index / per_rack;
  host->chassis = host->rack * MOST_HOSTS_PER_RACK + index % per_rack / HOSTS_PER_CHASSIS;
  host->site = host->rack % 2;
}

static berth_status add_reach(generate_draft *draft, uint32_t host, uint32_t site) {
  char name[GENERATE_ID_ROOM];
  (void)snprintf(name, sizeof name, "ds-site%u", (unsigned)(site + 1));
  berth_status status = berth_builder_host_reach_datastore(draft->builder, host, name);
  if (status == BERTH_OK)
    status = berth_builder_host_reach_datastore(draft->builder, host, "ds-shared");
  if (status == BERTH_OK)
    status = berth_builder_host_reach_network(draft->builder, host, "vlan10");
  return status;
}

static berth_status add_host(generate_draft *draft, uint32_t index, berth_host_state state) {
  generate_host *host = &draft->hosts[index];
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  char id[GENERATE_ID_ROOM], rack[GENERATE_ID_ROOM], chassis[GENERATE_ID_ROOM];
  uint32_t builder_index = 0;
  settle_host(draft, index, host);
  const host_model *model = draw_model(draft, host->rack);
  host->memory_mib = model->memory_mib;
  host->cpu_mhz = model->cpu_mhz;
  host->evc_level = model->evc_level;
  host->runs_vms = state != BERTH_HOST_STANDBY;
  host->gpus = draft->request->family == GENERATE_HETEROGENEOUS && index % 8 == 0 ? 4 : 0;
  generate_host_id(draft->first_host + index, id);
  (void)snprintf(rack, sizeof rack, "r%u-%u", (unsigned)draft->cluster + 1, (unsigned)host->rack);
  (void)snprintf(chassis, sizeof chassis, "c%u-%u", (unsigned)draft->cluster + 1,
                 (unsigned)host->chassis);
  spec.id = id;
  spec.cpu_mhz = model->cpu_mhz;
  spec.memory_mib = model->memory_mib;
  spec.state = state;
  spec.site = host->site == 0 ? "site1" : "site2";
  spec.rack = rack;
  spec.chassis = chassis;
  spec.max_vms = 1024;
  spec.link_mbps = 25000;
  spec.joined = index + 1;
  spec.wake = BERTH_WAKE_IPMI;
  spec.power_watts = model->power_watts;
  spec.notify_timeout = 120;
  if (draft->request->family == GENERATE_HETEROGENEOUS) {
    spec.evc_level = model->evc_level;
    spec.cpu_vendor = model->vendor;
    spec.link_mbps = model->evc_level < 3 ? 10000 : 25000;
  }
  berth_status status =
      berth_builder_add_host(draft->builder, draft->cluster, &spec, &builder_index);
  if (status == BERTH_OK)
    status = add_reach(draft, builder_index, host->site);
  if (status == BERTH_OK && host->gpus > 0)
    status = berth_builder_host_capacity(draft->builder, builder_index, "vgpu", host->gpus, NULL);
  return status;
}

/* Failed and standby hosts are drawn without replacement: each host in turn is taken with the
 * chance that leaves the right number (Knuth, Algorithm S). */
static berth_status add_hosts(generate_draft *draft) {
  uint32_t failed = draft->failed, standby = draft->standby;
  for (uint32_t h = 0; h < draft->host_count; h++) {
    const int64_t draw = generate_between(draft, 0, draft->host_count - h - 1);
    berth_host_state state = BERTH_HOST_ONLINE;
    if (draw < failed) {
      state = BERTH_HOST_FAILED;
      failed--;
    } else if (draw < (int64_t)failed + standby) {
      state = BERTH_HOST_STANDBY;
      standby--;
    }
    const berth_status status = add_host(draft, h, state);
    if (status != BERTH_OK)
      return status;
  }
  draft->rack_count = draft->hosts[draft->host_count - 1].rack + 1;
  return BERTH_OK;
}

/* Deals the VMs out in proportion to memory, then lets neighbours differ by up to a quarter. No
 * host gets more than fit even the smallest host. */
static void deal_vms(generate_draft *draft) {
  const uint32_t most = most_vms_per_host(draft->request);
  uint64_t memory = 0, before = 0;
  assert(draft->host_count > 0);
  for (uint32_t h = 0; h < draft->host_count; h++)
    memory += draft->hosts[h].runs_vms ? (uint64_t)draft->hosts[h].memory_mib : 0;
  uint32_t left = draft->vm_count - draft->waiting;
  const uint32_t placed = left;
  for (uint32_t h = 0; h < draft->host_count; h++) {
    generate_host *host = &draft->hosts[h];
    if (!host->runs_vms)
      continue;
    const uint64_t after = before + (uint64_t)host->memory_mib;
    assert(memory >= after && after > 0);
    const uint64_t share = placed * after / memory - placed * before / memory;
    host->vm_count = share < most ? (uint32_t)share : most;
    left -= host->vm_count;
    before = after;
  }
  for (uint32_t h = 0; left > 0; h = (h + 1) % draft->host_count)
    if (draft->hosts[h].runs_vms && draft->hosts[h].vm_count < most) {
      draft->hosts[h].vm_count++;
      left--;
    }
  for (uint32_t h = 1; h < draft->host_count; h++) {
    generate_host *from = &draft->hosts[h - 1], *to = &draft->hosts[h];
    const uint32_t move = (uint32_t)generate_between(draft, 0, from->vm_count / 4);
    if (to->runs_vms && to->vm_count + move <= most) {
      from->vm_count -= move;
      to->vm_count += move;
    }
  }
}

static berth_status fill_cluster(generate_draft *draft, uint32_t index) {
  berth_status status = add_cluster(draft, index);
  if (status == BERTH_OK)
    status = add_hosts(draft);
  if (status != BERTH_OK)
    return status;
  if (draft->request->family == GENERATE_FRAGMENTED) {
    const uint32_t wanted = draft->host_count / 8 + 1, most = draft->vm_count / 4;
    draft->waiting = wanted < most ? wanted : most;
  }
  deal_vms(draft);
  status = generate_vms(draft);
  if (status == BERTH_OK && draft->request->family == GENERATE_AFFINITY)
    status = generate_rules(draft);
  return status;
}

static berth_status add_one_cluster(berth_builder *builder, const generate_request *request,
                                    uint32_t index, uint32_t *first_host, uint32_t *first_vm) {
  generate_draft draft = {.request = request, .builder = builder};
  berth_status status = BERTH_E_NOMEM;
  draft.random = (request->seed << 20 ^ index) * UINT64_C(0xd1342543de82ef95);
  draft.first_host = *first_host;
  draft.first_vm = *first_vm;
  draft.host_count = share_of(request->hosts, request->clusters, index);
  draft.vm_count = share_of(request->vms, request->clusters, index);
  draft.failed = share_of(request->failed, request->clusters, index);
  draft.standby = standby_share(request, index);
  draft.hosts = calloc(draft.host_count, sizeof *draft.hosts);
  draft.vm_priority = calloc(draft.vm_count + 1, 1);
  draft.vm_in_rule = calloc(draft.vm_count + 1, 1);
  if (draft.hosts != NULL && draft.vm_priority != NULL && draft.vm_in_rule != NULL)
    status = fill_cluster(&draft, index);
  *first_host += draft.host_count;
  *first_vm += draft.vm_count;
  free(draft.vm_in_rule);
  free(draft.vm_priority);
  free(draft.hosts);
  return status;
}

berth_status generate_inventory(berth_context *ctx, const generate_request *request,
                                berth_inventory **out) {
  assert(generate_refusal(request) == NULL);
  berth_builder *builder = NULL;
  char name[64];
  uint32_t first_host = 1, first_vm = 1;
  *out = NULL;
  berth_status status = berth_builder_new(ctx, &builder);
  if (status != BERTH_OK)
    return status;
  (void)snprintf(name, sizeof name, "%s-%u-%u-%llu", generate_family_word(request->family),
                 (unsigned)request->hosts, (unsigned)request->vms,
                 (unsigned long long)request->seed);
  if ((status = berth_builder_set_name(builder, name)) != BERTH_OK)
    goto done;
  if (request->family == GENERATE_HETEROGENEOUS &&
      (status = berth_builder_add_resource(builder, "vgpu", NULL)) != BERTH_OK)
    goto done;
  for (uint32_t c = 0; c < request->clusters; c++)
    if ((status = add_one_cluster(builder, request, c, &first_host, &first_vm)) != BERTH_OK)
      goto done;
  status = berth_builder_freeze(builder, out);
done:
  berth_builder_free(builder);
  return status;
}
