#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a large vSphere export, as a property collector answers when asked for whole objects.

Sizes follow whole objects of vCenter 8: a host has about 1.25 MiB (some 1,300 options, storage, network, PCI devices,
capabilities), a VM about 92 KiB (devices, extra configuration, layout). All but a few hundred bytes of it is of no interest to
placement: this is what reading has to skip. 64 hosts and 3,000 VMs come to some 350 MiB.

    vim25_bulk.py [--hosts N] [--vms M] [--lean] > FILE

--lean leaves out what is skipped, to see what it costs.
"""

import argparse
import sys

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<soapenv:Body>
<RetrievePropertiesExResponse xmlns="urn:vim25"><returnval>"""
TAIL = "</returnval></RetrievePropertiesExResponse>\n</soapenv:Body>\n</soapenv:Envelope>\n"


def prop(name, kind, value):
    """A property."""
    return f'<propSet><name>{name}</name><val xsi:type="{kind}">{value}</val></propSet>'


def reference(name, kind, identifier):
    """A property that is a reference."""
    return (f'<propSet><name>{name}</name><val type="{kind}" xsi:type="ManagedObjectReference">{identifier}</val>'
            "</propSet>")


def repeat(count, text):
    """`text` with {i} counted up."""
    return "".join(text.replace("{i}", str(i)) for i in range(count))


OPTION = ('<option><key>Group.SettingNumber{i}</key><value xsi:type="xsd:long">{i}</value></option>')
DEFINITION = ('<optionDef><label>Setting number {i}</label><summary>What setting number {i} of the group is about, in a '
              "sentence</summary><key>Group.SettingNumber{i}</key><optionType xsi:type=\"LongOption\"><valueIsReadonly>false"
              "</valueIsReadonly><min>0</min><max>4294967295</max><defaultValue>{i}</defaultValue></optionType></optionDef>")
LUN = ('<scsiLun xsi:type="HostScsiDisk"><deviceName>/vmfs/devices/disks/naa.600a{i}</deviceName><deviceType>disk</deviceType>'
       "<key>key-vim.host.ScsiDisk-0200{i}</key><uuid>0200{i}</uuid><descriptor><quality>highQuality</quality><id>naa.600a{i}"
       "</id></descriptor><canonicalName>naa.600a{i}</canonicalName><lunType>disk</lunType><vendor>Example</vendor>"
       "<model>Disk</model><capacity><blockSize>512</blockSize><block>4294967296</block></capacity></scsiLun>")
PCI = ("<pciDevice><id>0000:00:{i}.0</id><classId>1536</classId><bus>0</bus><slot>{i}</slot><function>0</function><vendorId>-32634"
       "</vendorId><subVendorId>-32634</subVendorId><vendorName>Example Corporation</vendorName><deviceId>8196</deviceId>"
       "<subDeviceId>0</subDeviceId><deviceName>A device of some kind</deviceName></pciDevice>")
FEATURE = ("<featureCapability><key>cpuid.feature{i}</key><featureName>cpuid.feature{i}</featureName><value>1</value>"
           "</featureCapability>")
GROUP = ("<group><key>host/system/group{i}</key><cpuAllocation><reservation>0</reservation><expandableReservation>true"
         "</expandableReservation><limit>-1</limit><shares><shares>500</shares><level>custom</level></shares></cpuAllocation>"
         "<memoryAllocation><reservation>0</reservation><limit>-1</limit></memoryAllocation></group>")
CPUS = "".join(f"<cpuID>{i}</cpuID>" for i in range(31, -1, -1))


def host(index, lean):
    """A host of 512 GiB."""
    bulk = "" if lean else (repeat(1290, OPTION) + repeat(1290, DEFINITION) + "<storageDevice>" + repeat(1000, LUN)
                            + "</storageDevice>")
    parts = [
        f'<objects><obj type="HostSystem">host-{index}</obj>',
        prop("name", "xsd:string", f"esx{index:03d}.example.net"),
        reference("parent", "ClusterComputeResource", "domain-c1"),
        prop("config", "HostConfigInfo", f'<host type="HostSystem">host-{index}</host>' + bulk + repeat(106, FEATURE)),
        prop("hardware", "HostHardwareInfo",
             "<memorySize>549755813888</memorySize>" + ("" if lean else repeat(120, PCI))
             + "<numaInfo><type>NUMA</type><numNodes>2</numNodes>"
             + "".join(f"<numaNode><typeId>{n}</typeId>{CPUS}<memorySize>274877906944</memorySize></numaNode>"
                       for n in range(2)) + "</numaInfo>"),
        prop("runtime", "HostRuntimeInfo",
             "<connectionState>connected</connectionState><powerState>poweredOn</powerState><standbyMode>none</standbyMode>"
             "<inMaintenanceMode>false</inMaintenanceMode>"),
        prop("summary", "HostListSummary",
             "<hardware><memorySize>549755813888</memorySize><cpuMhz>2400</cpuMhz><numCpuCores>32</numCpuCores></hardware>"
             "<currentEVCModeKey>intel-icelake</currentEVCModeKey>"),
    ]
    if not lean:
        parts.append(prop("systemResources", "HostSystemResourceInfo", repeat(420, GROUP)))
    return "".join(parts) + "</objects>"


DEVICE = ('<device xsi:type="VirtualDisk"><key>{i}</key><deviceInfo><label>Hard disk {i}</label><summary>104,857,600 KB</summary>'
          '</deviceInfo><backing xsi:type="VirtualDiskFlatVer2BackingInfo"><fileName>[gold] vm/vm_{i}.vmdk</fileName><datastore '
          'type="Datastore">datastore-1</datastore><diskMode>persistent</diskMode><thinProvisioned>true</thinProvisioned>'
          "</backing><controllerKey>1000</controllerKey><unitNumber>{i}</unitNumber><capacityInKB>104857600</capacityInKB>"
          "<shares><shares>1000</shares><level>normal</level></shares></device>")
EXTRA = '<extraConfig xsi:type="OptionValue"><key>guestinfo.key{i}</key><value xsi:type="xsd:string">value {i}</value></extraConfig>'
FILE = ("<file><key>{i}</key><name>[gold] vm/vm_{i}.vmdk</name><type>diskExtent</type><size>107374182400</size><uniqueSize>107374182400"
        "</uniqueSize><backingObjectId></backingObjectId><accessible>true</accessible></file>")
REQUIRED = ("<featureRequirement><key>cpuid.feature{i}</key><featureName>cpuid.feature{i}</featureName><value>Bool:Match:1</value>"
            "</featureRequirement>")


def machine(index, hosts, lean):
    """A VM of 16 GiB."""
    bulk = "" if lean else repeat(40, DEVICE) + repeat(200, EXTRA)
    parts = [
        f'<objects><obj type="VirtualMachine">vm-{index}</obj>',
        prop("name", "xsd:string", f"vm{index:05d}"),
        prop("config", "VirtualMachineConfigInfo",
             "<version>vmx-20</version><hardware><numCPU>4</numCPU><memoryMB>16384</memoryMB></hardware>" + bulk
             + "<cpuAllocation><reservation>500</reservation></cpuAllocation>"
             "<memoryAllocation><reservation>4096</reservation></memoryAllocation>"),
        prop("runtime", "VirtualMachineRuntimeInfo",
             f'<host type="HostSystem">host-{index % hosts}</host><connectionState>connected</connectionState>'
             "<powerState>poweredOn</powerState>" + repeat(30, REQUIRED)),
        prop("summary", "VirtualMachineSummary",
             "<quickStats><overallCpuUsage>300</overallCpuUsage><hostMemoryUsage>9000</hostMemoryUsage>"
             "<consumedOverheadMemory>120</consumedOverheadMemory></quickStats>"),
    ]
    if not lean:
        parts.append(prop("layoutEx", "VirtualMachineFileLayoutEx", repeat(200, FILE)))
    return "".join(parts) + "</objects>"


def main():
    """Writes the document."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--hosts", type=int, default=64)
    parser.add_argument("--vms", type=int, default=3000)
    parser.add_argument("--lean", action="store_true")
    given = parser.parse_args()
    out = sys.stdout
    out.write(HEAD)
    out.write('<objects><obj type="ClusterComputeResource">domain-c1</obj>' + prop("name", "xsd:string", "bulk") + "</objects>")
    for index in range(given.hosts):
        out.write(host(index, given.lean))
    for index in range(given.vms):
        out.write(machine(index, given.hosts, given.lean))
    out.write(TAIL)


if __name__ == "__main__":
    main()
