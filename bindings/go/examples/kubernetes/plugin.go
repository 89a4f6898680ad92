// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"

	"berth.invalid/berth"
)

// BerthPlugin answers from a session: nodes are hosts, pods are VMs, requests are reservations, a core is
// 1000 MHz. Anti-affinity and spreading of a workload are rules, which its replicas join.
type BerthPlugin struct {
	session   *berth.Session
	prefer    berth.Preference
	hosts     map[string]berth.Host
	zones     int64
	pods      map[string]berth.VM
	workloads map[string]*workload
}

// workload is what replicas share.
type workload struct {
	rules    []berth.Rule
	replicas map[berth.VM]bool
}

// NewBerthPlugin opens a session on the nodes. PreferTight packs pods, PreferRoomy spreads them.
func NewBerthPlugin(ctx context.Context, nodes []Node, prefer berth.Preference) (*BerthPlugin, error) {
	cluster := berth.NewCluster("kubernetes")
	zones := map[string]bool{}
	for _, node := range nodes {
		host := berth.NewHost(node.Name, node.CPUMilli, node.Memory)
		host.Site = node.Zone
		zones[node.Zone] = true
		if node.MaxPods > 0 {
			host.MaxVMs = node.MaxPods
		}
		if node.Unschedulable {
			host.State = berth.HostMaintenance
		}
		cluster.Hosts = append(cluster.Hosts, host)
	}
	inventory, err := berth.Build(ctx, &berth.Description{Clusters: []berth.ClusterSpec{cluster}})
	if err != nil {
		return nil, err
	}
	defer inventory.Close() // the session keeps what it needs
	session, err := berth.OpenSession(inventory)
	if err != nil {
		return nil, err
	}
	p := &BerthPlugin{
		session:   session,
		prefer:    prefer,
		hosts:     map[string]berth.Host{},
		zones:     int64(len(zones)),
		pods:      map[string]berth.VM{},
		workloads: map[string]*workload{},
	}
	for _, node := range nodes {
		if p.hosts[node.Name], err = session.FindHost(node.Name); err != nil {
			p.Close()
			return nil, err
		}
	}
	return p, nil
}

// Close closes the session.
func (p *BerthPlugin) Close() { p.session.Close() }

// AddPod tells of a pod, running if it has a node. Telling twice is harmless.
func (p *BerthPlugin) AddPod(pod *Pod) error {
	if _, known := p.pods[pod.Name]; known {
		return nil
	}
	spec := berth.NewVM(pod.Name, pod.Memory)
	spec.MemoryReservationMiB, spec.CPUReservationMHz = pod.Memory, pod.CPUMilli
	spec.Power = berth.PowerOff
	w, like := p.workload(pod)
	return p.session.Update(func(tx *berth.Tx) error {
		vm, err := tx.AddVM(0, &spec, like)
		if err != nil {
			return err
		}
		var added []berth.Rule
		if like == berth.NoVM {
			if added, err = p.addRules(tx, pod); err != nil {
				return err
			}
		}
		if pod.NodeName != "" {
			host, known := p.hosts[pod.NodeName]
			if !known {
				return fmt.Errorf("no node %s", pod.NodeName)
			}
			if err = tx.StartVM(vm, host); err != nil {
				return err
			}
		}
		p.pods[pod.Name] = vm
		w.replicas[vm] = true
		w.rules = append(w.rules, added...)
		return nil
	})
}

// workload is that of the pod and one of its replicas, if there is one.
func (p *BerthPlugin) workload(pod *Pod) (*workload, berth.VM) {
	name := pod.Workload
	if name == "" {
		name = pod.Name
	}
	w := p.workloads[name]
	if w == nil {
		w = &workload{replicas: map[berth.VM]bool{}}
		p.workloads[name] = w
	}
	for vm := range w.replicas {
		return w, vm
	}
	return w, berth.NoVM
}

// addRules adds the rules of the pod's workload, of which it is the first replica.
func (p *BerthPlugin) addRules(tx *berth.Tx, pod *Pod) ([]berth.Rule, error) {
	var rules []berth.Rule
	add := func(spec berth.RuleSpec, key string) error {
		var err error
		if spec.Over, err = domain(key); err != nil {
			return err
		}
		rule, err := tx.AddRule(0, &spec)
		rules = append(rules, rule)
		return err
	}
	if pod.AntiAffinity != "" {
		if err := add(berth.NewRule("apart:"+pod.Name, berth.RuleApart, pod.Name), pod.AntiAffinity); err != nil {
			return nil, err
		}
	}
	if pod.Spread != nil {
		spread := berth.NewRule("spread:"+pod.Name, berth.RuleAtMost, pod.Name)
		spread.Count = p.share(pod)
		if pod.Spread.Soft {
			spread.Strength = berth.Should
		}
		if err := add(spread, pod.Spread.TopologyKey); err != nil {
			return nil, err
		}
	}
	return rules, nil
}

// share is how many replicas a domain may have: an even part of all, and what the skew allows beyond. A bound from
// above for each domain; the skew itself would also need a least number.
func (p *BerthPlugin) share(pod *Pod) int64 {
	domains := p.zones
	if pod.Spread.TopologyKey == HostnameKey {
		domains = int64(len(p.hosts))
	}
	replicas := int64(pod.Replicas)
	if replicas < 1 {
		replicas = 1
	}
	return (replicas+domains-1)/domains + pod.Spread.MaxSkew - 1
}

func domain(key string) (berth.Domain, error) {
	switch key {
	case HostnameKey:
		return berth.DomainHost, nil
	case ZoneKey:
		return berth.DomainSite, nil
	}
	return 0, fmt.Errorf("topology key %q is not known", key)
}

// DeletePod tells that a pod has gone.
func (p *BerthPlugin) DeletePod(pod *Pod) error {
	vm, known := p.pods[pod.Name]
	if !known {
		return nil
	}
	w, _ := p.workload(pod)
	if err := p.session.RemoveVM(vm); err != nil {
		return err
	}
	delete(p.pods, pod.Name)
	delete(w.replicas, vm)
	if len(w.replicas) > 0 {
		return nil
	}
	for _, rule := range w.rules { // nobody is left to be like
		if err := p.session.DropRule(rule); err != nil {
			return err
		}
	}
	w.rules = nil
	return nil
}

// question is what one cycle asks: a snapshot, so that nodes are filtered by many goroutines while others
// change the session, and the ranks of the nodes that can take the pod. Of a cycle that finds no node the
// snapshot is left to the garbage collector: no extension point ends every cycle.
type question struct {
	vm       berth.VM
	snapshot *berth.Snapshot
	rank     map[berth.Host]int
}

const stateKey = "berth"

// PreFilter asks for all nodes at once.
func (p *BerthPlugin) PreFilter(_ context.Context, state *CycleState, pod *Pod) *Status {
	if err := p.AddPod(pod); err != nil {
		return &Status{Error, err.Error()}
	}
	snapshot, err := p.session.Snapshot()
	if err != nil {
		return &Status{Error, err.Error()}
	}
	q := &question{vm: p.pods[pod.Name], snapshot: snapshot, rank: map[berth.Host]int{}}
	found := make([]berth.Candidate, len(p.hosts)+1)
	count, err := snapshot.BestHosts(q.vm, p.prefer, found)
	if err != nil {
		return &Status{Error, err.Error()}
	}
	for rank, candidate := range found[:count] {
		q.rank[candidate.Host] = rank
	}
	state.Write(stateKey, q)
	return nil
}

// Filter says why a node is out.
func (p *BerthPlugin) Filter(_ context.Context, state *CycleState, _ *Pod, node string) *Status {
	q := state.Read(stateKey).(*question)
	host := p.hosts[node]
	if _, fits := q.rank[host]; fits {
		return nil
	}
	obstacle, _ := q.snapshot.Obstacle(q.vm, host)
	return &Status{Unschedulable, reason(obstacle)}
}

// reason is an obstacle in words that users of Kubernetes know.
func reason(obstacle berth.LedgerEntry) string {
	switch obstacle.Reason {
	case berth.ReasonMaintenance:
		return "node(s) were unschedulable"
	case berth.ReasonVMRule:
		return "node(s) didn't match pod anti-affinity or topology spread"
	case berth.ReasonResource, berth.ReasonResourceNever:
		switch obstacle.Resource {
		case berth.CPU:
			return "Insufficient cpu"
		case berth.Memory:
			return "Insufficient memory"
		case berth.VMs:
			return "Too many pods"
		}
	}
	return obstacle.Reason.String()
}

// Score puts the nodes in the order of BestHosts: fewest should rules broken, then by preference.
func (p *BerthPlugin) Score(_ context.Context, state *CycleState, _ *Pod, node string) (int64, *Status) {
	q := state.Read(stateKey).(*question)
	rank := q.rank[p.hosts[node]]
	return MaxNodeScore - int64(rank*MaxNodeScore/len(q.rank)), nil
}

var errTaken = errors.New("the node was taken meanwhile")

// Reserve starts the VM, if the host can still take it.
func (p *BerthPlugin) Reserve(_ context.Context, state *CycleState, _ *Pod, node string) *Status {
	q := state.Read(stateKey).(*question)
	q.snapshot.Close()
	err := p.session.Update(func(tx *berth.Tx) error {
		if _, taken := tx.Obstacle(q.vm, p.hosts[node]); taken {
			return errTaken
		}
		return tx.StartVM(q.vm, p.hosts[node])
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTaken):
		return &Status{Unschedulable, err.Error()}
	}
	return &Status{Error, err.Error()}
}

// Unreserve takes it back.
func (p *BerthPlugin) Unreserve(_ context.Context, state *CycleState, _ *Pod, _ string) {
	_ = p.session.StopVM(state.Read(stateKey).(*question).vm) // of a pod deleted meanwhile nothing is left
}
