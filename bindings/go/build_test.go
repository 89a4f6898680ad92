// SPDX-License-Identifier: Apache-2.0

package berth_test

import (
	"bytes"
	"errors"
	"testing"

	"berth.invalid/berth"
)

// fragmentation is datasets/fragmentation.xml.
func fragmentation() *berth.Description {
	prod := berth.NewCluster("prod")
	for _, id := range []string{"esx01", "esx02", "esx03"} {
		prod.Hosts = append(prod.Hosts, berth.NewHost(id, 60000, 65536))
	}
	prod.Hosts[2].State = berth.HostFailed
	for _, v := range []struct {
		id, host string
		memory   int64
	}{{"erp", "esx01", 40960}, {"wiki", "esx01", 8192}, {"mail", "esx02", 40960}, {"proxy", "esx02", 8192},
		{"big", "esx03", 24576}} {
		spec := berth.NewVM(v.id, v.memory)
		spec.Host, spec.MemoryReservationMiB = v.host, v.memory
		prod.VMs = append(prod.VMs, spec)
	}
	return &berth.Description{Name: "fragmentation", Clusters: []berth.ClusterSpec{prod}}
}

func native(t *testing.T, i *berth.Inventory) string {
	t.Helper()
	var written bytes.Buffer
	if _, err := i.WriteTo(&written); err != nil {
		t.Fatal(err)
	}
	return written.String()
}

func TestBuiltIsAsRead(t *testing.T) {
	built, err := berth.Build(background, fragmentation())
	if err != nil {
		t.Fatal(err)
	}
	defer built.Close()
	equal(t, "built", native(t, built), native(t, read(t, "fragmentation.xml")))
}

// Every field of a description arrives where the format has it.
func TestEveryFieldOfADescription(t *testing.T) {
	c := berth.NewCluster("c")
	c.Name, c.HAEnabled, c.Era = "Cluster", true, berth.EraFDM5
	c.RespectAntiAffinity, c.RespectSoftAffinity = false, false
	c.IsolationResponse, c.ReadyWhen = berth.IsolationShutdown, berth.ReadyAppHeartbeat
	c.RestartTimeout, c.PostReadyDelay, c.RestartSeconds = 601, 3, 31
	c.DefaultPriority, c.Admission, c.AdmissionFailures = berth.PriorityHigh, berth.AdmissionDedicated, 2
	c.DedicatedHosts = []string{"spare"}
	c.DRS, c.DPM, c.DPMTargetPercent, c.DPMTolerancePercent = berth.AutomationManual, berth.AutomationOff, 60, 10
	c.MigrationsPerHost, c.MigrationsPerDatastore, c.RestartsPerHost = 4, 64, 16
	h := berth.NewHost("h", 10000, 20000)
	h.Name, h.MaxVMs, h.MaxVCPUs, h.State = "Host", 10, 40, berth.HostStandby
	h.Site, h.Rack, h.Chassis, h.LinkMbps = "s", "r", "k", 25000
	h.EVCLevel, h.CPUVendor, h.Joined, h.Wake = 5, "intel", 7, berth.WakeIPMI
	h.WakeSeconds, h.PowerWatts, h.NotifyTimeout = 200, 350, 300
	h.Capacity, h.Datastores, h.Networks = map[string]int64{"vgpu": 4}, []string{"ds"}, []string{"lan"}
	h.NUMANodes = []berth.NUMANode{{Node: 0, CPUMHz: 5000, MemoryMiB: 10000}, {Node: 1, CPUMHz: 5000, MemoryMiB: 10000}}
	spare := berth.NewHost("spare", 10000, 20000)
	spare.Datastores, spare.Networks, spare.Capacity = h.Datastores, h.Networks, h.Capacity
	v := berth.NewVM("v", 4096)
	v.Name, v.Power, v.CPUs, v.Priority = "VM", berth.PowerOff, 2, berth.PriorityLow
	v.Host, v.CPUReservationMHz, v.MemoryReservationMiB, v.OverheadMiB = "spare", 500, 2048, 100
	v.CPUUsageMHz, v.MemoryUsageMiB, v.DirtyMiBPerSecond, v.Movable = 600, 2100, 50, false
	v.NUMA, v.EVCLevel = berth.NUMAOneNode, 4
	v.NotifyEnabled, v.NotifyRegistered, v.NotifyTimeout, v.NotifyHardware = true, true, 120, 20
	v.NotifyAckSeconds, v.NotifySettleSeconds = 15, 25
	v.Needs, v.Datastores, v.Networks = map[string]int64{"vgpu": 1}, []string{"ds"}, []string{"lan"}
	w := berth.NewVM("w", 1024)
	w.Host, w.MemoryLocked = "spare", true
	c.Hosts, c.VMs = []berth.HostSpec{h, spare}, []berth.VMSpec{v, w}
	c.HostGroups = []berth.Group{{ID: "hosts", Members: []string{"h", "spare"}}, {ID: "none"}}
	c.VMGroups = []berth.Group{{ID: "both", Members: []string{"v", "w"}}}
	on := berth.NewRule("on", berth.RuleRunOn, "both")
	on.Hosts, on.Name, on.Strength = []string{"hosts"}, "On", berth.Should
	few := berth.NewRule("few", berth.RuleAtMost, "v", "w")
	few.Over, few.Count = berth.DomainRack, 1
	quiesce := berth.NewRule("quiesce", berth.RuleQuiesce, "both")
	quiesce.MaxConcurrent = 2
	after := berth.NewRule("after", berth.RuleRestartAfter, "v")
	after.After = []string{"w"}
	c.Rules = []berth.RuleSpec{on, few, quiesce, after}
	slots := berth.NewCluster("slots")
	slots.Admission, slots.SlotCPUMHz, slots.SlotMemoryMiB = berth.AdmissionSlots, 700, 800
	slots.SlotMinCPUMHz, slots.SlotMinMemoryMiB, slots.DegradationPercent = 100, 200, 50
	share := berth.NewCluster("share")
	share.Admission, share.ReserveCPUPercent, share.ReserveMemoryPercent = berth.AdmissionPercentage, 20, 30
	built, err := berth.Build(background, &berth.Description{Name: "all", Resources: []string{"vgpu"},
		Clusters: []berth.ClusterSpec{c, slots, share}})
	if err != nil {
		var e *berth.Error
		errors.As(err, &e)
		t.Fatal(err, e.Problems)
	}
	defer built.Close()
	written, err := berth.ParseInventory(background, nil, "every field", []byte(everyField))
	if err != nil {
		t.Fatal(err)
	}
	defer written.Close()
	equal(t, "document", native(t, built), native(t, written))
}

func TestAllProblemsOfADescriptionAreTold(t *testing.T) {
	d := fragmentation()
	d.Clusters[0].Hosts[1].ID = "esx01"     // twice
	d.Clusters[0].VMs[0].MemoryMiB = -7     // out of range
	d.Clusters[0].VMs[1].Host = "elsewhere" // dangling
	_, err := berth.Build(background, d)
	var told *berth.Error
	if !errors.As(err, &told) || told.Status != berth.ErrInvalid || len(told.Problems) < 3 {
		t.Fatal(err)
	}
}

func TestWhatNoListCanName(t *testing.T) {
	d := fragmentation()
	d.Clusters[0].VMGroups = []berth.Group{{ID: "g", Members: []string{"two words"}}}
	if _, err := berth.Build(background, d); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	d = fragmentation()
	d.Clusters[0].VMs[0].ID = "a\x00b"
	if _, err := berth.Build(background, d); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
}

func TestEnumerationsOutOfRange(t *testing.T) {
	d := fragmentation()
	d.Clusters[0].Hosts[0].State = 99
	if _, err := berth.Build(background, d); err == nil {
		t.Error("a host in state 99")
	}
	d = fragmentation()
	d.Clusters[0].Rules = []berth.RuleSpec{berth.NewRule("r", -3, "erp")}
	if _, err := berth.Build(background, d); err == nil {
		t.Error("a rule of kind -3")
	}
}
