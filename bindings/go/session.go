// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import (
	"runtime"
	"sync"
	"unsafe"
)

// Session is a cluster that changes, and questions about it in microseconds: what a scheduler asks. It
// is opened on an inventory and then told what happens. Answers are those of Solve on the inventory that the
// state is.
//
// Hosts and VMs of the inventory keep their indices; added ones get the next free number, and that of a
// removed VM is given out again.
//
// Any goroutine may call a Session; one call goes at a time. Goroutines that only ask, and should not
// wait, ask a Snapshot.
type Session struct {
	questions
	changes
	core *sessionCore
}

// sessionCore is what a Session, its transactions and its finalizer share.
type sessionCore struct {
	mutex   sync.Mutex
	context *C.berth_context
	native  *C.berth_session // nil = closed
	view    *C.berth_view    // the present state
}

// OpenSession opens a session on an inventory, which it keeps.
func OpenSession(inventory *Inventory) (*Session, error) {
	native := inventory.use()
	if native == nil {
		return nil, errClosed
	}
	defer inventory.handle.done()
	core := &sessionCore{}
	if status := C.berth_context_new(nil, &core.context); status != C.BERTH_OK {
		return nil, &Error{Status: Status(status)}
	}
	if status := C.berth_session_open(core.context, native, &core.native); status != C.BERTH_OK {
		err := core.err(status)
		C.berth_context_free(core.context)
		return nil, err
	}
	core.view = C.bridge_session_view(core.native)
	runtime.SetFinalizer(core, (*sessionCore).close)
	return &Session{questions{core, inventory.resources}, changes{core}, core}, nil
}

// Close frees the session. Snapshots stay valid.
func (s *Session) Close() {
	s.core.close()
	runtime.SetFinalizer(s.core, nil)
}

func (c *sessionCore) close() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.native != nil {
		C.berth_session_close(c.native)
		C.berth_context_free(c.context)
		c.native, c.context, c.view = nil, nil, nil
	}
}

func (c *sessionCore) keep() *C.berth_view {
	c.mutex.Lock()
	if c.view == nil {
		c.mutex.Unlock()
		return nil
	}
	return c.view
}

func (c *sessionCore) leave() {
	c.mutex.Unlock()
}

func (c *sessionCore) handle() C.uintptr_t {
	return C.uintptr_t(uintptr(unsafe.Pointer(c.native)))
}

func (c *sessionCore) own() *sessionCore {
	if c.keep() == nil {
		return nil
	}
	return c
}

func (c *sessionCore) disown() {
	c.mutex.Unlock()
}

// err turns the status of a call of the session into an error.
func (c *sessionCore) err(status C.berth_status) error {
	if status == C.BERTH_OK {
		return nil
	}
	return &Error{Status: Status(status), Detail: text(C.berth_context_detail(c.context))}
}

// Tx is a transaction of a Session: what a function given to Update asks and changes. It is over when that
// function returns.
type Tx struct {
	questions
	changes
}

// txKeeper lets questions and changes through while the session is locked by Update.
type txKeeper struct {
	core *sessionCore // nil = over
}

func (k *txKeeper) keep() *C.berth_view {
	if k.core == nil {
		return nil
	}
	return k.core.view
}

func (k *txKeeper) leave() {}

func (k *txKeeper) own() *sessionCore { return k.core }

func (k *txKeeper) disown() {}

// Update has change make changes that belong together. If it returns an error, or panics, all of them are
// taken back. It must use the Tx only: calls of the Session would wait for it for ever.
func (s *Session) Update(change func(tx *Tx) error) (err error) {
	core := s.core.own()
	if core == nil {
		return errClosed
	}
	defer core.disown()
	if err := core.err(C.berth_session_begin(core.native)); err != nil {
		return err
	}
	keeper := &txKeeper{core}
	done := false
	defer func() {
		keeper.core = nil
		if !done {
			C.berth_session_rollback(core.native)
		}
	}()
	if err := change(&Tx{questions{keeper, s.resources}, changes{keeper}}); err != nil {
		return err
	}
	done = true
	return core.err(C.berth_session_commit(core.native))
}

// Snapshot is the state of a Session at one moment. It is immutable; any number of goroutines may ask it at
// once, while the session goes on.
type Snapshot struct {
	questions
	core *snapshotCore
}

type snapshotCore struct {
	handle sharedHandle
}

func (c *snapshotCore) keep() *C.berth_view { return (*C.berth_view)(c.handle.use()) }

func (c *snapshotCore) leave() { c.handle.done() }

// Snapshot keeps the present state, in some microseconds.
func (s *Session) Snapshot() (*Snapshot, error) {
	core := s.core.own()
	if core == nil {
		return nil, errClosed
	}
	defer core.disown()
	var view *C.berth_view
	if err := core.err(C.berth_session_snapshot(core.native, &view)); err != nil {
		return nil, err
	}
	kept := &snapshotCore{}
	kept.handle.open(unsafe.Pointer(view), func(p unsafe.Pointer) { C.berth_view_release((*C.berth_view)(p)) })
	runtime.SetFinalizer(kept, func(c *snapshotCore) { c.handle.close() })
	return &Snapshot{questions{kept, s.resources}, kept}, nil
}

// Close frees the snapshot as soon as nobody asks it any more.
func (s *Snapshot) Close() {
	s.core.handle.close()
	runtime.SetFinalizer(s.core, nil)
}
