// SPDX-License-Identifier: Apache-2.0

package berth_test

// everyField is, in the native dialect, what TestEveryFieldOfADescription builds.
const everyField = `<inventory xmlns="urn:berth:1" name="all">
  <resource name="vgpu"/>
  <cluster id="c" name="Cluster">
    <ha enabled="true" era="fdm5" respectAntiAffinity="false" respectSoftAffinity="false" isolationResponse="shutdown"
        readyWhen="app-heartbeat" restartTimeout="601" postReadyDelay="3" restartSeconds="31" defaultPriority="high">
      <admission policy="dedicated" failures="2" hosts="spare"/>
    </ha>
    <drs automation="manual"/>
    <dpm automation="off" targetPercent="60" tolerancePercent="10"/>
    <limits migrationsPerHost="4" migrationsPerDatastore="64" restartsPerHost="16"/>
    <host id="h" name="Host" cpuMhz="10000" memoryMib="20000" maxVms="10" maxVcpus="40" state="standby" site="s" rack="r"
          chassis="k" linkMbps="25000" evcLevel="5" cpuVendor="intel" joined="7" wake="ipmi" wakeSeconds="200"
          powerWatts="350" notifyTimeout="300">
      <capacity resource="vgpu" amount="4"/>
      <reach datastore="ds"/>
      <reach network="lan"/>
      <numa node="0" cpuMhz="5000" memoryMib="10000"/>
      <numa node="1" cpuMhz="5000" memoryMib="10000"/>
    </host>
    <host id="spare" cpuMhz="10000" memoryMib="20000">
      <capacity resource="vgpu" amount="4"/>
      <reach datastore="ds"/>
      <reach network="lan"/>
    </host>
    <vm id="v" name="VM" host="spare" power="off" cpus="2" memoryMib="4096" priority="low" cpuReservationMhz="500"
        memoryReservationMib="2048" overheadMib="100" cpuUsageMhz="600" memoryUsageMib="2100" dirtyMibPerSecond="50"
        movable="false" numa="one-node" evcLevel="4">
      <needs resource="vgpu" amount="1"/>
      <needs datastore="ds"/>
      <needs network="lan"/>
      <notification enabled="true" registered="true" timeout="120" hardware="20" ackSeconds="15" settleSeconds="25"/>
    </vm>
    <vm id="w" host="spare" memoryMib="1024" memoryLocked="true"/>
    <host-group id="hosts" hosts="h spare"/>
    <host-group id="none" hosts=""/>
    <vm-group id="both" vms="v w"/>
    <rule id="on" name="On" type="run-on" strength="should" vms="both" hosts="hosts"/>
    <rule id="few" type="at-most" strength="must" vms="v w" over="rack" count="1"/>
    <rule id="quiesce" type="quiesce" vms="both" maxConcurrent="2"/>
    <rule id="after" type="restart-after" vms="v" after="w"/>
  </cluster>
  <cluster id="slots">
    <ha>
      <admission policy="slots" failures="1" slotCpuMhz="700" slotMemoryMib="800" minCpuMhz="100" minMemoryMib="200"
                 degradationPercent="50"/>
    </ha>
  </cluster>
  <cluster id="share">
    <ha>
      <admission policy="percentage" failures="1" cpuPercent="20" memoryPercent="30"/>
    </ha>
  </cluster>
</inventory>`
