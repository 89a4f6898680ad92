// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import (
	"bytes"
	"context"
	"io"
)

// WriteJSON writes the plan with everything there is about it (schema berth-plan/1).
func (p *Plan) WriteJSON(w io.Writer) error {
	return p.write(w, C.BERTH_FORMAT_JSON, C.bridge_text_style())
}

// WriteXML writes the plan as XML.
func (p *Plan) WriteXML(w io.Writer) error {
	return p.write(w, C.BERTH_FORMAT_XML, C.bridge_text_style())
}

// WriteText writes the plan for people, without colours, in lines of that many columns; 0 = 80.
func (p *Plan) WriteText(w io.Writer, columns int) error {
	style := C.bridge_text_style()
	if columns > 0 {
		style.width = C.uint32_t(columns)
	}
	return p.write(w, C.BERTH_FORMAT_TEXT, style)
}

// WriteReport writes a report to read, print and pass on: one HTML file that needs nothing beside it.
func (p *Plan) WriteReport(w io.Writer) error {
	return p.document(w, func(c *call, native *C.berth_plan, path string) error {
		return c.err(C.berth_write_report(c.native, native, c.required(path)))
	})
}

// MarshalJSON gives the document of WriteJSON.
func (p *Plan) MarshalJSON() ([]byte, error) {
	var document bytes.Buffer
	err := p.WriteJSON(&document)
	return document.Bytes(), err
}

// String is the plan for people.
func (p *Plan) String() string {
	var document bytes.Buffer
	if err := p.WriteText(&document, 0); err != nil {
		return err.Error()
	}
	return document.String()
}

func (p *Plan) write(w io.Writer, format C.berth_format, style C.berth_text_style) error {
	return p.document(w, func(c *call, native *C.berth_plan, path string) error {
		return c.err(C.berth_write_plan(c.native, native, format, &style, c.required(path)))
	})
}

func (p *Plan) document(w io.Writer, write func(*call, *C.berth_plan, string) error) error {
	c, err := begin(nil)
	if err != nil {
		return err
	}
	defer c.end()
	native := p.use()
	if native == nil {
		return errClosed
	}
	defer p.handle.done()
	_, err = pipeTo(w, func(path string) error { return write(c, native, path) })
	return err
}

// ReadPlan reads a plan in JSON from a file. The scenario inside it is applied to the inventory unless one
// is given, which then takes its place. Verify says whether the plan holds.
func ReadPlan(ctx context.Context, path string, inventory *Inventory, scenario *Scenario) (*Plan, error) {
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	return c.readPlan(path, inventory, scenario)
}

// ParsePlan is ReadPlan from memory.
func ParsePlan(ctx context.Context, document []byte, inventory *Inventory, scenario *Scenario) (*Plan, error) {
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	var plan *Plan
	err = pipeFrom(document, func(path string) error {
		var err error
		plan, err = c.readPlan(path, inventory, scenario)
		return err
	})
	return plan, err
}

func (c *call) readPlan(path string, inventory *Inventory, scenario *Scenario) (*Plan, error) {
	native := inventory.use()
	if native == nil {
		return nil, errClosed
	}
	defer inventory.handle.done()
	var events *C.berth_scenario
	if scenario != nil {
		var err error
		if events, err = c.scenario(scenario); err != nil {
			return nil, err
		}
		defer C.berth_scenario_free(events)
	}
	nativePath := c.required(path)
	if c.failed != nil {
		return nil, c.failed
	}
	var plan *C.berth_plan
	if err := c.err(C.berth_read_plan(c.native, nativePath, native, events, &plan)); err != nil {
		return nil, err
	}
	return newPlan(plan, nil, freePlan), nil
}
