// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"runtime"
	"sort"
	"strings"
	"sync"
)

// The extension points of a Kubernetes scheduler that the plugin has, in their shapes: what the scheduler
// framework calls with *v1.Pod and *framework.NodeInfo takes the few fields below.

// Pod is what the plugin needs of a pod.
type Pod struct {
	Name     string `json:"name"`     // "namespace/name"
	Workload string `json:"workload"` // of which it is a replica; "" = a pod of its own
	Replicas int    `json:"replicas"` // of the workload
	CPUMilli int64  `json:"cpuMilli"` // requests
	Memory   int64  `json:"memoryMiB"`

	AntiAffinity string  `json:"antiAffinity"` // required, to its own replicas: a topology key
	Spread       *Spread `json:"spread"`
	NodeName     string  `json:"nodeName"` // where it runs already
}

// Spread is a topology spread constraint.
type Spread struct {
	MaxSkew     int64  `json:"maxSkew"`
	TopologyKey string `json:"topologyKey"`
	Soft        bool   `json:"scheduleAnyway"`
}

// Node is what the plugin needs of a node.
type Node struct {
	Name          string `json:"name"`
	Zone          string `json:"zone"`     // label topology.kubernetes.io/zone
	CPUMilli      int64  `json:"cpuMilli"` // allocatable
	Memory        int64  `json:"memoryMiB"`
	MaxPods       int64  `json:"maxPods"`
	Unschedulable bool   `json:"unschedulable"`
}

// The topology keys that are known.
const (
	HostnameKey = "kubernetes.io/hostname"
	ZoneKey     = "topology.kubernetes.io/zone"
)

// Code is how a plugin answers.
type Code int

// The codes.
const (
	Success Code = iota
	Unschedulable
	Error
)

// Status is an answer; nil is success.
type Status struct {
	Code   Code
	Reason string
}

// CycleState is what one scheduling cycle keeps from point to point.
type CycleState struct {
	values map[string]interface{}
}

// Read gives what a plugin wrote.
func (s *CycleState) Read(key string) interface{} { return s.values[key] }

// Write keeps something of a plugin.
func (s *CycleState) Write(key string, value interface{}) { s.values[key] = value }

// MaxNodeScore is the best score.
const MaxNodeScore = 100

// PreFilterPlugin looks at the pod before nodes are looked at.
type PreFilterPlugin interface {
	PreFilter(ctx context.Context, state *CycleState, pod *Pod) *Status
}

// FilterPlugin says whether a node can take the pod; several goroutines ask at once.
type FilterPlugin interface {
	Filter(ctx context.Context, state *CycleState, pod *Pod, node string) *Status
}

// ScorePlugin says how good a node is, from 0 to MaxNodeScore.
type ScorePlugin interface {
	Score(ctx context.Context, state *CycleState, pod *Pod, node string) (int64, *Status)
}

// ReservePlugin is told of a choice before it is bound, and if binding comes to nothing.
type ReservePlugin interface {
	Reserve(ctx context.Context, state *CycleState, pod *Pod, node string) *Status
	Unreserve(ctx context.Context, state *CycleState, pod *Pod, node string)
}

// Plugin is all of them.
type Plugin interface {
	PreFilterPlugin
	FilterPlugin
	ScorePlugin
	ReservePlugin
}

// Scheduler is the loop around a plugin, as small as it can be.
type Scheduler struct {
	Plugin Plugin
	Nodes  []string
	Bind   func(pod *Pod, node string) error
}

// Schedule runs one cycle for the pod and gives the node it was bound to.
func (s *Scheduler) Schedule(ctx context.Context, pod *Pod) (string, error) {
	state := &CycleState{values: map[string]interface{}{}}
	if status := s.Plugin.PreFilter(ctx, state, pod); status != nil {
		return "", fmt.Errorf("%s: %s", pod.Name, status.Reason)
	}
	node, err := s.choose(ctx, state, pod)
	if err != nil {
		return "", err
	}
	if status := s.Plugin.Reserve(ctx, state, pod, node); status != nil {
		return "", fmt.Errorf("%s: %s", pod.Name, status.Reason)
	}
	if err := s.Bind(pod, node); err != nil {
		s.Plugin.Unreserve(ctx, state, pod, node)
		return "", fmt.Errorf("%s: binding to %s: %w", pod.Name, node, err)
	}
	return node, nil
}

// choose filters all nodes at once and scores what is left; of equal ones the first wins.
func (s *Scheduler) choose(ctx context.Context, state *CycleState, pod *Pod) (string, error) {
	statuses := make([]*Status, len(s.Nodes))
	var all sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := 0; w < workers; w++ {
		all.Add(1)
		go func(w int) {
			defer all.Done()
			for n := w; n < len(s.Nodes); n += workers {
				statuses[n] = s.Plugin.Filter(ctx, state, pod, s.Nodes[n])
			}
		}(w)
	}
	all.Wait()
	best, chosen := int64(-1), ""
	reasons := map[string]int{}
	for n, node := range s.Nodes {
		if statuses[n] != nil {
			reasons[statuses[n].Reason]++
			continue
		}
		score, status := s.Plugin.Score(ctx, state, pod, node)
		if status != nil {
			return "", fmt.Errorf("%s: %s", pod.Name, status.Reason)
		}
		if score > best {
			best, chosen = score, node
		}
	}
	if chosen == "" {
		return "", fmt.Errorf("%s: 0/%d nodes are available: %s", pod.Name, len(s.Nodes), counted(reasons))
	}
	return chosen, nil
}

func counted(reasons map[string]int) string {
	var list []string
	for reason, count := range reasons {
		list = append(list, fmt.Sprintf("%d %s", count, reason))
	}
	sort.Strings(list)
	return strings.Join(list, ", ")
}
