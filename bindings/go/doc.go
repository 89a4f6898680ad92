// SPDX-License-Identifier: Apache-2.0

// Package berth plans placements of virtual machines: it reads or builds the inventory of a
// virtualised cluster, answers what if, and says of each figure of an answer what is proved.
//
// It binds the C library libberth; the manual page docs/manual/go.md leads through it, and
// docs/model.md says what everything means.
//
//	inventory, err := berth.ReadInventory(ctx, nil, "cluster.xml")
//	...
//	plan, err := berth.Solve(ctx, inventory, &berth.Request{
//		Scenario: &berth.Scenario{Events: []berth.Event{berth.FailHost("esx03")}},
//	})
//
// # Ownership
//
// What C owns is behind [Inventory], [Plan], [Session] and [Snapshot]. Each has a Close method
// that frees it at once and may be called any number of times; what is forgotten is freed after the
// garbage collector has found it. Strings, slices and structures that methods return are copies and
// belong to the caller. C keeps no pointer into Go beyond a call.
//
// A closed value answers with zero values, and with [ErrClosed] where there is an error to return. An
// index out of range answers with zero values too.
//
// # Goroutines
//
// Inventory, Plan and Snapshot are immutable: any number of goroutines may use them, and
// one may close them meanwhile. A Session takes one call at a time and makes others wait.
//
// # Cancelling
//
// Every long call takes a [context.Context]. When it is cancelled, or its deadline has passed, the call
// ends within some 20 ms with an error that is [ErrCancelled] and [context.Canceled] or
// [context.DeadlineExceeded]. [Solve] then also returns the best plan found so far, if there is one.
// [WithProgress] has a function told how far a call is.
//
// # Units
//
// CPU is in MHz, memory in MiB, links in Mbit/s, power in watts, plan times in seconds. [Unset] is an
// absent quantity, [Unlimited] one without limit.
package berth
