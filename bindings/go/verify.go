// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import "context"

// Fault is something wrong with a plan.
type Fault struct {
	Kind FaultKind
	Step int // id, or 0
	Text string
}

// CheckedLevel is a level as the checker computes it from the plan's steps alone.
type CheckedLevel struct {
	Name  LevelName
	Value int64
	// Proof is what stands behind the bound that the plan states; HasProof is false if it states none.
	Proof    Proof
	HasProof bool
}

// Report is what the checker says of a plan.
type Report struct {
	Faults []Fault // none = the plan holds
	Levels []CheckedLevel
}

// Holds is true if there are no faults.
func (r *Report) Holds() bool { return len(r.Faults) == 0 }

// Verify has the independent checker look at the plan. It never trusts a field of it.
func (p *Plan) Verify(ctx context.Context) (*Report, error) {
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	native := p.use()
	if native == nil {
		return nil, errClosed
	}
	defer p.handle.done()
	var report *C.berth_report
	if err := c.err(C.berth_verify(c.native, native, &report)); err != nil {
		return nil, err
	}
	defer C.berth_report_free(report)
	return newReport(report), nil
}

func newReport(native *C.berth_report) *Report {
	r := &Report{}
	for i := C.uint32_t(0); i < C.berth_report_count(native); i++ {
		f := C.berth_report_fault(native, i)
		r.Faults = append(r.Faults, Fault{FaultKind(f.kind), int(f.step), text(f.text)})
	}
	for level := C.berth_level(0); level < C.BERTH_LEVEL_COUNT; level++ {
		var value C.int64_t
		if !C.berth_report_level(native, level, &value) {
			continue
		}
		var proof C.berth_proof
		stated := bool(C.berth_report_proof(native, level, &proof))
		r.Levels = append(r.Levels, CheckedLevel{LevelName(level), int64(value), Proof(proof), stated})
	}
	return r
}
