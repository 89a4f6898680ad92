/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two clusters. In one a host is being emptied, another has failed, a third sleeps; the other is
 * of the oldest era of HA. Its text is at the head of the corpora of plans and scenarios: it
 * changes with them.
 */
#include "fuzzed_fixture.h"

#include <berth/io.h>
#include <string.h>

static const char document[] =
    "<inventory xmlns='urn:berth:1' name='fixture'>\n"
    "<resource name='vgpu'/>\n"
    "<cluster id='prod' name='Production'>\n"
    "<ha era='fdm65' isolationResponse='power-off' readyWhen='guest-heartbeat' postReadyDelay='5'>"
    "<admission policy='percentage' cpuPercent='20' memoryPercent='25'/></ha>\n"
    "<drs automation='partial'/><dpm automation='manual'/>\n"
    "<limits migrationsPerHost='2' migrationsPerDatastore='3' restartsPerHost='1'/>\n"
    "<host id='a' name='esx-a' cpuMhz='20000' memoryMib='16384' site='s1' rack='r1' chassis='c1' "
    "notifyTimeout='60' powerWatts='400' joined='1' evcLevel='3' cpuVendor='intel'>"
    "<capacity resource='vgpu' amount='2'/><reach datastore='d1'/><reach network='n1'/>"
    "<numa node='0' cpuMhz='10000' memoryMib='8192'/><numa node='1' cpuMhz='10000' "
    "memoryMib='8192'/></host>\n"
    "<host id='b' name='esx-b' cpuMhz='20000' memoryMib='16384' site='s1' rack='r1' chassis='c2' "
    "notifyTimeout='60' state='entering-maintenance' joined='2'>"
    "<reach datastore='d1'/><reach datastore='d2'/><reach network='n1'/></host>\n"
    "<host id='c' name='esx-c' cpuMhz='20000' memoryMib='16384' site='s2' rack='r2' chassis='c3' "
    "maxVms='4' linkMbps='1000' joined='3'>"
    "<capacity resource='vgpu' amount='1'/><reach datastore='d1'/><reach datastore='d2'/>"
    "<reach network='n1'/></host>\n"
    "<host id='d' name='esx-d' cpuMhz='30000' memoryMib='32768' site='s2' rack='r2' "
    "state='standby' wake='ipmi' wakeSeconds='120' maxVcpus='16'>"
    "<reach datastore='d1'/><reach datastore='d2'/><reach network='n1'/></host>\n"
    "<host id='e' name='esx-e' cpuMhz='20000' memoryMib='16384' state='failed'>"
    "<reach datastore='d1'/><reach network='n1'/></host>\n"
    "<vm id='v1' name='web' host='a' cpus='2' memoryMib='4096' cpuReservationMhz='2000' "
    "memoryReservationMib='4096' numa='one-node' dirtyMibPerSecond='100'>"
    "<needs datastore='d1'/><needs resource='vgpu' amount='1'/></vm>\n"
    "<vm id='v2' name='web' host='b' cpus='2' memoryMib='4096' memoryReservationMib='2048' "
    "overheadMib='128' cpuUsageMhz='900' memoryUsageMib='3000'>"
    "<needs network='n1'/><notification enabled='true' registered='true' hardware='20' "
    "timeout='45' ackSeconds='10' settleSeconds='20'/></vm>\n"
    "<vm id='v3' host='b' cpus='4' memoryMib='8192' memoryLocked='true'><needs datastore='d2'/>"
    "<notification enabled='true' registered='true' hardware='21' settleSeconds='30'/></vm>\n"
    "<vm id='v4' host='c' memoryMib='4096' memoryReservationMib='4096' movable='false'/>\n"
    "<vm id='v5' host='e' memoryMib='6144' memoryReservationMib='6144' priority='high'/>\n"
    "<vm id='v6' host='e' memoryMib='2048' memoryReservationMib='2048' priority='low'/>\n"
    "<vm id='v7' memoryMib='8192' memoryReservationMib='8192' priority='lowest'/>\n"
    "<vm id='v8' host='c' power='off' memoryMib='1024'/>\n"
    "<vm-group id='webs' vms='v1 v2'/><host-group id='west' hosts='a b'/>\n"
    "<rule id='apart' type='apart' vms='webs' over='rack' strength='should'/>\n"
    "<rule id='west-only' type='run-on' vms='v1' hosts='west'/>\n"
    "<rule id='not-c' type='not-run-on' vms='v5' hosts='c'/>\n"
    "<rule id='pair' type='quiesce' vms='v2 v3' maxConcurrent='1'/>\n"
    "<rule id='order' type='restart-after' vms='v6' after='v5'/>\n"
    "<rule id='few' type='at-most' vms='v5 v6 v7' count='2' over='chassis'/>\n"
    "<rule id='close' type='together' vms='v3 v4' over='site' strength='should'/>\n"
    "</cluster>\n"
    "<cluster id='test'>\n"
    "<ha era='aam' isolationResponse='none'><admission policy='dedicated' hosts='z'/></ha>\n"
    "<host id='x' cpuMhz='8000' memoryMib='8192' chassis='c9' joined='1' wake='wol'/>\n"
    "<host id='y' cpuMhz='8000' memoryMib='8192' chassis='c9' joined='2' wake='ilo'/>\n"
    "<host id='z' cpuMhz='8000' memoryMib='8192' joined='3'/>\n"
    "<vm id='w1' host='x' memoryMib='3072' memoryReservationMib='3072'/>\n"
    "<vm id='w2' host='y' memoryMib='3072' memoryReservationMib='3072' cpuReservationMhz='1000'/>\n"
    "</cluster>\n"
    "</inventory>\n";

const berth_inventory *fuzzed_fixture(berth_context *ctx) {
  const berth_inventory *inventory = NULL;
  fuzzed_require_ok(ctx,
                    berth_parse_inventory(ctx, document, strlen(document), "fixture.xml",
                                          BERTH_DIALECT_NATIVE, NULL, &inventory),
                    "the fixture is an inventory");
  return inventory;
}
