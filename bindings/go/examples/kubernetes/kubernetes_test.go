// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"berth.invalid/berth"
)

var background = context.Background()

// By hand, with the tightest node first, where room is that of the scarcer of CPU and memory:
//
//   - web-0: a1 has 8 of 16 GiB left, a2 and b1 all: a1. web-1 and web-2: a1 is taken, a2 and b1 are empty
//     alike, a2 comes first, then b1. web-3: everywhere one of its kind is, or the node is cordoned.
//   - a1 has 6 of 16 GiB, a2 12 of 16 GiB left and 3 of 4 cores, b1 7 of 8 cores. db-0 (2 cores of the 2.5 that a1 has
//     left): a1. db-1: a2 is in the same zone, which breaks the should rule: b1. db-2: b1's zone has one too,
//     and c1 is cordoned, so one zone has to take two: 2 GiB of a1 are too few, a2 has 3 cores and 14 GiB, b1 5 cores of 8.
//     Room in parts of 1024: a2 3/4 = 768, b1 5/8 = 640: b1 is the tighter.
//   - report-0 needs 24 GiB: b1 has 32 - 2 - 4 - 4 = 22 left, a1 and a2 never had as much.
//   - cache-0 needs 30000 MiB: the same.
const scheduled = `default/web-0 → a1
default/web-1 → a2
default/web-2 → b1
default/web-3: 0/4 nodes are available: 1 node(s) were unschedulable, 3 node(s) didn't match pod anti-affinity or topology spread
default/db-0 → a1
default/db-1 → b1
default/db-2 → b1
default/report-0: 0/4 nodes are available: 1 node(s) were unschedulable, 3 Insufficient memory
default/cache-0: 0/4 nodes are available: 1 node(s) were unschedulable, 3 Insufficient memory
`

func TestSmallCluster(t *testing.T) {
	var out bytes.Buffer
	if err := run(background, smallCluster, &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != scheduled {
		t.Errorf("%s\nwant\n%s", out.String(), scheduled)
	}
}

func open(t *testing.T, prefer berth.Preference, nodes ...Node) (*BerthPlugin, *Scheduler) {
	t.Helper()
	plugin, err := NewBerthPlugin(background, nodes, prefer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(plugin.Close)
	s := &Scheduler{Plugin: plugin, Bind: func(*Pod, string) error { return nil }}
	for _, node := range nodes {
		s.Nodes = append(s.Nodes, node.Name)
	}
	return plugin, s
}

func nodes(count int) []Node {
	var list []Node
	for n := 0; n < count; n++ {
		list = append(list, Node{Name: fmt.Sprintf("n%d", n), Zone: fmt.Sprintf("z%d", n%3), CPUMilli: 8000, Memory: 16384})
	}
	return list
}

func replica(n int) *Pod {
	return &Pod{Name: fmt.Sprintf("default/r-%d", n), Workload: "r", Replicas: 6, CPUMilli: 100, Memory: 128}
}

func schedule(t *testing.T, s *Scheduler, pod *Pod) string {
	t.Helper()
	node, err := s.Schedule(background, pod)
	if err != nil {
		t.Fatal(err)
	}
	return node
}

// Six replicas over three zones, at most two in each, though packing would put all on one node.
func TestSpreadIsABoundForEachZone(t *testing.T) {
	_, s := open(t, berth.PreferTight, nodes(3)...)
	zones := map[string]int{}
	for n := 0; n < 6; n++ {
		pod := replica(n)
		pod.Spread = &Spread{MaxSkew: 1, TopologyKey: ZoneKey}
		zones[schedule(t, s, pod)]++
	}
	if fmt.Sprint(zones) != "map[n0:2 n1:2 n2:2]" {
		t.Error(zones)
	}
}

func TestPreferenceOfAPlugin(t *testing.T) {
	for prefer, want := range map[berth.Preference]int{berth.PreferTight: 1, berth.PreferRoomy: 3} {
		_, s := open(t, prefer, nodes(3)...)
		used := map[string]bool{}
		for n := 0; n < 3; n++ {
			used[schedule(t, s, replica(n))] = true
		}
		if len(used) != want {
			t.Errorf("preference %d uses %v", prefer, used)
		}
	}
}

// A binding that fails leaves the node as it was.
func TestUnreserve(t *testing.T) {
	_, s := open(t, berth.PreferTight, Node{Name: "n", CPUMilli: 1000, Memory: 1024})
	whole := &Pod{Name: "default/whole", CPUMilli: 1000, Memory: 1024}
	refused := errors.New("refused")
	s.Bind = func(*Pod, string) error { return refused }
	if _, err := s.Schedule(background, whole); !errors.Is(err, refused) {
		t.Fatal(err)
	}
	s.Bind = func(*Pod, string) error { return nil }
	if node := schedule(t, s, whole); node != "n" {
		t.Error(node)
	}
}

// Between the question and the reservation another pod took the room.
func TestReserveLooksAgain(t *testing.T) {
	plugin, _ := open(t, berth.PreferTight, Node{Name: "n", CPUMilli: 1000, Memory: 1024})
	states := []*CycleState{{values: map[string]interface{}{}}, {values: map[string]interface{}{}}}
	for n, state := range states {
		pod := &Pod{Name: fmt.Sprintf("default/p%d", n), CPUMilli: 800, Memory: 128}
		if status := plugin.PreFilter(background, state, pod); status != nil {
			t.Fatal(status)
		}
		if status := plugin.Filter(background, state, pod, "n"); status != nil {
			t.Fatal(status)
		}
	}
	if status := plugin.Reserve(background, states[0], nil, "n"); status != nil {
		t.Error(status)
	}
	if status := plugin.Reserve(background, states[1], nil, "n"); status == nil || status.Code != Unschedulable {
		t.Error(status)
	}
}

// A workload that went and came back has its rules again.
func TestWorkloadThatComesBack(t *testing.T) {
	plugin, s := open(t, berth.PreferTight, nodes(2)...)
	for round := 0; round < 3; round++ {
		used := map[string]bool{}
		for n := 0; n < 2; n++ {
			pod := replica(n)
			pod.AntiAffinity = HostnameKey
			used[schedule(t, s, pod)] = true
		}
		if len(used) != 2 {
			t.Error(round, used)
		}
		pod := replica(2)
		pod.AntiAffinity = HostnameKey
		if _, err := s.Schedule(background, pod); err == nil || !strings.Contains(err.Error(), "2 node(s) didn't match pod anti-affinity") {
			t.Error(err)
		}
		for n := 0; n < 3; n++ {
			if err := plugin.DeletePod(replica(n)); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestWhatThePluginDoesNotKnow(t *testing.T) {
	plugin, s := open(t, berth.PreferTight, nodes(2)...)
	pod := replica(0)
	pod.AntiAffinity = "example.com/rack"
	if _, err := s.Schedule(background, pod); err == nil || !strings.Contains(err.Error(), "topology key") {
		t.Error(err)
	}
	if err := plugin.AddPod(&Pod{Name: "default/x", Memory: 1, NodeName: "nowhere"}); err == nil {
		t.Error("a pod on a node that there is not")
	}
	if err := plugin.DeletePod(&Pod{Name: "default/x"}); err != nil {
		t.Error(err)
	}
}
