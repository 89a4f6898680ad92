// SPDX-License-Identifier: Apache-2.0

// A scheduler plugin in the shape of Kubernetes' Filter, Score and Reserve that asks berth, and a small cluster
// to try it on:
//
//	go run ./examples/kubernetes [CLUSTER.json]
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"berth.invalid/berth"
)

//go:embed cluster.json
var smallCluster []byte

// Cluster is the document: nodes, and pods in the order in which they come.
type Cluster struct {
	Nodes []Node `json:"nodes"`
	Pods  []Pod  `json:"pods"`
}

func main() {
	document := smallCluster
	if len(os.Args) > 1 {
		var err error
		if document, err = os.ReadFile(os.Args[1]); err != nil {
			fail(err)
		}
	}
	if err := run(context.Background(), document, os.Stdout); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "kubernetes:", err)
	os.Exit(1)
}

// run schedules the pods of the document and says where they went.
func run(ctx context.Context, document []byte, out io.Writer) error {
	var cluster Cluster
	if err := json.Unmarshal(document, &cluster); err != nil {
		return err
	}
	plugin, err := NewBerthPlugin(ctx, cluster.Nodes, berth.PreferTight)
	if err != nil {
		return err
	}
	defer plugin.Close()
	scheduler := &Scheduler{Plugin: plugin, Bind: func(*Pod, string) error { return nil }}
	for _, node := range cluster.Nodes {
		scheduler.Nodes = append(scheduler.Nodes, node.Name)
	}
	for i := range cluster.Pods {
		if cluster.Pods[i].NodeName != "" {
			if err := plugin.AddPod(&cluster.Pods[i]); err != nil {
				return err
			}
		}
	}
	for i := range cluster.Pods {
		pod := &cluster.Pods[i]
		if pod.NodeName != "" {
			continue
		}
		if node, err := scheduler.Schedule(ctx, pod); err != nil {
			fmt.Fprintln(out, err)
		} else {
			fmt.Fprintf(out, "%s → %s\n", pod.Name, node)
		}
	}
	return nil
}
